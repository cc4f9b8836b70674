/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/guest/guest_life.h"

#include "mediator/daemon/guest/xenstore_view.h"

const char *guest_state_name(enum guest_state state)
{
	static const char *const names[] = {
		[GUEST_ABSENT] = "absent",	 [GUEST_RUNNING] = "running",
		[GUEST_DETACHING] = "detaching", [GUEST_STOPPING] = "stopping",
		[GUEST_UNEXPLAINED] = "closed",	 [GUEST_CLOSED] = "closed",
		[GUEST_BANNED] = "banned",
	};

	return names[state];
}

void guest_life_init(struct guest_life *l, uint64_t ban_ns)
{
	l->due_ns = GUEST_NO_TIMEOUT;
	strikes_init(&l->strikes, ban_ns);
}

bool guest_life_is_present(const struct guest_life *l)
{
	return l->state != GUEST_ABSENT && l->state != GUEST_STOPPING;
}

void guest_life_closing(struct guest_life *l, uint64_t request)
{
	if (guest_life_is_present(l))
		l->closing = request;
}

static void enter(struct guest_life *l, enum guest_state state, uint64_t due_ns)
{
	l->state = state;
	l->due_ns = due_ns;
}

/* CLOSED until pause_until_ns, or BANNED as long as a ban is on. */
static void enter_closed(struct guest_life *l, uint64_t pause_until_ns, uint64_t now)
{
	uint64_t left = strikes_banned(&l->strikes, now);

	if (left)
		enter(l, GUEST_BANNED, now + left);
	else
		enter(l, GUEST_CLOSED, pause_until_ns);
}

/*
 * A backend may come while the frontend still takes down the last connection: each needs seconds on
 * a slow machine, and the frontend connects when both are done. Only Initialised would be taken for
 * an offer, and after a fault it is one that was made to the backend that has failed.
 */
static bool may_serve(const struct guest_life *l)
{
	return l->frontend_state != XENSTORE_INITIALISED || !l->strikes.total;
}

/* Start a backend if nothing is in its way any more. */
static unsigned int try_start(const struct guest_life *l)
{
	return l->state == GUEST_CLOSED && !l->closing && l->due_ns == GUEST_NO_TIMEOUT &&
			       may_serve(l)
		       ? GUEST_FORGET_REASON | GUEST_START
		       : 0;
}

static unsigned int leave(struct guest_life *l)
{
	bool runs = l->state == GUEST_RUNNING || l->state == GUEST_DETACHING;

	if (!guest_life_is_present(l))
		return 0;
	enter(l, runs ? GUEST_STOPPING : GUEST_ABSENT, GUEST_NO_TIMEOUT);
	l->closing = 0;
	return runs ? GUEST_STOP : 0;
}

static unsigned int strike(struct guest_life *l, uint64_t now)
{
	return strikes_add(&l->strikes, now) ? GUEST_STRIKE | GUEST_BAN : GUEST_STRIKE;
}

/* --- xenstore --------------------------------------------------------------------------------- */

static bool is_attached_anew(const struct guest_life *l, const struct guest_device *d)
{
	return d->backend_state == XENSTORE_INITIALISING &&
	       l->backend_state != XENSTORE_INITIALISING;
}

static void remember(struct guest_life *l, const struct guest_device *d)
{
	l->frontend_state = d->frontend_state;
	l->backend_state = d->backend_state;
}

/*
 * dom0's attaching the same domain again lifts a ban. A reboot does not, nor that the guest removes
 * its own nodes: the backend's state is not the guest's to write.
 */
static unsigned int attached(struct guest_life *l, const struct guest_device *d, uint64_t now)
{
	if (l->state != GUEST_ABSENT)
		return 0;
	if (l->strikes.until_ns && d->same_domain && is_attached_anew(l, d))
		strikes_forgive(&l->strikes);
	remember(l, d);
	l->closing = 0;
	enter_closed(l, GUEST_NO_TIMEOUT, now);
	if (d->backend_state == XENSTORE_INITIALISING || d->backend_state == XENSTORE_CLOSED)
		return try_start(l);
	/* A connection that an earlier mediator left behind. */
	return GUEST_RECONNECT | GUEST_CLOSE;
}

static unsigned int detached(struct guest_life *l, const struct guest_device *d, uint64_t now)
{
	if (l->state == GUEST_RUNNING && d->backend_state != XENSTORE_CLOSED) {
		enter(l, GUEST_DETACHING, now + GUEST_DETACH_NS);
		return 0;
	}
	return l->state == GUEST_DETACHING && d->backend_state != XENSTORE_CLOSED ? 0 : leave(l);
}

