/* SPDX-License-Identifier: MIT */
/* What sched.c, its parts and the policies share. Private to mediator/sched. */
#ifndef MEDIATOR_SCHED_INTERNAL_H
#define MEDIATOR_SCHED_INTERNAL_H

#include <stddef.h>

#include "mediator/sched/sched.h"

#define SCHED_NOBODY SCHED_MAX_CLIENTS /* ends lists of indices */

static inline void sched_bit_set(uint64_t *words, uint32_t bit)
{
	words[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static inline void sched_bit_clear(uint64_t *words, uint32_t bit)
{
	words[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
}

static inline int sched_bit_test(const uint64_t *words, uint32_t bit)
{
	return words[bit / 64] >> (bit % 64) & 1;
}

/* The first bit that is set at `from` or after it; SCHED_WORDS * 64: there is none. */
static inline uint32_t sched_bit_next(const uint64_t *words, uint32_t from)
{
	uint64_t rest;

	for (uint32_t word = from / 64; word < SCHED_WORDS; word++) {
		rest = words[word];
		if (word == from / 64)
			rest &= UINT64_MAX << (from % 64);
		if (rest)
			return word * 64 + (uint32_t)__builtin_ctzll(rest);
	}
	return SCHED_WORDS * 64;
}

/* The eligible client at `from` or, in a circle, after it; NULL: there is none. */
static inline struct sched_client *sched_next_eligible(struct sched *s, uint32_t from)
{
	uint32_t bit = sched_bit_next(s->eligible, from);

	if (bit == SCHED_WORDS * 64)
		bit = sched_bit_next(s->eligible, 0);
	return bit == SCHED_WORDS * 64 ? NULL : &s->client[bit];
}

/* A clock that goes backwards would be the caller's fault; it must not become 2^64 ns of use. */
static inline uint64_t sched_elapsed(uint64_t since, uint64_t now)
{
	return now > since ? now - since : 0;
}

/* budget.c: bring the budget up to now; what runs is charged. */
void sched_budget_pass(struct sched_client *c, uint64_t now);
int sched_budget_allows(const struct sched_client *c);

/* When it will allow a job again; not while one runs. */
uint64_t sched_budget_back(const struct sched_client *c);

/* gate.c: enter a client whose parameters are set, or forget one. */
void sched_gate_enter(struct sched *s, struct sched_client *c);
void sched_gate_forget(struct sched *s, const struct sched_client *c);

/* Whether c must not start now, for a more important frame's sake; lowers *wake if so. */
int sched_gate_holds(struct sched *s, const struct sched_client *c, uint64_t now, uint64_t *wake);

#endif
