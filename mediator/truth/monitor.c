/* SPDX-License-Identifier: MIT */
#include "mediator/truth/monitor.h"

#include <string.h>

static uint64_t elapsed(uint64_t since, uint64_t now)
{
	return now > since ? now - since : 0;
}

static void enter(struct truth_monitor *m, enum truth_state state, enum truth_reason reason,
		  uint64_t now)
{
	m->reason = reason;
	if (m->state == state)
		return;
	m->stats.warnings += state == TRUTH_WARNED;
	m->stats.freezes += state == TRUTH_SAFE && reason != TRUTH_WRONG_REGION;
	m->stats.returns += m->state == TRUTH_SAFE;
	m->state = state;
	m->since_ns = now;
	m->in_a_row = 0;
}

static void progress(struct truth_monitor *m, uint64_t now)
{
	uint64_t gap = elapsed(m->progress_ns, now);

	m->stats.progress++;
	m->progress_ns = now;
	if (m->state != TRUTH_SAFE) {
		enter(m, TRUTH_GOOD, TRUTH_NO_REASON, now);
		return;
	}
	m->in_a_row = gap < m->timeout_ns / 2 ? m->in_a_row + 1 : 1;
	if (m->in_a_row < TRUTH_RETURN)
		return;
	m->wrong = 0;
	enter(m, TRUTH_GOOD, TRUTH_NO_REASON, now);
}

void truth_init(struct truth_monitor *m, uint64_t timeout_ns)
{
	memset(m, 0, sizeof(*m));
	m->timeout_ns = timeout_ns;
}

void truth_frame(struct truth_monitor *m, uint64_t now)
{
	m->frame_ns = now;
	if (!m->announced)
		progress(m, now);
}

static void no_progress(struct truth_monitor *m, enum truth_reason reason, uint64_t now)
{
	m->finding = reason;
	m->finding_ns = now;
	m->in_a_row = 0;
}

void truth_found(struct truth_monitor *m, const struct truth_finding *f, uint64_t now)
{
	m->stats.verifications++;
	if (f->verdict == TRUTH_NO_STRIP) {
		if (m->announced)
			no_progress(m, TRUTH_NO_ANNOUNCEMENT, now);
		return;
	}
	m->announced = 1;
	if (f->verdict == TRUTH_WRONG) {
		m->stats.mismatches++;
		m->wrong = f->wrong;
		no_progress(m, TRUTH_WRONG_REGION, now);
		if (m->timeout_ns)
			enter(m, TRUTH_SAFE, TRUTH_WRONG_REGION, now);
	} else if (m->has_alive && m->alive == f->alive) {
		no_progress(m, TRUTH_SAME_CONTENT, now);
	} else {
		progress(m, now);
	}
	m->alive = f->alive;
	m->has_alive = 1;
}

/* Not every frame is verified: the last one before the guest fell silent may not have been. */
static enum truth_reason why(const struct truth_monitor *m, uint64_t now)
{
	if (elapsed(m->frame_ns, now) >= m->timeout_ns / 4)
		return TRUTH_NO_FRAME;
	return m->finding_ns > m->progress_ns ? m->finding : TRUTH_UNVERIFIED;
}

uint64_t truth_tick(struct truth_monitor *m, uint64_t now)
{
	uint64_t half = m->timeout_ns / 2;
	uint64_t age = elapsed(m->progress_ns, now);

	if (!m->timeout_ns || m->state == TRUTH_OFF || m->state == TRUTH_SAFE)
		return TRUTH_NEVER;
	if (age >= m->timeout_ns) {
		enter(m, TRUTH_SAFE, why(m, now), now);
		return TRUTH_NEVER;
	}
	if (age < half)
		return m->progress_ns + half;
	enter(m, TRUTH_WARNED, why(m, now), now);
	return m->progress_ns + m->timeout_ns;
}

const char *truth_state_name(enum truth_state state)
{
	static const char *const names[] = {"off", "good", "warned", "safe"};

	return names[state];
}

const char *truth_reason_text(enum truth_reason reason)
{
	static const char *const texts[] = {
		[TRUTH_NO_REASON] = "",
		[TRUTH_NO_FRAME] = "no frame from its guest",
		[TRUTH_SAME_CONTENT] = "frames whose alive counter stands still",
		[TRUTH_NO_ANNOUNCEMENT] = "frames that announce nothing",
		[TRUTH_WRONG_REGION] = "a telltale that is not as announced",
		[TRUTH_UNVERIFIED] = "frames that nobody has verified",
	};

	return texts[reason];
}
