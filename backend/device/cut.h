/* SPDX-License-Identifier: MIT */
/*
 * Cuts a guest's command stream into slices, so that the configuration, and not the application,
 * bounds how long the guest's jobs occupy the GPU. Every slice consists of whole commands, and the
 * slices in order are exactly the stream. Pure.
 */
#ifndef BACKEND_DEVICE_CUT_H
#define BACKEND_DEVICE_CUT_H

#include "backend/gpu/gpu.h"

/*
 * Returns the bytes of the first slice of a stream of `bytes` bytes.
 *
 * The slice has at most `max_draws` draws, or a single command that counts as more. It ends
 * directly after a draw or at the end of the stream. With max_draws 0 the stream is not cut, only
 * parsed to its end.
 *
 * Returns 0 if `parse` refuses one of the commands up to the first draw that no longer fits; later
 * commands are not looked at. So validate the whole stream with max_draws 0 before running its
 * first slice: it is valid if all `bytes` are returned.
 */
uint32_t cut_slice(stream_parser *parse, const void *stream, uint32_t bytes, uint32_t max_draws);

#endif
