/* SPDX-License-Identifier: MIT */
/* The rules for the window before a frame, one by one. Times are in ms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "mediator/admission/response.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

static struct response out[4];

static struct response_stream stream(uint32_t priority, uint32_t client, uint64_t cost,
				     uint64_t period)
{
	return (struct response_stream){.priority = priority,
					.client = client,
					.cost_ns = cost * MS,
					.segments = 1,
					.period_ns = period * MS,
					.deadline_ns = period * MS};
}

static struct response_stream with_gaps(uint32_t priority, uint32_t client, uint64_t cost,
					uint32_t segments, uint64_t gap, uint64_t period)
{
	struct response_stream s = stream(priority, client, cost, period);

	s.segments = segments;
	s.gap_ns = gap * MS;
	return s;
}

static void own_jobs_count_as_declared_and_jobs_of_others_as_killed(void **state)
{
	struct response_stream in[3] = {stream(1, 1, 5, 50), stream(2, 2, 4, 50),
					stream(3, 3, 6, 50)};

	(void)state;
	in[0].own_ns = 3 * MS;
	in[1].own_ns = 2 * MS;
	response_analyse(in, 3, 0, out);
	assert_int_equal(out[0].response_ns, (6 + 3) * MS);
	assert_int_equal(out[1].response_ns, (6 + 5 + 2) * MS);
	assert_int_equal(out[0].blocking_ns, 6 * MS);
	assert_int_equal(out[0].tolerance_ns, (50 - 3) * MS);
}

/* The first stream responds within 3 + 1 + 2 + 3 + 1. In a gap, it has at most one segment left. */
static void a_frame_in_a_gap_delays_others_by_its_remaining_segments(void **state)
{
	const struct response_stream in[2] = {with_gaps(1, 1, 1, 2, 2, 12), stream(2, 2, 3, 50)};

	(void)state;
	response_analyse(in, 2, 0, out);
	assert_int_equal(out[0].response_ns, 10 * MS);
	/* A whole frame of the first stream counts; the rest of an earlier frame would be less. */
	assert_int_equal(out[1].response_ns, (2 + 3) * MS);
}

static void remaining_segments_bring_the_next_frame_nearer(void **state)
{
	struct response_stream in[3] = {with_gaps(1, 1, 1, 2, 2, 12), stream(2, 2, 3, 50),
					stream(3, 3, 1, 60)};

	(void)state;
	/* With 1 below: 1 + 1 + 2 + 1 + 1. The frame comes back at most 3 + 2 after its release, */
	in[1].cost_ns = 1 * MS;
	response_analyse(in, 2, 0, out);
	assert_int_equal(out[0].response_ns, 6 * MS);
	/* so the next one comes 8 later: a window of 1 + 8 has both, and 2 less than a frame. */
	in[1] = stream(2, 2, 1, 50);
	in[2].cost_ns = 1 * MS;
	in[1].segments = 7;
	response_analyse(in, 3, 0, out);
	assert_int_equal(out[1].response_ns, (1 + 7 + 1 + 2) * MS);
	/* After a whole frame at the start the next one would come only after 12. */
	in[1].segments = 5;
	response_analyse(in, 3, 0, out);
	assert_int_equal(out[1].response_ns, (1 + 5 + 2) * MS);
}

static void a_running_last_segment_is_not_delayed(void **state)
{
	const struct response_stream in[2] = {stream(1, 1, 2, 10), with_gaps(2, 2, 4, 2, 1, 40)};

	(void)state;
	response_analyse(in, 2, 0, out);
	/* 2 + 4 + 1 = 7 until the last segment starts; a job released while it runs has to wait. */
	assert_int_equal(out[1].response_ns, (2 + 4 + 1 + 4) * MS);
}

static void latency_that_varies_brings_frames_nearer_together(void **state)
{
	struct response_stream in[2] = {stream(1, 1, 4, 10), stream(2, 2, 3, 50)};

	(void)state;
	in[0].jitter_ns = 6 * MS - 2 * US;
	response_analyse(in, 2, 0, out);
	assert_int_equal(out[1].response_ns, (4 + 3) * MS);
	response_analyse(in, 2, 1 * US, out);
	assert_int_equal(out[1].response_ns, (4 + 3) * MS + 1 * US);
	response_analyse(in, 2, 2 * US, out);
	assert_int_equal(out[1].response_ns, (4 + 4 + 3) * MS + 2 * US);
}

