/* SPDX-License-Identifier: MIT */
/* Event channels. Ports are numbered per domain and belong to the connection that bound them. */
#include "tests/fakes/xen/server/server.h"

#include <errno.h>
#include <string.h>

#define MAX_PORTS 512u

struct port {
	struct conn *owner; /* NULL: unused */
	uint32_t domid, number;
	uint32_t remote_domid;
	struct port *peer; /* NULL: unbound */
	int pending, masked;
};

static struct port ports[MAX_PORTS];

static struct port *port_find(uint32_t domid, uint32_t number)
{
	for (uint32_t i = 0; i < MAX_PORTS; i++) {
		if (ports[i].owner && ports[i].domid == domid && ports[i].number == number)
			return &ports[i];
	}
	return NULL;
}

static struct port *port_new(struct conn *c, uint32_t remote_domid)
{
	struct port *p = NULL;
	uint32_t number = 1;

	for (uint32_t i = 0; i < MAX_PORTS && !p; i++) {
		if (!ports[i].owner)
			p = &ports[i];
	}
	if (!p)
		return NULL;
	while (port_find(c->domid, number))
		number++;
	*p = (struct port){
		.owner = c, .domid = c->domid, .number = number, .remote_domid = remote_domid};
	stats.ports++;
	return p;
}

/* As with /dev/xen/evtchn, a delivered port is masked until the client unmasks it. */
static void deliver(struct port *p)
{
	if (!p->pending || p->masked)
		return;
	p->pending = 0;
	p->masked = 1;
	conn_event(p->owner, &p->number, sizeof(p->number));
}

static void port_close(struct port *p)
{
	if (p->peer)
		p->peer->peer = NULL;
	memset(p, 0, sizeof(*p));
	stats.ports--;
}

void evtchn_gone(struct conn *c)
{
	for (uint32_t i = 0; i < MAX_PORTS; i++) {
		if (ports[i].owner == c)
			port_close(&ports[i]);
	}
}

void evtchn_domain_gone(uint32_t domid)
{
	for (uint32_t i = 0; i < MAX_PORTS; i++) {
		if (ports[i].owner && ports[i].domid == domid)
			port_close(&ports[i]);
	}
}

static int bind_interdomain(struct conn *c, uint32_t remote_domid, uint32_t number,
			    struct answer *a)
{
	struct port *remote = port_find(remote_domid, number), *p;

	if (!domain_find(remote_domid))
		return ESRCH;
	if (!remote || remote->peer || remote->remote_domid != c->domid)
		return EINVAL;
	p = port_new(c, remote_domid);
	if (!p)
		return ENOSPC;
	p->peer = remote;
	remote->peer = p;
	a->reply.value = p->number;
	/* As in Xen, in case the other side has already notified. */
	p->pending = 1;
	deliver(p);
	return 0;
}

int evtchn_request(struct conn *c, const struct fx_request *r, struct answer *a)
{
	struct port *p;

	if (r->op == FX_EV_UNBOUND) {
		p = port_new(c, r->a[0]);
		if (p)
			a->reply.value = p->number;
		return p ? 0 : ENOSPC;
	}
	if (r->op == FX_EV_BIND)
		return bind_interdomain(c, r->a[0], r->a[1], a);

	p = port_find(c->domid, r->a[0]);
	if (!p || p->owner != c)
		return ENOENT;
	switch ((enum fx_op)r->op) {
	case FX_EV_NOTIFY:
		stats.notifications++;
		if (p->peer) {
			p->peer->pending = 1;
			deliver(p->peer);
		}
		return 0;
	case FX_EV_UNMASK:
		p->masked = 0;
		deliver(p);
		return 0;
	case FX_EV_UNBIND:
		port_close(p);
		return 0;
	default:
		return ENOSYS;
	}
}
