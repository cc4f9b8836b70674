/* SPDX-License-Identifier: MIT */
#include "board/guest/hostile/front.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define POLL_US	  2000u
#define FOLDER	  "device/vgpu/0" /* relative: xenstored adds /local/domain/DOMID/ */
#define DRIVER_OK 0xfu		  /* ACKNOWLEDGE, DRIVER, FEATURES_OK and DRIVER_OK */
#define GNTALLOC  "/sys/module/xen_gntalloc/parameters/limit"

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

uint64_t front_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static char *read_key(struct front *f, const char *folder, const char *key)
{
	char path[2 * FRONT_KEY_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, key);
	return xs_read(f->xs, XBT_NULL, path, NULL);
}

bool front_write(struct front *f, const char *key, const char *value)
{
	char path[FRONT_KEY_MAX];

	snprintf(path, sizeof(path), FOLDER "/%s", key);
	return xs_write(f->xs, XBT_NULL, path, value, (unsigned int)strlen(value));
}

static void write_number(struct front *f, const char *key, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	front_write(f, key, text);
}

void front_open(struct front *f)
{
	FILE *limit = fopen(GNTALLOC, "w");

	memset(f, 0, sizeof(*f));
	f->port = -1;
	must(limit && fputs("16384", limit) >= 0 && fclose(limit) == 0, GNTALLOC);
	f->xs = xs_open(0);
	must(f->xs != NULL, "xenstore");
	f->evtchn = xenevtchn_open(NULL, 0);
	must(f->evtchn != NULL, "event channels");
	f->share = xengntshr_open(NULL, 0);
	must(f->share != NULL, "grants");
}

void *front_grant(struct front *f, uint32_t domid, uint32_t count, uint32_t *refs)
{
	void *pages = xengntshr_share_pages(f->share, domid, (int)count, refs, 1);

	if (pages)
		memset(pages, 0, (size_t)count * VGPU_PAGE_SIZE);
	return pages;
}

void front_end_grant(struct front *f, void *pages, uint32_t count)
{
	if (pages)
		xengntshr_unshare(f->share, pages, count);
}

uint32_t front_backend_state(struct front *f)
{
	char *text = read_key(f, f->backend, "state");
	uint32_t state = text ? (uint32_t)strtoul(text, NULL, 10) : 0;

	free(text);
	return state;
}

void front_set_state(struct front *f, enum front_state state)
{
	write_number(f, "state", state);
}

bool front_wait_backend(struct front *f, enum front_state state, uint32_t ms)
{
	uint64_t until = front_now_ms() + ms;

	while (front_backend_state(f) != state) {
		if (front_now_ms() >= until)
			return false;
		usleep(10 * POLL_US);
	}
	return true;
}

/* Looks the folder up each time, as dom0 may have attached this guest anew. */
bool front_find_backend(struct front *f)
{
	char *path = read_key(f, FOLDER, "backend"), *id = read_key(f, FOLDER, "backend-id");
	bool found = path && id;

	if (found) {
		snprintf(f->backend, sizeof(f->backend), "%s", path);
		f->driver = (uint32_t)strtoul(id, NULL, 10);
	}
	free(path);
	free(id);
	return found;
}

bool front_ask(struct front *f)
{
	if (!front_find_backend(f))
		return false;
	front_set_state(f, FRONT_INITIALISING);
	return front_wait_backend(f, FRONT_INIT_WAIT, FRONT_LONG_PATIENCE);
}

static void place_rings(struct front *f)
{
	for (uint32_t i = 0; i < VGPU_QUEUE_COUNT; i++) {
		uint64_t at = (uint64_t)i * 3 * VGPU_PAGE_SIZE;

		f->page->queue[i] = (struct vgpu_queue){.size = FRONT_QUEUE_SIZE,
							.desc = at,
							.driver = at + VGPU_PAGE_SIZE,
							.device = at + 2 * VGPU_PAGE_SIZE};
	}
	f->desc = (void *)f->pool;
	f->avail = (void *)(f->pool + VGPU_PAGE_SIZE);
	f->used = (void *)(f->pool + 2 * VGPU_PAGE_SIZE);
	f->avail_next = f->used_seen = 0;
}

void front_share(struct front *f)
{
	uint32_t directory_ref = 0, refs[FRONT_POOL_PAGES];

	f->page = front_grant(f, f->driver, 1, &f->control_ref);
	f->directory = front_grant(f, f->driver, 1, &directory_ref);
	f->pool = front_grant(f, f->driver, FRONT_POOL_PAGES, refs);
	must(f->page && f->directory && f->pool, "grant memory");
	memcpy(f->directory, refs, sizeof(refs));
	f->page->magic = VGPU_MAGIC;
	f->page->version = VGPU_VERSION;
	f->page->pool_pages = FRONT_POOL_PAGES;
	f->page->dir_pages = 1;
	f->page->dir_ref[0] = directory_ref;
	place_rings(f);
	f->port = xenevtchn_bind_unbound_port(f->evtchn, f->driver);
	must(f->port >= 0, "event channel");
}

