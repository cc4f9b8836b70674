/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "mediator/ctl/ctl.h"

/* Copies the named members in that order. */
static json_t *pick(const json_t *from, const char *const names[])
{
	json_t *object = json_object();

	for (size_t i = 0; names[i]; i++) {
		json_t *value = json_object_get(from, names[i]);

		json_object_set(object, names[i], value ? value : json_null());
	}
	return object;
}

static json_t *make_report(const json_t *status)
{
	static const char *const top[] = {"board", "policy", "duration_s", "driver_domain", NULL};
	static const char *const gpu[] = {"renderer", "jobs", "busy_ratio", NULL};
	static const char *const display[] = {"name", "guest",	"domid",    "priority", "frames",
					      "fps",  "missed", "frame_ms", "picture",	NULL};
	json_t *report = pick(status, top), *displays = json_array();
	const json_t *d;
	size_t i;

	json_object_set_new(report, "gpu", pick(json_object_get(status, "gpu"), gpu));
	json_array_foreach(json_object_get(status, "displays"), i, d)
		json_array_append_new(displays, pick(d, display));
	json_object_set_new(report, "displays", displays);
	return report;
}

int ctl_report(const struct ctl_options *options, const char *file)
{
	json_t *status, *report;
	bool to_stdout = !strcmp(file, "-");
	int result = ctl_ask(options, "{\"command\":\"status\"}", &status);
	FILE *out;

	if (result)
		return result;
	report = make_report(status);
	json_decref(status);
	out = to_stdout ? stdout : fopen(file, "w");
	if (!out || json_dumpf(report, out, JSON_INDENT(2)) || fputc('\n', out) == EOF ||
	    (to_stdout ? fflush(out) : fclose(out))) {
		fprintf(stderr, "error: %s: %m\n", file);
		result = CTL_USAGE;
	}
	json_decref(report);
	return result;
}
