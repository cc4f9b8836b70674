/* SPDX-License-Identifier: MIT */
/*
 * How much memory a resource takes. Formats are numbered as in virglrenderer's enum virgl_formats,
 * which froze Gallium's numbers.
 */
#include "backend/commands/command.h"

#include <stddef.h>

/*
 * Ranges of formats with the same number of bytes per pixel. Numbers that are missing are unused.
 */
static const struct {
	uint16_t first, last;
	uint8_t bytes;
} formats[] = {
	{1, 4, 4},
	{5, 7, 2},
	{8, 8, 4},
	{9, 11, 1},
	{12, 13, 2},
	{14, 15, 2},
	{16, 16, 2},
	{17, 22, 4},
	{23, 23, 1},
	{24, 24, 8},
	{25, 25, 16},
	{26, 26, 24},
	{27, 27, 32},
	{28, 28, 4},
	{29, 29, 8},
	{30, 30, 12},
	{31, 31, 16},
	{32, 32, 4},
	{33, 33, 8},
	{34, 34, 12},
	{35, 35, 16},
	{36, 36, 4},
	{37, 37, 8},
	{38, 38, 12},
	{39, 39, 16},
	{40, 40, 4},
	{41, 41, 8},
	{42, 42, 12},
	{43, 43, 16},
	{44, 44, 4},
	{45, 45, 8},
	{46, 46, 12},
	{47, 47, 16},
	{48, 48, 2},
	{49, 49, 4},
	{50, 50, 6},
	{51, 51, 8},
	{52, 52, 2},
	{53, 53, 4},
	{54, 54, 6},
	{55, 55, 8},
	{56, 56, 2},
	{57, 57, 4},
	{58, 58, 6},
	{59, 59, 8},
	{60, 60, 2},
	{61, 61, 4},
	{62, 62, 6},
	{63, 63, 8},
	{64, 64, 1},
	{65, 65, 2},
	{66, 66, 3},
	{67, 68, 4},
	{69, 69, 1},
	{70, 70, 2},
	{71, 71, 3},
	{72, 72, 4},
	{74, 74, 1},
	{75, 75, 2},
	{76, 76, 3},
	{77, 77, 4},
	{82, 82, 1},
	{83, 83, 2},
	{84, 84, 3},
	{85, 85, 4},
	{87, 87, 4},
	{88, 88, 8},
	{89, 89, 12},
	{90, 90, 16},
	{91, 91, 2},
	{92, 92, 4},
	{93, 93, 6},
	{94, 94, 8},
	{95, 95, 1},
	{96, 96, 2},
	{97, 97, 3},
	{98, 104, 4},
	/* block-compressed: DXT, RGTC; rounded up to one byte per pixel */
	{105, 116, 1},
	{117, 118, 2},
	{119, 119, 4},
	{120, 120, 2},
	{121, 121, 4},
	{122, 122, 2},
	{123, 125, 4},
	{126, 126, 8},
	{127, 127, 1},
	{128, 129, 4},
	{130, 130, 1},
	{131, 134, 4},
	{135, 135, 2},
	{136, 137, 4},
	{138, 138, 8},
	{139, 139, 1},
	{140, 140, 4},
	{141, 142, 2},
	/* block-compressed: LATC */
	{143, 146, 1},
	{147, 148, 1},
	{149, 149, 2},
	{150, 150, 1},
	{151, 152, 2},
	{153, 153, 4},
	{154, 154, 2},
	{155, 155, 2},
	{156, 156, 2},
	{157, 157, 4},
	{158, 158, 2},
	{159, 160, 4},
	{161, 161, 8},
	{162, 162, 4},
	{163, 167, 2},
	{168, 169, 1},
	{170, 171, 2},
	{172, 176, 4},
	{177, 177, 1},
	{178, 178, 2},
	{179, 179, 3},
	{180, 180, 4},
	{181, 181, 1},
	{182, 182, 2},
	{183, 183, 3},
	{184, 184, 4},
	{185, 185, 2},
	{186, 186, 4},
	{187, 187, 6},
	{188, 188, 8},
	{189, 189, 2},
	{190, 190, 4},
	{191, 191, 6},
	{192, 192, 8},
	{193, 193, 4},
	{194, 194, 8},
	{195, 195, 12},
	{196, 196, 16},
	{197, 197, 4},
	{198, 198, 8},
	{199, 199, 12},
	{200, 200, 16},
	{201, 203, 1},
	{204, 204, 2},
	{205, 207, 1},
	{208, 208, 2},
	{209, 211, 2},
	{212, 212, 4},
	{213, 215, 2},
	{216, 216, 4},
	{217, 219, 4},
	{220, 220, 8},
	{221, 223, 4},
	{224, 224, 8},
	{225, 225, 4},
	{226, 226, 1},
	{227, 228, 2},
	{229, 233, 4},
	{234, 238, 8},
	{239, 241, 16},
	{242, 242, 2},
	{243, 245, 4},
	{246, 246, 8},
	{247, 248, 2},
	{249, 250, 4},
	{251, 252, 8},
	{253, 253, 4},
	{254, 254, 2},
	/* block-compressed: BPTC */
	{255, 258, 1},
	{259, 261, 2},
	{262, 262, 4},
	{263, 264, 2},
	{265, 268, 4},
	/* block-compressed: ETC2, ASTC */
	{269, 306, 1},
	{308, 308, 4},
	{309, 310, 4},
	{311, 311, 2},
	{312, 312, 1},
};

uint32_t format_bytes(uint32_t format)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (format >= formats[i].first && format <= formats[i].last)
			return formats[i].bytes;
	}
	return 0;
}

uint64_t geometry_bytes(const struct command_geometry *g)
{
	uint64_t bpp = format_bytes(g->format);
	uint64_t samples = g->samples > 1 ? g->samples : 1;

	if (bpp == 0 || g->width == 0 || g->height == 0 || g->depth == 0 || g->array_size == 0)
		return 0;
	if (g->target == 0) /* PIPE_BUFFER: `width` counts units of the format */
		return g->height == 1 && g->depth == 1 ? g->width * bpp : 0;
	if (g->width > COMMAND_MAX_SIDE || g->height > COMMAND_MAX_SIDE ||
	    g->depth > COMMAND_MAX_LAYERS || g->array_size > COMMAND_MAX_LAYERS ||
	    samples > COMMAND_MAX_SAMPLES || g->last_level > COMMAND_MAX_LEVELS)
		return 0;
	/* Cannot overflow: at most 2^14 * 2^14 * 2^11 * 2^11 * 2^5 * 2^5 = 2^60. */
	uint64_t bytes = (uint64_t)g->width * g->height * g->depth * g->array_size * samples * bpp;
	/*
	 * All mipmap levels below the first add up to at most its size (1D textures; less for
	 * others).
	 */
	return g->last_level > 0 ? 2 * bytes : bytes;
}