void front_announce(struct front *f)
{
	write_number(f, VGPU_XS_VERSION, VGPU_VERSION);
	write_number(f, VGPU_XS_CONTROL_REF, f->control_ref);
	write_number(f, VGPU_XS_EVENT_CHANNEL, (uint32_t)f->port);
	front_set_state(f, FRONT_INITIALISED);
}

void front_driver_ok(struct front *f, uint64_t features)
{
	f->page->driver_features = features;
	for (uint32_t i = 0; i < VGPU_QUEUE_COUNT; i++)
		__atomic_store_n(&f->page->queue[i].enabled, 1u, __ATOMIC_RELEASE);
	__atomic_store_n(&f->page->driver_status, DRIVER_OK, __ATOMIC_RELEASE);
	front_notify(f);
}

bool front_connect(struct front *f)
{
	if (!front_ask(f))
		return false;
	front_share(f);
	front_announce(f);
	if (!front_wait_backend(f, FRONT_CONNECTED, FRONT_PATIENCE))
		return false;
	front_set_state(f, FRONT_CONNECTED);
	front_driver_ok(f, VGPU_F_VERSION_1 | VGPU_F_ACCESS_PLATFORM);
	return true;
}

void front_leave(struct front *f)
{
	uint64_t until = front_now_ms() + FRONT_PATIENCE;

	front_set_state(f, FRONT_CLOSING);
	while (front_backend_state(f) == FRONT_CONNECTED && front_now_ms() < until)
		usleep(10 * POLL_US);
	if (f->port >= 0)
		xenevtchn_unbind(f->evtchn, (evtchn_port_t)f->port);
	f->port = -1;
	front_end_grant(f, f->page, 1);
	front_end_grant(f, f->directory, 1);
	front_end_grant(f, f->pool, FRONT_POOL_PAGES);
	f->page = NULL;
	f->directory = NULL;
	f->pool = NULL;
	front_set_state(f, FRONT_CLOSED);
}

bool front_wait_quarantine(struct front *f, uint32_t ms)
{
	uint64_t until = front_now_ms() + ms;

	while (!(f->page && (f->page->device_status & VGPU_DEVICE_NEEDS_RESET)) &&
	       front_backend_state(f) == FRONT_CONNECTED) {
		if (front_now_ms() >= until)
			return false;
		usleep(10 * POLL_US);
	}
	return true;
}

void front_notify(struct front *f)
{
	xenevtchn_notify(f->evtchn, (evtchn_port_t)f->port);
}

void front_offer(struct front *f, uint16_t head)
{
	f->avail->ring[f->avail_next % FRONT_QUEUE_SIZE] = head;
	__atomic_store_n(&f->avail->idx, ++f->avail_next, __ATOMIC_RELEASE);
}

void front_describe(struct front *f, uint16_t head, size_t length, size_t space)
{
	f->desc[head] = (struct vring_desc){.addr = FRONT_COMMAND,
					    .len = (uint32_t)length,
					    .flags = VRING_DESC_F_NEXT,
					    .next = (uint16_t)(head + 1)};
	f->desc[head + 1] = (struct vring_desc){
		.addr = FRONT_ANSWER, .len = (uint32_t)space, .flags = VRING_DESC_F_WRITE};
}

uint32_t front_command(struct front *f, const void *command, size_t length, void *answer,
		       size_t size)
{
	uint64_t until = front_now_ms() + FRONT_PATIENCE;
	struct virtio_gpu_ctrl_hdr header;

	must(length <= FRONT_SLOT_BYTES && size >= sizeof(header) && size <= FRONT_SLOT_BYTES,
	     "size of a command");
	memcpy(f->pool + FRONT_COMMAND, command, length);
	front_describe(f, 0, length, size);
	front_offer(f, 0);
	front_notify(f);
	while (__atomic_load_n(&f->used->idx, __ATOMIC_ACQUIRE) == f->used_seen) {
		if (front_now_ms() >= until || front_backend_state(f) != FRONT_CONNECTED)
			return 0;
		usleep(POLL_US);
	}
	f->used_seen++;
	memcpy(answer, f->pool + FRONT_ANSWER, size);
	memcpy(&header, answer, sizeof(header));
	return header.type;
}
