/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mediator/present/present.h"

#define MS   UINT64_C(1000000)
#define TICK UINT64_C(16666666) /* 60 Hz */
#define BASE (1000 * MS)

static struct present_panel panel;
static struct present_shown shown;

static uint64_t submit(uint32_t display, uint64_t seq, uint32_t buffer)
{
	const struct present_frame frame = {.seq = seq, .buffer_id = buffer, .width = 64};
	uint64_t superseded;

	assert_int_equal(present_submit(&panel, display, &frame, &superseded), PRESENT_OK);
	return superseded;
}

/* Set up a panel of 60 Hz whose first picture, a black one, is on the screen at tick 0. */
static void setup_panel(uint32_t displays, uint32_t period_us)
{
	present_init(&panel, 60, 0);
	for (uint32_t i = 0; i < displays; i++)
		assert_int_equal(present_add(&panel, period_us), i);
	assert_int_equal(present_begin(&panel, BASE), (1u << displays) - 1);
	present_end(&panel, BASE + MS, &shown);
}

static uint64_t at(uint64_t tick)
{
	return BASE + tick * TICK;
}

/* One tick, whose picture is on the screen 1 ms later. Returns the displays that were drawn. */
static uint32_t tick(uint64_t number)
{
	uint32_t drawn = present_begin(&panel, at(number));

	present_end(&panel, at(number) + MS, &shown);
	return drawn;
}

static struct present_stats stats_of(uint32_t display, uint64_t now)
{
	struct present_stats stats;

	present_stats(&panel, display, now, &stats);
	return stats;
}

static void the_first_picture_is_black_and_draws_every_display(void **state)
{
	(void)state;
	present_init(&panel, 60, 0);
	present_add(&panel, 33333);
	present_add(&panel, 33333);
	assert_null(present_current(&panel, 0));
	assert_int_equal(present_begin(&panel, BASE), 3);
	present_end(&panel, BASE, &shown);
	assert_int_equal(shown.seq[0], 0);
	assert_int_equal(present_begin(&panel, BASE + TICK), 0);
}

static void pictures_begin_a_period_apart_with_all_frames_since(void **state)
{
	(void)state;
	present_init(&panel, 60, 3 * TICK);
	present_add(&panel, 50000);
	present_add(&panel, 50000);
	assert_int_equal(tick(0), 3);
	submit(0, 1, 10);
	assert_int_equal(tick(1), 0);
	submit(1, 1, 20);
	assert_int_equal(tick(2), 0);
	assert_int_equal(tick(3), 3);
	assert_int_equal(shown.seq[0], 1);
	assert_int_equal(shown.seq[1], 1);
	/* After a pause the next picture begins at once. */
	assert_int_equal(tick(7), 0);
	submit(0, 2, 10);
	assert_int_equal(tick(8), 1);
	submit(1, 2, 20);
	assert_int_equal(tick(10), 0);
	assert_int_equal(tick(11), 2);
}

static void a_frame_is_answered_when_it_is_on_the_screen_and_not_before(void **state)
{
	(void)state;
	setup_panel(2, 16667);
	assert_int_equal(submit(1, 7, 70), 0);
	assert_null(present_current(&panel, 1));
	assert_int_equal(present_begin(&panel, at(1)), 2);
	assert_int_equal(present_current(&panel, 1)->seq, 7);
	assert_int_equal(stats_of(1, at(1)).frames, 0);
	present_end(&panel, at(1) + MS, &shown);
	assert_int_equal(shown.seq[0], 0);
	assert_int_equal(shown.seq[1], 7);
	assert_int_equal(stats_of(1, at(1)).frames, 1);
	present_end(&panel, at(1) + MS, &shown);
	assert_int_equal(shown.seq[1], 0);
}

