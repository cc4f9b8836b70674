/* SPDX-License-Identifier: MIT */
#include "tests/component/cockpit/guest.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(99);
}

uint64_t test_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static void write_key(struct guest *g, const char *dir, const char *key, const char *value)
{
	char path[GUEST_PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	must(xs_write(g->xs, XBT_NULL, path, value, (unsigned int)strlen(value)), path);
}

static void write_number(struct guest *g, const char *dir, const char *key, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	write_key(g, dir, key, text);
}

static void map_domain(struct guest *g)
{
	static struct fx_request request;
	static struct fx_reply reply;
	int fds[2];

	request.op = FX_DOMAIN_CREATE;
	request.a[0] = g->domid;
	must(fx_call(g->control, &request, 0, &reply, fds) >= 0, "create domain");
	g->memory = mmap(NULL, (size_t)FX_DOMAIN_PAGES * FX_PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_SHARED, fds[0], 0);
	g->grants = mmap(NULL, FX_GRANTS * sizeof(struct fx_grant), PROT_READ | PROT_WRITE,
			 MAP_SHARED, fds[1], 0);
	must(g->memory != MAP_FAILED && g->grants != MAP_FAILED, "map domain");
	close(fds[0]);
	close(fds[1]);
}

void guest_create_without_vgpu(struct guest *g, uint32_t domid, const char *name)
{
	char home[32];

	memset(g, 0, sizeof(*g));
	g->domid = domid;
	g->next_page = 16;
	g->next_ref = 8; /* Xen reserves the first references */
	g->control = fx_open(FX_KIND_CONTROL, 0, NULL);
	must(g->control >= 0, "connect to the fake Xen");
	map_domain(g);
	g->xs = fx_xs_open(domid);
	g->evtchn = fx_evtchn_open(domid);
	must(g->xs && g->evtchn, "guest's handles");
	snprintf(home, sizeof(home), "/local/domain/%u", domid);
	write_key(g, home, "name", name);
	write_number(g, home, "domid", domid);
	snprintf(g->frontend, sizeof(g->frontend), "%s/device/vgpu/0", home);
	snprintf(g->backend, sizeof(g->backend), "/local/domain/%u/backend/vgpu/%u/0",
		 FX_DRIVER_DOMID, domid);
}

void guest_attach(struct guest *g, const char *name)
{
	xs_transaction_t t;

	/* Use one transaction, so that nobody sees half a device. */
	do {
		char path[2 * GUEST_PATH_MAX], text[16];
		const char *const keys[][3] = {
			{g->frontend, "backend", g->backend},  {g->frontend, "backend-id", "1"},
			{g->frontend, "handle", "0"},	       {g->frontend, "state", "1"},
			{g->backend, "frontend", g->frontend}, {g->backend, "frontend-id", text},
			{g->backend, "online", "1"},	       {g->backend, "domain-name", name},
			{g->backend, "handle", "0"},	       {g->backend, "state", "1"},
		};

		snprintf(text, sizeof(text), "%u", g->domid);
		t = xs_transaction_start(g->xs);
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			snprintf(path, sizeof(path), "%s/%s", keys[i][0], keys[i][1]);
			must(xs_write(g->xs, t, path, keys[i][2], (unsigned int)strlen(keys[i][2])),
			     path);
		}
	} while (!xs_transaction_end(g->xs, t, false));
}

void guest_create(struct guest *g, uint32_t domid, const char *name)
{
	guest_create_without_vgpu(g, domid, name);
	guest_attach(g, name);
}

void guest_destroy(struct guest *g)
{
	static struct fx_request request;
	static struct fx_reply reply;
	struct xs_handle *dom0 = fx_xs_open(0);
	char path[GUEST_PATH_MAX];

	must(dom0 != NULL, "dom0's xenstore");
	request.op = FX_DOMAIN_DESTROY;
	request.a[0] = g->domid;
	must(fx_call(g->control, &request, 0, &reply, NULL) >= 0, "destroy domain");
	xs_rm(dom0, XBT_NULL, g->backend);
	snprintf(path, sizeof(path), "/local/domain/%u/backend/vgpu/%u", FX_DRIVER_DOMID, g->domid);
	xs_rm(dom0, XBT_NULL, path);
	snprintf(path, sizeof(path), "/local/domain/%u", g->domid);
	xs_rm(dom0, XBT_NULL, path);
	xs_close(dom0);
}

