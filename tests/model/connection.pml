/* SPDX-License-Identifier: MIT */
/*
 * The connection between a guest's frontend and its backends: frontend/xenbus.c,
 * backend/transport/xenbus.c, guest.c and guest_life.c in mediator/daemon/guest, docs/protocol.md
 * section 4.
 *
 * Frontend and backend each read both states from xenstore, at any time, and may miss a state. The
 * backend's process may be killed at any moment and leaves its state behind. The mediator writes
 * Closed there and starts the next backend at once, without waiting for the frontend. A mediator that
 * was restarted does the same, so the model has one mediator that lives. The guest is honest; other
 * models and the fuzzers cover hostile guests.
 *
 * Shown for all interleavings: when the frontend ends the grants of a connection that both sides had
 * completed, the backend maps none of them. (If the frontend gives a connection up after the backend
 * has mapped its pages and before it is Connected, Linux keeps the pages until they are unmapped.) If
 * the deaths end, frontend and backend are connected in the end. A backend that died is always
 * followed by another one.
 */
#ifndef DEATHS
#define DEATHS 2 /* of backend processes */
#endif
#ifndef LEAVES
#define LEAVES 1 /* times that the frontend leaves and comes back by itself */
#endif

/*
 * enum guest_state. The domain is always there and attached, and no fault leads to a ban, so the guest
 * is never ABSENT, DETACHING, STOPPING, UNEXPLAINED or BANNED.
 */
mtype = { GUEST_CLOSED, GUEST_RUNNING };

#define INITIALISING 1
#define INIT_WAIT    2
#define INITIALISED  3
#define CONNECTED    4
#define CLOSING	     5
#define CLOSED	     6

byte front = INITIALISING, back = INITIALISING; /* the states in xenstore */
mtype guest = GUEST_CLOSED; /* the mediator's; RUNNING: a backend's process exists */
bool mapped;		    /* the backend maps grants */
byte granted;		    /* number of the set of grants that the frontend offers; 0: none */
byte mapped_of;		    /* number of the set that the backend maps */
byte offers;		    /* number of the last set; counts 1, 2, 3, 1, ... */
byte deaths, leaves;
bool shared;		 /* the frontend has a device */
bool front_is_connected; /* the frontend has seen Connected */
bool early; /* the frontend has ended grants of a completed connection while they were mapped */

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
	/*
	 * Its connection is not to this backend any more: removes its device, writes Closing, waits,
	 * ends its grants, writes Closed.
	 */
	:: atomic { shared && (back <= INITIALISING || back >= CLOSING ||
			       (back == INIT_WAIT && front_is_connected)) -> front = CLOSING };
	   /* wait_unmapped(). Its time-out is not modelled: a stuck backend is one that dies. */
	   (back != CONNECTED);
	   atomic { end_grants(); front = CLOSED }
	/* Leaves by itself, as after an unbind, and comes back. */
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

/* A backend's process. When it dies, the kernel unmaps the grants that it maps. */
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
		:: atomic { granted == 0 -> goto dead } /* bad reference: it reports a fault and ends */
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
	/* The mediator reaps it: GUEST_FAILED. */
	atomic { mapped = false; mapped_of = 0; guest = GUEST_CLOSED }
}

/* guest_life.c: writes Closed for a backend that has ended (GUEST_CLOSE), then try_start(). */
active proctype mediator()
{
	run frontend();
end:
	do
	:: atomic { guest == GUEST_CLOSED && back != CLOSED && back != INITIALISING -> back = CLOSED }
	/* may_serve() is the last condition. */
	:: atomic { guest == GUEST_CLOSED && (back == CLOSED || back == INITIALISING) &&
		    (front != INITIALISED || deaths == 0) -> guest = GUEST_RUNNING; run backend() }
	od
}

ltl no_grant_ends_while_it_is_mapped { [] !early }
ltl frontend_and_backend_connect_in_the_end {
	<> [] (front == CONNECTED && back == CONNECTED && guest == GUEST_RUNNING) }
ltl backend_unmaps_when_the_frontend_leaves {
	[] ((mapped && front >= CLOSING) -> <> (!mapped || front < CLOSING)) }
ltl dead_backend_is_followed_by_another { [] (guest == GUEST_CLOSED -> <> (guest == GUEST_RUNNING)) }
