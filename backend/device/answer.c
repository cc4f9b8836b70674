/* SPDX-License-Identifier: MIT */
/* Responses to the guest, written into a chain's writable part, and messages to the mediator. */
#include "backend/device/internal.h"

#include <endian.h>
#include <string.h>

void device_send(struct device *dev, uint32_t type, struct gpum_msg *msg, int fd)
{
	if (gpum_msg_send(dev->mediator, msg, type, fd) < 0)
		dev->mediator_failed = true;
}

void device_answer(struct device *dev, struct virtqueue *vq, const struct reply *reply,
		   uint32_t type, uint32_t bytes)
{
	struct virtio_gpu_ctrl_hdr header = {.type = htole32(type)};

	if (reply->fenced) {
		header.flags = htole32(VIRTIO_GPU_FLAG_FENCE);
		header.fence_id = htole64(reply->fence_id);
		header.ctx_id = htole32(reply->context);
	}
	memcpy(dev->response, &header, sizeof(header));
	if (type >= VIRTIO_GPU_RESP_ERR_UNSPEC)
		dev->rejected++;
	vq_complete(vq, &reply->to, dev->response, bytes);
}

uint32_t device_success_type(const struct command *cmd)
{
	switch (cmd->op) {
	case COMMAND_GET_DISPLAY_INFO:
		return VIRTIO_GPU_RESP_OK_DISPLAY_INFO;
	case COMMAND_GET_CAPSET_INFO:
		return VIRTIO_GPU_RESP_OK_CAPSET_INFO;
	case COMMAND_GET_CAPSET:
		return VIRTIO_GPU_RESP_OK_CAPSET;
	case COMMAND_GET_EDID:
		return VIRTIO_GPU_RESP_OK_EDID;
	default:
		return VIRTIO_GPU_RESP_OK_NODATA;
	}
}