void guest_finish(struct guest *g)
{
	if (!g->xs)
		return;
	xenevtchn_close(g->evtchn);
	xs_close(g->xs);
	munmap(g->memory, (size_t)FX_DOMAIN_PAGES * FX_PAGE_SIZE);
	munmap(g->grants, FX_GRANTS * sizeof(struct fx_grant));
	close(g->control);
	memset(g, 0, sizeof(*g));
}

void *guest_grant_pages(struct guest *g, uint32_t count, uint32_t *ref)
{
	void *pages = g->memory + (size_t)g->next_page * FX_PAGE_SIZE;

	must(g->next_page + count <= FX_DOMAIN_PAGES && g->next_ref + count <= FX_GRANTS,
	     "guest's memory");
	*ref = g->next_ref;
	for (uint32_t i = 0; i < count; i++) {
		struct fx_grant *grant = &g->grants[g->next_ref++];
		grant->domid = FX_DRIVER_DOMID;
		grant->page = g->next_page++;
		__atomic_store_n(&grant->flags, FX_GRANT_VALID, __ATOMIC_RELEASE);
	}
	memset(pages, 0, (size_t)count * FX_PAGE_SIZE);
	return pages;
}

bool guest_end_grant(struct guest *g, uint32_t ref)
{
	if (__atomic_load_n(&g->grants[ref].active, __ATOMIC_ACQUIRE) > 0)
		return false;
	g->grants[ref].flags = 0;
	return true;
}

/* The control queue's ring is in pages 0 to 2 of the pool, the cursor queue's in pages 3 to 5. */
static void place_ring(struct guest *g, uint32_t index)
{
	struct guest_queue *q = &g->queue[index];
	uint64_t at = (uint64_t)index * 3 * VGPU_PAGE_SIZE;

	memset(q, 0, sizeof(*q));
	memset(g->pool + at, 0, 3 * VGPU_PAGE_SIZE);
	q->desc = (struct vring_desc *)(void *)(g->pool + at);
	q->avail = (struct vring_avail *)(void *)(g->pool + at + VGPU_PAGE_SIZE);
	q->used = (struct vring_used *)(void *)(g->pool + at + 2 * VGPU_PAGE_SIZE);
	g->page->queue[index] = (struct vgpu_queue){
		.size = GUEST_QUEUE_SIZE,
		.desc = at,
		.driver = at + VGPU_PAGE_SIZE,
		.device = at + 2 * VGPU_PAGE_SIZE,
	};
}

void guest_share(struct guest *g)
{
	uint32_t pool_ref, dir_ref, *dir;

	g->page = guest_grant_pages(g, 1, &g->control_ref);
	dir = guest_grant_pages(g, 1, &dir_ref);
	g->pool = guest_grant_pages(g, GUEST_POOL_PAGES, &pool_ref);
	for (uint32_t i = 0; i < GUEST_POOL_PAGES; i++)
		dir[i] = pool_ref + i;
	g->page->magic = VGPU_MAGIC;
	g->page->version = VGPU_VERSION;
	g->page->pool_pages = GUEST_POOL_PAGES;
	g->page->dir_pages = 1;
	g->page->dir_ref[0] = dir_ref;
	for (uint32_t i = 0; i < VGPU_QUEUE_COUNT; i++)
		place_ring(g, i);
	if (!g->bound) {
		int port = xenevtchn_bind_unbound_port(g->evtchn, FX_DRIVER_DOMID);
		must(port > 0, "event channel");
		g->port = (evtchn_port_t)port;
		g->bound = true;
	}
}

void guest_set_state(struct guest *g, enum guest_xenbus_state state)
{
	write_number(g, g->frontend, "state", state);
}

