/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/guests.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "mediator/daemon/backend.h"
#include "mediator/daemon/frames.h"
#include "mediator/daemon/mediator.h"
#include "mediator/daemon/xenstore.h"

#define NS_PER_S      1e9
#define NS_PER_MS     UINT64_C(1000000)
#define RETRY_FIRST_S 0.1 /* doubled by each recent strike */
#define LEAVE_S	      3.0 /* for a backend to close the connection after dom0's detach */

const char *guest_state_name(enum guest_state state)
{
	static const char *const names[] = {[GUEST_ABSENT] = "absent",
					    [GUEST_RUNNING] = "running",
					    [GUEST_STOPPING] = "stopping",
					    [GUEST_IDLE] = "closed",
					    [GUEST_BANNED] = "banned"};

	return names[state];
}

static void start_timer(struct guest *g, struct ev_timer *timer, double seconds)
{
	ev_timer_stop(g->mediator->loop, timer);
	ev_timer_set(timer, seconds, 0.0);
	ev_timer_start(g->mediator->loop, timer);
}

static void leave(struct guest *g)
{
	struct mediator *m = g->mediator;

	ev_timer_stop(m->loop, &g->retry);
	ev_timer_stop(m->loop, &g->leave);
	g->present = false;
	g->unexplained = false;
	if (client_running(&g->backend)) {
		g->state = GUEST_STOPPING;
		client_stop(&g->backend);
		return;
	}
	g->state = GUEST_ABSENT;
}

/*
 * A backend may come while the frontend still takes down the last connection: each needs seconds on
 * a slow machine, and the frontend connects when both are done. Only Initialised would be taken for
 * an offer, and after a fault it is one that was made to the backend that has failed.
 */
static bool may_serve(const struct guest *g)
{
	return g->frontend_state != XENSTORE_INITIALISED || !g->strikes.total;
}

/* Whether it may have a backend now; a ban ends by itself. */
static void consider_ban(struct guest *g)
{
	uint64_t left = strikes_banned(&g->strikes, mediator_now());

	g->state = left ? GUEST_BANNED : GUEST_IDLE;
	if (left)
		start_timer(g, &g->retry, (double)left / NS_PER_S);
}

static void try_start(struct guest *g)
{
	struct mediator *m = g->mediator;

	if (!g->present || g->state != GUEST_IDLE || g->closing || ev_is_active(&g->retry) ||
	    !may_serve(g))
		return;
	xenstore_absolve(m->xenstore, g->domid);
	g->started_ns = mediator_now();
	g->backend_fault[0] = '\0';
	memset(&g->counters, 0, sizeof(g->counters));
	if (log_allow(&g->limit, g->started_ns))
		log_info("%s: domain %u gets a backend", g->config->name, g->domid);
	if (backend_start(g))
		start_timer(g, &g->retry, (double)restart_pause(&g->restart, 0) / NS_PER_S);
	else
		g->state = GUEST_RUNNING;
}

static void retry(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct guest *g = timer->data;

	(void)events;
	ev_timer_stop(loop, &g->retry);
	if (g->state == GUEST_BANNED)
		consider_ban(g);
	try_start(g);
}

static void leave_now(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	leave(timer->data);
}

/* Remember what went wrong; the frontend learns it from the error node. */
static void strike(struct guest *g, const char *reason)
{
	uint64_t now = mediator_now();
	bool banned = strikes_add(&g->strikes, now);

	snprintf(g->last_fault, sizeof(g->last_fault), "%s", reason);
	if (log_allow(&g->limit, now))
		log_error("%s: backend: %s (%s)", g->config->name, reason,
			  strikes_recent(&g->strikes, now) == STRIKES_LIMIT - 1
				  ? "one more within a minute and it is banned"
				  : "a strike");
	if (banned)
		log_error("%s: %u faults in a minute; it gets no GPU for %u ms", g->config->name,
			  STRIKES_LIMIT, g->config->ban_ms);
}

/* It had not yet looked at anything of the guest, so it is not the guest's fault. */
static void not_started(struct guest *g, const char *reason)
{
	snprintf(g->last_fault, sizeof(g->last_fault), "%s", reason);
	if (log_allow(&g->limit, mediator_now()))
		log_error("%s: backend could not start: %s", g->config->name, reason);
}

/* Then it has looked at what its guest sends, for this mediator or for an earlier one. */
static bool was_ready(const struct client *c)
{
	return c->has_greeted || c->adopted;
}

