// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/frontend/guest.h"

#include "frontend/front.h"

/* VIRTIO_CONFIG_S_* of <linux/virtio_config.h>; here that name is the fake kernel's header. */
#define ACKNOWLEDGE 1u
#define DRIVER	    2u
#define DRIVER_OK   4u
#define FEATURES_OK 8u

#define COMMAND_BYTES 64u
#define ANSWER_BYTES  64u
#define ANSWER_AT     1024u /* offset in the guest's memory, after all commands */
#define GAP	      128u  /* distance between two commands */

static struct guest guest;
static struct {
	struct virtqueue vq;
	struct vring ring;
	bool (*notify)(struct virtqueue *vq);
	u16 used;
} queue[VGPU_QUEUE_COUNT];

/* --- virtio, above the frontend --------------------------------------------------------------- */

struct virtqueue *vring_new_virtqueue(unsigned int index, unsigned int num, unsigned int align,
				      struct virtio_device *vdev, bool weak_barriers, bool context,
				      void *pages, bool (*notify)(struct virtqueue *vq),
				      void (*callback)(struct virtqueue *vq), const char *name)
{
	(void)vdev, (void)weak_barriers, (void)context, (void)callback, (void)name;
	memset(&queue[index], 0, sizeof(queue[index]));
	queue[index].vq.num_free = num;
	queue[index].notify = notify;
	vring_init(&queue[index].ring, num, pages, align);
	return &queue[index].vq;
}

void vring_del_virtqueue(struct virtqueue *vq)
{
	if (vq->num_free != RING)
		guest.left_behind++;
}

bool virtqueue_is_broken(struct virtqueue *vq)
{
	(void)vq;
	return false;
}

static void take_back(struct guest *g, unsigned int head)
{
	const struct vring_desc *d = queue[0].ring.desc;
	struct device *dev = &g->device->pdev.dev;

	if (head >= RING || !g->sent[head] || g->answered[head]) {
		g->made_up++;
		return;
	}
	dev->dma_ops->unmap_page(dev, d[head].addr, COMMAND_BYTES, DMA_TO_DEVICE, 0);
	dev->dma_ops->unmap_page(dev, d[head + 1].addr, ANSWER_BYTES, DMA_FROM_DEVICE, 0);
	g->answered[head] = true;
	g->answers++;
	queue[0].vq.num_free += 2;
}

/* virtio_ring trusts its ring. The frontend has to make sure that it can. */
int vring_interrupt(int irq, void *vq)
{
	const struct vring_used *used = queue[0].ring.used;

	(void)irq;
	assert_ptr_equal(vq, &queue[0].vq);
	for (; queue[0].used != used->idx; queue[0].used++)
		take_back(&guest, used->ring[queue[0].used % RING].id);
	if (guest.on_answers)
		guest.on_answers(&guest);
	return 0;
}

