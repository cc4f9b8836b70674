/* SPDX-License-Identifier: MIT */
/* All policies of the simulator. */
#ifndef MEDIATOR_SIM_POLICIES_POLICIES_H
#define MEDIATOR_SIM_POLICIES_POLICIES_H

#include "mediator/sim/engine/engine.h"

/* The daemon's scheduler (mediator/sched), under the names of the property `policy`. */
extern const struct sim_policy sim_daemon_fixed_priority;
extern const struct sim_policy sim_daemon_fifo;
extern const struct sim_policy sim_daemon_round_robin;
extern const struct sim_policy sim_daemon_time_slice;

/* Policies of other systems, as the literature that each file names describes them. */
extern const struct sim_policy sim_peer_fifo;
extern const struct sim_policy sim_peer_round_robin;
extern const struct sim_policy sim_peer_priority_1;
extern const struct sim_policy sim_peer_priority_2;
extern const struct sim_policy sim_peer_gvt_g;
extern const struct sim_policy sim_peer_timegraph_prt;
extern const struct sim_policy sim_peer_timegraph_ht;
extern const struct sim_policy sim_peer_edf;

/* All policies, the daemon's first; NULL ends the list. */
extern const struct sim_policy *const sim_policies[];

/* Returns the policy of that name, or NULL. */
const struct sim_policy *sim_policy_find(const char *name);

/* Returns the scheduler of a simulation that runs one of the daemon's policies. */
const struct sched *sim_daemon_sched(const struct sim *s);

#endif
