/* SPDX-License-Identifier: MIT */
#include "board/guest/hostile/attacks.h"
#include "board/guest/hostile/neighbour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BURN_MS	      10000u
#define NEVER_GRANTED 0x7fffu /* a reference beyond those in use */
#define STORM_MS      10000u
#define BURST_MS      4000u
#define DOM0	      0u
#define MAX_DOMID     40u /* a test starts fewer domains */

static enum outcome quarantined(struct front *f)
{
	front_notify(f);
	return front_wait_quarantine(f, FRONT_PATIENCE) ? OUTCOME_QUARANTINED : OUTCOME_SURVIVED;
}

/* --- Rings ----------------------------------------------------------------------------------- */

static enum outcome index_too_far(struct front *f)
{
	f->avail->idx = (uint16_t)(f->avail_next + FRONT_QUEUE_SIZE + 1);
	return quarantined(f);
}

static enum outcome index_backwards(struct front *f)
{
	f->avail->idx = (uint16_t)(f->avail_next - 1);
	return quarantined(f);
}

static enum outcome entry_beyond(struct front *f)
{
	front_offer(f, FRONT_QUEUE_SIZE);
	return quarantined(f);
}

static enum outcome offer_pair(struct front *f, struct vring_desc first, struct vring_desc second)
{
	f->desc[0] = first;
	f->desc[1] = second;
	front_offer(f, 0);
	return quarantined(f);
}

static enum outcome chain_loop(struct front *f)
{
	return offer_pair(
		f,
		(struct vring_desc){
			.addr = FRONT_COMMAND, .len = 24, .flags = VRING_DESC_F_NEXT, .next = 1},
		(struct vring_desc){
			.addr = FRONT_COMMAND, .len = 24, .flags = VRING_DESC_F_NEXT, .next = 0});
}

static enum outcome chain_outside(struct front *f)
{
	return offer_pair(
		f, (struct vring_desc){.addr = FRONT_POOL_PAGES * VGPU_PAGE_SIZE - 8u, .len = 24},
		(struct vring_desc){0});
}

static enum outcome chain_wraps(struct front *f)
{
	return offer_pair(f, (struct vring_desc){.addr = UINT64_MAX - 7, .len = 24},
			  (struct vring_desc){0});
}

static enum outcome chain_indirect(struct front *f)
{
	return offer_pair(f,
			  (struct vring_desc){
				  .addr = FRONT_COMMAND, .len = 64, .flags = VRING_DESC_F_INDIRECT},
			  (struct vring_desc){0});
}

/* Announces the memory of front_share(), in which the caller has made something wrong. */
static enum outcome announce_spoilt(struct front *f)
{
	uint64_t until = front_now_ms() + FRONT_PATIENCE;
	uint32_t state;

	front_announce(f);
	while ((state = front_backend_state(f)) == FRONT_INIT_WAIT && front_now_ms() < until)
		usleep(10000);
	if (state != FRONT_CONNECTED)
		return OUTCOME_QUARANTINED;
	front_set_state(f, FRONT_CONNECTED);
	front_driver_ok(f, VGPU_F_VERSION_1 | VGPU_F_ACCESS_PLATFORM);
	return quarantined(f);
}

static bool share_for_a_new_backend(struct front *f)
{
	if (!front_ask(f))
		return false;
	front_share(f);
	return true;
}

static enum outcome ring_outside(struct front *f)
{
	if (!share_for_a_new_backend(f))
		return OUTCOME_SURVIVED;
	f->page->queue[0].device = (uint64_t)FRONT_POOL_PAGES * VGPU_PAGE_SIZE - 16;
	return announce_spoilt(f);
}

static enum outcome no_magic(struct front *f)
{
	if (!share_for_a_new_backend(f))
		return OUTCOME_SURVIVED;
	f->page->magic = 0;
	return announce_spoilt(f);
}

static enum outcome giant_pool(struct front *f)
{
	if (!share_for_a_new_backend(f))
		return OUTCOME_SURVIVED;
	f->page->pool_pages = UINT32_MAX;
	f->page->dir_pages = UINT32_MAX;
	return announce_spoilt(f);
}

/* --- Grants and events ------------------------------------------------------------------------ */

/* The control page is one that dom0 may map, but not the driver domain. */
static enum outcome foreign_grant(struct front *f)
{
	uint32_t refs[1], own;
	void *page;
	enum outcome outcome;

	if (!share_for_a_new_backend(f))
		return OUTCOME_SURVIVED;
	page = front_grant(f, DOM0, 1, refs);
	own = f->control_ref;
	f->control_ref = refs[0];
	outcome = announce_spoilt(f);
	f->control_ref = own;
	front_end_grant(f, page, 1);
	return outcome;
}

