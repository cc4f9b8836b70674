/* SPDX-License-Identifier: MIT */
#include "mediator/guard/restart.h"

uint64_t restart_pause(struct restart *r, uint64_t lived_ns)
{
	if (lived_ns >= RESTART_HEALTHY_NS)
		r->pause_ns = 0;
	else if (!r->pause_ns)
		r->pause_ns = RESTART_FIRST_NS;
	else if (r->pause_ns < RESTART_LONGEST_NS / 2)
		r->pause_ns *= 2;
	else
		r->pause_ns = RESTART_LONGEST_NS;
	return r->pause_ns;
}
