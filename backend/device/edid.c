/* SPDX-License-Identifier: MIT */
#include "backend/device/edid.h"

#include <string.h>

#define SIDE_MAX	4095u
#define DOTS_PER_INCH	96u
#define HBLANK		160u /* from here: CVT reduced blanking */
#define HSYNC_OFFSET	48u
#define HSYNC_WIDTH	32u
#define VBLANK		30u
#define VSYNC_OFFSET	3u
#define VSYNC_WIDTH	6u
#define CLOCK_MAX_10KHZ 65535u
#define NAME_MAX_BYTES	13u

static uint32_t millimetres(uint32_t pixels)
{
	return pixels * 254 / (DOTS_PER_INCH * 10);
}

static uint8_t low8(uint32_t value)
{
	return (uint8_t)(value & 0xff);
}

static uint32_t pixel_clock_10khz(uint32_t width, uint32_t height, uint32_t period_us)
{
	uint64_t pixels = ((uint64_t)width + HBLANK) * ((uint64_t)height + VBLANK);
	/* pixels per us are MHz; times 100 gives units of 10 kHz */
	uint64_t clock = pixels * 100 / (period_us > 0 ? period_us : 16667);

	if (clock == 0)
		return 1;
	return clock > CLOCK_MAX_10KHZ ? CLOCK_MAX_10KHZ : (uint32_t)clock;
}

static void detailed_timing(uint8_t d[18], uint32_t width, uint32_t height, uint32_t period_us)
{
	uint32_t clock = pixel_clock_10khz(width, height, period_us);
	uint32_t mm_w = millimetres(width), mm_h = millimetres(height);

	d[0] = low8(clock);
	d[1] = low8(clock >> 8);
	d[2] = low8(width);
	d[3] = HBLANK;
	d[4] = low8(width >> 8 << 4);
	d[5] = low8(height);
	d[6] = VBLANK;
	d[7] = low8(height >> 8 << 4);
	d[8] = HSYNC_OFFSET;
	d[9] = HSYNC_WIDTH;
	d[10] = VSYNC_OFFSET << 4 | VSYNC_WIDTH;
	d[11] = 0;
	d[12] = low8(mm_w);
	d[13] = low8(mm_h);
	d[14] = low8(mm_w >> 8 << 4 | (mm_h >> 8 & 0xf));
	d[17] = 0x1a; /* digital separate sync, hsync positive (reduced blanking) */
}

static void text_descriptor(uint8_t d[18], uint8_t tag, const char *text)
{
	size_t length = strnlen(text, NAME_MAX_BYTES);

	d[3] = tag;
	memset(d + 5, ' ', NAME_MAX_BYTES);
	for (size_t i = 0; i < length; i++)
		d[5 + i] = text[i] >= ' ' && text[i] <= '~' ? (uint8_t)text[i] : '?';
	if (length < NAME_MAX_BYTES)
		d[5 + length] = '\n';
}

static void range_descriptor(uint8_t d[18], uint32_t width, uint32_t height, uint32_t period_us)
{
	uint32_t clock = pixel_clock_10khz(width, height, period_us);
	uint32_t hz = 1000000 / (period_us > 0 ? period_us : 16667);
	uint32_t khz = clock * 10 / (width + HBLANK);

	d[3] = 0xfd;
	d[5] = 1;
	d[6] = low8(hz < 254 ? hz + 1 : 255);
	d[7] = 1;
	d[8] = low8(khz < 254 ? khz + 1 : 255);
	d[9] = low8((clock + 999) / 1000); /* in 10 MHz, at most 66 */
	d[10] = 0x01;			   /* range limits only */
	d[11] = 0x0a;
	memset(d + 12, ' ', 6);
}

void edid_make(uint8_t edid[EDID_BYTES], uint32_t width, uint32_t height, uint32_t period_us,
	       const char *name)
{
	static const uint8_t header[] = {
		0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, /* fixed pattern */
		0x62, 0x8d,					/* manufacturer "XTM" */
		0x01, 0x00, 0x00, 0x00, 0x00, 0x00,		/* product, serial number */
		0x00, 34,					/* made in 2024 */
		0x01, 0x04,					/* EDID 1.4 */
		0xa5,						/* digital, 8 bits, DisplayPort */
	};
	/* sRGB primaries and white point, CIE 1931 */
	static const uint8_t srgb[] = {0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54};
	uint8_t sum = 0;

	width = width > SIDE_MAX ? SIDE_MAX : width;
	height = height > SIDE_MAX ? SIDE_MAX : height;
	memset(edid, 0, EDID_BYTES);
	memcpy(edid, header, sizeof(header));
	edid[21] = low8(millimetres(width) / 10); /* cm; SIDE_MAX is 108 cm */
	edid[22] = low8(millimetres(height) / 10);
	edid[23] = 120;	 /* gamma 2.2 */
	edid[24] = 0x06; /* sRGB; the preferred timing is the native one */
	memcpy(edid + 25, srgb, sizeof(srgb));
	memset(edid + 38, 0x01, 16); /* no standard timings */
	detailed_timing(edid + 54, width, height, period_us);
	text_descriptor(edid + 72, 0xfc, name);
	range_descriptor(edid + 90, width, height, period_us);
	edid[108 + 3] = 0x10; /* no further descriptor */
	for (uint32_t i = 0; i < EDID_BYTES - 1; i++)
		sum = (uint8_t)(sum + edid[i]);
	edid[EDID_BYTES - 1] = (uint8_t)(0x100 - sum);
}
