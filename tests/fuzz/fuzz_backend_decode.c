/* SPDX-License-Identifier: MIT */
/*
 * Decodes one command: pointers in the result must lie within the input, and values within their
 * bounds.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/commands/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool is_inside(const void *start, size_t bytes, const uint8_t *buffer, size_t size)
{
	const uint8_t *p = start;

	return p >= buffer && bytes <= size && (size_t)(p - buffer) <= size - bytes;
}

static void check_attach(const struct command *cmd, const uint8_t *buffer, size_t size)
{
	uint64_t pages = 0, bytes = 0;

	require(cmd->attach.num_runs > 0);
	require(is_inside(cmd->attach.runs, cmd->attach.num_runs * sizeof(struct command_run),
			  buffer, size));
	for (uint32_t i = 0; i < cmd->attach.num_runs; i++) {
		const struct command_run *r = &cmd->attach.runs[i];
		require(r->length > 0 && r->pages > 0 && r->offset < 4096);
		require((uint64_t)r->offset + r->length <= (uint64_t)r->pages * 4096);
		require((uint64_t)r->ref + r->pages <= 1ull << 32);
		pages += r->pages;
		bytes += r->length;
	}
	require(pages == cmd->attach.pages && bytes == cmd->attach.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command cmd;

	if (size < 1 || size > 65536)
		return 0;
	enum command_queue queue = data[0] & 1 ? COMMAND_ON_CURSOR : COMMAND_ON_CONTROL;
	uint8_t *buffer = malloc(size);
	memcpy(buffer, data + 1, size - 1);
	if (command_decode(queue, buffer, (uint32_t)(size - 1), &cmd) == 0) {
		if (cmd.op == COMMAND_ATTACH_BACKING)
			check_attach(&cmd, buffer, size - 1);
		if (cmd.op == COMMAND_SUBMIT)
			require(is_inside(cmd.submit.stream, cmd.submit.bytes, buffer, size - 1) &&
				cmd.submit.bytes % 4 == 0);
		if (cmd.op == COMMAND_RESOURCE_CREATE)
			require(geometry_bytes(&cmd.create.geometry) > 0);
		if (command_is_job(&cmd))
			require(command_job(&cmd).kind != 0);
	}
	free(buffer);
	return 0;
}