static void a_superseded_frame_is_answered_at_once(void **state)
{
	(void)state;
	setup_panel(1, 16667);
	assert_int_equal(submit(0, 1, 10), 0);
	assert_int_equal(submit(0, 2, 11), 1);
	assert_int_equal(submit(0, 5, 12), 2);
	tick(1);
	assert_int_equal(shown.seq[0], 5);
	assert_int_equal(stats_of(0, at(1)).superseded, 2);
	assert_int_equal(stats_of(0, at(1)).frames, 1);
}

static void a_latched_frame_is_not_superseded(void **state)
{
	(void)state;
	setup_panel(1, 16667);
	submit(0, 1, 10);
	assert_int_equal(present_begin(&panel, at(1)), 1);
	assert_int_equal(submit(0, 2, 11), 0);
	present_end(&panel, at(1) + MS, &shown);
	assert_int_equal(shown.seq[0], 1);
	tick(2);
	assert_int_equal(shown.seq[0], 2);
}

static void a_sequence_number_that_does_not_increase_is_refused(void **state)
{
	const struct present_frame again = {.seq = 3, .buffer_id = 1}, zero = {.seq = 0};
	uint64_t superseded = 9;

	(void)state;
	setup_panel(1, 16667);
	assert_int_equal(present_submit(&panel, 0, &zero, &superseded), PRESENT_ERR_SEQ);
	submit(0, 3, 10);
	assert_int_equal(present_submit(&panel, 0, &again, &superseded), PRESENT_ERR_SEQ);
	assert_int_equal(superseded, 0);
	tick(1);
	assert_int_equal(shown.seq[0], 3);
}

/* Frames shown in 1200 ticks of 60 Hz if the guest always has a frame ready. */
static const struct pace_case {
	uint32_t period_us;
	uint64_t expected;
} pace_cases[] =
	{
		{16666, 1200}, {16667, 1200}, {33333, 600},  {33334, 600},
		{33600, 600},  {50000, 400},  {20000, 1000}, {1000000, 20},
		{10000, 1200}, {5000, 1200}, /* at most one frame in each tick */
};

static void a_display_latches_at_most_one_frame_in_each_of_its_periods(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pace_cases) / sizeof(pace_cases[0]); i++) {
		uint64_t seq = 1, frames = 0;

		setup_panel(1, pace_cases[i].period_us);
		submit(0, seq, 1);
		/* The period of tick 0 has latched no frame yet, as the first picture was black. */
		for (uint64_t t = 0; t < 1200; t++) {
			tick(t);
			if (!shown.seq[0])
				continue;
			frames++;
			submit(0, ++seq, 1);
		}
		assert_int_equal(frames, pace_cases[i].expected);
		assert_int_equal(stats_of(0, at(1200)).missed, 0);
	}
}

static void displays_of_one_period_are_drawn_in_the_same_tick(void **state)
{
	(void)state;
	setup_panel(3, 33333);
	submit(0, 1, 10);
	submit(1, 1, 11);
	submit(2, 1, 12);
	assert_int_equal(tick(2), 7);
	submit(0, 2, 10);
	submit(2, 2, 12);
	assert_int_equal(tick(3), 0);
	assert_int_equal(tick(4), 5);
}

static void a_late_frame_is_shown_at_the_next_tick_of_its_period(void **state)
{
	(void)state;
	setup_panel(1, 33333);
	submit(0, 1, 10);
	tick(2);
	assert_int_equal(tick(4), 0);
	submit(0, 2, 11);
	assert_int_equal(tick(5), 1);
	tick(6);
	assert_int_equal(stats_of(0, at(6)).missed, 0);
}

static void periods_without_a_frame_are_missed_while_the_display_is_active(void **state)
{
	(void)state;
	setup_panel(1, 33333);
	for (uint64_t t = 1; t < 20; t++)
		tick(t);
	assert_int_equal(stats_of(0, at(20)).missed, 0);
	submit(0, 1, 10);
	tick(20);
	tick(22); /* no frame yet: the period is missed once it ends */
	tick(24);
	submit(0, 2, 11);
	tick(24);
	assert_int_equal(stats_of(0, at(24)).missed, 1);
	tick(34); /* without ticks 26 to 32: four periods */
	assert_int_equal(stats_of(0, at(34)).missed, 5);
	present_off(&panel, 0, at(34));
	tick(60);
	assert_int_equal(stats_of(0, at(60)).missed, 5);
}

