/* SPDX-License-Identifier: MIT */
#include <drm_fourcc.h>
#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mediator/daemon/output/output.h"

struct none {
	struct output base;
	struct ev_loop *loop;
	struct ev_timer done;
	uint32_t width, height;
	uint32_t handles;
};

static int none_import(struct output *output, const struct gpum_buffer *buffer, int fd,
		       uint32_t *handle)
{
	struct none *none = (struct none *)output;

	(void)buffer;
	(void)fd;
	*handle = ++none->handles;
	return 0;
}

static int none_paint(struct output *output, const uint32_t *pixels, struct gpum_buffer *buffer,
		      int *fd, uint32_t *handle)
{
	struct none *none = (struct none *)output;
	size_t bytes = sizeof(*pixels) * none->width * none->height;
	int memory = memfd_create("painted", MFD_CLOEXEC);

	if (memory < 0)
		return -errno;
	if (write(memory, pixels, bytes) != (ssize_t)bytes) {
		close(memory);
		return -EIO;
	}
	*buffer = (struct gpum_buffer){.width = none->width,
				       .height = none->height,
				       .stride = (uint32_t)sizeof(*pixels) * none->width,
				       .fourcc = DRM_FORMAT_XRGB8888,
				       .modifier = DRM_FORMAT_MOD_LINEAR};
	*fd = memory;
	*handle = ++none->handles;
	return 0;
}

static void none_release(struct output *output, uint32_t handle)
{
	(void)output;
	(void)handle;
}

static void none_done(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct none *none = timer->data;

	(void)loop;
	(void)events;
	none->base.shown(&none->base, none->base.owner);
}

static int none_show(struct output *output, uint32_t handle, const struct gpum_rect *from)
{
	struct none *none = (struct none *)output;

	(void)handle;
	(void)from;
	ev_timer_stop(none->loop, &none->done);
	ev_timer_set(&none->done, 0.0, 0.0);
	ev_timer_start(none->loop, &none->done);
	return 0;
}

static int none_inherit(struct output *output, struct gpum_buffer *buffer, int *fd)
{
	(void)output;
	(void)buffer;
	(void)fd;
	return -ENOENT;
}

static void none_destroy(struct output *output)
{
	struct none *none = (struct none *)output;

	ev_timer_stop(none->loop, &none->done);
	free(none);
}

static const struct output_ops none_ops = {.name = "none",
					   .import = none_import,
					   .paint = none_paint,
					   .release = none_release,
					   .show = none_show,
					   .inherit = none_inherit,
					   .destroy = none_destroy};

struct output *output_none_create(struct ev_loop *loop, const struct config_panel *config)
{
	struct none *none = calloc(1, sizeof(*none));

	if (!none)
		return NULL;
	none->base.ops = &none_ops;
	none->loop = loop;
	none->width = config->width;
	none->height = config->height;
	ev_init(&none->done, none_done);
	none->done.data = none;
	return &none->base;
}
