/* SPDX-License-Identifier: MIT */
#include "tests/unit/mediator/sim/sim_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mediator/sim/input/parse.h"

static struct sim_workload workload, scratch;
static struct sim_outcome outcome;
static struct sim simulation;

struct sim_workload *sim_case(const char *text)
{
	struct sim_error err;

	if (sim_parse(text, strlen(text), &workload, &err))
		fail_msg("line %u: %s: %s", err.line, err.field, err.message);
	return &workload;
}

const struct sim_outcome *sim_case_run(const struct sim_workload *w, const char *policy,
				       const struct sim_observer *observer)
{
	const struct sim_policy *found = sim_policy_find(policy);

	assert_non_null(found);
	memset(&outcome, 0, sizeof(outcome));
	sim_run_all(&simulation, w, &scratch, found, &outcome, observer);
	return &outcome;
}

struct sim_workload *sim_case_hogs(uint32_t guests, uint32_t queued)
{
	static char text[16384];
	size_t n;

	n = (size_t)snprintf(text, sizeof(text),
			     "duration 900s\nguest cluster priority=0 max-job=4ms\n"
			     "stream cluster periodic period=520ms sporadic=130ms job=4ms "
			     "start=500ms\n");
	for (uint32_t i = 1; i < guests; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "guest hog%u priority=1 max-job=2ms\n"
				      "stream hog%u saturating job=2ms queued=%u\n",
				      i, i, queued);
	return sim_case(text);
}
