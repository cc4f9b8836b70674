// SPDX-License-Identifier: GPL-2.0-only
/*
 * The event channel, time, and work items. An event of the late-EOI kind masks its port until the
 * handler ends it. From the second spurious event in a row on, the port then stays masked: for a
 * tick, and for twice as long each time, up to a second (Linux since XSA-332).
 */
#include "tests/fakes/kernel/kernel.h"

#include "tests/fakes/kernel/host.h"
#include "tests/fakes/kernel/inner.h"

#define IRQ 33

unsigned long jiffies;

static struct {
	irq_handler_t handler;
	void *arg;
	bool pending;
	bool masked;
	bool running;
	bool handled; /* the handler has not called xen_irq_lateeoi() yet */
	unsigned int spurious;
	unsigned long masked_until;
	unsigned int interrupts;
} channel;
static void (*notify_handler)(void);
static unsigned long slept_us;
static struct work_struct *pending_work[4];

void events_start(void)
{
	memset(&channel, 0, sizeof(channel));
	memset(pending_work, 0, sizeof(pending_work));
	notify_handler = NULL;
	slept_us = 0;
	jiffies = 1000;
}

int xenbus_alloc_evtchn(struct xenbus_device *xdev, evtchn_port_t *port)
{
	(void)xdev;
	*port = 5;
	return fails_now() ? -ENOSPC : 0;
}

int xenbus_free_evtchn(struct xenbus_device *xdev, evtchn_port_t port)
{
	(void)xdev, (void)port;
	return 0;
}

int bind_evtchn_to_irqhandler_lateeoi(evtchn_port_t port, irq_handler_t handler,
				      unsigned long flags, const char *name, void *arg)
{
	(void)port, (void)flags, (void)name;
	if (fails_now())
		return -ENOSPC;
	channel.handler = handler;
	channel.arg = arg;
	return IRQ;
}

void unbind_from_irqhandler(unsigned int irq, void *arg)
{
	if (irq != IRQ || arg != channel.arg)
		bug("an interrupt of another handler is unbound");
	memset(&channel, 0, sizeof(channel));
}

static void deliver(void)
{
	if (channel.masked && !channel.handled && !time_after(channel.masked_until, jiffies))
		channel.masked = false;
	while (channel.handler && channel.pending && !channel.masked) {
		channel.pending = false;
		channel.masked = true;
		channel.handled = true;
		channel.interrupts++;
		if (channel.running)
			return; /* a second interrupt while the first is being handled */
		channel.running = true;
		channel.handler(IRQ, channel.arg);
		channel.running = false;
	}
}

void xen_irq_lateeoi(unsigned int irq, unsigned int flags)
{
	unsigned int delay = 0;

	if (irq != IRQ || !channel.handled)
		bug("an interrupt is ended that is not being handled");
	channel.handled = false;
	if (!(flags & XEN_EOI_FLAG_SPURIOUS)) {
		channel.spurious = 0;
	} else {
		if (1u << channel.spurious < HZ << 2)
			channel.spurious++;
		if (channel.spurious > 1)
			delay = min(1u << (channel.spurious - 2), HZ);
	}
	channel.masked = delay > 0;
	channel.masked_until = jiffies + delay;
}

void host_event(void)
{
	channel.pending = true;
	deliver();
}

unsigned int host_interrupts(void)
{
	return channel.interrupts;
}

void host_on_notify(void (*on_notify)(void))
{
	notify_handler = on_notify;
}

void notify_remote_via_irq(int irq)
{
	if (irq != IRQ)
		bug("event sent on a channel that is not bound");
	if (notify_handler)
		notify_handler();
}

void host_wait(unsigned int ticks)
{
	while (ticks--) {
		jiffies++;
		deliver();
	}
}

void usleep_range(unsigned long least, unsigned long most)
{
	(void)least;
	for (slept_us += most; slept_us >= 1000000 / HZ; slept_us -= 1000000 / HZ)
		host_wait(1);
}

void schedule_work(struct work_struct *work)
{
	unsigned int i;

	for (i = 0; i < 4 && pending_work[i] && pending_work[i] != work; i++)
		;
	if (i == 4)
		abort();
	pending_work[i] = work;
}

void cancel_work_sync(struct work_struct *work)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		if (pending_work[i] == work)
			pending_work[i] = NULL;
}

void host_work(void)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct work_struct *work = pending_work[i];

		pending_work[i] = NULL;
		if (work)
			work->func(work);
	}
}

/* Runs the pending work items, as the system workqueue would meanwhile. */
void flush_scheduled_work(void)
{
	host_work();
}
