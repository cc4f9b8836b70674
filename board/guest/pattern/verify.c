/* SPDX-License-Identifier: MIT */
#include "board/guest/pattern/verify.h"

#include "board/guest/common/cli.h"
#include "board/guest/common/image.h"
#include "board/guest/pattern/pattern.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t compare(const uint8_t *rgbx, uint32_t width, const uint32_t at[2],
			const uint32_t size[2], uint32_t seed)
{
	uint64_t differ = 0;

	for (uint32_t y = 0; y < size[1]; y++) {
		const uint8_t *row = rgbx + ((size_t)(at[1] + y) * width + at[0]) * 4;

		for (uint32_t x = 0; x < size[0]; x++, row += 4) {
			const struct pattern_rgb want = pattern_pixel(x, y, seed);

			if (row[0] == want.r && row[1] == want.g && row[2] == want.b)
				continue;
			if (!differ++)
				printf("differs at %u,%u: is #%02x%02x%02x, should be "
				       "#%02x%02x%02x\n",
				       x, y, row[0], row[1], row[2], want.r, want.g, want.b);
		}
	}
	return differ;
}

int verify_png(const char *file, const uint32_t at[2], const uint32_t size[2], uint32_t seed)
{
	uint32_t width, height;
	uint64_t differ;
	uint8_t *rgbx;

	if (image_read_png(file, &width, &height, &rgbx))
		return CLI_USAGE;
	if (size[0] > width || at[0] > width - size[0] || size[1] > height ||
	    at[1] > height - size[1]) {
		printf("too small: the picture has %ux%u pixels, but --size and --at want %ux%u at "
		       "%u,%u\n",
		       width, height, size[0], size[1], at[0], at[1]);
		free(rgbx);
		return CLI_FAILED;
	}
	differ = compare(rgbx, width, at, size, seed);
	free(rgbx);
	if (differ)
		printf("%llu of %llu pixels differ\n", (unsigned long long)differ,
		       (unsigned long long)size[0] * size[1]);
	else
		printf("match\n");
	return differ ? CLI_FAILED : CLI_OK;
}
