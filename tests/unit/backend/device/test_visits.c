/* SPDX-License-Identifier: MIT */
/*
 * However many commands a guest sends, a visit to its queues ends soon, so that the mediator's
 * messages are read in between. No command is left behind.
 */
#include "tests/unit/backend/device/driver.h"

#include <string.h>

#include "backend/error/error.h"

#define QUEUE	 256u
#define ANSWER	 (QUEUE - 1) /* the response descriptor, shared by all commands */
#define COMMANDS 200u	     /* several visits, the last of which is not full */
#define BUDGET	 64u

/* Pool offsets behind everything that driver.c uses. */
#define DESC_AT	    131072u
#define AVAIL_AT    139264u
#define USED_AT	    143360u
#define COMMANDS_AT 147456u
#define COMMAND_MAX 128u
#define ANSWERS_AT  (COMMANDS_AT + COMMANDS * COMMAND_MAX)
#define ANSWER_MAX  512u

static uint16_t *avail;
static struct vring_desc *desc;
static uint16_t sent, seen;

/* Replace `vq` by a queue that holds more commands than a visit takes. */
static void enlarge(struct driver *d, struct virtqueue *vq)
{
	const struct vgpu_queue setup = {.size = QUEUE,
					 .enabled = 1,
					 .desc = DESC_AT,
					 .driver = AVAIL_AT,
					 .device = USED_AT};

	avail = (uint16_t *)(void *)(d->pool + AVAIL_AT);
	desc = (struct vring_desc *)(void *)(d->pool + DESC_AT);
	memset(d->pool + DESC_AT, 0, COMMANDS_AT - DESC_AT);
	sent = seen = 0;
	assert_int_equal(vq_init(vq, d->pool, sizeof(d->pool), &setup, false), 0);
}

static void offer_without_answer(struct driver *d, const void *command, uint32_t bytes)
{
	uint64_t at = COMMANDS_AT + (uint64_t)sent * COMMAND_MAX;

	assert_true(sent < COMMANDS && bytes <= COMMAND_MAX);
	memcpy(d->pool + at, command, bytes);
	desc[sent] = (struct vring_desc){.addr = at, .len = bytes};
	avail[2 + sent] = sent;
	avail[1] = ++sent;
}

static void offer(struct driver *d, const void *command, uint32_t bytes)
{
	desc[ANSWER] = (struct vring_desc){
		.addr = ANSWERS_AT, .len = ANSWER_MAX, .flags = VRING_DESC_F_WRITE};
	offer_without_answer(d, command, bytes);
	desc[sent - 1].flags = VRING_DESC_F_NEXT;
	desc[sent - 1].next = ANSWER;
}

/* A job in context 1. */
static void offer_work(struct driver *d, uint32_t flags, uint64_t fence)
{
	const struct {
		struct virtio_gpu_cmd_submit c;
		struct sim_op op;
	} work = {.c = {.hdr = {.type = VIRTIO_GPU_CMD_SUBMIT_3D,
				.flags = flags,
				.fence_id = fence,
				.ctx_id = 1},
			.size = sizeof(struct sim_op)},
		  .op = {.code = SIM_WORK, .value = 1000}};

	offer(d, &work, sizeof(work));
}

static void offer_many(struct driver *d, uint32_t type, uint32_t count)
{
	const struct virtio_gpu_resource_unref c = {.hdr.type = type, .resource_id = 99};

	for (uint32_t i = 0; i < count; i++)
		offer(d, &c, sizeof(c));
}

/* The number of the next answered command; -1: none. */
static int next_answer(const struct driver *d)
{
	uint16_t used;
	uint32_t head;

	memcpy(&used, d->pool + USED_AT + 2, sizeof(used));
	if (used == seen)
		return -1;
	memcpy(&head, d->pool + USED_AT + 4 + (size_t)(seen++ % QUEUE) * 8, sizeof(head));
	return (int)head;
}

static uint64_t commands_so_far(const struct driver *d)
{
	struct gpum_state count;

	device_count(d->device, &count);
	return count.commands;
}

/* --- a command arrives while the visit ends --------------------------------------------------- */

