/* SPDX-License-Identifier: MIT */
/* Buffers that must be kept because a picture uses them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mediator/present/present.h"

#define TICK UINT64_C(16666666) /* 60 Hz */
#define BASE UINT64_C(1000000000)

static struct present_panel panel;
static struct present_shown shown;

static void submit(uint64_t seq, uint32_t buffer)
{
	const struct present_frame frame = {.seq = seq, .buffer_id = buffer};
	uint64_t superseded;

	assert_int_equal(present_submit(&panel, 0, &frame, &superseded), PRESENT_OK);
}

static int setup(void **state)
{
	(void)state;
	present_init(&panel, 60, 0);
	present_add(&panel, 16667);
	present_begin(&panel, BASE);
	present_end(&panel, BASE, &shown);
	return 0;
}

static void a_buffer_without_a_frame_is_not_in_use(void **state)
{
	(void)state;
	assert_false(present_uses(&panel, 0, 7));
	submit(1, 8);
	assert_false(present_uses(&panel, 0, 7));
	present_begin(&panel, BASE + TICK);
	assert_false(present_uses(&panel, 0, 7));
	present_end(&panel, BASE + TICK, &shown);
	assert_false(present_uses(&panel, 0, 7));
}

static void a_buffer_that_is_being_drawn_is_in_use_though_its_guest_is_gone(void **state)
{
	(void)state;
	submit(1, 7);
	assert_int_equal(present_begin(&panel, BASE + TICK), 1);
	present_gone(&panel, 0, BASE + TICK);
	assert_true(present_uses(&panel, 0, 7));
	/* The buffer is on the screen now, until the next picture is shown. */
	present_end(&panel, BASE + TICK + 1, &shown);
	assert_true(present_uses(&panel, 0, 7));
	present_begin(&panel, BASE + 2 * TICK);
	present_end(&panel, BASE + 2 * TICK, &shown);
	assert_false(present_uses(&panel, 0, 7));
}

static void a_failed_picture_keeps_its_buffer(void **state)
{
	(void)state;
	submit(1, 7);
	present_begin(&panel, BASE + TICK);
	present_fail(&panel);
	assert_true(present_uses(&panel, 0, 7));
	present_gone(&panel, 0, BASE + TICK);
	assert_false(present_uses(&panel, 0, 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_buffer_without_a_frame_is_not_in_use, setup),
		cmocka_unit_test_setup(
			a_buffer_that_is_being_drawn_is_in_use_though_its_guest_is_gone, setup),
		cmocka_unit_test_setup(a_failed_picture_keeps_its_buffer, setup),
	};

	return cmocka_run_group_tests_name("present uses", tests, NULL, NULL);
}
