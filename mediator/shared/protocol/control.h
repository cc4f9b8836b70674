/* SPDX-License-Identifier: MIT */
/*
 * The tools' end of the mediator's control socket. What is said there: mediator/daemon/control.h.
 */
#ifndef MEDIATOR_SHARED_PROTOCOL_CONTROL_H
#define MEDIATOR_SHARED_PROTOCOL_CONTROL_H

#include <stddef.h>

#define CONTROL_SOCKET	  "/run/gpu-mediator.sock"
#define CONTROL_MAX_REPLY (256u * 1024u)

/* Returns a descriptor or -errno. Both directions time out after some seconds. */
int control_connect(const char *path);

/*
 * Send one line (without the newline) and receive the reply's line, zero-terminated and without
 * its newline, into `reply`. *fd: a descriptor that came along and is the caller's now, or -1.
 * Returns 0 or -errno; -EMSGSIZE when the reply does not fit, -EPIPE when the mediator hung up.
 */
int control_ask(int socket, const char *request, char *reply, size_t size, int *fd);

#endif
