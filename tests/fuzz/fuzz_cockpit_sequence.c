/* SPDX-License-Identifier: MIT */
/*
 * A whole cockpit in virtual time: three guests, a device on a simulated GPU for each, the
 * scheduler, and a panel with their displays. The input is what the guests do and when. Some of it
 * is valid and some is not, and backends die at any time. In all cases:
 *
 * - one job is on the GPU at a time, and none starts while a more important one may start;
 * - the GPU is idle only if no client may use it;
 * - a guest's memory and its pictures hold bytes of that guest only;
 * - each answer goes to the guest that sent the command, once, and in the end no command is
 *   unanswered;
 * - after the end, nothing is mapped or stored any more.
 */
#include <errno.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_ring.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/device/device.h"
#include "backend/error/error.h"
#include "mediator/present/present.h"
#include "mediator/sched/sched.h"
#include "tests/fuzz/grants.h"

#define GUESTS	     GRANTS_DOMAINS
#define DISPLAYS     (GUESTS + 1u) /* the first guest has two displays */
#define RING	     32u
#define SLOT_BYTES   512u
#define SLOTS_AT     2048u
#define CURSOR_AT    (SLOTS_AT + RING * SLOT_BYTES)
#define POOL_BYTES   24576u
#define BUFFERS	     GPUM_MAX_BUFFERS
#define KILL_US	     50000u
#define COMPOSE_US   300u
#define ACTS_MAX     256u
#define SETTLE_STEPS 4000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct picture {
	uint32_t id; /* 0: none */
	int fd;
	struct gpum_buffer is;
};

struct guest {
	uint32_t domid, priority;
	uint8_t *pool;
	struct virtqueue control, cursor;
	uint16_t next_slot, used_seen;
	uint8_t asked[RING]; /* unanswered commands, by head */
	bool poked;	     /* it has overwritten its own ring: asked[] is not valid any more */
	struct gpu *gpu;
	struct granted granted;
	struct device *device;
	int socket, device_socket;
	struct sched_client *client;
	uint32_t num_displays, first_display;
	struct picture picture[BUFFERS];
	uint32_t last_buffer;
};

static struct guest guests[GUESTS];
static struct sched sched;
static struct sched_client *compositor;
static struct present_panel panel;
static uint64_t now_us, tick_us, compose_end_us, wake_ns;
static uint64_t compose_id;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static uint64_t clock_us(void *opaque)
{
	(void)opaque;
	return now_us;
}

static uint64_t now_ns(void)
{
	return now_us * 1000;
}

/* --- secrets: a guest's bytes are its domain id, or zero -------------------------------------- */

static void require_own(const uint8_t *bytes, size_t size, uint32_t domid)
{
	static const uint8_t none[512];
	uint8_t own[sizeof(none)];

	memset(own, (int)domid, sizeof(own));
	for (size_t i = 0, n; i < size; i += n) {
		n = size - i < sizeof(own) ? size - i : sizeof(own);
		if (!memcmp(bytes + i, own, n) || !memcmp(bytes + i, none, n))
			continue; /* the common case */
		for (size_t b = i; b < i + n; b++)
			require(bytes[b] == 0 || bytes[b] == domid);
	}
}

static void check_picture(const struct guest *g, const struct picture *p)
{
	size_t bytes = (size_t)p->is.stride * p->is.height;
	uint8_t *pixels = mmap(NULL, bytes, PROT_READ, MAP_SHARED, p->fd, 0);

	require(pixels != MAP_FAILED);
	require_own(pixels, bytes, g->domid);
	munmap(pixels, bytes);
}

/* --- a guest's driver ---------------------------------------------------------------------- */

static uint8_t *slot(struct guest *g, uint32_t head)
{
	return g->pool + SLOTS_AT + (size_t)head * SLOT_BYTES;
}

static void offer(struct guest *g, uint16_t head)
{
	uint16_t *avail = (uint16_t *)(void *)(g->pool + 1024);

	avail[2 + avail[1] % RING] = head;
	avail[1]++;
}

