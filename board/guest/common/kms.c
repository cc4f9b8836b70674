/* SPDX-License-Identifier: MIT */
#include "board/guest/common/kms.h"

#include "board/guest/common/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm_fourcc.h>
#include <xf86drm.h>

#define MAX_CARDS      16
#define WAIT_SLICE_MS  1000
#define WARN_EVERY_MS  5000
#define CLOSE_LIMIT_MS 500

static const drmModeModeInfo *preferred_mode(const drmModeConnector *connector)
{
	for (int i = 0; i < connector->count_modes; i++) {
		if (connector->modes[i].type & DRM_MODE_TYPE_PREFERRED)
			return &connector->modes[i];
	}
	return &connector->modes[0];
}

/* Returns the id of a CRTC that can drive the connector, 0 if there is none (ids start at 1). */
static uint32_t usable_crtc(int fd, const drmModeRes *res, const drmModeConnector *connector)
{
	for (int e = 0; e < connector->count_encoders; e++) {
		drmModeEncoder *encoder = drmModeGetEncoder(fd, connector->encoders[e]);
		uint32_t possible;

		if (!encoder)
			continue;
		possible = encoder->possible_crtcs;
		drmModeFreeEncoder(encoder);
		for (int c = 0; c < res->count_crtcs && c < 32; c++) {
			if (possible & (1u << c))
				return res->crtcs[c];
		}
	}
	return 0;
}

static bool take_connector(struct kms *kms, const drmModeRes *res, uint32_t id)
{
	drmModeConnector *connector = drmModeGetConnector(kms->fd, id);

	if (!connector)
		return false;
	if (connector->connection == DRM_MODE_CONNECTED && connector->count_modes > 0) {
		kms->crtc_id = usable_crtc(kms->fd, res, connector);
		kms->connector_id = connector->connector_id;
		kms->mode = *preferred_mode(connector);
	}
	drmModeFreeConnector(connector);
	return kms->crtc_id != 0;
}

/* Returns NULL on success, else the text of an error. */
static const char *open_card(struct kms *kms, const char *path)
{
	drmModeRes *res;

	memset(kms, 0, sizeof(*kms));
	(void)snprintf(kms->path, sizeof(kms->path), "%s", path);
	kms->fd = open(path, O_RDWR | O_CLOEXEC);
	if (kms->fd < 0)
		return strerror(errno);
	res = drmModeGetResources(kms->fd);
	if (!res) {
		kms_close(kms);
		return "not a display device (no KMS)";
	}
	for (int i = 0; i < res->count_connectors; i++) {
		if (take_connector(kms, res, res->connectors[i]))
			break;
	}
	drmModeFreeResources(res);
	if (!kms->crtc_id) {
		kms_close(kms);
		return "no connected display";
	}
	return NULL;
}

int kms_open(struct kms *kms, const char *path)
{
	const char *why = NULL;
	char card[32], seen[32] = "";

	if (path) {
		why = open_card(kms, path);
		if (why)
			cli_error("%s: %s", path, why);
		return why ? -1 : 0;
	}
	for (int i = 0; i < MAX_CARDS; i++) {
		const char *lacks;

		(void)snprintf(card, sizeof(card), "/dev/dri/card%d", i);
		if (access(card, F_OK))
			continue;
		lacks = open_card(kms, card);
		if (!lacks)
			return 0;
		if (!why) {
			why = lacks;
			memcpy(seen, card, sizeof(seen));
		}
	}
	if (why)
		cli_error("%s: %s", seen, why);
	else
		cli_error("no display: there is no /dev/dri/card*; for a guest, run `gpumctl "
			  "attach` in dom0");
	kms->fd = -1;
	return -1;
}

static void flip_done(int fd, unsigned int sequence, unsigned int sec, unsigned int usec,
		      void *data)
{
	struct kms *kms = data;

	(void)fd;
	(void)sequence;
	(void)sec;
	(void)usec;
	kms->flip_pending = false;
}

/* Returns 1 after handling events, 0 after a time-out, -1 after a message on stderr. */
static int handle_events(struct kms *kms, int timeout_ms)
{
	drmEventContext events = {.version = 2, .page_flip_handler = flip_done};
	struct pollfd pfd = {.fd = kms->fd, .events = POLLIN};
	int n = poll(&pfd, 1, timeout_ms);

	if (n < 0 && errno == EINTR)
		return 0;
	if (n < 0) {
		cli_error("%s: poll: %s", kms->path, strerror(errno));
		return -1;
	}
	if (n == 0)
		return 0;
	if (!(pfd.revents & POLLIN) || drmHandleEvent(kms->fd, &events)) {
		cli_error("%s: the display was removed", kms->path);
		return -1;
	}
	return 1;
}

