/* SPDX-License-Identifier: MIT */
/* The monitor of one display, and the strip in which a guest announces what it shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mediator/truth/monitor.h"
#include "mediator/shared/strip/strip.h"

#define MS	UINT64_C(1000000)
#define TIMEOUT (200 * MS)

static struct truth_monitor m;

static int setup(void **state)
{
	(void)state;
	truth_init(&m, TIMEOUT);
	return 0;
}

static void frame(uint64_t ms)
{
	truth_frame(&m, ms * MS);
	truth_tick(&m, ms * MS);
}

static void found(enum truth_verdict verdict, uint32_t alive, uint64_t ms)
{
	const struct truth_finding f = {
		.verdict = verdict, .alive = alive, .wrong = verdict == TRUTH_WRONG ? 2 : 0};

	truth_found(&m, &f, ms * MS);
	truth_tick(&m, ms * MS);
}

static void assert_is(enum truth_state state, enum truth_reason reason)
{
	assert_string_equal(truth_state_name(m.state), truth_state_name(state));
	assert_string_equal(truth_reason_text(m.reason), truth_reason_text(reason));
}

static void a_display_without_a_frame_stays_off(void **state)
{
	(void)state;
	assert_true(truth_tick(&m, 1000 * MS) == TRUTH_NEVER);
	assert_is(TRUTH_OFF, TRUTH_NO_REASON);
}

static void a_silent_guest_is_warned_at_half_the_time_and_safe_at_all_of_it(void **state)
{
	(void)state;
	truth_frame(&m, 100 * MS);
	assert_true(truth_tick(&m, 100 * MS) == 200 * MS);
	truth_tick(&m, 199 * MS);
	assert_is(TRUTH_GOOD, TRUTH_NO_REASON);
	assert_true(truth_tick(&m, 200 * MS) == 300 * MS);
	assert_is(TRUTH_WARNED, TRUTH_NO_FRAME);
	truth_tick(&m, 299 * MS);
	assert_is(TRUTH_WARNED, TRUTH_NO_FRAME);
	assert_true(truth_tick(&m, 300 * MS) == TRUTH_NEVER);
	assert_is(TRUTH_SAFE, TRUTH_NO_FRAME);
	assert_int_equal(m.stats.warnings, 1);
	assert_int_equal(m.stats.freezes, 1);
}

static void a_frame_in_time_ends_the_warning(void **state)
{
	(void)state;
	frame(100);
	truth_tick(&m, 250 * MS);
	assert_is(TRUTH_WARNED, TRUTH_NO_FRAME);
	frame(299);
	assert_is(TRUTH_GOOD, TRUTH_NO_REASON);
	truth_tick(&m, 350 * MS);
	assert_is(TRUTH_GOOD, TRUTH_NO_REASON);
}

static void a_tick_that_comes_late_goes_straight_to_safe(void **state)
{
	(void)state;
	frame(100);
	truth_tick(&m, 5000 * MS);
	assert_is(TRUTH_SAFE, TRUTH_NO_FRAME);
	assert_int_equal(m.stats.warnings, 0);
}

static void a_clock_that_jumps_back_freezes_nothing(void **state)
{
	(void)state;
	frame(500);
	truth_tick(&m, 100 * MS);
	assert_is(TRUTH_GOOD, TRUTH_NO_REASON);
	frame(101);
	assert_is(TRUTH_GOOD, TRUTH_NO_REASON);
	/* A later freeze is noticed in the clock's new time. */
	truth_tick(&m, 301 * MS);
	assert_is(TRUTH_SAFE, TRUTH_NO_FRAME);
}

static void three_good_frames_in_a_row_end_safe(void **state)
{
	(void)state;
	frame(100);
	truth_tick(&m, 300 * MS);
	frame(400);
	frame(430);
	assert_is(TRUTH_SAFE, TRUTH_NO_FRAME);
	frame(460);
	assert_is(TRUTH_GOOD, TRUTH_NO_REASON);
	assert_int_equal(m.stats.returns, 1);
}

static void frames_that_come_too_slowly_do_not_end_safe(void **state)
{
	(void)state;
	frame(100);
	truth_tick(&m, 300 * MS);
	for (uint64_t t = 400; t < 2000; t += 100)
		frame(t);
	assert_is(TRUTH_SAFE, TRUTH_NO_FRAME);
}

static void without_a_time_out_frames_are_only_counted(void **state)
{
	(void)state;
	truth_init(&m, 0);
	frame(100);
	assert_true(truth_tick(&m, 100000 * MS) == TRUTH_NEVER);
	assert_is(TRUTH_GOOD, TRUTH_NO_REASON);
	assert_int_equal(m.stats.progress, 1);
	found(TRUTH_WRONG, 1, 100001);
	assert_is(TRUTH_GOOD, TRUTH_NO_REASON);
	assert_int_equal(m.stats.mismatches, 1);
}

