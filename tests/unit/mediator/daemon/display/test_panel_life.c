/* SPDX-License-Identifier: MIT */
/* The transitions of a panel's pictures, as tables: event and state to state and actions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mediator/daemon/display/panel_life.h"

#define NOW UINT64_C(1000000000000)

static struct panel_life at(enum panel_stage stage, enum panel_safe safe)
{
	return (struct panel_life){.stage = stage,
				   .safe = safe,
				   .due_ns = stage == PANEL_IDLE ? PANEL_NO_TIMEOUT : NOW};
}

static void each_stage_without_a_safe_picture(void **state)
{
	static const struct {
		enum panel_event event;
		struct {
			enum panel_stage stage;
			unsigned int actions;
		} from[PANEL_FLIPPING + 1]; /* IDLE, WAITING, DRAWING, STALE, READY, FLIPPING */
	} rows[] = {
		{PANEL_OUTPUT_FREE,
		 {{PANEL_IDLE, 0},
		  {PANEL_WAITING, 0},
		  {PANEL_DRAWING, 0},
		  {PANEL_STALE, 0},
		  {PANEL_READY, 0},
		  {PANEL_FLIPPING, 0}}},
		{PANEL_DRAWN,
		 {{PANEL_IDLE, 0},
		  {PANEL_WAITING, 0},
		  {PANEL_FLIPPING, PANEL_SHOW},
		  {PANEL_IDLE, PANEL_FAIL},
		  {PANEL_READY, 0},
		  {PANEL_FLIPPING, 0}}},
		{PANEL_DRAWN_SAFE,
		 {{PANEL_IDLE, 0},
		  {PANEL_WAITING, 0},
		  {PANEL_FLIPPING, PANEL_SHOW},
		  {PANEL_IDLE, PANEL_FAIL},
		  {PANEL_READY, 0},
		  {PANEL_FLIPPING, 0}}},
		{PANEL_KEPT,
		 {{PANEL_IDLE, 0},
		  {PANEL_WAITING, 0},
		  {PANEL_IDLE, PANEL_IS_ON},
		  {PANEL_STALE, 0},
		  {PANEL_READY, 0},
		  {PANEL_FLIPPING, 0}}},
		{PANEL_DRAW_FAILED,
		 {{PANEL_IDLE, 0},
		  {PANEL_WAITING, 0},
		  {PANEL_IDLE, PANEL_DROP},
		  {PANEL_IDLE, PANEL_DROP},
		  {PANEL_READY, 0},
		  {PANEL_FLIPPING, 0}}},
		{PANEL_SHOW_FAILED,
		 {{PANEL_IDLE, 0},
		  {PANEL_WAITING, 0},
		  {PANEL_DRAWING, 0},
		  {PANEL_STALE, 0},
		  {PANEL_READY, 0},
		  {PANEL_IDLE, PANEL_DROP}}},
		{PANEL_FLIPPED,
		 {{PANEL_IDLE, 0},
		  {PANEL_WAITING, 0},
		  {PANEL_DRAWING, 0},
		  {PANEL_STALE, 0},
		  {PANEL_READY, 0},
		  {PANEL_IDLE, PANEL_IS_ON}}},
		{PANEL_TIMEOUT,
		 {{PANEL_IDLE, 0},
		  {PANEL_IDLE, PANEL_DROP},
		  {PANEL_IDLE, PANEL_DROP},
		  {PANEL_IDLE, PANEL_DROP},
		  {PANEL_IDLE, PANEL_DROP},
		  {PANEL_IDLE, PANEL_DROP}}},
		{PANEL_WENT_SAFE,
		 {{PANEL_IDLE, 0},
		  {PANEL_WAITING, 0},
		  {PANEL_STALE, 0},
		  {PANEL_STALE, 0},
		  {PANEL_IDLE, PANEL_FAIL},
		  {PANEL_FLIPPING, 0}}},
		{PANEL_SAFE_WANTED,
		 {{PANEL_IDLE, PANEL_SHOW_SAFE},
		  {PANEL_WAITING, PANEL_SHOW_SAFE},
		  {PANEL_DRAWING, PANEL_SHOW_SAFE},
		  {PANEL_STALE, PANEL_SHOW_SAFE},
		  {PANEL_READY, PANEL_SHOW_SAFE},
		  {PANEL_FLIPPING, 0}}},
		{PANEL_REFRESH,
		 {{PANEL_IDLE, 0},
		  {PANEL_WAITING, 0},
		  {PANEL_DRAWING, 0},
		  {PANEL_STALE, 0},
		  {PANEL_READY, 0},
		  {PANEL_FLIPPING, 0}}},
		{PANEL_COMPOSITOR_GONE,
		 {{PANEL_IDLE, 0},
		  {PANEL_WAITING, 0},
		  {PANEL_IDLE, PANEL_FAIL},
		  {PANEL_IDLE, PANEL_FAIL},
		  {PANEL_READY, 0},
		  {PANEL_FLIPPING, 0}}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned int from = PANEL_IDLE; from <= PANEL_FLIPPING; from++) {
			struct panel_life l = at(from, SAFE_NOT_WANTED);
			unsigned int actions = panel_life_step(&l, rows[i].event, NOW);

			if (actions != rows[i].from[from].actions ||
			    l.stage != rows[i].from[from].stage)
				fail_msg("event %u in stage %u: actions %u, stage %u",
					 rows[i].event, from, actions, l.stage);
		}
}

