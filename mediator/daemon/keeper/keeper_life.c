/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/keeper/keeper_life.h"

static unsigned int enter(struct keeper_life *l, enum keeper_state state, uint64_t due_ns,
			  unsigned int actions)
{
	l->state = state;
	l->due_ns = due_ns;
	return actions;
}

void keeper_life_init(struct keeper_life *l, uint64_t now)
{
	l->started_ns = now;
	strikes_init(&l->strikes, STRIKES_WINDOW_NS);
	enter(l, KEEPER_PAUSING, now, 0);
}

/*
 * Clients that kill each mediator which takes them over must not be taken over again and again: the
 * third death within a minute ends them, too.
 */
static unsigned int judge_clients(struct keeper_life *l, uint64_t now)
{
	if (!strikes_add(&l->strikes, now))
		return KEEPER_DISCONNECT;
	strikes_forgive(&l->strikes);
	return KEEPER_DISCONNECT | KEEPER_END_CLIENTS;
}

static unsigned int died(struct keeper_life *l, uint64_t now)
{
	unsigned int actions;

	if (l->state == KEEPER_ENDING || l->state == KEEPER_KILLED)
		return enter(l, KEEPER_OVER, KEEPER_NO_TIMEOUT, KEEPER_END_CLIENTS);
	if (l->state == KEEPER_OVER)
		return 0;
	actions = judge_clients(l, now) | KEEPER_LOG_DEATH;
	return enter(l, KEEPER_PAUSING, now + restart_pause(&l->restart, now - l->started_ns),
		     actions);
}

static unsigned int refused(struct keeper_life *l, uint64_t now)
{
	if (l->state != KEEPER_RUNNING)
		return died(l, now);
	return enter(l, KEEPER_OVER, KEEPER_NO_TIMEOUT, KEEPER_DISCONNECT | KEEPER_END_CLIENTS);
}

static unsigned int stop(struct keeper_life *l, uint64_t now)
{
	if (l->state == KEEPER_PAUSING)
		return enter(l, KEEPER_OVER, KEEPER_NO_TIMEOUT, KEEPER_END_CLIENTS);
	if (l->state != KEEPER_RUNNING)
		return 0;
	return enter(l, KEEPER_ENDING, now + KEEPER_ENDING_NS, KEEPER_TELL);
}

static unsigned int timeout(struct keeper_life *l, uint64_t now)
{
	if (now < l->due_ns)
		return 0;
	if (l->state == KEEPER_ENDING)
		return enter(l, KEEPER_KILLED, KEEPER_NO_TIMEOUT, KEEPER_KILL);
	if (l->state != KEEPER_PAUSING)
		return 0;
	l->started_ns = now;
	return enter(l, KEEPER_PAUSING, KEEPER_NO_TIMEOUT, KEEPER_START);
}

unsigned int keeper_life_step(struct keeper_life *l, enum keeper_event event, uint64_t now)
{
	switch (event) {
	case KEEPER_STARTED:
		return enter(l, KEEPER_RUNNING, KEEPER_NO_TIMEOUT, 0);
	case KEEPER_NOT_STARTED:
	case KEEPER_DIED:
		return died(l, now);
	case KEEPER_REFUSED:
		return refused(l, now);
	case KEEPER_STOP:
		return stop(l, now);
	case KEEPER_TIMEOUT:
		return timeout(l, now);
	}
	return 0;
}
