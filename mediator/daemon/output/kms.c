/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/output/kms.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mediator/daemon/base/log.h"
#include "mediator/daemon/base/clock.h"
#include "mediator/daemon/output/output.h"

#define CARD_WAIT_S  30u
#define WAIT_STEP_US 100000u
#define WAIT_STEPS   (CARD_WAIT_S * (1000000u / WAIT_STEP_US))

/* libdrm passes the kernel's user data only, and that may name a flip of an earlier mediator. */
static struct kms *reading;

void *kms_expect(struct kms *kms, struct kms_flip *flip)
{
	kms_forget(kms, flip);
	flip->name = ++kms->flips;
	flip->next = kms->waiting;
	kms->waiting = flip;
	return (void *)(uintptr_t)flip->name;
}

void kms_forget(struct kms *kms, struct kms_flip *flip)
{
	struct kms_flip **at = &kms->waiting;

	while (*at && *at != flip)
		at = &(*at)->next;
	if (*at)
		*at = flip->next;
}

static void flipped(int fd, unsigned int sequence, unsigned int seconds, unsigned int microseconds,
		    unsigned int crtc, void *data)
{
	struct kms_flip *flip = reading->waiting;

	(void)fd;
	(void)sequence;
	(void)seconds;
	(void)microseconds;
	(void)crtc;
	while (flip && (uintptr_t)flip->name != (uintptr_t)data)
		flip = flip->next;
	if (!flip)
		return;
	kms_forget(reading, flip);
	flip->done(flip);
}

static void read_events(struct ev_loop *loop, struct ev_io *io, int events)
{
	drmEventContext context = {.version = 3, .page_flip_handler2 = flipped};

	(void)loop;
	(void)events;
	reading = io->data;
	drmHandleEvent(io->fd, &context);
}

int kms_open_card(const char *path)
{
	for (unsigned int i = 0;; i++) {
		int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

		if (fd >= 0)
			return fd;
		if (i >= WAIT_STEPS)
			break;
		if (i == 0)
			log_info("%s: %m; waiting for it, %u s at most", path, CARD_WAIT_S);
		usleep(WAIT_STEP_US);
	}
	log_error("%s: %m: no display device (is the GPU's driver loaded? see --card)", path);
	return -1;
}

static bool is_shown(struct kms *kms, const drmModePlaneRes *planes, uint32_t framebuffer)
{
	bool found = false;

	for (uint32_t i = 0; planes && i < planes->count_planes && !found; i++) {
		drmModePlane *p = drmModeGetPlane(kms->fd, planes->planes[i]);

		found = p && p->fb_id == framebuffer;
		drmModeFreePlane(p);
	}
	return found;
}

/* Remove the framebuffers that an earlier mediator made, except those on a screen. */
static void tidy_up(struct kms *kms)
{
	drmModeRes *res = drmModeGetResources(kms->fd);
	drmModePlaneRes *planes = drmModeGetPlaneResources(kms->fd);

	for (int i = 0; res && planes && i < res->count_fbs; i++)
		if (!is_shown(kms, planes, res->fbs[i]))
			drmModeRmFB(kms->fd, res->fbs[i]);
	drmModeFreePlaneResources(planes);
	drmModeFreeResources(res);
}

static bool set_up(struct kms *kms, const char *path)
{
	uint64_t modifiers = 0;

	if (drmSetClientCap(kms->fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1) ||
	    drmSetClientCap(kms->fd, DRM_CLIENT_CAP_ATOMIC, 1)) {
		log_error("%s: no atomic mode setting: %m", path);
		return false;
	}
	if (!drmIsMaster(kms->fd) && drmSetMaster(kms->fd)) {
		log_error("%s: cannot become master: %m (is a compositor running?)", path);
		return false;
	}
	drmGetCap(kms->fd, DRM_CAP_ADDFB2_MODIFIERS, &modifiers);
	kms->modifiers = modifiers != 0;
	return true;
}

