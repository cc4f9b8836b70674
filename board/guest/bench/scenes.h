/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_BENCH_SCENES_H
#define BOARD_GUEST_BENCH_SCENES_H

#include <stdint.h>

/* The scenes that vgpu-bench measures. A scene draws one frame into the current framebuffer. */
struct scene_options {
	uint32_t draws;	     /* per frame */
	uint32_t iterations; /* of the fragment loop, `gpu-bound` only */
};

struct bench_scene {
	const char *name;
	struct scene_options defaults;
	int (*init)(const struct scene_options *o); /* 0, or -1 after a message on stderr */
	void (*draw)(const struct scene_options *o, uint64_t frame);
	void (*finish)(void);
};

/* NULL for an unknown name. */
const struct bench_scene *scenes_find(const char *name);

#endif
