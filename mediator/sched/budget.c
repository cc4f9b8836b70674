/* SPDX-License-Identifier: MIT */
/*
 * Budgets: GPU time Q in each period P, replenished at the start of each period. A job may start
 * while any budget is left; the next periods repay an overrun. So in any window of length t a
 * client uses at most (ceil(t / P) + 1) * Q and one job.
 */
#include "mediator/sched/internal.h"

static int64_t budget_of(const struct sched_client *c)
{
	return (int64_t)c->params.budget_ns;
}

/* Replenish n times, at starts of periods between which the client did not run. */
static void refill(struct sched_client *c, uint64_t n)
{
	int64_t full = budget_of(c);
	uint64_t missing = (uint64_t)(full - c->budget_left_ns);

	if (n > missing / c->params.budget_ns)
		c->budget_left_ns = full;
	else
		c->budget_left_ns += (int64_t)(n * c->params.budget_ns);
}

static void run(struct sched_client *c, uint64_t until)
{
	if (c->running)
		c->budget_left_ns -= (int64_t)(until - c->budget_at_ns);
	c->budget_at_ns = until;
}

void sched_budget_pass(struct sched_client *c, uint64_t now)
{
	const uint64_t period = c->params.budget_period_ns;
	uint64_t whole;

	if (!c->params.budget_ns || now <= c->budget_at_ns)
		return;
	if (now < c->refill_ns) {
		run(c, now);
		return;
	}
	run(c, c->refill_ns);
	refill(c, 1);
	whole = (now - c->refill_ns) / period;
	/* A job that runs through whole periods uses up each budget: no refill exceeds Q. */
	if (c->running)
		c->budget_left_ns -= (int64_t)(whole * (period - c->params.budget_ns));
	else
		refill(c, whole);
	c->budget_at_ns += whole * period;
	c->refill_ns = c->budget_at_ns + period;
	run(c, now);
}

int sched_budget_allows(const struct sched_client *c)
{
	return !c->params.budget_ns || c->budget_left_ns > 0;
}

uint64_t sched_budget_back(const struct sched_client *c)
{
	uint64_t owed = (uint64_t)-c->budget_left_ns;

	return c->refill_ns + owed / c->params.budget_ns * c->params.budget_period_ns;
}

int64_t sched_budget_left(const struct sched *s, const struct sched_client *c, uint64_t now)
{
	struct sched_client copy = *c;

	(void)s;
	if (!c->params.budget_ns)
		return INT64_MAX;
	sched_budget_pass(&copy, now);
	return copy.budget_left_ns;
}
