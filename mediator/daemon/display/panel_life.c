/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/display/panel_life.h"

static unsigned int finish(struct panel_life *l, unsigned int actions)
{
	l->stage = PANEL_IDLE;
	l->due_ns = PANEL_NO_TIMEOUT;
	return actions;
}

static unsigned int begin(struct panel_life *l, enum panel_stage stage, uint64_t due_ns)
{
	l->stage = stage;
	l->due_ns = due_ns;
	return 0;
}

static int output_has_safe(const struct panel_life *l)
{
	return l->safe == SAFE_FLIPPING || l->safe == SAFE_AGAIN;
}

static unsigned int show(struct panel_life *l)
{
	l->stage = PANEL_FLIPPING;
	return PANEL_SHOW;
}

static unsigned int drawn(struct panel_life *l, enum panel_screen screen)
{
	if (l->stage == PANEL_STALE)
		return finish(l, PANEL_FAIL);
	if (l->stage != PANEL_DRAWING)
		return 0;
	l->next = screen;
	if (!output_has_safe(l))
		return show(l);
	l->stage = PANEL_READY;
	return 0;
}

/* A picture that was begun before a display went safe must not reach the screen. */
static unsigned int outdate(struct panel_life *l)
{
	if (l->stage == PANEL_READY)
		return finish(l, PANEL_FAIL);
	if (l->stage == PANEL_DRAWING)
		l->stage = PANEL_STALE;
	return 0;
}

/* Give the safe picture to the output if that is free. */
static unsigned int show_safe(struct panel_life *l)
{
	if (l->safe != SAFE_DUE || l->stage == PANEL_FLIPPING)
		return 0;
	l->safe = SAFE_FLIPPING;
	l->held_until_ns = 0;
	return PANEL_SHOW_SAFE;
}

static unsigned int want_safe(struct panel_life *l)
{
	l->safe = output_has_safe(l) ? SAFE_AGAIN : SAFE_DUE;
	return show_safe(l);
}

static unsigned int leave_safe(struct panel_life *l)
{
	if (l->safe == SAFE_DUE)
		l->safe = SAFE_NOT_WANTED;
	else if (l->safe == SAFE_AGAIN)
		l->safe = SAFE_FLIPPING;
	return 0;
}

static unsigned int safe_refused(struct panel_life *l)
{
	if (output_has_safe(l))
		l->safe = SAFE_DUE;
	return 0;
}

static unsigned int safe_flipped(struct panel_life *l)
{
	l->safe = l->safe == SAFE_AGAIN ? SAFE_DUE : SAFE_NOT_WANTED;
	l->screen = PANEL_SHOWS_SAFE;
	return PANEL_SAFE_IS_ON | (l->stage == PANEL_READY ? show(l) : 0);
}

static unsigned int flipped(struct panel_life *l)
{
	if (output_has_safe(l))
		return safe_flipped(l);
	if (l->stage != PANEL_FLIPPING)
		return 0;
	l->screen = l->next;
	return finish(l, PANEL_IS_ON);
}

static int is_being_drawn(const struct panel_life *l)
{
	return l->stage == PANEL_DRAWING || l->stage == PANEL_STALE;
}

static unsigned int timeout(struct panel_life *l, uint64_t now)
{
	if (l->stage == PANEL_IDLE || now < l->due_ns)
		return 0;
	return finish(l, PANEL_DROP);
}

unsigned int panel_life_step(struct panel_life *l, enum panel_event event, uint64_t now)
{
	switch (event) {
	case PANEL_OUTPUT_FREE:
		return show_safe(l);
	case PANEL_BEGIN:
		return begin(l, PANEL_DRAWING, now + PANEL_PATIENCE_NS);
	case PANEL_BEGIN_UNDRAWN:
		return begin(l, PANEL_WAITING, now + PANEL_UNDRAWN_NS);
	case PANEL_DRAWN:
		return drawn(l, PANEL_SHOWS_FRAMES);
	case PANEL_DRAWN_SAFE:
		return drawn(l, PANEL_SHOWS_SAFE);
	case PANEL_KEPT:
		return l->stage == PANEL_DRAWING ? finish(l, PANEL_IS_ON) : 0;
	case PANEL_DRAW_FAILED:
		return is_being_drawn(l) ? finish(l, PANEL_DROP) : 0;
	case PANEL_SHOW_FAILED:
		return l->stage == PANEL_FLIPPING ? finish(l, PANEL_DROP) : 0;
	case PANEL_SAFE_FAILED:
		return safe_refused(l);
	case PANEL_FLIPPED:
		return flipped(l);
	case PANEL_TIMEOUT:
		return timeout(l, now);
	case PANEL_WENT_SAFE:
		return outdate(l);
	case PANEL_SAFE_WANTED:
		return want_safe(l);
	case PANEL_SAFE_LEFT:
		return leave_safe(l);
	case PANEL_REFRESH:
		return l->screen == PANEL_SHOWS_SAFE && l->stage == PANEL_IDLE ? want_safe(l) : 0;
	case PANEL_COMPOSITOR_GONE:
		return is_being_drawn(l) ? finish(l, PANEL_FAIL) : 0;
	}
	return 0;
}

const char *panel_life_timeout_reason(const struct panel_life *l)
{
	switch (l->stage) {
	case PANEL_DRAWING:
	case PANEL_STALE:
		return "the compositor is late";
	case PANEL_READY:
	case PANEL_FLIPPING:
		return "the display does not answer";
	case PANEL_IDLE:
	case PANEL_WAITING:
		break;
	}
	return "the compositor does not run yet";
}

void panel_life_hold(struct panel_life *l, uint64_t now)
{
	l->held_until_ns = now + PANEL_HOLD_NS;
}

int panel_life_is_held(const struct panel_life *l, uint64_t now)
{
	return now < l->held_until_ns;
}

int panel_life_release(struct panel_life *l, uint64_t now)
{
	int held = panel_life_is_held(l, now);

	l->held_until_ns = 0;
	return held;
}
