/* SPDX-License-Identifier: MIT */
/*
 * Cuts a command stream: every slice is a valid stream, the slices add up to the stream, and the
 * slices of a refused stream do not reach its end. Input: the first byte selects the GPU whose
 * stream it is, the second is the maximum of draws per slice, the rest is the stream.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/device/cut.h"
#include "backend/gpu/virgl_stream.h"

#define LAST_KNOWN 63u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static uint64_t no_clock(void *opaque)
{
	(void)opaque;
	return 0;
}

static stream_parser *simulated(void)
{
	static struct gpu *gpu;

	if (!gpu)
		gpu = gpu_sim_create(no_clock, NULL);
	return gpu->ops->parse;
}

/* Asserts, without the parser, that an accepted virgl stream has no command that must not run. */
static void require_harmless(const uint8_t *stream, uint32_t bytes)
{
	uint32_t header;

	require(bytes % 4 == 0);
	for (uint64_t at = 0; at < bytes; at += 4ull * (1 + (header >> 16))) {
		memcpy(&header, stream + at, sizeof(header));
		require(at + 4ull * (1 + (header >> 16)) <= bytes);
		require((header & 0xff) <= LAST_KNOWN);
		require((header & 0xff) != 48 && (header & 0xff) != 49);
	}
}

static uint64_t count_draws(stream_parser *parse, const uint8_t *stream, uint32_t bytes,
			    uint32_t *heaviest)
{
	struct stream_command command;
	uint64_t draws = 0;

	*heaviest = 0;
	for (uint32_t at = 0; at < bytes; at += command.bytes) {
		require(parse(stream + at, bytes - at, &command) && command.bytes > 0);
		draws += command.draws;
		if (command.draws > *heaviest)
			*heaviest = command.draws;
	}
	return draws;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t bytes, slice, whole, heaviest, at = 0;
	stream_parser *parse;

	if (size < 3 || size > 65536)
		return 0;
	parse = data[0] & 1 ? simulated() : virgl_stream_parse;
	bytes = (uint32_t)size - 2;
	uint8_t *stream = malloc(bytes);
	memcpy(stream, data + 2, bytes);
	whole = cut_slice(parse, stream, bytes, 0);
	require(whole == 0 || whole == bytes);
	if (whole && parse == virgl_stream_parse)
		require_harmless(stream, bytes);
	while (at < bytes && (slice = cut_slice(parse, stream + at, bytes - at, data[1])) > 0) {
		require(slice <= bytes - at);
		require(cut_slice(parse, stream + at, slice, 0) == slice);
		uint64_t draws = count_draws(parse, stream + at, slice, &heaviest);
		require(data[1] == 0 || draws <= data[1] || draws == heaviest);
		at += slice;
	}
	require((at == bytes) == (whole == bytes));
	free(stream);
	return 0;
}