static void after_an_announcement_only_findings_count(void **state)
{
	(void)state;
	frame(100);
	found(TRUTH_OK, 1, 110);
	for (uint64_t t = 130; t < 310; t += 30)
		frame(t);
	truth_tick(&m, 310 * MS);
	assert_is(TRUTH_SAFE, TRUTH_UNVERIFIED);
}

static void without_an_announcement_frames_count(void **state)
{
	(void)state;
	for (uint64_t t = 100; t < 1000; t += 50) {
		frame(t);
		found(TRUTH_NO_STRIP, 0, t + 10);
	}
	assert_is(TRUTH_GOOD, TRUTH_NO_REASON);
	assert_false(m.announced);
}

static void an_alive_counter_that_stands_still_is_a_frozen_picture(void **state)
{
	(void)state;
	for (uint64_t t = 100; t <= 320; t += 20) {
		frame(t);
		found(TRUTH_OK, 7, t + 10);
	}
	assert_is(TRUTH_SAFE, TRUTH_SAME_CONTENT);
}

static void an_alive_counter_may_wrap_and_start_anew(void **state)
{
	(void)state;
	found(TRUTH_OK, UINT32_MAX, 100);
	found(TRUTH_OK, 0, 180);
	found(TRUTH_OK, UINT32_MAX - 5, 260);
	truth_tick(&m, 340 * MS);
	assert_is(TRUTH_GOOD, TRUTH_NO_REASON);
}

static void a_vanished_strip_ends_in_safe(void **state)
{
	(void)state;
	frame(100);
	found(TRUTH_OK, 1, 101);
	for (uint64_t t = 120; t <= 320; t += 20) {
		frame(t);
		found(TRUTH_NO_STRIP, 0, t);
	}
	assert_is(TRUTH_SAFE, TRUTH_NO_ANNOUNCEMENT);
}

static void one_wrong_telltale_is_safe_at_once(void **state)
{
	(void)state;
	frame(100);
	found(TRUTH_OK, 1, 101);
	found(TRUTH_WRONG, 2, 130);
	assert_is(TRUTH_SAFE, TRUTH_WRONG_REGION);
	assert_int_equal(m.wrong, 2);
	assert_int_equal(m.stats.mismatches, 1);
	assert_int_equal(m.stats.freezes, 0);
}

static void a_wrong_telltale_among_good_frames_starts_the_count_again(void **state)
{
	(void)state;
	found(TRUTH_WRONG, 1, 100);
	found(TRUTH_OK, 2, 120);
	found(TRUTH_OK, 3, 140);
	found(TRUTH_WRONG, 4, 160);
	found(TRUTH_OK, 5, 180);
	found(TRUTH_OK, 6, 200);
	assert_is(TRUTH_SAFE, TRUTH_WRONG_REGION);
	found(TRUTH_OK, 7, 220);
	assert_is(TRUTH_GOOD, TRUTH_NO_REASON);
	assert_int_equal(m.wrong, 0);
}

/* --- The strip -------------------------------------------------------------------------------- */

#define REGIONS 3u

static const struct truth_strip example = {
	.alive = 0x80000001, .count = REGIONS, .crc = {0, UINT32_MAX, 0x12345678}};
static uint8_t pixels[TRUTH_PIXEL * TRUTH_STRIP_PIXELS(TRUTH_MAX_REGIONS)];

static void an_encoded_strip_is_decoded(void **state)
{
	struct truth_strip back;

	(void)state;
	truth_strip_encode(&example, pixels);
	assert_int_equal(truth_strip_decode(pixels, REGIONS, &back), TRUTH_OK);
	assert_int_equal(back.alive, example.alive);
	assert_memory_equal(back.crc, example.crc, sizeof(back.crc));
}

static void the_strip_is_as_documented(void **state)
{
	/* "TRUE", alive 0, no region, and the CRC-32 of these 12 bytes by another tool. */
	const uint32_t words[] = {0x54525545, 0, 0, 0xaf42c8bd};
	const struct truth_strip none = {0};

	(void)state;
	truth_strip_encode(&none, pixels);
	for (uint32_t i = 0; i < 128; i++)
		assert_int_equal(pixels[TRUTH_PIXEL * i],
				 words[i / 32] >> (31 - i % 32) & 1 ? 255 : 0);
}

static void any_single_changed_pixel_is_noticed(void **state)
{
	struct truth_strip back;

	(void)state;
	for (uint32_t i = 0; i < TRUTH_STRIP_PIXELS(REGIONS); i++) {
		truth_strip_encode(&example, pixels);
		for (uint32_t c = 0; c < 3; c++)
			pixels[TRUTH_PIXEL * i + c] ^= 0xff;
		assert_int_equal(truth_strip_decode(pixels, REGIONS, &back), TRUTH_NO_STRIP);
	}
}

