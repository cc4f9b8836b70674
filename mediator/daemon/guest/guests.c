/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/guest/guests.h"

#include <stdio.h>
#include <string.h>

#include "mediator/daemon/guest/xenstore.h"

void guests_init(struct guests *all, struct ev_loop *loop, const struct options *options,
		 const struct config *config, const struct admission *admission,
		 struct clients *clients, struct displays *displays)
{
	all->loop = loop;
	all->options = options;
	all->config = config;
	all->admission = admission;
	all->clients = clients;
	all->displays = displays;
	for (uint32_t i = 0; i < config->num_guests; i++)
		guest_init(&all->guest[i], all, i);
}

void guests_finish(struct guests *all)
{
	for (uint32_t i = 0; i < CONFIG_MAX_GUESTS; i++)
		guest_finish(&all->guest[i]);
}

static void on_xenstore(const struct xenstore_view *view, void *owner)
{
	guests_update(owner, view);
}

bool guests_follow_xenstore(struct guests *all, uint32_t watches_needed)
{
	all->xenstore = xenstore_start(all->loop, watches_needed, on_xenstore, all);
	return all->xenstore != NULL;
}

void guests_leave_xenstore(struct guests *all)
{
	xenstore_stop(all->xenstore);
}

static struct guest *find_guest(struct guests *all, const struct xenstore_device *d)
{
	for (uint32_t i = 0; d->matches && i < all->config->num_guests; i++)
		if (!strcmp(all->guest[i].config->name, d->domain_name))
			return &all->guest[i];
	return NULL;
}

static bool is_alive(const struct xenstore_device *d)
{
	return d->frontend_state != XENSTORE_UNKNOWN;
}

static void refuse(struct guests *all, const struct xenstore_device *d, const char *reason)
{
	char text[XENSTORE_TEXT];

	/* In Closed it was refused before, or is over anyway. */
	if (d->backend_state == XENSTORE_CLOSED)
		return;
	snprintf(text, sizeof(text), "domain %u (%s): %s", d->domid,
		 d->domain_name[0] ? d->domain_name : "no name", reason);
	log_warning("refused: %s", text);
	xenstore_refuse(all->xenstore, d->domid, text);
}

static const struct xenstore_device *find_device(const struct xenstore_view *view, uint32_t domid)
{
	for (uint32_t i = 0; i < view->num_devices; i++)
		if (view->device[i].domid == domid)
			return &view->device[i];
	return NULL;
}

static void update_present(struct guests *all, const struct xenstore_view *view)
{
	for (uint32_t i = 0; i < all->config->num_guests; i++) {
		struct guest *g = &all->guest[i];
		const struct xenstore_device *d;

		if (!guest_is_present(g))
			continue;
		d = find_device(view, g->domid);
		if (d && is_alive(d) && find_guest(all, d) == g)
			guest_seen(g, d, view->served);
		else
			guest_vanished(g);
	}
}

static uint32_t count_claims(struct guests *all, const struct xenstore_view *view,
			     const struct guest *g)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < view->num_devices; i++) {
		const struct xenstore_device *d = &view->device[i];

		count += is_alive(d) && d->online && find_guest(all, d) == g;
	}
	return count;
}

static void look_at(struct guests *all, const struct xenstore_view *view,
		    const struct xenstore_device *d)
{
	struct guest *g = find_guest(all, d);

	if (g && guest_is_present(g) && g->domid == d->domid)
		return;
	if (!is_alive(d)) {
		/* Wait for its backend to let go before its nodes vanish. */
		if (!g || g->domid != d->domid || !client_running(&g->backend))
			xenstore_forget(all->xenstore, d->domid);
		return;
	}
	if (!d->online)
		return;
	if (!g)
		refuse(all, d, "it is not a guest of the device tree's gpu-mediator node");
	else if (guest_is_present(g) || count_claims(all, view, g) > 1)
		refuse(all, d, "another domain has the same name");
	else if (g->life.state == GUEST_ABSENT)
		guest_attached(g, d, view->served);
}

void guests_update(struct guests *all, const struct xenstore_view *view)
{
	all->have_domid = view->have_domid;
	all->domid = view->domid;
	update_present(all, view);
	for (uint32_t i = 0; i < view->num_devices; i++)
		look_at(all, view, &view->device[i]);
}
