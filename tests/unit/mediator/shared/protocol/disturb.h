/* SPDX-License-Identifier: MIT */
/* A thread that interrupts its caller's system calls for a while, and then lets them go on. */
#ifndef TESTS_UNIT_MEDIATOR_SHARED_PROTOCOL_DISTURB_H
#define TESTS_UNIT_MEDIATOR_SHARED_PROTOCOL_DISTURB_H

/* Signals come to this thread; calls that block return with EINTR. After 20 of them: then(data). */
void disturb_start(void (*then)(void *data), void *data);
void disturb_end(void);

#endif
