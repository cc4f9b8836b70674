/* SPDX-License-Identifier: MIT */
/* Commands without effect for virtual GPUs whose host looks for completed work only when asked. */
#ifndef BACKEND_GPU_NUDGE_H
#define BACKEND_GPU_NUDGE_H

#include <stdint.h>

struct nudge {
	int fd; /* -1: this GPU needs none */
	uint32_t handle;
};

void nudge_init(struct nudge *n, const char *render_node);
void nudge_finish(struct nudge *n);
void nudge_send(const struct nudge *n);

#endif
