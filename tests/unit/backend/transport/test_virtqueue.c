/* SPDX-License-Identifier: MIT */
#include "tests/unit/backend/device/driver.h"

#include <string.h>

#include "backend/error/error.h"

#define DATA 8192u /* pool offset of the data */

static int start(void **state)
{
	*state = driver_create();
	return 0;
}

static int stop(void **state)
{
	driver_destroy(*state);
	return 0;
}

static int take(struct driver *d)
{
	static struct vq_chain chain;

	return vq_take(&d->vq, &chain);
}

static int take_one(struct driver *d, uint64_t addr, uint32_t len, uint16_t flags)
{
	driver_desc(d, 0, addr, len, flags, 1);
	driver_desc(d, 1, DATA, 16, 0, 0);
	driver_offer(d, 0);
	return take(d);
}

static void empty_queue_has_no_chain(void **state)
{
	assert_int_equal(take(*state), 0);
}

static void a_chain_is_read_in_order_and_answered_across_its_segments(void **state)
{
	struct driver *d = *state;
	struct vq_chain chain;
	char text[12] = {0};
	uint32_t elem[2];

	memcpy(d->pool + DATA, "hello ", 6);
	memcpy(d->pool + DATA + 100, "world", 5);
	driver_desc(d, 3, DATA, 6, VRING_DESC_F_NEXT, 7);
	driver_desc(d, 7, DATA + 100, 5, VRING_DESC_F_NEXT, 1);
	driver_desc(d, 1, DATA + 200, 3, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 2);
	driver_desc(d, 2, DATA + 300, 10, VRING_DESC_F_WRITE, 0);
	driver_offer(d, 3);
	assert_int_equal(vq_take(&d->vq, &chain), 1);
	assert_int_equal(chain.length, 11);
	assert_int_equal(chain.answer.length, 13);
	vq_read(&d->vq, &chain, text, 11);
	assert_string_equal(text, "hello world");
	vq_complete(&d->vq, &chain.answer, "abcdef", 6);
	assert_memory_equal(d->pool + DATA + 200, "abc", 3);
	assert_memory_equal(d->pool + DATA + 300, "def\0", 4);
	assert_int_equal(driver_next_answer(d), 3);
	memcpy(elem, d->used + 4, sizeof(elem));
	assert_int_equal(elem[1], 6);
}

static void an_answer_never_exceeds_its_descriptors(void **state)
{
	struct driver *d = *state;
	struct vq_chain chain;

	driver_desc(d, 0, DATA, 4, VRING_DESC_F_WRITE, 0);
	memset(d->pool + DATA, 0xee, 16);
	driver_offer(d, 0);
	assert_int_equal(vq_take(&d->vq, &chain), 1);
	vq_complete(&d->vq, &chain.answer, "0123456789", 10);
	assert_memory_equal(d->pool + DATA, "0123\xee\xee", 6);
}

static void the_available_index_wraps_but_never_jumps(void **state)
{
	struct driver *d = *state;
	struct vq_chain chain;

	driver_desc(d, 0, DATA, 4, 0, 0);
	for (uint32_t i = 0; i < 70000; i++) {
		driver_offer(d, 0);
		assert_int_equal(vq_take(&d->vq, &chain), 1);
		vq_complete(&d->vq, &chain.answer, NULL, 0);
	}
	d->avail[1] = (uint16_t)(d->avail[1] + DRIVER_QUEUE_SIZE + 1);
	assert_int_equal(take(d), BACKEND_ERR_AVAIL_INDEX);
	d->avail[1] = (uint16_t)(d->avail[1] - DRIVER_QUEUE_SIZE - 2); /* moved back */
	assert_int_equal(take(d), BACKEND_ERR_AVAIL_INDEX);
}

