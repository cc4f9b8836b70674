/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/guest/guest.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "mediator/daemon/base/clock.h"
#include "mediator/daemon/base/timer.h"
#include "mediator/daemon/display/displays.h"
#include "mediator/daemon/guest/backend.h"
#include "mediator/daemon/guest/guests.h"
#include "mediator/daemon/guest/xenstore.h"

static void step(struct guest *g, enum guest_event event, const struct guest_device *device);

/* --- Carrying out what guest_life.c says ------------------------------------------------------ */

static void log_strike(struct guest *g)
{
	uint64_t now = clock_ns();

	if (log_allow(&g->limit, now))
		log_error("%s: backend: %s (%s)", g->config->name, g->last_fault,
			  strikes_recent(&g->life.strikes, now) == STRIKES_LIMIT - 1
				  ? "one more within a minute and it is banned"
				  : "a strike");
}

static void close_device(struct guest *g, const char *reason)
{
	guest_life_closing(&g->life, xenstore_refuse(g->all->xenstore, g->domid, reason));
}

static void start(struct guest *g)
{
	g->backend_fault[0] = '\0';
	memset(&g->counters, 0, sizeof(g->counters));
	if (log_allow(&g->limit, clock_ns()))
		log_info("%s: domain %u gets a backend", g->config->name, g->domid);
	step(g, backend_start(g) ? GUEST_NOT_STARTED : GUEST_STARTED, NULL);
}

static void carry_out(struct guest *g, unsigned int actions)
{
	if (actions & GUEST_STRIKE)
		log_strike(g);
	if (actions & GUEST_BAN)
		log_error("%s: %u faults in a minute; it gets no GPU for %u ms", g->config->name,
			  STRIKES_LIMIT, g->config->ban_ms);
	if (actions & GUEST_STOP)
		client_stop(&g->backend);
	if (actions & GUEST_RECONNECT)
		log_info("%s: domain %u was connected before; asking it to connect anew",
			 g->config->name, g->domid);
	if (actions & GUEST_CLOSE)
		close_device(g, "");
	if (actions & GUEST_CLOSE_WITH_REASON)
		close_device(g, g->last_fault);
	if (actions & GUEST_FORGET_REASON)
		xenstore_absolve(g->all->xenstore, g->domid);
	if (actions & GUEST_START)
		start(g);
}

static void step(struct guest *g, enum guest_event event, const struct guest_device *device)
{
	uint64_t now = clock_ns();
	bool was_unexplained = g->life.state == GUEST_UNEXPLAINED;
	unsigned int actions = guest_life_step(&g->life, event, device, now);

	if (actions & GUEST_STRIKE && was_unexplained)
		snprintf(g->last_fault, sizeof(g->last_fault),
			 "it ended though its guest is there");
	carry_out(g, actions);
	timer_arm_at(g->all->loop, &g->timer, g->life.due_ns, now);
}

static void on_timeout(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	step(timer->data, GUEST_TIMEOUT, NULL);
}

/* --- Its backend ------------------------------------------------------------------------------ */

static bool ended_well(const struct client *c)
{
	return !c->fault[0] && WIFEXITED(c->status) && WEXITSTATUS(c->status) == 0;
}

/* Turn the backend's end into an event, and keep the reason, if there is one, in last_fault. */
static enum guest_event judge_end(struct guest *g)
{
	char end[GPUM_REASON_MAX + 32];
	enum guest_event event = GUEST_FAILED;

	client_describe_end(&g->backend, end, sizeof(end));
	if (g->backend_fault[0])
		snprintf(end, sizeof(end), "%s", g->backend_fault);
	else if (!client_life_has_served(&g->backend.life))
		event = GUEST_NEVER_READY;
	else if (ended_well(&g->backend))
		return GUEST_ENDED;
	snprintf(g->last_fault, sizeof(g->last_fault), "%s", end);
	if (event == GUEST_NEVER_READY && log_allow(&g->limit, clock_ns()))
		log_error("%s: backend could not start: %s", g->config->name, end);
	return event;
}

void guest_backend_gone(struct guest *g)
{
	source_gone(g->source);
	if (g->life.state == GUEST_STOPPING) {
		log_info("%s: backend of domain %u has ended", g->config->name, g->domid);
		step(g, GUEST_ENDED, NULL);
	} else {
		step(g, judge_end(g), NULL);
	}
}

/* --- xenstore --------------------------------------------------------------------------------- */

static struct guest_device describe(const struct guest *g, const struct xenstore_device *d,
				    uint64_t served)
{
	return (struct guest_device){.online = d->online,
				     .frontend_state = d->frontend_state,
				     .backend_state = d->backend_state,
				     .served = served,
				     .same_domain = d->domid == g->domid};
}

void guest_seen(struct guest *g, const struct xenstore_device *d, uint64_t served)
{
	const struct guest_device device = describe(g, d, served);

	step(g, GUEST_SEEN, &device);
}

void guest_attached(struct guest *g, const struct xenstore_device *d, uint64_t served)
{
	const struct guest_device device = describe(g, d, served);

	g->domid = d->domid;
	step(g, GUEST_ATTACHED, &device);
}

void guest_vanished(struct guest *g)
{
	log_info("%s: domain %u is gone", g->config->name, g->domid);
	step(g, GUEST_VANISHED, NULL);
}

/* --- Begin and end ---------------------------------------------------------------------------- */

void guest_init(struct guest *g, struct guests *all, uint32_t index)
{
	g->all = all;
	g->index = index;
	g->config = &all->config->guest[index];
	g->source = &all->displays->source[index];
	guest_life_init(&g->life, g->config->ban_ms * CLOCK_NS_PER_MS);
	log_limit_init(&g->limit, g->config->max_log_lines);
	ev_init(&g->timer, on_timeout);
	g->timer.data = g;
	source_init(g->source, all->config, index, &g->backend, &all->displays->users);
	backend_init(g);
	/* Its guest has noticed nothing. Whether that is still there, xenstore will say. */
	if (!backend_adopt(g))
		return;
	g->domid = g->backend.domid;
	step(g, GUEST_RESUMED, NULL);
}

void guest_finish(struct guest *g)
{
	if (!g->all)
		return;
	ev_timer_stop(g->all->loop, &g->timer);
	client_abandon(&g->backend);
	source_finish(g->source);
}
