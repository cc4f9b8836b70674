/* SPDX-License-Identifier: MIT */
/*
 * The life of a client process, as transitions. Pure: time is an argument (nanoseconds of one
 * monotonic clock, never 0), nothing is allocated, no system call is made. client.c calls
 * client_life_step() with what has happened and carries out the actions that it returns.
 *
 *   OFF       no process
 *   STARTING  it has been started and has not said HELLO
 *   RESUMING  an earlier mediator has started it; it has not answered RESUME by HELLO
 *   READY     it has said HELLO; it is asked for a sign of life (PING)
 *   ENDING    its socket is closed; it is to end by itself
 *   KILLED    it has been killed and is not reaped yet
 *
 * tests/model/resume.pml uses the same names.
 */
#ifndef MEDIATOR_DAEMON_CLIENT_CLIENT_LIFE_H
#define MEDIATOR_DAEMON_CLIENT_CLIENT_LIFE_H

#include <stdint.h>

enum client_state {
	CLIENT_OFF = 0,
	CLIENT_STARTING,
	CLIENT_RESUMING,
	CLIENT_READY,
	CLIENT_ENDING,
	CLIENT_KILLED,
};

/* The mediator that started the process. */
enum client_origin {
	CLIENT_OF_THIS_MEDIATOR = 0,
	CLIENT_OF_AN_EARLIER_MEDIATOR,
};

enum client_event {
	CLIENT_HELLO,	    /* a valid HELLO for this mediator, the first one */
	CLIENT_PONG,	    /* a sign of life */
	CLIENT_TIMEOUT,	    /* due_ns has come */
	CLIENT_BUSY,	    /* the same, while the client holds the GPU */
	CLIENT_END_OF_FILE, /* it has closed its socket */
	CLIENT_STOP,	    /* its owner does not need it any more */
	CLIENT_FAULT,	    /* it has broken a rule */
	CLIENT_REAPED,	    /* the process has ended */
};

/* A set of bits: the caller carries them out now. */
enum client_action {
	CLIENT_CLOSE = 1,	/* close the socket, take its waiting job out of the scheduler */
	CLIENT_KILL = 2,	/* end the process */
	CLIENT_PING = 4,	/* ask for a sign of life */
	CLIENT_RESUME_DONE = 8, /* a job that it had before this mediator started has ended */
};

struct client_life {
	enum client_state state;
	enum client_state reached; /* STARTING, RESUMING or READY: the last of them */
	enum client_origin origin;
	uint64_t due_ns;     /* when CLIENT_TIMEOUT is to be reported; UINT64_MAX: never */
	uint32_t unanswered; /* PINGs since the last sign of life */
};

/* How long a new process may take to say HELLO: an emulated GPU's driver takes seconds to start. */
#define CLIENT_HELLO_NS UINT64_C(120000000000)
/* Between two PINGs, and how many may stay unanswered: making a context may take seconds, too. */
#define CLIENT_PING_NS	  UINT64_C(2500000000)
#define CLIENT_PINGS_MAX  3u
#define CLIENT_ENDING_NS  UINT64_C(3000000000) /* for a process to end by itself */
#define CLIENT_NO_TIMEOUT UINT64_MAX

/* From OFF to STARTING: the process has been started. */
void client_life_start(struct client_life *life, uint64_t now);

/* From OFF to RESUMING: the process was there before. It has patience_ns to say HELLO. */
void client_life_adopt(struct client_life *life, uint64_t patience_ns, uint64_t now);

/*
 * Go through one transition. Returns the actions, 0 when the event means nothing in this state. A
 * CLIENT_TIMEOUT that comes before due_ns changes nothing.
 */
unsigned int client_life_step(struct client_life *life, enum client_event event, uint64_t now);

/* Why a client is killed whose time-out has come; to be asked before the step. Never NULL. */
const char *client_life_timeout_reason(const struct client_life *life);

/*
 * Whether the process has worked for a mediator: it may have looked at what its guest sends, so its
 * end may be the guest's doing.
 */
int client_life_has_served(const struct client_life *life);

#endif
