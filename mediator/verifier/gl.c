/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "mediator/verifier/reader.h"
#include "mediator/gl/draw.h"
#include "mediator/gl/gpu.h"

struct reader_gl {
	struct reader base;
	struct gpu gpu;
	struct draw draw;
	struct gpu_image sheet; /* where the rectangles are copied to */
	GLuint framebuffer;
};

static bool make_sheet(struct reader_gl *r, uint32_t width, uint32_t height)
{
	if (r->sheet.width == width && r->sheet.height == height)
		return true;
	if (r->framebuffer)
		glDeleteFramebuffers(1, &r->framebuffer);
	gpu_release(&r->gpu, &r->sheet);
	draw_finish(&r->draw);
	glGenTextures(1, &r->sheet.texture);
	glBindTexture(GL_TEXTURE_2D, r->sheet.texture);
	glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, (GLsizei)width, (GLsizei)height, 0, GL_RGBA,
		     GL_UNSIGNED_BYTE, NULL);
	r->framebuffer = gpu_framebuffer(&r->sheet);
	if (!r->framebuffer || !draw_init(&r->draw, width, height))
		return false;
	r->sheet.width = width;
	r->sheet.height = height;
	return true;
}

static void copy(struct reader_gl *r, const struct gpum_verify *c, const struct gpu_image *image)
{
	const struct draw_texture texture = {.name = image->texture,
					     .width = image->width,
					     .height = image->height,
					     .y_inverted = image->y_inverted};
	int32_t y = 0;

	draw_begin(&r->draw, r->framebuffer, false);
	for (uint32_t i = 0; i < c->num_rects; i++) {
		struct gpum_layer layer = {
			.source = c->rect[i],
			.target = {.y = y, .width = c->rect[i].width, .height = c->rect[i].height}};

		layer.clip = layer.target;
		draw_layer(&r->draw, &layer, &texture);
		y += (int32_t)c->rect[i].height;
	}
}

static bool gl_read(struct reader *reader, const struct gpum_verify *c, int fd, struct sheet *sheet)
{
	struct reader_gl *r = (struct reader_gl *)reader;
	struct gpu_image image;

	if (!make_sheet(r, sheet->width, sheet->height) ||
	    !gpu_import(&r->gpu, &c->buffer, fd, &image))
		return false;
	copy(r, c, &image);
	glPixelStorei(GL_PACK_ALIGNMENT, 1);
	glReadPixels(0, 0, (GLsizei)sheet->width, (GLsizei)sheet->height, GL_RGBA, GL_UNSIGNED_BYTE,
		     sheet->pixels);
	gpu_release(&r->gpu, &image);
	return glGetError() == GL_NO_ERROR;
}

struct reader *reader_gl(const char *render_node)
{
	static struct reader_gl reader = {.base = {.read = gl_read}};

	if (!gpu_open(&reader.gpu, render_node))
		return NULL;
	reader.base.name = (const char *)glGetString(GL_RENDERER);
	return &reader.base;
}