static void ask(struct guest *g, const void *command, uint32_t bytes)
{
	struct vring_desc *desc = (struct vring_desc *)(void *)g->pool;
	uint16_t head = g->next_slot, second = (uint16_t)(head + 1);

	if (g->asked[head] && !g->poked)
		return; /* the queue is full */
	g->next_slot = (uint16_t)((head + 2) % RING);
	memcpy(slot(g, head), command, bytes);
	desc[head] = (struct vring_desc){
		.addr = SLOTS_AT + head * SLOT_BYTES, .len = bytes, .flags = 1, .next = second};
	desc[second] = (struct vring_desc){
		.addr = SLOTS_AT + second * SLOT_BYTES, .len = SLOT_BYTES, .flags = 2};
	g->asked[head]++;
	offer(g, head);
}

static struct virtio_gpu_ctrl_hdr header(const struct guest *g, uint32_t type, uint32_t context,
					 bool fenced)
{
	static uint32_t serial;

	return (struct virtio_gpu_ctrl_hdr){.type = type,
					    .flags = fenced ? VIRTIO_GPU_FLAG_FENCE : 0,
					    .fence_id = fenced ? (uint64_t)g->domid << 32 | ++serial
							       : 0,
					    .ctx_id = context};
}

static void take_answers(struct guest *g)
{
	uint16_t used;

	memcpy(&used, g->pool + 1536 + 2, sizeof(used));
	for (; !g->poked && g->used_seen != used; g->used_seen++) {
		struct virtio_gpu_ctrl_hdr h;
		uint32_t id;

		memcpy(&id, g->pool + 1536 + 4 + (size_t)(g->used_seen % RING) * 8, sizeof(id));
		require(id < RING && g->asked[id] == 1);
		g->asked[id] = 0;
		memcpy(&h, slot(g, id + 1), sizeof(h));
		require(!(h.flags & VIRTIO_GPU_FLAG_FENCE) || h.fence_id >> 32 == g->domid);
	}
}

/* --- backends, and what the mediator does for them ------------------------------------------- */

static void start_backend(struct guest *g)
{
	static const struct vgpu_queue control = {
		.size = RING, .enabled = 1, .desc = 0, .driver = 1024, .device = 1536};
	static const struct vgpu_queue cursor = {.size = 4,
						 .enabled = 1,
						 .desc = CURSOR_AT,
						 .driver = CURSOR_AT + 64,
						 .device = CURSOR_AT + 128};
	struct gpum_config config = {.domid = g->domid,
				     .num_scanouts = g->num_displays,
				     .memory_mib = 1,
				     .max_contexts = 2,
				     .max_resources = 6,
				     .max_command_bytes = 512,
				     .max_job_draws = g->domid == 1 ? 0 : 1};
	struct sched_params params = {.priority = g->priority, .kill_ns = KILL_US * 1000ull};
	int sockets[2];

	memset(g->pool, 0, POOL_BYTES);
	memset(g->asked, 0, sizeof(g->asked));
	g->next_slot = g->used_seen = 0;
	g->poked = false;
	require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sockets) == 0);
	g->socket = sockets[0];
	g->device_socket = sockets[1];
	g->gpu = gpu_sim_create(clock_us, NULL);
	require(granted_open(&g->granted, g->domid) == 0);
	g->device = device_create(&config, g->gpu, &g->granted, g->device_socket);
	require(vq_init(&g->control, g->pool, POOL_BYTES, &control, false) == 0);
	require(vq_init(&g->cursor, g->pool, POOL_BYTES, &cursor, false) == 0);
	device_start(g->device, &g->control, &g->cursor, device_features(g->device));
	g->client = sched_add(&sched, g->priority, g);
	if (g->domid == GUESTS) {
		params.budget_ns = 3000000;
		params.budget_period_ns = 10000000;
	}
	sched_set_params(&sched, g->client, &params, now_ns());
}

static void stop_backend(struct guest *g)
{
	device_destroy(g->device);
	g->gpu->ops->destroy(g->gpu);
	require(g->granted.pages == 0);
	granted_close(&g->granted);
	close(g->socket);
	close(g->device_socket);
	sched_remove(&sched, g->client, now_ns());
	for (uint32_t i = 0; i < g->num_displays; i++)
		present_gone(&panel, g->first_display + i, now_ns());
	for (uint32_t i = 0; i < BUFFERS; i++) {
		if (g->picture[i].id)
			close(g->picture[i].fd);
	}
	memset(g->picture, 0, sizeof(g->picture));
	g->last_buffer = 0;
}