static uint32_t create_2d(struct front *f, uint32_t resource, uint32_t width, uint32_t height)
{
	struct virtio_gpu_resource_create_2d c = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_2D,
						  .resource_id = resource,
						  .format = VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM,
						  .width = width,
						  .height = height};
	struct virtio_gpu_ctrl_hdr answer;

	return front_command(f, &c, sizeof(c), &answer, sizeof(answer));
}

static uint32_t attach(struct front *f, uint32_t resource, const uint32_t *refs, uint32_t count)
{
	struct {
		struct virtio_gpu_resource_attach_backing c;
		struct virtio_gpu_mem_entry entry[64];
	} m = {.c = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING,
		     .resource_id = resource,
		     .nr_entries = count}};
	struct virtio_gpu_ctrl_hdr answer;

	for (uint32_t i = 0; i < count; i++) {
		m.entry[i].addr = VGPU_ADDR_GRANT | (uint64_t)refs[i] << VGPU_ADDR_REF_SHIFT;
		m.entry[i].length = VGPU_PAGE_SIZE;
	}
	return front_command(f, &m, sizeof(m.c) + count * sizeof(m.entry[0]), &answer,
			     sizeof(answer));
}

static uint32_t transfer(struct front *f, uint32_t resource, uint32_t width, uint32_t height)
{
	struct virtio_gpu_transfer_to_host_2d c = {.hdr.type = VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D,
						   .r = {.width = width, .height = height},
						   .resource_id = resource};
	struct virtio_gpu_ctrl_hdr answer;

	return front_command(f, &c, sizeof(c), &answer, sizeof(answer));
}

static bool is_error(uint32_t type)
{
	return type >= VIRTIO_GPU_RESP_ERR_UNSPEC;
}

static enum outcome refused(bool all)
{
	return all ? OUTCOME_REFUSED : OUTCOME_BREACH;
}

/* Among good backing pages is one granted only to dom0; the second time, one granted to nobody. */
static enum outcome foreign_backing(struct front *f)
{
	uint32_t refs[4], dom0_ref[1];
	void *own = front_grant(f, f->driver, 4, refs);
	void *foreign = front_grant(f, DOM0, 1, dom0_ref);
	uint32_t kept = refs[2], made = create_2d(f, 1, 64, 64), with_dom0s, with_none;

	refs[2] = dom0_ref[0];
	with_dom0s = attach(f, 1, refs, 4);
	refs[2] = NEVER_GRANTED;
	with_none = attach(f, 1, refs, 4);
	refs[2] = kept;
	bool good = attach(f, 1, refs, 4) == VIRTIO_GPU_RESP_OK_NODATA;
	front_end_grant(f, own, 4);
	front_end_grant(f, foreign, 1);
	if (made != VIRTIO_GPU_RESP_OK_NODATA || !good)
		return OUTCOME_SURVIVED;
	return refused(is_error(with_dom0s) && is_error(with_none));
}

/* Ends grants that the backend has mapped. Our kernel keeps such pages; the backend must go on. */
static enum outcome end_while_mapped(struct front *f)
{
	uint32_t refs[4];
	void *backing = front_grant(f, f->driver, 4, refs);
	bool good = create_2d(f, 1, 64, 64) == VIRTIO_GPU_RESP_OK_NODATA &&
		    attach(f, 1, refs, 4) == VIRTIO_GPU_RESP_OK_NODATA;

	front_end_grant(f, backing, 4);
	good = good && transfer(f, 1, 64, 64) == VIRTIO_GPU_RESP_OK_NODATA;
	front_end_grant(f, f->pool, FRONT_POOL_PAGES);
	front_end_grant(f, f->page, 1);
	f->pool = NULL;
	f->page = NULL;
	for (int i = 0; i < 100; i++) {
		front_notify(f);
		usleep(10000);
	}
	return good ? OUTCOME_SURVIVED : OUTCOME_REFUSED;
}

static enum outcome event_storm(struct front *f)
{
	uint64_t until = front_now_ms() + STORM_MS;

	while (front_now_ms() < until) {
		for (int i = 0; i < 1000; i++)
			front_notify(f);
		if (f->page->device_status & VGPU_DEVICE_NEEDS_RESET)
			return OUTCOME_QUARANTINED;
	}
	return quarantined(f);
}

