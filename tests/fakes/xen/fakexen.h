/* SPDX-License-Identifier: MIT */
/*
 * A Xen that is one process: xenstore, event channels and grants for programs on the build host.
 * The stand-in libraries (xenstore.c, xenevtchn.c, xengnttab.c) have the real libraries' headers
 * and talk to the server through $FAKEXEN_DIR/xen.sock; which domain a program runs in is
 * $FAKEXEN_DOMID (1, the driver domain, unless told otherwise).
 *
 * What is as in Xen: a reference maps only while it is valid, granted to the mapping domain, and
 * for writing only if granted so; one bad reference fails the whole batch; what a process has
 * mapped or bound goes away with it; a port's event is delivered once until unmasked; binding a
 * port raises an event; a watch fires once when set; any change during a transaction makes it end
 * with EAGAIN. What is not: permissions of xenstore nodes are kept but not enforced.
 *
 * Wire: SOCK_SEQPACKET, a request is answered by one reply. Events (watches, ports) come on a
 * second socket that the answer to FX_OPEN carries.
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
#define FX_BATCH_MAX	(FX_DATA_MAX / 4u) /* grant references in one request */
#define FX_PAGE_SIZE	4096u
#define FX_DOMAIN_PAGES 16384u
#define FX_GRANTS	32768u

enum fx_op {
	FX_OPEN = 1, /* a[0] enum fx_kind, a[1] domid */
	/* xenstore: a[0] transaction; data: path, zero, what is written */
	FX_XS_READ,
	FX_XS_WRITE,
	FX_XS_MKDIR,
	FX_XS_DIRECTORY, /* answered with names, each zero-terminated */
	FX_XS_RM,
	FX_XS_GET_PERMISSIONS,
	FX_XS_SET_PERMISSIONS,
	FX_XS_WATCH, /* data: path, zero, token, zero; also UNWATCH and the event */
	FX_XS_UNWATCH,
	FX_XS_START,
	FX_XS_END,	     /* a[1] abort */
	FX_XS_IS_INTRODUCED, /* a[1] domid */
	/* event channels: a[0] port */
	FX_EV_UNBOUND, /* a[0] remote domid */
	FX_EV_BIND,    /* a[0] remote domid, a[1] remote port */
	FX_EV_NOTIFY,
	FX_EV_UNMASK,
	FX_EV_UNBIND,
	/* grants: a[0] domid, data: references; MAP: a[1] for writing, answered with the page
	 * numbers in the domain's memory, which comes as descriptor */
	FX_GN_MAP,
	FX_GN_UNMAP,
	/* for tests */
	FX_DOMAIN_CREATE,  /* a[0] domid; descriptors: memory, grant table */
	FX_DOMAIN_DESTROY, /* a[0] domid: its memory, grants and ports are gone */
	FX_STATS,	   /* answered with struct fx_stats */
	FX_FAIL,	   /* the a[1]-th coming request a[0] fails once with errno a[2] */
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
	int32_t error; /* errno, 0 for success */
	uint32_t value;
	char data[FX_DATA_MAX];
};

#define FX_REQUEST_HEAD offsetof(struct fx_request, data)
#define FX_REPLY_HEAD	offsetof(struct fx_reply, data)

#define FX_GRANT_VALID	  1u
#define FX_GRANT_READONLY 2u

/* One entry of a domain's grant table; `active` is the server's, the rest the domain's. */
struct fx_grant {
	uint32_t flags;
	uint32_t domid; /* who may map it */
	uint32_t page;	/* below FX_DOMAIN_PAGES */
	uint32_t active;
};

struct fx_stats {
	uint32_t mapped;       /* grants mapped now, over all processes and domains */
	uint32_t map_calls;    /* requests since the start */
	uint32_t refused_maps; /* of these, answered with an error */
	uint32_t notifications;
	uint32_t ports;	  /* open in all domains */
	uint32_t watches; /* set by all processes */
};

/* --- Client side, used by the stand-in libraries and by tests ----------------------------------
 */

/* The domain that this process acts for. */
uint32_t fx_domid(void);

/*
 * Connect; *events (or NULL) gets the event socket. Returns the socket or -1 with errno set. Both
 * are closed by the caller.
 */
int fx_open(enum fx_kind kind, uint32_t domid, int *events);

/*
 * One request, with `len` bytes of data in place. Returns the number of data bytes in *reply, or
 * -1 with errno set. Up to two descriptors are passed back in fds (or NULL), -1 where there is
 * none.
 */
int fx_call(int socket, struct fx_request *request, size_t len, struct fx_reply *reply, int fds[2]);

/* The libraries' open functions for a domain of the caller's choice: tests play several. */
struct xs_handle *fx_xs_open(uint32_t domid);
xenevtchn_handle *fx_evtchn_open(uint32_t domid);

#endif