static void guest_fault(struct guest *g, int status)
{
	if (status >= 0)
		return;
	/* These errors would not be the guest's fault. */
	require(status != BACKEND_ERR_MEDIATOR && status != BACKEND_ERR_SYSTEM &&
		status != BACKEND_ERR_MEMORY);
	require(g->poked); /* a guest that keeps to the protocol is not disconnected */
	stop_backend(g);
	start_backend(g);
}

static struct picture *find_picture(struct guest *g, uint32_t id)
{
	for (uint32_t i = 0; i < BUFFERS; i++) {
		if (g->picture[i].id == id)
			return &g->picture[i];
	}
	return NULL;
}

static void add_picture(struct guest *g, const struct gpum_buffer *is, int fd)
{
	struct picture *p = find_picture(g, 0);

	require(p && is->id > g->last_buffer && fd >= 0);
	require(is->width > 0 && is->height > 0 && is->stride >= is->width * 4);
	*p = (struct picture){.id = is->id, .fd = fd, .is = *is};
	g->last_buffer = is->id;
}

static void remove_picture(struct guest *g, uint32_t id)
{
	struct picture *p = id ? find_picture(g, id) : NULL;

	require(p != NULL);
	close(p->fd);
	memset(p, 0, sizeof(*p));
}

static void answer_frame(struct guest *g, uint32_t scanout, uint64_t seq)
{
	if (seq)
		guest_fault(g, device_frame_shown(g->device, scanout, seq));
}

static void take_frame(struct guest *g, const struct gpum_frame *f)
{
	const struct picture *p = f->buffer_id ? find_picture(g, f->buffer_id) : NULL;
	struct present_frame frame = {.seq = f->seq,
				      .buffer_id = f->buffer_id,
				      .x = f->x,
				      .y = f->y,
				      .width = f->width,
				      .height = f->height};
	uint64_t superseded;

	require(p && f->scanout < g->num_displays);
	require((uint64_t)f->x + f->width <= p->is.width);
	require((uint64_t)f->y + f->height <= p->is.height);
	require(present_submit(&panel, g->first_display + f->scanout, &frame, &superseded) == 0);
	check_picture(g, p);
	sched_complete(&sched, g->client, now_ns());
	answer_frame(g, f->scanout, superseded);
}

static void take_job(struct guest *g, const struct gpum_job *job)
{
	struct sched_job next = {.id = job->id, .kind = job->kind, .bytes = job->bytes};

	require(job->kind == GPUM_JOB_SUBMIT || job->kind == GPUM_JOB_TRANSFER);
	if (!g->client->drawing)
		sched_release(&sched, g->client, now_ns());
	require(sched_ready(&sched, g->client, &next, now_ns()) == SCHED_OK);
}

static void take_message(struct guest *g, const struct gpum_msg *msg, int fd)
{
	switch (msg->type) {
	case GPUM_MSG_JOB_READY:
		take_job(g, &msg->job);
		break;
	case GPUM_MSG_JOB_DONE:
		require(sched_done(&sched, g->client, msg->done.id, now_ns()) == SCHED_OK);
		if (msg->done.next.kind)
			take_job(g, &msg->done.next);
		break;
	case GPUM_MSG_BUFFER_ADD:
		add_picture(g, &msg->buffer, fd);
		break;
	case GPUM_MSG_BUFFER_REMOVE:
		remove_picture(g, msg->id.id);
		break;
	case GPUM_MSG_FRAME:
		take_frame(g, &msg->frame);
		break;
	case GPUM_MSG_SCANOUT_OFF:
		require(msg->id.id < g->num_displays);
		answer_frame(g, msg->id.id,
			     present_off(&panel, g->first_display + msg->id.id, now_ns()));
		break;
	case GPUM_MSG_CURSOR:
		require(msg->cursor.scanout < g->num_displays);
		require(!msg->cursor.buffer_id || find_picture(g, msg->cursor.buffer_id));
		break;
	default:
		abort();
	}
}

