/* SPDX-License-Identifier: MIT */
#include "backend/device/internal.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "backend/device/cut.h"
#include "backend/error.h"
#include "frontend/include/vgpu.h"

/* Commands taken in one visit, so that the mediator's messages are never far away (XSA-155ff.). */
#define VISIT_BUDGET   64
#define HEADER_BYTES   ((uint32_t)sizeof(struct virtio_gpu_ctrl_hdr))
#define QUESTION_BYTES 64u /* no question about the device is longer */
#define PAGES_PER_MIB  256ULL
#define CURSOR_BYTES   ((uint32_t)sizeof(struct virtio_gpu_update_cursor))

/* --- lifetime ------------------------------------------------------------------------------ */

static uint32_t largest_response(const struct gpu *gpu)
{
	uint32_t max = sizeof(struct virtio_gpu_resp_edid);

	for (uint32_t i = 0; i < gpu->num_capsets; i++) {
		uint32_t bytes = HEADER_BYTES + gpu->capset[i].max_size;
		max = bytes > max ? bytes : max;
	}
	return max;
}

struct device *device_create(const struct gpum_config *config, struct gpu *gpu,
			     struct granted *granted, int mediator)
{
	struct device *dev = calloc(1, sizeof(*dev));
	uint32_t command_bytes = config->max_command_bytes;

	if (!dev)
		return NULL;
	if (command_bytes < CURSOR_BYTES)
		command_bytes = CURSOR_BYTES;
	dev->config = *config;
	dev->config.max_command_bytes = command_bytes;
	dev->gpu = gpu;
	dev->granted = granted;
	dev->mediator = mediator;
	dev->max_backing_pages = config->max_granted_mib * PAGES_PER_MIB;
	dev->response_max = largest_response(gpu);
	dev->command = malloc(command_bytes);
	dev->chain = calloc(1, sizeof(*dev->chain));
	dev->response = malloc(dev->response_max);
	if (!dev->command || !dev->chain || !dev->response ||
	    resource_table_init(&dev->resources, config->max_resources,
				(uint64_t)config->memory_mib << 20) ||
	    context_table_init(&dev->contexts, config->max_contexts)) {
		device_destroy(dev);
		return NULL;
	}
	return dev;
}

void device_destroy(struct device *dev)
{
	if (!dev)
		return;
	device_reset(dev);
	context_table_finish(&dev->contexts);
	resource_table_finish(&dev->resources);
	free(dev->response);
	free(dev->chain);
	free(dev->command);
	free(dev);
}

uint64_t device_features(const struct device *dev)
{
	uint64_t features =
		VGPU_F_EDID | VGPU_F_EVENT_IDX | VGPU_F_VERSION_1 | VGPU_F_ACCESS_PLATFORM;

	return dev->gpu->num_capsets > 0 ? features | VGPU_F_VIRGL : features;
}

void device_start(struct device *dev, struct virtqueue *control, struct virtqueue *cursor,
		  uint64_t features)
{
	dev->control = control;
	dev->cursor = cursor;
	dev->features = features;
}

void device_reset(struct device *dev)
{
	/* The mediator was promised an end of these. */
	dev->job.orphan = dev->job.state != JOB_NONE;
	dev->job.answered = true;
	dev->flush.answered = true;
	dev->held.valid = false;
	dev->num_deferred = 0;
	dev->control = NULL;
	dev->cursor = NULL;
	device_drop_all(dev);
	for (uint32_t i = 0; i < GPUM_MAX_SCANOUTS; i++)
		memset(&dev->scanout[i].cursor, 0, sizeof(dev->scanout[i].cursor));
}

void device_count(const struct device *dev, struct gpum_state *state)
{
	state->contexts = dev->contexts.count;
	state->resources = dev->resources.count;
	state->resource_bytes = dev->resources.bytes;
	state->commands = dev->commands;
	state->rejected = dev->rejected;
	state->cuts = dev->cuts;
}

/* --- answers ------------------------------------------------------------------------------- */

void device_send(struct device *dev, uint32_t type, struct gpum_msg *msg, int fd)
{
	if (gpum_msg_send(dev->mediator, msg, type, fd) < 0)
		dev->mediator_failed = true;
}

