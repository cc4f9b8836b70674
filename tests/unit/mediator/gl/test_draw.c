/* SPDX-License-Identifier: MIT */
/* Composition, pixel by pixel, with the GL of the build host (Mesa's llvmpipe is enough). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <EGL/egl.h>
#include <EGL/eglext.h>

#include "mediator/gl/draw.h"

#define WIDTH	   320u
#define HEIGHT	   240u
#define SRC_WIDTH  150u
#define SRC_HEIGHT 100u
#define BLACK	   0xff000000u

/* GL drivers keep memory until the process ends; that is not a leak of this test. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:_dri.so\nleak:libEGL\nleak:libGLES\nleak:libLLVM\nleak:<unknown module>\n";
}

static struct draw draw;
static uint32_t source[SRC_WIDTH * SRC_HEIGHT];
static uint32_t pixels[WIDTH * HEIGHT];
static struct draw_texture picture;
static GLuint panel[2], framebuffer[2];

static GLuint make_texture(uint32_t width, uint32_t height, const void *data)
{
	GLuint name;

	glGenTextures(1, &name);
	glBindTexture(GL_TEXTURE_2D, name);
	glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, (GLsizei)width, (GLsizei)height, 0, GL_RGBA,
		     GL_UNSIGNED_BYTE, data);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
	return name;
}

static int setup(void **state)
{
	static const EGLint want[] = {EGL_RENDERABLE_TYPE, EGL_OPENGL_ES2_BIT, EGL_SURFACE_TYPE,
				      EGL_PBUFFER_BIT, EGL_NONE};
	static const EGLint version[] = {EGL_CONTEXT_MAJOR_VERSION, 2, EGL_NONE};
	EGLDisplay display =
		eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
	EGLConfig config;
	EGLContext context;
	EGLint count;

	(void)state;
	if (!eglInitialize(display, NULL, NULL) || !eglBindAPI(EGL_OPENGL_ES_API) ||
	    !eglChooseConfig(display, want, &config, 1, &count))
		return -1;
	context = eglCreateContext(display, config, EGL_NO_CONTEXT, version);
	if (!eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context))
		return -1;
	for (uint32_t i = 0; i < SRC_WIDTH * SRC_HEIGHT; i++)
		source[i] = BLACK | (i * 2654435761u >> 8);
	picture.name = make_texture(SRC_WIDTH, SRC_HEIGHT, source);
	picture.width = SRC_WIDTH;
	picture.height = SRC_HEIGHT;
	for (int i = 0; i < 2; i++) {
		panel[i] = make_texture(WIDTH, HEIGHT, NULL);
		glGenFramebuffers(1, &framebuffer[i]);
		glBindFramebuffer(GL_FRAMEBUFFER, framebuffer[i]);
		glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D,
				       panel[i], 0);
	}
	return draw_init(&draw, WIDTH, HEIGHT) ? 0 : -1;
}

static uint32_t pixel(uint32_t x, uint32_t y)
{
	return pixels[y * WIDTH + x];
}

static uint32_t source_pixel(uint32_t x, uint32_t y)
{
	return source[y * SRC_WIDTH + x];
}

static void read_back(void)
{
	glReadPixels(0, 0, (GLsizei)WIDTH, (GLsizei)HEIGHT, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
	assert_int_equal(glGetError(), GL_NO_ERROR);
}

static void a_layer_is_copied_pixel_by_pixel_and_clipped(void **state)
{
	const struct gpum_layer layer = {
		.source = {10, 20, 100, 80}, .target = {5, 7, 100, 80}, .clip = {5, 7, 100, 50}};

	(void)state;
	draw_begin(&draw, framebuffer[0], true);
	draw_layer(&draw, &layer, &picture);
	read_back();
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++) {
			int inside = x >= 5 && x < 105 && y >= 7 && y < 57;

			assert_int_equal(pixel(x, y), inside ? source_pixel(x + 5, y + 13) : BLACK);
		}
}

static void an_inverted_buffer_is_turned(void **state)
{
	const struct gpum_rect all = {0, 0, SRC_WIDTH, SRC_HEIGHT};
	const struct gpum_layer layer = {.source = all, .target = all, .clip = all};
	struct draw_texture inverted = picture;

	(void)state;
	inverted.y_inverted = true;
	draw_begin(&draw, framebuffer[0], true);
	draw_layer(&draw, &layer, &inverted);
	read_back();
	for (uint32_t y = 0; y < SRC_HEIGHT; y++)
		for (uint32_t x = 0; x < SRC_WIDTH; x++)
			assert_int_equal(pixel(x, y), source_pixel(x, SRC_HEIGHT - 1 - y));
}

static void a_layer_without_a_buffer_is_black(void **state)
{
	const struct gpum_rect all = {0, 0, SRC_WIDTH, SRC_HEIGHT};
	const struct gpum_layer layer = {.source = all, .target = all, .clip = all};
	const struct gpum_layer hole = {.target = {3, 4, 5, 6}, .clip = {3, 4, 5, 6}};
	const struct draw_texture none = {0};

	(void)state;
	draw_begin(&draw, framebuffer[0], true);
	draw_layer(&draw, &layer, &picture);
	draw_layer(&draw, &hole, &none);
	read_back();
	assert_int_equal(pixel(3, 4), BLACK);
	assert_int_equal(pixel(7, 9), BLACK);
	assert_int_equal(pixel(2, 4), source_pixel(2, 4));
	assert_int_equal(pixel(8, 9), source_pixel(8, 9));
}

static void a_cursor_is_blended_and_may_hang_over_the_edge(void **state)
{
	/* Premultiplied: one pixel of half-transparent red, one transparent pixel. */
	static const uint32_t data[] = {0x80000080u, 0};
	const struct draw_texture cursor = {
		.name = make_texture(2, 1, data), .width = 2, .height = 1};
	const struct gpum_rect all = {0, 0, SRC_WIDTH, SRC_HEIGHT};
	const struct gpum_layer layer = {.source = all, .target = all, .clip = all};
	const struct gpum_layer hanging = {
		.source = {0, 0, 2, 1}, .target = {-1, 9, 2, 1}, .clip = all, .blend = 1};
	const struct gpum_layer inside = {
		.source = {0, 0, 2, 1}, .target = {20, 9, 2, 1}, .clip = all, .blend = 1};
	uint32_t red;

	(void)state;
	draw_begin(&draw, framebuffer[0], true);
	draw_layer(&draw, &layer, &picture);
	draw_layer(&draw, &hanging, &cursor);
	draw_layer(&draw, &inside, &cursor);
	read_back();
	assert_int_equal(pixel(0, 9), source_pixel(0, 9));
	assert_int_equal(pixel(21, 9), source_pixel(21, 9));
	red = 0x80u + (source_pixel(20, 9) & 0xffu) * 0x7fu / 0xffu;
	assert_in_range(pixel(20, 9) & 0xffu, red - 1, red + 1);
	glDeleteTextures(1, &cursor.name);
}

static void a_kept_region_is_copied_and_nothing_else(void **state)
{
	const struct gpum_rect all = {0, 0, SRC_WIDTH, SRC_HEIGHT};
	const struct gpum_layer layer = {.source = all, .target = all, .clip = all};
	const struct gpum_rect kept = {30, 40, 50, 20};

	(void)state;
	draw_begin(&draw, framebuffer[0], true);
	draw_layer(&draw, &layer, &picture);
	draw_begin(&draw, framebuffer[1], true);
	draw_copy(&draw, &kept, panel[0]);
	read_back();
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++) {
			int inside = x >= 30 && x < 80 && y >= 40 && y < 60;

			assert_int_equal(pixel(x, y), inside ? source_pixel(x, y) : BLACK);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_layer_is_copied_pixel_by_pixel_and_clipped),
		cmocka_unit_test(an_inverted_buffer_is_turned),
		cmocka_unit_test(a_layer_without_a_buffer_is_black),
		cmocka_unit_test(a_cursor_is_blended_and_may_hang_over_the_edge),
		cmocka_unit_test(a_kept_region_is_copied_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