struct kms *kms_open(struct ev_loop *loop, const char *path, int fd)
{
	struct kms *kms = calloc(1, sizeof(*kms));

	if (!kms)
		return NULL;
	kms->loop = loop;
	kms->kept = fd >= 0;
	kms->fd = kms->kept ? fd : kms_open_card(path);
	if (kms->fd < 0) {
		free(kms);
		return NULL;
	}
	/* Flips are rarer than nanoseconds, so a later mediator's names begin above all earlier
	 * ones. */
	kms->flips = clock_ns();
	ev_io_init(&kms->events, read_events, kms->fd, EV_READ);
	kms->events.data = kms;
	if (!set_up(kms, path)) {
		kms_close(kms);
		return NULL;
	}
	tidy_up(kms);
	ev_io_start(loop, &kms->events);
	return kms;
}

void kms_leave(struct kms *kms)
{
	if (kms)
		kms->leaving = kms->kept;
}

void kms_close(struct kms *kms)
{
	if (!kms)
		return;
	ev_io_stop(kms->loop, &kms->events);
	close(kms->fd);
	free(kms);
}

uint32_t kms_property(int fd, uint32_t object, uint32_t object_type, const char *name,
		      uint64_t *value)
{
	drmModeObjectProperties *all = drmModeObjectGetProperties(fd, object, object_type);
	uint32_t id = 0;

	for (uint32_t i = 0; all && i < all->count_props && !id; i++) {
		drmModePropertyRes *one = drmModeGetProperty(fd, all->props[i]);

		if (one && !strcmp(one->name, name)) {
			id = one->prop_id;
			if (value)
				*value = all->prop_values[i];
		}
		drmModeFreeProperty(one);
	}
	drmModeFreeObjectProperties(all);
	return id;
}

static drmModeConnector *find_connector(struct kms *kms, const drmModeRes *res, const char *name)
{
	char found[256] = "";

	for (int i = 0; i < res->count_connectors; i++) {
		drmModeConnector *c = drmModeGetConnector(kms->fd, res->connectors[i]);
		char its[64];

		if (!c)
			continue;
		snprintf(its, sizeof(its), "%s-%u", drmModeGetConnectorTypeName(c->connector_type),
			 c->connector_type_id);
		if (!strcmp(its, name))
			return c;
		snprintf(found + strlen(found), sizeof(found) - strlen(found), " %s", its);
		drmModeFreeConnector(c);
	}
	log_error("connector %s does not exist; this device has:%s", name, found);
	return NULL;
}

/* Make a mode that the connector does not list, with the reduced blanking of VESA CVT. */
static drmModeModeInfo invent_mode(uint32_t width, uint32_t height, uint32_t hz)
{
	drmModeModeInfo m = {.hdisplay = (uint16_t)width,
			     .hsync_start = (uint16_t)(width + 48),
			     .hsync_end = (uint16_t)(width + 80),
			     .htotal = (uint16_t)(width + 160),
			     .vdisplay = (uint16_t)height,
			     .vsync_start = (uint16_t)(height + 3),
			     .vsync_end = (uint16_t)(height + 8),
			     .vtotal = (uint16_t)(height + 30),
			     .vrefresh = hz,
			     .flags = DRM_MODE_FLAG_PHSYNC | DRM_MODE_FLAG_NVSYNC,
			     .type = DRM_MODE_TYPE_USERDEF};

	m.clock = (uint32_t)((uint64_t)m.htotal * m.vtotal * hz / 1000u);
	snprintf(m.name, sizeof(m.name), "%ux%u", width, height);
	return m;
}

static drmModeModeInfo choose_mode(const drmModeConnector *c, const char *name, uint32_t width,
				   uint32_t height, uint32_t hz)
{
	const drmModeModeInfo *best = NULL;

	for (int i = 0; i < c->count_modes; i++) {
		const drmModeModeInfo *m = &c->modes[i];

		if (m->hdisplay != width || m->vdisplay != height)
			continue;
		if (!best || abs((int)m->vrefresh - (int)hz) < abs((int)best->vrefresh - (int)hz))
			best = m;
	}
	if (best)
		return *best;
	log_warning("%s: %ux%u is not among its %d modes; trying it nevertheless", name, width,
		    height, c->count_modes);
	return invent_mode(width, height, hz);
}

