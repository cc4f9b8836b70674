/* SPDX-License-Identifier: MIT */
/* However much a guest asks for, a visit ends soon: the mediator is listened to in between. */
#include "tests/unit/backend/driver.h"

#include <string.h>

#define QUEUE	   256u
#define COMMANDS   200u
#define VISIT	   64u
#define COMMAND_AT 98304u
#define ANSWERS_AT 131072u
#define ANSWER	   512u

/* A longer queue than the driver's usual one, for whoever floods. */
struct flood {
	struct virtqueue vq;
	struct vring_desc *desc;
	uint16_t *avail;
};

static void make_queue(struct driver *d, struct flood *f)
{
	const struct vgpu_queue setup = {
		.size = QUEUE, .enabled = 1, .desc = 65536, .driver = 73728, .device = 81920};

	f->desc = (struct vring_desc *)(void *)(d->pool + setup.desc);
	f->avail = (uint16_t *)(void *)(d->pool + setup.driver);
	assert_int_equal(vq_init(&f->vq, d->pool, sizeof(d->pool), &setup, false), 0);
}

/* The same command again and again, all with one place for the answer. */
static void fill(struct driver *d, struct flood *f, const void *command, uint32_t bytes,
		 uint32_t answer)
{
	uint16_t from = f->avail[1];

	memcpy(d->pool + COMMAND_AT, command, bytes);
	for (uint16_t i = 0; i < COMMANDS; i++) {
		uint16_t head = (uint16_t)(f->avail[1] % QUEUE);

		f->desc[head] = (struct vring_desc){.addr = COMMAND_AT,
						    .len = bytes,
						    .flags = answer ? VRING_DESC_F_NEXT : 0,
						    .next = QUEUE - 1};
		f->avail[2 + (from + i) % QUEUE] = head;
		f->avail[1]++;
	}
	f->desc[QUEUE - 1] =
		(struct vring_desc){.addr = ANSWERS_AT, .len = answer, .flags = VRING_DESC_F_WRITE};
}

static uint64_t commands_so_far(const struct driver *d)
{
	struct gpum_state count;

	device_count(d->device, &count);
	return count.commands;
}

static void cursor_moves_are_taken_in_portions(void **state)
{
	const struct virtio_gpu_update_cursor move = {.hdr.type = VIRTIO_GPU_CMD_MOVE_CURSOR};
	struct driver *d = *state;
	struct flood f;
	uint64_t before;

	make_queue(d, &f);
	device_start(d->device, &d->control, &f.vq, device_features(d->device));
	fill(d, &f, &move, sizeof(move), 0);
	for (uint32_t left = COMMANDS; left > VISIT; left -= VISIT) {
		before = commands_so_far(d);
		assert_int_equal(device_pump(d->device), 1); /* come again */
		assert_int_equal(commands_so_far(d) - before, VISIT);
		/* Of all moves in a visit the mediator hears the last one. */
		driver_expect(d, GPUM_MSG_CURSOR, NULL);
		driver_expect_silence(d);
	}
	before = commands_so_far(d);
	assert_int_equal(device_pump(d->device), 0);
	assert_int_equal(commands_so_far(d) - before, COMMANDS % VISIT);
}

/* Cursor moves leave the control queue its turn. */
static void one_queue_does_not_starve_the_other(void **state)
{
	const struct virtio_gpu_update_cursor move = {.hdr.type = VIRTIO_GPU_CMD_MOVE_CURSOR};
	struct driver *d = *state;
	struct flood f;

	make_queue(d, &f);
	device_start(d->device, &d->control, &f.vq, device_features(d->device));
	fill(d, &f, &move, sizeof(move), 0);
	uint16_t head = driver_send_simple(d, VIRTIO_GPU_CMD_GET_DISPLAY_INFO, 0);
	assert_int_equal(device_pump(d->device), 1);
	assert_int_equal(driver_next_answer(d), head);
}

static void questions_beside_a_waiting_job_are_answered_in_portions(void **state)
{
	const struct virtio_gpu_ctrl_hdr ask = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO};
	struct {
		struct virtio_gpu_cmd_submit c;
		struct sim_op op;
	} work = {.c = {.hdr = {.type = VIRTIO_GPU_CMD_SUBMIT_3D, .ctx_id = 1},
			.size = sizeof(struct sim_op)},
		  .op = {.code = SIM_WORK, .value = 100}};
	struct driver *d = *state;
	struct flood f;
	uint64_t before;

	assert_int_equal(driver_ctx_create(d, 1), VIRTIO_GPU_RESP_OK_NODATA);
	make_queue(d, &f);
	device_start(d->device, &f.vq, NULL, device_features(d->device));
	/* Its descriptor is the last but one: the flood takes those from 1 on. */
	memcpy(d->pool + COMMAND_AT + 4096, &work, sizeof(work));
	f.desc[QUEUE - 2] = (struct vring_desc){.addr = COMMAND_AT + 4096,
						.len = sizeof(work),
						.flags = VRING_DESC_F_NEXT,
						.next = QUEUE - 1};
	f.avail[2] = QUEUE - 2;
	f.avail[1] = 1;
	fill(d, &f, &ask, sizeof(ask), ANSWER);
	for (uint32_t left = COMMANDS; left > 0; left -= left < VISIT ? left : VISIT) {
		before = commands_so_far(d);
		assert_int_equal(device_pump(d->device), left >= VISIT); /* 1: come again */
		assert_in_range(commands_so_far(d) - before, 1, VISIT + 1);
	}
	assert_int_equal(commands_so_far(d), 1 + 1 + COMMANDS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, driver_setup, driver_teardown)
	const struct CMUnitTest tests[] = {
		TEST(cursor_moves_are_taken_in_portions),
		TEST(one_queue_does_not_starve_the_other),
		TEST(questions_beside_a_waiting_job_are_answered_in_portions),
	};

	return cmocka_run_group_tests_name("visits", tests, NULL, NULL);
}
