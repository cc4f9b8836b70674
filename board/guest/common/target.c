/* SPDX-License-Identifier: MIT */
#include "board/guest/common/target.h"

#include "board/guest/common/cli.h"
#include "board/guest/common/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <EGL/eglext.h>
#include <drm_fourcc.h>

#define FIRST_RENDER_NODE 128
#define MAX_RENDER_NODES  16

/* The window's pixel format must match the scanout buffer's exactly. */
static EGLConfig choose_config(EGLDisplay egl, uint32_t format)
{
	static const EGLint wanted[] = {EGL_SURFACE_TYPE, EGL_WINDOW_BIT, EGL_RENDERABLE_TYPE,
					EGL_OPENGL_ES2_BIT, EGL_NONE};
	EGLConfig configs[64];
	EGLint count = 0;

	if (!eglChooseConfig(egl, wanted, configs, 64, &count))
		return NULL;
	for (EGLint i = 0; i < count; i++) {
		EGLint id = 0;

		if (eglGetConfigAttrib(egl, configs[i], EGL_NATIVE_VISUAL_ID, &id) &&
		    (uint32_t)id == format)
			return configs[i];
	}
	return NULL;
}

/* `format` 0: opens no window, and the context is current without a surface. */
static int open_egl(struct target *t, EGLenum platform, void *native, uint32_t format)
{
	static const EGLint attribs[] = {EGL_CONTEXT_CLIENT_VERSION, 2, EGL_NONE};
	EGLConfig config = EGL_NO_CONFIG_KHR;

	t->egl = eglGetPlatformDisplay(platform, native, NULL);
	if (t->egl == EGL_NO_DISPLAY || !eglInitialize(t->egl, NULL, NULL)) {
		cli_error("EGL does not start (error 0x%x)", (unsigned int)eglGetError());
		return -1;
	}
	if (format) {
		config = choose_config(t->egl, format);
		if (!config) {
			cli_error("EGL has no configuration for XRGB8888");
			return -1;
		}
	}
	(void)eglBindAPI(EGL_OPENGL_ES_API);
	t->context = eglCreateContext(t->egl, config, EGL_NO_CONTEXT, attribs);
	if (t->context == EGL_NO_CONTEXT) {
		cli_error("no OpenGL ES 2 context (error 0x%x)", (unsigned int)eglGetError());
		return -1;
	}
	if (t->gbm_surface)
		t->surface = eglCreatePlatformWindowSurface(t->egl, config, t->gbm_surface, NULL);
	if ((t->gbm_surface && t->surface == EGL_NO_SURFACE) ||
	    !eglMakeCurrent(t->egl, t->surface, t->surface, t->context)) {
		cli_error("no EGL surface (error 0x%x)", (unsigned int)eglGetError());
		return -1;
	}
	return 0;
}

static int open_fbo(struct target *t, uint32_t width, uint32_t height)
{
	GLint limit = 0;

	glGetIntegerv(GL_MAX_TEXTURE_SIZE, &limit);
	if (limit < 0 || width > (uint32_t)limit || height > (uint32_t)limit) {
		cli_error("%ux%u is larger than this GPU's limit of %d", width, height, limit);
		return -1;
	}
	t->width = width;
	t->height = height;
	glGenTextures(1, &t->colour);
	glBindTexture(GL_TEXTURE_2D, t->colour);
	glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, (GLsizei)width, (GLsizei)height, 0, GL_RGBA,
		     GL_UNSIGNED_BYTE, NULL);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	glBindTexture(GL_TEXTURE_2D, 0);
	glGenFramebuffers(1, &t->fbo);
	glBindFramebuffer(GL_FRAMEBUFFER, t->fbo);
	glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, t->colour, 0);
	if (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE) {
		cli_error("the GPU cannot draw into a %ux%u texture", width, height);
		return -1;
	}
	target_bind(t);
	return 0;
}