static bool choose_crtc(struct kms *kms, const drmModeRes *res, const drmModeConnector *c,
			struct kms_pipe *out, int *index)
{
	uint32_t possible = 0;

	for (int i = 0; i < c->count_encoders; i++) {
		drmModeEncoder *e = drmModeGetEncoder(kms->fd, c->encoders[i]);

		if (e)
			possible |= e->possible_crtcs;
		drmModeFreeEncoder(e);
	}
	for (int i = 0; i < res->count_crtcs && i < 32; i++) {
		uint32_t bit = UINT32_C(1) << i;

		if (!(possible & bit) || (kms->crtcs_taken & bit))
			continue;
		kms->crtcs_taken |= bit;
		out->crtc = res->crtcs[i];
		*index = i;
		return true;
	}
	return false;
}

static uint32_t choose_plane(struct kms *kms, int crtc_index)
{
	drmModePlaneRes *planes = drmModeGetPlaneResources(kms->fd);
	uint32_t found = 0;

	for (uint32_t i = 0; planes && i < planes->count_planes && !found; i++) {
		drmModePlane *p = drmModeGetPlane(kms->fd, planes->planes[i]);
		uint64_t type = DRM_PLANE_TYPE_OVERLAY;

		if (!p)
			continue;
		kms_property(kms->fd, p->plane_id, DRM_MODE_OBJECT_PLANE, "type", &type);
		if (type == DRM_PLANE_TYPE_PRIMARY &&
		    (p->possible_crtcs & (UINT32_C(1) << crtc_index)))
			found = p->plane_id;
		drmModeFreePlane(p);
	}
	drmModeFreePlaneResources(planes);
	return found;
}

bool kms_find_pipe(struct kms *kms, const char *name, uint32_t width, uint32_t height,
		   uint32_t refresh_hz, struct kms_pipe *out)
{
	drmModeRes *res = drmModeGetResources(kms->fd);
	drmModeConnector *c = res ? find_connector(kms, res, name) : NULL;
	bool ok = false;
	int index = 0;

	if (!res)
		log_error("the device drives no display: %m");
	if (c) {
		out->connector = c->connector_id;
		out->mode = choose_mode(c, name, width, height, refresh_hz);
		ok = choose_crtc(kms, res, c, out, &index);
		out->plane = ok ? choose_plane(kms, index) : 0;
		ok = out->plane != 0;
		if (!ok)
			log_error("%s: no display controller is left for it", name);
	}
	drmModeFreeConnector(c);
	drmModeFreeResources(res);
	return ok;
}

uint32_t kms_left_on(struct kms *kms, uint32_t plane)
{
	drmModeRes *res = drmModeGetResources(kms->fd);
	drmModePlane *p = drmModeGetPlane(kms->fd, plane);
	uint32_t found = 0;

	/* The list holds framebuffers made through this device file, not the text console's. */
	for (int i = 0; res && p && i < res->count_fbs; i++)
		if (res->fbs[i] == p->fb_id)
			found = p->fb_id;
	drmModeFreePlane(p);
	drmModeFreeResources(res);
	return found;
}

int kms_export(struct kms *kms, uint32_t framebuffer, struct gpum_buffer *b, int *fd)
{
	drmModeFB2 *fb = drmModeGetFB2(kms->fd, framebuffer);
	int status;

	if (!fb)
		return -errno;
	*b = (struct gpum_buffer){.width = fb->width,
				  .height = fb->height,
				  .stride = fb->pitches[0],
				  .offset = fb->offsets[0],
				  .fourcc = fb->pixel_format,
				  .modifier = fb->flags & DRM_MODE_FB_MODIFIERS
						      ? fb->modifier
						      : DRM_FORMAT_MOD_INVALID};
	status = drmPrimeHandleToFD(kms->fd, fb->handles[0], DRM_CLOEXEC, fd) ? -errno : 0;
	drmCloseBufferHandle(kms->fd, fb->handles[0]);
	drmModeFreeFB2(fb);
	return status;
}