static double retry_delay(struct guest *g)
{
	uint64_t lived = mediator_now() - g->started_ns;

	if (!was_ready(&g->backend) || g->unexplained)
		return (double)restart_pause(&g->restart, lived) / NS_PER_S;
	return RETRY_FIRST_S * (1u << strikes_recent(&g->strikes, mediator_now()));
}

static bool ended_well(const struct client *c)
{
	return !c->fault[0] && WIFEXITED(c->status) && WEXITSTATUS(c->status) == 0;
}

static void note_end(struct guest *g, const char *end)
{
	if (g->backend_fault[0])
		strike(g, g->backend_fault);
	else if (!was_ready(&g->backend))
		not_started(g, end);
	else if (ended_well(&g->backend))
		g->unexplained = true;
	else
		strike(g, end);
}

void guest_backend_gone(struct guest *g)
{
	struct mediator *m = g->mediator;
	char end[GPUM_REASON_MAX + 32];

	frames_gone(g);
	buffers_remove_all(g);
	client_describe_end(&g->backend, end, sizeof(end));
	if (!g->present) {
		log_info("%s: backend of domain %u has ended", g->config->name, g->domid);
		g->state = GUEST_ABSENT;
		/* dom0 may have seen Closed and have attached it again already. */
		if (g->backend_state == XENSTORE_CLOSED)
			xenstore_absolve(m->xenstore, g->domid);
		else
			xenstore_refuse(m->xenstore, g->domid, "");
		return;
	}
	g->state = GUEST_IDLE;
	note_end(g, end);
	g->closing = xenstore_refuse(m->xenstore, g->domid, g->unexplained ? "" : g->last_fault);
	start_timer(g, &g->retry, retry_delay(g));
	consider_ban(g);
}

/*
 * A backend ends well when dom0 has taken the device away, which xenstore then says as well. One
 * whose guest is still there has failed, or wants to be started all the time.
 */
static void explain(struct guest *g)
{
	if (!g->unexplained || g->closing)
		return;
	g->unexplained = false;
	strike(g, "it ended though its guest is there");
	g->closing = xenstore_refuse(g->mediator->xenstore, g->domid, g->last_fault);
	consider_ban(g);
}

/* Its guest has noticed nothing. Whether that is still there, xenstore will say. */
static void take_over(struct guest *g)
{
	if (!backend_resume(g))
		return;
	g->present = true;
	g->domid = g->backend.domid;
	g->state = GUEST_RUNNING;
	g->started_ns = mediator_now();
}

void guests_init(struct mediator *m)
{
	for (uint32_t i = 0; i < m->config.num_guests; i++) {
		struct guest *g = &m->guest[i];

		g->mediator = m;
		g->config = &m->config.guest[i];
		strikes_init(&g->strikes, g->config->ban_ms * NS_PER_MS);
		log_limit_init(&g->limit, g->config->max_log_lines);
		ev_init(&g->retry, retry);
		g->retry.data = g;
		ev_init(&g->leave, leave_now);
		g->leave.data = g;
		backend_init(g);
		g->backend.log.limit = &g->limit;
		take_over(g);
	}
}

void guests_stop(struct mediator *m)
{
	for (uint32_t i = 0; i < m->config.num_guests; i++) {
		struct guest *g = &m->guest[i];

		if (!g->config) /* the daemon ends before guests_init() */
			return;
		ev_timer_stop(m->loop, &g->retry);
		ev_timer_stop(m->loop, &g->leave);
		client_abandon(&g->backend);
		frames_gone(g);
		buffers_remove_all(g);
		buffers_discard(g);
	}
}

/* --- What xenstore says ----------------------------------------------------------------------- */

static struct guest *find_guest(struct mediator *m, const struct xenstore_device *d)
{
	for (uint32_t i = 0; d->matches && i < m->config.num_guests; i++)
		if (!strcmp(m->guest[i].config->name, d->domain_name))
			return &m->guest[i];
	return NULL;
}

static bool is_alive(const struct xenstore_device *d)
{
	return d->frontend_state != XENSTORE_UNKNOWN;
}

static void refuse(struct mediator *m, const struct xenstore_device *d, const char *reason)
{
	char text[XENSTORE_TEXT];

	/* Closed means: it was refused before, or is over anyway. */
	if (d->backend_state == XENSTORE_CLOSED)
		return;
	snprintf(text, sizeof(text), "domain %u (%s): %s", d->domid,
		 d->domain_name[0] ? d->domain_name : "no name", reason);
	log_warning("refused: %s", text);
	xenstore_refuse(m->xenstore, d->domid, text);
}

