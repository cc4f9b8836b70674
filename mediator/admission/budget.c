/* SPDX-License-Identifier: MIT */
/*
 * Does a guest's budget ever delay its own frames? A job may start while any budget is left. So in
 * each window that ends with the start of a job, the guest's other jobs must have used less than
 * the budget gave: at least Q, and Q more at the start of each period. A window just shorter than j
 * periods contains at least j - 1 starts of periods.
 */
#include "mediator/admission/internal.h"

#define MAX_PERIODS 4096u
#define NS_PER_US   UINT64_C(1000)

struct use {
	uint64_t frame_us, last_us; /* GPU time of a frame, and of all but its last job */
	uint64_t period_us;
	uint64_t shift_us; /* longest time from a frame's nominal release to one of its jobs */
};

static uint64_t response_us(const struct admission *a, uint32_t display)
{
	for (uint32_t i = 0; i < a->num_rows; i++) {
		const struct admission_row *row = &a->row[i];

		if (!row->composition && row->index == display &&
		    row->response_ns <= row->deadline_ns)
			return (row->response_ns + NS_PER_US - 1) / NS_PER_US;
	}
	return 0; /* late: the tree is refused for that already */
}

static uint32_t list_uses(const struct config *c, const struct admission *a, uint32_t guest,
			  struct use *uses)
{
	const struct config_guest *g = &c->guest[guest];
	uint64_t job = g->max_job_us + c->costs.switch_ns / NS_PER_US;

	for (uint32_t i = 0; i < g->num_displays; i++) {
		const struct config_display *d = &c->display[g->display[i]];

		uses[i].frame_us = job * d->segments;
		uses[i].last_us = job * (d->segments - 1);
		uses[i].period_us = d->frame_period_us;
		uses[i].shift_us = response_us(a, g->display[i]);
	}
	return g->num_displays;
}

/* Returns whether the budget's share of the GPU is at least the sum of the frames' shares. */
static int share_suffices(const struct config_guest *g, const struct use *uses, uint32_t count)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum += (uses[i].frame_us * g->budget_period_us * 1024 + uses[i].period_us - 1) /
		       uses[i].period_us;
	return sum <= g->budget_us * UINT64_C(1024);
}

/*
 * Returns the most that the guest uses, in us, in a window of `length` us that ends with the start
 * of the last job of a frame of display `own`.
 */
static uint64_t used_before(const struct use *uses, uint32_t count, uint32_t own, uint64_t length)
{
	uint64_t used = uses[own].last_us;

	for (uint32_t i = 0; i < count; i++)
		used += ((length + uses[i].shift_us) / uses[i].period_us + (i != own)) *
			uses[i].frame_us;
	return used;
}

static int window_suffices(const struct config_guest *g, const struct use *uses, uint32_t count,
			   uint64_t j)
{
	for (uint32_t own = 0; own < count; own++)
		if (used_before(uses, count, own, j * g->budget_period_us - 1) >= j * g->budget_us)
			return 0;
	return 1;
}

/*
 * Returns whether the budget covers a linear upper bound of the use in j periods. As the share
 * suffices, it then does in more periods, too.
 */
static int rest_suffices(const struct config_guest *g, const struct use *uses, uint32_t count,
			 uint64_t j)
{
	for (uint32_t own = 0; own < count; own++) {
		uint64_t used = uses[own].last_us;

		for (uint32_t i = 0; i < count; i++)
			used += (j * g->budget_period_us + uses[i].shift_us) * uses[i].frame_us /
					uses[i].period_us +
				1 + (i != own ? uses[i].frame_us : 0);
		if (used > (j - 1) * g->budget_us)
			return 0;
	}
	return 1;
}

int admission_budget_suffices(const struct config *c, const struct admission *a, uint32_t guest)
{
	const struct config_guest *g = &c->guest[guest];
	struct use uses[GPUM_MAX_SCANOUTS];
	uint32_t count = list_uses(c, a, guest, uses);

	if (!g->budget_us)
		return 1;
	if (!share_suffices(g, uses, count))
		return 0;
	for (uint64_t j = 1; j <= MAX_PERIODS; j++) {
		int repeats = 1;

		if (!window_suffices(g, uses, count, j))
			return 0;
		/* From here on, use and budget repeat the pattern so far. */
		for (uint32_t i = 0; i < count; i++)
			repeats &= j * g->budget_period_us % uses[i].period_us == 0;
		if (repeats || rest_suffices(g, uses, count, j))
			return 1;
	}
	return 0;
}
