/* SPDX-License-Identifier: MIT */
/*
 * Mediators that die while their clients live on: keeper.c, keeper_life.c and kept_list.c in
 * mediator/daemon/keeper; client.c, client_life.c, messages.c, kept_link.c and jobs.c in
 * mediator/daemon/client; backend/session.c, backend/mediator.c and backend/device/job.c;
 * docs/recovery.md.
 *
 * A mediator may die before each of its steps, up to DEATHS times. Messages that it has read are then
 * lost; messages that it has sent are not. The keeper holds the mediator's ends of the sockets, so the
 * next mediator finds unread messages there, and clients still get messages of the dead mediator. Both
 * clients are backends that keep to the protocol; jobs.pml covers a client that does not. Client 1 may
 * also die, or be slow or stuck, and then the mediator may run out of patience and kill it; or the
 * next mediator may not need it any more. The clients' guests send jobs and frames.
 *
 * A turn of the mediator is one step here, unless the mediator dies in it. It takes one message and
 * sends messages, which go to sockets that nobody else writes to.
 *
 * Shown for all interleavings:
 * - two jobs are never on the GPU, not even a new one and one of an earlier mediator;
 * - no job runs twice, and neither client nor mediator gets a message for which it would give the
 *   other up;
 * - no client gets the GPU before all living clients have said HELLO to this very mediator;
 * - when no process can make a step, each command of a guest whose backend lives has been answered
 *   once. There is no cycle (tests/model/explore looks for one), so this state is reached when no more
 *   mediators die.
 */
#define N      2
#define NOBODY N
#ifndef COMMANDS
#define COMMANDS 2 /* of one backend's guest */
#endif
#ifndef DEATHS
#define DEATHS 2 /* of mediators */
#endif
#ifndef LIVES
#define LIVES 1 /* processes that each client may have, one after the other */
#endif
/* STRIKES: a death may be the third within a minute (keeper_life.c: judge_clients()). */
#define SOCKET 7 /* messages. A client waits while it is full; the mediator never finds it full. */

mtype = { LIVES_ON, DIES, IS_SLOW };
mtype = { HELLO, READY, DONE, FRAME, CONFIG, RUN, SHOWN, RESUME };
/* enum client_state */
mtype = { CLIENT_OFF, CLIENT_STARTING, CLIENT_RESUMING, CLIENT_READY, CLIENT_ENDING, CLIENT_KILLED };

/* The bool is true in a DONE that also announces the next job (number + 1). */
chan from_client[N] = [SOCKET] of { mtype, byte, bool };
chan to_client[N] = [SOCKET] of { mtype, byte };

/* The clients' processes, and the keeper's struct kept_list. */
bool alive[N];	     /* the process exists and is not reaped */
bool dies[N];	     /* the process makes no further step */
bool dead[N];	     /* its job on the GPU has ended, too: the process can be reaped */
bool told_to_die[N]; /* SIGKILL is pending */
mtype lot;	     /* what happens to client 1 */
bool kept[N];	     /* the keeper holds the client's socket */
bool cut[N];	     /* the keeper has cut the socket: nothing can be read from it any more */
byte lives[N];
bool on_gpu[N];	  /* its job really runs on the GPU */
byte answered[N]; /* commands of this backend's guest */
byte said[N];	  /* number of the mediator that started it, or that its last HELLO was for */

/* Between keeper and mediator: KEEPER_MSG_KEPT as a set, then KEEPER_MSG_ENDED. */
bool up, handed[N];
chan ended = [N] of { byte };
byte deaths;
#define THIS (deaths + 1) /* number of this mediator, in its RESUME and in the HELLO that answers it */

/* The mediator's struct jobs and struct client. Both are lost when the mediator dies. */
byte holder = NOBODY, unknown;
mtype life[N] = CLIENT_OFF, reached[N] = CLIENT_OFF; /* struct client_life: state, reached */
bool waiting[N];
byte last_id[N];
chan due[N] = [2] of { byte }; /* frames that the mediator must answer */

/* client_life.c: is_open() */
#define IS_OPEN(i)                                                                                 \
	(life[i] == CLIENT_STARTING || life[i] == CLIENT_RESUMING || life[i] == CLIENT_READY)

