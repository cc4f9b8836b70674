/* SPDX-License-Identifier: MIT */
#include "mediator/ctl/check.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mediator/admission/admission.h"
#include "mediator/config/config.h"
#include "mediator/ctl/properties.h"

#define TREE_MAX (2u << 20) /* the Linux boot protocol's limit for arm64 */

enum { GOOD = 0, REFUSED = 1, FAILED = 2 };

/* Returns the bytes, which the caller frees, or NULL after a message on stderr. */
static void *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	void *bytes;

	if (!file) {
		fprintf(stderr, "gpumctl: cannot open %s: %s\n", path, strerror(errno));
		return NULL;
	}
	bytes = malloc(TREE_MAX);
	*size = bytes ? fread(bytes, 1, TREE_MAX, file) : 0;
	if (!bytes || ferror(file) || (*size == TREE_MAX && fgetc(file) != EOF)) {
		fprintf(stderr, "gpumctl: cannot read %s: %s\n", path,
			!bytes	       ? "out of memory"
			: ferror(file) ? strerror(errno)
				       : "larger than a device tree may be");
		free(bytes);
		bytes = NULL;
	}
	fclose(file);
	return bytes;
}

static void print_displays(const struct config *c)
{
	printf("\n%-8s  %-16s %-16s %-12s %-20s %10s %8s\n", "PRIORITY", "DISPLAY", "GUEST",
	       "PANEL", "REGION", "PERIOD", "FREEZE");
	for (uint32_t priority = 0; priority <= CONFIG_MAX_PRIORITY; priority++) {
		for (uint32_t i = 0; i < c->num_displays; i++) {
			const struct config_display *d = &c->display[i];
			char region[48], freeze[24] = "-";

			if (d->priority != priority)
				continue;
			snprintf(region, sizeof(region), "%ux%u at %u,%u", d->region.width,
				 d->region.height, d->region.x, d->region.y);
			if (d->freeze_timeout_ms)
				snprintf(freeze, sizeof(freeze), "%u ms", d->freeze_timeout_ms);
			printf("%-8u  %-16s %-16s %-12s %-20s %7.2f ms %8s\n", d->priority, d->name,
			       c->guest[d->guest].name, c->panel[d->panel].connector, region,
			       d->frame_period_us / 1000.0, freeze);
		}
	}
}

static void print_guests(const struct config *c)
{
	printf("\n%-16s %8s  %10s %9s %10s %12s  %s\n", "GUEST", "PRIORITY", "MEMORY", "CONTEXTS",
	       "RESOURCES", "LONGEST JOB", "BUDGET");
	for (uint32_t i = 0; i < c->num_guests; i++) {
		const struct config_guest *g = &c->guest[i];
		char job[24] = "-", budget[48] = "-";

		if (g->max_job_us)
			snprintf(job, sizeof(job), "%.2f ms", g->max_job_us / 1000.0);
		if (g->budget_us)
			snprintf(budget, sizeof(budget), "%.2f of %.2f ms", g->budget_us / 1000.0,
				 g->budget_period_us / 1000.0);
		printf("%-16s %8u  %6u MiB %9u %10u %12s  %s\n", g->name, g->priority,
		       g->memory_mib, g->max_contexts, g->max_resources, job, budget);
	}
}

static const char *row_name(const struct config *c, const struct admission_row *row, char *text,
			    size_t size)
{
	if (row->composition)
		snprintf(text, size, "picture of %s", c->panel[row->index].connector);
	else
		snprintf(text, size, "%s", c->display[row->index].name);
	return text;
}

static const char *in_ms(uint64_t ns, char *text, size_t size)
{
	if (ns == UINT64_MAX)
		snprintf(text, size, "unbounded");
	else
		snprintf(text, size, "%.2f ms", (double)ns / 1e6);
	return text;
}

/* Negative: the response comes after the deadline. */
static double margin_ms(const struct admission_row *row)
{
	return ((double)row->deadline_ns - (double)row->response_ns) / 1e6;
}

static void print_row(const struct config *c, const struct admission_row *row)
{
	char name[CONFIG_NAME_MAX + 16], deadline[24], response[24] = "-", rogue[24] = "-",
						       margin[24] = "-", most[24] = "-";

	if (row->verdict != ADMISSION_OPEN) {
		in_ms(row->response_ns, response, sizeof(response));
		in_ms(row->rogue_ns, rogue, sizeof(rogue));
		in_ms(row->tolerance_ns, most, sizeof(most));
		if (row->response_ns != UINT64_MAX)
			snprintf(margin, sizeof(margin), "%.2f ms", margin_ms(row));
	}
	printf("%-24s %12s %12s %12s %12s %12s %7.1f %%  %s\n",
	       row_name(c, row, name, sizeof(name)), response,
	       in_ms(row->deadline_ns, deadline, sizeof(deadline)), margin, rogue, most,
	       (double)row->utilisation / 1e4, admission_word(row->verdict));
}

