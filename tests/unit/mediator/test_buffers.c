/* SPDX-License-Identifier: MIT */
/* What guests announce as pictures: each is its own guest's, whatever numbers are chosen. */
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

#include "mediator/daemon/mediator.h"

#define GUESTS 2u

static struct mediator *mediator;

/* The daemon's main program has it. */
uint64_t mediator_now(void)
{
	return 1;
}

static int setup(void **state)
{
	(void)state;
	mediator = calloc(1, sizeof(*mediator));
	if (!mediator)
		return -1;
	mediator->config.num_guests = GUESTS;
	mediator->config.num_panels = 1;
	mediator->config.panel[0].num_displays = 1;
	mediator->panel[0].config = &mediator->config.panel[0];
	for (uint32_t i = 0; i < GUESTS; i++) {
		mediator->guest[i].mediator = mediator;
		mediator->guest[i].config = &mediator->config.guest[i];
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < GUESTS; i++)
		buffers_discard(&mediator->guest[i]);
	free(mediator);
	return 0;
}

static struct gpum_buffer picture(uint32_t id)
{
	return (struct gpum_buffer){
		.id = id, .width = 8, .height = 8, .stride = 32, .fourcc = DRM_FORMAT_XRGB8888};
}

static struct buffer *announce(uint32_t guest, uint32_t id)
{
	const struct gpum_buffer p = picture(id);
	struct guest *g = &mediator->guest[guest];

	assert_null(buffers_add(g, &p, open("/dev/null", O_RDONLY | O_CLOEXEC)));
	return buffers_find(g, id);
}

static void a_number_means_what_its_own_guest_announced(void **state)
{
	struct buffer *a = announce(0, 7), *b = announce(1, 7);

	(void)state;
	assert_ptr_not_equal(a, b);
	assert_int_not_equal(a->key, b->key);
	assert_ptr_equal(buffers_find(&mediator->guest[0], 7), a);
	announce(1, 8);
	assert_null(buffers_find(&mediator->guest[0], 8));
	assert_null(buffers_find_key(&mediator->guest[0], b->key));
	buffers_remove(&mediator->guest[1], b);
	assert_ptr_equal(buffers_find(&mediator->guest[0], 7), a);
}

static void a_key_is_nobody_elses_after_all_numbers_have_been_used(void **state)
{
	static const uint32_t safe = 2, inherited = 3;
	struct buffer *old = announce(0, 1);

	(void)state;
	assert_int_equal(old->key, 1);
	mediator->panel[0].display[0].safe.layer = safe;
	mediator->panel[0].inherited.description.id = inherited;
	mediator->buffer_ids = UINT32_MAX - 1;
	assert_int_equal(announce(1, 1)->key, UINT32_MAX);
	/* 0 is no key, 1 to 3 are taken. */
	assert_int_equal(announce(1, 2)->key, inherited + 1);
	assert_int_equal(announce(0, 2)->key, inherited + 2);
}

static void announcing_for_ever_ends_at_the_bound(void **state)
{
	const struct gpum_buffer more = picture(GPUM_MAX_BUFFERS + 1);

	(void)state;
	for (uint32_t i = 1; i <= GPUM_MAX_BUFFERS; i++)
		announce(0, i);
	assert_non_null(buffers_add(&mediator->guest[0], &more, -1));
	announce(1, 1);
	buffers_remove(&mediator->guest[0], buffers_find(&mediator->guest[0], 1));
	announce(0, GPUM_MAX_BUFFERS + 1);
}

static void a_picture_that_cannot_be_is_refused(void **state)
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
		assert_non_null(buffers_add(&mediator->guest[0], &bad[i], -1));
	announce(0, 1);
	assert_non_null(buffers_add(&mediator->guest[0], &good, -1));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_number_means_what_its_own_guest_announced),
		TEST(a_key_is_nobody_elses_after_all_numbers_have_been_used),
		TEST(announcing_for_ever_ends_at_the_bound),
		TEST(a_picture_that_cannot_be_is_refused),
	};

	return cmocka_run_group_tests_name("buffers", tests, NULL, NULL);
}