int register_virtio_device(struct virtio_device *vdev)
{
	static const char *const names[VGPU_QUEUE_COUNT] = {"control", "cursor"};
	vq_callback_t *callbacks[VGPU_QUEUE_COUNT] = {NULL};
	struct virtqueue *vqs[VGPU_QUEUE_COUNT];
	const struct virtio_config_ops *ops = vdev->config;

	device_initialize(&vdev->dev);
	ops->reset(vdev);
	ops->set_status(vdev, ACKNOWLEDGE | DRIVER);
	vdev->features = ops->get_features(vdev);
	if (ops->finalize_features(vdev))
		return -ENODEV;
	ops->set_status(vdev, ACKNOWLEDGE | DRIVER | FEATURES_OK);
	if (ops->find_vqs(vdev, VGPU_QUEUE_COUNT, vqs, callbacks, names, NULL, NULL))
		return -ENOMEM;
	ops->set_status(vdev, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
	return 0;
}

void unregister_virtio_device(struct virtio_device *vdev)
{
	vdev->config->reset(vdev);
	vdev->config->del_vqs(vdev);
	put_device(&vdev->dev);
}

void virtio_config_changed(struct virtio_device *vdev)
{
	(void)vdev;
}

void vring_transport_features(struct virtio_device *vdev)
{
	(void)vdev;
}

/* --- the backend, below it -------------------------------------------------------------------- */

u8 *backend_at(const struct guest *g, u64 addr)
{
	assert_true(addr < POOL_PAGES * PAGE_SIZE);
	return g->pool[addr / PAGE_SIZE] + addr % PAGE_SIZE;
}

struct vring_desc backend_desc(const struct guest *g, unsigned int i)
{
	const struct vring_desc *desc = (void *)backend_at(g, g->control->queue[0].desc);

	return desc[i];
}

void backend_use(struct guest *g, u32 id, u32 len)
{
	struct vring_used *used = (void *)backend_at(g, g->control->queue[0].device);

	used->ring[g->used % RING] = (struct vring_used_elem){.id = id, .len = len};
	used->idx = ++g->used;
}

void backend_answer(struct guest *g, unsigned int head, u32 type)
{
	struct virtio_gpu_ctrl_hdr answer = {.type = type};

	memcpy(backend_at(g, backend_desc(g, head + 1).addr), &answer, sizeof(answer));
	backend_use(g, head, sizeof(answer));
}

/* By default the backend answers resets. */
static void on_notify(void)
{
	guest.control->device_generation = guest.control->driver_generation;
}

static void backend_map(struct guest *g)
{
	const u32 *directory;
	unsigned int i;

	g->control = (void *)host_map(g->device->control_ref);
	assert_non_null(g->control);
	assert_int_equal(g->control->pool_pages, POOL_PAGES);
	directory = (void *)host_map(g->control->dir_ref[0]);
	assert_non_null(directory);
	for (i = 0; i < POOL_PAGES; i++) {
		g->pool[i] = host_map(directory[i]);
		assert_non_null(g->pool[i]);
	}
	g->used = 0;
	g->control->device_features = VGPU_FEATURES_NEEDED;
	g->control->queue_size_max = RING;
	g->control->num_scanouts = 1;
	host_on_notify(on_notify);
}

size_t backend_sees_secrets(void)
{
	unsigned int ref;
	size_t i, n = 0;

	for (ref = 0; ref < HOST_REFS; ref++) {
		const struct page *page = host_granted(ref);
		const u8 *at = page ? page_address(page) : NULL;

		for (i = 0; at && i < PAGE_SIZE; i++)
			n += at[i] == HOST_SECRET;
	}
	return n;
}

/* --- both ------------------------------------------------------------------------------------- */

static void on_lost(void *arg)
{
	struct guest *g = arg;

	g->lost++;
}

void guest_reconnect(struct guest *g)
{
	memset(g->sent, 0, sizeof(g->sent));
	memset(g->answered, 0, sizeof(g->answered));
	g->answers = 0;
	g->lost = 0;
	g->device = vgpu_device_create(&g->xdev, POOL_PAGES, on_lost, g);
	assert_false(IS_ERR(g->device));
	backend_map(g);
	assert_int_equal(vgpu_device_start(g->device), 0);
}

void guest_disconnect(struct guest *g)
{
	vgpu_device_stop(g->device);
	vgpu_device_destroy(g->device);
	g->device = NULL;
}

int guest_set_up(void **state)
{
	host_start();
	guest = (struct guest){.memory = alloc_page(0), .xdev.otherend_id = 1};
	guest_reconnect(&guest);
	*state = &guest;
	return 0;
}

int guest_tear_down(void **state)
{
	struct guest *g = *state;

	g->on_answers = NULL;
	if (g->device)
		guest_disconnect(g);
	host_unmap_all();
	put_page(g->memory);
	assert_int_equal(g->made_up, 0);
	assert_int_equal(g->left_behind, 0);
	assert_int_equal(host_bugs(), 0);
	assert_int_equal(host_grants(), 0);
	assert_int_equal(host_pages_in_use(), 0);
	return 0;
}

static unsigned int free_head(const struct guest *g)
{
	unsigned int head = 0;

	while (head < RING && g->sent[head] && !g->answered[head])
		head += 2;
	assert_true(head < RING);
	return head;
}

static u8 *command(const struct guest *g, unsigned int head)
{
	return (u8 *)page_address(g->memory) + head / 2 * GAP;
}

const struct virtio_gpu_ctrl_hdr *guest_answer(const struct guest *g, unsigned int head)
{
	assert_true(g->answered[head]);
	return (const void *)(command(g, head) + ANSWER_AT);
}

static u64 map(struct guest *g, const u8 *at, size_t len, enum dma_data_direction dir)
{
	struct device *dev = &g->device->pdev.dev;
	u64 addr =
		dev->dma_ops->map_page(dev, g->memory, (unsigned long)at % PAGE_SIZE, len, dir, 0);

	assert_true(addr != DMA_MAPPING_ERROR);
	return addr;
}

unsigned int guest_send(struct guest *g, u64 fence)
{
	const struct virtio_gpu_ctrl_hdr header = {.type = VIRTIO_GPU_CMD_SUBMIT_3D,
						   .flags = VIRTIO_GPU_FLAG_FENCE,
						   .fence_id = fence,
						   .ctx_id = 3};
	unsigned int head = free_head(g);
	struct vring *r = &queue[0].ring;
	u8 *at = command(g, head);

	memset(at, 0, COMMAND_BYTES);
	memcpy(at, &header, sizeof(header));
	memset(at + ANSWER_AT, HOST_SECRET, ANSWER_BYTES);
	r->desc[head] = (struct vring_desc){.addr = map(g, at, COMMAND_BYTES, DMA_TO_DEVICE),
					    .len = COMMAND_BYTES,
					    .flags = VRING_DESC_F_NEXT,
					    .next = (u16)(head + 1)};
	r->desc[head + 1] =
		(struct vring_desc){.addr = map(g, at + ANSWER_AT, ANSWER_BYTES, DMA_FROM_DEVICE),
				    .len = ANSWER_BYTES,
				    .flags = VRING_DESC_F_WRITE};
	g->sent[head] = true;
	g->answered[head] = false;
	queue[0].vq.num_free -= 2;
	r->avail->ring[r->avail->idx % RING] = (u16)head;
	r->avail->idx++;
	queue[0].notify(&queue[0].vq);
	return head;
}

void assert_answered_with_an_error(const struct guest *g, unsigned int head, u64 fence)
{
	const struct virtio_gpu_ctrl_hdr *answer = guest_answer(g, head);

	assert_int_equal(answer->type, VIRTIO_GPU_RESP_ERR_UNSPEC);
	assert_int_equal(answer->flags, VIRTIO_GPU_FLAG_FENCE);
	assert_int_equal(answer->fence_id, fence);
	assert_int_equal(answer->ctx_id, 3);
}

/* --- resources -------------------------------------------------------------------------------- */

void guest_picture(struct picture *p, unsigned int pages)
{
	unsigned int i;

	*p = (struct picture){.pages = pages, .nents = 1};
	for (i = 0; i < pages; i++) {
		p->page[i] = alloc_page(__GFP_ZERO);
		assert_ptr_equal(p->page[i], p->page[0] + i);
	}
	p->sg[0] = (struct scatterlist){.page = p->page[0], .length = pages * PAGE_SIZE};
}

void guest_picture_split(struct picture *p)
{
	unsigned int half = p->pages / 2;

	p->sg[0] = (struct scatterlist){.page = p->page[half],
					.length = (p->pages - half) * PAGE_SIZE};
	p->sg[1] = (struct scatterlist){.page = p->page[0], .length = half * PAGE_SIZE};
	p->nents = 2;
}

void guest_picture_free(struct picture *p)
{
	unsigned int i;

	for (i = 0; i < p->pages; i++)
		put_page(p->page[i]);
}

int guest_picture_map(struct guest *g, struct picture *p)
{
	struct device *dev = &g->device->pdev.dev;

	return dev->dma_ops->map_sg(dev, p->sg, p->nents, DMA_TO_DEVICE, 0);
}

void guest_picture_unmap(struct guest *g, struct picture *p)
{
	struct device *dev = &g->device->pdev.dev;

	dev->dma_ops->unmap_sg(dev, p->sg, p->nents, DMA_TO_DEVICE, 0);
}

grant_ref_t picture_ref(const struct picture *p)
{
	return (grant_ref_t)(p->sg[0].dma_address >> VGPU_ADDR_REF_SHIFT);
}
