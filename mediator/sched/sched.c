/* SPDX-License-Identifier: MIT */
#include "mediator/sched/sched.h"

#include <stddef.h>
#include <string.h>

#include "mediator/sched/internal.h"

static void count_job(struct sched_stats *stats, uint64_t busy)
{
	stats->jobs++;
	stats->busy_ns += busy;
	if (busy > stats->longest_ns)
		stats->longest_ns = busy;
}

static void count_wait(struct sched_stats *stats, uint64_t waited)
{
	stats->waited_ns += waited;
	if (waited > stats->longest_wait_ns)
		stats->longest_wait_ns = waited;
}

static void count_overrun(struct sched *s, struct sched_client *c)
{
	if (c->overran)
		return;
	c->overran = 1;
	c->stats.overruns++;
	s->total.overruns++;
}

static void make_eligible(struct sched *s, struct sched_client *c)
{
	sched_bit_set(s->eligible, c->index);
	if (s->policy->insert)
		s->policy->insert(s, c);
}

static void make_ineligible(struct sched *s, struct sched_client *c)
{
	if (!sched_bit_test(s->eligible, c->index))
		return;
	sched_bit_clear(s->eligible, c->index);
	if (s->policy->remove)
		s->policy->remove(s, c);
}

static void throttle(struct sched *s, struct sched_client *c)
{
	uint64_t back = sched_budget_back(c);

	c->throttled = 1;
	sched_bit_set(s->throttled, c->index);
	if (back < s->next_refill_ns)
		s->next_refill_ns = back;
}

/* Make the client eligible, or throttle it until its next budget. */
static void admit(struct sched *s, struct sched_client *c, uint64_t now)
{
	sched_budget_pass(c, now);
	if (sched_budget_allows(c)) {
		make_eligible(s, c);
		return;
	}
	c->stats.throttled++;
	s->total.throttled++;
	throttle(s, c);
}

static void end_throttling(struct sched *s, struct sched_client *c)
{
	c->throttled = 0;
	sched_bit_clear(s->throttled, c->index);
}

/* Throttled clients whose next budget has come become eligible: each at most once in a period. */
static void refill_budgets(struct sched *s, uint64_t now)
{
	if (now < s->next_refill_ns)
		return;
	s->next_refill_ns = SCHED_NEVER;
	for (uint32_t i = sched_bit_next(s->throttled, 0); i < SCHED_MAX_CLIENTS;
	     i = sched_bit_next(s->throttled, i + 1)) {
		struct sched_client *c = &s->client[i];

		sched_budget_pass(c, now);
		if (sched_budget_allows(c)) {
			end_throttling(s, c);
			make_eligible(s, c);
		} else {
			throttle(s, c);
		}
	}
}

static void release_gpu(struct sched *s, uint64_t now)
{
	struct sched_client *c = s->holder;
	uint64_t busy = sched_elapsed(c->started_ns, now);

	sched_budget_pass(c, now);
	if (c->params.job_ns && busy > c->params.job_ns)
		count_overrun(s, c);
	count_job(&c->stats, busy);
	count_job(&s->total, busy);
	c->frame_jobs++;
	c->running = 0;
	s->holder = NULL;
	if (s->policy->charge)
		s->policy->charge(s, c, busy);
	if (c->waiting)
		admit(s, c, now);
}

const char *sched_strstatus(int status)
{
	switch (status) {
	case SCHED_OK:
		return "no error";
	case SCHED_ERR_WAITING:
		return "a second job was announced while one is waiting";
	case SCHED_ERR_ID:
		return "the job's id is not the expected one";
	case SCHED_ERR_IDLE:
		return "a job ended that was not running";
	default:
		return "unknown status";
	}
}

void sched_init(struct sched *s, const struct sched_policy *policy)
{
	memset(s, 0, sizeof(*s));
	s->policy = policy;
	s->next_refill_ns = SCHED_NEVER;
	s->first = SCHED_NOBODY;
	s->last = SCHED_NOBODY;
}

void sched_set_costs(struct sched *s, const struct sched_costs *costs)
{
	s->costs = *costs;
}

uint64_t sched_enforced_cost(const struct sched_costs *costs, const struct sched_params *p)
{
	uint64_t longest = p->job_ns, killed;

	if (p->kill_ns) {
		killed = p->kill_ns + costs->watchdog_ns + costs->reset_ns;
		if (killed > longest)
			longest = killed;
	}
	return longest ? longest + costs->switch_ns : 0;
}