/* The gate tolerates 8 - 2: it may hold the job of 7, and the job of 3 goes in its place. */
static void jobs_that_fit_the_gate_do_not_wait_with_held_jobs(void **state)
{
	struct response_stream in[4] = {stream(1, 1, 2, 20), stream(2, 2, 7, 100),
					stream(3, 3, 3, 100), stream(4, 4, 5, 100)};

	(void)state;
	in[0].gate = 1;
	in[0].deadline_ns = 8 * MS;
	response_analyse(in, 4, 0, out);
	assert_int_equal(out[0].tolerance_ns, 6 * MS);
	assert_int_equal(out[0].response_ns, 8 * MS);
	/* Blocked by 5, held for 1, a job of 5 that begins in time, the gated frame, its own. */
	assert_int_equal(out[1].response_ns, (5 + 1 + 5 + 2 + 7) * MS);
	/* Blocked by 5, the gated frame, the held job, its own; counting idle time would add 6. */
	assert_int_equal(out[2].response_ns, (5 + 2 + 7 + 3) * MS);
}

/* A job of 10 may begin 8 before the gated frame; the stream above comes twice until it ends. */
static void a_job_that_passes_the_gate_may_block_streams_above(void **state)
{
	struct response_stream in[3] = {stream(1, 1, 1, 8), stream(2, 2, 2, 40),
					stream(3, 3, 10, 200)};

	(void)state;
	in[1].gate = 1;
	in[1].deadline_ns = 6 * MS;
	response_analyse(in, 3, 0, out);
	assert_int_equal(out[1].tolerance_ns, (6 - 2 - 2 * 1) * MS);
	assert_int_equal(out[1].response_ns, 6 * MS);
	in[2].cost_ns = 3 * MS; /* ends before a second frame above can come */
	response_analyse(in, 3, 0, out);
	assert_int_equal(out[1].response_ns, (3 + 1 + 2) * MS);
}

/* Two streams have one priority, and one of them is late: the other cannot rely on its deadline. */
static void a_stream_that_may_be_late_is_not_assumed_in_time(void **state)
{
	struct response_stream in[3] = {stream(1, 1, 10, 30), with_gaps(2, 2, 5, 2, 5, 60),
					stream(2, 3, 5, 60)};
	uint64_t in_time;

	(void)state;
	response_analyse(in, 3, 0, out);
	in_time = out[2].response_ns;
	assert_true(out[1].response_ns <= 60 * MS);
	in[1].deadline_ns = 20 * MS;
	response_analyse(in, 3, 0, out);
	assert_true(out[1].response_ns > 20 * MS);
	assert_true(out[2].response_ns <= in_time);
	assert_true(out[2].response_ns >= (10 + 10 + 5) * MS);
	in[0].cost_ns = 26 * MS; /* nothing bounds the late stream, nor those after it */
	response_analyse(in, 3, 0, out);
	assert_int_equal(out[1].response_ns, RESPONSE_UNBOUNDED);
	assert_int_equal(out[2].response_ns, RESPONSE_UNBOUNDED);
}

static void frames_of_many_segments_are_bounded_soon(void **state)
{
	struct response_stream in[2] = {with_gaps(1, 1, 1, 200, 1, 900), stream(2, 2, 1, 900)};
	uint64_t whole;

	(void)state;
	response_analyse(in, 2, 0, out);
	/* Its segments, its gaps, and blocking each time. */
	assert_int_equal(out[0].response_ns, (200 + 199 + 200) * MS);
	whole = out[1].response_ns;
	assert_int_equal(whole, (200 + 1) * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_jobs_count_as_declared_and_jobs_of_others_as_killed),
		cmocka_unit_test(a_frame_in_a_gap_delays_others_by_its_remaining_segments),
		cmocka_unit_test(remaining_segments_bring_the_next_frame_nearer),
		cmocka_unit_test(a_running_last_segment_is_not_delayed),
		cmocka_unit_test(latency_that_varies_brings_frames_nearer_together),
		cmocka_unit_test(jobs_that_fit_the_gate_do_not_wait_with_held_jobs),
		cmocka_unit_test(a_job_that_passes_the_gate_may_block_streams_above),
		cmocka_unit_test(a_stream_that_may_be_late_is_not_assumed_in_time),
		cmocka_unit_test(frames_of_many_segments_are_bounded_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