int kms_wait(struct kms *kms)
{
	uint64_t warn_ns = WARN_EVERY_MS * 1000000ull;
	uint64_t start = cli_now_ns();

	while (kms->flip_pending) {
		if (cli_stopped())
			return 1;
		if (handle_events(kms, WAIT_SLICE_MS) < 0)
			return -1;
		if (kms->flip_pending && cli_now_ns() - start >= warn_ns) {
			cli_error("%s: no flip completed for %d s, still waiting", kms->path,
				  WARN_EVERY_MS / 1000);
			start = cli_now_ns();
		}
	}
	return 0;
}

int kms_show(struct kms *kms, uint32_t fb)
{
	int err;

	if (!kms->mode_set) {
		err = drmModeSetCrtc(kms->fd, kms->crtc_id, fb, 0, 0, &kms->connector_id, 1,
				     &kms->mode);
		if (err) {
			cli_error("%s: cannot set mode %s: %s%s", kms->path, kms->mode.name,
				  strerror(errno),
				  errno == EACCES || errno == EPERM
					  ? " (another program holds the display)"
					  : "");
			return -1;
		}
		kms->mode_set = true;
		return 0;
	}
	if (drmModePageFlip(kms->fd, kms->crtc_id, fb, DRM_MODE_PAGE_FLIP_EVENT, kms)) {
		cli_error("%s: page flip: %s", kms->path, strerror(errno));
		return -1;
	}
	kms->flip_pending = true;
	return 0;
}

void kms_close(struct kms *kms)
{
	/* fd 0 is stdin here, never a display: a zeroed object holds no device. */
	if (kms->fd <= 0)
		return;
	/* A framebuffer removed under a pending flip would blank the last picture too early. */
	if (kms->flip_pending)
		(void)handle_events(kms, CLOSE_LIMIT_MS);
	close(kms->fd);
	memset(kms, 0, sizeof(*kms));
	kms->fd = -1;
}

static int dumb_map(struct kms *kms, struct kms_dumb *dumb)
{
	struct drm_mode_map_dumb map = {.handle = dumb->handle};
	void *pixels;

	if (drmIoctl(kms->fd, DRM_IOCTL_MODE_MAP_DUMB, &map))
		return -1;
	pixels = mmap(NULL, dumb->size, PROT_READ | PROT_WRITE, MAP_SHARED, kms->fd,
		      (off_t)map.offset);
	if (pixels == MAP_FAILED)
		return -1;
	dumb->pixels = pixels;
	return 0;
}

int kms_dumb_create(struct kms *kms, struct kms_dumb *dumb)
{
	struct drm_mode_create_dumb create = {
		.width = kms->mode.hdisplay, .height = kms->mode.vdisplay, .bpp = 32};
	uint32_t handles[4] = {0}, pitches[4] = {0}, offsets[4] = {0};

	memset(dumb, 0, sizeof(*dumb));
	if (drmIoctl(kms->fd, DRM_IOCTL_MODE_CREATE_DUMB, &create)) {
		cli_error("%s: cannot create a dumb buffer: %s", kms->path, strerror(errno));
		return -1;
	}
	dumb->handle = create.handle;
	dumb->stride = create.pitch;
	dumb->size = create.size;
	handles[0] = dumb->handle;
	pitches[0] = dumb->stride;
	if (dumb_map(kms, dumb) ||
	    drmModeAddFB2(kms->fd, create.width, create.height, DRM_FORMAT_XRGB8888, handles,
			  pitches, offsets, &dumb->fb, 0)) {
		cli_error("%s: cannot use a dumb buffer: %s", kms->path, strerror(errno));
		kms_dumb_destroy(kms, dumb);
		return -1;
	}
	return 0;
}

void kms_dumb_destroy(struct kms *kms, struct kms_dumb *dumb)
{
	struct drm_mode_destroy_dumb destroy = {.handle = dumb->handle};

	if (dumb->fb)
		(void)drmModeRmFB(kms->fd, dumb->fb);
	if (dumb->pixels)
		(void)munmap(dumb->pixels, dumb->size);
	if (dumb->handle)
		(void)drmIoctl(kms->fd, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy);
	memset(dumb, 0, sizeof(*dumb));
}
