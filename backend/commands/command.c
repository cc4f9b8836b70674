/* SPDX-License-Identifier: MIT */
#include "backend/commands/command.h"

#include <endian.h>
#include <linux/virtio_gpu.h>
#include <string.h>

#include "mediator/shared/wire/vgpu.h"

#define BAD_SIZE   VIRTIO_GPU_RESP_ERR_UNSPEC
#define BAD_VALUE  VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER
#define TEXTURE_2D 2u				  /* PIPE_TEXTURE_2D */
#define BIND_2D	   (1u << 1 | 1u << 3 | 1u << 18) /* render target, sampler view, scanout */

/* Bytes after the fixed part; only ATTACH_BACKING and SUBMIT_3D have any. */
struct tail {
	void *bytes;
	uint32_t length;
};

/* Returns 0 or the VIRTIO_GPU_RESP_ERR_* to answer with. `wire` is the fixed part. */
typedef uint32_t decoder(const void *wire, struct tail tail, struct command *cmd);

static struct command_rect rect_of(const struct virtio_gpu_rect *r)
{
	return (struct command_rect){le32toh(r->x), le32toh(r->y), le32toh(r->width),
				     le32toh(r->height)};
}

/* The rectangle is not empty, and its far corner does not overflow. */
static bool rect_is_sane(const struct command_rect *r)
{
	return r->width > 0 && r->height > 0 && r->x <= UINT32_MAX - r->width &&
	       r->y <= UINT32_MAX - r->height;
}

static uint32_t decode_nothing(const void *wire, struct tail tail, struct command *cmd)
{
	(void)wire;
	(void)tail;
	(void)cmd;
	return 0;
}

static bool is_2d_format(uint32_t format)
{
	switch (format) {
	case VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM:
	case VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM:
	case VIRTIO_GPU_FORMAT_A8R8G8B8_UNORM:
	case VIRTIO_GPU_FORMAT_X8R8G8B8_UNORM:
	case VIRTIO_GPU_FORMAT_R8G8B8A8_UNORM:
	case VIRTIO_GPU_FORMAT_X8B8G8R8_UNORM:
	case VIRTIO_GPU_FORMAT_A8B8G8R8_UNORM:
	case VIRTIO_GPU_FORMAT_R8G8B8X8_UNORM:
		return true;
	default:
		return false;
	}
}

static uint32_t decode_create_2d(const void *wire, struct tail tail, struct command *cmd)
{
	const struct virtio_gpu_resource_create_2d *w = wire;

	(void)tail;
	cmd->create.resource = le32toh(w->resource_id);
	cmd->create.geometry = (struct command_geometry){
		.target = TEXTURE_2D,
		.format = le32toh(w->format),
		.bind = BIND_2D,
		.width = le32toh(w->width),
		.height = le32toh(w->height),
		.depth = 1,
		.array_size = 1,
		.flags = VIRTIO_GPU_RESOURCE_FLAG_Y_0_TOP,
		.is_2d = true,
	};
	if (!is_2d_format(cmd->create.geometry.format) ||
	    geometry_bytes(&cmd->create.geometry) == 0)
		return BAD_VALUE;
	return cmd->create.resource ? 0 : VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
}

static uint32_t decode_create_3d(const void *wire, struct tail tail, struct command *cmd)
{
	const struct virtio_gpu_resource_create_3d *w = wire;

	(void)tail;
	cmd->create.resource = le32toh(w->resource_id);
	cmd->create.geometry = (struct command_geometry){
		.target = le32toh(w->target),
		.format = le32toh(w->format),
		.bind = le32toh(w->bind),
		.width = le32toh(w->width),
		.height = le32toh(w->height),
		.depth = le32toh(w->depth),
		.array_size = le32toh(w->array_size),
		.last_level = le32toh(w->last_level),
		.samples = le32toh(w->nr_samples),
		.flags = le32toh(w->flags),
	};
	if (geometry_bytes(&cmd->create.geometry) == 0)
		return BAD_VALUE;
	return cmd->create.resource ? 0 : VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
}

static uint32_t decode_resource(const void *wire, struct tail tail, struct command *cmd)
{
	const struct virtio_gpu_resource_unref *w = wire;

	(void)tail;
	cmd->unref.resource = le32toh(w->resource_id);
	return cmd->unref.resource ? 0 : VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
}

