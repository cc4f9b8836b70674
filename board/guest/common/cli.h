/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_COMMON_CLI_H
#define BOARD_GUEST_COMMON_CLI_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Shared by all guest programs: strict number parsing, one-line messages, a stop flag that SIGINT
 * and SIGTERM set, a clock, and a frame-rate log.
 */

enum {
	CLI_OK = 0,
	CLI_FAILED = 1, /* the work could not be done, or a comparison found a difference */
	CLI_USAGE = 2,	/* wrong options, or an input file is not readable */
};

/*
 * Sets the name that messages start with and installs the signal handlers. If the only argument is
 * --version, prints the version and exits.
 */
void cli_init(const char *program, int argc, char **argv);

/* One line on stderr, `program: text`. */
void cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* True once SIGINT or SIGTERM arrived. */
bool cli_stopped(void);

/*
 * Parse `text`, the value of `option`. On an error they print a message that names `option`, store
 * nothing, and return false.
 */
bool cli_u32(const char *option, const char *text, uint32_t min, uint32_t max, uint32_t *out);
bool cli_seconds(const char *option, const char *text, double *out); /* 0 .. 1e6, finite */
bool cli_pair(const char *option, const char *text, char sep, uint32_t min, uint32_t max,
	      uint32_t out[2]);

/* WIDTHxHEIGHT in pixels, each 1 .. CLI_MAX_SIZE, which both KMS and GLES can handle. */
#define CLI_MAX_SIZE 8192u
bool cli_size(const char *option, const char *text, uint32_t out[2]);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t cli_now_ns(void);

/* Sleeps until the given monotonic time; returns early on a signal. */
void cli_sleep_until(uint64_t when_ns);

/* Prints `frames=N fps=F` to stdout once per second; N counts from the start. */
struct fps_log {
	bool enabled;
	uint64_t frames;      /* since the start */
	uint64_t start_ns;    /* times of cli_now_ns() */
	uint64_t line_ns;     /* when the last line was printed */
	uint64_t line_frames; /* `frames` at that time */
};

void fps_log_start(struct fps_log *log, bool enabled);
void fps_log_frame(struct fps_log *log);
/* Prints the closing line `total frames=N seconds=S fps=F` if the log is enabled. */
void fps_log_finish(const struct fps_log *log);

#endif
