/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "mediator/daemon/output/kms.h"
#include "mediator/daemon/base/log.h"
#include "mediator/daemon/output/output.h"

struct kms_output {
	struct output base;
	struct kms *kms;
	struct kms_pipe pipe;
	uint32_t width, height;
	uint32_t black;
	uint32_t mode_blob;
	bool lit; /* the mode is set */
	struct kms_flip flip;
	uint32_t left;	    /* an earlier mediator's picture on the screen, 0: none */
	uint32_t left_mode; /* and its mode's blob */
	struct {
		uint32_t connector_crtc;
		uint32_t crtc_mode, crtc_active;
		uint32_t plane_fb, plane_crtc;
		uint32_t src_x, src_y, src_w, src_h;
		uint32_t crtc_x, crtc_y, crtc_w, crtc_h;
	} id;
};

/* This mediator's own picture is on the screen: remove the earlier mediator's. */
static void drop_left(struct kms_output *o)
{
	if (o->left)
		drmModeRmFB(o->kms->fd, o->left);
	if (o->left_mode)
		drmModeDestroyPropertyBlob(o->kms->fd, o->left_mode);
	o->left = o->left_mode = 0;
}

static void flipped(struct kms_flip *flip)
{
	struct kms_output *o =
		(struct kms_output *)((char *)flip - offsetof(struct kms_output, flip));

	drop_left(o);
	o->base.shown(&o->base, o->base.owner);
}

static int output_kms_import(struct output *output, const struct gpum_buffer *buffer, int fd,
			     uint32_t *handle)
{
	struct kms_output *o = (struct kms_output *)output;

	return kms_framebuffer(o->kms, buffer, fd, handle);
}

static int output_kms_paint(struct output *output, const uint32_t *pixels,
			    struct gpum_buffer *buffer, int *fd, uint32_t *handle)
{
	struct kms_output *o = (struct kms_output *)output;

	*buffer = (struct gpum_buffer){.width = o->width, .height = o->height};
	return kms_painted(o->kms, pixels, buffer, fd, handle);
}

static void output_kms_release(struct output *output, uint32_t handle)
{
	struct kms_output *o = (struct kms_output *)output;

	/* When leaving, it may be the one on the screen; the next mediator removes the others. */
	if (!o->kms->leaving)
		drmModeRmFB(o->kms->fd, handle);
}

static void add_plane(struct kms_output *o, drmModeAtomicReq *req, uint32_t fb,
		      const struct gpum_rect *from)
{
	uint32_t plane = o->pipe.plane;

	drmModeAtomicAddProperty(req, plane, o->id.plane_fb, fb);
	drmModeAtomicAddProperty(req, plane, o->id.plane_crtc, o->pipe.crtc);
	drmModeAtomicAddProperty(req, plane, o->id.src_x, (uint64_t)(uint32_t)from->x << 16);
	drmModeAtomicAddProperty(req, plane, o->id.src_y, (uint64_t)(uint32_t)from->y << 16);
	drmModeAtomicAddProperty(req, plane, o->id.src_w, (uint64_t)from->width << 16);
	drmModeAtomicAddProperty(req, plane, o->id.src_h, (uint64_t)from->height << 16);
	drmModeAtomicAddProperty(req, plane, o->id.crtc_x, 0);
	drmModeAtomicAddProperty(req, plane, o->id.crtc_y, 0);
	drmModeAtomicAddProperty(req, plane, o->id.crtc_w, o->width);
	drmModeAtomicAddProperty(req, plane, o->id.crtc_h, o->height);
}

static void add_mode(struct kms_output *o, drmModeAtomicReq *req)
{
	drmModeAtomicAddProperty(req, o->pipe.connector, o->id.connector_crtc, o->pipe.crtc);
	drmModeAtomicAddProperty(req, o->pipe.crtc, o->id.crtc_mode, o->mode_blob);
	drmModeAtomicAddProperty(req, o->pipe.crtc, o->id.crtc_active, 1);
}

static int output_kms_show(struct output *output, uint32_t handle, const struct gpum_rect *from)
{
	struct kms_output *o = (struct kms_output *)output;
	const struct gpum_rect all = {.width = o->width, .height = o->height};
	uint32_t flags = DRM_MODE_PAGE_FLIP_EVENT | DRM_MODE_ATOMIC_NONBLOCK;
	drmModeAtomicReq *req = drmModeAtomicAlloc();
	int status;

	if (!req)
		return -ENOMEM;
	add_plane(o, req, handle ? handle : o->black, handle ? from : &all);
	if (!o->lit) {
		add_mode(o, req);
		flags |= DRM_MODE_ATOMIC_ALLOW_MODESET;
	}
	status = drmModeAtomicCommit(o->kms->fd, req, flags, kms_expect(o->kms, &o->flip));
	drmModeAtomicFree(req);
	if (status) {
		kms_forget(o->kms, &o->flip);
		return status;
	}
	o->lit = true;
	return 0;
}

