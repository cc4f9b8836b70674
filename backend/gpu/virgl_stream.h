/* SPDX-License-Identifier: MIT */
/*
 * virgl's command streams, as far as they have to be understood to be cut: where a command ends,
 * and whether it makes the GPU work. Pure.
 *
 * A command is a header dword (bits 0-7 command, 8-15 type of object, 16-31 dwords that follow) and
 * its payload. The numbers are those of `enum virgl_context_cmd` in virglrenderer's
 * src/virgl_protocol.h, which is the public protocol that Mesa's virgl driver speaks; they are
 * stable, new ones are added at the end.
 */
#ifndef BACKEND_GPU_VIRGL_STREAM_H
#define BACKEND_GPU_VIRGL_STREAM_H

#include "backend/gpu/gpu.h"

/* A stream_parser. Refuses what is newer than this table, what is not offered, and blobs. */
bool virgl_stream_parse(const void *stream, uint32_t bytes, struct stream_command *command);

#endif
