/* SPDX-License-Identifier: MIT */
#include "mediator/shared/limit/limit.h"

void limit_init(struct limit *l, uint32_t count, uint64_t period_ns, uint32_t burst)
{
	l->interval_ns = period_ns / count;
	l->slack_ns = l->interval_ns * (burst - 1);
	l->due_ns = 0;
}

/* One time stands for the bucket: how far it lies ahead says how many tokens are gone. */
static uint64_t missing(const struct limit *l, uint64_t now_ns)
{
	uint64_t ahead = l->due_ns > now_ns ? l->due_ns - now_ns : 0;

	return ahead > l->slack_ns ? ahead - l->slack_ns : 0;
}

uint64_t limit_spend(struct limit *l, uint64_t now_ns)
{
	l->due_ns = (l->due_ns > now_ns ? l->due_ns : now_ns) + l->interval_ns;
	return missing(l, now_ns);
}

uint64_t limit_take(struct limit *l, uint64_t now_ns)
{
	uint64_t wait = missing(l, now_ns);

	if (!wait)
		limit_spend(l, now_ns);
	return wait;
}