static int open_display(struct target *t, const char *device)
{
	if (kms_open(&t->kms, device))
		return -1;
	t->width = t->kms.mode.hdisplay;
	t->height = t->kms.mode.vdisplay;
	t->gbm = gbm_create_device(t->kms.fd);
	if (t->gbm)
		t->gbm_surface =
			gbm_surface_create(t->gbm, t->width, t->height, GBM_FORMAT_XRGB8888,
					   GBM_BO_USE_SCANOUT | GBM_BO_USE_RENDERING);
	if (!t->gbm_surface) {
		cli_error("%s: no %ux%u XRGB8888 buffers to scan out", t->kms.path, t->width,
			  t->height);
		return -1;
	}
	if (open_egl(t, EGL_PLATFORM_GBM_KHR, t->gbm, GBM_FORMAT_XRGB8888))
		return -1;
	target_bind(t);
	return 0;
}

static int open_render_fd(const char *device)
{
	char path[32];
	int fd = -1;

	if (device) {
		fd = open(device, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			cli_error("%s: %s", device, strerror(errno));
		return fd;
	}
	for (int i = 0; i < MAX_RENDER_NODES && fd < 0; i++) {
		(void)snprintf(path, sizeof(path), "/dev/dri/renderD%d", FIRST_RENDER_NODE + i);
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	if (fd < 0)
		cli_error("cannot open any /dev/dri/renderD*; for a guest, run `gpumctl attach` in "
			  "dom0");
	return fd;
}

static int open_render_node(struct target *t, const char *device, uint32_t width, uint32_t height)
{
	t->render_fd = open_render_fd(device);
	if (t->render_fd < 0)
		return -1;
	t->gbm = gbm_create_device(t->render_fd);
	if (!t->gbm) {
		cli_error("%s: no GBM device", device ? device : "render node");
		return -1;
	}
	if (open_egl(t, EGL_PLATFORM_GBM_KHR, t->gbm, 0))
		return -1;
	return open_fbo(t, width, height);
}

/* Marks every descriptor and EGL object as not open. */
static void reset(struct target *t)
{
	memset(t, 0, sizeof(*t));
	t->kms.fd = -1;
	t->render_fd = -1;
	t->egl = EGL_NO_DISPLAY;
	t->context = EGL_NO_CONTEXT;
	t->surface = EGL_NO_SURFACE;
}

static int closed_on_error(struct target *t, int err)
{
	if (err)
		target_close(t);
	return err;
}

int target_open_display(struct target *t, const char *device)
{
	reset(t);
	return closed_on_error(t, open_display(t, device));
}

int target_open_render_node(struct target *t, const char *device, uint32_t width, uint32_t height)
{
	reset(t);
	return closed_on_error(t, open_render_node(t, device, width, height));
}

int target_open_surfaceless(struct target *t, uint32_t width, uint32_t height)
{
	reset(t);
	if (open_egl(t, EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, 0))
		return closed_on_error(t, -1);
	return closed_on_error(t, open_fbo(t, width, height));
}

void target_close(struct target *t)
{
	if (t->kms.fd > 0 && t->kms.flip_pending)
		(void)kms_wait(&t->kms);
	if (t->egl != EGL_NO_DISPLAY) {
		(void)eglMakeCurrent(t->egl, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
		if (t->surface != EGL_NO_SURFACE)
			(void)eglDestroySurface(t->egl, t->surface);
		if (t->context != EGL_NO_CONTEXT)
			(void)eglDestroyContext(t->egl, t->context);
		(void)eglTerminate(t->egl);
	}
	if (t->queued)
		gbm_surface_release_buffer(t->gbm_surface, t->queued);
	if (t->scanned)
		gbm_surface_release_buffer(t->gbm_surface, t->scanned);
	if (t->gbm_surface)
		gbm_surface_destroy(t->gbm_surface);
	if (t->gbm)
		gbm_device_destroy(t->gbm);
	kms_close(&t->kms);
	if (t->render_fd > 0)
		close(t->render_fd);
	reset(t);
}

void target_bind(const struct target *t)
{
	glBindFramebuffer(GL_FRAMEBUFFER, t->fbo);
	glViewport(0, 0, (GLsizei)t->width, (GLsizei)t->height);
}

static void fb_destroy(struct gbm_bo *bo, void *data)
{
	int fd = gbm_device_get_fd(gbm_bo_get_device(bo));

	(void)drmModeRmFB(fd, (uint32_t)(uintptr_t)data);
}

/* Makes a GBM buffer's KMS framebuffer once and keeps it as user data. Returns 0 on error. */
static uint32_t fb_of(struct target *t, struct gbm_bo *bo)
{
	uint32_t fb = (uint32_t)(uintptr_t)gbm_bo_get_user_data(bo);
	uint32_t handles[4] = {0}, strides[4] = {0}, offsets[4] = {0};

	if (fb)
		return fb;
	handles[0] = gbm_bo_get_handle(bo).u32;
	strides[0] = gbm_bo_get_stride(bo);
	offsets[0] = gbm_bo_get_offset(bo, 0);
	if (drmModeAddFB2(t->kms.fd, t->width, t->height, DRM_FORMAT_XRGB8888, handles, strides,
			  offsets, &fb, 0)) {
		cli_error("%s: cannot make a framebuffer: %s", t->kms.path, strerror(errno));
		return 0;
	}
	gbm_bo_set_user_data(bo, (void *)(uintptr_t)fb, fb_destroy);
	return fb;
}

int target_settle(struct target *t)
{
	int ret;

	if (t->fbo)
		return 0;
	ret = kms_wait(&t->kms);
	if (ret || !t->queued)
		return ret;
	if (t->scanned)
		gbm_surface_release_buffer(t->gbm_surface, t->scanned);
	t->scanned = t->queued;
	t->queued = NULL;
	return 0;
}

int target_present(struct target *t)
{
	struct gbm_bo *bo;
	uint32_t fb;
	int ret;

	if (t->fbo) {
		glFinish();
		return 0;
	}
	if (!eglSwapBuffers(t->egl, t->surface)) {
		cli_error("buffer swap failed (EGL error 0x%x)", (unsigned int)eglGetError());
		return -1;
	}
	bo = gbm_surface_lock_front_buffer(t->gbm_surface);
	fb = bo ? fb_of(t, bo) : 0;
	ret = fb ? target_settle(t) : -1;
	if (ret == 0)
		ret = kms_show(&t->kms, fb);
	if (ret) {
		if (bo)
			gbm_surface_release_buffer(t->gbm_surface, bo);
		return ret;
	}
	t->queued = bo;
	return 0;
}

int target_write_png(const struct target *t, const char *file)
{
	size_t stride = (size_t)t->width * 4;
	uint8_t *pixels = calloc(t->height, stride);
	int ret;

	if (!pixels) {
		cli_error("no memory for a %ux%u picture", t->width, t->height);
		return -1;
	}
	glBindFramebuffer(GL_FRAMEBUFFER, t->fbo);
	glPixelStorei(GL_PACK_ALIGNMENT, 1);
	glReadPixels(0, 0, (GLsizei)t->width, (GLsizei)t->height, GL_RGBA, GL_UNSIGNED_BYTE,
		     pixels);
	/* GL's first row is the lowest one. */
	ret = image_write_png(file, t->width, t->height, pixels, true);
	free(pixels);
	return ret;
}

static GLuint compile(GLenum type, const char *source)
{
	GLuint shader = glCreateShader(type);
	GLint ok = GL_FALSE;
	char log[512] = "";

	glShaderSource(shader, 1, &source, NULL);
	glCompileShader(shader);
	glGetShaderiv(shader, GL_COMPILE_STATUS, &ok);
	if (ok)
		return shader;
	glGetShaderInfoLog(shader, sizeof(log), NULL, log);
	cli_error("shader does not compile: %s", log);
	glDeleteShader(shader);
	return 0;
}

GLuint target_program(const char *vertex, const char *fragment, const char *const *attributes)
{
	GLuint vs = compile(GL_VERTEX_SHADER, vertex);
	GLuint fs = vs ? compile(GL_FRAGMENT_SHADER, fragment) : 0;
	GLuint program = fs ? glCreateProgram() : 0;
	GLint ok = GL_FALSE;
	char log[512] = "";

	if (program) {
		glAttachShader(program, vs);
		glAttachShader(program, fs);
		for (GLuint i = 0; attributes[i]; i++)
			glBindAttribLocation(program, i, attributes[i]);
		glLinkProgram(program);
		glGetProgramiv(program, GL_LINK_STATUS, &ok);
		if (!ok) {
			glGetProgramInfoLog(program, sizeof(log), NULL, log);
			cli_error("shader does not link: %s", log);
			glDeleteProgram(program);
			program = 0;
		}
	}
	glDeleteShader(vs);
	glDeleteShader(fs);
	return program;
}
