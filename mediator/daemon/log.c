/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LIMIT_WINDOW_NS UINT64_C(10000000000)
#define LIMIT_LINES	10u

static const char *const names[] = {"error", "warning", "info", "debug"};
static enum log_level max_level = LOG_INFO;

bool log_set_level(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]))
			continue;
		max_level = (enum log_level)i;
		return true;
	}
	return false;
}

void log_line(enum log_level level, const char *format, ...)
{
	char line[1024];
	struct timespec t;
	va_list args;

	if (level > max_level)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	clock_gettime(CLOCK_MONOTONIC, &t);
	fprintf(stderr, "%5lld.%03ld %s: %s\n", (long long)t.tv_sec, t.tv_nsec / 1000000,
		names[level], line);
}

bool log_allow(struct log_limit *limit, uint64_t now)
{
	if (!limit->window_ns || now - limit->window_ns > LIMIT_WINDOW_NS) {
		if (limit->dropped)
			log_warning("%u similar lines left out", limit->dropped);
		limit->window_ns = now;
		limit->used = 0;
		limit->dropped = 0;
	}
	if (limit->used < LIMIT_LINES) {
		limit->used++;
		return true;
	}
	limit->dropped++;
	return false;
}
