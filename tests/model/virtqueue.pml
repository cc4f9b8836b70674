/* SPDX-License-Identifier: MIT */
/*
 * One split virtqueue (virtio 1.2, section 2.7) between the backend (backend/transport/virtqueue.c) and
 * a guest's driver: available and used indices, event suppression by event index, wrap.
 *
 * There are SIZE heads. Indices count modulo MOD, a power of two that SIZE divides; real indices count
 * modulo 2^16. The driver keeps to the standard. With -DHOSTILE another CPU of the guest also writes
 * any index and any head. With -DMORTAL backend or driver may be killed at any moment.
 *
 * Shown for all interleavings:
 * - the backend never holds a head twice, and never more than SIZE heads;
 * - the backend takes only entries that the available index has announced. If a hostile driver breaks
 *   the rules, the backend gives the driver up;
 * - the backend writes an answer to the used ring before it advances the index, and only for a head
 *   that the driver had offered. The driver gets each head back once;
 * - a side that sleeps is woken: with suppressed events, too, no side waits for ever while there is
 *   work.
 */
#ifndef SIZE
#define SIZE 2
#endif
#ifndef MOD
#define MOD 4
#endif
#ifndef WORK
#define WORK 5 /* chains that the driver sends; more than MOD, so that the indices wrap */
#endif
#define NONE SIZE

/* Shared memory. */
byte avail_idx, used_idx, avail_event, used_event;
byte avail[SIZE], used[SIZE];

/* The event channel in each direction: pending until it is taken. */
bool to_backend, to_driver;

bool driver_has[SIZE]; /* heads that the driver holds */
bool backend_has[SIZE];
bool driver_gone, backend_gone, given_up;
byte sent, received;

/* Whether the other side has asked for an event between old and now (vring_need_event()). */
#define NEED(event, now, old)	(((now) + MOD - (event) - 1) % MOD < ((now) + MOD - (old)) % MOD)
#define BEHIND(idx, from)	(((idx) + MOD - (from)) % MOD)

proctype driver()
{
	byte next_avail = 0, seen = 0, head, before;
	bool asleep = false;

	do
	:: driver_gone -> break
	/* Send a chain if a head is free. */
	:: !driver_gone && sent < WORK && (driver_has[0] || driver_has[1]) ->
		if
		:: driver_has[0] -> head = 0
		:: driver_has[1] -> head = 1
		fi;
		driver_has[head] = false;
		avail[next_avail % SIZE] = head;
		before = next_avail;
		next_avail = (next_avail + 1) % MOD;
		sent++;
		avail_idx = next_avail;
		/* After a memory barrier, send an event if the backend has asked for one. */
		if
		:: NEED(avail_event, next_avail, before) -> to_backend = true
		:: else
		fi
	/* Take an answer. */
	:: !driver_gone && seen != used_idx ->
		head = used[seen % SIZE];
#ifdef HOSTILE
		if
		:: head >= SIZE || driver_has[head] -> break /* the guest has destroyed its own ring */
		:: else
		fi;
#else
		assert(head < SIZE && !driver_has[head]);
#endif
		driver_has[head] = true;
		seen = (seen + 1) % MOD;
		received++
	/* No answer: ask for an event with the next one, look again, and sleep. */
	:: !driver_gone && seen == used_idx && received < sent ->
#ifndef BUG_LATE_DRIVER
		used_event = seen;
#endif
		if
		:: seen != used_idx
		:: seen == used_idx ->
#ifdef BUG_LATE_DRIVER
			used_event = seen;
#endif
			if
			:: to_driver -> to_driver = false
			:: driver_gone -> break
			fi
		fi
	:: received == WORK -> break
	od;
}

#ifdef HOSTILE
/* Another CPU of the guest. */
proctype vandal()
{
	byte times = 0;

	do
	:: times < 2 -> times++;
		if
		:: avail_idx = (avail_idx + 1) % MOD
		:: avail_idx = (avail_idx + MOD - 1) % MOD
		:: avail_idx = (avail_idx + SIZE + 1) % MOD
		:: avail[0] = NONE
		:: avail[0] = 1
		:: avail[1] = 0
		:: used[0] = NONE
		:: avail_event = (avail_event + 1) % MOD
		:: to_backend = true
		fi
	:: break
	od
}
#endif

proctype backend()
{
	byte next = 0, next_used = 0, signalled = 0, head, idx, count = 0;

	do
	:: backend_gone || given_up -> break
	/* vq_take() reads index and head once each. */
	:: !backend_gone && !given_up ->
		idx = avail_idx;
#ifndef BUG_NO_BOUND
		if
		:: BEHIND(idx, next) > SIZE -> given_up = true; break
		:: else
		fi;
#endif
		if
		:: idx != next ->
			head = avail[next % SIZE];
			if
			:: head >= SIZE -> given_up = true; break
#ifndef BUG_BUSY
			:: head < SIZE && backend_has[head] -> given_up = true; break
#endif
			:: else
			fi;
			assert(BEHIND(idx, next) <= SIZE && head < SIZE && !backend_has[head]);
			backend_has[head] = true;
			count++;
			assert(count <= SIZE);
			next = (next + 1) % MOD
		:: idx == next && count == 0 ->
			/* vq_want_events() asks for an event and looks again; then the backend sleeps. */
#ifndef BUG_NO_SECOND_LOOK
			avail_event = next;
			if
			:: avail_idx != next
			:: avail_idx == next ->
				if
				:: to_backend -> to_backend = false
				:: backend_gone || driver_gone || received == WORK -> break
				fi
			fi
#else
			if
			:: avail_idx != next
			:: avail_idx == next -> avail_event = next;
				if
				:: to_backend -> to_backend = false
				:: backend_gone || driver_gone || received == WORK -> break
				fi
			fi
#endif /* xenbus ends the connection, and so the wait, on both sides */
		:: idx == next && count > 0
		fi
	/* vq_complete() and vq_must_notify(); heads may be answered in any order. */
	:: !backend_gone && !given_up && count > 0 ->
		if
		:: backend_has[0] -> head = 0
		:: backend_has[1] -> head = 1
		fi;
		backend_has[head] = false;
		count--;
#ifdef BUG_INDEX_FIRST
		used_idx = (next_used + 1) % MOD;
		used[next_used % SIZE] = head;
#else
		used[next_used % SIZE] = head;
		used_idx = (next_used + 1) % MOD;
#endif
		next_used = (next_used + 1) % MOD;
		if
		:: NEED(used_event, next_used, signalled) -> to_driver = true
		:: else
		fi;
		signalled = next_used
	od;
	/* Xenbus closes, and the frontend itself answers the chains that are left. */
	if
	:: backend_gone || given_up -> driver_gone = true
	:: else
	fi
}

#ifdef MORTAL
proctype death()
{
	if
	:: backend_gone = true
	:: driver_gone = true
	:: skip
	fi
}
#endif

init {
	atomic {
		driver_has[0] = true;
		driver_has[1] = true;
		used[0] = NONE;
		used[1] = NONE;
		run driver();
		run backend();
#ifdef HOSTILE
		run vandal();
#endif
#ifdef MORTAL
		run death();
#endif
	}
}