static void read_messages(struct guest *g)
{
	struct gpum_msg msg;
	int fd, got;

	while ((got = gpum_msg_recv(g->socket, &msg, &fd)) == 1)
		take_message(g, &msg, fd);
	require(got == -EAGAIN);
	take_answers(g);
}

static void read_all_messages(void)
{
	for (uint32_t i = 0; i < GUESTS; i++)
		read_messages(&guests[i]);
}

/* --- the GPU and the panel ------------------------------------------------------------------- */

static void check_pick(const struct sched_client *picked)
{
	for (uint32_t i = 0; i < GUESTS; i++) {
		const struct sched_client *c = guests[i].client;

		require(!device_is_waiting(guests[i].device));
		if (c != picked && c->waiting && !c->throttled)
			require(picked && picked->priority <= c->priority);
	}
}

static void start_jobs(void)
{
	while (!sched.holder) {
		struct sched_client *next = sched_pick(&sched, now_ns(), &wake_ns);

		check_pick(next);
		if (!next)
			return;
		if (next == compositor) {
			compose_end_us = now_us + COMPOSE_US;
			return;
		}
		struct guest *g = next->owner;
		guest_fault(g, device_job_run(g->device, next->job.id));
		read_all_messages();
	}
}

static void end_composition(void)
{
	struct present_shown shown;

	compose_end_us = 0;
	require(sched_done(&sched, compositor, compose_id, now_ns()) == SCHED_OK);
	present_end(&panel, now_ns(), &shown);
	for (uint32_t i = 0; i < GUESTS; i++) {
		struct guest *g = &guests[i];

		for (uint32_t s = 0; s < g->num_displays; s++)
			answer_frame(g, s, shown.seq[g->first_display + s]);
	}
}

static void tick(void)
{
	tick_us += 16667;
	if (present_begin(&panel, now_ns()) == 0)
		return;
	require(sched_ready(&sched, compositor, &(struct sched_job){.id = ++compose_id},
			    now_ns()) == SCHED_OK);
}

static void serve_gpu(void)
{
	struct sched_client *holder = sched.holder;
	struct guest *g = holder ? holder->owner : NULL;

	if (g)
		guest_fault(g, device_poll(g->device));
	read_all_messages();
	if (sched.holder && sched.holder == holder && g &&
	    sched_overrun(&sched, now_ns(), NULL) == SCHED_RUN_KILL) {
		stop_backend(g);
		start_backend(g);
	}
	if (compose_end_us && now_us >= compose_end_us)
		end_composition();
	if (now_us >= tick_us)
		tick();
	read_all_messages();
	start_jobs();
}

/*
 * Advance time to the next moment at which anything may happen, by at most `us`. Returns the rest
 * of `us`.
 */
static uint64_t advance(uint64_t us)
{
	uint64_t end = now_us + us, next = tick_us < end ? tick_us : end;
	const struct guest *g = sched.holder ? sched.holder->owner : NULL;

	if (compose_end_us && compose_end_us < next)
		next = compose_end_us;
	if (g && now_us + g->gpu->poll_us < next)
		next = now_us + g->gpu->poll_us;
	if (g && (sched.holder->started_ns / 1000 + KILL_US) < next)
		next = sched.holder->started_ns / 1000 + KILL_US;
	if (wake_ns != SCHED_NEVER && wake_ns / 1000 + 1 < next)
		next = wake_ns / 1000 + 1;
	now_us = next > now_us ? next : now_us + 1;
	serve_gpu();
	return end > now_us ? end - now_us : 0;
}

/*
 * --- what guests do ----------------------------------------------------------------------------
 */

static void ask_simple(struct guest *g, const uint8_t *a)
{
	static const uint32_t types[] = {VIRTIO_GPU_CMD_GET_DISPLAY_INFO,
					 VIRTIO_GPU_CMD_CTX_CREATE,
					 VIRTIO_GPU_CMD_CTX_DESTROY,
					 VIRTIO_GPU_CMD_RESOURCE_UNREF,
					 VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING,
					 VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE,
					 VIRTIO_GPU_CMD_CTX_DETACH_RESOURCE,
					 VIRTIO_GPU_CMD_GET_CAPSET_INFO};
	struct {
		struct virtio_gpu_ctrl_hdr hdr;
		uint32_t id, reserved;
		uint8_t rest[72];
	} c = {.hdr = header(g, types[a[0] & 7], a[1] & 3, a[0] & 8), .id = a[2] & 7};

	ask(g, &c, types[a[0] & 7] == VIRTIO_GPU_CMD_CTX_CREATE ? 96 : 32);
}

