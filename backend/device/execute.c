/* SPDX-License-Identifier: MIT */
#include "backend/device/internal.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "backend/device/cut.h"
#include "backend/device/edid.h"
#include "backend/error/error.h"
#include "mediator/shared/wire/vgpu.h"

#define PIXEL_2D 4u

static uint32_t answer_to_errno(int err)
{
	switch (err) {
	case 0:
		return 0;
	case -ENOMEM:
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	case -EINVAL:
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	default:
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	}
}

static uint32_t gpu_execute(struct device *dev, const struct command *cmd)
{
	return answer_to_errno(dev->gpu->ops->execute(dev->gpu, cmd, NULL, 0));
}

static int find_capset(const struct device *dev, uint32_t id)
{
	for (uint32_t i = 0; i < dev->gpu->num_capsets; i++) {
		if (dev->gpu->capset[i].id == id)
			return (int)i;
	}
	return -1;
}

uint32_t device_response_size(const struct device *dev, const struct command *cmd)
{
	int capset;

	switch (cmd->op) {
	case COMMAND_GET_DISPLAY_INFO:
		return sizeof(struct virtio_gpu_resp_display_info);
	case COMMAND_GET_CAPSET_INFO:
		return sizeof(struct virtio_gpu_resp_capset_info);
	case COMMAND_GET_EDID:
		return sizeof(struct virtio_gpu_resp_edid);
	case COMMAND_GET_CAPSET:
		capset = find_capset(dev, cmd->capset.id);
		return (uint32_t)sizeof(struct virtio_gpu_ctrl_hdr) +
		       (capset < 0 ? 0 : dev->gpu->capset[capset].max_size);
	default:
		return sizeof(struct virtio_gpu_ctrl_hdr);
	}
}

static bool needs_virgl(const struct command *cmd)
{
	switch (cmd->op) {
	case COMMAND_GET_CAPSET_INFO:
	case COMMAND_GET_CAPSET:
	case COMMAND_CTX_CREATE:
	case COMMAND_CTX_DESTROY:
	case COMMAND_CTX_ATTACH:
	case COMMAND_CTX_DETACH:
	case COMMAND_SUBMIT:
		return true;
	case COMMAND_RESOURCE_CREATE:
		return !cmd->create.geometry.is_2d;
	case COMMAND_TRANSFER:
		return !cmd->transfer.is_2d;
	default:
		return false;
	}
}

static uint32_t level_side(uint32_t side, uint32_t level)
{
	side >>= level;
	return side > 0 ? side : 1;
}

static bool box_inside(const struct command *cmd, const struct command_geometry *g)
{
	const struct command_box *b = &cmd->transfer.box;
	uint32_t level = cmd->transfer.level;
	uint32_t layers = g->depth > g->array_size ? g->depth : g->array_size;

	return level <= g->last_level && (uint64_t)b->x + b->width <= level_side(g->width, level) &&
	       (uint64_t)b->y + b->height <= level_side(g->height, level) &&
	       (uint64_t)b->z + b->depth <= layers;
}

/*
 * Only for 2D. The renderer validates the backing of 3D transfers, since it knows the layout of
 * each format.
 */
static bool backing_covers_2d(const struct command *cmd, const struct resource *r)
{
	const struct command_box *b = &cmd->transfer.box;
	uint64_t stride = (uint64_t)r->geometry.width * PIXEL_2D;
	uint64_t bytes = (b->height - 1) * stride + (uint64_t)b->width * PIXEL_2D;

	return cmd->transfer.offset <= r->backing.bytes &&
	       bytes <= r->backing.bytes - cmd->transfer.offset;
}

static uint32_t validate_transfer(struct device *dev, const struct command *cmd)
{
	const struct resource *r = resource_find(&dev->resources, cmd->transfer.resource);

	if (!r)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	if (!r->backing.base)
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	if (!box_inside(cmd, &r->geometry))
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	if (cmd->transfer.is_2d && (!r->geometry.is_2d || !backing_covers_2d(cmd, r)))
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	/* Context 0 is the device itself, for resources that belong to no context. */
	if (!cmd->transfer.is_2d && cmd->context != 0 &&
	    !context_exists(&dev->contexts, cmd->context))
		return VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID;
	return 0;
}

