/* SPDX-License-Identifier: MIT */
#include "board/guest/common/image.h"

#include "board/guest/common/cli.h"

#include <stdlib.h>
#include <string.h>

#include <png.h>

/* Drops the unused byte and puts the top row first. */
static void pack_rows(uint8_t *rgb, const uint8_t *rgbx, uint32_t width, uint32_t height,
		      bool bottom_up)
{
	for (uint32_t y = 0; y < height; y++) {
		const uint8_t *row = rgbx + (size_t)(bottom_up ? height - 1 - y : y) * width * 4;

		for (uint32_t x = 0; x < width; x++, rgb += 3)
			memcpy(rgb, row + (size_t)x * 4, 3);
	}
}

int image_write_png(const char *file, uint32_t width, uint32_t height, const uint8_t *rgbx,
		    bool bottom_up)
{
	png_image image;
	uint8_t *rgb = malloc((size_t)width * height * 3);
	int ok;

	if (!rgb) {
		cli_error("no memory for a %ux%u picture", width, height);
		return -1;
	}
	pack_rows(rgb, rgbx, width, height, bottom_up);
	memset(&image, 0, sizeof(image));
	image.version = PNG_IMAGE_VERSION;
	image.width = width;
	image.height = height;
	image.format = PNG_FORMAT_RGB;
	ok = png_image_write_to_file(&image, file, 0, rgb, 0, NULL);
	free(rgb);
	if (!ok)
		cli_error("%s: %s", file, image.message);
	return ok ? 0 : -1;
}

int image_read_png(const char *file, uint32_t *width, uint32_t *height, uint8_t **rgbx)
{
	png_image image;
	uint8_t *pixels = NULL;

	memset(&image, 0, sizeof(image));
	image.version = PNG_IMAGE_VERSION;
	if (!png_image_begin_read_from_file(&image, file)) {
		cli_error("%s: %s", file, image.message);
		return -1;
	}
	if (image.width > CLI_MAX_SIZE || image.height > CLI_MAX_SIZE) {
		cli_error("%s: %ux%u is too large", file, image.width, image.height);
		png_image_free(&image);
		return -1;
	}
	image.format = PNG_FORMAT_RGBA;
	pixels = malloc(PNG_IMAGE_SIZE(image));
	if (!pixels || !png_image_finish_read(&image, NULL, pixels, 0, NULL)) {
		cli_error("%s: %s", file, pixels ? image.message : "no memory");
		png_image_free(&image);
		free(pixels);
		return -1;
	}
	*width = image.width;
	*height = image.height;
	*rgbx = pixels;
	return 0;
}
