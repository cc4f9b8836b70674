/* SPDX-License-Identifier: MIT */
#include "backend/link/link.h"

#include <endian.h>
#include <string.h>

#include "backend/error/error.h"

/* VIRTIO_CONFIG_S_* of <linux/virtio_config.h>. */
#define STATUS_DRIVER_OK   4u
#define STATUS_FEATURES_OK 8u
#define FEATURES_NEEDED	   (VGPU_F_VERSION_1 | VGPU_F_ACCESS_PLATFORM)
/*
 * Drivers notify a little too often, so some idle events are normal. After IDLE_FREE idle events in
 * a row, the event channel stays masked for IDLE_DELAY_US after each further one. IDLE_MAX idle
 * events in a row take more than 8 s, and end the connection.
 */
#define IDLE_FREE     32u
#define IDLE_DELAY_US 1000u
#define IDLE_MAX      8192u
#define BURSTS_PER_S  10u /* a tenth of a second's allowance may come at once */

static uint32_t load32(const vgpu_u32 *shared)
{
	return le32toh(__atomic_load_n(shared, __ATOMIC_ACQUIRE));
}

static uint64_t load64(const vgpu_u64 *shared)
{
	return le64toh(__atomic_load_n(shared, __ATOMIC_ACQUIRE));
}

static void store32(vgpu_u32 *shared, uint32_t value)
{
	__atomic_store_n(shared, htole32(value), __ATOMIC_RELEASE);
}

static void fill_registers(struct link *link, uint32_t num_scanouts, uint32_t num_capsets)
{
	struct vgpu_control *c = link->memory.control;

	link->generation = load32(&c->driver_generation);
	link->clear_seq = load32(&c->events_clear_seq);
	__atomic_store_n(&c->device_features, htole64(link->features), __ATOMIC_RELEASE);
	store32(&c->queue_size_max, VGPU_QUEUE_SIZE_MAX);
	store32(&c->events_read, 0);
	store32(&c->num_scanouts, num_scanouts);
	store32(&c->num_capsets, num_capsets);
	store32(&c->config_generation, 0);
	store32(&c->device_status, VGPU_DEVICE_OK);
	store32(&c->device_generation, link->generation);
}

int link_open(struct link *link, uint32_t domid, uint32_t max_events_per_s)
{
	uint32_t burst = max_events_per_s / BURSTS_PER_S;

	memset(link, 0, sizeof(*link));
	limit_init(&link->rate, max_events_per_s, UINT64_C(1000000000), burst > 0 ? burst : 1);
	link->evtchn = xenevtchn_open(NULL, 0);
	if (!link->evtchn)
		return BACKEND_ERR_SYSTEM;
	if (xenevtchn_restrict(link->evtchn, (domid_t)domid) == 0)
		return 0;
	link_close(link);
	return BACKEND_ERR_SYSTEM;
}

void link_close(struct link *link)
{
	link_disconnect(link);
	if (link->evtchn)
		xenevtchn_close(link->evtchn);
	link->evtchn = NULL;
}

static int bind(struct link *link, uint32_t domid, uint32_t remote_port)
{
	int port = xenevtchn_bind_interdomain(link->evtchn, domid, remote_port);

	if (port < 0)
		return BACKEND_ERR_EVENT_CHANNEL;
	link->port = (evtchn_port_t)port;
	return 0;
}

int link_connect(struct link *link, struct granted *granted, struct device *device,
		 const struct xenbus_keys *keys, uint32_t num_scanouts, uint32_t num_capsets)
{
	*link = (struct link){.evtchn = link->evtchn, .rate = link->rate};
	link->granted = granted;
	link->device = device;
	link->features = device_features(device);
	int err = granted_pool_map(granted, keys->control_ref, &link->memory);
	if (err)
		return err;
	err = bind(link, granted->domid, keys->event_channel);
	if (err) {
		granted_pool_unmap(granted, &link->memory);
		return err;
	}
	link->connected = true;
	fill_registers(link, num_scanouts, num_capsets);
	return 0;
}

void link_disconnect(struct link *link)
{
	if (!link->connected)
		return;
	device_reset(link->device);
	xenevtchn_unbind(link->evtchn, link->port);
	link->connected = false;
	link->started = false;
	link->more = false;
	granted_pool_unmap(link->granted, &link->memory);
}

bool link_is_connected(const struct link *link)
{
	return link->connected;
}

int link_fd(const struct link *link)
{
	return xenevtchn_fd(link->evtchn);
}

