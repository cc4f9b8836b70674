/* SPDX-License-Identifier: MIT */
/* All ways to decide that the simulator knows. */
#ifndef MEDIATOR_SIM_POLICIES_POLICIES_H
#define MEDIATOR_SIM_POLICIES_POLICIES_H

#include "mediator/sim/engine/engine.h"

/* The daemon's own scheduler (mediator/sched), under the names that the device tree uses. */
extern const struct sim_policy sim_daemon_fixed_priority;
extern const struct sim_policy sim_daemon_fifo;
extern const struct sim_policy sim_daemon_round_robin;
extern const struct sim_policy sim_daemon_time_slice;

/* What others do, as the literature describes it: mediator/sim/policies. */
extern const struct sim_policy sim_peer_fifo;
extern const struct sim_policy sim_peer_round_robin;
extern const struct sim_policy sim_peer_priority_1;
extern const struct sim_policy sim_peer_priority_2;
extern const struct sim_policy sim_peer_gvt_g;
extern const struct sim_policy sim_peer_timegraph_prt;
extern const struct sim_policy sim_peer_timegraph_ht;
extern const struct sim_policy sim_peer_edf;

/* All of them, the daemon's first; ended by NULL. */
extern const struct sim_policy *const sim_policies[];

/* The policy of that name, or NULL. */
const struct sim_policy *sim_policy_find(const char *name);

/* The daemon's scheduler behind a simulation with one of the first four. */
const struct sched *sim_daemon_sched(const struct sim *s);

#endif