static void each_step_of_the_safe_picture(void **state)
{
	static const struct {
		enum panel_event event;
		struct {
			enum panel_safe safe;
			unsigned int actions;
		} from[SAFE_AGAIN + 1]; /* NOT_WANTED, DUE, FLIPPING, AGAIN; the stage is IDLE */
	} rows[] = {
		{PANEL_OUTPUT_FREE,
		 {{SAFE_NOT_WANTED, 0},
		  {SAFE_FLIPPING, PANEL_SHOW_SAFE},
		  {SAFE_FLIPPING, 0},
		  {SAFE_AGAIN, 0}}},
		{PANEL_SAFE_WANTED,
		 {{SAFE_FLIPPING, PANEL_SHOW_SAFE},
		  {SAFE_FLIPPING, PANEL_SHOW_SAFE},
		  {SAFE_AGAIN, 0},
		  {SAFE_AGAIN, 0}}},
		{PANEL_SAFE_LEFT,
		 {{SAFE_NOT_WANTED, 0},
		  {SAFE_NOT_WANTED, 0},
		  {SAFE_FLIPPING, 0},
		  {SAFE_FLIPPING, 0}}},
		{PANEL_SAFE_FAILED,
		 {{SAFE_NOT_WANTED, 0}, {SAFE_DUE, 0}, {SAFE_DUE, 0}, {SAFE_DUE, 0}}},
		{PANEL_FLIPPED,
		 {{SAFE_NOT_WANTED, 0},
		  {SAFE_DUE, 0},
		  {SAFE_NOT_WANTED, PANEL_SAFE_IS_ON},
		  {SAFE_DUE, PANEL_SAFE_IS_ON}}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned int from = SAFE_NOT_WANTED; from <= SAFE_AGAIN; from++) {
			struct panel_life l = at(PANEL_IDLE, from);
			unsigned int actions = panel_life_step(&l, rows[i].event, NOW);

			if (actions != rows[i].from[from].actions ||
			    l.safe != rows[i].from[from].safe)
				fail_msg("event %u in %u: actions %u, %u", rows[i].event, from,
					 actions, l.safe);
		}
}

static void early_timeout_changes_nothing(void **state)
{
	(void)state;
	for (unsigned int from = PANEL_IDLE; from <= PANEL_FLIPPING; from++) {
		struct panel_life l = at(from, SAFE_NOT_WANTED), before = l;

		assert_int_equal(panel_life_step(&l, PANEL_TIMEOUT, NOW - 1), 0);
		assert_memory_equal(&l, &before, sizeof(l));
	}
}

static void picture_has_a_second_unless_nobody_can_draw_it(void **state)
{
	struct panel_life l = at(PANEL_IDLE, SAFE_NOT_WANTED);

	(void)state;
	assert_int_equal(panel_life_step(&l, PANEL_BEGIN, NOW), 0);
	assert_int_equal(l.stage, PANEL_DRAWING);
	assert_int_equal(l.due_ns, NOW + PANEL_PATIENCE_NS);
	l = at(PANEL_IDLE, SAFE_NOT_WANTED);
	assert_int_equal(panel_life_step(&l, PANEL_BEGIN_UNDRAWN, NOW), 0);
	assert_int_equal(l.stage, PANEL_WAITING);
	assert_int_equal(l.due_ns, NOW + PANEL_UNDRAWN_NS);
}

static void picture_waits_for_the_safe_picture_and_follows_it(void **state)
{
	struct panel_life l = at(PANEL_DRAWING, SAFE_FLIPPING);

	(void)state;
	assert_int_equal(panel_life_step(&l, PANEL_DRAWN, NOW), 0);
	assert_int_equal(l.stage, PANEL_READY);
	assert_int_equal(panel_life_step(&l, PANEL_FLIPPED, NOW), PANEL_SAFE_IS_ON | PANEL_SHOW);
	assert_int_equal(l.screen, PANEL_SHOWS_SAFE);
	assert_int_equal(panel_life_step(&l, PANEL_FLIPPED, NOW), PANEL_IS_ON);
	assert_int_equal(l.screen, PANEL_SHOWS_FRAMES);
}

static void safe_picture_waits_for_the_output_and_follows_the_picture(void **state)
{
	struct panel_life l = at(PANEL_FLIPPING, SAFE_NOT_WANTED);

	(void)state;
	assert_int_equal(panel_life_step(&l, PANEL_SAFE_WANTED, NOW), 0);
	assert_int_equal(panel_life_step(&l, PANEL_FLIPPED, NOW), PANEL_IS_ON);
	assert_int_equal(panel_life_step(&l, PANEL_OUTPUT_FREE, NOW), PANEL_SHOW_SAFE);
}

static void safe_picture_may_be_the_picture(void **state)
{
	struct panel_life l = at(PANEL_DRAWING, SAFE_NOT_WANTED);

	(void)state;
	assert_int_equal(panel_life_step(&l, PANEL_DRAWN_SAFE, NOW), PANEL_SHOW);
	assert_int_equal(panel_life_step(&l, PANEL_FLIPPED, NOW), PANEL_IS_ON);
	assert_int_equal(l.screen, PANEL_SHOWS_SAFE);
}

static void safe_picture_on_an_idle_screen_is_refreshed(void **state)
{
	struct panel_life l = at(PANEL_IDLE, SAFE_NOT_WANTED);

	(void)state;
	l.screen = PANEL_SHOWS_SAFE;
	assert_int_equal(panel_life_step(&l, PANEL_REFRESH, NOW), PANEL_SHOW_SAFE);
	l = at(PANEL_DRAWING, SAFE_NOT_WANTED);
	l.screen = PANEL_SHOWS_SAFE;
	assert_int_equal(panel_life_step(&l, PANEL_REFRESH, NOW), 0);
}

static void screenshot_holds_the_screen_for_a_moment(void **state)
{
	struct panel_life l = at(PANEL_IDLE, SAFE_NOT_WANTED);

	(void)state;
	assert_false(panel_life_is_held(&l, NOW));
	panel_life_hold(&l, NOW);
	assert_true(panel_life_is_held(&l, NOW + PANEL_HOLD_NS - 1));
	assert_false(panel_life_is_held(&l, NOW + PANEL_HOLD_NS));
	assert_true(panel_life_release(&l, NOW + 1));
	assert_false(panel_life_release(&l, NOW + 1));
}

static void safe_picture_ends_a_hold(void **state)
{
	struct panel_life l = at(PANEL_IDLE, SAFE_NOT_WANTED);

	(void)state;
	panel_life_hold(&l, NOW);
	panel_life_step(&l, PANEL_SAFE_WANTED, NOW + 1);
	assert_false(panel_life_release(&l, NOW + 1));
}

static void reason_names_what_is_late(void **state)
{
	static const char *const reasons[] = {
		[PANEL_IDLE] = "the compositor does not run yet",
		[PANEL_WAITING] = "the compositor does not run yet",
		[PANEL_DRAWING] = "the compositor is late",
		[PANEL_STALE] = "the compositor is late",
		[PANEL_READY] = "the display does not answer",
		[PANEL_FLIPPING] = "the display does not answer",
	};

	(void)state;
	for (unsigned int i = PANEL_IDLE; i <= PANEL_FLIPPING; i++) {
		const struct panel_life l = at(i, SAFE_NOT_WANTED);

		assert_string_equal(panel_life_timeout_reason(&l), reasons[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_stage_without_a_safe_picture),
		cmocka_unit_test(each_step_of_the_safe_picture),
		cmocka_unit_test(early_timeout_changes_nothing),
		cmocka_unit_test(picture_has_a_second_unless_nobody_can_draw_it),
		cmocka_unit_test(picture_waits_for_the_safe_picture_and_follows_it),
		cmocka_unit_test(safe_picture_waits_for_the_output_and_follows_the_picture),
		cmocka_unit_test(safe_picture_may_be_the_picture),
		cmocka_unit_test(safe_picture_on_an_idle_screen_is_refreshed),
		cmocka_unit_test(screenshot_holds_the_screen_for_a_moment),
		cmocka_unit_test(safe_picture_ends_a_hold),
		cmocka_unit_test(reason_names_what_is_late),
	};

	return cmocka_run_group_tests_name("panel_life", tests, NULL, NULL);
}