/* The whole stream is validated before its first slice runs. */
static uint32_t validate_submit(struct device *dev, const struct command *cmd)
{
	uint32_t bytes = cmd->submit.bytes;

	if (!context_exists(&dev->contexts, cmd->context))
		return VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID;
	if (cut_slice(dev->gpu->ops->parse, cmd->submit.stream, bytes, 0) != bytes)
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	return 0;
}

uint32_t device_validate(struct device *dev, const struct command *cmd)
{
	if (needs_virgl(cmd) && !(dev->features & VGPU_F_VIRGL))
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	if (cmd->op == COMMAND_GET_EDID && !(dev->features & VGPU_F_EDID))
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	if (cmd->op == COMMAND_TRANSFER)
		return validate_transfer(dev, cmd);
	return cmd->op == COMMAND_SUBMIT ? validate_submit(dev, cmd) : 0;
}

/* --- answers with a body ------------------------------------------------------------------- */

static uint32_t get_display_info(struct device *dev)
{
	struct virtio_gpu_resp_display_info *info = (void *)dev->response;
	uint32_t x = 0;

	memset(info, 0, sizeof(*info));
	for (uint32_t i = 0; i < dev->config.num_scanouts; i++) {
		info->pmodes[i].r.x = htole32(x);
		info->pmodes[i].r.width = htole32(dev->config.scanout[i].width);
		info->pmodes[i].r.height = htole32(dev->config.scanout[i].height);
		info->pmodes[i].enabled = htole32(1);
		x += dev->config.scanout[i].width;
	}
	dev->response_bytes = sizeof(*info);
	return 0;
}

static uint32_t get_edid(struct device *dev, const struct command *cmd)
{
	struct virtio_gpu_resp_edid *edid = (void *)dev->response;
	uint32_t i = cmd->edid.scanout;

	if (i >= dev->config.num_scanouts)
		return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
	memset(edid, 0, sizeof(*edid));
	edid->size = htole32(EDID_BYTES);
	edid_make(edid->edid, dev->config.scanout[i].width, dev->config.scanout[i].height,
		  dev->config.scanout[i].frame_period_us, dev->config.scanout[i].name);
	dev->response_bytes = sizeof(*edid);
	return 0;
}

static uint32_t get_capset_info(struct device *dev, const struct command *cmd)
{
	struct virtio_gpu_resp_capset_info *info = (void *)dev->response;
	uint32_t i = cmd->capset_info.index;

	memset(info, 0, sizeof(*info));
	if (i >= dev->gpu->num_capsets)
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	info->capset_id = htole32(dev->gpu->capset[i].id);
	info->capset_max_version = htole32(dev->gpu->capset[i].max_version);
	info->capset_max_size = htole32(dev->gpu->capset[i].max_size);
	dev->response_bytes = sizeof(*info);
	return 0;
}

static uint32_t get_capset(struct device *dev, const struct command *cmd)
{
	int i = find_capset(dev, cmd->capset.id);
	uint8_t *body = dev->response + sizeof(struct virtio_gpu_ctrl_hdr);

	if (i < 0 || cmd->capset.version > dev->gpu->capset[i].max_version)
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	memset(body, 0, dev->gpu->capset[i].max_size);
	int err = dev->gpu->ops->capset(dev->gpu, cmd->capset.id, cmd->capset.version, body);
	if (!err)
		dev->response_bytes += dev->gpu->capset[i].max_size;
	return answer_to_errno(err);
}

/* --- resources ----------------------------------------------------------------------------- */

static uint32_t create_resource(struct device *dev, const struct command *cmd)
{
	struct resource *r;
	uint32_t err =
		resource_add(&dev->resources, cmd->create.resource, &cmd->create.geometry, &r);

	if (err)
		return err;
	err = gpu_execute(dev, cmd);
	if (err)
		resource_remove(&dev->resources, r);
	return err;
}

/* The renderer must drop the memory before it is unmapped. */
static uint32_t detach_backing(struct device *dev, struct resource *r)
{
	struct command detach = {.op = COMMAND_DETACH_BACKING, .detach = {.resource = r->id}};

	if (!r->backing.base)
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	gpu_execute(dev, &detach);
	dev->backing_pages -= r->backing.pages;
	granted_backing_unmap(dev->granted, &r->backing);
	return 0;
}