static void grey_is_not_a_bit(void **state)
{
	struct truth_strip back;

	(void)state;
	truth_strip_encode(&example, pixels);
	pixels[1] = 0x80;
	assert_int_equal(truth_strip_decode(pixels, REGIONS, &back), TRUTH_NO_STRIP);
	memset(pixels, 0, sizeof(pixels));
	assert_int_equal(truth_strip_decode(pixels, REGIONS, &back), TRUTH_NO_STRIP);
}

static void a_strip_with_another_number_of_regions_is_refused(void **state)
{
	struct truth_strip back;

	(void)state;
	truth_strip_encode(&example, pixels);
	assert_int_equal(truth_strip_decode(pixels, REGIONS - 1, &back), TRUTH_NO_STRIP);
	assert_int_equal(truth_strip_decode(pixels, REGIONS + 1, &back), TRUTH_NO_STRIP);
	assert_int_equal(truth_strip_decode(pixels, 1000, &back), TRUTH_NO_STRIP);
}

static void the_fourth_byte_of_a_pixel_does_not_count(void **state)
{
	uint8_t a[TRUTH_PIXEL * 100], b[TRUTH_PIXEL * 100];

	(void)state;
	for (uint32_t i = 0; i < sizeof(a); i++) {
		a[i] = (uint8_t)(i * 7);
		b[i] = i % 4 == 3 ? 99 : a[i];
	}
	assert_int_equal(truth_crc(0, a, 100), truth_crc(0, b, 100));
	assert_int_equal(truth_crc(0, a, 100), truth_crc(truth_crc(0, a, 37), a + 4 * 37, 63));
	b[4 * 99] ^= 1;
	assert_int_not_equal(truth_crc(0, a, 100), truth_crc(0, b, 100));
}

static void a_comparison_names_the_regions_that_differ(void **state)
{
	uint32_t seen[REGIONS] = {0, 5, 0x12345678};
	struct truth_finding f;

	(void)state;
	truth_strip_encode(&example, pixels);
	truth_compare(pixels, seen, REGIONS, &f);
	assert_int_equal(f.verdict, TRUTH_WRONG);
	assert_int_equal(f.wrong, 2);
	seen[1] = UINT32_MAX;
	truth_compare(pixels, seen, REGIONS, &f);
	assert_int_equal(f.verdict, TRUTH_OK);
	assert_int_equal(f.wrong, 0);
	assert_int_equal(f.alive, example.alive);
}

static void without_a_strip_no_region_is_wrong(void **state)
{
	const uint32_t seen[REGIONS] = {1, 2, 3};
	struct truth_finding f;

	(void)state;
	memset(pixels, 0, sizeof(pixels));
	truth_compare(pixels, seen, REGIONS, &f);
	assert_int_equal(f.verdict, TRUTH_NO_STRIP);
	assert_int_equal(f.wrong, 0);
	assert_int_equal(f.alive, 0);
}

/* Nor does writing it go beyond the pixels of TRUTH_MAX_REGIONS: the sanitizer would see that. */
static void a_strip_with_too_many_regions_is_not_read(void **state)
{
	struct truth_strip many = example, back;

	(void)state;
	many.count = TRUTH_MAX_REGIONS + 1;
	truth_strip_encode(&many, pixels);
	for (uint32_t count = 0; count <= TRUTH_MAX_REGIONS + 1; count++)
		assert_int_equal(truth_strip_decode(pixels, count, &back), TRUTH_NO_STRIP);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(a_display_without_a_frame_stays_off),
		TEST(a_silent_guest_is_warned_at_half_the_time_and_safe_at_all_of_it),
		TEST(a_frame_in_time_ends_the_warning),
		TEST(a_tick_that_comes_late_goes_straight_to_safe),
		TEST(a_clock_that_jumps_back_freezes_nothing),
		TEST(three_good_frames_in_a_row_end_safe),
		TEST(frames_that_come_too_slowly_do_not_end_safe),
		TEST(without_a_time_out_frames_are_only_counted),
		TEST(after_an_announcement_only_findings_count),
		TEST(without_an_announcement_frames_count),
		TEST(an_alive_counter_that_stands_still_is_a_frozen_picture),
		TEST(an_alive_counter_may_wrap_and_start_anew),
		TEST(a_vanished_strip_ends_in_safe),
		TEST(one_wrong_telltale_is_safe_at_once),
		TEST(a_wrong_telltale_among_good_frames_starts_the_count_again),
		TEST(an_encoded_strip_is_decoded),
		TEST(the_strip_is_as_documented),
		TEST(any_single_changed_pixel_is_noticed),
		TEST(grey_is_not_a_bit),
		TEST(a_strip_with_another_number_of_regions_is_refused),
		TEST(the_fourth_byte_of_a_pixel_does_not_count),
		TEST(a_comparison_names_the_regions_that_differ),
		TEST(without_a_strip_no_region_is_wrong),
		TEST(a_strip_with_too_many_regions_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