static const struct xenstore_device *find_device(const struct xenstore_view *view, uint32_t domid)
{
	for (uint32_t i = 0; i < view->num_devices; i++)
		if (view->device[i].domid == domid)
			return &view->device[i];
	return NULL;
}

static void follow(struct guest *g, const struct xenstore_device *d)
{
	bool attached = d->backend_state == XENSTORE_INITIALISING &&
			g->backend_state != XENSTORE_INITIALISING;

	g->frontend_state = d->frontend_state;
	g->backend_state = d->backend_state;
	if (!d->online) {
		/* dom0 detaches: the backend closes the connection, or is made to. */
		if (!client_running(&g->backend) || d->backend_state == XENSTORE_CLOSED)
			leave(g);
		else if (!ev_is_active(&g->leave))
			start_timer(g, &g->leave, LEAVE_S);
		return;
	}
	ev_timer_stop(g->mediator->loop, &g->leave);
	/* Then dom0 had taken it away. */
	if (attached)
		g->unexplained = false;
	explain(g);
	/* dom0 has attached the same domain again: a new chance. */
	if (g->state == GUEST_BANNED && attached) {
		strikes_forgive(&g->strikes);
		ev_timer_stop(g->mediator->loop, &g->retry);
		g->state = GUEST_IDLE;
	}
	try_start(g);
}

static void look_after_present(struct mediator *m, const struct xenstore_view *view)
{
	for (uint32_t i = 0; i < m->config.num_guests; i++) {
		struct guest *g = &m->guest[i];
		const struct xenstore_device *d;

		if (!g->present)
			continue;
		d = find_device(view, g->domid);
		if (view->served >= g->closing)
			g->closing = 0;
		if (d && is_alive(d) && find_guest(m, d) == g) {
			follow(g, d);
			continue;
		}
		log_info("%s: domain %u is gone", g->config->name, g->domid);
		leave(g);
	}
}

static uint32_t count_claims(struct mediator *m, const struct xenstore_view *view,
			     const struct guest *g)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < view->num_devices; i++) {
		const struct xenstore_device *d = &view->device[i];

		count += is_alive(d) && d->online && find_guest(m, d) == g;
	}
	return count;
}

static void adopt(struct guest *g, const struct xenstore_device *d)
{
	/*
	 * The same domain, attached again by dom0, gets another chance. Neither a reboot helps nor
	 * that the guest removes its own nodes: the backend's state is not the guest's to write.
	 */
	if (g->strikes.until_ns && g->domid == d->domid &&
	    d->backend_state == XENSTORE_INITIALISING && g->backend_state != XENSTORE_INITIALISING)
		strikes_forgive(&g->strikes);
	g->present = true;
	g->domid = d->domid;
	g->frontend_state = d->frontend_state;
	g->backend_state = d->backend_state;
	g->closing = 0;
	/* A guest does not get rid of a ban by a reboot. */
	consider_ban(g);
	if (d->backend_state == XENSTORE_INITIALISING || d->backend_state == XENSTORE_CLOSED) {
		try_start(g);
		return;
	}
	/* A connection that an earlier mediator left behind. */
	log_info("%s: domain %u was connected before; asking it to connect anew", g->config->name,
		 g->domid);
	g->closing = xenstore_refuse(g->mediator->xenstore, g->domid, "");
}

static void look_at(struct mediator *m, const struct xenstore_view *view,
		    const struct xenstore_device *d)
{
	struct guest *g = find_guest(m, d);

	if (g && g->present && g->domid == d->domid)
		return;
	if (!is_alive(d)) {
		/* Wait for its backend to let go before its nodes vanish. */
		if (!g || g->domid != d->domid || !client_running(&g->backend))
			xenstore_forget(m->xenstore, d->domid);
		return;
	}
	if (!d->online)
		return;
	if (!g)
		refuse(m, d, "it is not a guest of the device tree's gpu-mediator node");
	else if (g->present || count_claims(m, view, g) > 1)
		refuse(m, d, "another domain has the same name");
	else if (g->state == GUEST_ABSENT)
		adopt(g, d);
}

void guests_update(struct mediator *m, const struct xenstore_view *view)
{
	m->have_domid = view->have_domid;
	m->domid = view->domid;
	look_after_present(m, view);
	for (uint32_t i = 0; i < view->num_devices; i++)
		look_at(m, view, &view->device[i]);
}
