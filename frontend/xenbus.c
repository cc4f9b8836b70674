// SPDX-License-Identifier: GPL-2.0-only
/*
 * The xenbus device: which state the two ends are in, and what follows from that.
 *
 * All decisions are made in one work item that looks at the states as they are when it runs, so it
 * does not matter how often or in which order the backend's state has changed in between. It has a
 * queue of its own because drivers probe in it, and xenbus' thread must not wait for them.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/xen.h>

#include "front.h"
#include "mediator/shared/version.h"

static unsigned int pool_pages = 1024;
module_param(pool_pages, uint, 0444);
MODULE_PARM_DESC(pool_pages, "pages shared for rings and commands, 64..4096 (default 1024)");

/* Between two attempts to connect, so that a backend that flaps does not keep the guest busy. */
#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS 32000

/* From our Closing to the backend's Closing, which says that nothing is mapped any more. */
#define UNMAP_TIMEOUT_MS 2000

struct vgpu_front {
	struct xenbus_device *xdev;
	struct workqueue_struct *queue;
	struct delayed_work work;
	struct mutex mutex; /* held while the state is acted upon */
	bool removed;
	unsigned int failures;
	bool backing_off; /* until not_before, in jiffies */
	unsigned long not_before;

	spinlock_t lock; /* the pointer, for those who do not hold the mutex */
	struct vgpu_device *device;
};

static void set_device(struct vgpu_front *front, struct vgpu_device *device)
{
	unsigned long flags;

	spin_lock_irqsave(&front->lock, flags);
	front->device = device;
	spin_unlock_irqrestore(&front->lock, flags);
}

static void look_again(struct vgpu_front *front, unsigned long delay)
{
	mod_delayed_work(front->queue, &front->work, delay);
}

static void on_lost(void *arg)
{
	look_again(arg, 0);
}

static void back_off(struct vgpu_front *front)
{
	unsigned int ms = RETRY_MIN_MS << min(front->failures, 5u);

	front->not_before = jiffies + msecs_to_jiffies(min(ms, (unsigned int)RETRY_MAX_MS));
	front->backing_off = true;
}

/*
 * A grant that is ended while it is mapped is not lost, but the kernel looks after ten of those a
 * second only. So let the backend unmap first, and do not wait for one that cannot.
 */
static void wait_unmapped(struct xenbus_device *xdev)
{
	unsigned long end = jiffies + msecs_to_jiffies(UNMAP_TIMEOUT_MS);

	while (xenbus_read_driver_state(xdev->otherend) == XenbusStateConnected) {
		if (time_after(jiffies, end)) {
			dev_warn(&xdev->dev, "backend keeps its mappings\n");
			return;
		}
		msleep(10);
	}
}

/* The virtio device goes while the backend may still answer; sharing ends after it was told. */
static void disconnect(struct vgpu_front *front)
{
	struct vgpu_device *device = front->device;

	if (!device)
		return;
	vgpu_device_stop(device);
	xenbus_switch_state(front->xdev, XenbusStateClosing);
	set_device(front, NULL);
	wait_unmapped(front->xdev);
	vgpu_device_destroy(device);
	dev_info(&front->xdev->dev, "disconnected\n");
}

static void give_up(struct vgpu_front *front, int err, const char *what)
{
	xenbus_dev_error(front->xdev, err, "%s", what);
	front->failures++;
	back_off(front);
	disconnect(front);
	xenbus_switch_state(front->xdev, XenbusStateClosed);
	look_again(front, max(1L, (long)(front->not_before - jiffies)));
}

static int publish(struct xenbus_device *xdev, const struct vgpu_device *device, u32 version)
{
	int err;

	err = xenbus_printf(XBT_NIL, xdev->nodename, VGPU_XS_VERSION, "%u", version);
	if (!err)
		err = xenbus_printf(XBT_NIL, xdev->nodename, VGPU_XS_CONTROL_REF, "%u",
				    device->control_ref);
	if (!err)
		err = xenbus_printf(XBT_NIL, xdev->nodename, VGPU_XS_EVENT_CHANNEL, "%u",
				    device->port);
	return err;
}

/* The backend waits: share memory with it and tell it where. */
static void connect(struct vgpu_front *front)
{
	struct xenbus_device *xdev = front->xdev;
	struct vgpu_device *device;
	u32 version;
	int err;

	version = vgpu_choose_version(xenbus_read_unsigned(xdev->otherend, VGPU_XS_MIN_VERSION, 0),
				      xenbus_read_unsigned(xdev->otherend, VGPU_XS_MAX_VERSION, 0));
	if (!version) {
		give_up(front, -EPROTONOSUPPORT, "no common version");
		return;
	}
	xenbus_switch_state(xdev, XenbusStateInitialising);
	device = vgpu_device_create(
		xdev, clamp(pool_pages, VGPU_POOL_PAGES_MIN, VGPU_POOL_PAGES_MAX), on_lost, front);
	if (IS_ERR(device)) {
		give_up(front, (int)PTR_ERR(device), "sharing memory");
		return;
	}
	set_device(front, device);
	err = publish(xdev, device, version);
	if (err) {
		give_up(front, err, "writing to xenstore");
		return;
	}
	xenbus_switch_state(xdev, XenbusStateInitialised);
}

