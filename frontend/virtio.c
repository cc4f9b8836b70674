// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtio transport: does with the control page what virtio-mmio does with registers. The
 * frontend never reads back the registers that it writes; struct vgpu_device keeps their values.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/virtio_config.h>
#include <linux/virtio_gpu.h>

#include "front.h"

/* A live backend answers a reset within a few milliseconds. */
#define RESET_TIMEOUT_MS 2000
/* Time for commands that virtio_gpu sent just before a reset: a frame or two. */
#define QUIET_TIMEOUT_MS 500

static void vgpu_get(struct virtio_device *vdev, unsigned int offset, void *buf, unsigned int len)
{
	struct vgpu_device *dev = vgpu_from_virtio(vdev);
	struct virtio_gpu_config config = {
		.events_read = cpu_to_le32(READ_ONCE(dev->control->events_read)),
		.num_scanouts = cpu_to_le32(dev->info.num_scanouts),
		.num_capsets = cpu_to_le32(dev->info.num_capsets),
	};

	memset(buf, 0, len);
	if (offset < sizeof(config))
		memcpy(buf, (u8 *)&config + offset,
		       min_t(unsigned int, len, (unsigned int)sizeof(config) - offset));
}

static void vgpu_set(struct virtio_device *vdev, unsigned int offset, const void *buf,
		     unsigned int len)
{
	struct vgpu_device *dev = vgpu_from_virtio(vdev);
	__le32 bits;

	if (offset != offsetof(struct virtio_gpu_config, events_clear) || len != sizeof(bits))
		return;
	memcpy(&bits, buf, sizeof(bits));
	if (!bits)
		return;
	WRITE_ONCE(dev->control->events_clear, le32_to_cpu(bits));
	virt_wmb(); /* the sequence number announces that the bits are valid */
	WRITE_ONCE(dev->control->events_clear_seq, ++dev->events_clear_seq);
	vgpu_device_notify(dev);
}

/*
 * Each field is a single word, so readers see consistent values without the generation. This is the
 * private copy: virtio core repeats a read until the generation is stable, which a backend could
 * prevent for ever.
 */
static u32 vgpu_generation(struct virtio_device *vdev)
{
	return READ_ONCE(vgpu_from_virtio(vdev)->config_seen);
}

static u8 vgpu_get_status(struct virtio_device *vdev)
{
	return vgpu_from_virtio(vdev)->status;
}

static void vgpu_set_status(struct virtio_device *vdev, u8 status)
{
	struct vgpu_device *dev = vgpu_from_virtio(vdev);

	virt_wmb(); /* write features and queues before the status that makes them valid */
	WRITE_ONCE(dev->status, status);
	WRITE_ONCE(dev->control->driver_status, status);
	vgpu_device_notify(dev);
}

static bool all_idle(struct vgpu_device *dev)
{
	unsigned int i;

	for (i = 0; i < VGPU_QUEUE_COUNT; i++) {
		if (!vgpu_shadow_idle(&dev->queue[i]))
			return false;
	}
	return true;
}

/* Wait until the driver has taken back all of its buffers. Returns false on time-out. */
static bool wait_quiet(struct vgpu_device *dev)
{
	unsigned long end = jiffies + msecs_to_jiffies(QUIET_TIMEOUT_MS);

	while (!all_idle(dev)) {
		if (time_after(jiffies, end))
			return false;
		usleep_range(500, 1000);
	}
	return true;
}

/*
 * Wait for virtio_gpu's work items. virtio_gpu of Linux 6.1 handles answers in a work item, which
 * queues another one to free buffers, and after a reset it frees its device without waiting for the
 * second. Both are on the system workqueue. Our callers are not, and hold no lock that work on it
 * might take.
 */
static void settle_driver(void)
{
	flush_scheduled_work();
	flush_scheduled_work();
}

static void wait_reset(struct vgpu_device *dev)
{
	unsigned long end = jiffies + msecs_to_jiffies(RESET_TIMEOUT_MS);

	while (READ_ONCE(dev->control->device_generation) != dev->generation) {
		if (vgpu_device_lost(dev))
			return;
		if (time_after(jiffies, end)) {
			vgpu_device_lose(dev, "no answer to a reset");
			return;
		}
		usleep_range(100, 500);
	}
	virt_rmb(); /* the backend has released everything before we reuse it */
}

