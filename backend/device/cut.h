/* SPDX-License-Identifier: MIT */
/*
 * Cuts a command stream into slices, so that what a guest has on the GPU at a time is bounded by
 * its configuration and not by its application. Every slice is a stream of whole commands, and
 * the slices one after the other are the stream. Pure.
 */
#ifndef BACKEND_DEVICE_CUT_H
#define BACKEND_DEVICE_CUT_H

#include "backend/gpu/gpu.h"

/*
 * Bytes of the stream's first slice. It has at most `max_draws` draws, or one command that counts
 * as more; it ends behind a draw, or where the stream does. max_draws 0: do not cut, only look.
 * 0 when a command that was looked at is refused, which no slice reaches beyond; so a stream can be
 * run as a whole only if cut_slice(..., 0) returns all its bytes.
 */
uint32_t cut_slice(stream_parser *parse, const void *stream, uint32_t bytes, uint32_t max_draws);

#endif
