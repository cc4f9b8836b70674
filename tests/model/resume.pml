/* SPDX-License-Identifier: MIT */
/*
 * Mediators that die while their clients live on: mediator/daemon/keeper.c, wards.c, kept.c,
 * clients.c and jobs.c, backend/main.c and backend/device/device.c; docs/recovery.md.
 *
 * A mediator may die before anything that it does, up to DEATHS times: what it has read is lost,
 * what it has sent is not. The keeper holds its ends of the sockets, so the next one finds in them
 * what was not read, and its clients find what its predecessor had said. Both clients are backends
 * that keep to the protocol; who does not is the matter of jobs.pml. Client 1 may also die, or be
 * slow or stuck, and then the mediator may lose patience with it; or the next mediator may not want
 * it. Their guests send jobs and frames.
 *
 * A turn of the mediator is one step here, up to its death: one message is taken, and what is sent
 * after it goes to sockets that nobody else writes to.
 *
 * Shown for all interleavings:
 * - never are two jobs on the GPU, nor one that an earlier mediator had begun beside a new one;
 * - no job is run twice, and no message comes at which client or mediator would give the other up;
 * - nobody gets the GPU before all that live have said HELLO to this very mediator;
 * - when all has come to rest, each command of a guest whose backend lives was answered once. There
 *   is no cycle (tests/model/explore looks for one), so all comes to rest when the deaths end.
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
#define LIVES 1 /* of each client */
#endif
/* STRIKES: a death may be the third within a minute: keeper.c, consider_wards() */
#define SOCKET 7 /* messages. A client waits while it is full; the mediator never finds it so */

mtype = { LIVES_ON, DIES, IS_SLOW };
mtype = { HELLO, READY, DONE, FRAME, CONFIG, RUN, SHOWN, RESUME };

/* The last of DONE: another job is announced with it, whose number is the next. */
chan from_client[N] = [SOCKET] of { mtype, byte, bool };
chan to_client[N] = [SOCKET] of { mtype, byte };

/* The clients' processes, and the keeper's struct wards. */
bool alive[N];	     /* it exists and is not reaped */
bool dies[N];	     /* it takes no further step */
bool dead[N];	     /* and has let go of the GPU: it can be reaped */
bool told_to_die[N]; /* SIGKILL is on its way */
mtype lot;	     /* client 1's */
bool ward[N];	     /* the keeper has its socket */
bool cut[N];	     /* of which nothing more is to be read */
byte lives[N];
bool on_gpu[N];	  /* what is really running */
byte answered[N]; /* commands of this backend's guest */
byte said[N];	  /* the mediator that its last HELLO was for; that has started it: the same */

/* Between keeper and mediator: KEPT as a set, then ENDED. */
bool up, handed[N];
chan ended = [N] of { byte };
byte deaths;
#define THIS (deaths + 1) /* the number of this mediator: its RESUME carries it, and HELLO in answer */

/* The mediator's: struct jobs and struct client. All of it dies with it. */
byte holder = NOBODY, unknown;
bool running[N], greeted[N], resuming[N], ending[N], waiting[N];
byte last_id[N];
chan due[N] = [2] of { byte }; /* frames that are to be answered */

/* The message that is just looked at. */
hidden mtype what;
hidden byte id, next, got;

/* --- clients ------------------------------------------------------------------------------- */

/* backend/main.c: introduce() */
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

/* device_resume(): the last frame, and the job that waits */
inline tell_what_there_is()
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

/* The loop of backend/main.c; serve() looks at all of these in turn. */
proctype client(byte i)
{
	byte number = 0; /* of the RESUME that HELLO answers; 0: it has just been started */
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
		/* receive_message(); device_job_run() and device_frame_shown() refuse what cannot be */
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
		/* resume(): whoever has the GPU gives it back first */
#ifdef BUG_BUSY_HELLO
		:: resume ->
#else
		:: resume && !runs ->
#endif
			introduce();
			resume = false;
			tell_what_there_is()
		od
	} unless { dies[i] };
	atomic { on_gpu[i] = false; dead[i] = true }
}

/*
 * What may befall a process. One that is stuck is one that is slow and makes no further step, which
 * nothing here prevents.
 */
active proctype fate()
{
end:	do
	:: atomic { alive[0] && !dies[0] && told_to_die[0] -> dies[0] = true }
	:: atomic { alive[1] && !dies[1] && (told_to_die[1] || lot == DIES) -> dies[1] = true }
	od
}

/* --- the keeper ---------------------------------------------------------------------------- */

/* keeper.c: is_over(); wards_ended() */
inline reap(i)
{
	dead[i] = false;
	alive[i] = false;
	ward[i] = false;
	if
	:: up -> ended!i
	:: else
	fi
}

/* consider_wards(), wards_end(): what they have said last may be what kills mediators */
inline end_ward(i)
{
	if
	:: ward[i] -> told_to_die[i] = true; cut[i] = true;
#ifdef BUG_LET_GO
		ward[i] = false
#endif
	:: else
	fi
}