static uint32_t decode_set_scanout(const void *wire, struct tail tail, struct command *cmd)
{
	const struct virtio_gpu_set_scanout *w = wire;

	(void)tail;
	cmd->set_scanout.rect = rect_of(&w->r);
	cmd->set_scanout.scanout = le32toh(w->scanout_id);
	cmd->set_scanout.resource = le32toh(w->resource_id);
	if (cmd->set_scanout.scanout >= GPUM_MAX_SCANOUTS)
		return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
	/* With resource 0 the rectangle is unused: drivers may send any. */
	if (cmd->set_scanout.resource != 0 && !rect_is_sane(&cmd->set_scanout.rect))
		return BAD_VALUE;
	return 0;
}

static uint32_t decode_flush(const void *wire, struct tail tail, struct command *cmd)
{
	const struct virtio_gpu_resource_flush *w = wire;

	(void)tail;
	cmd->flush.rect = rect_of(&w->r);
	cmd->flush.resource = le32toh(w->resource_id);
	return rect_is_sane(&cmd->flush.rect) ? 0 : BAD_VALUE;
}

static uint32_t decode_transfer_2d(const void *wire, struct tail tail, struct command *cmd)
{
	const struct virtio_gpu_transfer_to_host_2d *w = wire;
	struct command_rect r = rect_of(&w->r);

	(void)tail;
	cmd->transfer.box = (struct command_box){r.x, r.y, 0, r.width, r.height, 1};
	cmd->transfer.offset = le64toh(w->offset);
	cmd->transfer.resource = le32toh(w->resource_id);
	cmd->transfer.to_host = true;
	cmd->transfer.is_2d = true;
	return rect_is_sane(&r) ? 0 : BAD_VALUE;
}

static uint32_t decode_transfer_3d(const void *wire, struct command *cmd, bool to_host)
{
	const struct virtio_gpu_transfer_host_3d *w = wire;
	struct command_box b = {le32toh(w->box.x), le32toh(w->box.y), le32toh(w->box.z),
				le32toh(w->box.w), le32toh(w->box.h), le32toh(w->box.d)};
	struct command_rect r = {b.x, b.y, b.width, b.height};

	cmd->transfer.box = b;
	cmd->transfer.offset = le64toh(w->offset);
	cmd->transfer.resource = le32toh(w->resource_id);
	cmd->transfer.level = le32toh(w->level);
	cmd->transfer.stride = le32toh(w->stride);
	cmd->transfer.layer_stride = le32toh(w->layer_stride);
	cmd->transfer.to_host = to_host;
	if (!rect_is_sane(&r) || b.depth == 0 || b.z > UINT32_MAX - b.depth ||
	    cmd->transfer.level > COMMAND_MAX_LEVELS)
		return BAD_VALUE;
	return 0;
}

static uint32_t decode_to_host(const void *wire, struct tail tail, struct command *cmd)
{
	(void)tail;
	return decode_transfer_3d(wire, cmd, true);
}

static uint32_t decode_from_host(const void *wire, struct tail tail, struct command *cmd)
{
	(void)tail;
	return decode_transfer_3d(wire, cmd, false);
}

static uint32_t decode_run(const struct virtio_gpu_mem_entry *w, struct command_run *run)
{
	uint64_t addr = le64toh(w->addr);
	uint64_t ref = addr >> VGPU_ADDR_REF_SHIFT & VGPU_ADDR_REF_MASK;
	uint64_t known =
		VGPU_ADDR_GRANT | VGPU_ADDR_REF_MASK << VGPU_ADDR_REF_SHIFT | (VGPU_PAGE_SIZE - 1);

	run->ref = (uint32_t)ref;
	run->offset = (uint32_t)addr & (VGPU_PAGE_SIZE - 1);
	run->length = le32toh(w->length);
	uint64_t pages =
		((uint64_t)run->offset + run->length + VGPU_PAGE_SIZE - 1) >> VGPU_PAGE_SHIFT;
	run->pages = (uint32_t)pages;
	if (!(addr & VGPU_ADDR_GRANT) || (addr & ~known) || run->length == 0 ||
	    ref + pages - 1 > UINT32_MAX)
		return BAD_VALUE;
	return 0;
}

_Static_assert(sizeof(struct command_run) == sizeof(struct virtio_gpu_mem_entry),
	       "runs replace the entries in place");

