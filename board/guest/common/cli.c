/* SPDX-License-Identifier: MIT */
#include "board/guest/common/cli.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mediator/shared/version.h"

#define NS_PER_S 1000000000ull

static const char *program_name = "guest";
static volatile sig_atomic_t stop_flag;

static void stop_handler(int sig)
{
	(void)sig;
	stop_flag = 1;
}

void cli_init(const char *program, int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		printf("%s " GPUM_VERSION "\n", program);
		exit(CLI_OK);
	}
	struct sigaction sa;

	program_name = program;
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = stop_handler;
	sigemptyset(&sa.sa_mask);
	/* No SA_RESTART: a wait for a flip has to notice the request to stop. */
	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
}

void cli_error(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", program_name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

bool cli_stopped(void)
{
	return stop_flag != 0;
}

/* Takes decimal numbers and 0x…. strtoull() alone would accept a sign or blanks in front. */
static bool parse_u32(const char *text, const char **end, uint32_t *out)
{
	char *stop;
	unsigned long long value;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &stop, text[0] == '0' && (text[1] | 0x20) == 'x' ? 16 : 10);
	if (errno || value > UINT32_MAX)
		return false;
	*end = stop;
	*out = (uint32_t)value;
	return true;
}

bool cli_u32(const char *option, const char *text, uint32_t min, uint32_t max, uint32_t *out)
{
	const char *end;
	uint32_t value;

	if (!parse_u32(text, &end, &value) || *end || value < min || value > max) {
		cli_error("%s: '%s' is not a whole number from %u to %u", option, text, min, max);
		return false;
	}
	*out = value;
	return true;
}

bool cli_seconds(const char *option, const char *text, double *out)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(text, &end);
	if (errno || end == text || *end || !isfinite(value) || value < 0 || value > 1e6) {
		cli_error("%s: '%s' is not a number of seconds", option, text);
		return false;
	}
	*out = value;
	return true;
}

bool cli_pair(const char *option, const char *text, char sep, uint32_t min, uint32_t max,
	      uint32_t out[2])
{
	const char *end;
	uint32_t a, b;

	if (!parse_u32(text, &end, &a) || *end != sep || !parse_u32(end + 1, &end, &b) || *end ||
	    a < min || a > max || b < min || b > max) {
		cli_error("%s: '%s' is not NUMBER%cNUMBER, each from %u to %u", option, text, sep,
			  min, max);
		return false;
	}
	out[0] = a;
	out[1] = b;
	return true;
}

bool cli_size(const char *option, const char *text, uint32_t out[2])
{
	return cli_pair(option, text, 'x', 1, CLI_MAX_SIZE, out);
}

uint64_t cli_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

void cli_sleep_until(uint64_t when_ns)
{
	struct timespec ts = {
		.tv_sec = (time_t)(when_ns / NS_PER_S),
		.tv_nsec = (long)(when_ns % NS_PER_S),
	};

	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

void fps_log_start(struct fps_log *log, bool enabled)
{
	memset(log, 0, sizeof(*log));
	log->enabled = enabled;
	log->start_ns = cli_now_ns();
	log->line_ns = log->start_ns;
}

void fps_log_frame(struct fps_log *log)
{
	uint64_t now = cli_now_ns();

	log->frames++;
	if (!log->enabled || now - log->line_ns < NS_PER_S)
		return;
	printf("frames=%llu fps=%.1f\n", (unsigned long long)log->frames,
	       (double)(log->frames - log->line_frames) * 1e9 / (double)(now - log->line_ns));
	fflush(stdout);
	log->line_ns = now;
	log->line_frames = log->frames;
}

void fps_log_finish(const struct fps_log *log)
{
	double seconds = (double)(cli_now_ns() - log->start_ns) / 1e9;

	if (!log->enabled)
		return;
	printf("total frames=%llu seconds=%.2f fps=%.1f\n", (unsigned long long)log->frames,
	       seconds, seconds > 0 ? (double)log->frames / seconds : 0.0);
	fflush(stdout);
}
