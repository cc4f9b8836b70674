/* SPDX-License-Identifier: MIT */
#include "mediator/sim/input/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mediator/sim/input/statement.h"

static int is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

int statement_fail(struct parser *p, const char *field, const char *format, ...)
{
	va_list args;

	p->err->line = p->line;
	snprintf(p->err->field, sizeof(p->err->field), "%s", field);
	va_start(args, format);
	vsnprintf(p->err->message, sizeof(p->err->message), format, args);
	va_end(args);
	return -1;
}

/* Split the line into words, in place. */
static int split(struct parser *p, char *line)
{
	p->words = 0;
	for (char *c = line; *c;) {
		while (is_space(*c))
			c++;
		if (!*c || *c == '#')
			break;
		if (p->words == PARSER_WORDS)
			return statement_fail(p, "", "more than %u words", PARSER_WORDS);
		p->word[p->words++] = c;
		while (*c && !is_space(*c))
			c++;
		if (*c)
			*c++ = '\0';
	}
	return 0;
}

static int run_statement(struct parser *p)
{
	static const struct {
		const char *name;
		int (*read)(struct parser *p);
	} statements[] = {{"guest", statement_guest},	   {"stream", statement_stream},
			  {"sweep", statement_sweep},	   {"policy", statement_setting},
			  {"seed", statement_setting},	   {"duration", statement_setting},
			  {"switch", statement_setting},   {"latency", statement_setting},
			  {"watchdog", statement_setting}, {"reset", statement_setting}};

	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (!strcmp(p->word[0], statements[i].name))
			return statements[i].read(p);
	return statement_fail(p, p->word[0],
			      "unknown statement; allowed are guest, stream, sweep, policy, seed, "
			      "duration, switch, latency, watchdog, reset");
}

static int read_line(struct parser *p, const char *start, size_t length)
{
	char line[SIM_LINE_MAX];

	if (length >= sizeof(line))
		return statement_fail(p, "", "longer than %u bytes", SIM_LINE_MAX - 1);
	if (memchr(start, '\0', length))
		return statement_fail(p, "", "holds a zero byte");
	memcpy(line, start, length);
	line[length] = '\0';
	if (split(p, line))
		return -1;
	return p->words ? run_statement(p) : 0;
}

static int validate_whole(struct parser *p)
{
	p->line = 0;
	if (!p->out->num_streams)
		return statement_fail(p, "stream", "is missing; at least one is needed");
	if (sim_workload_runs(p->out) > SIM_MAX_RUNS)
		return statement_fail(p, "sweep",
				      "all sweeps together ask for %llu runs; at most %u",
				      (unsigned long long)sim_workload_runs(p->out), SIM_MAX_RUNS);
	return 0;
}

int sim_parse(const char *text, size_t size, struct sim_workload *out, struct sim_error *err)
{
	struct parser p = {.out = out, .err = err};

	memset(err, 0, sizeof(*err));
	sim_workload_init(out);
	for (size_t at = 0; at < size;) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t length = end ? (size_t)(end - (text + at)) : size - at;

		p.line++;
		if (read_line(&p, text + at, length))
			return -1;
		at += length + 1;
	}
	return validate_whole(&p);
}
