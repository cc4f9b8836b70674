/* SPDX-License-Identifier: MIT */
/* Cutting a command stream does not change its picture. Uses the real renderer on a software GL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/device/cut.h"
#include "tests/component/cockpit/renderer.h"

#define SIDE	RENDERER_SIDE
#define PIXELS	(SIDE * SIDE)
#define PICTURE RENDERER_PICTURE
#define BUFFER	2u
#define QUADS	7u
#define CORNERS 6u /* two triangles */
#define WORDS	1024u

/* Numbers of virgl's protocol (virglrenderer, src/virgl_protocol.h), and our own handles. */
enum {
	CREATE_OBJECT = 1,
	BIND_OBJECT = 2,
	SET_VIEWPORT = 4,
	SET_FRAMEBUFFER = 5,
	SET_VERTEX_BUFFERS = 6,
	CLEAR = 7,
	DRAW_VBO = 8,
	INLINE_WRITE = 9,
	SET_CONSTANTS = 12,
	COPY_REGION = 17,
	SET_SUB_CTX = 28,
	CREATE_SUB_CTX = 29,
	BIND_SHADER = 31,
};
enum { BLEND = 1, RASTERIZER = 2, DSA = 3, SHADER = 4, VERTEX_ELEMENTS = 5, SURFACE = 8 };
enum { VERTEX, FRAGMENT };
enum { R32G32B32A32_FLOAT = 31, R8 = 64, TRIANGLES = 4 };
enum { TARGET = 100, MIXING, FILLING, DEPTH, LAYOUT, VERTEX_SHADER, FRAGMENT_SHADER };

struct stream {
	uint32_t words[WORDS];
	uint32_t count;
};

static uint32_t f(double value)
{
	float single = (float)value;
	uint32_t bits;

	memcpy(&bits, &single, sizeof(bits));
	return bits;
}

static void put(struct stream *s, uint32_t command, uint32_t object, const uint32_t *payload,
		uint32_t count)
{
	assert_true(s->count + 1 + count <= WORDS);
	s->words[s->count++] = RENDERER_CMD(command, object, count);
	memcpy(s->words + s->count, payload, count * sizeof(*payload));
	s->count += count;
}

#define PUT(stream, command, object, ...)                                                          \
	put(stream, command, object, (const uint32_t[]){__VA_ARGS__},                              \
	    (uint32_t)(sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)))

static void put_shader(struct stream *s, uint32_t handle, uint32_t type, const char *text)
{
	uint32_t payload[5 + 32] = {handle, type, (uint32_t)strlen(text) + 1, 100, 0};
	uint32_t words = (payload[2] + 3) / 4;

	assert_true(words <= 32);
	memcpy(payload + 5, text, strlen(text));
	put(s, CREATE_OBJECT, SHADER, payload, 5 + words);
	PUT(s, BIND_SHADER, 0, handle, type);
}

static void put_state(struct stream *s)
{
	PUT(s, CREATE_SUB_CTX, 0, 1);
	PUT(s, SET_SUB_CTX, 0, 1);
	PUT(s, CREATE_OBJECT, SURFACE, TARGET, PICTURE, RENDERER_B8G8R8A8, 0, 0);
	PUT(s, SET_FRAMEBUFFER, 0, 1, 0, TARGET);
	PUT(s, SET_VIEWPORT, 0, 0, f(SIDE / 2.0), f(SIDE / 2.0), f(0.5), f(SIDE / 2.0),
	    f(SIDE / 2.0), f(0.5));
	PUT(s, CREATE_OBJECT, BLEND, MIXING, 0, 0, 0xfu << 27, 0, 0, 0, 0, 0, 0, 0);
	PUT(s, BIND_OBJECT, BLEND, MIXING);
	PUT(s, CREATE_OBJECT, RASTERIZER, FILLING, 1u << 1 | 1u << 29, f(1), 0, 0, f(1), 0, 0, 0);
	PUT(s, BIND_OBJECT, RASTERIZER, FILLING);
	PUT(s, CREATE_OBJECT, DSA, DEPTH, 0, 0, 0, 0);
	PUT(s, BIND_OBJECT, DSA, DEPTH);
	PUT(s, CREATE_OBJECT, VERTEX_ELEMENTS, LAYOUT, 0, 0, 0, R32G32B32A32_FLOAT);
	PUT(s, BIND_OBJECT, VERTEX_ELEMENTS, LAYOUT);
	put_shader(s, VERTEX_SHADER, VERTEX,
		   "VERT\nDCL IN[0]\nDCL OUT[0], POSITION\n0: MOV OUT[0], IN[0]\n1: END\n");
	put_shader(s, FRAGMENT_SHADER, FRAGMENT,
		   "FRAG\nDCL OUT[0], COLOR\nDCL CONST[0]\n0: MOV OUT[0], CONST[0]\n1: END\n");
}