static void print_promise(const struct config *c, const struct admission *a)
{
	printf("\n%-24s %12s %12s %12s %12s %12s %9s  %s\n", "FRAMES OF", "RESPONSE", "DEADLINE",
	       "MARGIN", "IF ROGUE", "TOLERATES", "USE", "VERDICT");
	for (uint32_t i = 0; i < a->num_rows; i++)
		print_row(c, &a->row[i]);
	if (a->reason[0])
		printf("Nothing is promised: %s.\n", a->reason);
	else
		printf("GPU used by frames: %.1f %%\n", (double)a->utilisation / 1e4);
}

static int print_config(const char *path, const struct config *c, const struct admission *a)
{
	printf("%s: good, policy %s\n\n%-12s %-16s %s\n", path, c->policy->name, "PANEL", "MODE",
	       "SHOWN BY");
	for (uint32_t i = 0; i < c->num_panels; i++) {
		const struct config_panel *p = &c->panel[i];
		char mode[40];

		snprintf(mode, sizeof(mode), "%ux%u@%u", p->width, p->height, p->refresh_hz);
		printf("%-12s %-16s %s\n", p->connector, mode,
		       p->composed ? "composition" : "flipping");
	}
	print_displays(c);
	print_guests(c);
	print_promise(c, a);
	return fflush(stdout) ? FAILED : GOOD;
}

/* Out of memory: jansson passes NULL on to print_json(), which reports it. */
static json_t *panels_to_json(const struct config *c)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < c->num_panels; i++) {
		const struct config_panel *p = &c->panel[i];

		json_array_append_new(list,
				      json_pack("{s:s, s:i, s:i, s:i, s:b}", "connector",
						p->connector, "width", (int)p->width, "height",
						(int)p->height, "refresh_hz", (int)p->refresh_hz,
						"composed", (int)p->composed));
	}
	return list;
}

static json_t *displays_to_json(const struct config *c)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < c->num_displays; i++) {
		const struct config_display *d = &c->display[i];

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:i, s:[i, i, i, i], s:i, s:i}", "name",
					d->name, "guest", c->guest[d->guest].name, "panel",
					c->panel[d->panel].connector, "priority", (int)d->priority,
					"region", (int)d->region.x, (int)d->region.y,
					(int)d->region.width, (int)d->region.height,
					"frame_period_us", (int)d->frame_period_us,
					"freeze_timeout_ms", (int)d->freeze_timeout_ms));
	}
	return list;
}

static json_t *guests_to_json(const struct config *c)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < c->num_guests; i++) {
		const struct config_guest *g = &c->guest[i];
		json_t *displays = json_array();

		for (uint32_t j = 0; j < g->num_displays; j++)
			json_array_append_new(displays,
					      json_string(c->display[g->display[j]].name));
		json_array_append_new(
			list,
			json_pack("{s:s, s:o, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, "
				  "s:i, s:i}",
				  "name", g->name, "displays", displays, "priority",
				  (int)g->priority, "max_job_us", (int)g->max_job_us,
				  "max_job_draws", (int)g->max_job_draws, "budget_us",
				  (int)g->budget_us, "budget_period_us", (int)g->budget_period_us,
				  "memory_mib", (int)g->memory_mib, "max_contexts",
				  (int)g->max_contexts, "max_resources", (int)g->max_resources,
				  "max_granted_mib", (int)g->max_granted_mib, "max_command_kib",
				  (int)g->max_command_kib, "max_events_per_second",
				  (int)g->max_events_per_s, "max_log_lines_per_minute",
				  (int)g->max_log_lines));
	}
	return list;
}

/* Consumes `object`. */
static int print_json(json_t *object)
{
	int failed = !object || json_dumpf(object, stdout, JSON_INDENT(2)) ||
		     putchar('\n') == EOF || fflush(stdout);

	json_decref(object);
	if (failed)
		fprintf(stderr, "gpumctl: cannot write the result\n");
	return failed;
}

