/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS_PER_MINUTE	 UINT64_C(60000000000)
#define LINES_PER_MINUTE 60u
#define BURST_LINES	 10u

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

void log_limit_init(struct log_limit *l, uint32_t lines_per_minute)
{
	uint32_t burst = lines_per_minute < BURST_LINES ? lines_per_minute : BURST_LINES;

	limit_init(&l->limit, lines_per_minute, NS_PER_MINUTE, burst);
	l->dropped = 0;
}

bool log_allow(struct log_limit *l, uint64_t now)
{
	if (!l->limit.interval_ns)
		log_limit_init(l, LINES_PER_MINUTE);
	if (limit_take(&l->limit, now)) {
		l->dropped++;
		return false;
	}
	if (l->dropped)
		log_warning("%u similar lines left out", l->dropped);
	l->dropped = 0;
	return true;
}