/*
 * A backend ends with status 0 when dom0 has detached the device, which xenstore then says as well.
 * If its guest is still there, it has failed, or wants to be started all the time.
 */
static unsigned int explain(struct guest_life *l, bool attached_anew, uint64_t now)
{
	unsigned int actions;

	if (attached_anew) {
		enter(l, GUEST_CLOSED, l->due_ns);
		return try_start(l);
	}
	if (l->closing)
		return 0;
	actions = strike(l, now) | GUEST_CLOSE_WITH_REASON;
	enter_closed(l, l->due_ns, now);
	return actions;
}

static unsigned int seen(struct guest_life *l, const struct guest_device *d, uint64_t now)
{
	bool attached_anew = is_attached_anew(l, d);

	if (!guest_life_is_present(l))
		return 0;
	if (d->served >= l->closing)
		l->closing = 0;
	remember(l, d);
	if (!d->online)
		return detached(l, d, now);
	if (l->state == GUEST_DETACHING)
		enter(l, GUEST_RUNNING, GUEST_NO_TIMEOUT);
	if (l->state == GUEST_UNEXPLAINED)
		return explain(l, attached_anew, now);
	if (l->state == GUEST_BANNED && attached_anew) {
		strikes_forgive(&l->strikes);
		enter(l, GUEST_CLOSED, GUEST_NO_TIMEOUT);
	}
	return try_start(l);
}

/* --- Its backend ------------------------------------------------------------------------------ */

static unsigned int started(struct guest_life *l, uint64_t now)
{
	l->started_ns = now;
	enter(l, GUEST_RUNNING, GUEST_NO_TIMEOUT);
	return 0;
}

static unsigned int not_started(struct guest_life *l, uint64_t now)
{
	enter(l, GUEST_CLOSED, now + restart_pause(&l->restart, 0));
	return 0;
}

/* The domain has gone, or was to be detached. dom0 may have seen Closed and attached it again. */
static unsigned int stopped(struct guest_life *l)
{
	enter(l, GUEST_ABSENT, GUEST_NO_TIMEOUT);
	return l->backend_state == XENSTORE_CLOSED ? GUEST_FORGET_REASON : GUEST_CLOSE;
}

static unsigned int failed(struct guest_life *l, uint64_t now)
{
	unsigned int actions = strike(l, now);
	uint64_t pause = GUEST_RETRY_NS << strikes_recent(&l->strikes, now);

	enter_closed(l, now + pause, now);
	return actions | GUEST_CLOSE_WITH_REASON;
}

static unsigned int reaped(struct guest_life *l, enum guest_event event, uint64_t now)
{
	if (l->state == GUEST_STOPPING)
		return stopped(l);
	if (l->state != GUEST_RUNNING && l->state != GUEST_DETACHING)
		return 0;
	if (event == GUEST_FAILED)
		return failed(l, now);
	enter(l, event == GUEST_ENDED ? GUEST_UNEXPLAINED : GUEST_CLOSED,
	      now + restart_pause(&l->restart, now - l->started_ns));
	return event == GUEST_ENDED ? GUEST_CLOSE : GUEST_CLOSE_WITH_REASON;
}

static unsigned int timeout(struct guest_life *l, uint64_t now)
{
	if (now < l->due_ns)
		return 0;
	switch (l->state) {
	case GUEST_DETACHING:
		return leave(l);
	case GUEST_UNEXPLAINED:
		/* No request could be made of xenstore, so nothing will be explained. */
		if (!l->closing)
			l->state = GUEST_CLOSED;
		l->due_ns = GUEST_NO_TIMEOUT;
		return try_start(l);
	case GUEST_CLOSED:
	case GUEST_BANNED:
		enter_closed(l, GUEST_NO_TIMEOUT, now);
		return try_start(l);
	case GUEST_ABSENT:
	case GUEST_RUNNING:
	case GUEST_STOPPING:
		break;
	}
	return 0;
}

unsigned int guest_life_step(struct guest_life *l, enum guest_event event,
			     const struct guest_device *device, uint64_t now)
{
	switch (event) {
	case GUEST_ATTACHED:
		return attached(l, device, now);
	case GUEST_SEEN:
		return seen(l, device, now);
	case GUEST_VANISHED:
		return leave(l);
	case GUEST_STARTED:
	case GUEST_RESUMED:
		return started(l, now);
	case GUEST_NOT_STARTED:
		return not_started(l, now);
	case GUEST_FAILED:
	case GUEST_NEVER_READY:
	case GUEST_ENDED:
		return reaped(l, event, now);
	case GUEST_TIMEOUT:
		return timeout(l, now);
	}
	return 0;
}
