// SPDX-License-Identifier: GPL-2.0-only
/*
 * The xenbus device: reacts to the xenbus states of both ends.
 *
 * All decisions are made in one work item, which looks at the states as they are when it runs. So
 * it does not matter how often or in which order the backend's state changed in between. It has its
 * own workqueue, because drivers probe in it and xenbus' thread must not wait for them.
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

/* Pauses between attempts to connect, so that a flapping backend does not keep the guest busy. */
#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS 32000

/* How long to wait for the backend's Closing, which says that it has unmapped everything. */
#define UNMAP_TIMEOUT_MS 2000

struct vgpu_front {
	struct xenbus_device *xdev;
	struct workqueue_struct *queue;
	struct delayed_work work;
	struct mutex mutex; /* held while reacting to states */
	bool removed;
	unsigned int failures;
	bool backing_off; /* do not connect before not_before */
	unsigned long not_before;

	spinlock_t lock; /* protects the pointer for readers without the mutex */
	struct vgpu_device *device;
};

static void set_device(struct vgpu_front *front, struct vgpu_device *device)
{
	unsigned long flags;

	spin_lock_irqsave(&front->lock, flags);
	front->device = device;
	spin_unlock_irqrestore(&front->lock, flags);
}

static void schedule_reaction(struct vgpu_front *front, unsigned long delay)
{
	mod_delayed_work(front->queue, &front->work, delay);
}

static void on_lost(void *arg)
{
	schedule_reaction(arg, 0);
}

static void back_off(struct vgpu_front *front)
{
	unsigned int ms = RETRY_MIN_MS << min(front->failures, 5u);

	front->not_before = jiffies + msecs_to_jiffies(min(ms, (unsigned int)RETRY_MAX_MS));
	front->backing_off = true;
}

/*
 * Grants that are still mapped when they are ended are not lost, but the kernel retries only ten of
 * them per second. So let the backend unmap first, but not wait for ever.
 */
static void wait_unmapped(struct xenbus_device *xdev)
{
	unsigned long end = jiffies + msecs_to_jiffies(UNMAP_TIMEOUT_MS);

	while (xenbus_read_driver_state(xdev->otherend) == XenbusStateConnected) {
		if (time_after(jiffies, end)) {
			dev_warn(&xdev->dev, "backend still maps granted pages; they are freed "
					     "when it unmaps them\n");
			return;
		}
		msleep(10);
	}
}

/*
 * Remove the virtio device while the backend can still answer. Then enter Closing, and end the
 * grants once the backend had time to unmap.
 */
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

static void fail_connection(struct vgpu_front *front, int err, const char *what)
{
	xenbus_dev_error(front->xdev, err, "%s", what);
	front->failures++;
	back_off(front);
	disconnect(front);
	xenbus_switch_state(front->xdev, XenbusStateClosed);
	schedule_reaction(front, max(1L, (long)(front->not_before - jiffies)));
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

/* The backend is in InitWait: share memory with it and publish the keys. */
static void connect(struct vgpu_front *front)
{
	struct xenbus_device *xdev = front->xdev;
	struct vgpu_device *device;
	u32 version;
	int err;

	version = vgpu_choose_version(xenbus_read_unsigned(xdev->otherend, VGPU_XS_MIN_VERSION, 0),
				      xenbus_read_unsigned(xdev->otherend, VGPU_XS_MAX_VERSION, 0));
	if (!version) {
		fail_connection(front, -EPROTONOSUPPORT,
				"the backend offers no protocol version that we speak");
		return;
	}
	xenbus_switch_state(xdev, XenbusStateInitialising);
	device = vgpu_device_create(
		xdev, clamp(pool_pages, VGPU_POOL_PAGES_MIN, VGPU_POOL_PAGES_MAX), on_lost, front);
	if (IS_ERR(device)) {
		fail_connection(front, (int)PTR_ERR(device), "sharing memory");
		return;
	}
	set_device(front, device);
	err = publish(xdev, device, version);
	if (err) {
		fail_connection(front, err, "writing to xenstore");
		return;
	}
	xenbus_switch_state(xdev, XenbusStateInitialised);
}

static void start(struct vgpu_front *front)
{
	int err = vgpu_device_start(front->device);

	if (err) {
		fail_connection(front, err, "starting the device");
		return;
	}
	front->failures = 0;
	back_off(front);
	xenbus_switch_state(front->xdev, XenbusStateConnected);
	dev_info(&front->xdev->dev, "connected to domain %d, %u displays\n",
		 front->xdev->otherend_id, front->device->info.num_scanouts);
}

/* Whether a backend in this state still belongs to our connection. */
static bool backend_is_ours(enum xenbus_state backend, enum xenbus_state own)
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
		schedule_reaction(front, front->not_before - jiffies);
		return;
	}
	front->backing_off = false;
	connect(front);
}

static void react(struct vgpu_front *front)
{
	struct xenbus_device *xdev = front->xdev;
	enum xenbus_state backend = xenbus_read_driver_state(xdev->otherend);

	if (front->device &&
	    (vgpu_device_lost(front->device) || !backend_is_ours(backend, xdev->state))) {
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

static void on_work(struct work_struct *work)
{
	struct vgpu_front *front = container_of(to_delayed_work(work), struct vgpu_front, work);

	mutex_lock(&front->mutex);
	if (!front->removed)
		react(front);
	mutex_unlock(&front->mutex);
}

/*
 * Runs in xenbus' thread. If the backend is gone, declare the device lost at once, before the work
 * item runs: the work item may be inside a driver that waits for that very backend.
 */
static void vgpu_backend_changed(struct xenbus_device *xdev, enum xenbus_state backend)
{
	struct vgpu_front *front = dev_get_drvdata(&xdev->dev);
	unsigned long flags;

	if (!front)
		return;
	spin_lock_irqsave(&front->lock, flags);
	if (front->device && !backend_is_ours(backend, xdev->state))
		vgpu_device_lose(front->device, xenbus_strstate(backend));
	spin_unlock_irqrestore(&front->lock, flags);
	schedule_reaction(front, 0);
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
	INIT_DELAYED_WORK(&front->work, on_work);
	mutex_init(&front->mutex);
	spin_lock_init(&front->lock);
	dev_set_drvdata(&xdev->dev, front);
	/*
	 * Needed after an unbind. xenbus sets up the watch next, which reports the backend's state.
	 */
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
	.not_essential = true, /* the guest boots without its GPU, too */
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
