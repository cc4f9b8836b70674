/* SPDX-License-Identifier: MIT */
/* The statements of workload files, one function for each. Private to the parser. */
#ifndef MEDIATOR_SIM_INPUT_STATEMENT_H
#define MEDIATOR_SIM_INPUT_STATEMENT_H

#include "mediator/sim/input/parse.h"

#define PARSER_WORDS 24u

struct parser {
	struct sim_workload *out;
	struct sim_error *err;
	uint32_t line;
	char *word[PARSER_WORDS];
	uint32_t words;	     /* at least 1 when a statement's function is called */
	uint32_t setting[8]; /* settings given so far */
	uint32_t num_settings;
};

/* Describe an error in the current line; returns -1. */
int statement_fail(struct parser *p, const char *field, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Parse the statement in p->word into *p->out. Each returns 0, or -1 after statement_fail(). */
int statement_guest(struct parser *p);
int statement_stream(struct parser *p);
int statement_sweep(struct parser *p);
int statement_setting(struct parser *p);

/* Parse a number, or a time to ns, within [min, max]. Return 0, or -1 after statement_fail(). */
int statement_number(struct parser *p, const char *field, const char *value, uint64_t min,
		     uint64_t max, uint64_t *out);
int statement_time(struct parser *p, const char *field, const char *value, uint64_t min,
		   uint64_t max, uint64_t *out);

/* Copy a name of letters, digits, - and _ to out[SIM_NAME_MAX]. Returns as above. */
int statement_name(struct parser *p, const char *field, const char *name, char *out);

/*
 * Split word `index` at its '=' in place and return the value; p->word[index] is then the name.
 * Returns NULL after statement_fail(), also if an earlier word, from `first` on, has the same name.
 */
char *statement_value(struct parser *p, uint32_t first, uint32_t index);

#endif
