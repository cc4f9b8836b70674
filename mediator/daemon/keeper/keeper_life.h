/* SPDX-License-Identifier: MIT */
/*
 * The life of a mediator under its keeper, as transitions: when it is started again, and when its
 * clients are ended, too. Pure: time is an argument (nanoseconds of one monotonic clock, never 0),
 * nothing is allocated, no system call is made. keeper.c calls keeper_life_step() with what has
 * happened and carries out the actions that it returns.
 *
 *   PAUSING  there is no mediator; the next one is started at due_ns
 *   RUNNING  the mediator runs
 *   ENDING   the keeper is to end; the mediator has been told so, and is killed at due_ns
 *   KILLED   the same; the mediator has been killed and is not reaped yet
 *   OVER     the keeper ends
 *
 * tests/model/resume.pml has what mediators and clients do meanwhile.
 */
#ifndef MEDIATOR_DAEMON_KEEPER_KEEPER_LIFE_H
#define MEDIATOR_DAEMON_KEEPER_KEEPER_LIFE_H

#include <stdint.h>

#include "mediator/guard/restart.h"
#include "mediator/guard/strikes.h"

enum keeper_state {
	KEEPER_PAUSING = 0,
	KEEPER_RUNNING,
	KEEPER_ENDING,
	KEEPER_KILLED,
	KEEPER_OVER,
};

enum keeper_event {
	KEEPER_STARTED,	    /* the mediator has been started, as KEEPER_START asked for */
	KEEPER_NOT_STARTED, /* there is no process for it */
	KEEPER_DIED,	    /* the mediator has been reaped */
	KEEPER_REFUSED,	    /* the same: it does not understand its arguments */
	KEEPER_STOP,	    /* the keeper is to end (SIGTERM, SIGINT) */
	KEEPER_TIMEOUT,	    /* due_ns has come */
};

/* A set of bits: the caller carries them out now, in this order. */
enum keeper_action {
	KEEPER_DISCONNECT = 1,	/* take what the mediator said last, and close its socket */
	KEEPER_END_CLIENTS = 2, /* kill all clients of the mediator's */
	KEEPER_LOG_DEATH = 4,	/* log how it ended, and when it is started again */
	KEEPER_TELL = 8,	/* tell the mediator to end, by the signal that came */
	KEEPER_KILL = 16,	/* kill the mediator */
	KEEPER_START = 32,	/* start a mediator, then report STARTED or NOT_STARTED */
};

struct keeper_life {
	enum keeper_state state;
	uint64_t due_ns; /* when KEEPER_TIMEOUT is to be reported; UINT64_MAX: never */
	uint64_t started_ns;
	struct restart restart;
	struct strikes strikes;
};

#define KEEPER_NO_TIMEOUT UINT64_MAX
#define KEEPER_ENDING_NS  UINT64_C(10000000000) /* for the mediator to end by itself */

/* A mediator is to be started at once: the first KEEPER_TIMEOUT says so. */
void keeper_life_init(struct keeper_life *life, uint64_t now);

/*
 * Go through one transition. Returns the actions, 0 when the event means nothing in this state. A
 * KEEPER_TIMEOUT that comes before due_ns changes nothing.
 */
unsigned int keeper_life_step(struct keeper_life *life, enum keeper_event event, uint64_t now);

#endif