/* What of the response buffer follows the header has been filled in. */
static void answer(struct device *dev, struct virtqueue *vq, const struct reply *reply,
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

static uint32_t success_type(const struct vgpu_cmd *cmd)
{
	switch (cmd->op) {
	case VGPU_GET_DISPLAY_INFO:
		return VIRTIO_GPU_RESP_OK_DISPLAY_INFO;
	case VGPU_GET_CAPSET_INFO:
		return VIRTIO_GPU_RESP_OK_CAPSET_INFO;
	case VGPU_GET_CAPSET:
		return VIRTIO_GPU_RESP_OK_CAPSET;
	case VGPU_GET_EDID:
		return VIRTIO_GPU_RESP_OK_EDID;
	default:
		return VIRTIO_GPU_RESP_OK_NODATA;
	}
}

/* --- taking commands ----------------------------------------------------------------------- */

/* Copy and judge one chain: 0 or the response to refuse it with. */
static uint32_t admit(struct device *dev, const struct virtqueue *vq, enum vgpu_queue_kind kind,
		      void *bytes, uint32_t max, struct vgpu_cmd *cmd)
{
	uint32_t length = dev->chain->length < max ? (uint32_t)dev->chain->length : max;

	vq_read(vq, dev->chain, bytes, length);
	uint32_t err = vgpu_decode(kind, bytes, length, cmd);
	if (dev->chain->length > max)
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	if (err)
		return err;
	if (kind == VGPU_ON_CONTROL && dev->chain->answer.length < device_response_size(dev, cmd))
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	return device_check(dev, cmd);
}

static struct reply make_reply(const struct device *dev, const struct vgpu_cmd *cmd)
{
	return (struct reply){.to = dev->chain->answer,
			      .fenced = cmd->fenced,
			      .fence_id = cmd->fence_id,
			      .context = cmd->context};
}

/* Have a command in dev->held: 1, 0 when the queue is empty, or an error. */
static int fetch(struct device *dev)
{
	if (dev->held.valid)
		return 1;
	if (!dev->control)
		return 0;
	int got = vq_take(dev->control, dev->chain);
	if (got <= 0)
		return got;
	dev->commands++;
	dev->held.error = admit(dev, dev->control, VGPU_ON_CONTROL, dev->command,
				dev->config.max_command_bytes, &dev->held.cmd);
	dev->held.reply = make_reply(dev, &dev->held.cmd);
	dev->held.valid = true;
	return 1;
}

/* --- jobs and frames ----------------------------------------------------------------------- */

static bool held_is_job(const struct device *dev)
{
	return dev->held.error == 0 && vgpu_is_job(&dev->held.cmd);
}

static bool may_announce(const struct device *dev)
{
	return dev->job.state == JOB_NONE && dev->flush.pending == 0;
}

/* What the next job does of the held command: of a long stream, a slice. */
static struct vgpu_cmd next_part(const struct device *dev)
{
	struct vgpu_cmd part = dev->held.cmd;

	if (part.op == VGPU_SUBMIT && dev->config.max_job_draws > 0)
		part.submit.bytes = cut_slice(dev->gpu->ops->parse, part.submit.stream,
					      part.submit.bytes, dev->config.max_job_draws);
	return part;
}

/* That much has run; whether there is more. */
static bool has_more(struct device *dev, const struct vgpu_cmd *part)
{
	struct vgpu_cmd *cmd = &dev->held.cmd;

	if (cmd->op != VGPU_SUBMIT || part->submit.bytes == cmd->submit.bytes)
		return false;
	cmd->submit.stream = (uint8_t *)cmd->submit.stream + part->submit.bytes;
	cmd->submit.bytes -= part->submit.bytes;
	return true;
}

static struct gpum_job announce_held(struct device *dev)
{
	struct gpum_job job;

	dev->held.part = next_part(dev);
	job = vgpu_job(&dev->held.part);
	job.id = ++dev->job.id;
	dev->job.state = JOB_WAITING;
	dev->job.orphan = false;
	return job;
}

static bool step_job(struct device *dev)
{
	if (may_announce(dev)) {
		struct gpum_msg msg = {.job = announce_held(dev)};
		device_send(dev, GPUM_MSG_JOB_READY, &msg, -1);
	}
	return false;
}

/* Show only what the GPU has finished, and one picture at a time. */
static bool step_flush(struct device *dev, uint32_t mask)
{
	if (dev->job.state == JOB_RUNNING || dev->flush.pending)
		return false;
	dev->flush.pending = mask;
	dev->flush.answered = false;
	dev->flush.reply = dev->held.reply;
	scanout_show(dev, mask);
	return true;
}

static bool step_bookkeeping(struct device *dev)
{
	const struct reply *reply = &dev->held.reply;
	bool later = reply->fenced && dev->job.state == JOB_RUNNING;
	uint32_t result = dev->held.error;

	/* An answer with a body is not kept for later; drivers do not fence these commands. */
	if (later && (dev->num_deferred == DEVICE_DEFERRED_MAX ||
		      device_response_size(dev, &dev->held.cmd) > HEADER_BYTES))
		return false;
	dev->response_bytes = HEADER_BYTES;
	if (result == 0)
		result = device_execute(dev, &dev->held.cmd);
	if (result)
		dev->response_bytes = HEADER_BYTES;
	else
		result = success_type(&dev->held.cmd);
	if (later) {
		dev->deferred[dev->num_deferred].result = result;
		dev->deferred[dev->num_deferred++].reply = *reply;
	} else {
		answer(dev, dev->control, reply, result, dev->response_bytes);
	}
	return true;
}

/* Do what is at the head of the queue; false when it has to wait. */
static bool step(struct device *dev)
{
	const struct vgpu_cmd *cmd = &dev->held.cmd;
	uint32_t shown = 0;
	bool done;

	if (dev->held.error == 0 && cmd->op == VGPU_RESOURCE_FLUSH)
		shown = scanout_mask(dev, cmd->flush.resource);
	if (held_is_job(dev))
		done = step_job(dev);
	else if (shown)
		done = step_flush(dev, shown);
	else
		done = step_bookkeeping(dev);
	if (done)
		dev->held.valid = false;
	return done;
}

/* The cursor queue has nothing to wait for. */
static int pump_cursor(struct device *dev, int *budget)
{
	uint64_t bytes[(CURSOR_BYTES + 7) / 8];
	struct vgpu_cmd cmd;

	while (dev->cursor && *budget > 0) {
		int got = vq_take(dev->cursor, dev->chain);

		if (got < 0)
			return got;
		if (got == 0 && !vq_want_events(dev->cursor))
			break;
		(*budget)--;
		if (got == 0)
			continue;
		dev->commands++;
		uint32_t result =
			admit(dev, dev->cursor, VGPU_ON_CURSOR, bytes, sizeof(bytes), &cmd);
		struct reply reply = make_reply(dev, &cmd);
		if (result == 0)
			result = device_execute(dev, &cmd);
		answer(dev, dev->cursor, &reply, result ? result : VIRTIO_GPU_RESP_OK_NODATA,
		       HEADER_BYTES);
	}
	scanout_send_cursors(dev);
	return 0;
}

static bool is_question(const struct vgpu_cmd *cmd)
{
	return cmd->op == VGPU_GET_DISPLAY_INFO || cmd->op == VGPU_GET_CAPSET_INFO ||
	       cmd->op == VGPU_GET_CAPSET || cmd->op == VGPU_GET_EDID;
}

/*
 * Questions about the device depend on no other command. A driver waits for their answers in
 * person, and gives up after 5 s (Mesa then draws with the CPU), which a slow display can outlast
 * when its flushes have piled up. So they are answered while the head of the queue waits. Returns 1
 * when the budget of a visit was used up and there may be more.
 */
static int answer_questions(struct device *dev)
{
	uint64_t bytes[QUESTION_BYTES / 8];
	struct vgpu_cmd cmd;
	int got = 0;

	for (int i = 0; i < VISIT_BUDGET; i++) {
		got = vq_peek(dev->control, dev->chain);
		if (got <= 0)
			break;
		uint32_t result =
			admit(dev, dev->control, VGPU_ON_CONTROL, bytes, sizeof(bytes), &cmd);
		if (result || cmd.fenced || !is_question(&cmd))
			continue; /* also when it is ill-formed: in its turn */
		struct reply reply = make_reply(dev, &cmd);
		vq_claim(dev->control, dev->chain);
		dev->commands++;
		dev->response_bytes = HEADER_BYTES;
		result = device_execute(dev, &cmd);
		answer(dev, dev->control, &reply, result ? result : success_type(&cmd),
		       result ? HEADER_BYTES : dev->response_bytes);
	}
	return got;
}

int device_pump(struct device *dev)
{
	int budget = VISIT_BUDGET, cursor_budget = VISIT_BUDGET;
	int err = pump_cursor(dev, &cursor_budget);

	while (!err && dev->control && budget > 0) {
		int got = fetch(dev);
		if (got < 0)
			return got;
		if (got == 0 && !vq_want_events(dev->control))
			break;
		budget--;
		if (got && !step(dev)) {
			err = answer_questions(dev);
			break;
		}
	}
	if (dev->mediator_failed)
		return BACKEND_ERR_MEDIATOR;
	return err ? err : budget == 0 || cursor_budget == 0;
}

/* The guest hears of a cut stream once: when its last slice is over, or one has failed. */
static void execute_held(struct device *dev)
{
	uint32_t err = device_execute(dev, &dev->held.part);
	bool more = err == 0 && has_more(dev, &dev->held.part);

	dev->cuts += more;
	dev->job.state = JOB_RUNNING;
	dev->job.failed = err != 0;
	dev->job.result = err ? err : VIRTIO_GPU_RESP_OK_NODATA;
	dev->job.reply = dev->held.reply;
	dev->job.answered = more || !dev->held.reply.fenced;
	if (dev->job.answered && !more)
		answer(dev, dev->control, &dev->job.reply, dev->job.result, HEADER_BYTES);
	dev->held.valid = more;
}

int device_job_run(struct device *dev, uint64_t id)
{
	struct gpum_msg msg = {0};

	if (dev->job.state != JOB_WAITING || dev->job.id != id)
		return BACKEND_ERR_MEDIATOR;
	if (dev->job.orphan) {
		dev->job.state = JOB_NONE;
		msg.done.id = id;
		msg.done.failed = 1;
		device_send(dev, GPUM_MSG_JOB_DONE, &msg, -1);
		return device_pump(dev);
	}
	execute_held(dev);
	/* A failed job may have put part of its work on the GPU. */
	if (dev->gpu->ops->fence(dev->gpu, id) < 0)
		return BACKEND_ERR_SYSTEM;
	int polled = device_poll(dev);
	return polled ? polled : device_pump(dev);
}

bool device_is_waiting(const struct device *dev)
{
	return dev->job.state == JOB_RUNNING;
}

static void answer_finished(struct device *dev)
{
	if (!dev->job.answered)
		answer(dev, dev->control, &dev->job.reply, dev->job.result, HEADER_BYTES);
	dev->job.answered = true;
	for (uint32_t i = 0; i < dev->num_deferred; i++)
		answer(dev, dev->control, &dev->deferred[i].reply, dev->deferred[i].result,
		       HEADER_BYTES);
	dev->num_deferred = 0;
}

int device_poll(struct device *dev)
{
	struct gpum_msg msg = {0};

	/* One fence is outstanding at a time, so no newer one can have completed. */
	if (dev->job.state != JOB_RUNNING || dev->gpu->ops->poll(dev->gpu) != dev->job.id)
		return 0;
	answer_finished(dev);
	msg.done.id = dev->job.id;
	msg.done.failed = dev->job.failed;
	dev->job.state = JOB_NONE;
	int got = fetch(dev);
	if (got < 0)
		return got;
	/* No flush is pending: none is begun while a job runs, and no job while one is pending. */
	if (got && held_is_job(dev))
		msg.done.next = announce_held(dev);
	device_send(dev, GPUM_MSG_JOB_DONE, &msg, -1);
	return device_pump(dev);
}

/* Its frames are on the screen, or will never be. */
static int end_flush(struct device *dev)
{
	if (dev->flush.pending)
		return 0;
	if (!dev->flush.answered)
		answer(dev, dev->control, &dev->flush.reply, VIRTIO_GPU_RESP_OK_NODATA,
		       HEADER_BYTES);
	dev->flush.answered = true;
	return device_pump(dev);
}

int device_frame_shown(struct device *dev, uint32_t scanout, uint64_t seq)
{
	struct device_scanout *s;

	if (scanout >= dev->config.num_scanouts)
		return BACKEND_ERR_MEDIATOR;
	s = &dev->scanout[scanout];
	if (seq && seq == s->again) {
		s->again = 0;
		return 0;
	}
	if (!(dev->flush.pending >> scanout & 1) || s->seq != seq)
		return BACKEND_ERR_MEDIATOR;
	dev->flush.pending &= ~(1u << scanout);
	return end_flush(dev);
}

/* The earlier mediator was promised an end of an orphan; this one was not. */
static void announce_again(struct device *dev)
{
	struct gpum_msg msg = {0};

	if (dev->job.state != JOB_WAITING)
		return;
	if (dev->job.orphan) {
		dev->job.state = JOB_NONE;
		return;
	}
	msg.job = vgpu_job(&dev->held.part);
	msg.job.id = dev->job.id;
	device_send(dev, GPUM_MSG_JOB_READY, &msg, -1);
}

int device_resume(struct device *dev)
{
	bool waited = dev->flush.pending != 0;

	dev->flush.pending &= scanout_resume(dev);
	announce_again(dev);
	return waited ? end_flush(dev) : device_pump(dev);
}