/* The message that the mediator or a client has just taken. */
hidden mtype what;
hidden byte id, next, got;

/* --- clients ------------------------------------------------------------------------------- */

/* backend/mediator.c: mediator_introduce() */
inline introduce()
{
	do
	:: atomic { from_client[i]!HELLO(number, false); said[i] = (number -> number : said[i]) };
	   if
	   :: to_client[i]?CONFIG(_) -> break
	   :: to_client[i]?RESUME(number)
	   :: to_client[i]?RUN(_) -> assert(false)
	   :: to_client[i]?SHOWN(_) -> assert(false)
	   fi
	od
}

/* device_resume(): sends the last frame, and announces the waiting job again. */
inline device_resume()
{
	atomic {
		again = 0;
		if
#ifdef BUG_FORGET_FRAME
		:: seq && !pending ->
#else
		:: seq ->
#endif
			from_client[i]!FRAME(seq, false);
#ifndef BUG_NOT_AGAIN
			again = (pending -> 0 : seq)
#endif
		:: else
		fi;
		if
#ifdef BUG_TWICE
		:: job && !pending -> has_job = true; from_client[i]!READY(job, false)
#endif
#ifndef BUG_FORGET_JOB
		:: has_job && !runs -> from_client[i]!READY(job, false)
#endif
		:: else
		fi
	}
}

/* backend/session.c: run(). The backend's serve() handles all of these events in turn. */
proctype client(byte i)
{
	byte number = 0; /* in the RESUME that HELLO answers; 0: the process has just been started */
	byte sent = 0;	 /* commands that the guest has sent */
	byte job = 0, ran = 0, seq = 0, again = 0;
	bool has_job = false, runs = false, pending = false, resume = false;

	{
		introduce();
end:		do
		/* device_pump(): step_job() and step_flush() */
		:: atomic { !has_job && !pending && sent < COMMANDS -> sent++;
			if
			:: has_job = true; job++; from_client[i]!READY(job, false)
			:: pending = true; seq++; from_client[i]!FRAME(seq, false)
			fi }
		/* mediator_receive(). device_job_run() and device_frame_shown() refuse a wrong number. */
		:: atomic { to_client[i]?RUN(got) ->
			assert(has_job && !runs && got == job && job > ran);
			ran = job;
			runs = true;
			on_gpu[i] = true;
			assert(!on_gpu[1 - i]) }
		:: atomic { to_client[i]?SHOWN(got) ->
			if
			:: got == again -> again = 0
			:: got != again -> assert(pending && got == seq);
			   pending = false;
			   answered[i]++
			fi }
		:: atomic { to_client[i]?RESUME(number) -> resume = true }
		:: atomic { to_client[i]?CONFIG(_) -> assert(false) }
		:: on_gpu[i] -> on_gpu[i] = false
		/* device_poll() */
		:: atomic { runs && !on_gpu[i] -> runs = false; answered[i]++;
			if
			:: sent < COMMANDS -> sent++; job++; from_client[i]!DONE(job - 1, true)
			:: has_job = false; from_client[i]!DONE(job, false)
			fi }
		/* mediator_resume(), which waits until the client's job on the GPU has ended. */
#ifdef BUG_BUSY_HELLO
		:: resume ->
#else
		:: resume && !runs ->
#endif
			introduce();
			resume = false;
			device_resume()
		od
	} unless { dies[i] };
	atomic { on_gpu[i] = false; dead[i] = true }
}

/*
 * Ends processes. A stuck process needs no step here: it is a slow one that happens to make no further
 * step.
 */
active proctype fate()
{
end:	do
	:: atomic { alive[0] && !dies[0] && told_to_die[0] -> dies[0] = true }
	:: atomic { alive[1] && !dies[1] && (told_to_die[1] || lot == DIES) -> dies[1] = true }
	od
}

/* --- the keeper ---------------------------------------------------------------------------- */

/* keeper.c: reap(), kept_list_ended() */
inline reap(i)
{
	dead[i] = false;
	alive[i] = false;
	kept[i] = false;
	if
	:: up -> ended!i
	:: else
	fi
}

