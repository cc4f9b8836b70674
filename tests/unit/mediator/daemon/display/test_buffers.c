/* SPDX-License-Identifier: MIT */
/* Buffers that guests announce: each belongs to its guest, whatever ids the guests choose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <drm_fourcc.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mediator/daemon/display/buffers.h"

#define GUESTS 2u

static struct buffers *guest; /* GUESTS of them */
static const struct buffer_users nobody;

static bool is_nowhere(const void *owner, uint32_t key)
{
	(void)owner;
	(void)key;
	return false;
}

static int setup(void **state)
{
	(void)state;
	guest = calloc(GUESTS, sizeof(*guest));
	if (!guest)
		return -1;
	for (uint32_t i = 0; i < GUESTS; i++) {
		guest[i].guest = i;
		guest[i].users = &nobody;
		guest[i].is_shown = is_nowhere;
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < GUESTS; i++)
		buffers_discard(&guest[i]);
	free(guest);
	return 0;
}

static struct gpum_buffer picture(uint32_t id)
{
	return (struct gpum_buffer){
		.id = id, .width = 8, .height = 8, .stride = 32, .fourcc = DRM_FORMAT_XRGB8888};
}

static struct buffer *announce(uint32_t owner, uint32_t id)
{
	const struct gpum_buffer p = picture(id);

	assert_null(buffers_add(&guest[owner], &p, open("/dev/null", O_RDONLY | O_CLOEXEC)));
	return buffers_find(&guest[owner], id);
}

static void id_means_the_buffer_of_its_own_guest(void **state)
{
	struct buffer *a = announce(0, 7), *b = announce(1, 7);

	(void)state;
	assert_ptr_not_equal(a, b);
	assert_int_not_equal(a->key, b->key);
	assert_ptr_equal(buffers_find(&guest[0], 7), a);
	announce(1, 8);
	assert_null(buffers_find(&guest[0], 8));
	assert_null(buffers_find_key(&guest[0], b->key));
	buffers_remove(&guest[1], b);
	assert_ptr_equal(buffers_find(&guest[0], 7), a);
}

static void each_picture_has_a_key_of_its_own(void **state)
{
	static bool seen[KEYS_INHERITED + CONFIG_MAX_PANELS];
	uint32_t key[CONFIG_MAX_GUESTS * KEYS_OF_GUEST +
		     CONFIG_MAX_PANELS * (CONFIG_PANEL_DISPLAYS + 1)];
	uint32_t count = 0;

	(void)state;
	for (uint32_t i = 0; i < CONFIG_MAX_GUESTS * KEYS_OF_GUEST; i++)
		key[count++] = key_of_buffer(i / KEYS_OF_GUEST, i % KEYS_OF_GUEST);
	for (uint32_t i = 0; i < CONFIG_MAX_PANELS * CONFIG_PANEL_DISPLAYS; i++)
		key[count++] = key_of_safe(i / CONFIG_PANEL_DISPLAYS, i % CONFIG_PANEL_DISPLAYS);
	for (uint32_t i = 0; i < CONFIG_MAX_PANELS; i++)
		key[count++] = key_of_inherited(i);
	for (uint32_t i = 0; i < count; i++) {
		assert_in_range(key[i], 1, sizeof(seen) - 1);
		assert_false(seen[key[i]]);
		seen[key[i]] = true;
	}
}

static void number_of_announced_buffers_is_bounded(void **state)
{
	const struct gpum_buffer more = picture(GPUM_MAX_BUFFERS + 1);

	(void)state;
	for (uint32_t i = 1; i <= GPUM_MAX_BUFFERS; i++)
		announce(0, i);
	assert_non_null(buffers_add(&guest[0], &more, -1));
	announce(1, 1);
	buffers_remove(&guest[0], buffers_find(&guest[0], 1));
	announce(0, GPUM_MAX_BUFFERS + 1);
}

static void impossible_buffer_is_refused(void **state)
{
	const struct gpum_buffer good = picture(1);
	struct gpum_buffer bad[8];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		bad[i] = good;
	bad[0].id = 0;
	bad[1].width = 0;
	bad[2].height = UINT32_MAX;
	bad[3].stride = 31;
	bad[4].stride = UINT32_MAX;
	bad[5].offset = UINT32_MAX;
	bad[6].fourcc = DRM_FORMAT_NV12;
	bad[7].y_inverted = 2;
	for (size_t i = 0; i < 8; i++)
		assert_non_null(buffers_add(&guest[0], &bad[i], -1));
	announce(0, 1);
	assert_non_null(buffers_add(&guest[0], &good, -1));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(id_means_the_buffer_of_its_own_guest),
		TEST(each_picture_has_a_key_of_its_own),
		TEST(number_of_announced_buffers_is_bounded),
		TEST(impossible_buffer_is_refused),
	};

	return cmocka_run_group_tests_name("buffers", tests, NULL, NULL);
}
