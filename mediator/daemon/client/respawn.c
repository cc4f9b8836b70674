/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/client/respawn.h"

#include <stddef.h>

#include "mediator/daemon/base/clock.h"
#include "mediator/daemon/base/log.h"
#include "mediator/daemon/base/timer.h"

_Static_assert(offsetof(struct respawn, client) == 0, "respawn_gone() is given the client");

static void start_later(struct respawn *r)
{
	uint64_t now = clock_ns();
	uint64_t pause = restart_pause(&r->restart, now - r->started_ns);

	timer_arm_at(r->client.all->loop, &r->timer, now + pause, now);
}

void respawn_start(struct respawn *r)
{
	bool adopted;

	r->started_ns = clock_ns();
	adopted = client_adopt(&r->client, &r->params);
	if (!adopted && client_start(&r->client, r->program, r->arguments, &r->params))
		start_later(r);
	else
		r->ops->started(r->client.owner, adopted);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct respawn *r = timer->data;

	(void)loop;
	(void)events;
	r->restarts++;
	respawn_start(r);
}

void respawn_gone(struct client *client)
{
	struct respawn *r = (struct respawn *)client;
	char end[GPUM_REASON_MAX + 32];

	client_describe_end(client, end, sizeof(end));
	log_error("%s: %s", client->name, end);
	r->ops->ended(client->owner);
	start_later(r);
}

void respawn_init(struct respawn *r, struct clients *all, enum client_role role, const char *name,
		  const struct client_ops *client_ops, const struct respawn_ops *ops, void *owner)
{
	client_init(&r->client, all, role, name, client_ops, owner);
	r->ops = ops;
	ev_init(&r->timer, on_timer);
	r->timer.data = r;
}

void respawn_abandon(struct respawn *r)
{
	if (!r->client.all)
		return;
	ev_timer_stop(r->client.all->loop, &r->timer);
	client_abandon(&r->client);
}
