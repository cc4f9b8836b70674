/* SPDX-License-Identifier: MIT */
#include "tests/component/cockpit/draw.h"

#include <string.h>

#define FORMAT VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM

static uint32_t simple(struct guest *g, const void *command, size_t length)
{
	struct virtio_gpu_ctrl_hdr answer;

	return guest_command(g, command, length, &answer, sizeof(answer));
}

uint32_t draw_display_info(struct guest *g, struct virtio_gpu_resp_display_info *info)
{
	struct virtio_gpu_ctrl_hdr c = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO};

	return guest_command(g, &c, sizeof(c), info, sizeof(*info));
}

uint32_t draw_edid(struct guest *g, uint32_t scanout, struct virtio_gpu_resp_edid *edid)
{
	struct virtio_gpu_cmd_get_edid c = {.hdr.type = VIRTIO_GPU_CMD_GET_EDID,
					    .scanout = scanout};

	return guest_command(g, &c, sizeof(c), edid, sizeof(*edid));
}

uint32_t draw_create_2d(struct guest *g, uint32_t resource, uint32_t width, uint32_t height)
{
	struct virtio_gpu_resource_create_2d c = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_2D,
						  .resource_id = resource,
						  .format = FORMAT,
						  .width = width,
						  .height = height};

	return simple(g, &c, sizeof(c));
}

uint32_t draw_unref(struct guest *g, uint32_t resource)
{
	struct virtio_gpu_resource_unref c = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_UNREF,
					      .resource_id = resource};

	return simple(g, &c, sizeof(c));
}

uint32_t draw_attach(struct guest *g, uint32_t resource, uint32_t ref, uint32_t bytes)
{
	struct {
		struct virtio_gpu_resource_attach_backing c;
		struct virtio_gpu_mem_entry entry;
	} m = {.c = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING,
		     .resource_id = resource,
		     .nr_entries = 1},
	       .entry = {.addr = VGPU_ADDR_GRANT | ((uint64_t)ref << VGPU_ADDR_REF_SHIFT),
			 .length = bytes}};

	return simple(g, &m, sizeof(m));
}

uint32_t draw_transfer(struct guest *g, uint32_t resource, uint32_t width, uint32_t height)
{
	struct virtio_gpu_transfer_to_host_2d c = {.hdr.type = VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D,
						   .r = {.width = width, .height = height},
						   .resource_id = resource};

	return simple(g, &c, sizeof(c));
}

uint32_t draw_set_scanout(struct guest *g, uint32_t scanout, uint32_t resource, uint32_t width,
			  uint32_t height)
{
	struct virtio_gpu_set_scanout c = {.hdr.type = VIRTIO_GPU_CMD_SET_SCANOUT,
					   .r = {.width = width, .height = height},
					   .scanout_id = scanout,
					   .resource_id = resource};

	return simple(g, &c, sizeof(c));
}

uint32_t draw_flush(struct guest *g, uint32_t resource, uint32_t width, uint32_t height)
{
	struct virtio_gpu_resource_flush c = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_FLUSH,
					      .r = {.width = width, .height = height},
					      .resource_id = resource};

	return simple(g, &c, sizeof(c));
}

uint32_t draw_context(struct guest *g, uint32_t context)
{
	struct virtio_gpu_ctx_create c = {
		.hdr = {.type = VIRTIO_GPU_CMD_CTX_CREATE, .ctx_id = context},
		.nlen = 4,
		.debug_name = "test"};

	return simple(g, &c, sizeof(c));
}

uint32_t draw_picture(struct guest *g, uint32_t resource, uint32_t scanout, uint32_t width,
		      uint32_t height, uint32_t colour, uint32_t *ref)
{
	uint32_t bytes = width * height * 4u, type, *pixels, first;

	pixels = guest_grant_pages(g, (bytes + FX_PAGE_SIZE - 1) / FX_PAGE_SIZE, &first);
	for (uint32_t i = 0; i < width * height; i++)
		pixels[i] = colour;
	if (ref)
		*ref = first;
	if ((type = draw_create_2d(g, resource, width, height)) != VIRTIO_GPU_RESP_OK_NODATA ||
	    (type = draw_attach(g, resource, first, bytes)) != VIRTIO_GPU_RESP_OK_NODATA ||
	    (type = draw_transfer(g, resource, width, height)) != VIRTIO_GPU_RESP_OK_NODATA ||
	    (type = draw_set_scanout(g, scanout, resource, width, height)) !=
		    VIRTIO_GPU_RESP_OK_NODATA ||
	    (type = draw_flush(g, resource, width, height)) != VIRTIO_GPU_RESP_OK_NODATA)
		return type ? type : UINT32_MAX;
	return 0;
}

uint32_t draw_submit(struct guest *g, uint32_t context, uint64_t fence, const struct sim_op *ops,
		     uint32_t count)
{
	struct {
		struct virtio_gpu_cmd_submit c;
		struct sim_op ops[64];
	} m = {.c = {.hdr = {.type = VIRTIO_GPU_CMD_SUBMIT_3D,
			     .flags = VIRTIO_GPU_FLAG_FENCE,
			     .fence_id = fence,
			     .ctx_id = context},
		     .size = count * (uint32_t)sizeof(*ops)}};

	memcpy(m.ops, ops, count * sizeof(*ops));
	return guest_send(g, VGPU_QUEUE_CONTROL, &m, sizeof(m.c) + count * sizeof(*ops),
			  sizeof(struct virtio_gpu_ctrl_hdr));
}

uint32_t draw_work(struct guest *g, uint32_t us)
{
	const struct sim_op op = {.code = SIM_WORK, .value = us};

	return draw_submit(g, 1, 1, &op, 1);
}

bool draw_finished(struct guest *g, uint32_t slot)
{
	struct virtio_gpu_ctrl_hdr answer;

	return guest_wait(g, 0, slot, &answer, sizeof(answer), GUEST_PATIENCE) &&
	       answer.type == VIRTIO_GPU_RESP_OK_NODATA;
}
