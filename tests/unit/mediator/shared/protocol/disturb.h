/* SPDX-License-Identifier: MIT */
/* A thread that interrupts its caller's blocking system calls with signals for a while. */
#ifndef TESTS_UNIT_MEDIATOR_SHARED_PROTOCOL_DISTURB_H
#define TESTS_UNIT_MEDIATOR_SHARED_PROTOCOL_DISTURB_H

/*
 * Send 20 signals to the calling thread, so that blocking calls return with EINTR; then call
 * then(data) in the other thread. disturb_end() waits for that.
 */
void disturb_start(void (*then)(void *data), void *data);
void disturb_end(void);

#endif
