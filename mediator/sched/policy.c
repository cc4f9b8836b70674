/* SPDX-License-Identifier: MIT */
#include "mediator/sched/sched.h"

#include <stddef.h>
#include <string.h>

static const struct sched_policy *const policies[] = {&sched_fixed_priority, &sched_fifo,
						      &sched_round_robin, &sched_time_slice};

const struct sched_policy *sched_policy_find(const char *name)
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (!strcmp(policies[i]->name, name))
			return policies[i];
	return NULL;
}

const char *sched_policy_names(void)
{
	return "fixed-priority, fifo, round-robin, time-slice";
}