/* Keeps the ring full of good commands and reads no answer. */
static enum outcome command_flood(struct front *f)
{
	struct virtio_gpu_ctrl_hdr c = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO};
	uint64_t until = front_now_ms() + BURST_MS;

	memcpy(f->pool + FRONT_COMMAND, &c, sizeof(c));
	for (uint16_t head = 0; head < FRONT_QUEUE_SIZE; head = (uint16_t)(head + 2))
		front_describe(f, head, sizeof(c), sizeof(struct virtio_gpu_resp_display_info));
	while (front_now_ms() < until) {
		uint16_t used = __atomic_load_n(&f->used->idx, __ATOMIC_ACQUIRE);

		while ((uint16_t)(f->avail_next - used) < FRONT_QUEUE_SIZE / 2)
			front_offer(f, f->avail_next * 2 % FRONT_QUEUE_SIZE);
		front_notify(f);
	}
	return front_backend_state(f) == FRONT_CONNECTED ? OUTCOME_SURVIVED : OUTCOME_QUARANTINED;
}

/* --- Commands -------------------------------------------------------------------------------- */

static enum outcome giant_resources(struct front *f)
{
	bool ok = is_error(create_2d(f, 1, UINT32_MAX, UINT32_MAX)) &&
		  is_error(create_2d(f, 1, 0x8000, 0x8000)) && is_error(create_2d(f, 1, 0, 16));
	uint32_t made = 0;

	/* Each has 64 MiB, so the guest's quota in the tree must end this. */
	while (made < 16 && create_2d(f, 2 + made, 4096, 4096) == VIRTIO_GPU_RESP_OK_NODATA)
		made++;
	return refused(ok && made < 16);
}

static enum outcome unknown_commands(struct front *f)
{
	struct virtio_gpu_ctrl_hdr c = {0}, answer;
	bool ok = true;

	for (uint32_t type = 0x7700; type < 0x7720; type++) {
		c.type = type;
		ok = ok && is_error(front_command(f, &c, sizeof(c), &answer, sizeof(answer)));
	}
	c.type = VIRTIO_GPU_CMD_SUBMIT_3D;
	c.ctx_id = UINT32_MAX;
	ok = ok && is_error(front_command(f, &c, sizeof(c), &answer, sizeof(answer)));
	return refused(ok);
}

/* Rewrites descriptor and command from the moment they are offered until they are answered. */
static enum outcome racing_rewrites(struct front *f)
{
	struct virtio_gpu_resource_create_2d c = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_2D,
						  .format = VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM};
	volatile struct virtio_gpu_resource_create_2d *shared = (void *)(f->pool + FRONT_COMMAND);
	uint64_t until = front_now_ms() + BURST_MS;
	uint32_t round = 0;

	while (front_now_ms() < until) {
		c.resource_id = ++round % 64;
		c.width = c.height = 16;
		memcpy(f->pool + FRONT_COMMAND, &c, sizeof(c));
		front_describe(f, 0, sizeof(c), sizeof(struct virtio_gpu_ctrl_hdr));
		front_offer(f, 0);
		front_notify(f);
		for (uint32_t i = 0;
		     __atomic_load_n(&f->used->idx, __ATOMIC_ACQUIRE) == f->used_seen; i++) {
			shared->width = i % 3 ? 16 : UINT32_MAX;
			shared->hdr.type = i % 5 ? VIRTIO_GPU_CMD_RESOURCE_CREATE_2D : i;
			f->desc[0].len = i % 7 ? (uint32_t)sizeof(c) : UINT32_MAX;
			f->desc[1].addr = i % 2 ? FRONT_ANSWER : UINT64_MAX - i;
			if (f->page->device_status & VGPU_DEVICE_NEEDS_RESET)
				return OUTCOME_QUARANTINED;
			if (i % 100000 == 99999 && front_backend_state(f) != FRONT_CONNECTED)
				return OUTCOME_QUARANTINED;
		}
		f->used_seen++;
	}
	return OUTCOME_SURVIVED;
}

/* --- Xenstore -------------------------------------------------------------------------------- */

static enum outcome state_flapping(struct front *f)
{
	if (!share_for_a_new_backend(f))
		return OUTCOME_SURVIVED;
	front_announce(f);
	for (uint32_t i = 0; i < 300; i++)
		front_set_state(f, (enum front_state)(1 + i * 7 % 6));
	return OUTCOME_SURVIVED;
}

static enum outcome key_garbage(struct front *f)
{
	if (!share_for_a_new_backend(f))
		return OUTCOME_SURVIVED;
	front_write(f, VGPU_XS_EVENT_CHANNEL, "4294967297");
	front_write(f, VGPU_XS_VERSION, "1");
	front_write(f, VGPU_XS_CONTROL_REF, "-8x");
	front_set_state(f, FRONT_INITIALISED);
	uint64_t until = front_now_ms() + FRONT_PATIENCE;
	while (front_backend_state(f) == FRONT_INIT_WAIT && front_now_ms() < until)
		usleep(10000);
	return front_backend_state(f) == FRONT_CONNECTED ? OUTCOME_BREACH : OUTCOME_QUARANTINED;
}

