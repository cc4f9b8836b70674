/* SPDX-License-Identifier: MIT */
#include "mediator/shared/limit/limit.h"

void limit_init(struct limit *l, uint32_t count, uint64_t period_ns, uint32_t burst)
{
	l->interval_ns = period_ns / count;
	l->slack_ns = l->interval_ns * (burst - 1);
	l->due_ns = 0;
}

/*
 * due_ns encodes the bucket's level: the further it lies ahead of now, the fewer tokens are left.
 * Returns the nanoseconds until there is one.
 */
static uint64_t wait_ns(const struct limit *l, uint64_t now_ns)
{
	uint64_t ahead = l->due_ns > now_ns ? l->due_ns - now_ns : 0;

	return ahead > l->slack_ns ? ahead - l->slack_ns : 0;
}

uint64_t limit_spend(struct limit *l, uint64_t now_ns)
{
	l->due_ns = (l->due_ns > now_ns ? l->due_ns : now_ns) + l->interval_ns;
	return wait_ns(l, now_ns);
}

uint64_t limit_take(struct limit *l, uint64_t now_ns)
{
	uint64_t wait = wait_ns(l, now_ns);

	if (!wait)
		limit_spend(l, now_ns);
	return wait;
}
