/* SPDX-License-Identifier: MIT */
/* Takes commands from the queues strictly in order, up to the first that has to wait. */
#include "backend/device/internal.h"

#include "backend/device/cut.h"
#include "backend/error/error.h"

/* Commands taken per visit, which bounds how long the mediator's messages wait. */
#define VISIT_BUDGET 64
#define QUERY_BYTES  64u /* at least the size of every query */
#define CURSOR_BYTES ((uint32_t)sizeof(struct virtio_gpu_update_cursor))

/*
 * Copy one chain's command to private memory, decode and validate it. Returns 0 or the error
 * response.
 */
static uint32_t read_command(struct device *dev, const struct virtqueue *vq,
			     enum command_queue kind, void *bytes, uint32_t max,
			     struct command *cmd)
{
	uint32_t length = dev->chain->length < max ? (uint32_t)dev->chain->length : max;

	vq_read(vq, dev->chain, bytes, length);
	uint32_t err = command_decode(kind, bytes, length, cmd);
	if (dev->chain->length > max)
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	if (err)
		return err;
	if (kind == COMMAND_ON_CONTROL &&
	    dev->chain->answer.length < device_response_size(dev, cmd))
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	return device_validate(dev, cmd);
}

static struct reply make_reply(const struct device *dev, const struct command *cmd)
{
	return (struct reply){.to = dev->chain->answer,
			      .fenced = cmd->fenced,
			      .fence_id = cmd->fence_id,
			      .context = cmd->context};
}

int device_fetch(struct device *dev)
{
	if (dev->held.valid)
		return 1;
	if (!dev->control)
		return 0;
	int got = vq_take(dev->control, dev->chain);
	if (got <= 0)
		return got;
	dev->commands++;
	dev->held.error = read_command(dev, dev->control, COMMAND_ON_CONTROL, dev->command,
				       dev->config.max_command_bytes, &dev->held.cmd);
	dev->held.reply = make_reply(dev, &dev->held.cmd);
	dev->held.valid = true;
	return 1;
}

bool device_held_is_job(const struct device *dev)
{
	return dev->held.error == 0 && command_is_job(&dev->held.cmd);
}

static bool may_announce(const struct device *dev)
{
	return dev->job.state == JOB_NONE && dev->flush.pending == 0;
}

/* The part of the held command that the next job runs: a slice if it is a long stream. */
static struct command next_part(const struct device *dev)
{
	struct command part = dev->held.cmd;

	if (part.op == COMMAND_SUBMIT && dev->config.max_job_draws > 0)
		part.submit.bytes = cut_slice(dev->gpu->ops->parse, part.submit.stream,
					      part.submit.bytes, dev->config.max_job_draws);
	return part;
}

struct gpum_job device_announce_held(struct device *dev)
{
	struct gpum_job job;

	dev->held.part = next_part(dev);
	job = command_job(&dev->held.part);
	job.id = ++dev->job.id;
	dev->job.state = JOB_WAITING;
	dev->job.orphan = false;
	return job;
}

static bool step_job(struct device *dev)
{
	if (may_announce(dev)) {
		struct gpum_msg msg = {.job = device_announce_held(dev)};
		device_send(dev, GPUM_MSG_JOB_READY, &msg, -1);
	}
	return false;
}

/* A flush waits until the GPU has finished the picture and earlier frames are shown. */
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

	/*
	 * Deferred responses have no body. Drivers do not fence commands whose response has one, so
	 * such a command simply waits.
	 */
	if (later && (dev->num_deferred == DEVICE_DEFERRED_MAX ||
		      device_response_size(dev, &dev->held.cmd) > DEVICE_HEADER_BYTES))
		return false;
	dev->response_bytes = DEVICE_HEADER_BYTES;
	if (result == 0)
		result = device_execute(dev, &dev->held.cmd);
	if (result)
		dev->response_bytes = DEVICE_HEADER_BYTES;
	else
		result = device_success_type(&dev->held.cmd);
	if (later) {
		dev->deferred[dev->num_deferred].result = result;
		dev->deferred[dev->num_deferred++].reply = *reply;
	} else {
		device_answer(dev, dev->control, reply, result, dev->response_bytes);
	}
	return true;
}

