/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/client/client_life.h"

static void enter(struct client_life *l, enum client_state state, uint64_t due_ns)
{
	l->state = state;
	l->due_ns = due_ns;
	if (state == CLIENT_STARTING || state == CLIENT_RESUMING || state == CLIENT_READY)
		l->reached = state;
}

void client_life_start(struct client_life *l, uint64_t now)
{
	l->origin = CLIENT_OF_THIS_MEDIATOR;
	enter(l, CLIENT_STARTING, now + CLIENT_HELLO_NS);
}

void client_life_adopt(struct client_life *l, uint64_t patience_ns, uint64_t now)
{
	l->origin = CLIENT_OF_AN_EARLIER_MEDIATOR;
	enter(l, CLIENT_RESUMING, now + patience_ns);
}

static int is_open(const struct client_life *l)
{
	return l->state == CLIENT_STARTING || l->state == CLIENT_RESUMING ||
	       l->state == CLIENT_READY;
}

static unsigned int hello(struct client_life *l, uint64_t now)
{
	unsigned int actions = l->state == CLIENT_RESUMING ? CLIENT_RESUME_DONE : 0;

	if (l->state != CLIENT_STARTING && l->state != CLIENT_RESUMING)
		return 0;
	l->unanswered = 0;
	enter(l, CLIENT_READY, now + CLIENT_PING_NS);
	return actions;
}

static unsigned int end(struct client_life *l, uint64_t now)
{
	if (!is_open(l))
		return 0;
	enter(l, CLIENT_ENDING, now + CLIENT_ENDING_NS);
	return CLIENT_CLOSE;
}

static unsigned int kill_it(struct client_life *l)
{
	unsigned int actions = is_open(l) ? CLIENT_CLOSE | CLIENT_KILL : CLIENT_KILL;

	if (l->state == CLIENT_OFF || l->state == CLIENT_KILLED)
		return 0;
	enter(l, CLIENT_KILLED, CLIENT_NO_TIMEOUT);
	return actions;
}

static unsigned int timeout(struct client_life *l, uint64_t now)
{
	if (now < l->due_ns)
		return 0;
	if (l->state != CLIENT_READY || l->unanswered >= CLIENT_PINGS_MAX)
		return kill_it(l);
	l->unanswered++;
	l->due_ns = now + CLIENT_PING_NS;
	return CLIENT_PING;
}

/* The scheduler bounds how long a job may take, so a client on the GPU need not answer. */
static unsigned int busy(struct client_life *l, uint64_t now)
{
	if (l->state != CLIENT_READY)
		return timeout(l, now);
	if (now >= l->due_ns)
		l->due_ns = now + CLIENT_PING_NS;
	return 0;
}

static unsigned int reaped(struct client_life *l)
{
	unsigned int actions = l->reached == CLIENT_RESUMING ? CLIENT_RESUME_DONE : 0;

	if (l->state == CLIENT_OFF)
		return 0;
	enter(l, CLIENT_OFF, CLIENT_NO_TIMEOUT);
	return actions;
}

unsigned int client_life_step(struct client_life *l, enum client_event event, uint64_t now)
{
	switch (event) {
	case CLIENT_HELLO:
		return hello(l, now);
	case CLIENT_PONG:
		l->unanswered = 0;
		return 0;
	case CLIENT_TIMEOUT:
		return timeout(l, now);
	case CLIENT_BUSY:
		return busy(l, now);
	case CLIENT_END_OF_FILE:
	case CLIENT_STOP:
		return end(l, now);
	case CLIENT_FAULT:
		return kill_it(l);
	case CLIENT_REAPED:
		return reaped(l);
	}
	return 0;
}

const char *client_life_timeout_reason(const struct client_life *l)
{
	switch (l->state) {
	case CLIENT_STARTING:
		return "it did not say HELLO in time";
	case CLIENT_RESUMING:
		return "it did not say HELLO again in time";
	case CLIENT_READY:
		return "no sign of life for 7.5 s";
	case CLIENT_OFF:
	case CLIENT_ENDING:
	case CLIENT_KILLED:
		break;
	}
	return "it did not end by itself";
}

int client_life_has_served(const struct client_life *l)
{
	return l->origin == CLIENT_OF_AN_EARLIER_MEDIATOR || l->reached == CLIENT_READY;
}
