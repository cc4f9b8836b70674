/* SPDX-License-Identifier: MIT */
#include "mediator/sim/engine/engine.h"

#include <stddef.h>
#include <string.h>

static int has_gaps(const struct sim_stream *st)
{
	return st->num_segments > 1;
}

/* --- Frames -------------------------------------------------------------------------------- */

static void frame_ends(struct sim *s, uint32_t stream, uint64_t nominal, int killed)
{
	const struct sim_stream *st = &s->workload->stream[stream];
	struct sim_stream_outcome *r = &s->outcome->stream[stream];
	uint64_t response = s->now - nominal;
	int missed = killed || (st->deadline_ns && response > st->deadline_ns);

	s->stream[stream].unfinished--;
	r->killed += (uint64_t)killed;
	r->missed += (uint64_t)missed;
	if (!killed) {
		r->finished++;
		if (response > r->response.max_ns)
			r->worst_run = s->outcome->run;
		sim_distribution_add(&r->response, response);
	}
	if (s->policy->completed)
		s->policy->completed(s, stream);
	if (s->observer && s->observer->frame)
		s->observer->frame(s->observer->arg, s, stream, nominal, s->now, missed);
}

static void skip_frame(struct sim *s, uint32_t stream, uint64_t nominal)
{
	struct sim_stream_outcome *r = &s->outcome->stream[stream];
	int missed = s->workload->stream[stream].deadline_ns != 0;

	r->skipped++;
	r->missed += (uint64_t)missed;
	if (s->observer && s->observer->frame)
		s->observer->frame(s->observer->arg, s, stream, nominal, 0, missed);
}

/* --- Jobs ---------------------------------------------------------------------------------- */

static uint64_t draw_length(struct sim *s, uint32_t stream, uint32_t segment)
{
	const struct sim_stream *st = &s->workload->stream[stream];
	struct sim_stream_state *state = &s->stream[stream];

	state->jobs++;
	if (st->rogue_every && state->jobs % st->rogue_every == 0)
		return st->rogue_ns;
	return sim_random_between(&state->random, st->job_min_ns[segment], st->job_max_ns[segment]);
}

/* The caller has made sure that the guest's queue has room. */
static void push_job(struct sim *s, uint32_t stream, uint32_t segment, uint64_t nominal)
{
	uint32_t guest = s->workload->stream[stream].guest;
	struct sim_guest_state *g = &s->guest[guest];
	const struct sim_guest *declared = &s->workload->guest[guest];
	struct sim_job *job = &g->job[(g->head + g->waiting) % SIM_QUEUE];
	uint64_t length = draw_length(s, stream, segment);

	job->killed = 0;
	if (declared->kill_ns && length > declared->kill_ns) {
		job->killed = 1;
		length = declared->kill_ns + s->workload->watchdog_ns + s->workload->reset_ns;
	}
	job->nominal_ns = nominal;
	job->ready_ns = s->now;
	job->order = s->arrivals++;
	job->length_ns = (uint32_t)length;
	job->stream = (uint8_t)stream;
	g->waiting++;
	s->waiting++;
	if (s->policy->arrived)
		s->policy->arrived(s, guest);
}

static int has_room(const struct sim *s, uint32_t stream)
{
	return s->guest[s->workload->stream[stream].guest].waiting < SIM_QUEUE;
}

/* --- Streams ------------------------------------------------------------------------------- */

/* Begin the next pending frame of a stream with gaps, if none is in progress. */
static void begin_pending(struct sim *s, uint32_t stream)
{
	struct sim_stream_state *state = &s->stream[stream];

	if (state->in_progress || !state->pending)
		return;
	state->in_progress = 1;
	state->segment = 0;
	state->first_nominal_ns = state->pending_ns[state->pending_head];
	state->pending_head = (state->pending_head + 1) % SIM_PENDING;
	state->pending--;
	push_job(s, stream, 0, state->first_nominal_ns);
}

static void release_frame(struct sim *s, uint32_t stream, uint64_t nominal)
{
	const struct sim_stream *st = &s->workload->stream[stream];
	struct sim_stream_state *state = &s->stream[stream];

	s->outcome->stream[stream].released++;
	if ((st->kind == SIM_PERIODIC && state->unfinished >= st->backlog) ||
	    state->pending == SIM_PENDING || !has_room(s, stream)) {
		skip_frame(s, stream, nominal);
		return;
	}
	state->unfinished++;
	if (s->policy->released)
		s->policy->released(s, stream);
	if (!has_gaps(st)) {
		push_job(s, stream, 0, nominal);
		return;
	}
	state->pending_ns[(state->pending_head + state->pending) % SIM_PENDING] = nominal;
	state->pending++;
	begin_pending(s, stream);
}

static uint64_t draw_jitter(struct sim *s, uint32_t stream)
{
	const struct sim_stream *st = &s->workload->stream[stream];
	struct sim_stream_state *state = &s->stream[stream];

	if (!st->jitter_ns)
		return 0;
	switch (st->jitter_mode) {
	case SIM_JITTER_FIRST:
		return state->index ? 0 : st->jitter_ns;
	case SIM_JITTER_ALTERNATE:
		return state->index % 2 ? 0 : st->jitter_ns;
	case SIM_JITTER_RANDOM:
		break;
	}
	return sim_random_between(&state->random, 0, st->jitter_ns);
}

