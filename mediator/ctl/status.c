/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "mediator/ctl/ctl.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value && *value ? value : "-";
}

static double number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

static long long integer(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

/* A domain or process id, or "-". */
static const char *id(const json_t *object, const char *name, char *buffer, size_t size)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_integer(value))
		return "-";
	snprintf(buffer, size, "%lld", (long long)json_integer_value(value));
	return buffer;
}

static void print_head(const json_t *s)
{
	const json_t *gpu = json_object_get(s, "gpu");
	char domid[24];

	printf("gpu-mediatord %s, board %s, driver domain %s, policy %s, deadlines: %s, up %.0f "
	       "s\n",
	       text(s, "version"), text(s, "board"),
	       id(json_object_get(s, "driver_domain"), "domid", domid, sizeof(domid)),
	       text(s, "policy"), text(s, "promise"), number(s, "uptime_s"));
	printf("GPU %s: %lld jobs, %.0f %% busy, longest job %.1f ms; counted for %.1f s\n",
	       text(gpu, "renderer"), integer(gpu, "jobs"), number(gpu, "busy_ratio") * 100.0,
	       number(gpu, "longest_job_ms"), number(s, "duration_s"));
}

static void print_displays(const json_t *displays)
{
	const json_t *d;
	size_t i;

	printf("\n%-16s %-16s %5s %4s %8s %7s %7s %8s %8s %8s\n", "DISPLAY", "GUEST", "DOMID",
	       "PRIO", "FRAMES", "FPS", "MISSED", "P50 MS", "P99 MS", "MAX MS");
	json_array_foreach(displays, i, d)
	{
		const json_t *ms = json_object_get(d, "frame_ms");
		char domid[24];

		printf("%-16s %-16s %5s %4lld %8lld %7.1f %7lld %8.1f %8.1f %8.1f\n",
		       text(d, "name"), text(d, "guest"), id(d, "domid", domid, sizeof(domid)),
		       integer(d, "priority"), integer(d, "frames"), number(d, "fps"),
		       integer(d, "missed"), number(ms, "p50"), number(ms, "p99"),
		       number(ms, "max"));
	}
}

/* All pictures, then the reason of each one that is not good. */
static void print_pictures(const json_t *displays)
{
	const json_t *d;
	size_t i;

	printf("\n%-16s %-8s %-8s %9s %8s %8s %8s %8s %8s\n", "PICTURE", "STATE", "SHOWN", "AGE MS",
	       "VERIFIED", "WRONG", "WARNINGS", "FREEZES", "RETURNS");
	json_array_foreach(displays, i, d)
	{
		const json_t *p = json_object_get(d, "picture");

		printf("%-16s %-8s %-8s %9.0f %8lld %8lld %8lld %8lld %8lld\n", text(d, "name"),
		       text(p, "state"), text(p, "shown"), number(p, "progress_age_ms"),
		       integer(p, "verifications"), integer(p, "mismatches"),
		       integer(p, "warnings"), integer(p, "freezes"), integer(p, "returns"));
	}
	json_array_foreach(displays, i, d)
	{
		const json_t *p = json_object_get(d, "picture");

		if (*text(p, "reason") != '-')
			printf("%s: %s\n", text(d, "name"), text(p, "reason"));
	}
}

static void print_guests(const json_t *guests)
{
	const json_t *g;
	size_t i;

	printf("\n%-16s %5s %-9s %6s %5s %6s %8s %8s %9s %8s\n", "GUEST", "DOMID", "STATE", "PID",
	       "CTX", "RES", "GPU MIB", "GRANTED", "COMMANDS", "REJECTED");
	json_array_foreach(guests, i, g)
	{
		const json_t *c = json_object_get(g, "counters");
		char domid[24], pid[24];

		printf("%-16s %5s %-9s %6s %5lld %6lld %8.1f %8lld %9lld %8lld\n", text(g, "name"),
		       id(g, "domid", domid, sizeof(domid)), text(g, "state"),
		       id(g, "pid", pid, sizeof(pid)), integer(c, "contexts"),
		       integer(c, "resources"), number(c, "resource_bytes") / (1024.0 * 1024.0),
		       integer(c, "granted_pages"), integer(c, "commands"), integer(c, "rejected"));
	}
	json_array_foreach(guests, i, g)
	{
		if (json_is_string(json_object_get(g, "last_fault")))
			printf("%s: last fault: %s (%lld so far)\n", text(g, "name"),
			       text(g, "last_fault"), integer(g, "strikes"));
		if (integer(g, "banned_ms") > 0)
			printf("%s: banned after too many faults, for another %.1f s\n",
			       text(g, "name"), number(g, "banned_ms") / 1000.0);
	}
}

static int is_number(const json_t *object, const char *name)
{
	return json_is_number(json_object_get(object, name));
}