static void peek_works_after_any_number_of_chains(void **state)
{
	struct driver *d = *state;
	struct vq_chain chain;

	driver_desc(d, 0, DATA, 4, 0, 0);
	driver_desc(d, 1, DATA, 8, 0, 0);
	for (uint32_t i = 0; i < 40000; i++) { /* more than half of the 16-bit indices */
		driver_offer(d, 0);
		assert_int_equal(vq_take(&d->vq, &chain), 1);
		vq_complete(&d->vq, &chain.answer, NULL, 0);
	}
	assert_int_equal(vq_peek(&d->vq, &chain), 0);
	driver_offer(d, 0);
	driver_offer(d, 1);
	assert_int_equal(vq_peek(&d->vq, &chain), 1);
	assert_int_equal(chain.length, 4);
	assert_int_equal(vq_peek(&d->vq, &chain), 1);
	assert_int_equal(chain.length, 8);
	assert_int_equal(vq_peek(&d->vq, &chain), 0);
}

static void claimed_chain_is_not_taken_again(void **state)
{
	struct driver *d = *state;
	struct vq_chain chain;

	for (uint16_t i = 0; i < 3; i++) {
		driver_desc(d, i, DATA, 4u + i, 0, 0);
		driver_offer(d, i);
	}
	vq_peek(&d->vq, &chain);
	assert_int_equal(vq_peek(&d->vq, &chain), 1);
	vq_claim(&d->vq, &chain);
	vq_complete(&d->vq, &chain.answer, NULL, 0);
	assert_int_equal(driver_next_answer(d), 1);
	assert_int_equal(vq_take(&d->vq, &chain), 1);
	assert_int_equal(chain.answer.head, 0);
	assert_int_equal(vq_take(&d->vq, &chain), 1);
	assert_int_equal(chain.answer.head, 2);
	assert_int_equal(vq_take(&d->vq, &chain), 0);
}

static void peek_detects_an_index_moved_back(void **state)
{
	struct driver *d = *state;
	struct vq_chain chain;

	driver_desc(d, 0, DATA, 4, 0, 0);
	driver_offer(d, 0);
	assert_int_equal(vq_peek(&d->vq, &chain), 1);
	d->avail[1] = 0;
	assert_int_equal(vq_peek(&d->vq, &chain), BACKEND_ERR_AVAIL_INDEX);
}

static void a_head_beyond_the_queue_is_refused(void **state)
{
	struct driver *d = *state;

	driver_offer(d, DRIVER_QUEUE_SIZE);
	assert_int_equal(take(d), BACKEND_ERR_HEAD_INDEX);
}

static void a_next_beyond_the_queue_is_refused(void **state)
{
	struct driver *d = *state;

	driver_desc(d, 0, DATA, 4, VRING_DESC_F_NEXT, DRIVER_QUEUE_SIZE);
	driver_offer(d, 0);
	assert_int_equal(take(d), BACKEND_ERR_DESC_INDEX);
}

static void a_looped_chain_ends(void **state)
{
	struct driver *d = *state;

	driver_desc(d, 0, DATA, 4, VRING_DESC_F_NEXT, 1);
	driver_desc(d, 1, DATA, 4, VRING_DESC_F_NEXT, 0);
	driver_offer(d, 0);
	assert_int_equal(take(d), BACKEND_ERR_DESC_LOOP);
}

static void unanswered_head_is_not_taken_again(void **state)
{
	struct driver *d = *state;

	driver_desc(d, 0, DATA, 4, 0, 0);
	driver_offer(d, 0);
	driver_offer(d, 0);
	assert_int_equal(take(d), 1);
	assert_int_equal(take(d), BACKEND_ERR_HEAD_BUSY);
}

static void the_last_bytes_of_the_pool_may_be_used(void **state)
{
	struct driver *d = *state;

	assert_int_equal(take_one(d, DRIVER_POOL_BYTES - 16, 16, 0), 1);
}

static void one_byte_outside_the_pool_is_refused(void **state)
{
	assert_int_equal(take_one(*state, DRIVER_POOL_BYTES - 16, 17, 0), BACKEND_ERR_DESC_BOUNDS);
}

