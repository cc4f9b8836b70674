/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's side of a virtqueue against a hostile backend, which writes to the shared ring at any
 * time. The kernel module's own source is compiled here for the build host; the target plays
 * virtio_ring and virtio_gpu above it. In all cases the guest's driver gets back only buffers that
 * it gave, each once and with an answer. When the backend is given up, the driver gets back all of
 * its buffers.
 */
#include "frontend/queue.c"

#include "tests/fuzz/adversary.h"

#define SIZE	    16u
#define POOL_BYTES  8192u
#define DESC_AT	    0u
#define AVAIL_AT    1024u
#define USED_AT	    2048u
#define SLOTS_AT    4096u
#define SLOT_BYTES  256u
#define ACTS_MAX    128u
#define RACES_BYTES (64u * sizeof(struct adversary_step))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vgpu_device *device;
static struct virtqueue queue;
static bool (*notify)(struct virtqueue *vq);
static u16 used_seen;
static unsigned int given; /* heads that the driver gave and did not get back */
static bool owns[SIZE];	   /* the driver's free heads */
static struct virtio_gpu_ctrl_hdr command[SIZE];

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* --- below and above queue.c ------------------------------------------------------------------ */

struct virtqueue *vring_new_virtqueue(unsigned int index, unsigned int num, unsigned int align,
				      struct virtio_device *vdev, bool weak_barriers, bool context,
				      void *pages, bool (*kick)(struct virtqueue *vq),
				      void (*callback)(struct virtqueue *vq), const char *name)
{
	(void)index, (void)align, (void)vdev, (void)weak_barriers, (void)context, (void)pages;
	(void)callback, (void)name;
	queue = (struct virtqueue){.num_free = num, .num_max = num};
	notify = kick;
	return &queue;
}

void vring_del_virtqueue(struct virtqueue *vq)
{
	require(vq == &queue);
}

bool virtqueue_is_broken(struct virtqueue *vq)
{
	(void)vq;
	return false;
}

/* The driver takes its buffers back. It trusts its private ring. */
int vring_interrupt(int irq, void *vq)
{
	struct vgpu_shadow *q = queue.priv;

	(void)irq;
	require(vq == &queue);
	for (; used_seen != q->ring.used->idx; used_seen++) {
		const struct vring_used_elem *e = &q->ring.used->ring[used_seen % SIZE];

		require(e->id < SIZE && !owns[e->id]);
		owns[e->id] = true;
		given--;
		queue.num_free++;
	}
	return 0;
}

void vgpu_pool_ring_place(unsigned int index, unsigned int entries, struct vgpu_ring_place *place)
{
	require(index == 0 && entries == SIZE);
	*place = (struct vgpu_ring_place){.desc = DESC_AT, .avail = AVAIL_AT, .used = USED_AT};
}

unsigned int vgpu_pool_ring_size(unsigned int index)
{
	(void)index;
	return SIZE;
}

void *vgpu_pool_origin(struct vgpu_pool *pool, u64 addr, size_t len)
{
	(void)pool;
	require(addr >= SLOTS_AT && addr < SLOTS_AT + SIZE * SLOT_BYTES && len <= SLOT_BYTES);
	return &command[(addr - SLOTS_AT) / SLOT_BYTES];
}

void vgpu_device_lose(struct vgpu_device *dev, const char *why)
{
	require(why != NULL);
	dev->lost = true;
	vgpu_shadow_fail(&dev->queue[0]);
}

void vgpu_device_notify(struct vgpu_device *dev)
{
	require(dev == device && !dev->lost);
}

/* --- the guest's driver ----------------------------------------------------------------------- */

