/* SPDX-License-Identifier: MIT */
/*
 * Jobs between the mediator and its clients: client.c, messages.c, client_life.h and jobs.c in
 * mediator/daemon/client, docs/protocol.md.
 *
 * Client 0 is more important than client 1. Client 0 keeps to the protocol, but its jobs may never
 * end, and it may die at any moment. Client 1 may also send any message. The mediator may kill the
 * client that holds the GPU at any moment (the kill time), and kills a client that breaks the
 * protocol. A killed process may still read messages and use the GPU until it is reaped. The mediator
 * reads a dead client's last messages before it forgets the client. Each client may be started again.
 *
 * The mediator cannot know whether a backend that was taken over tells the truth about the end of its
 * jobs. After the first untrue DONE only the GPU's own queue keeps jobs apart, so the model then no
 * longer asserts that one job runs at a time (`lied`).
 *
 * Shown for all interleavings: two clients never use the GPU at the same time; no job runs twice or
 * without being announced; each job is answered at most once; a client that holds the GPU loses it in
 * the end; a client that waits for the GPU gets it or ends. tests/model/explore also builds the model
 * with mistakes (BUG_...), which must be found.
 */
#define N	2
#define NOBODY	N
#ifndef JOBS
#define JOBS	2 /* of each process */
#endif
#ifndef LIVES
#define LIVES	1 /* processes that each client may have, one after the other */
#endif

mtype = { READY, DONE, RUN };
/*
 * enum client_state. HELLO and the orderly end are left out: here a client is READY from its start,
 * and no client is STARTING, RESUMING or ENDING.
 */
mtype = { CLIENT_OFF, CLIENT_READY, CLIENT_KILLED };

/* The bool says whether the message is true; the mediator cannot see it. */
chan from_client[N] = [2] of { mtype, byte, bool };
chan to_client[N] = [1] of { mtype, byte };

/* Processes. */
bool alive[N];	     /* the process exists and is not reaped */
bool dead[N];	     /* the process has ended and is not reaped */
bool told_to_die[N]; /* SIGKILL is pending */
bool on_gpu[N];	     /* its job really runs on the GPU */

/* The mediator's struct sched and struct client. */
byte holder = NOBODY;
mtype life[N] = CLIENT_OFF;
bool waiting[N]; /* it has announced a job that has not been run */
byte last_id[N], run_id[N];
byte lives[N];

bool lied; /* the mediator has believed an untrue DONE of the holder */

proctype client(byte i; bool hostile)
{
	byte announced = 0, answered = 0, ran = 0, id;
	bool busy = false; /* it has announced a job and not answered it */

	do
	:: !busy && announced < JOBS && len(from_client[i]) < 2 ->
		announced++;
		busy = true;
		from_client[i]!READY(announced, true)
	:: to_client[i]?RUN(id) ->
		assert(hostile || (busy && id == announced && id > ran));
		ran = id;
		d_step {
			on_gpu[i] = true;
			assert(!on_gpu[1 - i] || lied)
		};
		if
		:: /* the job ends */
		   on_gpu[i] = false;
		   if
		   :: len(from_client[i]) < 2 ->
			answered++;
			assert(answered <= announced || hostile);
			busy = false;
			from_client[i]!DONE(id, true)
		   :: told_to_die[i] -> break
		   fi
		:: told_to_die[i] -> break /* the job never ends */
		fi
	:: hostile && len(from_client[i]) < 2 && announced < JOBS + 1 ->
		announced++;
		if
		:: from_client[i]!READY(1, false)
		:: from_client[i]!READY(JOBS + 1, false)
		:: from_client[i]!DONE(1, false)
		:: from_client[i]!DONE(JOBS + 1, false)
		fi
	:: told_to_die[i] -> break
#ifndef IMMORTAL
	:: break /* the process dies by itself, at any moment */
#endif
	od;
	atomic {
		on_gpu[i] = false; /* the kernel ends a dead process's jobs */
		dead[i] = true
	}
}

