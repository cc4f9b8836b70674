// SPDX-License-Identifier: GPL-2.0-only
/*
 * One connection: control page, event channel, platform device and virtio device.
 *
 * DRM keeps a reference to the platform device for as long as a program has it open, and unmaps
 * buffers through its DMA operations until then. So the last reference to the platform device frees
 * the connection's memory and releases the module; all sharing with the backend ends long before.
 */
#include <linux/dma-map-ops.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <xen/events.h>
#include <xen/page.h>

#include "front.h"

/* Xen's PCI vendor id, since virtio has no numbers of its own; drivers match any vendor. */
#define VENDOR_XEN 0x5853

/*
 * Unbinding takes milliseconds with a healthy backend. With a stuck one, programs that wait for
 * answers block it until this time-out.
 */
#define STOP_TIMEOUT_MS 5000

void vgpu_device_notify(struct vgpu_device *dev)
{
	if (dev->irq && !vgpu_device_lost(dev))
		notify_remote_via_irq(dev->irq);
}

void vgpu_device_lose(struct vgpu_device *dev, const char *why)
{
	if (xchg(&dev->lost, true))
		return;
	WRITE_ONCE(dev->lost_why, why);
	schedule_work(&dev->lost_work);
}

static void on_lost_work(struct work_struct *work)
{
	struct vgpu_device *dev = container_of(work, struct vgpu_device, lost_work);
	unsigned int i;

	dev_warn(dev->pdev.dev.parent, "backend lost: %s\n", READ_ONCE(dev->lost_why) ?: "unknown");
	for (i = 0; i < VGPU_QUEUE_COUNT; i++)
		vgpu_shadow_fail(&dev->queue[i]);
	dev->on_lost(dev->on_lost_arg);
}

static void on_stop_timeout(struct work_struct *work)
{
	vgpu_device_lose(container_of(to_delayed_work(work), struct vgpu_device, stop_work),
			 "unbind timed out: commands are still unanswered");
}

static void on_config_change(struct vgpu_device *dev)
{
	u32 generation = READ_ONCE(dev->control->config_generation);

	/*
	 * Before the driver core has set a status, virtio_config_changed()'s lock is not
	 * initialized.
	 */
	if (generation == dev->config_seen || !READ_ONCE(dev->status))
		return;
	WRITE_ONCE(dev->config_seen, generation);
	virtio_config_changed(&dev->vdev);
}

static irqreturn_t on_interrupt(int irq, void *arg)
{
	struct vgpu_device *dev = arg;
	bool progress = false;
	unsigned int i;

	for (i = 0; i < VGPU_QUEUE_COUNT; i++)
		progress |= vgpu_shadow_collect(&dev->queue[i]);
	if (READ_ONCE(dev->registered)) {
		on_config_change(dev);
		if (READ_ONCE(dev->control->device_status) & VGPU_DEVICE_NEEDS_RESET)
			vgpu_device_lose(dev, "it set NEEDS_RESET");
	}
	/*
	 * Only answers count as work. One event without answers is tolerated (a reset, a change of
	 * configuration); the kernel slows down a storm of them (XSA-332, XSA-391).
	 */
	xen_irq_lateeoi((unsigned int)irq, progress ? 0 : XEN_EOI_FLAG_SPURIOUS);
	return IRQ_HANDLED;
}

static int bind_events(struct vgpu_device *dev, struct xenbus_device *xdev)
{
	int err, irq;

	err = xenbus_alloc_evtchn(xdev, &dev->port);
	if (err)
		return err;
	irq = bind_evtchn_to_irqhandler_lateeoi(dev->port, on_interrupt, 0, "vgpu", dev);
	if (irq < 0) {
		xenbus_free_evtchn(xdev, dev->port);
		return irq;
	}
	dev->irq = irq;
	return 0;
}

static int share_control(struct vgpu_device *dev)
{
	struct vgpu_control *c = (void *)get_zeroed_page(GFP_KERNEL);
	unsigned int i;
	int ref;

	if (!c)
		return -ENOMEM;
	c->magic = VGPU_MAGIC;
	c->version = VGPU_VERSION;
	c->pool_pages = dev->pool.pages;
	c->dir_pages = dev->pool.dir_pages;
	for (i = 0; i < dev->pool.dir_pages; i++)
		c->dir_ref[i] = dev->pool.dir_ref[i];
	ref = gnttab_grant_foreign_access(dev->domid, virt_to_gfn(c), 0);
	if (ref < 0) {
		free_page((unsigned long)c);
		return ref;
	}
	dev->control = c;
	dev->control_ref = (grant_ref_t)ref;
	return 0;
}

static void vgpu_pdev_release(struct device *device)
{
	kfree(vgpu_from_dma(device));
	module_put(THIS_MODULE);
}

