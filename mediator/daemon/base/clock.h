/* SPDX-License-Identifier: MIT */
/* The only clock of the daemon. */
#ifndef MEDIATOR_DAEMON_BASE_CLOCK_H
#define MEDIATOR_DAEMON_BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_NS_PER_S	UINT64_C(1000000000)
#define CLOCK_NS_PER_MS UINT64_C(1000000)
#define CLOCK_NEVER	UINT64_MAX /* a time that does not come */

/* The monotonic clock (CLOCK_MONOTONIC) in nanoseconds; never 0. */
uint64_t clock_ns(void);

/* Nanoseconds in seconds, for libev and for log lines. */
static inline double clock_seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

#endif