static void late_wake_ups_do_not_shift_the_periods(void **state)
{
	static const uint64_t late[] = {0, 6 * MS, 1 * MS, 7 * MS, 0, 3 * MS, 5 * MS};
	uint64_t seq = 1, frames = 0;

	(void)state;
	setup_panel(1, 33333);
	submit(0, seq, 1);
	for (uint64_t t = 0; t < 700; t++) {
		uint64_t now = at(t) + late[t % 7];

		present_begin(&panel, now);
		present_end(&panel, now, &shown);
		if (shown.seq[0]) {
			frames++;
			submit(0, ++seq, 1);
		}
	}
	assert_int_equal(frames, 350);
	assert_int_equal(stats_of(0, at(700)).missed, 0);
}

static void ticks_at_odd_distances_count_by_time(void **state)
{
	uint64_t now = BASE;

	(void)state;
	setup_panel(1, 33333);
	submit(0, 1, 10);
	for (; now < BASE + 1000 * TICK; now += TICK * 7 / 5) {
		present_begin(&panel, now);
		present_end(&panel, now, &shown);
	}
	assert_in_range(stats_of(0, now).missed, 498, 500);
}

/* A deviation of 0.1 % is far more than that of a real clock, and adds up to many ticks here. */
static void a_panel_that_runs_off_its_nominal_rate_is_followed(void **state)
{
	static const uint64_t real_tick[] = {TICK - TICK / 1000, TICK + TICK / 1000};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint64_t now = BASE, seq = 1, frames = 0;

		setup_panel(1, 33333);
		submit(0, seq, 1);
		for (uint64_t t = 0; t < 20000; t++, now += real_tick[i]) {
			present_begin(&panel, now);
			present_end(&panel, now, &shown);
			assert_int_equal(shown.seq[0] != 0, t % 2 == 0);
			if (shown.seq[0]) {
				frames++;
				submit(0, ++seq, 1);
			}
		}
		assert_int_equal(frames, 10000);
		assert_int_equal(stats_of(0, now).missed, 0);
	}
}

static void ticks_while_a_picture_is_being_made_latch_nothing(void **state)
{
	(void)state;
	setup_panel(2, 16667);
	submit(0, 1, 10);
	assert_int_equal(present_begin(&panel, at(1)), 1);
	submit(1, 1, 11);
	assert_int_equal(present_begin(&panel, at(2)), 0);
	assert_int_equal(present_begin(&panel, at(3)), 0);
	present_end(&panel, at(3) + MS, &shown);
	assert_int_equal(shown.seq[0], 1);
	assert_int_equal(shown.seq[1], 0);
	assert_int_equal(tick(4), 2);
	assert_int_equal(stats_of(0, at(4)).missed, 2);
}

static void turning_a_display_off_blacks_it_and_answers_its_pending_frame(void **state)
{
	(void)state;
	setup_panel(2, 16667);
	submit(0, 1, 10);
	tick(1);
	submit(0, 2, 11);
	assert_int_equal(present_off(&panel, 0, at(1) + MS), 2);
	assert_null(present_current(&panel, 0));
	assert_int_equal(tick(2), 1);
	assert_int_equal(shown.seq[0], 0);
	assert_int_equal(present_off(&panel, 0, at(2)), 0);
	assert_int_equal(tick(3), 0);
	submit(0, 3, 12);
	assert_int_equal(tick(4), 1);
	assert_int_equal(shown.seq[0], 3);
}

