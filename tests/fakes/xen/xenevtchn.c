/* SPDX-License-Identifier: MIT */
/* Implements libxenevtchn (xenevtchn.h) on the fake Xen. */
#include "tests/fakes/xen/fakexen.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct xenevtchn_handle {
	int socket;
	int events;
	struct fx_request request;
	struct fx_reply reply;
};

xenevtchn_handle *fx_evtchn_open(uint32_t domid)
{
	xenevtchn_handle *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->socket = fx_open(FX_KIND_EVTCHN, domid, &h->events);
	if (h->socket < 0) {
		free(h);
		return NULL;
	}
	return h;
}

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned int flags)
{
	(void)logger;
	(void)flags;
	return fx_evtchn_open(fx_domid());
}

int xenevtchn_close(xenevtchn_handle *h)
{
	if (!h)
		return 0;
	close(h->socket);
	close(h->events);
	free(h);
	return 0;
}

int xenevtchn_fd(xenevtchn_handle *h)
{
	return h->events;
}

static int call(xenevtchn_handle *h, uint32_t op, uint32_t a0, uint32_t a1)
{
	h->request.op = op;
	h->request.a[0] = a0;
	h->request.a[1] = a1;
	if (fx_call(h->socket, &h->request, 0, &h->reply, NULL) < 0)
		return -1;
	return (int)h->reply.value;
}

/* No effect: tests bind no port of another domain. */
int xenevtchn_restrict(xenevtchn_handle *h, domid_t domid)
{
	(void)h;
	(void)domid;
	return 0;
}

int xenevtchn_notify(xenevtchn_handle *h, evtchn_port_t port)
{
	return call(h, FX_EV_NOTIFY, port, 0);
}

xenevtchn_port_or_error_t xenevtchn_bind_unbound_port(xenevtchn_handle *h, uint32_t domid)
{
	return call(h, FX_EV_UNBOUND, domid, 0);
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *h, uint32_t domid,
						     evtchn_port_t remote_port)
{
	return call(h, FX_EV_BIND, domid, remote_port);
}

int xenevtchn_unbind(xenevtchn_handle *h, evtchn_port_t port)
{
	return call(h, FX_EV_UNBIND, port, 0);
}

int xenevtchn_unmask(xenevtchn_handle *h, evtchn_port_t port)
{
	return call(h, FX_EV_UNMASK, port, 0);
}

/* Blocks like the real function, unless the descriptor is non-blocking. */
xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *h)
{
	uint32_t port;
	ssize_t got = recv(h->events, &port, sizeof(port), 0);

	if (got == (ssize_t)sizeof(port))
		return (int)port;
	if (got >= 0)
		errno = EIO;
	return -1;
}