static enum outcome key_flood(struct front *f)
{
	uint64_t until = front_now_ms() + BURST_MS;

	while (front_now_ms() < until) {
		front_write(f, VGPU_XS_VERSION, "1");
		front_write(f, "state", "4");
	}
	return front_backend_state(f) == FRONT_CONNECTED ? OUTCOME_SURVIVED : OUTCOME_QUARANTINED;
}

static bool writes(struct front *f, const char *path)
{
	if (!xs_write(f->xs, XBT_NULL, path, "5", 1))
		return false;
	printf("wrote %s\n", path);
	return true;
}

/* Writes names and backend nodes of all other domains; only xenstored's permissions prevent it. */
static enum outcome nodes_of_others(struct front *f)
{
	char path[FRONT_KEY_MAX], *own = xs_read(f->xs, XBT_NULL, "domid", NULL);
	uint32_t self = own ? (uint32_t)strtoul(own, NULL, 10) : 0;
	bool wrote = false;

	free(own);
	for (uint32_t domid = 0; domid <= MAX_DOMID; domid++) {
		snprintf(path, sizeof(path), "/local/domain/%u/backend/vgpu/%u/0/state", f->driver,
			 domid);
		wrote |= writes(f, path);
		snprintf(path, sizeof(path), "/local/domain/%u/backend/vgpu/%u/0/domain-name",
			 f->driver, domid);
		wrote |= writes(f, path);
		snprintf(path, sizeof(path), "/local/domain/%u/device/vgpu/0/state", domid);
		wrote |= domid != self && writes(f, path);
		snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
		wrote |= writes(f, path);
	}
	return wrote ? OUTCOME_BREACH : OUTCOME_REFUSED;
}

/* --- CPU ------------------------------------------------------------------------------------- */

static void spin(uint64_t until)
{
	while (front_now_ms() < until)
		for (volatile uint32_t i = 0; i < 1000000; i++)
			;
}

/* Keeps all of the guest's CPUs busy for BURN_MS. */
static enum outcome burn_cpu(struct front *f)
{
	uint64_t until = front_now_ms() + BURN_MS;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	(void)f;
	for (long i = 1; i < cpus; i++) {
		if (fork() == 0) {
			spin(until);
			_exit(0);
		}
	}
	spin(until);
	while (wait(NULL) > 0)
		;
	return OUTCOME_SURVIVED;
}

/* --- The end ---------------------------------------------------------------------------------- */

/* Panics the guest's kernel. */
static enum outcome panic(struct front *f)
{
	FILE *trigger = fopen("/proc/sysrq-trigger", "w");

	(void)f;
	if (!trigger)
		return OUTCOME_REFUSED;
	fputs("c", trigger);
	fclose(trigger);
	return OUTCOME_SURVIVED;
}

/* --- The list -------------------------------------------------------------------------------- */

const struct attack attacks[] = {
	{"index-too-far", true, index_too_far},
	{"index-backwards", true, index_backwards},
	{"entry-beyond", true, entry_beyond},
	{"chain-loop", true, chain_loop},
	{"chain-outside", true, chain_outside},
	{"chain-wraps", true, chain_wraps},
	{"chain-indirect", true, chain_indirect},
	{"ring-outside", false, ring_outside},
	{"no-magic", false, no_magic},
	{"giant-pool", false, giant_pool},
	{"foreign-grant", false, foreign_grant},
	{"foreign-backing", true, foreign_backing},
	{"end-while-mapped", true, end_while_mapped},
	{"event-storm", true, event_storm},
	{"command-flood", true, command_flood},
	{"giant-resources", true, giant_resources},
	{"unknown-commands", true, unknown_commands},
	{"racing-rewrites", true, racing_rewrites},
	{"state-flapping", false, state_flapping},
	{"key-garbage", false, key_garbage},
	{"key-flood", true, key_flood},
	{"nodes-of-others", true, nodes_of_others},
	{"burn-cpu", false, burn_cpu},
	{"panic", false, panic},
	{"neighbour-events", false, neighbour_events},
	{"driver-events", false, driver_events},
	{"neighbour-grant", false, neighbour_grant},
	{"neighbour-map", false, neighbour_map},
};
const size_t num_attacks = sizeof(attacks) / sizeof(attacks[0]);

const struct attack *attack_find(const char *name)
{
	for (size_t i = 0; i < num_attacks; i++)
		if (!strcmp(attacks[i].name, name))
			return &attacks[i];
	return NULL;
}

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[OUTCOME_COUNT] = {[OUTCOME_QUARANTINED] = "quarantined",
							 [OUTCOME_REFUSED] = "refused",
							 [OUTCOME_SURVIVED] = "survived",
							 [OUTCOME_BREACH] = "BREACH"};

	return names[outcome];
}