/* Microseconds, rounded up; null if the time is unknown or unbounded. */
static json_t *us_or_null(uint64_t ns, int known)
{
	if (!known || ns == UINT64_MAX)
		return json_null();
	return json_integer((json_int_t)((ns + 999) / 1000));
}

static json_t *row_to_json(const struct config *c, const struct admission_row *row)
{
	int known = row->verdict != ADMISSION_OPEN;
	const char *name =
		row->composition ? c->panel[row->index].connector : c->display[row->index].name;

	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:f, s:s}",
			 row->composition ? "panel" : "display", name, "what",
			 row->composition ? "compositions" : "frames", "response_us",
			 us_or_null(row->response_ns, known), "deadline_us",
			 us_or_null(row->deadline_ns, 1), "rogue_response_us",
			 us_or_null(row->rogue_ns, known), "blocking_us",
			 us_or_null(row->blocking_ns, known), "tolerated_blocking_us",
			 us_or_null(row->tolerance_ns, known), "utilisation",
			 (double)row->utilisation / 1e6, "verdict", admission_word(row->verdict));
}

static json_t *promise_to_json(const struct config *c, const struct admission *a)
{
	json_t *rows = json_array(), *fixes = json_array();

	for (uint32_t i = 0; i < a->num_rows; i++)
		json_array_append_new(rows, row_to_json(c, &a->row[i]));
	for (uint32_t i = 0; i < a->num_changes; i++)
		json_array_append_new(
			fixes, json_pack("{s:s, s:s, s:i, s:i}", "node", a->change[i].node,
					 "property", a->change[i].property, "from",
					 (int)a->change[i].from, "to", (int)a->change[i].to));
	return json_pack("{s:s, s:o, s:f, s:o, s:o}", "verdict", admission_word(a->verdict),
			 "reason", a->reason[0] ? json_string(a->reason) : json_null(),
			 "utilisation", (double)a->utilisation / 1e6, "frames", rows, "changes",
			 fixes);
}

static int report_good(const char *path, const struct config *c, const struct admission *a,
		       bool json)
{
	if (!json)
		return print_config(path, c, a);
	return print_json(json_pack("{s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:o}", "file", path,
				    "good", 1, "policy", c->policy->name, "panels",
				    panels_to_json(c), "displays", displays_to_json(c), "guests",
				    guests_to_json(c), "promise", promise_to_json(c, a), "nodes",
				    properties_of(c)))
		       ? FAILED
		       : GOOD;
}

/* Consumes `promise` and `nodes`, which are NULL where the tree could not be read. */
static int report_refused(const char *path, const char *kind, const struct config_error *err,
			  json_t *promise, json_t *nodes, bool json)
{
	if (!json) {
		fprintf(stderr, "%s: refused: %s: %s\n", path, kind, err->message);
		return REFUSED;
	}
	return print_json(json_pack("{s:s, s:b, s:{s:s, s:s, s:s, s:s}, s:o*, s:o*}", "file", path,
				    "good", 0, "error", "kind", kind, "node", err->node, "property",
				    err->property, "message", err->message, "promise", promise,
				    "nodes", nodes))
		       ? FAILED
		       : REFUSED;
}

static int report_late(const char *path, const struct config *c, const struct admission *a,
		       bool json)
{
	static const char kind[] = "cannot be promised";

	if (json)
		return report_refused(path, kind, &a->error, promise_to_json(c, a),
				      properties_of(c), json);
	print_promise(c, a);
	for (uint32_t i = 0; i < a->num_changes; i++)
		printf("%s %s: %s: %u to %u\n", i ? "and   " : "change", a->change[i].node,
		       a->change[i].property, a->change[i].from, a->change[i].to);
	if (fflush(stdout))
		return FAILED;
	return report_refused(path, kind, &a->error, NULL, NULL, json);
}

int gpumctl_check(const char *path, bool json)
{
	struct config config;
	struct config_error err;
	struct admission admission;
	size_t size = 0;
	void *blob = read_file(path, &size);
	int status;

	if (!blob)
		return FAILED;
	status = config_parse(blob, size, &config, &err);
	free(blob);
	if (status)
		return report_refused(path, config_strstatus(status), &err, NULL, NULL, json);
	admission_check(&config, &admission);
	return admission_refused(&admission) ? report_late(path, &config, &admission, json)
					     : report_good(path, &config, &admission, json);
}

int gpumctl_properties(bool json)
{
	if (json)
		return print_json(json_pack("{s:o}", "kinds", properties_table())) ? FAILED : GOOD;
	properties_print();
	return fflush(stdout) ? FAILED : GOOD;
}
