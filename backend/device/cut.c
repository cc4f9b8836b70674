/* SPDX-License-Identifier: MIT */
#include "backend/device/cut.h"

/*
 * A slice ends after a draw, not before the next one: the state commands that prepare the next draw
 * belong to its slice, and state commands after the last draw do not become a slice without work.
 */
uint32_t cut_slice(stream_parser *parse, const void *stream, uint32_t bytes, uint32_t max_draws)
{
	struct stream_command command;
	uint32_t at = 0, end = 0;
	uint64_t draws = 0;

	while (at < bytes) {
		if (!parse((const uint8_t *)stream + at, bytes - at, &command))
			return 0;
		at += command.bytes;
		if (command.draws == 0)
			continue;
		draws += command.draws;
		if (max_draws > 0 && draws > max_draws && end > 0)
			return end;
		end = at;
	}
	return at;
}
