/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/base/timer.h"

#include "mediator/daemon/base/clock.h"

void timer_arm(struct ev_loop *loop, struct ev_timer *timer, double seconds)
{
	ev_timer_stop(loop, timer);
	ev_timer_set(timer, seconds, 0.0);
	ev_timer_start(loop, timer);
}

void timer_arm_at(struct ev_loop *loop, struct ev_timer *timer, uint64_t due_ns, uint64_t now_ns)
{
	if (due_ns == CLOCK_NEVER)
		ev_timer_stop(loop, timer);
	else
		timer_arm(loop, timer, due_ns > now_ns ? clock_seconds(due_ns - now_ns) : 0.0);
}
