/* SPDX-License-Identifier: MIT */
#include "mediator/sim/engine/timers.h"

void timers_init(struct timers *t, uint32_t count)
{
	t->leaves = 2;
	while (t->leaves < count)
		t->leaves *= 2;
	for (uint32_t i = 0; i < t->leaves; i++)
		t->at[i] = UINT64_MAX;
	for (uint32_t node = t->leaves - 1; node >= 1; node--)
		t->winner[node] = node >= t->leaves / 2 ? (uint16_t)(2 * node - t->leaves)
							: t->winner[2 * node];
}
