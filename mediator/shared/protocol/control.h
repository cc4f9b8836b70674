/* SPDX-License-Identifier: MIT */
/*
 * The tools' end of the mediator's control socket. Requests and replies:
 * mediator/daemon/control/control.h.
 */
#ifndef MEDIATOR_SHARED_PROTOCOL_CONTROL_H
#define MEDIATOR_SHARED_PROTOCOL_CONTROL_H

#include <stddef.h>

#define CONTROL_SOCKET	  "/run/gpu-mediator.sock"
#define CONTROL_MAX_REPLY (256u * 1024u) /* bytes */

/*
 * Connect to the socket at `path`. Returns a descriptor that the caller closes, or -errno. Sending
 * and receiving time out after 10 s each (-EAGAIN).
 */
int control_connect(const char *path);

/*
 * Send `request`, one line without its newline, and receive one line into `reply`, zero-terminated
 * and without its newline. `size` is that of `reply` in bytes. *fd is a descriptor that came along
 * and is now the caller's, or -1. Returns 0 or -errno: -EMSGSIZE if the reply does not fit, -EPIPE
 * if the mediator has closed the connection. On error *fd is -1.
 */
int control_ask(int socket, const char *request, char *reply, size_t size, int *fd);

#endif
