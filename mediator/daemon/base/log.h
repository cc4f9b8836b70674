/* SPDX-License-Identifier: MIT */
/* Lines on stderr: "time level: text". Whoever starts the daemon collects them. */
#ifndef MEDIATOR_DAEMON_BASE_LOG_H
#define MEDIATOR_DAEMON_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/shared/limit/limit.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* "error", "warning", "info" or "debug". False for another word. */
bool log_set_level(const char *name);

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)	 log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)	 log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	 log_line(LOG_DEBUG, __VA_ARGS__)

/* For lines that a guest can cause: ten at once. Zeroed: ready for use, with 60 a minute. */
struct log_limit {
	struct limit limit;
	uint32_t dropped;
};

void log_limit_init(struct log_limit *limit, uint32_t lines_per_minute);

/* Whether the line may be written; says how many were left out when it may again. */
bool log_allow(struct log_limit *limit, uint64_t now);

#endif
