/* SPDX-License-Identifier: MIT */
#include "tests/unit/backend/device/driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

uint8_t guest_memory[DRIVER_GUEST_PAGES][VGPU_PAGE_SIZE];
uint32_t refused_ref = UINT32_MAX;
uint32_t mapped_pages;

/* --- the grant table: copies of the pages, for a mapping has its own addresses --------------- */

static char handle;

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger, unsigned int flags)
{
	(void)logger;
	(void)flags;
	return (xengnttab_handle *)(void *)&handle;
}

int xengnttab_close(xengnttab_handle *xgt)
{
	(void)xgt;
	return 0;
}

void *xengnttab_map_domain_grant_refs(xengnttab_handle *xgt, uint32_t count, uint32_t domid,
				      uint32_t *refs, int prot)
{
	(void)xgt;
	(void)domid;
	for (uint32_t i = 0; i < count; i++) {
		if (refs[i] >= DRIVER_GUEST_PAGES || refs[i] == refused_ref) {
			errno = EINVAL;
			return NULL;
		}
	}
	uint8_t *base = mmap(NULL, (size_t)count * VGPU_PAGE_SIZE, prot,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(base, MAP_FAILED);
	for (uint32_t i = 0; i < count; i++)
		memcpy(base + (size_t)i * VGPU_PAGE_SIZE, guest_memory[refs[i]], VGPU_PAGE_SIZE);
	mapped_pages += count;
	return base;
}

int xengnttab_unmap(xengnttab_handle *xgt, void *base, uint32_t count)
{
	(void)xgt;
	mapped_pages -= count;
	return munmap(base, (size_t)count * VGPU_PAGE_SIZE);
}

/* --- the ring ------------------------------------------------------------------------------ */

#define DESC_AT	 0u
#define AVAIL_AT 1024u
#define USED_AT	 2048u
#define SLOTS_AT 4096u

static uint8_t *slot(struct driver *d, uint16_t head)
{
	return d->pool + SLOTS_AT + (size_t)head * DRIVER_SLOT_BYTES;
}

struct driver *driver_create(void)
{
	struct driver *d = aligned_alloc(4096, sizeof(*d));

	assert_non_null(d);
	memset(d, 0, sizeof(*d));
	d->desc = (struct vring_desc *)(void *)(d->pool + DESC_AT);
	d->avail = (uint16_t *)(void *)(d->pool + AVAIL_AT);
	d->used = d->pool + USED_AT;
	d->setup = (struct vgpu_queue){.size = DRIVER_QUEUE_SIZE,
				       .enabled = 1,
				       .desc = DESC_AT,
				       .driver = AVAIL_AT,
				       .device = USED_AT};
	d->mediator = d->device_socket = -1;
	d->config = (struct gpum_config){.domid = 3,
					 .num_scanouts = 2,
					 .memory_mib = 1,
					 .max_granted_mib = 1,
					 .max_contexts = 2,
					 .max_resources = 4,
					 .max_command_bytes = 2048};
	d->config.scanout[0].width = 32;
	d->config.scanout[0].height = 16;
	d->config.scanout[0].frame_period_us = 16667;
	d->config.scanout[1] = d->config.scanout[0];
	assert_int_equal(vq_init(&d->vq, d->pool, sizeof(d->pool), &d->setup, false), 0);
	return d;
}

static uint64_t driver_now(void *opaque)
{
	return ((struct driver *)opaque)->now_us;
}

void driver_start(struct driver *d)
{
	int sockets[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets), 0);
	d->mediator = sockets[0];
	d->device_socket = sockets[1];
	d->gpu = gpu_sim_create(driver_now, d);
	assert_int_equal(granted_open(&d->granted, d->config.domid), 0);
	d->device = device_create(&d->config, d->gpu, &d->granted, d->device_socket);
	assert_non_null(d->device);
	assert_int_equal(vq_init(&d->control, d->pool, sizeof(d->pool), &d->setup, false), 0);
	device_start(d->device, &d->control, NULL, device_features(d->device));
}

void driver_destroy(struct driver *d)
{
	if (d->device) {
		device_destroy(d->device);
		d->gpu->ops->destroy(d->gpu);
		granted_close(&d->granted);
		close(d->mediator);
		close(d->device_socket);
		assert_int_equal(mapped_pages, 0);
	}
	free(d);
	refused_ref = UINT32_MAX;
}

uint64_t driver_offset(const struct driver *d, const void *in_pool)
{
	return (uint64_t)((const uint8_t *)in_pool - d->pool);
}

void driver_desc(struct driver *d, uint16_t index, uint64_t addr, uint32_t len, uint16_t flags,
		 uint16_t next)
{
	d->desc[index] =
		(struct vring_desc){.addr = addr, .len = len, .flags = flags, .next = next};
}

void driver_offer(struct driver *d, uint16_t head)
{
	uint16_t idx = d->avail[1];

	d->avail[2 + idx % DRIVER_QUEUE_SIZE] = head;
	__atomic_store_n(&d->avail[1], (uint16_t)(idx + 1), __ATOMIC_RELEASE);
}

uint16_t driver_send(struct driver *d, const void *command, uint32_t bytes, uint32_t response)
{
	uint16_t head = d->next_head;
	uint16_t second = (uint16_t)(head + 1);
	uint8_t *at = slot(d, head);

	d->next_head = (uint16_t)((head + 2) % DRIVER_QUEUE_SIZE);
	memcpy(at, command, bytes);
	memset(slot(d, second), 0xee, DRIVER_SLOT_BYTES);
	driver_desc(d, head, driver_offset(d, at), bytes, response ? VRING_DESC_F_NEXT : 0, second);
	driver_desc(d, second, driver_offset(d, slot(d, second)), response, VRING_DESC_F_WRITE, 0);
	driver_offer(d, head);
	return head;
}

