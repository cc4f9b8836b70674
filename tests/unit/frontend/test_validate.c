/* SPDX-License-Identifier: MIT */
/* Validation of the backend's values in the guest's kernel module. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "frontend/validate.h"

static const struct vgpu_device_info good = {.device_status = VGPU_DEVICE_OK,
					     .queue_size_max = 256,
					     .num_scanouts = 1,
					     .num_capsets = 1,
					     .features = VGPU_FEATURES_KNOWN};

static void unusable_device_block_is_refused_with_a_reason(void **state)
{
	static const struct {
		struct vgpu_device_info info;
		const char *why;
	} cases[] = {
#define INFO(status, size, scanouts, capsets, bits)                                                \
	{.device_status = (status),                                                                \
	 .queue_size_max = (size),                                                                 \
	 .num_scanouts = (scanouts),                                                               \
	 .num_capsets = (capsets),                                                                 \
	 .features = (bits)}
		{INFO(0, 16, 1, 0, VGPU_FEATURES_NEEDED), NULL},
		{INFO(0, 1024, 16, 16, UINT64_MAX), NULL},
		{INFO(VGPU_DEVICE_NEEDS_RESET, 256, 1, 1, VGPU_FEATURES_KNOWN), "device_status"},
		{INFO(0, 256, 1, 1, VGPU_F_VERSION_1), "ACCESS_PLATFORM"},
		{INFO(0, 256, 1, 1, VGPU_F_ACCESS_PLATFORM), "VERSION_1"},
		{INFO(0, 15, 1, 1, VGPU_FEATURES_KNOWN), "queue_size_max"},
		{INFO(0, 1025, 1, 1, VGPU_FEATURES_KNOWN), "queue_size_max"},
		{INFO(0, 256, 0, 1, VGPU_FEATURES_KNOWN), "num_scanouts"},
		{INFO(0, 256, 17, 1, VGPU_FEATURES_KNOWN), "num_scanouts"},
		{INFO(0, 256, 1, 17, VGPU_FEATURES_KNOWN), "num_capsets"},
	};

	(void)state;
	assert_null(vgpu_validate_device(&good));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why = vgpu_validate_device(&cases[i].info);

		assert_int_equal(why != NULL, cases[i].why != NULL);
		if (why)
			assert_non_null(strstr(why, cases[i].why));
	}
}

static void common_version_is_chosen(void **state)
{
	(void)state;
	assert_int_equal(vgpu_choose_version(1, 1), 1);
	assert_int_equal(vgpu_choose_version(0, 9), 1);
	assert_int_equal(vgpu_choose_version(2, 9), 0);
	assert_int_equal(vgpu_choose_version(0, 0), 0);
}

static void a_queue_is_as_large_as_both_sides_allow(void **state)
{
	static const uint32_t cases[][3] = {/* limit, wanted, entries */
					    {256, 64, 64},
					    {64, 256, 64},
					    {100, 256, 64},
					    {256, 100, 64},
					    {1, 256, 1},
					    {256, 1, 1},
					    {UINT32_MAX, UINT32_MAX, 1u << 31}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(vgpu_queue_entries(cases[i][0], cases[i][1]), cases[i][2]);
}

static void used_index_beyond_in_flight_is_refused(void **state)
{
	(void)state;
	assert_int_equal(vgpu_validate_used(10, 10, 0), 0);
	assert_int_equal(vgpu_validate_used(10, 13, 3), 3);
	assert_int_equal(vgpu_validate_used(10, 14, 3), -1);
	assert_int_equal(vgpu_validate_used(10, 9, 3), -1);
	/* The index has 16 bits. */
	assert_int_equal(vgpu_validate_used(0xffff, 2, 3), 3);
	assert_int_equal(vgpu_validate_used(0xffff, 2, 2), -1);
}

static void an_edid_is_never_longer_than_its_answer(void **state)
{
	static const struct {
		uint32_t type, size, length, fixed;
	} cases[] = {
		{VGPU_RESP_OK_EDID, 128, 1056, 128},
		{VGPU_RESP_OK_EDID, 1024, 1056, 1024},
		{VGPU_RESP_OK_EDID, 1025, 1056, 1024},
		{VGPU_RESP_OK_EDID, UINT32_MAX, 28, 1024},
		{VGPU_RESP_OK_EDID, 1025, 27, 1025}, /* too short to have a size */
		{0x1101, 1025, 1056, 1025},	     /* not an EDID answer */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t answer[32] = {0};

		memcpy(answer, &cases[i].type, 4);
		memcpy(answer + VGPU_CMD_HDR_BYTES, &cases[i].size, 4);
		vgpu_fix_response(answer, cases[i].length);
		assert_int_equal(vgpu_get_le32(answer + VGPU_CMD_HDR_BYTES), cases[i].fixed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unusable_device_block_is_refused_with_a_reason),
		cmocka_unit_test(common_version_is_chosen),
		cmocka_unit_test(a_queue_is_as_large_as_both_sides_allow),
		cmocka_unit_test(used_index_beyond_in_flight_is_refused),
		cmocka_unit_test(an_edid_is_never_longer_than_its_answer),
	};

	return cmocka_run_group_tests_name("front validate", tests, NULL, NULL);
}