active proctype keeper()
{
end:	do
	:: atomic { dead[0] -> reap(0) }
	:: atomic { dead[1] -> reap(1) }
	/* start_mediator(), wards_hand_over() */
	:: atomic { !up ->
#ifdef STRIKES
		if
		:: deaths && !cut[0] -> end_ward(0); end_ward(1)
		:: true
		fi;
#endif
		handed[0] = ward[0];
		handed[1] = ward[1];
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

/* clients.c: client_send() */
inline say(i, what, about)
{
	may_die();
	if
	:: alive[i] && !dead[i] && !ending[i] ->
		assert(nfull(to_client[i]));
		to_client[i]!what(about)
	:: else
	fi
}

/* jobs.c: jobs_kick() */
inline give(i)
{
	holder = i;
	waiting[i] = false;
	assert(!on_gpu[0] && !on_gpu[1]); /* nor has a dead one left something there */
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

/* clients.c: known() */
inline is_known(i)
{
	if
	:: resuming[i] -> resuming[i] = false; unknown--; kick()
	:: else
	fi
}

/* handle_hello() */
inline hello(i)
{
	assert(!greeted[i]);
	greeted[i] = true;
	is_known(i);
	say(i, CONFIG, 0)
}

inline announce(i, number)
{
	assert(!waiting[i] && number > last_id[i]);
	last_id[i] = number;
	waiting[i] = true
}

/* handle(); jobs_ready(), jobs_done(), frames_submit() */
inline handle(i)
{
	from_client[i]?what, id, next;
	if
#ifdef BUG_ANY_HELLO
	:: what == HELLO -> hello(i)
#else
	:: what == HELLO && resuming[i] && id != THIS
	:: what == HELLO && !(resuming[i] && id != THIS) -> hello(i)
#endif
#ifdef BUG_OLD_WORDS
	:: what != HELLO ->
#else
	:: what != HELLO && resuming[i]
	:: what != HELLO && !resuming[i] ->
		assert(greeted[i]);
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

/* client_fail(), end(); the GPU of who holds it is free when it is reaped */
inline fail(i)
{
	may_die();
	ending[i] = true;
	told_to_die[i] = true;
	waiting[i] = false;
#ifdef BUG_KNOWN_AT_KILL
	is_known(i)
#endif
}

/* client_ended(): what it said last is still read */
inline is_over(i)
{
	do
	:: nempty(from_client[i]) && !ending[i] -> handle(i)
	:: else -> break
	od;
	if
	:: holder == i -> holder = NOBODY
	:: else
	fi;
	running[i] = false;
	waiting[i] = false;
	is_known(i);
	do
	:: due[i]?_
	:: empty(due[i]) -> break
	od;
	kick()
}

/* client_adopt(); or kept_end_others(), when client 1 is not in the device tree any more */
inline adopt(i)
{
	if
	:: handed[i] ->
		running[i] = true;
		resuming[i] = true;
		unknown++;
		if
		:: cut[i] -> ending[i] = true
		:: !cut[i] -> say(i, RESUME, THIS)
		:: !cut[i] && i == 1 ->
			told_to_die[i] = true;
			ending[i] = true;
#ifdef BUG_UNWANTED
			resuming[i] = false;
			unknown--
#endif
		fi;
		handed[i] = false
	:: else
	fi
}

/*
 * client_start() and KEEP. A client that only its mediator knows of never had the GPU. That nobody is
 * started beside one that has not ended is for the model's own sake: it has one process per place.
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
	ward[i] = true;
	running[i] = true;
	resuming[i] = false;
	greeted[i] = false;
	ending[i] = false;
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
	running[i] = false;
	greeted[i] = false;
	resuming[i] = false;
	ending[i] = false;
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
	/* main.c: start(): nothing is read before all are taken over */
	atomic { adopt(0) };
	atomic { adopt(1) };
end:	do
	:: atomic { running[0] && !ending[0] && nempty(from_client[0]) -> handle(0) }
	:: atomic { running[1] && !ending[1] && nempty(from_client[1]) -> handle(1) }
	:: atomic { nempty(due[0]) -> due[0]?id; say(0, SHOWN, id) }
	:: atomic { nempty(due[1]) -> due[1]?id; say(1, SHOWN, id) }
	/* No HELLO, no sign of life, a job that takes too long. */
	:: atomic { running[1] && !ending[1] && lot == IS_SLOW -> fail(1) }
	:: atomic { ended?id ->
		if
		:: id == 0 -> is_over(0)
		:: id == 1 -> is_over(1)
		fi }
	:: atomic { !running[0] && !alive[0] && lives[0] < LIVES -> start(0) }
	:: atomic { !running[1] && !alive[1] && lives[1] < LIVES -> start(1) }
	:: atomic { deaths < DEATHS -> goto died }
	od;
died:
	atomic { deaths++; forget_all(); up = false };
	goto again
}

/* All has come to rest. */
active proctype judge()
{
end:	timeout ->
	assert(up && unknown == 0 && holder == NOBODY);
	assert(!alive[0] || answered[0] == COMMANDS);
	assert(!alive[1] || answered[1] == COMMANDS)
}
