/* SPDX-License-Identifier: MIT */
/*
 * The life of a guest's GPU, as transitions: when its backend is started and ended, and when it
 * gets none. Pure: time is an argument (nanoseconds of one monotonic clock, never 0), nothing is
 * allocated, no system call is made. guest.c calls guest_life_step() with what has happened and
 * carries out the actions that it returns.
 *
 *   ABSENT       no domain of that name has a vgpu
 *   RUNNING      its backend runs
 *   DETACHING    dom0 has detached the device: the backend is to close the connection and end
 *   STOPPING     its domain has gone, or has not closed in time: the backend is being ended
 *   UNEXPLAINED  its backend ended by itself, with status 0: xenstore will say whether dom0 had
 *                detached the device
 *   CLOSED       its backend has ended; the next one waits for the old connection to be closed, for
 *                the pause after a fault, and for the frontend
 *   BANNED       too many faults: no backend until the ban is over
 *
 * What a guest owes (strikes, pauses) belongs to the guest of the device tree: it survives new
 * connections and new domains of that name. tests/model/connection.pml has the handshake around it.
 */
#ifndef MEDIATOR_DAEMON_GUEST_GUEST_LIFE_H
#define MEDIATOR_DAEMON_GUEST_GUEST_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/guard/restart.h"
#include "mediator/guard/strikes.h"

enum guest_state {
	GUEST_ABSENT = 0,
	GUEST_RUNNING,
	GUEST_DETACHING,
	GUEST_STOPPING,
	GUEST_UNEXPLAINED,
	GUEST_CLOSED,
	GUEST_BANNED,
};

enum guest_event {
	GUEST_ATTACHED,	   /* a domain of its name has a vgpu; only in ABSENT */
	GUEST_SEEN,	   /* xenstore was looked at, and its device is there */
	GUEST_VANISHED,	   /* xenstore was looked at, and its device or domain is not there */
	GUEST_STARTED,	   /* its backend has been started, as GUEST_START asked for */
	GUEST_NOT_STARTED, /* there is no process for its backend */
	GUEST_RESUMED,	   /* its backend outlived an earlier mediator; only in ABSENT */
	GUEST_FAILED,	   /* its backend was reaped: a fault of the guest, or of the backend */
	GUEST_NEVER_READY, /* its backend was reaped before it looked at anything of the guest */
	GUEST_ENDED,	   /* its backend was reaped, with status 0 and no fault */
	GUEST_TIMEOUT,	   /* due_ns has come */
};

/* A set of bits: the caller carries them out now, in this order. */
enum guest_action {
	GUEST_STRIKE = 1, /* log a fault: the reason that came with GUEST_FAILED; of
			     GUEST_SEEN: that the backend ended though its guest is there */
	GUEST_BAN = 2,	  /* log that it gets no GPU for its ban time */
	GUEST_STOP = 4,	  /* ask its backend to end */
	GUEST_CLOSE = 8,  /* close the device in xenstore; then call guest_life_closing() */
	GUEST_CLOSE_WITH_REASON = 16, /* the same, and say the last fault there */
	GUEST_FORGET_REASON = 32,     /* remove what was said there */
	GUEST_RECONNECT = 64,	      /* log that an old connection is being closed */
	GUEST_START = 128,	      /* start a backend, then report STARTED or NOT_STARTED */
};

/* Its device, as xenstore was seen to have it. The states are those of enum xenstore_state. */
struct guest_device {
	bool online; /* dom0 wants it to be used */
	uint32_t frontend_state, backend_state;
	uint64_t served;  /* requests to xenstore that were made before it was looked at */
	bool same_domain; /* of ATTACHED: it is the domain that was there last */
};

struct guest_life {
	enum guest_state state;
	uint64_t due_ns;  /* when GUEST_TIMEOUT is to be reported; UINT64_MAX: never. In CLOSED and
			     UNEXPLAINED the end of the pause */
	uint64_t closing; /* request that closes the old connection; 0: it is closed */
	uint32_t frontend_state, backend_state; /* as last seen */
	uint64_t started_ns;			/* its last backend */
	struct strikes strikes;
	struct restart restart; /* of backends that were never ready, or ended for no reason */
};

#define GUEST_NO_TIMEOUT UINT64_MAX
/* For a backend to close the connection after dom0 has detached the device. */
#define GUEST_DETACH_NS UINT64_C(3000000000)
/* Before the next backend after a fault; doubled by each recent strike. */
#define GUEST_RETRY_NS UINT64_C(100000000)

/* Prepare a zeroed struct; ban_ns 0: it is never banned. */
void guest_life_init(struct guest_life *life, uint64_t ban_ns);

/*
 * Go through one transition. `device` belongs to ATTACHED and SEEN, and may be NULL for all others.
 * Returns the actions, 0 when the event means nothing in this state. A GUEST_TIMEOUT that comes
 * before due_ns changes nothing.
 */
unsigned int guest_life_step(struct guest_life *life, enum guest_event event,
			     const struct guest_device *device, uint64_t now);

/* The request that GUEST_CLOSE asked for has this number; 0: there was no place for it. */
void guest_life_closing(struct guest_life *life, uint64_t request);

/* Whether a domain is attached: the guest's domain id means something. */
bool guest_life_is_present(const struct guest_life *life);

/* One word for status and log: "absent", "running", ... */
const char *guest_state_name(enum guest_state state);

#endif
