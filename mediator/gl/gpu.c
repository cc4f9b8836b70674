/* SPDX-License-Identifier: MIT */
#include "mediator/gl/gpu.h"

#include <GLES2/gl2ext.h>
#include <drm_fourcc.h>
#include <fcntl.h>
#include <gbm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * How long to sleep on a fence before sending the GPU a small command. A virtual GPU's host may
 * look at its fences only when a command arrives, or every 10 ms.
 */
#define FENCE_SLEEP_NS UINT64_C(1000000)

static PFNEGLCREATEIMAGEKHRPROC create_image;
static PFNEGLDESTROYIMAGEKHRPROC destroy_image;
static PFNGLEGLIMAGETARGETTEXTURE2DOESPROC image_to_texture;
static PFNEGLCREATESYNCKHRPROC create_sync;
static PFNEGLDESTROYSYNCKHRPROC destroy_sync;
static PFNEGLCLIENTWAITSYNCKHRPROC client_wait_sync;

static bool failed(const char *what)
{
	fprintf(stderr, "error: %s failed (EGL error 0x%x)\n", what, (unsigned int)eglGetError());
	return false;
}

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; p && (p = strstr(p, word)); p += len)
		if ((p == list || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
			return true;
	return false;
}

static bool require(const char *list, const char *extension)
{
	if (has_word(list, extension))
		return true;
	fprintf(stderr, "error: the GPU's driver lacks %s\n", extension);
	return false;
}

static bool find_functions(struct gpu *gpu)
{
	const char *egl = eglQueryString(gpu->display, EGL_EXTENSIONS);

	if (!require(egl, "EGL_KHR_image_base") || !require(egl, "EGL_KHR_fence_sync") ||
	    !require(egl, "EGL_EXT_image_dma_buf_import") ||
	    !require(egl, "EGL_KHR_surfaceless_context"))
		return false;
	gpu->modifiers = has_word(egl, "EGL_EXT_image_dma_buf_import_modifiers");
	create_image = (PFNEGLCREATEIMAGEKHRPROC)eglGetProcAddress("eglCreateImageKHR");
	destroy_image = (PFNEGLDESTROYIMAGEKHRPROC)eglGetProcAddress("eglDestroyImageKHR");
	create_sync = (PFNEGLCREATESYNCKHRPROC)eglGetProcAddress("eglCreateSyncKHR");
	destroy_sync = (PFNEGLDESTROYSYNCKHRPROC)eglGetProcAddress("eglDestroySyncKHR");
	client_wait_sync = (PFNEGLCLIENTWAITSYNCKHRPROC)eglGetProcAddress("eglClientWaitSyncKHR");
	image_to_texture = (PFNGLEGLIMAGETARGETTEXTURE2DOESPROC)eglGetProcAddress(
		"glEGLImageTargetTexture2DOES");
	if (create_image && destroy_image && create_sync && destroy_sync && client_wait_sync &&
	    image_to_texture)
		return true;
	return failed("eglGetProcAddress");
}

static bool make_context(struct gpu *gpu)
{
	static const EGLint priority[] = {EGL_CONTEXT_MAJOR_VERSION, 2,
					  EGL_CONTEXT_PRIORITY_LEVEL_IMG,
					  EGL_CONTEXT_PRIORITY_HIGH_IMG, EGL_NONE};
	static const EGLint plain[] = {EGL_CONTEXT_MAJOR_VERSION, 2, EGL_NONE};
	static const EGLint want[] = {EGL_RENDERABLE_TYPE, EGL_OPENGL_ES2_BIT, EGL_NONE};
	bool has_priority =
		has_word(eglQueryString(gpu->display, EGL_EXTENSIONS), "EGL_IMG_context_priority");
	EGLConfig config = NULL;
	EGLint count = 0;

	if (!eglBindAPI(EGL_OPENGL_ES_API))
		return failed("eglBindAPI");
	if (!eglChooseConfig(gpu->display, want, &config, 1, &count) || count < 1)
		return failed("eglChooseConfig");
	gpu->context = eglCreateContext(gpu->display, config, EGL_NO_CONTEXT,
					has_priority ? priority : plain);
	if (gpu->context == EGL_NO_CONTEXT)
		return failed("eglCreateContext");
	if (!eglMakeCurrent(gpu->display, EGL_NO_SURFACE, EGL_NO_SURFACE, gpu->context))
		return failed("eglMakeCurrent");
	return true;
}

static bool make_scratch(struct gpu *gpu)
{
	glGenTextures(1, &gpu->scratch_texture);
	glBindTexture(GL_TEXTURE_2D, gpu->scratch_texture);
	glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, 1, 1, 0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
	glGenFramebuffers(1, &gpu->scratch);
	glBindFramebuffer(GL_FRAMEBUFFER, gpu->scratch);
	glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D,
			       gpu->scratch_texture, 0);
	if (glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE)
		return true;
	return failed("a framebuffer of one pixel");
}

bool gpu_open(struct gpu *gpu, const char *render_node)
{
	PFNEGLGETPLATFORMDISPLAYEXTPROC get_display =
		(PFNEGLGETPLATFORMDISPLAYEXTPROC)eglGetProcAddress("eglGetPlatformDisplayEXT");

	memset(gpu, 0, sizeof(*gpu));
	setenv("MESA_SHADER_CACHE_DISABLE", "true", 1); /* no files */
	gpu->fd = open(render_node, O_RDWR | O_CLOEXEC);
	if (gpu->fd < 0) {
		fprintf(stderr, "error: %s: %m\n", render_node);
		return false;
	}
	gpu->gbm = gbm_create_device(gpu->fd);
	if (!gpu->gbm) {
		fprintf(stderr, "error: %s: no GBM device\n", render_node);
		goto fail;
	}
	if (!get_display) {
		failed("eglGetProcAddress");
		goto fail;
	}
	gpu->display = get_display(EGL_PLATFORM_GBM_KHR, gpu->gbm, NULL);
	if (gpu->display == EGL_NO_DISPLAY || !eglInitialize(gpu->display, NULL, NULL)) {
		failed("eglInitialize");
		goto fail;
	}
	if (!find_functions(gpu) || !make_context(gpu) || !make_scratch(gpu))
		goto fail;
	return true;
fail:
	gpu_close(gpu);
	return false;
}