/* kept_list_end(): kills the client and cuts its socket, as its last messages may kill mediators. */
inline end_kept(i)
{
	if
	:: kept[i] -> told_to_die[i] = true; cut[i] = true;
#ifdef BUG_LET_GO
		kept[i] = false
#endif
	:: else
	fi
}

active proctype keeper()
{
end:	do
	:: atomic { dead[0] -> reap(0) }
	:: atomic { dead[1] -> reap(1) }
	/* start_mediator(), kept_list_hand_over() */
	:: atomic { !up ->
#ifdef STRIKES
		if
		:: deaths && !cut[0] -> end_kept(0); end_kept(1)
		:: true
		fi;
#endif
		handed[0] = kept[0];
		handed[1] = kept[1];
		up = true }
	od
}

/* --- the mediator -------------------------------------------------------------------------- */

inline may_die()
{
	if
	:: deaths < DEATHS -> goto died
	:: true
	fi
}

/* client_send() */
inline say(i, what, about)
{
	may_die();
	if
	:: alive[i] && !dead[i] && IS_OPEN(i) ->
		assert(nfull(to_client[i]));
		to_client[i]!what(about)
	:: else
	fi
}

/* jobs.c: jobs_kick() gives the GPU to this client. */
inline give(i)
{
	holder = i;
	waiting[i] = false;
	assert(!on_gpu[0] && !on_gpu[1]); /* nor is a dead client's job still there */
	assert(!alive[0] || said[0] == THIS);
	assert(!alive[1] || said[1] == THIS);
	say(i, RUN, last_id[i])
}

inline kick()
{
	if
#ifndef BUG_NO_WAIT
	:: unknown -> skip
	:: !unknown && holder == NOBODY && waiting[0] -> give(0)
	:: !unknown && holder == NOBODY && waiting[1] -> give(1)
#else
	:: holder == NOBODY && waiting[0] -> give(0)
	:: holder == NOBODY && waiting[1] -> give(1)
#endif
	:: else
	fi
}

/* client_life.c: enter() */
inline enter(i, state)
{
	life[i] = state;
	reached[i] = state
}

/* jobs_resolved(), when client_life_step() says CLIENT_RESUME_DONE */
inline resume_done(i)
{
	if
	:: reached[i] == CLIENT_RESUMING -> reached[i] = CLIENT_OFF; unknown--; kick()
	:: else
	fi
}

/* messages.c: handle_hello() */
inline hello(i)
{
	assert(life[i] == CLIENT_STARTING || life[i] == CLIENT_RESUMING);
	resume_done(i);
	enter(i, CLIENT_READY);
	say(i, CONFIG, 0)
}

/* jobs_ready() */
inline announce(i, number)
{
	assert(!waiting[i] && number > last_id[i]);
	last_id[i] = number;
	waiting[i] = true
}

/* messages.c: handle(); jobs_done() */
inline handle(i)
{
	from_client[i]?what, id, next;
	if
#ifdef BUG_ANY_HELLO
	:: what == HELLO -> hello(i)
#else
	:: what == HELLO && life[i] == CLIENT_RESUMING && id != THIS
	:: what == HELLO && !(life[i] == CLIENT_RESUMING && id != THIS) -> hello(i)
#endif
#ifdef BUG_OLD_WORDS
	:: what != HELLO ->
#else
	:: what != HELLO && life[i] == CLIENT_RESUMING
	:: what != HELLO && life[i] != CLIENT_RESUMING ->
		assert(life[i] == CLIENT_READY);
#endif
		if
		:: what == READY -> announce(i, id); kick()
		:: what == DONE -> assert(holder == i && id == last_id[i]);
			holder = NOBODY;
			if
			:: next -> announce(i, id + 1)
			:: else
			fi;
			kick()
		:: what == FRAME -> assert(nfull(due[i])); due[i]!id
		fi
	fi
}

/* client_fail(). If the client holds the GPU, the GPU becomes free when the client is reaped. */
inline fail(i)
{
	may_die();
	life[i] = CLIENT_KILLED;
	told_to_die[i] = true;
	waiting[i] = false;
#ifdef BUG_KNOWN_AT_KILL
	resume_done(i)
#endif
}