static void descriptor_longer_than_the_pool_is_refused(void **state)
{
	assert_int_equal(take_one(*state, 0, DRIVER_POOL_BYTES + 1, 0), BACKEND_ERR_DESC_BOUNDS);
}

static void a_ring_larger_than_the_pool_is_refused(void **state)
{
	struct driver *d = *state;
	struct virtqueue vq;

	assert_int_equal(vq_init(&vq, d->pool, 16 * DRIVER_QUEUE_SIZE - 1, &d->setup, false),
			 BACKEND_ERR_QUEUE_BOUNDS);
}

static void unused_queue_needs_no_events(void **state)
{
	struct virtqueue none = {0};

	(void)state;
	assert_false(vq_must_notify(&none));
	assert_false(vq_want_events(&none));
}

static void an_address_that_wraps_is_refused(void **state)
{
	assert_int_equal(take_one(*state, UINT64_MAX - 7, 16, 0), BACKEND_ERR_DESC_BOUNDS);
}

static void a_grant_address_in_a_descriptor_is_refused(void **state)
{
	assert_int_equal(take_one(*state, VGPU_ADDR_GRANT, 16, 0), BACKEND_ERR_DESC_BOUNDS);
}

static void an_empty_descriptor_is_refused(void **state)
{
	assert_int_equal(take_one(*state, DATA, 0, 0), BACKEND_ERR_DESC_EMPTY);
}

static void an_indirect_descriptor_is_refused(void **state)
{
	assert_int_equal(take_one(*state, DATA, 16, VRING_DESC_F_INDIRECT), BACKEND_ERR_DESC_FLAGS);
}

static void readable_descriptor_after_a_writable_one_is_refused(void **state)
{
	assert_int_equal(take_one(*state, DATA, 16, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT),
			 BACKEND_ERR_DESC_ORDER);
}

static void too_many_writable_descriptors_are_refused(void **state)
{
	struct driver *d = *state;

	for (uint16_t i = 0; i <= VQ_ANSWER_SEGMENTS; i++)
		driver_desc(d, i, DATA, 4,
			    VRING_DESC_F_WRITE | (i < VQ_ANSWER_SEGMENTS ? VRING_DESC_F_NEXT : 0),
			    (uint16_t)(i + 1));
	driver_offer(d, 0);
	assert_int_equal(take(d), BACKEND_ERR_ANSWER_SEGMENTS);
}

