/* SPDX-License-Identifier: MIT */
#include "tests/fakes/xen/server/server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct conn conns[MAX_CONNS];
struct domain domains[MAX_DOMAINS];
struct fx_stats stats;

/* Per request type: how many requests until one fails (0: none fails), and its errno. */
static struct {
	uint32_t countdown;
	int error;
} failures[FX_OP_COUNT];

struct domain *domain_find(uint32_t domid)
{
	for (uint32_t i = 0; i < MAX_DOMAINS; i++) {
		if (domains[i].used && domains[i].domid == domid)
			return &domains[i];
	}
	return NULL;
}

static int domain_create(uint32_t domid)
{
	struct domain *d = NULL;

	if (domain_find(domid))
		return EEXIST;
	for (uint32_t i = 0; i < MAX_DOMAINS && !d; i++) {
		if (!domains[i].used)
			d = &domains[i];
	}
	if (!d)
		return ENOSPC;
	d->memory_fd = memfd_create("memory", MFD_CLOEXEC);
	d->table_fd = memfd_create("grants", MFD_CLOEXEC);
	if (d->memory_fd < 0 || d->table_fd < 0 ||
	    ftruncate(d->memory_fd, (off_t)FX_DOMAIN_PAGES * FX_PAGE_SIZE) < 0 ||
	    ftruncate(d->table_fd, FX_GRANTS * sizeof(struct fx_grant)) < 0)
		return errno;
	d->table = mmap(NULL, FX_GRANTS * sizeof(struct fx_grant), PROT_READ | PROT_WRITE,
			MAP_SHARED, d->table_fd, 0);
	if (d->table == MAP_FAILED)
		return errno;
	d->domid = domid;
	d->used = 1;
	return 0;
}

static void domain_destroy(struct domain *d)
{
	evtchn_domain_gone(d->domid);
	munmap(d->table, FX_GRANTS * sizeof(struct fx_grant));
	close(d->memory_fd);
	close(d->table_fd);
	memset(d, 0, sizeof(*d));
	store_fire_special("@releaseDomain");
}

static int control_request(const struct fx_request *r, struct answer *a)
{
	struct domain *d = domain_find(r->a[0]);
	int error;

	switch ((enum fx_op)r->op) {
	case FX_DOMAIN_CREATE:
		error = domain_create(r->a[0]);
		if (error)
			return error;
		d = domain_find(r->a[0]);
		a->fd[0] = d->memory_fd;
		a->fd[1] = d->table_fd;
		store_fire_special("@introduceDomain");
		return 0;
	case FX_DOMAIN_DESTROY:
		if (!d)
			return ESRCH;
		domain_destroy(d);
		return 0;
	case FX_STATS:
		memcpy(a->reply.data, &stats, sizeof(stats));
		a->len = sizeof(stats);
		return 0;
	case FX_FAIL:
		if (r->a[0] >= FX_OP_COUNT)
			return EINVAL;
		failures[r->a[0]].countdown = r->a[1];
		failures[r->a[0]].error = (int)r->a[2];
		return 0;
	default:
		return ENOSYS;
	}
}

static int open_request(struct conn *c, const struct fx_request *r, struct answer *a)
{
	int pair[2];

	if (c->event_fd >= 0 || r->a[0] > FX_KIND_GNTTAB)
		return EINVAL;
	if (!domain_find(r->a[1]))
		return ESRCH;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return errno;
	c->kind = (enum fx_kind)r->a[0];
	c->domid = r->a[1];
	c->event_fd = pair[0];
	a->fd[0] = pair[1];
	a->close_fds = 1;
	return 0;
}

static int handle(struct conn *c, const struct fx_request *r, size_t len, struct answer *a)
{
	if (r->op == 0 || r->op >= FX_OP_COUNT)
		return ENOSYS;
	if (failures[r->op].countdown > 0 && --failures[r->op].countdown == 0)
		return failures[r->op].error;
	if (r->op == FX_OPEN)
		return open_request(c, r, a);
	switch (c->kind) {
	case FX_KIND_STORE:
		return store_request(c, r, len, a);
	case FX_KIND_EVTCHN:
		return evtchn_request(c, r, a);
	case FX_KIND_GNTTAB:
		return grant_request(c, r, len, a);
	case FX_KIND_CONTROL:
		break;
	}
	return control_request(r, a);
}