bool __real_vq_want_events(struct virtqueue *vq);
bool __wrap_vq_want_events(struct virtqueue *vq);

static struct driver *late;	  /* driver that sends one more command; NULL: none */
static struct virtqueue *late_on; /* it sends when events are requested for this queue */
static uint32_t late_type;

bool __wrap_vq_want_events(struct virtqueue *vq)
{
	if (late && vq == late_on) {
		offer_many(late, late_type, 1);
		late = NULL;
	}
	return __real_vq_want_events(vq);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void no_visit_takes_more_than_its_budget(void **state)
{
	struct driver *d = *state;
	uint64_t before;
	int again;

	enlarge(d, &d->control);
	offer_many(d, VIRTIO_GPU_CMD_GET_DISPLAY_INFO, COMMANDS);
	do {
		before = commands_so_far(d);
		again = device_pump(d->device);
		assert_in_range(commands_so_far(d) - before, 1, BUDGET);
	} while (again == 1);
	assert_int_equal(commands_so_far(d), COMMANDS);
	assert_int_equal(device_pump(d->device), 0);
}

/* Cursor commands may come without a response descriptor. */
static void cursor_flood_is_taken_in_portions_and_delays_no_command(void **state)
{
	static struct virtqueue cursor;
	struct driver *d = *state;
	struct virtio_gpu_update_cursor move = {.hdr.type = VIRTIO_GPU_CMD_MOVE_CURSOR};
	struct gpum_msg msg;

	enlarge(d, &cursor);
	device_start(d->device, &d->control, &cursor, device_features(d->device));
	for (uint32_t i = 0; i < COMMANDS; i++) {
		move.pos.x = i;
		offer_without_answer(d, &move, sizeof(move));
	}
	uint16_t info = driver_send_simple(d, VIRTIO_GPU_CMD_GET_DISPLAY_INFO, 0);
	for (uint32_t moves = BUDGET; moves <= COMMANDS; moves += BUDGET) {
		assert_int_equal(device_pump(d->device), 1); /* 1: call again */
		assert_int_equal(driver_next_answer(d), moves == BUDGET ? info : -1);
		assert_int_equal(commands_so_far(d), moves + 1);
		/* Only the last position of a visit is sent to the mediator. */
		driver_expect(d, GPUM_MSG_CURSOR, &msg);
		assert_int_equal(msg.cursor.x, moves - 1);
		driver_expect_silence(d);
	}
	assert_int_equal(device_pump(d->device), 0);
	assert_int_equal(commands_so_far(d), COMMANDS + 1);
}

static void queries_beside_a_waiting_job_are_answered_in_portions(void **state)
{
	struct driver *d = *state;
	uint64_t before;

	assert_int_equal(driver_ctx_create(d, 1), VIRTIO_GPU_RESP_OK_NODATA);
	enlarge(d, &d->control);
	offer_work(d, 0, 0);
	offer_many(d, VIRTIO_GPU_CMD_GET_DISPLAY_INFO, COMMANDS - 1);
	for (uint32_t left = COMMANDS - 1; left > 0; left -= left < BUDGET ? left : BUDGET) {
		before = commands_so_far(d);
		assert_int_equal(device_pump(d->device), left >= BUDGET); /* 1: call again */
		assert_in_range(commands_so_far(d) - before, 1, BUDGET + 1);
	}
	assert_int_equal(commands_so_far(d), 1 + COMMANDS); /* CTX_CREATE included */
}

static void queries_behind_a_waiting_head_need_no_further_event(void **state)
{
	struct driver *d = *state;

	driver_ctx_create(d, 1);
	enlarge(d, &d->control);
	offer_work(d, 0, 0);
	offer_many(d, VIRTIO_GPU_CMD_RESOURCE_UNREF, BUDGET);
	offer_many(d, VIRTIO_GPU_CMD_GET_DISPLAY_INFO, 3);
	for (int visits = 0; device_pump(d->device) == 1; visits++)
		assert_true(visits < 3);
	driver_expect(d, GPUM_MSG_JOB_READY, NULL);
	for (int i = 0; i < 3; i++)
		assert_int_equal(next_answer(d), 1 + (int)BUDGET + i);
	assert_int_equal(next_answer(d), -1);
}

static void invalid_query_is_refused_while_the_head_waits(void **state)
{
	struct driver *d = *state;
	const struct virtio_gpu_cmd_get_edid edid = {.hdr.type = VIRTIO_GPU_CMD_GET_EDID,
						     .scanout = 2};

	driver_ctx_create(d, 1);
	driver_send_work(d, 1, 1000, 1);
	uint16_t head = driver_send(d, &edid, sizeof(edid), 2048);
	assert_int_equal(device_pump(d->device), 0);
	driver_expect(d, GPUM_MSG_JOB_READY, NULL);
	assert_int_equal(driver_next_answer(d), head);
	assert_int_equal(driver_response_type(d, head), VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID);
}

static void ring_broken_behind_a_waiting_head_ends_the_connection(void **state)
{
	struct driver *d = *state;

	driver_ctx_create(d, 1);
	driver_send_work(d, 1, 1000, 1);
	driver_offer(d, DRIVER_QUEUE_SIZE);
	assert_int_equal(device_pump(d->device), BACKEND_ERR_HEAD_INDEX);
}

/* Responses that wait for the job are deferred, up to a limit. */
static void any_number_of_commands_behind_a_job_is_answered_in_order(void **state)
{
	struct driver *d = *state;
	struct virtio_gpu_resource_unref unref = {
		.hdr = {.type = VIRTIO_GPU_CMD_RESOURCE_UNREF, .flags = VIRTIO_GPU_FLAG_FENCE}};
	struct gpum_msg msg;

	driver_ctx_create(d, 1);
	enlarge(d, &d->control);
	offer_work(d, VIRTIO_GPU_FLAG_FENCE, 1);
	for (uint32_t i = 1; i < COMMANDS; i++) {
		unref.hdr.fence_id = i;
		offer(d, &unref, sizeof(unref));
	}
	while (device_pump(d->device) == 1)
		;
	driver_expect(d, GPUM_MSG_JOB_READY, &msg);
	assert_in_range(device_job_run(d->device, msg.job.id), 0, 1);
	while (device_pump(d->device) == 1)
		;
	assert_int_equal(next_answer(d), -1);
	assert_in_range(commands_so_far(d), BUDGET, 2 * BUDGET - 1);
	d->now_us += 1000;
	assert_in_range(device_poll(d->device), 0, 1);
	while (device_pump(d->device) == 1)
		;
	for (int i = 0; i < (int)COMMANDS; i++)
		assert_int_equal(next_answer(d), i);
	assert_int_equal(next_answer(d), -1);
}

static void command_arriving_while_events_are_requested_is_taken_at_once(void **state)
{
	static struct virtqueue cursor;
	struct driver *d = *state;

	enlarge(d, &d->control);
	late = d;
	late_on = &d->control;
	late_type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO;
	assert_int_equal(device_pump(d->device), 0);
	assert_null(late);
	assert_int_equal(next_answer(d), 0);

	enlarge(d, &cursor);
	device_start(d->device, NULL, &cursor, device_features(d->device));
	late = d;
	late_on = &cursor;
	assert_int_equal(device_pump(d->device), 0);
	assert_null(late);
	assert_int_equal(next_answer(d), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, driver_setup, driver_teardown)
	const struct CMUnitTest tests[] = {
		TEST(no_visit_takes_more_than_its_budget),
		TEST(cursor_flood_is_taken_in_portions_and_delays_no_command),
		TEST(queries_beside_a_waiting_job_are_answered_in_portions),
		TEST(queries_behind_a_waiting_head_need_no_further_event),
		TEST(invalid_query_is_refused_while_the_head_waits),
		TEST(ring_broken_behind_a_waiting_head_ends_the_connection),
		TEST(any_number_of_commands_behind_a_job_is_answered_in_order),
		TEST(command_arriving_while_events_are_requested_is_taken_at_once),
	};

	return cmocka_run_group_tests_name("visits", tests, NULL, NULL);
}