/* client_fail(): kills the client; jobs_withdraw() removes its waiting job unless it holds the GPU. */
inline fail(i)
{
	life[i] = CLIENT_KILLED;
	told_to_die[i] = true;
#ifdef BUG_FREE_AT_KILL
	if
	:: holder == i -> holder = NOBODY
	:: else
	fi;
#endif
	if
	:: holder != i -> waiting[i] = false
	:: else
	fi
}

/* jobs_ready() */
inline announce(i, id)
{
	if
	:: waiting[i] || id <= last_id[i] -> fail(i)
	:: else ->
		last_id[i] = id;
		waiting[i] = true
	fi
}

/* jobs_done() */
inline finish(i, id)
{
	if
#ifdef BUG_ANY_DONE
	:: holder == 1 - i -> holder = NOBODY
#endif
	:: holder == i && run_id[i] == id ->
		holder = NOBODY;
		lied = lied || !truth
	:: else -> fail(i)
	fi
}

/* sched_pick() and JOB_RUN, which cannot be sent to a dead process. */
inline give(i)
{
	holder = i;
	waiting[i] = false;
	run_id[i] = last_id[i];
	if
	:: !dead[i] && life[i] == CLIENT_READY && len(to_client[i]) < 1 ->
		to_client[i]!RUN(run_id[i])
	:: else
	fi
}

/* jobs_kick() */
inline kick()
{
#ifdef BUG_NO_KICK
	skip
#else
	if
	:: holder == NOBODY && waiting[0] -> give(0)
	:: holder == NOBODY && !waiting[0] && waiting[1] -> give(1)
	:: else
	fi
#endif
}

/* messages.c: handle() */
inline handle(i)
{
	if
	:: from_client[i]?READY(id, truth) -> announce(i, id)
	:: from_client[i]?DONE(id, truth) -> finish(i, id)
	fi
}

/* client_start() */
inline start(i)
{
	do
	:: from_client[i]?_, _, _
	:: to_client[i]?_, _
	:: len(from_client[i]) == 0 && len(to_client[i]) == 0 -> break
	od;
	lives[i]++;
	waiting[i] = false;
	life[i] = CLIENT_READY;
	last_id[i] = 0;
	run_id[i] = 0;
	dead[i] = false;
	told_to_die[i] = false;
	alive[i] = true;
	run client(i, i == 1)
}

/* client_ended(): reads the client's last messages, then forgets its jobs. */
inline reap(i)
{
	do
	:: len(from_client[i]) > 0 && life[i] == CLIENT_READY -> handle(i); kick()
	:: else -> break
	od;
	if
	:: holder == i -> holder = NOBODY
	:: else
	fi;
	waiting[i] = false;
	alive[i] = false;
	life[i] = CLIENT_OFF;
	kick()
}

active proctype mediator()
{
	byte id;
	bool truth;

	atomic {
		start(0);
		start(1)
	};
end:
	do
	:: atomic { life[0] == CLIENT_READY && len(from_client[0]) > 0 -> handle(0); kick() }
	:: atomic { life[1] == CLIENT_READY && len(from_client[1]) > 0 -> handle(1); kick() }
	/* The kill time of a job has passed. */
	:: atomic { holder == 0 && life[0] == CLIENT_READY -> fail(0); kick() }
	:: atomic { holder == 1 && life[1] == CLIENT_READY -> fail(1); kick() }
	:: atomic { alive[0] && dead[0] -> reap(0) }
	:: atomic { alive[1] && dead[1] -> reap(1) }
	:: atomic { !alive[0] && lives[0] < LIVES -> start(0) }
	:: atomic { !alive[1] && lives[1] < LIVES -> start(1) }
	od
}

ltl gpu_is_given_back { [] (holder != NOBODY -> <> (holder == NOBODY || holder == 0)) }
ltl important_client_gives_gpu_back { [] (holder == 0 -> <> (holder != 0)) }
ltl important_client_gets_gpu_or_ends { [] (waiting[0] -> <> !waiting[0]) }
ltl other_client_gets_gpu_or_ends { [] (waiting[1] -> <> !waiting[1]) }