void guest_announce(struct guest *g)
{
	write_number(g, g->frontend, VGPU_XS_VERSION, VGPU_VERSION);
	write_number(g, g->frontend, VGPU_XS_CONTROL_REF, g->control_ref);
	write_number(g, g->frontend, VGPU_XS_EVENT_CHANNEL, g->port);
	guest_set_state(g, GUEST_INITIALISED);
}

void guest_driver_ok(struct guest *g, uint64_t features)
{
	g->page->driver_features = features;
	for (uint32_t i = 0; i < VGPU_QUEUE_COUNT; i++)
		__atomic_store_n(&g->page->queue[i].enabled, 1u, __ATOMIC_RELEASE);
	__atomic_store_n(&g->page->driver_status, 0xfu, __ATOMIC_RELEASE);
	guest_notify(g);
}

/* Returns early if the backend gives up. */
static bool wait_connected(struct guest *g)
{
	uint64_t until = test_now_ms() + GUEST_PATIENCE;
	uint32_t state;

	while ((state = guest_backend_state(g)) < GUEST_CONNECTED && test_now_ms() < until)
		usleep(2000);
	return state == GUEST_CONNECTED;
}

bool guest_connect(struct guest *g)
{
	if (!guest_wait_backend(g, GUEST_INIT_WAIT, GUEST_PATIENCE))
		return false;
	guest_share(g);
	guest_announce(g);
	if (!wait_connected(g))
		return false;
	guest_set_state(g, GUEST_CONNECTED);
	guest_driver_ok(g, VGPU_F_VERSION_1 | VGPU_F_ACCESS_PLATFORM |
				   (g->page->device_features & (VGPU_F_VIRGL | VGPU_F_EDID)));
	return true;
}

bool guest_disconnect(struct guest *g)
{
	uint64_t until = test_now_ms() + GUEST_PATIENCE;
	uint32_t state;

	guest_set_state(g, GUEST_CLOSING);
	do {
		state = guest_backend_state(g);
		if (state >= GUEST_CLOSING || state == 0)
			break;
		usleep(2000);
	} while (test_now_ms() < until);
	if (g->bound)
		xenevtchn_unbind(g->evtchn, g->port);
	g->bound = false;
	guest_set_state(g, GUEST_CLOSED);
	return state >= GUEST_CLOSING;
}

uint32_t guest_backend_state(struct guest *g)
{
	char path[GUEST_PATH_MAX + 16];
	char *text;
	uint32_t state;

	snprintf(path, sizeof(path), "%s/state", g->backend);
	text = xs_read(g->xs, XBT_NULL, path, NULL);
	state = text ? (uint32_t)strtoul(text, NULL, 10) : 0;
	free(text);
	return state;
}

bool guest_wait_backend(struct guest *g, enum guest_xenbus_state state, uint32_t ms)
{
	uint64_t until = test_now_ms() + ms;

	while (guest_backend_state(g) != state) {
		if (test_now_ms() >= until) {
			/* Some tests expect this. In the others the line shows where they hang. */
			fprintf(stderr, "domain %u: backend's state is %u, not %u\n", g->domid,
				guest_backend_state(g), state);
			return false;
		}
		usleep(2000);
	}
	return true;
}

bool guest_wait_broken(struct guest *g, uint32_t ms)
{
	uint64_t until = test_now_ms() + ms;

	while (!(g->page->device_status & VGPU_DEVICE_NEEDS_RESET) &&
	       guest_backend_state(g) == GUEST_CONNECTED) {
		if (test_now_ms() >= until)
			return false;
		usleep(2000);
	}
	return true;
}

bool guest_leave(struct guest *g)
{
	if (!guest_wait_broken(g, GUEST_PATIENCE))
		return false;
	if (g->bound)
		xenevtchn_unbind(g->evtchn, g->port);
	g->bound = false;
	guest_set_state(g, GUEST_CLOSED);
	guest_set_state(g, GUEST_INITIALISING);
	return true;
}

void guest_notify(struct guest *g)
{
	xenevtchn_notify(g->evtchn, g->port);
}