void gpu_close(struct gpu *gpu)
{
	if (gpu->display != EGL_NO_DISPLAY) {
		eglMakeCurrent(gpu->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
		eglTerminate(gpu->display);
	}
	if (gpu->gbm)
		gbm_device_destroy(gpu->gbm);
	if (gpu->fd >= 0)
		close(gpu->fd);
	memset(gpu, 0, sizeof(*gpu));
	gpu->fd = -1;
}

static EGLImageKHR import_image(struct gpu *gpu, const struct gpum_buffer *b, int fd,
				bool with_modifier)
{
	EGLint attributes[24], n = 0;

	attributes[n++] = EGL_WIDTH;
	attributes[n++] = (EGLint)b->width;
	attributes[n++] = EGL_HEIGHT;
	attributes[n++] = (EGLint)b->height;
	attributes[n++] = EGL_LINUX_DRM_FOURCC_EXT;
	attributes[n++] = (EGLint)b->fourcc;
	attributes[n++] = EGL_DMA_BUF_PLANE0_FD_EXT;
	attributes[n++] = fd;
	attributes[n++] = EGL_DMA_BUF_PLANE0_OFFSET_EXT;
	attributes[n++] = (EGLint)b->offset;
	attributes[n++] = EGL_DMA_BUF_PLANE0_PITCH_EXT;
	attributes[n++] = (EGLint)b->stride;
	if (with_modifier) {
		attributes[n++] = EGL_DMA_BUF_PLANE0_MODIFIER_LO_EXT;
		attributes[n++] = (EGLint)(b->modifier & UINT32_MAX);
		attributes[n++] = EGL_DMA_BUF_PLANE0_MODIFIER_HI_EXT;
		attributes[n++] = (EGLint)(b->modifier >> 32);
	}
	attributes[n] = EGL_NONE;
	return create_image(gpu->display, EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, NULL, attributes);
}

bool gpu_import(struct gpu *gpu, const struct gpum_buffer *buffer, int fd, struct gpu_image *out)
{
	bool named = gpu->modifiers && buffer->modifier != DRM_FORMAT_MOD_INVALID;

	memset(out, 0, sizeof(*out));
	out->image = import_image(gpu, buffer, fd, named);
	/* A driver without modifiers reports linear for its own, unnamed layout. */
	if (out->image == EGL_NO_IMAGE_KHR && named && buffer->modifier == DRM_FORMAT_MOD_LINEAR)
		out->image = import_image(gpu, buffer, fd, false);
	if (out->image == EGL_NO_IMAGE_KHR) {
		fprintf(stderr,
			"error: buffer %u (%ux%u, %.4s, stride %u, modifier 0x%llx) "
			"cannot be imported (EGL error 0x%x)\n",
			buffer->id, buffer->width, buffer->height, (const char *)&buffer->fourcc,
			buffer->stride, (unsigned long long)buffer->modifier,
			(unsigned int)eglGetError());
		return false;
	}
	glGenTextures(1, &out->texture);
	glBindTexture(GL_TEXTURE_2D, out->texture);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
	image_to_texture(GL_TEXTURE_2D, out->image);
	out->width = buffer->width;
	out->height = buffer->height;
	out->y_inverted = buffer->y_inverted != 0;
	if (glGetError() != GL_NO_ERROR) {
		fprintf(stderr, "error: buffer %u cannot be drawn from\n", buffer->id);
		gpu_release(gpu, out);
		return false;
	}
	return true;
}

void gpu_release(struct gpu *gpu, struct gpu_image *image)
{
	if (image->texture)
		glDeleteTextures(1, &image->texture);
	if (image->image != EGL_NO_IMAGE_KHR)
		destroy_image(gpu->display, image->image);
	memset(image, 0, sizeof(*image));
}

GLuint gpu_framebuffer(const struct gpu_image *image)
{
	GLuint framebuffer = 0;

	glGenFramebuffers(1, &framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
	glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, image->texture,
			       0);
	if (glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE)
		return framebuffer;
	glDeleteFramebuffers(1, &framebuffer);
	return 0;
}

static void remind(const struct gpu *gpu)
{
	glBindFramebuffer(GL_FRAMEBUFFER, gpu->scratch);
	glDisable(GL_SCISSOR_TEST);
	glClear(GL_COLOR_BUFFER_BIT);
	glFlush();
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

bool gpu_wait(struct gpu *gpu, uint32_t timeout_ms)
{
	EGLSyncKHR fence = create_sync(gpu->display, EGL_SYNC_FENCE_KHR, NULL);
	uint64_t end = now_ns() + timeout_ms * UINT64_C(1000000);
	EGLint state;

	if (fence == EGL_NO_SYNC_KHR)
		return failed("eglCreateSyncKHR");
	glFlush();
	for (;;) {
		state = client_wait_sync(gpu->display, fence, EGL_SYNC_FLUSH_COMMANDS_BIT_KHR,
					 FENCE_SLEEP_NS);
		if (state != EGL_TIMEOUT_EXPIRED_KHR || now_ns() > end)
			break;
		remind(gpu);
	}
	destroy_sync(gpu->display, fence);
	return state == EGL_CONDITION_SATISFIED_KHR;
}