/* A chain of two descriptors, command and answer. Heads are even. */
static void give(struct vgpu_shadow *q, unsigned int head)
{
	struct vring *r = &q->ring;
	u64 at = SLOTS_AT + (u64)head * SLOT_BYTES;

	if (!owns[head])
		return;
	owns[head] = false;
	given++;
	queue.num_free--;
	command[head] = (struct virtio_gpu_ctrl_hdr){
		.type = VIRTIO_GPU_CMD_SUBMIT_3D, .flags = VIRTIO_GPU_FLAG_FENCE, .fence_id = head};
	r->desc[head] = (struct vring_desc){
		.addr = at, .len = 32, .flags = VRING_DESC_F_NEXT, .next = (u16)(head + 1)};
	r->desc[head + 1] = (struct vring_desc){
		.addr = at + SLOT_BYTES, .len = 24, .flags = VRING_DESC_F_WRITE};
	r->avail->ring[r->avail->idx % SIZE] = (u16)head;
	r->avail->idx++;
}

/* A valid answer of the backend, so that the fuzzer gets beyond the first one. */
static void answer(u8 *pool, unsigned int head)
{
	struct vring_used *used = (void *)(pool + USED_AT);
	struct vring_used_elem *e = &used->ring[used->idx % SIZE];

	e->id = head;
	e->len = 24;
	used->idx++;
}

static void act(struct vgpu_shadow *q, u8 *pool, uint8_t what)
{
	unsigned int head = (what >> 4) * 2u % SIZE;

	switch (what & 7) {
	case 0:
	case 1:
		give(q, head);
		break;
	case 2:
		notify(&queue);
		break;
	case 3:
	case 4:
		answer(pool, head);
		break;
	case 5:
	case 6:
		vgpu_shadow_collect(q);
		break;
	default:
		require(vgpu_shadow_idle(q) == (queue.num_free == SIZE));
		break;
	}
	require(device->lost || q->in_flight <= given);
}

static void start(u8 *pool, bool event_idx)
{
	device = calloc(1, sizeof(*device));
	require(device != NULL);
	device->control = calloc(1, sizeof(*device->control));
	require(device->control != NULL);
	device->pool.base = pool;
	device->info.queue_size_max = VGPU_QUEUE_SIZE_MAX;
	device->event_idx = event_idx;
	device->queue[0].dev = device;
	used_seen = 0;
	given = 0;
	for (unsigned int i = 0; i < SIZE; i++)
		owns[i] = true;
	require(vgpu_shadow_create(device, 0, NULL, "control") == 0);
}

static void check_answer(const u8 *pool, unsigned int head)
{
	struct virtio_gpu_ctrl_hdr h;

	memcpy(&h, pool + SLOTS_AT + (head + 1) * SLOT_BYTES, sizeof(h));
	require(h.type == VIRTIO_GPU_RESP_ERR_UNSPEC && h.fence_id == head);
}

/* The backend is given up: every outstanding command gets an error. */
static void end(struct vgpu_shadow *q, const u8 *pool)
{
	bool waited[SIZE];

	adversary_stop();
	for (unsigned int i = 0; i < SIZE; i++)
		waited[i] = !owns[i];
	if (!device->lost)
		vgpu_device_lose(device, "the end");
	else
		notify(&queue); /* commands given after the backend was lost */
	require(given == 0);
	for (unsigned int i = 0; i < SIZE; i += 2)
		if (waited[i])
			check_answer(pool, i);
	vgpu_shadow_destroy(q);
	free(device->control);
	free(device);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(64) u8 pool[POOL_BYTES];

	if (size < 2)
		return 0;
	bool event_idx = *data++ & 1;
	size_t acts = --size < ACTS_MAX ? size : ACTS_MAX;
	size_t races = size - acts < RACES_BYTES ? size - acts : RACES_BYTES;

	memset(pool, 0, sizeof(pool));
	start(pool, event_idx);
	adversary_start(pool, SLOTS_AT, data + acts, races);
	for (size_t i = 0; i < acts; i++)
		act(&device->queue[0], pool, data[i]);
	end(&device->queue[0], pool);
	return 0;
}