/*
 * Set the timer for a release: the mediator learns of it a jitter and the latency after `nominal`.
 */
static void arm_release(struct sim *s, uint32_t stream, uint64_t nominal)
{
	const struct sim_stream *st = &s->workload->stream[stream];
	struct sim_stream_state *state = &s->stream[stream];
	uint64_t ready = nominal + draw_jitter(s, stream) + s->workload->latency_ns;

	state->nominal_ns = nominal;
	if (ready > state->ready_ns)
		state->ready_ns = ready;
	timers_set(&s->timers, state->timer, nominal < st->stop_ns ? state->ready_ns : SIM_NEVER);
}

static void release_timer(struct sim *s, uint32_t stream)
{
	const struct sim_stream *st = &s->workload->stream[stream];
	struct sim_stream_state *state = &s->stream[stream];
	uint64_t nominal = state->nominal_ns;

	state->index++;
	if (st->kind == SIM_PERIODIC || st->kind == SIM_BURSTY)
		arm_release(s, stream,
			    nominal + st->period_ns +
				    sim_random_between(&state->random, 0, st->sporadic_ns));
	else
		timers_set(&s->timers, state->timer, SIM_NEVER);
	for (uint32_t i = 0; i < st->burst; i++)
		release_frame(s, stream, nominal);
}

/* Begin the next frame of a stream that waits for the end of a frame. */
static void feed_back(struct sim *s, uint32_t stream)
{
	const struct sim_stream *st = &s->workload->stream[stream];
	struct sim_stream_state *state = &s->stream[stream];

	if (st->kind == SIM_SATURATING && s->now < st->stop_ns)
		release_frame(s, stream, s->now);
	else if (st->kind == SIM_LOOP && !state->unfinished)
		arm_release(s, stream, s->now + st->wait_ns);
}

static void gap_timer(struct sim *s, uint32_t stream)
{
	struct sim_stream_state *state = &s->stream[stream];

	timers_set(&s->timers, state->timer + 1, SIM_NEVER);
	state->segment++;
	push_job(s, stream, state->segment, state->first_nominal_ns);
}

/* --- The GPU ------------------------------------------------------------------------------- */

static void start_job(struct sim *s)
{
	s->job_start = s->now;
	s->job_end = s->now + s->workload->switch_ns + s->ring[s->ring_head].length_ns;
}

static void commit_job(struct sim *s, uint32_t guest)
{
	struct sim_guest_state *g = &s->guest[guest];

	s->ring[(s->ring_head + s->ring_count) % SIM_RING] = g->job[g->head];
	g->waiting--;
	/* An empty queue starts over at 0: that touches fewer cache lines. */
	g->head = g->waiting ? (g->head + 1) % SIM_QUEUE : 0;
	g->committed++;
	s->waiting--;
	if (!s->ring_count++)
		start_job(s);
	if (s->policy->committed)
		s->policy->committed(s, guest);
}

static void count_job(struct sim *s, const struct sim_job *job)
{
	uint32_t guest = sim_job_guest(s, job);
	struct sim_guest_outcome *g = &s->outcome->guest[guest];
	uint64_t busy = s->now - s->job_start;
	uint64_t declared = s->workload->guest[guest].max_job_ns;

	g->busy_ns += busy;
	g->jobs++;
	g->killed += job->killed;
	g->overruns += declared && job->length_ns > declared;
	s->outcome->stream[job->stream].busy_ns += busy;
	s->outcome->busy_ns += busy;
	s->outcome->jobs++;
}

static void end_job(struct sim *s)
{
	const struct sim_job job = s->ring[s->ring_head];
	const struct sim_stream *st = &s->workload->stream[job.stream];
	struct sim_stream_state *state = &s->stream[job.stream];

	count_job(s, &job);
	if (s->observer && s->observer->job)
		s->observer->job(s->observer->arg, s, &job, s->job_start, s->now);
	s->guest[st->guest].committed--;
	s->ring_head = (s->ring_head + 1) % SIM_RING;
	if (--s->ring_count)
		start_job(s);
	if (s->policy->finished)
		s->policy->finished(s, st->guest);

	if (has_gaps(st) && !job.killed && state->segment + 1 < st->num_segments) {
		timers_set(&s->timers, state->timer + 1,
			   s->now + st->gap_ns[state->segment] + s->workload->latency_ns);
		return;
	}
	frame_ends(s, job.stream, job.nominal_ns, job.killed);
	state->in_progress = 0;
	feed_back(s, job.stream);
	if (has_gaps(st))
		begin_pending(s, job.stream);
}

static void dispatch(struct sim *s)
{
	while (s->waiting && s->ring_count < SIM_RING) {
		uint32_t guest = s->policy->pick(s);

		if (guest == SIM_NOBODY)
			break;
		commit_job(s, guest);
	}
	if (s->policy->wakeup) {
		s->wake = s->policy->wakeup(s);
		/* A policy that asks to be woken now would stop time. */
		if (s->wake <= s->now)
			s->wake = s->now + 1;
	}
}

