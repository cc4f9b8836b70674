/* SPDX-License-Identifier: MIT */
#include "backend/gpu/nudge.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <virtgpu_drm.h>
#include <xf86drm.h>

/* Gallium's numbers for the smallest possible buffer. */
#define TARGET_BUFFER	   0u
#define FORMAT_R8	   64u
#define BIND_VERTEX_BUFFER (1u << 4)
#define BUFFER_BYTES	   4096u

static bool is_virtio(int fd)
{
	drmVersion *version = drmGetVersion(fd);
	bool virtio = version && strcmp(version->name, "virtio_gpu") == 0;

	drmFreeVersion(version);
	return virtio;
}

void nudge_init(struct nudge *n, const char *render_node)
{
	struct drm_virtgpu_resource_create create = {
		.target = TARGET_BUFFER,
		.format = FORMAT_R8,
		.bind = BIND_VERTEX_BUFFER,
		.width = BUFFER_BYTES,
		.height = 1,
		.depth = 1,
		.array_size = 1,
		.size = BUFFER_BYTES,
	};

	n->fd = open(render_node, O_RDWR | O_CLOEXEC);
	if (n->fd < 0)
		return;
	if (!is_virtio(n->fd) || drmIoctl(n->fd, DRM_IOCTL_VIRTGPU_RESOURCE_CREATE, &create) < 0) {
		nudge_finish(n);
		return;
	}
	n->handle = create.bo_handle;
}

void nudge_finish(struct nudge *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

void nudge_send(const struct nudge *n)
{
	struct drm_virtgpu_3d_transfer_to_host transfer = {
		.bo_handle = n->handle,
		.box = {.w = 1, .h = 1, .d = 1},
	};

	/* A failure only delays the notice of completion. */
	if (n->fd >= 0)
		drmIoctl(n->fd, DRM_IOCTL_VIRTGPU_TRANSFER_TO_HOST, &transfer);
}