/* Warns when measurements exceed declarations: other guests' guarantees depend on them. */
static void print_jobs(const json_t *guests)
{
	const json_t *g;
	size_t i;

	printf("\n%-16s %9s %8s %11s %11s %9s %9s %11s %11s\n", "GUEST", "JOBS", "CUTS",
	       "LONGEST MS", "DECLARED", "OVERRUNS", "THROTTLED", "FRAME MS", "LATE");
	json_array_foreach(guests, i, g)
	{
		const json_t *j = json_object_get(g, "jobs");
		char declared[24] = "-";

		if (is_number(j, "declared_ms"))
			snprintf(declared, sizeof(declared), "%.1f", number(j, "declared_ms"));
		printf("%-16s %9lld %8lld %11.1f %11s %9lld %9lld %11.1f %11lld\n", text(g, "name"),
		       integer(j, "count"), integer(json_object_get(g, "counters"), "cuts"),
		       number(j, "longest_ms"), declared, integer(j, "overruns"),
		       integer(j, "throttled"), number(j, "longest_frame_ms"), integer(j, "late"));
	}
	json_array_foreach(guests, i, g)
	{
		const json_t *j = json_object_get(g, "jobs");

		if (!is_number(j, "declared_ms"))
			continue;
		if (number(j, "longest_ms") > number(j, "declared_ms"))
			printf("WARNING: %s declares jobs of at most %.1f ms and had one of %.1f "
			       "ms (%lld longer than declared): correct its max-job-us\n",
			       text(g, "name"), number(j, "declared_ms"), number(j, "longest_ms"),
			       integer(j, "overruns"));
		if (integer(j, "most_per_frame") > integer(g, "segments_per_frame"))
			printf("WARNING: %s declares frames of at most %lld jobs and had one of "
			       "%lld: correct segments-per-frame of its displays\n",
			       text(g, "name"), integer(g, "segments_per_frame"),
			       integer(j, "most_per_frame"));
	}
}

static void print_panels(const json_t *panels)
{
	const json_t *p;
	size_t i;

	printf("\n");
	json_array_foreach(panels, i, p)
	{
		const json_t *c = json_object_get(p, "compositor");
		char pid[24];

		printf("panel %s, %lldx%lld at %lld Hz, output %s, %s%s", text(p, "connector"),
		       integer(p, "width"), integer(p, "height"), integer(p, "refresh_hz"),
		       text(p, "output"), c ? "composed" : "direct",
		       json_is_true(json_object_get(p, "dark")) ? ", NOTHING SHOWN" : "");
		if (c)
			printf(" by process %s (%lld restarts)", id(c, "pid", pid, sizeof(pid)),
			       integer(c, "restarts"));
		printf("\n");
	}
}

/* The mediator reads all of this from /proc, not from its own memory of what it has set. */
static void print_sandbox(const char *of, const json_t *s)
{
	if (!json_is_object(s))
		return;
	printf("sandbox of %s: %s; uid %lld, capabilities %s, %s, system calls %s, root folder %s, "
	       "%zu of 7 namespaces its own\n",
	       of, json_is_true(json_object_get(s, "closed")) ? "closed" : "NOT CLOSED",
	       integer(s, "uid"), text(s, "capabilities"),
	       json_is_true(json_object_get(s, "no_new_privs")) ? "no new privileges"
								: "NEW PRIVILEGES POSSIBLE",
	       json_is_true(json_object_get(s, "system_calls_filtered")) ? "filtered"
									 : "NOT FILTERED",
	       json_is_true(json_object_get(s, "empty_root")) ? "empty" : "NOT EMPTY",
	       json_array_size(json_object_get(s, "own_namespaces")));
}

static void print_sandboxes(const json_t *status)
{
	const json_t *guests = json_object_get(status, "guests");
	const json_t *panels = json_object_get(status, "panels");
	const json_t *one;
	size_t i;

	printf("\n");
	json_array_foreach(guests, i, one)
		print_sandbox(text(one, "name"), json_object_get(one, "sandbox"));
	json_array_foreach(panels, i, one)
		print_sandbox(text(one, "connector"),
			      json_object_get(json_object_get(one, "compositor"), "sandbox"));
	print_sandbox("the verifier",
		      json_object_get(json_object_get(status, "verifier"), "sandbox"));
}

int ctl_status(const struct ctl_options *options)
{
	json_t *s;
	int status = ctl_ask(options, "{\"command\":\"status\"}", &s);

	if (status)
		return status;
	if (options->json) {
		json_dumpf(s, stdout, JSON_INDENT(2));
		printf("\n");
	} else {
		print_head(s);
		print_displays(json_object_get(s, "displays"));
		print_pictures(json_object_get(s, "displays"));
		print_guests(json_object_get(s, "guests"));
		print_jobs(json_object_get(s, "guests"));
		print_panels(json_object_get(s, "panels"));
		print_sandboxes(s);
	}
	json_decref(s);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "error: cannot write the status: %m\n");
		return CTL_FAILED;
	}
	return CTL_OK;
}

int ctl_reset_stats(const struct ctl_options *options)
{
	json_t *reply;
	int status = ctl_ask(options, "{\"command\":\"reset-stats\"}", &reply);

	json_decref(reply);
	return status;
}
