/* SPDX-License-Identifier: MIT */
/* Shared by sched.c, its parts and the policies. Private to mediator/sched. */
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

/* Returns the first set bit at or after `from`; SCHED_WORDS * 64: there is none. */
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

/* Returns the first eligible client at or after index `from`, wrapping around, or NULL. */
static inline struct sched_client *sched_next_eligible(struct sched *s, uint32_t from)
{
	uint32_t bit = sched_bit_next(s->eligible, from);

	if (bit == SCHED_WORDS * 64)
		bit = sched_bit_next(s->eligible, 0);
	return bit == SCHED_WORDS * 64 ? NULL : &s->client[bit];
}

/* Returns 0 if the caller's clock went backwards: it must not count as 2^64 ns of use. */
static inline uint64_t sched_elapsed(uint64_t since, uint64_t now)
{
	return now > since ? now - since : 0;
}

/* budget.c: bring the client's budget up to date, charging its running job. */
void sched_budget_pass(struct sched_client *c, uint64_t now);
/* Returns whether the client may start a job: it has budget left, or no budget is set. */
int sched_budget_allows(const struct sched_client *c);

/* Returns when the client may start a job again. The client must not be running one. */
uint64_t sched_budget_back(const struct sched_client *c);

/* gate.c: list a client's gate, if its parameters have one; take it off the list. */
void sched_gate_enter(struct sched *s, struct sched_client *c);
void sched_gate_forget(struct sched *s, const struct sched_client *c);

/*
 * Returns whether a gate of a more important client holds back c's job now. If so, *wake is lowered
 * to the time at which that gate must be asked again.
 */
int sched_gate_holds(struct sched *s, const struct sched_client *c, uint64_t now, uint64_t *wake);

#endif
