/* SPDX-License-Identifier: MIT */
#include "backend/device/internal.h"

#include <errno.h>
#include <unistd.h>

static bool rect_inside(const struct command_rect *r, uint32_t width, uint32_t height)
{
	return r->width <= width && r->x <= width - r->width && r->height <= height &&
	       r->y <= height - r->height;
}

static uint32_t export_as(struct device *dev, const struct resource *r, uint32_t buffer_id)
{
	struct gpum_msg msg = {0};
	int fd = dev->gpu->ops->export_scanout(dev->gpu, r->id, &msg.buffer);

	if (fd == -ENOMEM || fd == -EMFILE)
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	if (fd < 0)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	msg.buffer.id = buffer_id;
	device_send(dev, GPUM_MSG_BUFFER_ADD, &msg, fd);
	close(fd);
	return 0;
}

/* Export the resource's picture to the mediator unless that was done before. */
static uint32_t export_once(struct device *dev, struct resource *r)
{
	uint32_t err = r->buffer_id ? 0 : export_as(dev, r, dev->last_buffer_id + 1);

	if (!err && !r->buffer_id)
		r->buffer_id = ++dev->last_buffer_id;
	return err;
}

static void send_off(struct device *dev, uint32_t index)
{
	struct gpum_msg msg = {.id = {.id = index}};

	dev->scanout[index].resource = 0;
	dev->scanout[index].last.buffer_id = 0;
	device_send(dev, GPUM_MSG_SCANOUT_OFF, &msg, -1);
}

uint32_t scanout_set(struct device *dev, const struct command *cmd)
{
	uint32_t index = cmd->set_scanout.scanout;

	if (index >= dev->config.num_scanouts)
		return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
	if (cmd->set_scanout.resource == 0) {
		if (dev->scanout[index].resource)
			send_off(dev, index);
		return 0;
	}
	struct resource *r = resource_find(&dev->resources, cmd->set_scanout.resource);
	if (!r)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	if (!rect_inside(&cmd->set_scanout.rect, r->geometry.width, r->geometry.height))
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	uint32_t err = export_once(dev, r);
	if (err)
		return err;
	dev->scanout[index].resource = r->id;
	dev->scanout[index].rect = cmd->set_scanout.rect;
	return 0;
}

uint32_t scanout_cursor(struct device *dev, const struct command *cmd)
{
	uint32_t index = cmd->cursor.scanout;

	if (index >= dev->config.num_scanouts)
		return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
	if (cmd->op == COMMAND_UPDATE_CURSOR && cmd->cursor.resource) {
		struct resource *r = resource_find(&dev->resources, cmd->cursor.resource);
		uint32_t err = r ? export_once(dev, r) : VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
		if (err)
			return err;
	}
	struct device_scanout *s = &dev->scanout[index];
	if (cmd->op == COMMAND_UPDATE_CURSOR)
		s->cursor.resource = cmd->cursor.resource;
	s->cursor.x = cmd->cursor.x;
	s->cursor.y = cmd->cursor.y;
	s->cursor.changed = true;
	return 0;
}

uint32_t scanout_mask(const struct device *dev, uint32_t resource)
{
	uint32_t mask = 0;

	for (uint32_t i = 0; i < dev->config.num_scanouts; i++) {
		if (resource != 0 && dev->scanout[i].resource == resource)
			mask |= 1u << i;
	}
	return mask;
}

void scanout_show(struct device *dev, uint32_t mask)
{
	for (uint32_t i = 0; i < dev->config.num_scanouts; i++) {
		struct device_scanout *s = &dev->scanout[i];
		const struct resource *r = resource_find(&dev->resources, s->resource);
		struct gpum_msg msg = {0};

		if (!(mask >> i & 1) || !r)
			continue;
		s->seq++;
		s->last = (struct gpum_frame){.scanout = i,
					      .buffer_id = r->buffer_id,
					      .x = s->rect.x,
					      .y = s->rect.y,
					      .width = s->rect.width,
					      .height = s->rect.height,
					      .seq = s->seq};
		msg.frame = s->last;
		device_send(dev, GPUM_MSG_FRAME, &msg, -1);
	}
}

/* Called once per visit: of many moves in one visit, only the last position is sent. */
void scanout_send_cursors(struct device *dev)
{
	for (uint32_t i = 0; i < dev->config.num_scanouts; i++) {
		struct device_scanout *s = &dev->scanout[i];
		const struct resource *r = resource_find(&dev->resources, s->cursor.resource);
		struct gpum_msg msg = {.cursor = {.scanout = i,
						  .buffer_id = r ? r->buffer_id : 0,
						  .x = s->cursor.x,
						  .y = s->cursor.y}};

		if (s->cursor.changed)
			device_send(dev, GPUM_MSG_CURSOR, &msg, -1);
		s->cursor.changed = false;
	}
}

void scanout_forget(struct device *dev, struct resource *r)
{
	struct gpum_msg msg = {.id = {.id = r->buffer_id}};

	if (r->buffer_id == 0)
		return;
	for (uint32_t i = 0; i < dev->config.num_scanouts; i++) {
		struct device_scanout *s = &dev->scanout[i];

		if (s->resource == r->id)
			send_off(dev, i);
		if (s->last.buffer_id == r->buffer_id)
			s->last.buffer_id = 0;
		if (s->cursor.resource == r->id) {
			s->cursor.resource = 0;
			s->cursor.changed = true;
		}
	}
	scanout_send_cursors(dev);
	device_send(dev, GPUM_MSG_BUFFER_REMOVE, &msg, -1);
	r->buffer_id = 0;
}

/* Export every announced picture again. A picture that can no longer be exported is withdrawn. */
static void export_all(struct device *dev)
{
	struct resource *r = NULL;

	while ((r = resource_next(&dev->resources, r)))
		if (r->buffer_id && export_as(dev, r, r->buffer_id))
			scanout_forget(dev, r);
}

uint32_t scanout_resume(struct device *dev)
{
	uint32_t shown = 0;

	export_all(dev);
	for (uint32_t i = 0; i < dev->config.num_scanouts; i++) {
		struct device_scanout *s = &dev->scanout[i];
		struct gpum_msg msg = {.frame = s->last};

		s->cursor.changed = s->cursor.resource != 0;
		s->again = 0;
		if (s->last.buffer_id == 0)
			continue;
		device_send(dev, GPUM_MSG_FRAME, &msg, -1);
		s->again = dev->flush.pending >> i & 1 ? 0 : s->seq;
		shown |= 1u << i;
	}
	scanout_send_cursors(dev);
	return shown;
}