static void rings_must_be_sized_aligned_and_inside_the_pool(void **state)
{
	struct driver *d = *state;
	static const struct {
		struct vgpu_queue setup;
		int result;
	} cases[] = {
		{{.size = 0}, BACKEND_ERR_QUEUE_SIZE},
		{{.size = 24}, BACKEND_ERR_QUEUE_SIZE},
		{{.size = 2048}, BACKEND_ERR_QUEUE_SIZE},
		{{.size = 0x80000000u}, BACKEND_ERR_QUEUE_SIZE},
		{{.size = 16, .desc = 8}, BACKEND_ERR_QUEUE_ALIGNMENT},
		{{.size = 16, .driver = 1}, BACKEND_ERR_QUEUE_ALIGNMENT},
		{{.size = 16, .device = 2}, BACKEND_ERR_QUEUE_ALIGNMENT},
		{{.size = 16, .desc = DRIVER_POOL_BYTES - 240}, BACKEND_ERR_QUEUE_BOUNDS},
		{{.size = 16, .desc = UINT64_MAX - 15}, BACKEND_ERR_QUEUE_BOUNDS},
		{{.size = 16, .driver = DRIVER_POOL_BYTES - 36}, BACKEND_ERR_QUEUE_BOUNDS},
		{{.size = 16, .device = DRIVER_POOL_BYTES - 132}, BACKEND_ERR_QUEUE_BOUNDS},
		{{.size = 1024}, 0},
		{{.size = 1}, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int got = vq_init(&d->vq, d->pool, sizeof(d->pool), &cases[i].setup, true);
		assert_int_equal(got, cases[i].result);
	}
}

/* --- notifications --------------------------------------------------------------------------- */

static void complete_one(struct driver *d)
{
	struct vq_chain chain;

	driver_desc(d, 0, DATA, 4, 0, 0);
	driver_offer(d, 0);
	assert_int_equal(vq_take(&d->vq, &chain), 1);
	vq_complete(&d->vq, &chain.answer, NULL, 0);
}

static void without_event_index_the_drivers_flag_decides(void **state)
{
	struct driver *d = *state;

	assert_false(vq_must_notify(&d->vq));
	complete_one(d);
	assert_true(vq_must_notify(&d->vq));
	assert_false(vq_must_notify(&d->vq));
	d->avail[0] = VRING_AVAIL_F_NO_INTERRUPT;
	complete_one(d);
	assert_false(vq_must_notify(&d->vq));
}

static void with_event_index_only_the_requested_entry_notifies(void **state)
{
	struct driver *d = *state;
	uint16_t *used_event = &d->avail[2 + DRIVER_QUEUE_SIZE];

	vq_init(&d->vq, d->pool, sizeof(d->pool), &d->setup, true);
	*used_event = 2; /* request an event after the third entry */
	complete_one(d);
	assert_false(vq_must_notify(&d->vq));
	complete_one(d);
	assert_false(vq_must_notify(&d->vq));
	complete_one(d);
	assert_true(vq_must_notify(&d->vq));
	complete_one(d);
	assert_false(vq_must_notify(&d->vq));
	*used_event = 5; /* skipped by a batch */
	complete_one(d);
	complete_one(d);
	complete_one(d);
	assert_true(vq_must_notify(&d->vq));
}

static void requesting_events_sets_the_index_and_reports_missed_chains(void **state)
{
	struct driver *d = *state;
	uint16_t avail_event;

	vq_init(&d->vq, d->pool, sizeof(d->pool), &d->setup, true);
	complete_one(d);
	assert_false(vq_want_events(&d->vq));
	memcpy(&avail_event, d->used + 4 + 8 * DRIVER_QUEUE_SIZE, sizeof(avail_event));
	assert_int_equal(avail_event, 1);
	driver_offer(d, 0);
	assert_true(vq_want_events(&d->vq));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(empty_queue_has_no_chain),
		TEST(a_chain_is_read_in_order_and_answered_across_its_segments),
		TEST(an_answer_never_exceeds_its_descriptors),
		TEST(the_available_index_wraps_but_never_jumps),
		TEST(peek_works_after_any_number_of_chains),
		TEST(claimed_chain_is_not_taken_again),
		TEST(peek_detects_an_index_moved_back),
		TEST(a_head_beyond_the_queue_is_refused),
		TEST(a_next_beyond_the_queue_is_refused),
		TEST(a_looped_chain_ends),
		TEST(unanswered_head_is_not_taken_again),
		TEST(the_last_bytes_of_the_pool_may_be_used),
		TEST(one_byte_outside_the_pool_is_refused),
		TEST(descriptor_longer_than_the_pool_is_refused),
		TEST(a_ring_larger_than_the_pool_is_refused),
		TEST(unused_queue_needs_no_events),
		TEST(an_address_that_wraps_is_refused),
		TEST(a_grant_address_in_a_descriptor_is_refused),
		TEST(an_empty_descriptor_is_refused),
		TEST(an_indirect_descriptor_is_refused),
		TEST(readable_descriptor_after_a_writable_one_is_refused),
		TEST(too_many_writable_descriptors_are_refused),
		TEST(rings_must_be_sized_aligned_and_inside_the_pool),
		TEST(without_event_index_the_drivers_flag_decides),
		TEST(with_event_index_only_the_requested_entry_notifies),
		TEST(requesting_events_sets_the_index_and_reports_missed_chains),
	};

	return cmocka_run_group_tests_name("virtqueue", tests, NULL, NULL);
}
