/* SPDX-License-Identifier: MIT */
/*
 * The connection between a guest's frontend and its backends: frontend/xenbus.c,
 * backend/transport/xenbus.c, mediator/daemon/guests.c, docs/protocol.md section 4.
 *
 * Both ends look at the two states as they are, whenever they look. The backend's process may be
 * killed at any moment, with its state left behind; the mediator closes what is left behind, and
 * starts the next backend at once, without waiting for the frontend. A mediator that dies and comes
 * back does the same, so it is the same. The guest is an honest one; what a liar's memory holds is the
 * other models' and the fuzzers' matter.
 *
 * Shown for all interleavings: nothing of a connection that both have seen is mapped any more when the
 * frontend ends its grants (one that is given up between the backend's mapping and its Connected is
 * the exception: there Linux keeps the pages until they are unmapped); a pair that nobody kills any
 * more is connected in the end; a backend that died is always followed by another.
 */
#ifndef DEATHS
#define DEATHS 2 /* of backend processes */
#endif
#ifndef LEAVES
#define LEAVES 1 /* the frontend goes away and comes back by itself */
#endif

#define INITIALISING 1
#define INIT_WAIT    2
#define INITIALISED  3
#define CONNECTED    4
#define CLOSING	     5
#define CLOSED	     6

byte front = INITIALISING, back = INITIALISING; /* what stands in xenstore */
bool alive;					/* the backend's process */
bool mapped;					/* by it */
byte granted;	 /* the number of the grants that the frontend offers; 0: none */
byte mapped_of;	 /* which the backend has mapped */
byte offers;	 /* grants ever made, modulo 4 */
byte deaths, leaves;
bool shared;	 /* the frontend has a device */
bool front_is_connected;
bool early;	 /* grants of a whole connection were ended while they were mapped */

inline grant()
{
	offers = offers % 3 + 1;
	granted = offers;
	shared = true
}

inline end_grants()
{
	early = early || (front_is_connected && mapped && mapped_of == granted);
	granted = 0;
	shared = false;
	front_is_connected = false
}

/* frontend/xenbus.c: look() */
proctype frontend()
{
end:
	do
	/* What it has is not of this backend any more: device removed, Closing, wait, end, Closed. */
	:: atomic { shared && (back <= INITIALISING || back >= CLOSING ||
			       (back == INIT_WAIT && front_is_connected)) -> front = CLOSING };
	   (back != CONNECTED); /* wait_unmapped(); its time-out is the backend's death, or the next */
	   atomic { end_grants(); front = CLOSED }
	/* By itself, as by an unbind, and it comes back. */
	:: atomic { shared && leaves < LEAVES -> leaves++; front = CLOSING };
#ifdef BUG_NO_WAIT
	   skip;
#else
	   (back != CONNECTED);
#endif
	   atomic { end_grants(); front = CLOSED };
	   front = INITIALISING
	:: atomic { !shared && back == INIT_WAIT -> front = INITIALISING; grant() };
	   front = INITIALISED
	:: atomic { shared && back == CONNECTED && !front_is_connected && front == INITIALISED ->
		    front_is_connected = true; front = CONNECTED }
	:: atomic { !shared && (back >= CLOSING || back == 0) && front != CLOSED -> front = CLOSED }
	od
}

/* One process. The kernel unmaps what a dead one had mapped. */
proctype backend()
{
	byte state = INIT_WAIT, seen;

	back = INIT_WAIT;
	do
	:: atomic { deaths < DEATHS -> deaths++; break } /* killed */
	:: state == INIT_WAIT && front == INITIALISED ->
		if
		:: atomic { granted != 0 -> mapped = true; mapped_of = granted }
		   if
		   :: atomic { deaths < DEATHS -> deaths++; goto dead }
		   :: state = CONNECTED; back = CONNECTED
		   fi
		:: atomic { granted == 0 -> goto dead } /* a bad reference: FAULT, and it ends */
		fi
	:: state == CONNECTED && front != INITIALISED && front != CONNECTED ->
#ifdef BUG_CLOSING_FIRST
		back = CLOSING;
		atomic { mapped = false; mapped_of = 0 };
#else
		atomic { mapped = false; mapped_of = 0 };
		back = CLOSING;
#endif
		state = CLOSING
	:: state >= CLOSING && front == CLOSED -> back = CLOSED; state = INIT_WAIT; back = INIT_WAIT
	:: state >= CLOSING && front == INITIALISING -> state = INIT_WAIT; back = INIT_WAIT
	od;
dead:
	atomic { mapped = false; mapped_of = 0; alive = false }
}

/* guests.c: closes what a process left behind, then starts the next. */
active proctype mediator()
{
	run frontend();
end:
	do
	:: atomic { !alive && back != CLOSED && back != INITIALISING -> back = CLOSED }
	:: atomic { !alive && (back == CLOSED || back == INITIALISING) &&
		    (front != INITIALISED || deaths == 0) -> alive = true; run backend() }
	od
}

ltl nothing_mapped_is_ended { [] !early }
ltl they_are_connected_in_the_end { <> [] (front == CONNECTED && back == CONNECTED && alive) }
ltl who_leaves_is_let_go { [] ((mapped && front >= CLOSING) -> <> (!mapped || front < CLOSING)) }
ltl a_backend_always_comes_back { [] (!alive -> <> alive) }
