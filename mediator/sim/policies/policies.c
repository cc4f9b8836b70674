/* SPDX-License-Identifier: MIT */
#include "mediator/sim/policies/policies.h"

#include <stddef.h>
#include <string.h>

const struct sim_policy *const sim_policies[] = {&sim_daemon_fixed_priority,
						 &sim_daemon_fifo,
						 &sim_daemon_round_robin,
						 &sim_daemon_time_slice,
						 &sim_peer_fifo,
						 &sim_peer_round_robin,
						 &sim_peer_priority_1,
						 &sim_peer_priority_2,
						 &sim_peer_gvt_g,
						 &sim_peer_timegraph_prt,
						 &sim_peer_timegraph_ht,
						 &sim_peer_edf,
						 NULL};

const struct sim_policy *sim_policy_find(const char *name)
{
	for (size_t i = 0; sim_policies[i]; i++)
		if (!strcmp(sim_policies[i]->name, name))
			return sim_policies[i];
	return NULL;
}