static void vgpu_vdev_release(struct device *device)
{
	put_device(&vgpu_from_virtio(dev_to_virtio(device))->pdev.dev);
}

static void init_platform_device(struct vgpu_device *dev, struct device *parent)
{
	struct platform_device *pdev = &dev->pdev;

	device_initialize(&pdev->dev);
	pdev->name = "vgpu";
	pdev->id = PLATFORM_DEVID_AUTO;
	pdev->dev.parent = parent;
	pdev->dev.release = vgpu_pdev_release;
	pdev->dev.dma_parms = &pdev->dma_parms;
	pdev->platform_dma_mask = DMA_BIT_MASK(64);
	pdev->dev.dma_mask = &pdev->platform_dma_mask;
	pdev->dev.coherent_dma_mask = DMA_BIT_MASK(64);
	set_dma_ops(&pdev->dev, &vgpu_dma_ops);
	__module_get(THIS_MODULE);
}

struct vgpu_device *vgpu_device_create(struct xenbus_device *xdev, unsigned int pool_pages,
				       void (*on_lost)(void *), void *arg)
{
	struct vgpu_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	unsigned int i;
	int err;

	if (!dev)
		return ERR_PTR(-ENOMEM);
	dev->domid = (domid_t)xdev->otherend_id;
	dev->on_lost = on_lost;
	dev->on_lost_arg = arg;
	mutex_init(&dev->backing_lock);
	xa_init(&dev->backings);
	INIT_WORK(&dev->lost_work, on_lost_work);
	INIT_DELAYED_WORK(&dev->stop_work, on_stop_timeout);
	for (i = 0; i < VGPU_QUEUE_COUNT; i++) {
		spin_lock_init(&dev->queue[i].lock);
		dev->queue[i].dev = dev;
	}
	init_platform_device(dev, &xdev->dev);

	err = vgpu_pool_init(&dev->pool, dev->domid, pool_pages);
	if (!err)
		err = share_control(dev);
	if (!err)
		err = bind_events(dev, xdev);
	if (err) {
		vgpu_device_destroy(dev);
		return ERR_PTR(err);
	}
	return dev;
}

/* Copy the device block once. Only this copy is validated and used. */
static void read_info(struct vgpu_device *dev)
{
	const struct vgpu_control *c = dev->control;

	dev->info.device_status = READ_ONCE(c->device_status);
	dev->info.queue_size_max = READ_ONCE(c->queue_size_max);
	dev->info.num_scanouts = READ_ONCE(c->num_scanouts);
	dev->info.num_capsets = READ_ONCE(c->num_capsets);
	dev->info.features = READ_ONCE(c->device_features) & VGPU_FEATURES_KNOWN;
	dev->config_seen = READ_ONCE(c->config_generation);
}

static int register_virtio(struct vgpu_device *dev)
{
	int err;

	dev->vdev.id.device = VIRTIO_ID_GPU;
	dev->vdev.id.vendor = VENDOR_XEN;
	dev->vdev.config = &vgpu_config_ops;
	dev->vdev.dev.parent = &dev->pdev.dev;
	dev->vdev.dev.release = vgpu_vdev_release;
	get_device(&dev->pdev.dev);
	WRITE_ONCE(dev->registered, true);
	err = register_virtio_device(&dev->vdev);
	if (err) {
		WRITE_ONCE(dev->registered, false);
		put_device(&dev->vdev.dev);
	}
	return err;
}

int vgpu_device_start(struct vgpu_device *dev)
{
	const char *wrong;
	int err;

	read_info(dev);
	wrong = vgpu_validate_device(&dev->info);
	if (wrong) {
		dev_err(dev->pdev.dev.parent, "invalid device block: %s\n", wrong);
		return -EPROTO;
	}
	err = platform_device_add(&dev->pdev);
	if (err)
		return err;
	err = register_virtio(dev);
	if (err)
		platform_device_del(&dev->pdev);
	return err;
}

void vgpu_device_stop(struct vgpu_device *dev)
{
	if (!dev->registered)
		return;
	schedule_delayed_work(&dev->stop_work, msecs_to_jiffies(STOP_TIMEOUT_MS));
	unregister_virtio_device(&dev->vdev);
	cancel_delayed_work_sync(&dev->stop_work);
	WRITE_ONCE(dev->registered, false);
	platform_device_del(&dev->pdev);
}

void vgpu_device_destroy(struct vgpu_device *dev)
{
	if (dev->irq)
		unbind_from_irqhandler((unsigned int)dev->irq, dev);
	dev->irq = 0;
	cancel_work_sync(&dev->lost_work);
	vgpu_backing_close(dev);
	vgpu_pool_fini(&dev->pool);
	if (dev->control)
		gnttab_end_foreign_access(dev->control_ref, virt_to_page(dev->control));
	dev->control = NULL;
	put_device(&dev->pdev.dev);
}
