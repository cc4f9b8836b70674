/* SPDX-License-Identifier: MIT */
/*
 * The mediator's messages (JOB_RUN, FRAME_SHOWN), the resume after a mediator's death, and the end
 * of jobs on the GPU.
 */
#include "backend/device/internal.h"

#include "backend/device/cut.h"
#include "backend/error/error.h"

/* Remove the executed part from the held command. Returns whether some of it is left. */
static bool drop_executed(struct device *dev, const struct command *part)
{
	struct command *cmd = &dev->held.cmd;

	if (cmd->op != COMMAND_SUBMIT || part->submit.bytes == cmd->submit.bytes)
		return false;
	cmd->submit.stream = (uint8_t *)cmd->submit.stream + part->submit.bytes;
	cmd->submit.bytes -= part->submit.bytes;
	return true;
}

/* A cut stream is answered once: after its last slice, or after the first that fails. */
static void execute_held(struct device *dev)
{
	uint32_t err = device_execute(dev, &dev->held.part);
	bool more = err == 0 && drop_executed(dev, &dev->held.part);

	dev->cuts += more;
	dev->job.state = JOB_RUNNING;
	dev->job.failed = err != 0;
	dev->job.result = err ? err : VIRTIO_GPU_RESP_OK_NODATA;
	dev->job.reply = dev->held.reply;
	dev->job.answered = more || !dev->held.reply.fenced;
	if (dev->job.answered && !more)
		device_answer(dev, dev->control, &dev->job.reply, dev->job.result,
			      DEVICE_HEADER_BYTES);
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
	/* Also after a failure: part of the job's work may be on the GPU. */
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
		device_answer(dev, dev->control, &dev->job.reply, dev->job.result,
			      DEVICE_HEADER_BYTES);
	dev->job.answered = true;
	for (uint32_t i = 0; i < dev->num_deferred; i++)
		device_answer(dev, dev->control, &dev->deferred[i].reply, dev->deferred[i].result,
			      DEVICE_HEADER_BYTES);
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
	int got = device_fetch(dev);
	if (got < 0)
		return got;
	/*
	 * No flush can be pending here: no flush starts while a job runs, and no job starts while a
	 * flush is pending.
	 */
	if (got && device_held_is_job(dev))
		msg.done.next = device_announce_held(dev);
	device_send(dev, GPUM_MSG_JOB_DONE, &msg, -1);
	return device_pump(dev);
}

/* If no frame is pending any more, answer the flush and go on. */
static int finish_flush(struct device *dev)
{
	if (dev->flush.pending)
		return 0;
	if (!dev->flush.answered)
		device_answer(dev, dev->control, &dev->flush.reply, VIRTIO_GPU_RESP_OK_NODATA,
			      DEVICE_HEADER_BYTES);
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
	return finish_flush(dev);
}

/*
 * The new mediator knows of no job: announce the waiting one, but not an orphan, whose end only the
 * dead mediator waited for.
 */
static void announce_job_again(struct device *dev)
{
	struct gpum_msg msg = {0};

	if (dev->job.state != JOB_WAITING)
		return;
	if (dev->job.orphan) {
		dev->job.state = JOB_NONE;
		return;
	}
	msg.job = command_job(&dev->held.part);
	msg.job.id = dev->job.id;
	device_send(dev, GPUM_MSG_JOB_READY, &msg, -1);
}

int device_resume(struct device *dev)
{
	bool waited = dev->flush.pending != 0;

	dev->flush.pending &= scanout_resume(dev);
	announce_job_again(dev);
	return waited ? finish_flush(dev) : device_pump(dev);
}
