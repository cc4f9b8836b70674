/* SPDX-License-Identifier: MIT */
/*
 * Jobs between the mediator and its clients: mediator/daemon/jobs.c and clients.c, docs/protocol.md.
 *
 * Client 0 is more important than client 1. Client 0 keeps to the protocol, but a job of it may
 * never end, and it may die at any moment; client 1 may also send whatever it likes. The mediator
 * may kill whoever holds the GPU at any moment (the kill time), and kills who breaks the protocol.
 * A killed process lives on for a while: it may still read what it was sent, and use the GPU. It is
 * over only when it is reaped; what it had sent before is read even then. Each may be started again.
 *
 * One thing the mediator cannot know: whether a backend that was taken over tells the truth about the
 * end of its jobs. From its first untrue DONE on, the GPU's own queue decides, and the model says so.
 *
 * Shown for all interleavings: the GPU is never used by two; nothing is run that was not announced,
 * or twice; each job is answered at most once; whoever holds the GPU loses it in the end; who waits
 * gets it or is gone. tests/model/explore also breaks the mediator in ways that must be found.
 */
#define N	2
#define NOBODY	N
#ifndef JOBS
#define JOBS	2 /* of one life */
#endif
#ifndef LIVES
#define LIVES	1
#endif

mtype = { READY, DONE, RUN };

chan from_client[N] = [2] of { mtype, byte, bool }; /* the last: it is true; nobody sees that */
chan to_client[N] = [1] of { mtype, byte };

bool alive[N];	     /* the process exists and is not reaped */
bool dead[N];	     /* it has ended; waits to be reaped */
bool told_to_die[N]; /* SIGKILL is on its way */
bool on_gpu[N];	     /* what is really running */

/* The mediator's: struct sched and struct client. */
byte holder = NOBODY;
bool waiting[N], ending[N], known[N];
byte last_id[N], run_id[N];
byte lives[N];

bool lied; /* the mediator has believed the end of a client's own job, which was none */

proctype client(byte i; bool hostile)
{
	byte announced = 0, answered = 0, ran = 0, id;
	bool busy = false; /* a job is announced and not answered */

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
		:: /* it ends */
		   on_gpu[i] = false;
		   if
		   :: len(from_client[i]) < 2 ->
			answered++;
			assert(answered <= announced || hostile);
			busy = false;
			from_client[i]!DONE(id, true)
		   :: told_to_die[i] -> break
		   fi
		:: told_to_die[i] -> break /* or it never does */
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
	:: break /* by itself, at any moment */
#endif
	od;
	atomic {
		on_gpu[i] = false; /* the kernel ends what a dead process had begun */
		dead[i] = true
	}
}

/* client_fail() and end(): who does not hold the GPU is withdrawn. */
inline fail(i)
{
	ending[i] = true;
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

inline announce(i, id)
{
	if
	:: waiting[i] || id <= last_id[i] -> fail(i)
	:: else ->
		last_id[i] = id;
		waiting[i] = true
	fi
}

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

/* sched_pick() and JOB_RUN; to one who is dead it cannot be sent. */
inline give(i)
{
	holder = i;
	waiting[i] = false;
	run_id[i] = last_id[i];
	if
	:: !dead[i] && !ending[i] && len(to_client[i]) < 1 -> to_client[i]!RUN(run_id[i])
	:: else
	fi
}

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

inline handle(i)
{
	if
	:: from_client[i]?READY(id, truth) -> announce(i, id)
	:: from_client[i]?DONE(id, truth) -> finish(i, id)
	fi
}

inline start(i)
{
	do
	:: from_client[i]?_, _, _
	:: to_client[i]?_, _
	:: len(from_client[i]) == 0 && len(to_client[i]) == 0 -> break
	od;
	lives[i]++;
	waiting[i] = false;
	ending[i] = false;
	last_id[i] = 0;
	run_id[i] = 0;
	dead[i] = false;
	told_to_die[i] = false;
	alive[i] = true;
	known[i] = true;
	run client(i, i == 1)
}

/* reaped(): what it said last is still read. */
inline reap(i)
{
	do
	:: len(from_client[i]) > 0 && !ending[i] -> handle(i); kick()
	:: else -> break
	od;
	if
	:: holder == i -> holder = NOBODY
	:: else
	fi;
	waiting[i] = false;
	alive[i] = false;
	known[i] = false;
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
	:: atomic { known[0] && !ending[0] && len(from_client[0]) > 0 -> handle(0); kick() }
	:: atomic { known[1] && !ending[1] && len(from_client[1]) > 0 -> handle(1); kick() }
	:: atomic { holder == 0 && !ending[0] -> fail(0); kick() } /* the kill time */
	:: atomic { holder == 1 && !ending[1] -> fail(1); kick() }
	:: atomic { alive[0] && dead[0] -> reap(0) }
	:: atomic { alive[1] && dead[1] -> reap(1) }
	:: atomic { !alive[0] && lives[0] < LIVES -> start(0) }
	:: atomic { !alive[1] && lives[1] < LIVES -> start(1) }
	od
}

ltl gpu_is_given_back { [] (holder != NOBODY -> <> (holder == NOBODY || holder == 0)) }
ltl the_important_one_gives_it_back { [] (holder == 0 -> <> (holder != 0)) }
ltl who_waits_is_served_or_gone { [] (waiting[0] -> <> !waiting[0]) }
ltl so_is_the_other { [] (waiting[1] -> <> !waiting[1]) }
