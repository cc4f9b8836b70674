// SPDX-License-Identifier: GPL-2.0-only
/* A backend that returns invalid used entries: docs/threat-model.md, B1. */
#include "tests/unit/frontend/guest.h"

#include "frontend/front.h"

/*
 * Assert that the backend is lost, that all `count` outstanding commands and a later one are
 * answered with an error, and that the guest works with the next backend.
 */
static void assert_lost_and_recovered(struct guest *g, const unsigned int head[], const u64 fence[],
				      unsigned int count)
{
	unsigned int i, later, sent = g->answers;

	assert_true(vgpu_device_lost(g->device));
	host_work();
	assert_int_equal(g->lost, 1);
	for (i = 0; i < count; i++)
		assert_answered_with_an_error(g, head[i], fence[i]);
	assert_int_equal(g->answers, sent + count);
	later = guest_send(g, 99);
	assert_answered_with_an_error(g, later, 99);

	guest_disconnect(g);
	host_unmap_all();
	guest_reconnect(g);
	later = guest_send(g, 100);
	backend_answer(g, later, VIRTIO_GPU_RESP_OK_NODATA);
	host_event();
	assert_int_equal(guest_answer(g, later)->type, VIRTIO_GPU_RESP_OK_NODATA);
	assert_false(vgpu_device_lost(g->device));
}