static void a_frame_in_the_making_is_answered_although_its_display_went_off(void **state)
{
	(void)state;
	setup_panel(1, 16667);
	submit(0, 1, 10);
	assert_int_equal(present_begin(&panel, at(1)), 1);
	assert_int_equal(present_off(&panel, 0, at(1)), 0);
	present_end(&panel, at(1) + MS, &shown);
	assert_int_equal(shown.seq[0], 1);
	assert_int_equal(tick(2), 1);
	assert_int_equal(shown.seq[0], 0);
}

static void nothing_is_answered_to_a_guest_that_is_gone(void **state)
{
	(void)state;
	setup_panel(1, 16667);
	submit(0, 5, 10);
	assert_int_equal(present_begin(&panel, at(1)), 1);
	submit(0, 6, 11);
	present_gone(&panel, 0, at(1));
	present_end(&panel, at(1) + MS, &shown);
	assert_int_equal(shown.seq[0], 0);
	assert_int_equal(tick(2), 1);
	assert_null(present_current(&panel, 0));
	/* The next guest of that name counts from 1 again. */
	submit(0, 1, 10);
	assert_int_equal(tick(3), 1);
	assert_int_equal(shown.seq[0], 1);
}

static void a_failed_picture_is_drawn_again_whole_and_answered_once(void **state)
{
	(void)state;
	setup_panel(3, 16667);
	submit(1, 1, 10);
	assert_int_equal(present_begin(&panel, at(1)), 2);
	submit(1, 2, 11);
	present_fail(&panel);
	assert_int_equal(present_begin(&panel, at(2)), 7);
	assert_int_equal(present_current(&panel, 1)->seq, 1);
	present_end(&panel, at(2) + MS, &shown);
	assert_int_equal(shown.seq[1], 1);
	assert_int_equal(tick(3), 2);
	assert_int_equal(shown.seq[1], 2);
}

static void a_dropped_picture_is_answered_counted_as_missed_and_drawn_again(void **state)
{
	struct present_stats stats;

	(void)state;
	setup_panel(2, 16667);
	submit(1, 1, 10);
	assert_int_equal(present_begin(&panel, at(1)), 2);
	present_drop(&panel, &shown);
	assert_int_equal(shown.seq[0], 0);
	assert_int_equal(shown.seq[1], 1);
	present_stats(&panel, 1, at(1), &stats);
	assert_int_equal(stats.frames, 0);
	assert_int_equal(stats.missed, 1);
	/* The frame is still the newest one of its display. */
	assert_true(present_uses(&panel, 1, 10));
	assert_int_equal(tick(2), 3);
	assert_int_equal(shown.seq[1], 0);
	present_drop(&panel, &shown);
	assert_int_equal(shown.seq[1], 0);
}

static void damage_draws_a_display_again_without_a_frame(void **state)
{
	(void)state;
	setup_panel(2, 16667);
	submit(1, 1, 10);
	tick(1);
	present_damage(&panel, 1);
	assert_int_equal(present_begin(&panel, at(2)), 2);
	present_damage(&panel, 1); /* while the display is being drawn: it must be drawn again */
	present_end(&panel, at(2), &shown);
	assert_int_equal(shown.seq[1], 0);
	assert_int_equal(tick(3), 2);
	assert_int_equal(tick(4), 0);
	assert_int_equal(stats_of(1, at(4)).frames, 1);
}

static void a_buffer_is_in_use_until_another_picture_is_on_the_screen(void **state)
{
	(void)state;
	setup_panel(1, 16667);
	submit(0, 1, 10);
	assert_true(present_uses(&panel, 0, 10));
	tick(1);
	submit(0, 2, 11);
	assert_int_equal(present_begin(&panel, at(2)), 1);
	assert_true(present_uses(&panel, 0, 10));
	assert_true(present_uses(&panel, 0, 11));
	present_end(&panel, at(2) + MS, &shown);
	assert_false(present_uses(&panel, 0, 10));
	present_gone(&panel, 0, at(2) + MS);
	assert_true(present_uses(&panel, 0, 11));
	tick(3);
	assert_false(present_uses(&panel, 0, 11));
}