/* client_ended(): reads the client's last messages, then forgets its jobs. */
inline is_over(i)
{
	do
	:: nempty(from_client[i]) && IS_OPEN(i) -> handle(i)
	:: else -> break
	od;
	if
	:: holder == i -> holder = NOBODY
	:: else
	fi;
	life[i] = CLIENT_OFF;
	waiting[i] = false;
	resume_done(i);
	do
	:: due[i]?_
	:: empty(due[i]) -> break
	od;
	kick()
}

/* client_adopt(), or clients_end_unwanted() if client 1 is not in the device tree any more. */
inline adopt(i)
{
	if
	:: handed[i] ->
		enter(i, CLIENT_RESUMING);
		unknown++;
		if
		:: cut[i] -> life[i] = CLIENT_ENDING /* CLIENT_END_OF_FILE */
		:: !cut[i] -> say(i, RESUME, THIS)
		:: !cut[i] && i == 1 ->
			told_to_die[i] = true;
			life[i] = CLIENT_KILLED;
#ifdef BUG_UNWANTED
			reached[i] = CLIENT_OFF;
			unknown--
#endif
		fi;
		handed[i] = false
	:: else
	fi
}

/*
 * client_start() and KEEPER_MSG_KEEP. If the mediator dies before the keeper knows the client, the
 * client has never had the GPU. The model has one process per client, so a client is started only after
 * its last process has ended; the mediator need not wait for that.
 */
inline start(i)
{
	may_die();
	do
	:: from_client[i]?_, _, _
	:: to_client[i]?_, _
	:: empty(from_client[i]) && empty(to_client[i]) -> break
	od;
	lives[i]++;
	alive[i] = true;
	dies[i] = false;
	told_to_die[i] = false;
	cut[i] = false;
	kept[i] = true;
	enter(i, CLIENT_STARTING);
	last_id[i] = 0;
	answered[i] = 0;
	said[i] = THIS;
	if
	:: i == 1 -> lot = LIVES_ON
	:: i == 1 -> lot = DIES
	:: i == 1 -> lot = IS_SLOW
	:: i == 0
	fi;
	run client(i)
}

inline forget_all()
{
	holder = NOBODY;
	unknown = 0;
	forget(0);
	forget(1);
	do
	:: ended?_
	:: empty(ended) -> break
	od
}

inline forget(i)
{
	enter(i, CLIENT_OFF);
	waiting[i] = false;
	last_id[i] = 0;
	do
	:: due[i]?_
	:: empty(due[i]) -> break
	od
}

active proctype mediator()
{
again:
	up;
	/* main.c: start() adopts all clients before any message is read. */
	atomic { adopt(0) };
	atomic { adopt(1) };
end:	do
	:: atomic { IS_OPEN(0) && nempty(from_client[0]) -> handle(0) }
	:: atomic { IS_OPEN(1) && nempty(from_client[1]) -> handle(1) }
	:: atomic { nempty(due[0]) -> due[0]?id; say(0, SHOWN, id) }
	:: atomic { nempty(due[1]) -> due[1]?id; say(1, SHOWN, id) }
	/* The client sends no HELLO or no sign of life in time, or its job takes too long. */
	:: atomic { IS_OPEN(1) && lot == IS_SLOW -> fail(1) }
	:: atomic { ended?id ->
		if
		:: id == 0 -> is_over(0)
		:: id == 1 -> is_over(1)
		fi }
	:: atomic { life[0] == CLIENT_OFF && !alive[0] && lives[0] < LIVES -> start(0) }
	:: atomic { life[1] == CLIENT_OFF && !alive[1] && lives[1] < LIVES -> start(1) }
	:: atomic { deaths < DEATHS -> goto died }
	od;
died:
	atomic { deaths++; forget_all(); up = false };
	goto again
}

/* No process can make a step (timeout): judges the result. */
active proctype judge()
{
end:	timeout ->
	assert(up && unknown == 0 && holder == NOBODY);
	assert(!alive[0] || answered[0] == COMMANDS);
	assert(!alive[1] || answered[1] == COMMANDS)
}
