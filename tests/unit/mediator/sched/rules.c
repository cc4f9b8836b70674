/* SPDX-License-Identifier: MIT */
#include "tests/unit/mediator/sched/rules.h"

struct sched rules_sched;
uint64_t rules_wake;
const struct sched_params rules_cluster = {.priority = 1,
					   .job_ns = 4 * MS,
					   .frame_period_ns = 16 * MS,
					   .deadline_ns = 14 * MS,
					   .jitter_ns = 1 * MS,
					   .gate = 1};

struct sched_client *rules_add(const struct sched_params *params)
{
	struct sched_client *c = sched_add(&rules_sched, params->priority, NULL);

	assert_non_null(c);
	sched_set_params(&rules_sched, c, params, T0);
	return c;
}

void rules_ready(struct sched_client *c, uint64_t now)
{
	const struct sched_job job = {.id = c->last_id + 1};

	assert_int_equal(sched_ready(&rules_sched, c, &job, now), SCHED_OK);
}

struct sched_client *rules_pick(uint64_t now)
{
	return sched_pick(&rules_sched, now, &rules_wake);
}

void rules_done(struct sched_client *c, uint64_t now)
{
	assert_int_equal(sched_done(&rules_sched, c, c->job.id, now), SCHED_OK);
}

void rules_use(struct sched_client *c, uint64_t from, uint64_t to)
{
	rules_ready(c, from);
	assert_ptr_equal(rules_pick(from), c);
	rules_done(c, to);
}

struct sched_client *rules_first_frame(void)
{
	struct sched_client *c;

	sched_init(&rules_sched, &sched_fixed_priority);
	c = rules_add(&rules_cluster);
	assert_int_equal(c->params.slack_ns, 9 * MS);
	sched_release(&rules_sched, c, T0);
	rules_use(c, T0, T0 + 4 * MS);
	sched_complete(&rules_sched, c, T0 + 4 * MS);
	return c;
}