static void rates_and_intervals_are_counted(void **state)
{
	struct present_stats stats;

	(void)state;
	setup_panel(1, 33333);
	for (uint64_t t = 0, seq = 1; t < 600; t++) {
		if (t % 2 == 0 && t != 300)
			submit(0, seq++, 1);
		tick(t);
	}
	stats = stats_of(0, at(600));
	assert_int_equal(stats.frames, 299);
	assert_int_equal(stats.missed, 1);
	assert_in_range(stats.p50_us, 33000, 34400);
	assert_in_range(stats.p99_us, 33000, 34400);
	assert_in_range(stats.max_us, 66600, 66700);
	assert_true(stats.fps > 29.8 && stats.fps < 30.1);
	assert_true(stats.recent_fps > 28.9 && stats.recent_fps < 31.1);
	assert_true(stats_of(0, at(700)).recent_fps < 0.5);

	present_stats_reset(&panel, 0, at(600));
	stats = stats_of(0, at(600));
	assert_int_equal(stats.frames, 0);
	assert_int_equal(stats.missed, 0);
	assert_int_equal(stats.max_us, 0);
	assert_true(stats.fps < 0.1);
}

static void time_off_counts_neither_for_the_rate_nor_as_an_interval(void **state)
{
	struct present_stats stats;
	uint64_t seq = 1;

	(void)state;
	setup_panel(1, 16667);
	for (uint64_t t = 1; t <= 120; t++) {
		submit(0, seq++, 1);
		tick(t);
	}
	present_off(&panel, 0, at(121));
	for (uint64_t t = 1000; t < 1120; t++) {
		submit(0, seq++, 1);
		tick(t);
	}
	stats = stats_of(0, at(1120));
	assert_int_equal(stats.frames, 240);
	assert_in_range(stats.max_us, 16000, 17000);
	assert_true(stats.fps > 59.0 && stats.fps < 61.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_picture_is_black_and_draws_every_display),
		cmocka_unit_test(pictures_begin_a_period_apart_with_all_frames_since),
		cmocka_unit_test(a_frame_is_answered_when_it_is_on_the_screen_and_not_before),
		cmocka_unit_test(a_superseded_frame_is_answered_at_once),
		cmocka_unit_test(a_latched_frame_is_not_superseded),
		cmocka_unit_test(a_sequence_number_that_does_not_increase_is_refused),
		cmocka_unit_test(a_display_latches_at_most_one_frame_in_each_of_its_periods),
		cmocka_unit_test(displays_of_one_period_are_drawn_in_the_same_tick),
		cmocka_unit_test(a_late_frame_is_shown_at_the_next_tick_of_its_period),
		cmocka_unit_test(periods_without_a_frame_are_missed_while_the_display_is_active),
		cmocka_unit_test(late_wake_ups_do_not_shift_the_periods),
		cmocka_unit_test(ticks_at_odd_distances_count_by_time),
		cmocka_unit_test(a_panel_that_runs_off_its_nominal_rate_is_followed),
		cmocka_unit_test(ticks_while_a_picture_is_being_made_latch_nothing),
		cmocka_unit_test(turning_a_display_off_blacks_it_and_answers_its_pending_frame),
		cmocka_unit_test(a_frame_in_the_making_is_answered_although_its_display_went_off),
		cmocka_unit_test(nothing_is_answered_to_a_guest_that_is_gone),
		cmocka_unit_test(a_failed_picture_is_drawn_again_whole_and_answered_once),
		cmocka_unit_test(a_dropped_picture_is_answered_counted_as_missed_and_drawn_again),
		cmocka_unit_test(damage_draws_a_display_again_without_a_frame),
		cmocka_unit_test(a_buffer_is_in_use_until_another_picture_is_on_the_screen),
		cmocka_unit_test(rates_and_intervals_are_counted),
		cmocka_unit_test(time_off_counts_neither_for_the_rate_nor_as_an_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
