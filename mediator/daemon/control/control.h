/* SPDX-License-Identifier: MIT */
/*
 * The socket that gpumctl talks to. One JSON object per line and one line in reply:
 *
 *   {"command": "status"}                        all of status_describe()
 *   {"command": "reset-stats"}                   {"ok": true}
 *   {"command": "screenshot", "display": NAME}   {"ok": true, "buffer": {...}, "region": {...}},
 *                                                with the dma-buf as SCM_RIGHTS; NAME may also be
 *                                                a panel's connector. The picture stays on the
 *                                                screen for at most half a second.
 *   {"command": "release"}                       {"ok": true, "held": BOOL}: the picture may go;
 *                                                whether it was there until now
 *
 * or {"ok": false, "error": TEXT}. Only the owner of the socket (root) may connect. Sizes, clients
 * and queues are bounded; the connection of a client that does not read its replies is closed.
 */
#ifndef MEDIATOR_DAEMON_CONTROL_CONTROL_H
#define MEDIATOR_DAEMON_CONTROL_CONTROL_H

struct control;
struct mediator;

/* NULL, with the reason logged, on failure. */
struct control *control_start(struct mediator *mediator, const char *path);
void control_stop(struct control *control);

#endif
