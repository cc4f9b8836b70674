/* SPDX-License-Identifier: MIT */
/*
 * A fake Xen in one server process: xenstore, event channels and grants for programs on the build
 * host. The stand-in libraries (xenstore.c, xenevtchn.c, xengnttab.c) implement the real libraries'
 * headers and talk to the server through $FAKEXEN_DIR/xen.sock. $FAKEXEN_DOMID names the domain
 * that a program runs in; the default is 1, the driver domain.
 *
 * Behaviour as in Xen: a reference can be mapped only while it is valid and granted to the mapping
 * domain, and for writing only if granted so; one bad reference fails the whole batch; a process's
 * mappings and bindings end with the process; a port's event is delivered once until it is
 * unmasked; binding a port raises an event; a watch fires once when it is set; a transaction ends
 * with EAGAIN if anything changed meanwhile. Different from Xen: permissions of xenstore nodes are
 * stored but not enforced.
 *
 * Wire: SOCK_SEQPACKET; each request is answered with one reply. Events (watches, ports) arrive on
 * a second socket, which the reply to FX_OPEN carries.
 */
#ifndef TESTS_FAKES_XEN_FAKEXEN_H
#define TESTS_FAKES_XEN_FAKEXEN_H

#include <stddef.h>
#include <stdint.h>

#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>

#define FX_DRIVER_DOMID 1u
#define FX_DATA_MAX	32768u
#define FX_BATCH_MAX	(FX_DATA_MAX / 4u) /* grant references per request */
#define FX_PAGE_SIZE	4096u
#define FX_DOMAIN_PAGES 16384u
#define FX_GRANTS	32768u

enum fx_op {
	FX_OPEN = 1, /* a[0] enum fx_kind, a[1] domid */
	/* xenstore: a[0] transaction; data: path, zero, value to write */
	FX_XS_READ,
	FX_XS_WRITE,
	FX_XS_MKDIR,
	FX_XS_DIRECTORY, /* reply: names, each zero-terminated */
	FX_XS_RM,
	FX_XS_GET_PERMISSIONS,
	FX_XS_SET_PERMISSIONS,
	FX_XS_WATCH, /* data: path, zero, token, zero; same for UNWATCH and events */
	FX_XS_UNWATCH,
	FX_XS_START,
	FX_XS_END,	     /* a[1] 1: abort */
	FX_XS_IS_INTRODUCED, /* a[1] domid */
	/* event channels: a[0] port */
	FX_EV_UNBOUND, /* a[0] remote domid */
	FX_EV_BIND,    /* a[0] remote domid, a[1] remote port */
	FX_EV_NOTIFY,
	FX_EV_UNMASK,
	FX_EV_UNBIND,
	/*
	 * grants: a[0] domid; data: references. MAP: a[1] 1: for writing; reply: page numbers in
	 * the domain's memory, whose descriptor it carries
	 */
	FX_GN_MAP,
	FX_GN_UNMAP,
	/* for tests */
	FX_DOMAIN_CREATE,  /* a[0] domid; reply carries memory and grant table */
	FX_DOMAIN_DESTROY, /* a[0] domid; drops its memory, grants and ports */
	FX_STATS,	   /* reply: struct fx_stats */
	FX_FAIL,	   /* the a[1]-th next request of type a[0] fails with errno a[2] */
	FX_OP_COUNT,
};

enum fx_kind {
	FX_KIND_CONTROL,
	FX_KIND_STORE,
	FX_KIND_EVTCHN,
	FX_KIND_GNTTAB,
};

struct fx_request {
	uint32_t op;
	uint32_t a[3];
	char data[FX_DATA_MAX];
};

struct fx_reply {
	int32_t error; /* errno; 0: success */
	uint32_t value;
	char data[FX_DATA_MAX];
};

#define FX_REQUEST_HEAD offsetof(struct fx_request, data)
#define FX_REPLY_HEAD	offsetof(struct fx_reply, data)

#define FX_GRANT_VALID	  1u
#define FX_GRANT_READONLY 2u

/* One entry of a domain's grant table. The server writes `active`, the domain the other members. */
struct fx_grant {
	uint32_t flags;
	uint32_t domid; /* the domain that may map the page */
	uint32_t page;	/* below FX_DOMAIN_PAGES */
	uint32_t active;
};

struct fx_stats {
	uint32_t mapped;       /* grants mapped now, by all processes */
	uint32_t map_calls;    /* map requests since the start */
	uint32_t refused_maps; /* map requests answered with an error */
	uint32_t notifications;
	uint32_t ports;	  /* open ports of all domains */
	uint32_t watches; /* watches set by all processes */
};

/*
 * --- Client side, used by the stand-in libraries and by tests ----------------------------------
 */

/* The domain that this process runs in. */
uint32_t fx_domid(void);

/*
 * Connect to the server on behalf of `domid`. *events gets the event socket, unless `events` is
 * NULL. Returns the request socket, or -1 with errno set. The caller closes both sockets.
 */
int fx_open(enum fx_kind kind, uint32_t domid, int *events);

/*
 * Send one request with `len` bytes of data, and wait for the reply. Returns the number of data
 * bytes in *reply, or -1 with errno set. `fds` (or NULL) gets up to two descriptors, which are then
 * the caller's; -1 where there is none.
 */
int fx_call(int socket, struct fx_request *request, size_t len, struct fx_reply *reply, int fds[2]);

/* The libraries' open functions with a domain as argument, for tests that play several domains. */
struct xs_handle *fx_xs_open(uint32_t domid);
xenevtchn_handle *fx_evtchn_open(uint32_t domid);

#endif