static uint64_t next_event(const struct sim *s)
{
	uint64_t next = s->timers.at[timers_first(&s->timers)];

	if (s->wake < next)
		next = s->wake;
	if (s->ring_count && s->job_end < next)
		next = s->job_end;
	return next;
}

static void advance(struct sim *s, uint64_t to)
{
	if (s->waiting && !s->ring_count)
		s->outcome->held_back_ns += to - s->now;
	s->now = to;
}

void sim_run(struct sim *s, uint64_t until)
{
	uint64_t next;

	while ((next = next_event(s)) < until) {
		uint32_t timer;

		advance(s, next);
		while (s->ring_count && s->job_end == next)
			end_job(s);
		while (s->timers.at[timer = timers_first(&s->timers)] == next) {
			uint32_t stream = s->timer_stream[timer];

			if (timer == s->stream[stream].timer)
				release_timer(s, stream);
			else
				gap_timer(s, stream);
		}
		if (s->wake <= next && s->policy->woken)
			s->policy->woken(s);
		dispatch(s);
	}
	advance(s, until);
}

/* --- Begin and end ------------------------------------------------------------------------- */

static void start_stream(struct sim *s, uint32_t stream)
{
	struct sim_stream_state *state = &s->stream[stream];

	/* Streams begin far apart in the generator's sequence, whatever the seed. */
	state->random.state = s->workload->seed * UINT64_C(0xd1342543de82ef95) + stream;
	state->random.state = sim_random_next(&state->random);
	s->guest[s->workload->stream[stream].guest].streams++;
	arm_release(s, stream, s->workload->stream[stream].start_ns);
}

void sim_start(struct sim *s, const struct sim_workload *w, const struct sim_policy *policy,
	       struct sim_outcome *outcome, const struct sim_observer *observer)
{
	uint32_t timers = 0;

	memset(s, 0, offsetof(struct sim, policy_state));
	s->workload = w;
	s->policy = policy;
	s->outcome = outcome;
	s->observer = observer;
	s->wake = SIM_NEVER;
	for (uint32_t i = 0; i < w->num_streams; i++) {
		s->stream[i].timer = timers;
		s->timer_stream[timers++] = (uint16_t)i;
		if (has_gaps(&w->stream[i]))
			s->timer_stream[timers++] = (uint16_t)i;
	}
	timers_init(&s->timers, timers);
	for (uint32_t i = 0; i < w->num_streams; i++)
		start_stream(s, i);
	policy->init(s);
	if (policy->wakeup)
		s->wake = policy->wakeup(s);
}

static void count_unfinished(struct sim *s, uint32_t stream, uint64_t nominal)
{
	uint64_t deadline = s->workload->stream[stream].deadline_ns;

	if (deadline && s->now - nominal > deadline)
		s->outcome->stream[stream].missed++;
}

void sim_finish(struct sim *s)
{
	for (uint32_t i = 0; i < s->ring_count; i++) {
		const struct sim_job *job = &s->ring[(s->ring_head + i) % SIM_RING];

		count_unfinished(s, job->stream, job->nominal_ns);
	}
	for (uint32_t i = 0; i < s->workload->num_guests; i++) {
		const struct sim_guest_state *g = &s->guest[i];

		for (uint32_t j = 0; j < g->waiting; j++) {
			const struct sim_job *job = &g->job[(g->head + j) % SIM_QUEUE];

			count_unfinished(s, job->stream, job->nominal_ns);
		}
	}
	for (uint32_t i = 0; i < s->workload->num_streams; i++) {
		const struct sim_stream_state *state = &s->stream[i];

		for (uint32_t j = 0; j < state->pending; j++)
			count_unfinished(
				s, i, state->pending_ns[(state->pending_head + j) % SIM_PENDING]);
		if (has_gaps(&s->workload->stream[i]) &&
		    s->timers.at[state->timer + 1] != SIM_NEVER)
			count_unfinished(s, i, state->first_nominal_ns);
	}
	/* The job on the GPU has used it until now. */
	if (s->ring_count)
		s->outcome->busy_ns += s->now - s->job_start;
	s->outcome->time_ns += s->now;
	s->outcome->runs++;
}

void sim_run_all(struct sim *s, const struct sim_workload *w, struct sim_workload *scratch,
		 const struct sim_policy *policy, struct sim_outcome *outcome,
		 const struct sim_observer *observer)
{
	uint64_t runs = sim_workload_runs(w);

	*scratch = *w;
	for (uint64_t i = 0; i < runs; i++) {
		outcome->run = i;
		sim_workload_at(w, i, scratch);
		sim_start(s, scratch, policy, outcome, observer);
		sim_run(s, w->duration_ns);
		sim_finish(s);
	}
}

uint64_t sim_first_deadline(const struct sim *s, uint32_t guest)
{
	const struct sim_job *job = sim_first_job(s, guest);
	uint64_t deadline = s->workload->stream[job->stream].deadline_ns;

	return s->guest[guest].waiting && deadline ? job->nominal_ns + deadline : SIM_NEVER;
}
