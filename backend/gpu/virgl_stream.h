/* SPDX-License-Identifier: MIT */
/*
 * Parser for virgl's command streams, as far as cutting them into slices requires: where a command
 * ends, and how much GPU work it is. Pure.
 *
 * A command is a header dword (bits 0-7 command, 8-15 object type, 16-31 number of payload dwords)
 * followed by its payload. Command numbers are those of `enum virgl_context_cmd` in virglrenderer's
 * src/virgl_protocol.h, the public protocol of Mesa's virgl driver. They are stable; new commands
 * are added at the end.
 */
#ifndef BACKEND_GPU_VIRGL_STREAM_H
#define BACKEND_GPU_VIRGL_STREAM_H

#include "backend/gpu/gpu.h"

/*
 * A stream_parser (gpu.h). Refuses commands that are newer than its table or not offered (video
 * codecs, blobs).
 */
bool virgl_stream_parse(const void *stream, uint32_t bytes, struct stream_command *command);

#endif
