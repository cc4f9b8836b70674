/* SPDX-License-Identifier: MIT */
/*
 * The fake Xen server: one thread with one event loop. tests/fakes/xen/fakexen.h lists the
 * behaviour that it imitates.
 */
#ifndef TESTS_FAKES_XEN_SERVER_SERVER_H
#define TESTS_FAKES_XEN_SERVER_SERVER_H

#include <stdint.h>

#include "tests/fakes/xen/fakexen.h"

#define MAX_CONNS   128u
#define MAX_DOMAINS 64u

struct packet {
	struct packet *next;
	size_t len;
	char data[];
};

struct conn {
	int fd; /* -1: unused */
	int event_fd;
	enum fx_kind kind;
	uint32_t domid;
	struct packet *queue; /* events not yet accepted by the socket */
};

struct domain {
	uint32_t used;
	uint32_t domid;
	int memory_fd, table_fd;
	struct fx_grant *table;
};

struct answer {
	struct fx_reply reply;
	size_t len;    /* bytes of reply.data */
	int fd[2];     /* descriptors to send; -1: none */
	int close_fds; /* close fd[0] after sending; else both stay the server's */
};

extern struct conn conns[MAX_CONNS];
extern struct domain domains[MAX_DOMAINS];
extern struct fx_stats stats;

struct domain *domain_find(uint32_t domid);

/* Queue an event; it is sent as soon as the client reads. */
void conn_event(struct conn *c, const void *data, size_t len);

/*
 * Request handlers: fill in *a and return 0 or an errno. `len` is the length of the request's data.
 * The *_gone() functions drop everything of a connection or a domain.
 */
int store_request(struct conn *c, const struct fx_request *r, size_t len, struct answer *a);
void store_gone(struct conn *c);
void store_fire_special(const char *name); /* @introduceDomain, @releaseDomain */

/* Whether `path` is `top` or below it. */
int path_is_below(const char *top, const char *path);

/* Fire the watches that a changed node concerns, or a removed one with all nodes below it. */
void watch_fire(const char *path, int removed);
/*
 * Watch an absolute path. Events omit the first `cut` bytes of a path (relative watches). Returns 0
 * or an errno.
 */
int watch_add(struct conn *c, const char *path, const char *token, size_t cut);
/* path and token NULL: remove all watches of the connection. */
int watch_remove(const struct conn *c, const char *path, const char *token);

int evtchn_request(struct conn *c, const struct fx_request *r, struct answer *a);
void evtchn_gone(struct conn *c);
void evtchn_domain_gone(uint32_t domid);

int grant_request(struct conn *c, const struct fx_request *r, size_t len, struct answer *a);
void grant_gone(struct conn *c);

#endif
