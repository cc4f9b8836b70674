/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_CLUSTER_PAINT_H
#define BOARD_GUEST_CLUSTER_PAINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <GLES2/gl2.h>

/*
 * Vector drawing with smooth edges and few draw calls. The CPU tessellates shapes into a mesh. The
 * shader computes a pixel's distance from the shape's spine, and from that the pixel's coverage.
 * Coordinates are pixels, x to the right, y down; angles are degrees, clockwise from the right.
 * Colours are 0xRRGGBBAA, not premultiplied.
 */
struct paint_vertex {
	float x, y;
	/* pixels: position along and across the spine, half length of the spine, radius */
	float along, across, half, radius;
	float soft; /* width of the edge's ramp, pixels: 1 is a crisp edge, more is a glow */
	uint8_t rgba[4];
};

struct paint_mesh {
	struct paint_vertex *v;
	size_t count;
	size_t room;
	bool failed; /* out of memory: later shapes are dropped, and paint_upload() fails */
};

/* A range of a vertex buffer. */
struct paint_part {
	GLint first;
	GLsizei count;
};

/* A stroke may have a different radius and colour at each end. */
struct paint_stroke {
	float radius0, radius1;
	float soft;
	uint32_t colour0, colour1;
};

/* A stroke with round ends. */
void paint_capsule(struct paint_mesh *m, float x0, float y0, float x1, float y1,
		   const struct paint_stroke *s);
/* A stroke with straight ends, so that translucent pieces can be joined. */
void paint_segment(struct paint_mesh *m, float x0, float y0, float x1, float y1,
		   const struct paint_stroke *s);
void paint_dot(struct paint_mesh *m, float x, float y, float radius, float soft, uint32_t colour);
/*
 * Part of a ring with straight ends, from angle a0 to a1 > a0; `radius` is in the middle of
 * `width`.
 */
void paint_arc(struct paint_mesh *m, float x, float y, float radius, float width, float soft,
	       float a0, float a1, uint32_t colour0, uint32_t colour1);
/* The number of segments that paint_arc() makes, six vertices each. */
int paint_arc_segments(float radius, float a0, float a1);
/* A triangle without smooth edges; for these, outline it with a stroke of the same colour. */
void paint_triangle(struct paint_mesh *m, const float xy[6], const uint32_t colour[3]);

void paint_mesh_free(struct paint_mesh *m);

struct painter {
	GLuint program;
	GLint u_scale, u_place, u_turn, u_tint;
};

/* How a part is drawn: turned about the mesh's origin, then moved by (x, y); `tint` is a factor. */
struct paint_place {
	float x, y;
	float degrees;
	uint32_t tint;
};

int painter_init(struct painter *p);
void painter_finish(struct painter *p);
/* Creates *vbo or replaces its contents. -1 after a message on stderr if memory ran out, else 0. */
int paint_upload(GLuint *vbo, const struct paint_mesh *m, GLenum usage);
/* Sets shader, buffer and framebuffer size (pixels) for the following painter_draw() calls. */
void painter_begin(const struct painter *p, GLuint vbo, float width, float height);
void painter_draw(const struct painter *p, struct paint_part part, const struct paint_place *at);

#endif