void *driver_response(struct driver *d, uint16_t head)
{
	return slot(d, (uint16_t)(head + 1));
}

uint32_t driver_response_type(struct driver *d, uint16_t head)
{
	const struct virtio_gpu_ctrl_hdr *h = driver_response(d, head);

	return h->type;
}

int driver_next_answer(struct driver *d)
{
	uint16_t idx;
	uint32_t id;

	memcpy(&idx, d->used + 2, sizeof(idx));
	if (idx == d->used_seen)
		return -1;
	memcpy(&id, d->used + 4 + (size_t)(d->used_seen % DRIVER_QUEUE_SIZE) * 8, sizeof(id));
	d->used_seen++;
	return (int)id;
}

uint32_t driver_do(struct driver *d, const void *command, uint32_t bytes)
{
	uint16_t head = driver_send(d, command, bytes, 2048);

	assert_int_equal(device_pump(d->device), 0);
	assert_int_equal(driver_next_answer(d), head);
	return driver_response_type(d, head);
}

/* --- the mediator -------------------------------------------------------------------------- */

struct gpum_msg driver_message(struct driver *d)
{
	struct gpum_msg msg = {0};
	char byte;
	int fd;

	if (recv(d->mediator, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
		return msg;
	assert_int_equal(gpum_msg_recv(d->mediator, &msg, &fd), 1);
	if (fd >= 0)
		close(fd);
	return msg;
}

void driver_expect(struct driver *d, uint32_t type, struct gpum_msg *msg)
{
	struct gpum_msg got = driver_message(d);

	assert_int_equal(got.type, type);
	if (msg)
		*msg = got;
}

void driver_expect_silence(struct driver *d)
{
	assert_int_equal(driver_message(d).type, 0);
}

/* --- commands ------------------------------------------------------------------------------ */

uint32_t driver_create_2d(struct driver *d, uint32_t id, uint32_t width, uint32_t height)
{
	struct virtio_gpu_resource_create_2d c = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_2D,
						  .resource_id = id,
						  .format = VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM,
						  .width = width,
						  .height = height};

	return driver_do(d, &c, sizeof(c));
}

uint32_t driver_attach(struct driver *d, uint32_t id, uint32_t ref, uint32_t bytes)
{
	struct {
		struct virtio_gpu_resource_attach_backing c;
		struct virtio_gpu_mem_entry e;
	} a = {.c = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING,
		     .resource_id = id,
		     .nr_entries = 1},
	       .e = {.addr = VGPU_ADDR_GRANT | (uint64_t)ref << VGPU_ADDR_REF_SHIFT,
		     .length = bytes}};

	return driver_do(d, &a, sizeof(a));
}

uint32_t driver_unref(struct driver *d, uint32_t id)
{
	struct virtio_gpu_resource_unref c = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_UNREF,
					      .resource_id = id};

	return driver_do(d, &c, sizeof(c));
}

uint32_t driver_set_scanout(struct driver *d, uint32_t scanout, uint32_t id, uint32_t width,
			    uint32_t height)
{
	struct virtio_gpu_set_scanout c = {.hdr.type = VIRTIO_GPU_CMD_SET_SCANOUT,
					   .r = {.width = width, .height = height},
					   .scanout_id = scanout,
					   .resource_id = id};

	return driver_do(d, &c, sizeof(c));
}

uint32_t driver_ctx_create(struct driver *d, uint32_t context)
{
	struct virtio_gpu_ctx_create c = {
		.hdr = {.type = VIRTIO_GPU_CMD_CTX_CREATE, .ctx_id = context}};

	return driver_do(d, &c, sizeof(c));
}

uint16_t driver_send_flush(struct driver *d, uint32_t id, uint32_t width, uint32_t height)
{
	struct virtio_gpu_resource_flush c = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_FLUSH,
					      .r = {.width = width, .height = height},
					      .resource_id = id};

	return driver_send(d, &c, sizeof(c), 64);
}

uint16_t driver_send_stream(struct driver *d, uint32_t context, const struct sim_op *ops,
			    uint32_t count, uint64_t fence)
{
	struct {
		struct virtio_gpu_cmd_submit c;
		struct sim_op ops[32];
	} s = {.c = {.hdr = {.type = VIRTIO_GPU_CMD_SUBMIT_3D,
			     .flags = fence ? VIRTIO_GPU_FLAG_FENCE : 0,
			     .fence_id = fence,
			     .ctx_id = context},
		     .size = count * (uint32_t)sizeof(*ops)}};

	assert_true(count <= 32);
	memcpy(s.ops, ops, count * sizeof(*ops));
	return driver_send(d, &s, (uint32_t)(sizeof(s.c) + count * sizeof(*ops)), 64);
}

uint16_t driver_send_work(struct driver *d, uint32_t context, uint32_t us, uint64_t fence)
{
	const struct sim_op op = {.code = SIM_WORK, .value = us};

	return driver_send_stream(d, context, &op, 1, fence);
}

uint16_t driver_send_simple(struct driver *d, uint32_t type, uint64_t fence)
{
	struct virtio_gpu_ctrl_hdr c = {
		.type = type, .flags = fence ? VIRTIO_GPU_FLAG_FENCE : 0, .fence_id = fence};

	return driver_send(d, &c, sizeof(c), 1024);
}

int driver_setup(void **state)
{
	struct driver *d = driver_create();

	driver_start(d);
	*state = d;
	return 0;
}

int driver_teardown(void **state)
{
	driver_destroy(*state);
	return 0;
}
