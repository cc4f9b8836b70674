/* SPDX-License-Identifier: MIT */
#include "backend/gpu/expect.h"

/* Nudges before the pause: transfers and small draws are finished by then. */
#define EARLY_NUDGES 2u

static uint64_t since_begin(const struct expect *e, uint64_t now_us)
{
	return now_us > e->begin_us ? now_us - e->begin_us : 0;
}

/* 0 until EXPECT_RECENT durations are known. */
static uint32_t shortest_recent(const struct expect *e)
{
	uint32_t min = UINT32_MAX;

	for (uint32_t i = 0; i < EXPECT_RECENT; i++)
		min = e->recent[i] < min ? e->recent[i] : min;
	return min;
}

void expect_begin(struct expect *e, uint64_t now_us)
{
	e->begin_us = now_us;
}

void expect_end(struct expect *e, uint64_t now_us)
{
	uint64_t took = since_begin(e, now_us);

	if (took <= (uint64_t)e->period_us * (EARLY_NUDGES + 1))
		return;
	e->recent[e->next++ % EXPECT_RECENT] = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
}

uint32_t expect_ask_in(const struct expect *e, uint64_t now_us)
{
	uint64_t elapsed = since_begin(e, now_us);
	uint32_t pause_until = shortest_recent(e) / 8 * 7;

	if (elapsed < (uint64_t)e->period_us * EARLY_NUDGES ||
	    elapsed + e->period_us >= pause_until)
		return e->period_us;
	return (uint32_t)(pause_until - elapsed);
}
