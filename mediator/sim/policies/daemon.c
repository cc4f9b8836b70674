/* SPDX-License-Identifier: MIT */
/*
 * The daemon's scheduler as a policy of the simulator: this file makes the calls that
 * mediator/daemon makes when messages of backends arrive. All decisions are those of
 * mediator/sched, whose object files the simulator links.
 *
 * As in the daemon, a guest announces one job at a time. A killed job ends after its kill time, the
 * delay until that is noticed and the reset. Its guest goes on at once and keeps its debt, which is
 * the worst that it can do to others.
 */
#include <string.h>

#include "mediator/sched/sched.h"
#include "mediator/sim/policies/policies.h"

#define EPOCH UINT64_C(1000000000) /* the scheduler's clock is never 0 */

struct daemon_state {
	struct sched sched;
	struct sched_client *client[SIM_MAX_GUESTS];
	uint64_t next_id[SIM_MAX_GUESTS];
	uint64_t wake;			  /* of sched_pick(), in the simulation's time */
	uint64_t overrun_at;		  /* of sched_overrun(), in the scheduler's time */
	uint32_t display[SIM_MAX_GUESTS]; /* stream that is its display, or SIM_NOBODY */
};

_Static_assert(sizeof(struct daemon_state) <= SIM_POLICY_BYTES, "SIM_POLICY_BYTES");

static struct daemon_state *state_of(struct sim *s)
{
	return (struct daemon_state *)(void *)s->policy_state;
}

const struct sched *sim_daemon_sched(const struct sim *s)
{
	return &((const struct daemon_state *)(const void *)s->policy_state)->sched;
}

static uint64_t sched_time(const struct sim *s)
{
	return s->now + EPOCH;
}

static uint64_t sim_time(uint64_t t)
{
	return t == SCHED_NEVER ? SIM_NEVER : t - EPOCH;
}

/* The guest's periodic stream with the shortest period is its display. */
static uint32_t find_display(const struct sim_workload *w, uint32_t guest)
{
	uint32_t best = SIM_NOBODY;

	for (uint32_t i = 0; i < w->num_streams; i++) {
		const struct sim_stream *st = &w->stream[i];

		if (st->guest == guest && st->kind == SIM_PERIODIC && st->deadline_ns &&
		    (best == SIM_NOBODY || st->period_ns < w->stream[best].period_ns))
			best = i;
	}
	return best;
}

static void add_client(struct sim *s, struct daemon_state *d, uint32_t guest)
{
	const struct sim_guest *g = &s->workload->guest[guest];
	struct sched_params params = {.priority = sched_guest_priority(g->priority),
				      .weight = g->weight,
				      .job_ns = g->max_job_ns,
				      .kill_ns = g->kill_ns,
				      .budget_ns = g->budget_ns,
				      .budget_period_ns = g->budget_period_ns,
				      .slack_ns = g->slack_ns,
				      .gate = (uint8_t)g->gate};

	d->display[guest] = find_display(s->workload, guest);
	if (d->display[guest] != SIM_NOBODY) {
		const struct sim_stream *st = &s->workload->stream[d->display[guest]];

		params.frame_period_ns = st->period_ns;
		params.jitter_ns = st->jitter_ns;
		params.deadline_ns = st->deadline_ns;
	}
	d->next_id[guest] = 1;
	d->client[guest] = sched_add(&d->sched, params.priority, NULL);
	sched_set_params(&d->sched, d->client[guest], &params, sched_time(s));
}

static void init(struct sim *s, const struct sched_policy *policy)
{
	const struct sim_workload *w = s->workload;
	const struct sched_costs costs = {.switch_ns = w->switch_ns,
					  .latency_ns = w->latency_ns,
					  .watchdog_ns = w->watchdog_ns,
					  .reset_ns = w->reset_ns};
	struct daemon_state *d = state_of(s);

	sched_init(&d->sched, policy);
	sched_set_costs(&d->sched, &costs);
	for (uint32_t i = 0; i < w->num_guests; i++)
		add_client(s, d, i);
	d->wake = d->overrun_at = SIM_NEVER;
}