static uint32_t decode_attach(const void *wire, struct tail tail, struct command *cmd)
{
	const struct virtio_gpu_resource_attach_backing *w = wire;
	uint32_t count = le32toh(w->nr_entries);
	uint8_t *bytes = tail.bytes;

	cmd->attach.resource = le32toh(w->resource_id);
	if (count == 0 || count > tail.length / sizeof(struct virtio_gpu_mem_entry))
		return BAD_VALUE;
	for (uint32_t i = 0; i < count; i++, bytes += sizeof(struct command_run)) {
		struct virtio_gpu_mem_entry entry;
		struct command_run run;

		memcpy(&entry, bytes, sizeof(entry));
		uint32_t err = decode_run(&entry, &run);
		if (err)
			return err;
		memcpy(bytes, &run, sizeof(run));
		cmd->attach.pages += run.pages;
		cmd->attach.bytes += run.length;
	}
	cmd->attach.runs = tail.bytes;
	cmd->attach.num_runs = count;
	return 0;
}

static uint32_t decode_capset_info(const void *wire, struct tail tail, struct command *cmd)
{
	const struct virtio_gpu_get_capset_info *w = wire;

	(void)tail;
	cmd->capset_info.index = le32toh(w->capset_index);
	return 0;
}

static uint32_t decode_capset(const void *wire, struct tail tail, struct command *cmd)
{
	const struct virtio_gpu_get_capset *w = wire;

	(void)tail;
	cmd->capset.id = le32toh(w->capset_id);
	cmd->capset.version = le32toh(w->capset_version);
	return 0;
}

static uint32_t decode_edid(const void *wire, struct tail tail, struct command *cmd)
{
	const struct virtio_gpu_cmd_get_edid *w = wire;

	(void)tail;
	cmd->edid.scanout = le32toh(w->scanout);
	return 0;
}

static uint32_t decode_ctx_create(const void *wire, struct tail tail, struct command *cmd)
{
	const struct virtio_gpu_ctx_create *w = wire;
	uint32_t length = le32toh(w->nlen);

	(void)tail;
	if (cmd->context == 0)
		return VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID;
	/* context_init needs VIRTIO_GPU_F_CONTEXT_INIT, which is not offered. */
	if (length > sizeof(w->debug_name) || w->context_init != 0)
		return BAD_VALUE;
	for (uint32_t i = 0; i < length && w->debug_name[i]; i++) {
		char c = w->debug_name[i];
		cmd->ctx_create.name[i] = c >= ' ' && c <= '~' ? c : '?';
	}
	return 0;
}

static uint32_t decode_submit(const void *wire, struct tail tail, struct command *cmd)
{
	const struct virtio_gpu_cmd_submit *w = wire;

	cmd->submit.stream = tail.bytes;
	cmd->submit.bytes = le32toh(w->size);
	if (cmd->submit.bytes % 4 || cmd->submit.bytes > tail.length)
		return BAD_VALUE;
	return 0;
}

static uint32_t decode_cursor(const void *wire, struct tail tail, struct command *cmd)
{
	const struct virtio_gpu_update_cursor *w = wire;

	(void)tail;
	cmd->cursor.scanout = le32toh(w->pos.scanout_id);
	cmd->cursor.resource = cmd->op == COMMAND_UPDATE_CURSOR ? le32toh(w->resource_id) : 0;
	/* Drivers write negative positions for a cursor partly off the left or top edge. */
	cmd->cursor.x = (int32_t)le32toh(w->pos.x);
	cmd->cursor.y = (int32_t)le32toh(w->pos.y);
	return cmd->cursor.scanout < GPUM_MAX_SCANOUTS ? 0 : VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
}