int kms_framebuffer(struct kms *kms, const struct gpum_buffer *b, int fd, uint32_t *id)
{
	bool named = kms->modifiers && b->modifier != DRM_FORMAT_MOD_INVALID;
	uint32_t handles[4] = {0}, pitches[4] = {b->stride}, offsets[4] = {b->offset};
	uint64_t modifiers[4] = {b->modifier};
	int status;

	if (drmPrimeFDToHandle(kms->fd, fd, &handles[0]))
		return -errno;
	status = drmModeAddFB2WithModifiers(kms->fd, b->width, b->height, b->fourcc, handles,
					    pitches, offsets, named ? modifiers : NULL, id,
					    named ? DRM_MODE_FB_MODIFIERS : 0);
	/* The framebuffer holds the buffer now. */
	drmCloseBufferHandle(kms->fd, handles[0]);
	return status ? -errno : 0;
}

/* Copy the pixels to where the kernel has put the buffer. */
static int fill(struct kms *kms, const struct drm_mode_create_dumb *dumb, const uint32_t *pixels)
{
	struct drm_mode_map_dumb map = {.handle = dumb->handle};
	uint8_t *to;

	if (drmIoctl(kms->fd, DRM_IOCTL_MODE_MAP_DUMB, &map))
		return -errno;
	to = mmap(NULL, dumb->size, PROT_WRITE, MAP_SHARED, kms->fd, (off_t)map.offset);
	if (to == MAP_FAILED)
		return -errno;
	for (uint32_t y = 0; y < dumb->height; y++)
		memcpy(to + (size_t)y * dumb->pitch, pixels + (size_t)y * dumb->width,
		       sizeof(*pixels) * dumb->width);
	munmap(to, dumb->size);
	return 0;
}

int kms_painted(struct kms *kms, const uint32_t *pixels, struct gpum_buffer *b, int *fd,
		uint32_t *id)
{
	struct drm_mode_create_dumb dumb = {.width = b->width, .height = b->height, .bpp = 32};
	uint32_t handles[4] = {0}, pitches[4] = {0}, offsets[4] = {0};
	int status;

	if (drmIoctl(kms->fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
		return -errno;
	handles[0] = dumb.handle;
	pitches[0] = b->stride = dumb.pitch;
	b->fourcc = DRM_FORMAT_XRGB8888;
	b->modifier = DRM_FORMAT_MOD_INVALID;
	status = fill(kms, &dumb, pixels);
	if (!status && drmModeAddFB2(kms->fd, b->width, b->height, b->fourcc, handles, pitches,
				     offsets, id, 0))
		status = -errno;
	if (status || drmPrimeHandleToFD(kms->fd, dumb.handle, DRM_CLOEXEC | DRM_RDWR, fd))
		*fd = -1;
	drmCloseBufferHandle(kms->fd, dumb.handle);
	return status;
}

int kms_black(struct kms *kms, uint32_t width, uint32_t height, uint32_t *id)
{
	struct drm_mode_create_dumb dumb = {.width = width, .height = height, .bpp = 32};
	uint32_t handles[4] = {0}, pitches[4] = {0}, offsets[4] = {0};
	int status;

	if (drmIoctl(kms->fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
		return -errno;
	handles[0] = dumb.handle;
	pitches[0] = dumb.pitch;
	status = drmModeAddFB2(kms->fd, width, height, DRM_FORMAT_XRGB8888, handles, pitches,
			       offsets, id, 0)
			 ? -errno
			 : 0;
	drmCloseBufferHandle(kms->fd, dumb.handle);
	return status;
}
