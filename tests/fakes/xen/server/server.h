/* SPDX-License-Identifier: MIT */
/* The fake Xen server: one thread, one loop; see tests/fakes/xen/fakexen.h for what it imitates. */
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
	struct packet *queue; /* events that did not fit into the socket yet */
};

struct domain {
	uint32_t used;
	uint32_t domid;
	int memory_fd, table_fd;
	struct fx_grant *table;
};

struct answer {
	struct fx_reply reply;
	size_t len; /* of reply.data */
	int fd[2];  /* to be passed on, -1: none; stay the server's unless close_fds */
	int close_fds;
};

extern struct conn conns[MAX_CONNS];
extern struct domain domains[MAX_DOMAINS];
extern struct fx_stats stats;

struct domain *domain_find(uint32_t domid);

/* Queue an event; it is sent as soon as the client reads. */
void conn_event(struct conn *c, const void *data, size_t len);

/*
 * Each handler answers its requests and returns 0 or an errno. `len` is the length of the
 * request's data. The *_gone functions forget a connection or a domain.
 */
int store_request(struct conn *c, const struct fx_request *r, size_t len, struct answer *a);
void store_gone(struct conn *c);
void store_fire_special(const char *name); /* @introduceDomain, @releaseDomain */

/* Whether `path` is `top` or below it. */
int path_is_below(const char *top, const char *path);

/* A node has changed or is gone with all below it. */
void watch_fire(const char *path, int removed);
/* `cut` bytes at the front of an absolute path are not shown. Return 0 or an errno. */
int watch_add(struct conn *c, const char *path, const char *token, size_t cut);
/* path and token NULL: all of the connection's. */
int watch_remove(const struct conn *c, const char *path, const char *token);

int evtchn_request(struct conn *c, const struct fx_request *r, struct answer *a);
void evtchn_gone(struct conn *c);
void evtchn_domain_gone(uint32_t domid);

int grant_request(struct conn *c, const struct fx_request *r, size_t len, struct answer *a);
void grant_gone(struct conn *c);

#endif