/* clang-format off */
static const struct {
	uint32_t type;
	enum command_queue queue;
	enum command_op op;
	uint32_t size; /* bytes of the fixed part */
	decoder *decode;
} commands[] = {
#define CONTROL(type, op, wire, decode) {type, COMMAND_ON_CONTROL, op, sizeof(struct wire), decode}
#define CURSOR(type, op, wire, decode) {type, COMMAND_ON_CURSOR, op, sizeof(struct wire), decode}
	CONTROL(VIRTIO_GPU_CMD_GET_DISPLAY_INFO, COMMAND_GET_DISPLAY_INFO, virtio_gpu_ctrl_hdr, decode_nothing),
	CONTROL(VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, COMMAND_RESOURCE_CREATE, virtio_gpu_resource_create_2d, decode_create_2d),
	CONTROL(VIRTIO_GPU_CMD_RESOURCE_CREATE_3D, COMMAND_RESOURCE_CREATE, virtio_gpu_resource_create_3d, decode_create_3d),
	CONTROL(VIRTIO_GPU_CMD_RESOURCE_UNREF, COMMAND_RESOURCE_UNREF, virtio_gpu_resource_unref, decode_resource),
	CONTROL(VIRTIO_GPU_CMD_SET_SCANOUT, COMMAND_SET_SCANOUT, virtio_gpu_set_scanout, decode_set_scanout),
	CONTROL(VIRTIO_GPU_CMD_RESOURCE_FLUSH, COMMAND_RESOURCE_FLUSH, virtio_gpu_resource_flush, decode_flush),
	CONTROL(VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, COMMAND_TRANSFER, virtio_gpu_transfer_to_host_2d, decode_transfer_2d),
	CONTROL(VIRTIO_GPU_CMD_TRANSFER_TO_HOST_3D, COMMAND_TRANSFER, virtio_gpu_transfer_host_3d, decode_to_host),
	CONTROL(VIRTIO_GPU_CMD_TRANSFER_FROM_HOST_3D, COMMAND_TRANSFER, virtio_gpu_transfer_host_3d, decode_from_host),
	CONTROL(VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, COMMAND_ATTACH_BACKING, virtio_gpu_resource_attach_backing, decode_attach),
	CONTROL(VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, COMMAND_DETACH_BACKING, virtio_gpu_resource_detach_backing, decode_resource),
	CONTROL(VIRTIO_GPU_CMD_GET_CAPSET_INFO, COMMAND_GET_CAPSET_INFO, virtio_gpu_get_capset_info, decode_capset_info),
	CONTROL(VIRTIO_GPU_CMD_GET_CAPSET, COMMAND_GET_CAPSET, virtio_gpu_get_capset, decode_capset),
	CONTROL(VIRTIO_GPU_CMD_GET_EDID, COMMAND_GET_EDID, virtio_gpu_cmd_get_edid, decode_edid),
	CONTROL(VIRTIO_GPU_CMD_CTX_CREATE, COMMAND_CTX_CREATE, virtio_gpu_ctx_create, decode_ctx_create),
	CONTROL(VIRTIO_GPU_CMD_CTX_DESTROY, COMMAND_CTX_DESTROY, virtio_gpu_ctx_destroy, decode_nothing),
	CONTROL(VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE, COMMAND_CTX_ATTACH, virtio_gpu_ctx_resource, decode_resource),
	CONTROL(VIRTIO_GPU_CMD_CTX_DETACH_RESOURCE, COMMAND_CTX_DETACH, virtio_gpu_ctx_resource, decode_resource),
	CONTROL(VIRTIO_GPU_CMD_SUBMIT_3D, COMMAND_SUBMIT, virtio_gpu_cmd_submit, decode_submit),
	CURSOR(VIRTIO_GPU_CMD_UPDATE_CURSOR, COMMAND_UPDATE_CURSOR, virtio_gpu_update_cursor, decode_cursor),
	CURSOR(VIRTIO_GPU_CMD_MOVE_CURSOR, COMMAND_MOVE_CURSOR, virtio_gpu_update_cursor, decode_cursor),
};
/* clang-format on */

uint32_t command_decode(enum command_queue queue, void *bytes, uint32_t length, struct command *cmd)
{
	struct virtio_gpu_ctrl_hdr header;

	memset(cmd, 0, sizeof(*cmd));
	if (length < sizeof(header))
		return BAD_SIZE;
	memcpy(&header, bytes, sizeof(header));
	cmd->fenced = le32toh(header.flags) & VIRTIO_GPU_FLAG_FENCE;
	cmd->fence_id = le64toh(header.fence_id);
	cmd->context = le32toh(header.ctx_id);

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		uint32_t size = commands[i].size;

		if (commands[i].type != le32toh(header.type) || commands[i].queue != queue)
			continue;
		if (length < size)
			return BAD_SIZE;
		cmd->op = commands[i].op;
		return commands[i].decode(
			bytes, (struct tail){(uint8_t *)bytes + size, length - size}, cmd);
	}
	return VIRTIO_GPU_RESP_ERR_UNSPEC;
}

bool command_is_job(const struct command *cmd)
{
	return cmd->op == COMMAND_SUBMIT || cmd->op == COMMAND_TRANSFER;
}

struct gpum_job command_job(const struct command *cmd)
{
	if (cmd->op == COMMAND_SUBMIT)
		return (struct gpum_job){.kind = GPUM_JOB_SUBMIT, .bytes = cmd->submit.bytes};

	/* `bytes` is only a weight for the scheduler, so it may saturate. */
	const struct command_box *b = &cmd->transfer.box;
	uint64_t area = (uint64_t)b->width * b->height;
	uint64_t bytes = area > UINT32_MAX / 4 ? UINT32_MAX : area * 4;
	return (struct gpum_job){.kind = GPUM_JOB_TRANSFER, .bytes = (uint32_t)bytes};
}