static void ask_create(struct guest *g, const uint8_t *a)
{
	struct virtio_gpu_resource_create_2d c = {
		.hdr = header(g, VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, 0, false),
		.resource_id = a[0] & 7,
		.format = VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM,
		.width = a[1] & 63,
		.height = a[2] & 63};

	ask(g, &c, sizeof(c));
}

static void ask_attach(struct guest *g, const uint8_t *a)
{
	struct {
		struct virtio_gpu_resource_attach_backing c;
		struct virtio_gpu_mem_entry e;
	} c = {.c = {.hdr = header(g, VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, 0, a[0] & 8),
		     .resource_id = a[0] & 7,
		     .nr_entries = 1},
	       .e = {.addr = VGPU_ADDR_GRANT | (uint64_t)(a[1] % (GRANTS_PAGES + 2))
						       << VGPU_ADDR_REF_SHIFT,
		     .length = (a[2] & 15) * 4096u}};

	ask(g, &c, sizeof(c));
}

static void ask_transfer(struct guest *g, const uint8_t *a)
{
	struct virtio_gpu_transfer_host_3d c = {
		.hdr = header(g,
			      a[0] & 8 ? VIRTIO_GPU_CMD_TRANSFER_TO_HOST_3D
				       : VIRTIO_GPU_CMD_TRANSFER_FROM_HOST_3D,
			      a[0] >> 5 & 1, a[0] & 16),
		.box = {.x = a[1] >> 5, .y = a[2] >> 5, .w = a[1] & 31, .h = a[2] & 31, .d = 1},
		.offset = a[2] * 8u,
		.resource_id = a[0] & 7};

	ask(g, &c, sizeof(c));
}

static void ask_scanout(struct guest *g, const uint8_t *a)
{
	struct virtio_gpu_set_scanout c = {
		.hdr = header(g, VIRTIO_GPU_CMD_SET_SCANOUT, 0, false),
		.r = {.x = a[1] & 3, .width = a[1] & 63, .height = a[2] & 63},
		.scanout_id = a[0] >> 3 & 3,
		.resource_id = a[0] & 7};

	ask(g, &c, sizeof(c));
}

static void ask_flush(struct guest *g, const uint8_t *a)
{
	struct virtio_gpu_resource_flush c = {
		.hdr = header(g, VIRTIO_GPU_CMD_RESOURCE_FLUSH, 0, a[0] & 8),
		.r = {.width = a[1], .height = a[2]},
		.resource_id = a[0] & 7};

	ask(g, &c, sizeof(c));
}

/* A guest draws its domain id only. */
static void ask_submit(struct guest *g, const uint8_t *a, bool fill)
{
	struct {
		struct virtio_gpu_cmd_submit c;
		struct sim_op op[2];
	} c = {.c = {.hdr = header(g, VIRTIO_GPU_CMD_SUBMIT_3D, a[0] & 3, a[0] & 8),
		     .size = sizeof(c.op)},
	       .op = {{.code = fill ? SIM_FILL : SIM_WORK,
		       .resource = a[1] & 7,
		       .value = fill ? 0x01010101u * g->domid : a[1] * 256u},
		      {.code = a[0] & 16 ? SIM_FAIL : SIM_WORK, .value = a[2]}}};

	ask(g, &c, sizeof(c));
}

