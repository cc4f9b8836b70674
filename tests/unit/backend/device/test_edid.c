/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/device/edid.h"

struct mode {
	uint32_t width, height;
	double hz;
};

/* Read the preferred mode back as a display driver does. */
static struct mode preferred(const uint8_t *edid)
{
	const uint8_t *d = edid + 54;
	uint32_t clock = (d[0] | (uint32_t)d[1] << 8) * 10000;
	uint32_t width = d[2] | (uint32_t)(d[4] & 0xf0) << 4;
	uint32_t height = d[5] | (uint32_t)(d[7] & 0xf0) << 4;
	uint32_t hblank = d[3] | (uint32_t)(d[4] & 0xf) << 8;
	uint32_t vblank = d[6] | (uint32_t)(d[7] & 0xf) << 8;

	return (struct mode){width, height, (double)clock / (width + hblank) / (height + vblank)};
}

static void preferred_mode_has_the_displays_size_and_rate(void **state)
{
	static const struct {
		uint32_t width, height, period_us;
	} cases[] = {
		{1280, 400, 16667}, {800, 320, 33333}, {1920, 1080, 16667}, {3840, 2160, 33333}};
	uint8_t edid[EDID_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		edid_make(edid, cases[i].width, cases[i].height, cases[i].period_us, "x");
		struct mode m = preferred(edid);
		assert_int_equal(m.width, cases[i].width);
		assert_int_equal(m.height, cases[i].height);
		double wanted = 1e6 / cases[i].period_us;
		assert_true(m.hz > wanted * 0.995 && m.hz < wanted * 1.005);
	}
}

static void every_block_starts_with_the_pattern_and_sums_to_zero(void **state)
{
	static const uint8_t pattern[] = {0, 255, 255, 255, 255, 255, 255, 0};
	uint8_t edid[EDID_BYTES];

	(void)state;
	for (uint32_t w = 1; w < 20000; w += 777) {
		uint8_t sum = 0;
		edid_make(edid, w, w / 2 + 1, w, "display");
		for (size_t i = 0; i < EDID_BYTES; i++)
			sum = (uint8_t)(sum + edid[i]);
		assert_int_equal(sum, 0);
		assert_memory_equal(edid, pattern, sizeof(pattern));
		assert_int_equal(edid[18], 1);
		assert_int_equal(edid[19], 4);
	}
}

static void sizes_beyond_a_timings_limits_are_lowered(void **state)
{
	uint8_t edid[EDID_BYTES];

	(void)state;
	edid_make(edid, 5000, 5000, 16667, "x");
	assert_int_equal(preferred(edid).width, 4095);
	assert_int_equal(preferred(edid).height, 4095);
	edid_make(edid, 800, 600, 0, "x");
	assert_int_equal(preferred(edid).width, 800);
	/* A pixel clock of 0 would turn the timing into a text descriptor. */
	edid_make(edid, 1, 1, 1000000, "x");
	assert_int_equal(edid[54] | edid[55] << 8, 1);
}

static void names_are_cut_and_terminated_as_the_standard_says(void **state)
{
	uint8_t edid[EDID_BYTES];

	(void)state;
	edid_make(edid, 800, 600, 16667, "cluster");
	assert_int_equal(edid[72 + 3], 0xfc);
	assert_memory_equal(edid + 72 + 5, "cluster\n     ", 13);
	edid_make(edid, 800, 600, 16667, "a-name-that-is-too-long");
	assert_memory_equal(edid + 72 + 5, "a-name-that-i", 13);
	assert_int_equal(edid[90 + 3], 0xfd);
}

static void non_ascii_names_become_ascii(void **state)
{
	uint8_t edid[EDID_BYTES];

	(void)state;
	edid_make(edid, 800, 600, 16667, "a\tb\x7f\xc3\xa4~ ");
	assert_memory_equal(edid + 72 + 5, "a?b???~ \n    ", 13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(preferred_mode_has_the_displays_size_and_rate),
		cmocka_unit_test(every_block_starts_with_the_pattern_and_sums_to_zero),
		cmocka_unit_test(sizes_beyond_a_timings_limits_are_lowered),
		cmocka_unit_test(names_are_cut_and_terminated_as_the_standard_says),
		cmocka_unit_test(non_ascii_names_become_ascii),
	};

	return cmocka_run_group_tests_name("edid", tests, NULL, NULL);
}