static void answers_in_any_order_reach_their_commands(void **state)
{
	struct guest *g = *state;
	unsigned int first = guest_send(g, 1), second = guest_send(g, 2), third = guest_send(g, 3);

	backend_answer(g, third, VIRTIO_GPU_RESP_OK_NODATA);
	backend_answer(g, first, VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID);
	host_event();
	assert_int_equal(g->answers, 2);
	assert_false(g->answered[second]);
	assert_int_equal(guest_answer(g, third)->type, VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(guest_answer(g, first)->type, VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID);
	backend_answer(g, second, VIRTIO_GPU_RESP_OK_NODATA);
	host_event();
	assert_int_equal(guest_answer(g, second)->type, VIRTIO_GPU_RESP_OK_NODATA);
	assert_false(vgpu_device_lost(g->device));
}

static void an_id_beyond_the_ring_loses_the_backend_and_the_guest_lives(void **state)
{
	struct guest *g = *state;
	u64 fence[] = {7, 8};
	unsigned int head[] = {guest_send(g, 7), guest_send(g, 8)};

	backend_use(g, RING, 24);
	host_event();
	assert_lost_and_recovered(g, head, fence, 2);
}

static void an_id_that_was_never_sent_loses_the_backend_and_the_guest_lives(void **state)
{
	struct guest *g = *state;
	u64 fence[] = {7};
	unsigned int head[] = {guest_send(g, 7)};

	backend_use(g, head[0] + 2, 24);
	host_event();
	assert_lost_and_recovered(g, head, fence, 1);
}

/* A chain's id is its head, not its second descriptor. */
static void an_id_within_a_chain_loses_the_backend_and_the_guest_lives(void **state)
{
	struct guest *g = *state;
	u64 fence[] = {7};
	unsigned int head[] = {guest_send(g, 7)};

	backend_use(g, head[0] + 1, 24);
	host_event();
	assert_lost_and_recovered(g, head, fence, 1);
}

static void an_id_that_is_repeated_at_once_loses_the_backend_and_the_guest_lives(void **state)
{
	struct guest *g = *state;
	u64 fence[] = {8};
	unsigned int first = guest_send(g, 7), head[] = {guest_send(g, 8)};

	backend_answer(g, first, VIRTIO_GPU_RESP_OK_NODATA);
	backend_use(g, first, 24);
	host_event();
	/* The first used entry was a valid answer. */
	assert_int_equal(guest_answer(g, first)->type, VIRTIO_GPU_RESP_OK_NODATA);
	assert_lost_and_recovered(g, head, fence, 1);
}

static void an_id_that_is_repeated_later_loses_the_backend_and_the_guest_lives(void **state)
{
	struct guest *g = *state;
	u64 fence[] = {8};
	unsigned int first = guest_send(g, 7), head[] = {guest_send(g, 8)};

	backend_answer(g, first, VIRTIO_GPU_RESP_OK_NODATA);
	host_event();
	assert_int_equal(g->answers, 1);
	backend_use(g, first, 24);
	host_event();
	assert_lost_and_recovered(g, head, fence, 1);
}

static void an_index_beyond_what_was_sent_loses_the_backend_and_the_guest_lives(void **state)
{
	struct guest *g = *state;
	u64 fence[] = {7, 8};
	unsigned int head[] = {guest_send(g, 7), guest_send(g, 8)};

	backend_use(g, head[0], 24);
	backend_use(g, head[1], 24);
	backend_use(g, head[0], 24);
	host_event();
	assert_lost_and_recovered(g, head, fence, 2);
}

static void an_index_that_goes_back_loses_the_backend_and_the_guest_lives(void **state)
{
	struct guest *g = *state;
	u64 fence[] = {8};
	unsigned int first = guest_send(g, 7), head[] = {guest_send(g, 8)};

	backend_answer(g, first, VIRTIO_GPU_RESP_OK_NODATA);
	host_event();
	g->used -= 2;
	backend_use(g, first, 24);
	host_event();
	assert_lost_and_recovered(g, head, fence, 1);
}

static void lost_backend_is_ignored(void **state)
{
	struct guest *g = *state;
	unsigned int first = guest_send(g, 7), second = guest_send(g, 8);

	backend_use(g, RING, 24);
	host_event();
	assert_int_equal(g->answers, 0);
	g->used--;
	backend_answer(g, first, VIRTIO_GPU_RESP_OK_NODATA);
	backend_answer(g, second, VIRTIO_GPU_RESP_OK_NODATA);
	host_event();
	assert_int_equal(g->answers, 0);
	host_work();
	assert_answered_with_an_error(g, first, 7);
	assert_answered_with_an_error(g, second, 8);
}

/* The backend can write to the pool, but the frontend uses its private copies. */
static void rewritten_descriptors_and_commands_change_no_answer(void **state)
{
	struct guest *g = *state;
	unsigned int head = guest_send(g, 7);
	struct vring_desc *desc = (void *)backend_at(g, g->control->queue[0].desc);
	struct virtio_gpu_ctrl_hdr *sent = (void *)backend_at(g, desc[head].addr);

	sent->fence_id = 1234;
	sent->flags = 0;
	desc[head].addr = 0;
	desc[head].next = (u16)head;
	desc[head + 1] = (struct vring_desc){
		.addr = UINT64_MAX, .len = UINT32_MAX, .flags = VRING_DESC_F_NEXT, .next = 0xffff};
	backend_use(g, RING, 24);
	host_event();
	host_work();
	assert_answered_with_an_error(g, head, 7);
}

static void oversized_edid_is_cut(void **state)
{
	struct guest *g = *state;
	unsigned int head = guest_send(g, 7);
	const u32 claimed = 0x01000400;
	u32 size;

	memcpy(backend_at(g, backend_desc(g, head + 1).addr) + VGPU_CMD_HDR_BYTES, &claimed,
	       sizeof(claimed));
	backend_answer(g, head, VIRTIO_GPU_RESP_OK_EDID);
	host_event();
	memcpy(&size, guest_answer(g, head) + 1, sizeof(size));
	assert_int_equal(size, VGPU_EDID_BYTES_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, guest_set_up, guest_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(answers_in_any_order_reach_their_commands),
		TEST(an_id_beyond_the_ring_loses_the_backend_and_the_guest_lives),
		TEST(an_id_that_was_never_sent_loses_the_backend_and_the_guest_lives),
		TEST(an_id_within_a_chain_loses_the_backend_and_the_guest_lives),
		TEST(an_id_that_is_repeated_at_once_loses_the_backend_and_the_guest_lives),
		TEST(an_id_that_is_repeated_later_loses_the_backend_and_the_guest_lives),
		TEST(an_index_beyond_what_was_sent_loses_the_backend_and_the_guest_lives),
		TEST(an_index_that_goes_back_loses_the_backend_and_the_guest_lives),
		TEST(lost_backend_is_ignored),
		TEST(rewritten_descriptors_and_commands_change_no_answer),
		TEST(oversized_edid_is_cut),
	};

	return cmocka_run_group_tests_name("answers", tests, NULL, NULL);
}