static void unref_resource(struct device *dev, struct resource *r)
{
	struct command unref = {.op = COMMAND_RESOURCE_UNREF, .unref = {.resource = r->id}};

	scanout_forget(dev, r);
	detach_backing(dev, r);
	gpu_execute(dev, &unref);
	resource_remove(&dev->resources, r);
}

static uint32_t attach_backing(struct device *dev, const struct command *cmd)
{
	struct resource *r = resource_find(&dev->resources, cmd->attach.resource);
	uint64_t pages = cmd->attach.pages;

	if (!r)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	if (r->backing.base)
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	if (r->geometry.is_2d && cmd->attach.bytes < r->bytes)
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	if (pages > dev->max_backing_pages || pages > UINT32_MAX ||
	    dev->backing_pages > dev->max_backing_pages - pages)
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;

	int err = granted_backing_map(dev->granted, cmd->attach.runs, cmd->attach.num_runs,
				      (uint32_t)pages, &r->backing);
	if (err)
		return err == BACKEND_ERR_MEMORY ? VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY
						 : VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	dev->backing_pages += pages;
	err = dev->gpu->ops->execute(dev->gpu, cmd, r->backing.iov, r->backing.num_iov);
	if (err)
		detach_backing(dev, r);
	return answer_to_errno(err);
}

/* --- contexts ------------------------------------------------------------------------------ */

static uint32_t create_context(struct device *dev, const struct command *cmd)
{
	uint32_t err = context_add(&dev->contexts, cmd->context);

	if (err)
		return err;
	err = gpu_execute(dev, cmd);
	if (err)
		context_remove(&dev->contexts, cmd->context);
	return err;
}

static uint32_t destroy_context(struct device *dev, uint32_t id)
{
	struct command destroy = {.op = COMMAND_CTX_DESTROY, .context = id};

	if (!context_exists(&dev->contexts, id))
		return VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID;
	context_remove(&dev->contexts, id);
	return gpu_execute(dev, &destroy);
}

static uint32_t attach_to_context(struct device *dev, const struct command *cmd)
{
	if (!context_exists(&dev->contexts, cmd->context))
		return VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID;
	if (!resource_find(&dev->resources, cmd->ctx_resource.resource))
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	return gpu_execute(dev, cmd);
}

uint32_t device_execute(struct device *dev, const struct command *cmd)
{
	struct resource *r;

	switch (cmd->op) {
	case COMMAND_GET_DISPLAY_INFO:
		return get_display_info(dev);
	case COMMAND_GET_EDID:
		return get_edid(dev, cmd);
	case COMMAND_GET_CAPSET_INFO:
		return get_capset_info(dev, cmd);
	case COMMAND_GET_CAPSET:
		return get_capset(dev, cmd);
	case COMMAND_RESOURCE_CREATE:
		return create_resource(dev, cmd);
	case COMMAND_RESOURCE_UNREF:
		r = resource_find(&dev->resources, cmd->unref.resource);
		if (!r)
			return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
		unref_resource(dev, r);
		return 0;
	case COMMAND_ATTACH_BACKING:
		return attach_backing(dev, cmd);
	case COMMAND_DETACH_BACKING:
		r = resource_find(&dev->resources, cmd->detach.resource);
		return r ? detach_backing(dev, r) : VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	case COMMAND_SET_SCANOUT:
		return scanout_set(dev, cmd);
	case COMMAND_RESOURCE_FLUSH: /* no scanout shows it, else see step_flush() */
		r = resource_find(&dev->resources, cmd->flush.resource);
		return r ? 0 : VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	case COMMAND_CTX_CREATE:
		return create_context(dev, cmd);
	case COMMAND_CTX_DESTROY:
		return destroy_context(dev, cmd->context);
	case COMMAND_CTX_ATTACH:
	case COMMAND_CTX_DETACH:
		return attach_to_context(dev, cmd);
	case COMMAND_UPDATE_CURSOR:
	case COMMAND_MOVE_CURSOR:
		return scanout_cursor(dev, cmd);
	case COMMAND_TRANSFER:
	case COMMAND_SUBMIT:
		return gpu_execute(dev, cmd);
	}
	return VIRTIO_GPU_RESP_ERR_UNSPEC;
}

void device_drop_all(struct device *dev)
{
	struct resource *r;
	uint32_t context;

	while ((context = context_any(&dev->contexts)))
		destroy_context(dev, context);
	while ((r = resource_next(&dev->resources, NULL)))
		unref_resource(dev, r);
}
