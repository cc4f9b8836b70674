/* SPDX-License-Identifier: MIT */
/* Lines on stderr, "time level: text", for the service manager to collect. */
#ifndef MEDIATOR_DAEMON_BASE_LOG_H
#define MEDIATOR_DAEMON_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/shared/limit/limit.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Set the level by name: "error", "warning", "info" or "debug". False for another word. */
bool log_set_level(const char *name);

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)	 log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)	 log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	 log_line(LOG_DEBUG, __VA_ARGS__)

/* A rate limit for lines that a guest can cause: bursts of ten. A zeroed struct allows 60 a minute.
 */
struct log_limit {
	struct limit limit;
	uint32_t dropped;
};

void log_limit_init(struct log_limit *limit, uint32_t lines_per_minute);

/* Whether the line may be written. Logs how many lines were left out before this one. */
bool log_allow(struct log_limit *limit, uint64_t now);

#endif