static void reset_if_asked(struct link *link)
{
	struct vgpu_control *c = link->memory.control;
	uint32_t generation = load32(&c->driver_generation);

	if (generation == link->generation)
		return;
	device_reset(link->device);
	memset(link->queue, 0, sizeof(link->queue));
	link->started = false;
	link->generation = generation;
	store32(&c->device_generation, generation);
	link->notify = true;
	link->idle_events = 0;
}

static int set_up_queue(struct link *link, uint32_t index, bool event_idx)
{
	struct vgpu_queue setup;

	memcpy(&setup, &link->memory.control->queue[index], sizeof(setup));
	__asm__ volatile("" : : "r"(&setup) : "memory");
	if (le32toh(setup.enabled) != 1)
		return BACKEND_ERR_QUEUE_SIZE;
	return vq_init(&link->queue[index], link->memory.pool,
		       (uint64_t)link->memory.pool_pages << VGPU_PAGE_SHIFT, &setup, event_idx);
}

static int start_if_ready(struct link *link)
{
	const struct vgpu_control *c = link->memory.control;
	uint32_t needed = STATUS_DRIVER_OK | STATUS_FEATURES_OK;

	if (link->started || (load32(&c->driver_status) & needed) != needed)
		return 0;
	uint64_t features = load64(&c->driver_features);
	if ((features & ~link->features) || (features & FEATURES_NEEDED) != FEATURES_NEEDED)
		return BACKEND_ERR_FEATURES;
	for (uint32_t i = 0; i < VGPU_QUEUE_COUNT; i++) {
		int err = set_up_queue(link, i, features & VGPU_F_EVENT_IDX);
		if (err)
			return err;
	}
	link->started = true;
	link->idle_events = 0;
	device_start(link->device, &link->queue[VGPU_QUEUE_CONTROL],
		     &link->queue[VGPU_QUEUE_CURSOR], features);
	return 0;
}

static void clear_events_if_asked(struct link *link)
{
	struct vgpu_control *c = link->memory.control;
	uint32_t seq = load32(&c->events_clear_seq);

	if (seq == link->clear_seq)
		return;
	link->clear_seq = seq;
	link->events &= ~load32(&c->events_clear);
	store32(&c->events_read, link->events);
	store32(&c->config_generation, ++link->config_generation);
	link->notify = true;
}

int link_service(struct link *link)
{
	reset_if_asked(link);
	clear_events_if_asked(link);
	int got = start_if_ready(link);
	if (!got)
		got = device_pump(link->device);
	link->more = got == 1;
	return got < 0 ? got : 0;
}

static uint64_t commands_so_far(const struct link *link)
{
	struct gpum_state state;

	device_count(link->device, &state);
	return state.commands;
}

static void delay_events(struct link *link, uint64_t now_us, uint64_t delay_us)
{
	if (now_us + delay_us <= link->unmask_us)
		return;
	link->unmask_us = now_us + delay_us;
	link->events_delayed++;
}

int link_event(struct link *link, uint64_t now_us)
{
	uint64_t before = commands_so_far(link);

	if (xenevtchn_pending(link->evtchn) < 0)
		return 0;
	link->events_in++;
	link->masked = true;
	link->unmask_us = now_us;
	link->idle_events++;
	delay_events(link, now_us, limit_spend(&link->rate, now_us * 1000) / 1000);
	int err = link_service(link);
	if (err)
		return err;
	if (commands_so_far(link) != before)
		link->idle_events = 0;
	if (link->idle_events > IDLE_MAX)
		return BACKEND_ERR_EVENT_STORM;
	if (link->idle_events > IDLE_FREE)
		delay_events(link, now_us, IDLE_DELAY_US);
	return 0;
}

void link_finish_round(struct link *link, uint64_t now_us)
{
	bool notify = link->notify;

	for (uint32_t i = 0; link->started && i < VGPU_QUEUE_COUNT; i++)
		notify |= vq_must_notify(&link->queue[i]);
	if (notify && xenevtchn_notify(link->evtchn, link->port) == 0)
		link->events_out++;
	link->notify = false;
	/* Unmasking only here limits a guest to one event per round, however many it sends. */
	if (link->masked && !link->more && now_us >= link->unmask_us) {
		link->masked = false;
		xenevtchn_unmask(link->evtchn, link->port);
	}
}

void link_break(struct link *link)
{
	if (!link->connected)
		return;
	store32(&link->memory.control->device_status, VGPU_DEVICE_NEEDS_RESET);
	xenevtchn_notify(link->evtchn, link->port);
}