static void send_answer(struct conn *c, struct answer *a)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = &a->reply, .iov_len = FX_REPLY_HEAD + a->len};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};
	size_t fds = (a->fd[0] >= 0 ? 1u : 0u) + (a->fd[1] >= 0 ? 1u : 0u);

	if (fds > 0) {
		memset(&control, 0, sizeof(control));
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(fds * sizeof(int));
		struct cmsghdr *m = CMSG_FIRSTHDR(&header);
		m->cmsg_level = SOL_SOCKET;
		m->cmsg_type = SCM_RIGHTS;
		m->cmsg_len = CMSG_LEN(fds * sizeof(int));
		memcpy(CMSG_DATA(m), a->fd, fds * sizeof(int));
	}
	if (sendmsg(c->fd, &header, MSG_NOSIGNAL) < 0)
		perror("fakexen: sendmsg");
	if (a->close_fds)
		close(a->fd[0]);
}

static void conn_close(struct conn *c)
{
	store_gone(c);
	evtchn_gone(c);
	grant_gone(c);
	while (c->queue) {
		struct packet *p = c->queue;
		c->queue = p->next;
		free(p);
	}
	if (c->event_fd >= 0)
		close(c->event_fd);
	close(c->fd);
	c->fd = c->event_fd = -1;
}

static void conn_readable(struct conn *c)
{
	static struct fx_request request;
	static struct answer answer;
	ssize_t got = recv(c->fd, &request, sizeof(request), 0);

	if (got < (ssize_t)FX_REQUEST_HEAD) {
		conn_close(c);
		return;
	}
	answer.len = 0;
	answer.fd[0] = answer.fd[1] = -1;
	answer.close_fds = 0;
	answer.reply.value = 0;
	answer.reply.error = handle(c, &request, (size_t)got - FX_REQUEST_HEAD, &answer);
	if (answer.reply.error != 0)
		answer.len = 0;
	send_answer(c, &answer);
}

static void conn_flush(struct conn *c)
{
	while (c->queue) {
		struct packet *p = c->queue;
		if (send(c->event_fd, p->data, p->len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
		    errno == EAGAIN)
			return;
		c->queue = p->next;
		free(p);
	}
}

void conn_event(struct conn *c, const void *data, size_t len)
{
	struct packet *p = malloc(sizeof(*p) + len);
	struct packet **link = &c->queue;

	if (!p)
		abort();
	p->next = NULL;
	p->len = len;
	memcpy(p->data, data, len);
	while (*link)
		link = &(*link)->next;
	*link = p;
	conn_flush(c);
}

static void accept_one(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	for (uint32_t i = 0; i < MAX_CONNS && fd >= 0; i++) {
		if (conns[i].fd < 0) {
			conns[i] = (struct conn){.fd = fd, .event_fd = -1};
			return;
		}
	}
	if (fd >= 0)
		close(fd);
}

static void run(int listener)
{
	static struct pollfd fds[1 + 2 * MAX_CONNS];

	for (;;) {
		fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
		for (uint32_t i = 0; i < MAX_CONNS; i++) {
			fds[1 + 2 * i] = (struct pollfd){.fd = conns[i].fd, .events = POLLIN};
			fds[2 + 2 * i] = (struct pollfd){
				.fd = conns[i].queue ? conns[i].event_fd : -1, .events = POLLOUT};
		}
		if (poll(fds, 1 + 2 * MAX_CONNS, -1) < 0)
			continue;
		for (uint32_t i = 0; i < MAX_CONNS; i++) {
			if (fds[2 + 2 * i].revents)
				conn_flush(&conns[i]);
			if (fds[1 + 2 * i].revents && conns[i].fd >= 0)
				conn_readable(&conns[i]);
		}
		if (fds[0].revents)
			accept_one(listener);
	}
}

/*
 * Usage: fakexen DIR. Serves DIR/xen.sock until it is killed. Domains 0 and 1 exist from the start.
 */
int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener, n;

	if (argc != 2) {
		fprintf(stderr, "usage: fakexen DIR\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	for (uint32_t i = 0; i < MAX_CONNS; i++)
		conns[i].fd = conns[i].event_fd = -1;
	n = snprintf(address.sun_path, sizeof(address.sun_path), "%s/xen.sock", argv[1]);
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (n < 0 || (size_t)n >= sizeof(address.sun_path) || listener < 0 ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 64) < 0) {
		perror("fakexen");
		return 1;
	}
	if (domain_create(0) || domain_create(FX_DRIVER_DOMID))
		return 1;
	run(listener);
}