static void start(struct vgpu_front *front)
{
	int err = vgpu_device_start(front->device);

	if (err) {
		give_up(front, err, "starting the device");
		return;
	}
	front->failures = 0;
	back_off(front);
	xenbus_switch_state(front->xdev, XenbusStateConnected);
	dev_info(&front->xdev->dev, "connected to domain %d, %u displays\n",
		 front->xdev->otherend_id, front->device->info.num_scanouts);
}

/* Does the backend in this state still know of the connection that we have? */
static bool still_ours(enum xenbus_state backend, enum xenbus_state own)
{
	switch (backend) {
	case XenbusStateConnected:
		return true;
	case XenbusStateInitWait:
	case XenbusStateInitialised:
		return own != XenbusStateConnected;
	default:
		return false;
	}
}

static void connect_or_wait(struct vgpu_front *front)
{
	if (front->backing_off && time_before(jiffies, front->not_before)) {
		look_again(front, front->not_before - jiffies);
		return;
	}
	front->backing_off = false;
	connect(front);
}

static void look(struct vgpu_front *front)
{
	struct xenbus_device *xdev = front->xdev;
	enum xenbus_state backend = xenbus_read_driver_state(xdev->otherend);

	if (front->device &&
	    (vgpu_device_lost(front->device) || !still_ours(backend, xdev->state))) {
		vgpu_device_lose(front->device, xenbus_strstate(backend));
		disconnect(front);
		xenbus_switch_state(xdev, XenbusStateClosed);
	}
	switch (backend) {
	case XenbusStateInitWait:
		if (!front->device)
			connect_or_wait(front);
		break;
	case XenbusStateConnected:
		if (front->device && xdev->state == XenbusStateInitialised)
			start(front);
		break;
	case XenbusStateUnknown:
	case XenbusStateClosing:
	case XenbusStateClosed:
		xenbus_switch_state(xdev, XenbusStateClosed);
		break;
	default:
		break;
	}
}

static void look_worker(struct work_struct *work)
{
	struct vgpu_front *front = container_of(to_delayed_work(work), struct vgpu_front, work);

	mutex_lock(&front->mutex);
	if (!front->removed)
		look(front);
	mutex_unlock(&front->mutex);
}

/*
 * In xenbus' thread. The device is declared lost at once, before the work item has its turn: it may
 * be inside a driver that waits for the very backend that is gone.
 */
static void vgpu_backend_changed(struct xenbus_device *xdev, enum xenbus_state backend)
{
	struct vgpu_front *front = dev_get_drvdata(&xdev->dev);
	unsigned long flags;

	if (!front)
		return;
	spin_lock_irqsave(&front->lock, flags);
	if (front->device && !still_ours(backend, xdev->state))
		vgpu_device_lose(front->device, xenbus_strstate(backend));
	spin_unlock_irqrestore(&front->lock, flags);
	look_again(front, 0);
}

static int vgpu_probe(struct xenbus_device *xdev, const struct xenbus_device_id *id)
{
	struct vgpu_front *front = kzalloc(sizeof(*front), GFP_KERNEL);

	if (!front)
		return -ENOMEM;
	front->queue = alloc_ordered_workqueue("%s", 0, dev_name(&xdev->dev));
	if (!front->queue) {
		kfree(front);
		return -ENOMEM;
	}
	front->xdev = xdev;
	INIT_DELAYED_WORK(&front->work, look_worker);
	mutex_init(&front->mutex);
	spin_lock_init(&front->lock);
	dev_set_drvdata(&xdev->dev, front);
	/* Also after an unbind. The watch that is set up next brings the backend's state. */
	xenbus_switch_state(xdev, XenbusStateInitialising);
	return 0;
}

static void vgpu_remove(struct xenbus_device *xdev)
{
	struct vgpu_front *front = dev_get_drvdata(&xdev->dev);

	mutex_lock(&front->mutex);
	front->removed = true;
	disconnect(front);
	mutex_unlock(&front->mutex);
	cancel_delayed_work_sync(&front->work);
	destroy_workqueue(front->queue);
	xenbus_switch_state(xdev, XenbusStateClosed);
	dev_set_drvdata(&xdev->dev, NULL);
	kfree(front);
}

static const struct xenbus_device_id vgpu_ids[] = {
	{VGPU_XS_CLASS},
	{""},
};

static struct xenbus_driver vgpu_driver = {
	.name = "vgpu_front",
	.ids = vgpu_ids,
	.not_essential = true, /* a guest without its GPU still boots */
	.probe = vgpu_probe,
	.remove = vgpu_remove,
	.otherend_changed = vgpu_backend_changed,
};

static int __init vgpu_init(void)
{
	if (!xen_domain())
		return -ENODEV;
	return xenbus_register_frontend(&vgpu_driver);
}
module_init(vgpu_init);

static void __exit vgpu_exit(void)
{
	xenbus_unregister_driver(&vgpu_driver);
}
module_exit(vgpu_exit);

MODULE_DESCRIPTION("virtio-gpu over Xen grants and event channels, guest side");
MODULE_VERSION(GPUM_VERSION);
MODULE_LICENSE("GPL");
MODULE_ALIAS("xen:" VGPU_XS_CLASS);
MODULE_SOFTDEP("pre: virtio_gpu");
