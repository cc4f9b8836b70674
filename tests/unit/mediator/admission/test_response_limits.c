/* SPDX-License-Identifier: MIT */
/* Limits of the analysis: it must give up soon, and then report that there is no bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mediator/admission/response.h"
#include "mediator/sched/sched.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

static struct response out[RESPONSE_MAX_STREAMS];

static struct response_stream stream(uint32_t priority, uint64_t cost, uint64_t period)
{
	return (struct response_stream){.priority = priority,
					.client = priority,
					.cost_ns = cost,
					.segments = 1,
					.period_ns = period,
					.deadline_ns = period};
}

/* The whole GPU is used in the smallest steps: the sum would creep towards the horizon. */
static void slowly_growing_demand_is_unbounded(void **state)
{
	struct response_stream in[2] = {stream(1, 1 * US, 1 * US), stream(2, 1 * US, 1000 * MS)};

	(void)state;
	response_analyse(in, 2, 0, out);
	assert_int_equal(out[1].response_ns, RESPONSE_UNBOUNDED);
	assert_false(out[1].tolerates);
}

/* Bounded, but only after more frames than the analysis examines. */
static void a_busy_period_of_too_many_frames_is_unbounded(void **state)
{
	struct response_stream in[2] = {stream(1, 999999, 1 * MS), stream(2, 900 * MS, 9000 * MS)};

	(void)state;
	in[0].deadline_ns = 1000 * MS;
	response_analyse(in, 2, 0, out);
	assert_int_equal(out[0].response_ns, RESPONSE_UNBOUNDED);
	/* Without blocking no frame is worse than the first. */
	response_analyse(in, 1, 0, out);
	assert_int_equal(out[0].response_ns, 999999);
}

static void two_displays_of_one_client_share_its_budget(void **state)
{
	struct response_stream in[3] = {stream(1, 1 * MS, 20 * MS), stream(1, 1 * MS, 20 * MS),
					stream(2, 2 * MS, 40 * MS)};

	(void)state;
	for (int i = 0; i < 2; i++) {
		in[i].client = 7;
		in[i].budget_ns = 2 * MS;
		in[i].budget_period_ns = 20 * MS;
	}
	response_analyse(in, 3, 0, out);
	/* As one client: a budget at the end of a period, one at the next start, one overrun. */
	assert_int_equal(out[2].rogue_ns, 2 * 2 * MS + 1 * MS + 2 * MS);
	/* A client's own other display does not count as rogue. */
	assert_int_equal(out[0].rogue_ns, out[0].response_ns);
}

static void compositions_are_trusted_to_keep_their_period(void **state)
{
	struct response_stream in[2] = {stream(SCHED_PRIORITY_COMPOSITOR, 1 * MS, 20 * MS),
					stream(SCHED_PRIORITY_COMPOSITOR + 1, 2 * MS, 40 * MS)};

	(void)state;
	response_analyse(in, 2, 0, out);
	assert_int_equal(out[1].rogue_ns, out[1].response_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slowly_growing_demand_is_unbounded),
		cmocka_unit_test(a_busy_period_of_too_many_frames_is_unbounded),
		cmocka_unit_test(two_displays_of_one_client_share_its_budget),
		cmocka_unit_test(compositions_are_trusted_to_keep_their_period),
	};

	return cmocka_run_group_tests_name("response limits", tests, NULL, NULL);
}