static void tell_reset(struct vgpu_device *dev)
{
	unsigned int i;

	for (i = 0; i < VGPU_QUEUE_COUNT; i++)
		WRITE_ONCE(dev->control->queue[i].enabled, 0);
	WRITE_ONCE(dev->status, 0);
	WRITE_ONCE(dev->control->driver_status, 0);
	virt_wmb(); /* the generation announces all of the above */
	WRITE_ONCE(dev->control->driver_generation, ++dev->generation);
	vgpu_device_notify(dev);
}

/*
 * virtio_gpu resets the device while commands are outstanding, and would lose their buffers. They
 * get the time of a frame or two to finish. The backend drops the others in the reset, and the
 * frontend answers them.
 */
static void vgpu_reset(struct virtio_device *vdev)
{
	struct vgpu_device *dev = vgpu_from_virtio(vdev);
	bool has_queues = dev->queue[0].vq;
	bool quiet = wait_quiet(dev);
	unsigned int i;

	tell_reset(dev);
	if (!vgpu_device_lost(dev))
		wait_reset(dev);
	if (!quiet) {
		for (i = 0; i < VGPU_QUEUE_COUNT; i++)
			vgpu_shadow_fail(&dev->queue[i]);
		wait_quiet(dev);
	}
	if (has_queues)
		settle_driver();
}

static void vgpu_del_vqs(struct virtio_device *vdev)
{
	struct vgpu_device *dev = vgpu_from_virtio(vdev);
	unsigned int i;

	for (i = 0; i < VGPU_QUEUE_COUNT; i++)
		vgpu_shadow_destroy(&dev->queue[i]);
	vgpu_pool_forget(&dev->pool);
}

static int vgpu_find_vqs(struct virtio_device *vdev, unsigned int count, struct virtqueue *vqs[],
			 vq_callback_t *callbacks[], const char *const names[], const bool *ctx,
			 struct irq_affinity *affinity)
{
	struct vgpu_device *dev = vgpu_from_virtio(vdev);
	unsigned int i;
	int err;

	if (count > VGPU_QUEUE_COUNT)
		return -EINVAL;
	for (i = 0; i < count; i++) {
		err = vgpu_shadow_create(dev, i, callbacks[i], names[i]);
		if (err) {
			vgpu_del_vqs(vdev);
			return err;
		}
		vqs[i] = dev->queue[i].vq;
	}
	return 0;
}

static void vgpu_synchronize_cbs(struct virtio_device *vdev)
{
	struct vgpu_device *dev = vgpu_from_virtio(vdev);

	if (dev->irq)
		synchronize_irq((unsigned int)dev->irq);
}

/* EVENT_IDX is used between frontend and backend only, not on the driver's ring (queue.c). */
static u64 vgpu_get_features(struct virtio_device *vdev)
{
	return vgpu_from_virtio(vdev)->info.features & ~VGPU_F_EVENT_IDX;
}

static int vgpu_finalize_features(struct virtio_device *vdev)
{
	struct vgpu_device *dev = vgpu_from_virtio(vdev);
	u64 features;

	vring_transport_features(vdev);
	features = vdev->features & vgpu_get_features(vdev);
	if (features != vdev->features || (features & VGPU_FEATURES_NEEDED) != VGPU_FEATURES_NEEDED)
		return -EINVAL;
	dev->event_idx = dev->info.features & VGPU_F_EVENT_IDX;
	features |= dev->info.features & VGPU_F_EVENT_IDX;
	WRITE_ONCE(dev->control->driver_features, features);
	return 0;
}

static const char *vgpu_bus_name(struct virtio_device *vdev)
{
	return dev_name(&vgpu_from_virtio(vdev)->pdev.dev);
}

const struct virtio_config_ops vgpu_config_ops = {
	.get = vgpu_get,
	.set = vgpu_set,
	.generation = vgpu_generation,
	.get_status = vgpu_get_status,
	.set_status = vgpu_set_status,
	.reset = vgpu_reset,
	.find_vqs = vgpu_find_vqs,
	.del_vqs = vgpu_del_vqs,
	.synchronize_cbs = vgpu_synchronize_cbs,
	.get_features = vgpu_get_features,
	.finalize_features = vgpu_finalize_features,
	.bus_name = vgpu_bus_name,
};