static void ask_cursor(struct guest *g, const uint8_t *a)
{
	struct virtio_gpu_update_cursor c = {
		.hdr = header(g,
			      a[0] & 8 ? VIRTIO_GPU_CMD_MOVE_CURSOR : VIRTIO_GPU_CMD_UPDATE_CURSOR,
			      0, false),
		.pos = {.scanout_id = a[0] >> 4 & 3, .x = a[1], .y = a[2]},
		.resource_id = a[0] & 7};
	struct vring_desc *desc = (struct vring_desc *)(void *)(g->pool + CURSOR_AT);
	uint16_t *avail = (uint16_t *)(void *)(g->pool + CURSOR_AT + 64);
	const uint16_t *used = (const uint16_t *)(const void *)(g->pool + CURSOR_AT + 128);

	if (avail[1] != used[1]) /* one cursor command at a time */
		return;
	memcpy(g->pool + CURSOR_AT + 256, &c, sizeof(c));
	desc[0] = (struct vring_desc){.addr = CURSOR_AT + 256, .len = sizeof(c)};
	avail[1]++;
}

static void poke(struct guest *g, const uint8_t *a)
{
	g->poked = true;
	g->pool[(size_t)(a[0] | a[1] << 8) % POOL_BYTES] = a[2];
}

static void act(const uint8_t *a)
{
	struct guest *g = &guests[(a[0] >> 4) % GUESTS];
	const uint8_t *values = a + 1;

	switch (a[0] & 15) {
	case 0:
	case 1:
		ask_simple(g, values);
		break;
	case 2:
		ask_create(g, values);
		break;
	case 3:
		ask_attach(g, values);
		break;
	case 4:
		ask_transfer(g, values);
		break;
	case 5:
		ask_scanout(g, values);
		break;
	case 6:
		ask_flush(g, values);
		break;
	case 7:
	case 8:
		ask_submit(g, values, (a[0] & 15) == 8);
		break;
	case 9:
		ask_cursor(g, values);
		break;
	case 10:
		poke(g, values);
		break;
	case 11:
		stop_backend(g);
		start_backend(g);
		return;
	case 12:
		for (uint64_t us = values[0] * 100u; us > 0;)
			us = advance(us);
		return;
	default:
		advance(values[0]);
		return;
	}
	if (a[0] & 0x40) /* the guest sends no event yet */
		return;
	guest_fault(g, device_pump(g->device));
	read_all_messages();
	start_jobs();
}

/* Whether no command, job or composition is outstanding. */
static bool is_idle(void)
{
	for (uint32_t i = 0; i < GUESTS; i++) {
		const struct guest *g = &guests[i];

		for (uint32_t head = 0; head < RING && !g->poked; head++)
			if (g->asked[head])
				return false;
		if (g->client->waiting || g->client->running)
			return false;
	}
	return !sched.holder && !panel.busy;
}

static void settle(void)
{
	for (uint32_t i = 0; i < GUESTS; i++)
		guest_fault(&guests[i], device_pump(guests[i].device));
	read_all_messages();
	start_jobs();
	for (uint32_t i = 0; i < SETTLE_STEPS && !is_idle(); i++)
		advance(1000000);
	require(is_idle());
}

static void set_up(void)
{
	now_us = 1000;
	tick_us = 2000;
	compose_end_us = compose_id = 0;
	wake_ns = SCHED_NEVER;
	sched_init(&sched, &sched_fixed_priority);
	present_init(&panel, 60, 0);
	compositor = sched_add(&sched, SCHED_PRIORITY_COMPOSITOR, NULL);
	for (uint32_t i = 0; i < GUESTS; i++) {
		struct guest *g = &guests[i];
		uint8_t *pool = g->pool ? g->pool : aligned_alloc(4096, POOL_BYTES);

		memset(g, 0, sizeof(*g));
		g->pool = pool;
		g->domid = i + 1;
		g->priority = sched_guest_priority(i);
		g->num_displays = i == 0 ? 2 : 1;
		g->first_display = present_add(&panel, 16667u << i);
		if (i == 0)
			present_add(&panel, 33333);
		memset(grants_memory(g->domid), (int)g->domid, GRANTS_BYTES);
		start_backend(g);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	set_up();
	for (size_t i = 0; i + 4 <= size && i < ACTS_MAX * 4; i += 4)
		act(data + i);
	settle();
	for (uint32_t i = 0; i < GUESTS; i++) {
		stop_backend(&guests[i]);
		require_own(grants_memory(guests[i].domid), GRANTS_BYTES, guests[i].domid);
	}
	require(grants_mapped == 0);
	return 0;
}