static int output_kms_inherit(struct output *output, struct gpum_buffer *buffer, int *fd)
{
	struct kms_output *o = (struct kms_output *)output;

	return o->left ? kms_export(o->kms, o->left, buffer, fd) : -ENOENT;
}

static void output_kms_destroy(struct output *output)
{
	struct kms_output *o = (struct kms_output *)output;

	kms_forget(o->kms, &o->flip);
	if (o->black)
		output_kms_release(output, o->black);
	if (o->mode_blob)
		drmModeDestroyPropertyBlob(o->kms->fd, o->mode_blob);
	free(o);
}

static const struct output_ops kms_ops = {.name = "kms",
					  .import = output_kms_import,
					  .paint = output_kms_paint,
					  .release = output_kms_release,
					  .show = output_kms_show,
					  .inherit = output_kms_inherit,
					  .destroy = output_kms_destroy};

static bool find_properties(struct kms_output *o)
{
	const struct kms_pipe *p = &o->pipe;
	struct {
		uint32_t *id;
		uint32_t object, type;
		const char *name;
	} const wanted[] = {
		{&o->id.connector_crtc, p->connector, DRM_MODE_OBJECT_CONNECTOR, "CRTC_ID"},
		{&o->id.crtc_mode, p->crtc, DRM_MODE_OBJECT_CRTC, "MODE_ID"},
		{&o->id.crtc_active, p->crtc, DRM_MODE_OBJECT_CRTC, "ACTIVE"},
		{&o->id.plane_fb, p->plane, DRM_MODE_OBJECT_PLANE, "FB_ID"},
		{&o->id.plane_crtc, p->plane, DRM_MODE_OBJECT_PLANE, "CRTC_ID"},
		{&o->id.src_x, p->plane, DRM_MODE_OBJECT_PLANE, "SRC_X"},
		{&o->id.src_y, p->plane, DRM_MODE_OBJECT_PLANE, "SRC_Y"},
		{&o->id.src_w, p->plane, DRM_MODE_OBJECT_PLANE, "SRC_W"},
		{&o->id.src_h, p->plane, DRM_MODE_OBJECT_PLANE, "SRC_H"},
		{&o->id.crtc_x, p->plane, DRM_MODE_OBJECT_PLANE, "CRTC_X"},
		{&o->id.crtc_y, p->plane, DRM_MODE_OBJECT_PLANE, "CRTC_Y"},
		{&o->id.crtc_w, p->plane, DRM_MODE_OBJECT_PLANE, "CRTC_W"},
		{&o->id.crtc_h, p->plane, DRM_MODE_OBJECT_PLANE, "CRTC_H"},
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		*wanted[i].id = kms_property(o->kms->fd, wanted[i].object, wanted[i].type,
					     wanted[i].name, NULL);
		if (*wanted[i].id)
			continue;
		log_error("the display driver lacks the property %s", wanted[i].name);
		return false;
	}
	return true;
}

static void find_left(struct kms_output *o)
{
	uint64_t mode = 0;

	o->left = kms_left_on(o->kms, o->pipe.plane);
	if (!o->left)
		return;
	kms_property(o->kms->fd, o->pipe.crtc, DRM_MODE_OBJECT_CRTC, "MODE_ID", &mode);
	o->left_mode = (uint32_t)mode;
}

struct output *output_kms_create(struct kms *kms, const struct config_panel *config)
{
	struct kms_output *o = calloc(1, sizeof(*o));
	int status;

	if (!o)
		return NULL;
	o->base.ops = &kms_ops;
	o->kms = kms;
	o->flip.done = flipped;
	o->width = config->width;
	o->height = config->height;
	if (!kms_find_pipe(kms, config->connector, config->width, config->height,
			   config->refresh_hz, &o->pipe) ||
	    !find_properties(o))
		goto fail;
	find_left(o);
	status = kms_black(kms, o->width, o->height, &o->black);
	if (!status)
		status = drmModeCreatePropertyBlob(kms->fd, &o->pipe.mode, sizeof(o->pipe.mode),
						   &o->mode_blob);
	if (!status)
		return &o->base;
	log_error("%s: cannot be prepared: error %d", config->connector, -status);
fail:
	output_kms_destroy(&o->base);
	return NULL;
}