/* Each quad is smaller than the one before, so that a wrong order changes the picture. */
static void put_corners(struct stream *s)
{
	static const double corner[CORNERS][2] = {{-1, -1}, {1, -1}, {1, 1},
						  {-1, -1}, {1, 1},  {-1, 1}};
	uint32_t payload[11 + QUADS * CORNERS * 4] = {
		BUFFER, 0, 0, 0, 0, 0, 0, 0, QUADS * CORNERS * 16, 1, 1};
	uint32_t *at = payload + 11;

	for (uint32_t i = 0; i < QUADS * CORNERS; i++, at += 4) {
		double size = 1 - i / CORNERS / (QUADS + 1.0);
		at[0] = f(corner[i % CORNERS][0] * size);
		at[1] = f(corner[i % CORNERS][1] * size);
		at[2] = f(0);
		at[3] = f(1);
	}
	put(s, INLINE_WRITE, 0, payload, sizeof(payload) / sizeof(*payload));
	PUT(s, SET_VERTEX_BUFFERS, 0, 16, 0, BUFFER);
}

/* Clears, draws the quads and copies a region. All of them use state that was set long before. */
static void put_picture(struct stream *s)
{
	PUT(s, CLEAR, 0, RENDERER_CLEAR_COLOUR0, f(0.25), f(0.5), f(0.75), f(1), 0, 0, 0);
	for (uint32_t i = 0; i < QUADS; i++) {
		PUT(s, SET_CONSTANTS, 0, FRAGMENT, 0, f(i / 8.0), f(1 - i / 8.0), f(i % 2), f(1));
		PUT(s, DRAW_VBO, 0, i * CORNERS, CORNERS, TRIANGLES, 0, 1, 0, 0, 0, 0, 0,
		    QUADS * CORNERS - 1, 0);
	}
	/* Copy a part of the picture over another one. */
	PUT(s, COPY_REGION, 0, PICTURE, 0, 0, 0, 0, PICTURE, 0, SIDE / 2, SIDE / 2, 0, 4, 4, 1);
}

static void with_buffer(struct gpu *gpu, bool create)
{
	struct command make = {.op = COMMAND_RESOURCE_CREATE,
			       .create = {.resource = BUFFER,
					  .geometry = {.format = R8,
						       .bind = 1u << 4,
						       .width = QUADS * CORNERS * 16,
						       .height = 1,
						       .depth = 1,
						       .array_size = 1}}};
	struct command attach = {.op = COMMAND_CTX_ATTACH,
				 .context = RENDERER_CONTEXT,
				 .ctx_resource = {.resource = BUFFER}};
	struct command unref = {.op = COMMAND_RESOURCE_UNREF, .unref = {.resource = BUFFER}};

	if (create)
		assert_int_equal(renderer_execute(gpu, make), 0);
	assert_int_equal(renderer_execute(gpu, create ? attach : unref), 0);
}

/*
 * Draws into `pixels` with a fence after each slice, as the device does. Returns the number of
 * slices.
 */
static uint32_t draw(struct gpu *gpu, uint32_t max_draws, uint32_t pixels[PIXELS])
{
	struct iovec iov = {pixels, PIXELS * sizeof(*pixels)};
	static uint64_t fence;
	struct stream s = {.count = 0};
	uint32_t slices = 0, bytes;

	put_state(&s);
	put_corners(&s);
	put_picture(&s);
	renderer_create_picture(gpu);
	assert_int_equal(renderer_context(gpu, COMMAND_CTX_CREATE), 0);
	assert_int_equal(renderer_context(gpu, COMMAND_CTX_ATTACH), 0);
	with_buffer(gpu, true);
	for (uint32_t at = 0; at < s.count; at += bytes / 4, slices++) {
		bytes = cut_slice(gpu->ops->parse, s.words + at, (s.count - at) * 4, max_draws);
		assert_true(bytes > 0);
		assert_int_equal(renderer_submit(gpu, s.words + at, bytes), 0);
		renderer_wait(gpu, ++fence);
	}
	memset(pixels, 0x11, iov.iov_len);
	renderer_attach(gpu, PICTURE, &iov);
	assert_int_equal(renderer_transfer(gpu, RENDERER_CONTEXT, false, SIDE), 0);
	renderer_wait(gpu, ++fence);
	renderer_detach(gpu, PICTURE);
	assert_int_equal(renderer_context(gpu, COMMAND_CTX_DESTROY), 0);
	with_buffer(gpu, false);
	renderer_remove_picture(gpu);
	return slices;
}

static uint32_t colours_in(const uint32_t pixels[PIXELS])
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < PIXELS; i++) {
		uint32_t j = 0;
		while (pixels[j] != pixels[i])
			j++;
		count += j == i;
	}
	return count;
}

static void cut_stream_draws_the_picture_of_the_whole_stream(void **state)
{
	static const uint32_t max_draws[] = {1, 2, 3, 5, 100};
	uint32_t whole[PIXELS], cut[PIXELS], slices, before = UINT32_MAX;
	struct gpu *gpu = *state;

	assert_int_equal(draw(gpu, 0, whole), 1);
	/* All quads are visible. */
	assert_true(colours_in(whole) >= QUADS);
	for (size_t i = 0; i < sizeof(max_draws) / sizeof(max_draws[0]); i++) {
		slices = draw(gpu, max_draws[i], cut);
		assert_true(slices < before);
		before = slices;
		assert_memory_equal(cut, whole, sizeof(whole));
	}
	assert_int_equal(slices, 1);
}

/* GL drivers leak memory and are unloaded before LeakSanitizer could match suppressions by name. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_stream_draws_the_picture_of_the_whole_stream),
	};

	return cmocka_run_group_tests_name("virgl slices", tests, renderer_start, renderer_stop);
}