static void collect(struct guest_queue *q)
{
	uint16_t used = __atomic_load_n(&q->used->idx, __ATOMIC_ACQUIRE);

	while (q->used_seen != used) {
		uint32_t head = q->used->ring[q->used_seen % GUEST_QUEUE_SIZE].id;
		uint32_t bit = 1u << (head / 2u);

		must(head < GUEST_QUEUE_SIZE && head % 2u == 0 && (q->slots_busy & bit) &&
			     !(q->slots_done & bit),
		     "the backend answered in a slot that was not sent");
		q->slots_done |= bit;
		q->used_seen++;
	}
}

bool guest_wait_event(struct guest *g, uint32_t ms)
{
	struct pollfd p = {.fd = xenevtchn_fd(g->evtchn), .events = POLLIN};
	int port;

	if (poll(&p, 1, (int)ms) <= 0)
		return false;
	port = xenevtchn_pending(g->evtchn);
	if (port < 0)
		return false;
	xenevtchn_unmask(g->evtchn, (evtchn_port_t)port);
	g->interrupts++;
	return true;
}

static uint8_t *slot_memory(struct guest *g, uint32_t queue, uint32_t slot)
{
	size_t at = 6 * VGPU_PAGE_SIZE + (queue * GUEST_SLOTS + slot) * GUEST_SLOT_BYTES;

	return g->pool + at;
}

uint32_t guest_send(struct guest *g, uint32_t queue, const void *command, size_t length,
		    size_t space)
{
	struct guest_queue *q = &g->queue[queue];
	uint32_t slot = 0;
	uint8_t *memory;

	while (slot < GUEST_SLOTS && (q->slots_busy & (1u << slot)))
		slot++;
	must(slot < GUEST_SLOTS && length <= GUEST_SLOT_BYTES / 2 && space <= GUEST_SLOT_BYTES / 2,
	     "slot for a command");
	q->slots_busy |= 1u << slot;
	memory = slot_memory(g, queue, slot);
	memcpy(memory, command, length);
	memset(memory + GUEST_SLOT_BYTES / 2, 0, GUEST_SLOT_BYTES / 2);
	q->desc[2 * slot] = (struct vring_desc){.addr = (uint64_t)(memory - g->pool),
						.len = (uint32_t)length,
						.flags = space ? VRING_DESC_F_NEXT : 0,
						.next = (uint16_t)(2 * slot + 1)};
	q->desc[2 * slot + 1] =
		(struct vring_desc){.addr = (uint64_t)(memory - g->pool) + GUEST_SLOT_BYTES / 2,
				    .len = (uint32_t)space,
				    .flags = VRING_DESC_F_WRITE};
	q->avail->ring[q->avail_next % GUEST_QUEUE_SIZE] = (uint16_t)(2 * slot);
	__atomic_store_n(&q->avail->idx, ++q->avail_next, __ATOMIC_RELEASE);
	guest_notify(g);
	return slot;
}

bool guest_answered(struct guest *g, uint32_t queue, uint32_t slot)
{
	collect(&g->queue[queue]);
	return (g->queue[queue].slots_done & (1u << slot)) != 0;
}

bool guest_wait(struct guest *g, uint32_t queue, uint32_t slot, void *answer, size_t size,
		uint32_t ms)
{
	struct guest_queue *q = &g->queue[queue];
	uint64_t until = test_now_ms() + ms;

	/* Look again only after an event, so that a backend that sends none fails the test. */
	while (!guest_answered(g, queue, slot)) {
		uint64_t now = test_now_ms();
		if (now >= until)
			return false;
		guest_wait_event(g, (uint32_t)(until - now));
	}
	if (answer)
		memcpy(answer, slot_memory(g, queue, slot) + GUEST_SLOT_BYTES / 2, size);
	q->slots_busy &= ~(1u << slot);
	q->slots_done &= ~(1u << slot);
	return true;
}

uint32_t guest_command(struct guest *g, const void *command, size_t length, void *answer,
		       size_t size)
{
	uint32_t slot = guest_send(g, VGPU_QUEUE_CONTROL, command, length, size);
	struct virtio_gpu_ctrl_hdr header;

	if (!guest_wait(g, VGPU_QUEUE_CONTROL, slot, answer, size, GUEST_PATIENCE))
		return 0;
	memcpy(&header, answer, sizeof(header));
	return header.type;
}
