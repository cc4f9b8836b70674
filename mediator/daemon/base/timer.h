/* SPDX-License-Identifier: MIT */
/* One-shot timers of the event loop, armed by duration or by time. */
#ifndef MEDIATOR_DAEMON_BASE_TIMER_H
#define MEDIATOR_DAEMON_BASE_TIMER_H

#include <ev.h>
#include <stdint.h>

/* Arm an initialised timer, or arm it anew: its callback runs once, `seconds` from now. */
void timer_arm(struct ev_loop *loop, struct ev_timer *timer, double seconds);

/*
 * Arm it for the time `due_ns` of clock_ns(), of which `now_ns` is the current value. A time that
 * has passed fires in the next turn of the loop; CLOCK_NEVER disarms the timer.
 */
void timer_arm_at(struct ev_loop *loop, struct ev_timer *timer, uint64_t due_ns, uint64_t now_ns);

#endif
