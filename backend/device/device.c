/* SPDX-License-Identifier: MIT */
/* Creation, reset and destruction of the device, its features and counters. */
#include "backend/device/internal.h"

#include <stdlib.h>
#include <string.h>

#include "mediator/shared/wire/vgpu.h"

#define PAGES_PER_MIB 256ULL
#define CURSOR_BYTES  ((uint32_t)sizeof(struct virtio_gpu_update_cursor))

static uint32_t largest_response(const struct gpu *gpu)
{
	uint32_t max = sizeof(struct virtio_gpu_resp_edid);

	for (uint32_t i = 0; i < gpu->num_capsets; i++) {
		uint32_t bytes = DEVICE_HEADER_BYTES + gpu->capset[i].max_size;
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
	/* The mediator waits for the end of this job and of these frames, so both stay pending. */
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