struct sched_client *sched_add(struct sched *s, uint32_t priority, void *owner)
{
	for (uint32_t i = 0; i < SCHED_MAX_CLIENTS; i++) {
		struct sched_client *c = &s->client[i];

		if (c->used)
			continue;
		memset(c, 0, sizeof(*c));
		c->used = 1;
		c->index = (uint8_t)i;
		c->priority = priority;
		c->params.priority = priority;
		c->params.weight = 1;
		c->owner = owner;
		if (s->policy->join)
			s->policy->join(s, c);
		return c;
	}
	return NULL;
}

void sched_set_params(struct sched *s, struct sched_client *c, const struct sched_params *params,
		      uint64_t now)
{
	struct sched_params *p = &c->params;
	uint64_t needed;

	if (s->policy->leave)
		s->policy->leave(s, c);
	sched_gate_forget(s, c);
	*p = *params;
	if (!p->weight)
		p->weight = 1;
	if (!p->deadline_ns)
		p->deadline_ns = p->frame_period_ns;
	c->priority = p->priority;
	c->cost_ns = sched_enforced_cost(&s->costs, p);
	needed = p->jitter_ns + c->cost_ns + s->costs.latency_ns;
	if (!p->slack_ns && p->deadline_ns > needed)
		p->slack_ns = p->deadline_ns - needed;
	c->budget_left_ns = (int64_t)p->budget_ns;
	c->budget_at_ns = now;
	c->refill_ns = now + p->budget_period_ns;
	sched_gate_enter(s, c);
	if (s->policy->join)
		s->policy->join(s, c);
}

void sched_remove(struct sched *s, struct sched_client *c, uint64_t now)
{
	if (!c)
		return;
	make_ineligible(s, c);
	end_throttling(s, c);
	c->waiting = 0;
	if (s->holder == c)
		release_gpu(s, now);
	sched_gate_forget(s, c);
	if (s->policy->leave)
		s->policy->leave(s, c);
	memset(c, 0, sizeof(*c));
}

int sched_ready(struct sched *s, struct sched_client *c, const struct sched_job *job, uint64_t now)
{
	if (c->waiting)
		return SCHED_ERR_WAITING;
	if (job->id <= c->last_id)
		return SCHED_ERR_ID;
	c->last_id = job->id;
	c->next = *job;
	c->waiting = 1;
	c->ready_ns = now;
	c->order = s->arrivals++;
	if (!c->running)
		admit(s, c, now);
	return SCHED_OK;
}

static void start(struct sched *s, struct sched_client *c, uint64_t now)
{
	uint64_t waited = sched_elapsed(c->ready_ns, now);

	make_ineligible(s, c);
	sched_budget_pass(c, now);
	count_wait(&c->stats, waited);
	count_wait(&s->total, waited);
	c->job = c->next;
	c->waiting = 0;
	c->running = 1;
	c->overran = 0;
	c->started_ns = now;
	/* The budget's clock does not go back, either. */
	if (c->budget_at_ns < now)
		c->budget_at_ns = now;
	s->holder = c;
}

struct sched_client *sched_pick(struct sched *s, uint64_t now, uint64_t *wake)
{
	struct sched_client *c;
	uint64_t later = SCHED_NEVER;

	if (wake)
		*wake = SCHED_NEVER;
	if (s->holder)
		return NULL;
	refill_budgets(s, now);
	c = s->policy->pick(s, now, &later);
	if (c) {
		start(s, c, now);
		return c;
	}
	if (later != SCHED_NEVER)
		s->total.gated++;
	if (wake)
		*wake = later < s->next_refill_ns ? later : s->next_refill_ns;
	return NULL;
}

int sched_overrun(struct sched *s, uint64_t now, uint64_t *wake)
{
	struct sched_client *c = s->holder;
	uint64_t late = SCHED_NEVER, kill = SCHED_NEVER, unused;
	int run = SCHED_RUN_GOOD;

	if (!wake)
		wake = &unused;
	*wake = SCHED_NEVER;
	if (!c)
		return SCHED_RUN_GOOD;
	if (c->params.job_ns)
		late = c->started_ns + c->params.job_ns + 1;
	if (c->params.kill_ns)
		kill = c->started_ns + c->params.kill_ns;
	if (now >= late) {
		count_overrun(s, c);
		late = SCHED_NEVER;
		run = SCHED_RUN_LATE;
	}
	if (now >= kill)
		return SCHED_RUN_KILL;
	*wake = late < kill ? late : kill;
	return run;
}

int sched_done(struct sched *s, struct sched_client *c, uint64_t id, uint64_t now)
{
	if (s->holder != c)
		return SCHED_ERR_IDLE;
	if (c->job.id != id)
		return SCHED_ERR_ID;
	release_gpu(s, now);
	return SCHED_OK;
}

uint64_t sched_busy_ns(const struct sched *s, uint64_t now)
{
	uint64_t running = s->holder ? sched_elapsed(s->holder->started_ns, now) : 0;

	return s->total.busy_ns + running;
}