static void init_fixed_priority(struct sim *s)
{
	init(s, &sched_fixed_priority);
}

static void init_fifo(struct sim *s)
{
	init(s, &sched_fifo);
}

static void init_round_robin(struct sim *s)
{
	init(s, &sched_round_robin);
}

static void init_time_slice(struct sim *s)
{
	init(s, &sched_time_slice);
}

/* Announce the guest's oldest waiting job, if none is announced. */
static void announce(struct sim *s, struct daemon_state *d, uint32_t guest)
{
	struct sched_client *c = d->client[guest];
	struct sched_job job = {.id = d->next_id[guest]};

	if (c->waiting || !s->guest[guest].waiting)
		return;
	d->next_id[guest]++;
	sched_ready(&d->sched, c, &job, sched_time(s));
}

static void arrived(struct sim *s, uint32_t guest)
{
	announce(s, state_of(s), guest);
}

static void count_overrun(struct sim *s, struct daemon_state *d)
{
	sched_overrun(&d->sched, sched_time(s), &d->overrun_at);
}

static uint32_t pick(struct sim *s)
{
	struct daemon_state *d = state_of(s);
	struct sched_client *c;
	uint64_t wake;

	d->wake = SIM_NEVER;
	if (s->ring_count)
		return SIM_NOBODY;
	c = sched_pick(&d->sched, sched_time(s), &wake);
	d->wake = sim_time(wake);
	if (!c)
		return SIM_NOBODY;
	d->wake = SIM_NEVER;
	count_overrun(s, d);
	return (uint32_t)(c - d->sched.client);
}

static void committed(struct sim *s, uint32_t guest)
{
	announce(s, state_of(s), guest);
}

static void finished(struct sim *s, uint32_t guest)
{
	struct daemon_state *d = state_of(s);
	struct sched_client *c = d->client[guest];

	/* The daemon would have called this at overrun_at, before the job's end. */
	if (d->overrun_at <= sched_time(s))
		count_overrun(s, d);
	d->overrun_at = SCHED_NEVER;
	sched_done(&d->sched, c, c->job.id, sched_time(s));
}

static uint64_t wakeup(struct sim *s)
{
	return state_of(s)->wake;
}

static void released(struct sim *s, uint32_t stream)
{
	struct daemon_state *d = state_of(s);
	uint32_t guest = s->workload->stream[stream].guest;

	if (d->display[guest] == stream)
		sched_release(&d->sched, d->client[guest], sched_time(s));
}

static void completed(struct sim *s, uint32_t stream)
{
	struct daemon_state *d = state_of(s);
	uint32_t guest = s->workload->stream[stream].guest;

	if (d->display[guest] == stream)
		sched_complete(&d->sched, d->client[guest], sched_time(s));
}

#define DAEMON(variable, policy_name, init_function, text)                                         \
	const struct sim_policy variable = {.name = policy_name,                                   \
					    .about = text,                                         \
					    .init = init_function,                                 \
					    .arrived = arrived,                                    \
					    .pick = pick,                                          \
					    .committed = committed,                                \
					    .finished = finished,                                  \
					    .wakeup = wakeup,                                      \
					    .released = released,                                  \
					    .completed = completed}

DAEMON(sim_daemon_fixed_priority, "fixed-priority", init_fixed_priority,
       "the mediator: priority by display, budgets, slack gate");
DAEMON(sim_daemon_fifo, "fifo", init_fifo, "the mediator: order of arrival, one job a guest");
DAEMON(sim_daemon_round_robin, "round-robin", init_round_robin, "the mediator: one job each");
DAEMON(sim_daemon_time_slice, "time-slice", init_time_slice, "the mediator: weighted slices");