/* Process the held command. Returns false if it has to wait. */
static bool step(struct device *dev)
{
	const struct command *cmd = &dev->held.cmd;
	uint32_t shown = 0;
	bool done;

	if (dev->held.error == 0 && cmd->op == COMMAND_RESOURCE_FLUSH)
		shown = scanout_mask(dev, cmd->flush.resource);
	if (device_held_is_job(dev))
		done = step_job(dev);
	else if (shown)
		done = step_flush(dev, shown);
	else
		done = step_bookkeeping(dev);
	if (done)
		dev->held.valid = false;
	return done;
}

/* Cursor commands never wait. */
static int pump_cursor(struct device *dev, int *budget)
{
	uint64_t bytes[(CURSOR_BYTES + 7) / 8];
	struct command cmd;

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
		uint32_t result = read_command(dev, dev->cursor, COMMAND_ON_CURSOR, bytes,
					       sizeof(bytes), &cmd);
		struct reply reply = make_reply(dev, &cmd);
		if (result == 0)
			result = device_execute(dev, &cmd);
		device_answer(dev, dev->cursor, &reply, result ? result : VIRTIO_GPU_RESP_OK_NODATA,
			      DEVICE_HEADER_BYTES);
	}
	scanout_send_cursors(dev);
	return 0;
}

static bool is_query(const struct command *cmd)
{
	return cmd->op == COMMAND_GET_DISPLAY_INFO || cmd->op == COMMAND_GET_CAPSET_INFO ||
	       cmd->op == COMMAND_GET_CAPSET || cmd->op == COMMAND_GET_EDID;
}

/*
 * Queries about the device depend on no other command. Drivers wait for their responses
 * synchronously and give up after 5 s (Mesa then falls back to software rendering), which flushes
 * queued for a slow display can exceed. So queries are answered while the head of the queue waits.
 * Returns 1 if the budget of a visit was used up, as device_pump() does.
 */
static int answer_queries(struct device *dev)
{
	uint64_t bytes[QUERY_BYTES / 8];
	struct command cmd;
	int got = 0;

	for (int i = 0; i < VISIT_BUDGET; i++) {
		got = vq_peek(dev->control, dev->chain);
		if (got <= 0)
			break;
		uint32_t result = read_command(dev, dev->control, COMMAND_ON_CONTROL, bytes,
					       sizeof(bytes), &cmd);
		if (result || cmd.fenced || !is_query(&cmd))
			continue; /* answered in its turn, even if invalid */
		struct reply reply = make_reply(dev, &cmd);
		vq_claim(dev->control, dev->chain);
		dev->commands++;
		dev->response_bytes = DEVICE_HEADER_BYTES;
		result = device_execute(dev, &cmd);
		device_answer(dev, dev->control, &reply,
			      result ? result : device_success_type(&cmd),
			      result ? DEVICE_HEADER_BYTES : dev->response_bytes);
	}
	return got;
}

int device_pump(struct device *dev)
{
	int budget = VISIT_BUDGET, cursor_budget = VISIT_BUDGET;
	int err = pump_cursor(dev, &cursor_budget);

	while (!err && dev->control && budget > 0) {
		int got = device_fetch(dev);
		if (got < 0)
			return got;
		if (got == 0 && !vq_want_events(dev->control))
			break;
		budget--;
		if (got && !step(dev)) {
			err = answer_queries(dev);
			break;
		}
	}
	if (dev->mediator_failed)
		return BACKEND_ERR_MEDIATOR;
	return err ? err : budget == 0 || cursor_budget == 0;
}
