/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/guest/xenstore.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <xenstore.h>

#include "mediator/daemon/base/log.h"
#include "mediator/daemon/guest/xenstore_look.h"

#define MAX_REQUESTS	 64u
#define LOOK_AGAIN_MS	 1000 /* xenstored need not tell a driver domain that a domain has ended */
#define QUIET_NS	 20000000L /* between two looks, whatever the number of watches fired */
#define FAILED_NS	 500000000L
#define WATCHES_PER_TURN 1024u

struct request {
	enum { REQUEST_REFUSE, REQUEST_ABSOLVE, REQUEST_FORGET } kind;
	uint32_t domid;
	char reason[XENSTORE_TEXT];
};

struct xenstore {
	struct ev_loop *loop;
	struct ev_async async;
	void (*changed)(const struct xenstore_view *view, void *owner);
	void *owner;
	pthread_t thread;
	uint32_t watches_needed;
	bool complained; /* the log says already that there are too few */
	int wake;

	pthread_mutex_t lock; /* for the members up to `asked` */
	bool stop;
	struct xenstore_view view;
	struct request request[MAX_REQUESTS];
	uint32_t first, count;
	uint64_t asked; /* requests ever made */

	/* used by the thread only */
	struct xs_handle *xs;
	uint64_t served;
	struct xenstore_view seen;
	uint32_t watched[XENSTORE_MAX_DEVICES]; /* domains whose frontend is watched */
	uint32_t num_watched;
};

/* --- The thread: watching --------------------------------------------------------------------- */

static bool is_watched(const struct xenstore *x, uint32_t domid)
{
	for (uint32_t i = 0; i < x->num_watched; i++)
		if (x->watched[i] == domid)
			return true;
	return false;
}

static bool is_listed(const struct xenstore_view *view, uint32_t domid)
{
	for (uint32_t i = 0; i < view->num_devices; i++)
		if (view->device[i].domid == domid)
			return true;
	return false;
}

static void frontend_path(uint32_t domid, char *path, size_t size)
{
	snprintf(path, size, "/local/domain/%u/device/vgpu/0/state", domid);
}

static void watch_frontends(struct xenstore *x, const struct xenstore_view *view)
{
	char path[96];

	for (uint32_t i = 0; i < x->num_watched;) {
		if (is_listed(view, x->watched[i])) {
			i++;
			continue;
		}
		frontend_path(x->watched[i], path, sizeof(path));
		xs_unwatch(x->xs, path, "frontend");
		x->watched[i] = x->watched[--x->num_watched];
	}
	for (uint32_t i = 0; i < view->num_devices; i++) {
		if (is_watched(x, view->device[i].domid))
			continue;
		frontend_path(view->device[i].domid, path, sizeof(path));
		if (xs_watch(x->xs, path, "frontend"))
			x->watched[x->num_watched++] = view->device[i].domid;
	}
}

/* --- The thread: writing ---------------------------------------------------------------------- */

static bool write_text(struct xenstore *x, uint32_t domid, const char *node, const char *text)
{
	char path[96];

	snprintf(path, sizeof(path), "backend/vgpu/%u/0/%s", domid, node);
	if (xs_write(x->xs, XBT_NULL, path, text, (unsigned int)strlen(text)))
		return true;
	log_warning("xenstore: %s cannot be written: %m", path);
	return false;
}

static bool remove_device(struct xenstore *x, uint32_t domid)
{
	char path[96];

	snprintf(path, sizeof(path), "backend/vgpu/%u", domid);
	if (xs_rm(x->xs, XBT_NULL, path) || errno == ENOENT)
		return true;
	log_warning("xenstore: %s cannot be removed: %m", path);
	return false;
}

static bool serve_request(struct xenstore *x, const struct request *r)
{
	char path[96];

	switch (r->kind) {
	case REQUEST_REFUSE:
		if (r->reason[0])
			write_text(x, r->domid, "error", r->reason);
		return write_text(x, r->domid, "state", "6");
	case REQUEST_ABSOLVE:
		snprintf(path, sizeof(path), "backend/vgpu/%u/0/error", r->domid);
		return xs_rm(x->xs, XBT_NULL, path) || errno == ENOENT;
	case REQUEST_FORGET:
		return remove_device(x, r->domid);
	}
	return false;
}

static bool take_request(struct xenstore *x, struct request *out)
{
	bool any;

	pthread_mutex_lock(&x->lock);
	any = x->count > 0;
	if (any) {
		*out = x->request[x->first];
		x->first = (x->first + 1) % MAX_REQUESTS;
		x->count--;
	}
	pthread_mutex_unlock(&x->lock);
	return any;
}

/* --- The thread: its life --------------------------------------------------------------------- */

static bool must_stop(struct xenstore *x)
{
	bool stop;

	pthread_mutex_lock(&x->lock);
	stop = x->stop;
	pthread_mutex_unlock(&x->lock);
	return stop;
}

static void publish(struct xenstore *x, const struct xenstore_view *view)
{
	x->seen = *view;
	pthread_mutex_lock(&x->lock);
	x->view = *view;
	pthread_mutex_unlock(&x->lock);
	ev_async_send(x->loop, &x->async);
}

/*
 * xenstored's quota on watches is one for the whole domain. Set as many as all guests together may
 * need, once, so that no guest finds the quota used up later.
 */
static bool try_watches(struct xenstore *x)
{
	char token[24];
	uint32_t set = 0;
	bool ok = true;

	for (; set < x->watches_needed && ok; set++) {
		snprintf(token, sizeof(token), "trial %u", set);
		ok = xs_watch(x->xs, "backend/vgpu", token);
	}
	if (!ok && !x->complained)
		log_error("xenstore: watch %u of the %u that the tree's guests need is refused: "
			  "%m; fix: raise the quota (xenstored --watch-nb %u)",
			  set, x->watches_needed, x->watches_needed);
	x->complained = !ok;
	for (uint32_t i = 0; i < set; i++) {
		snprintf(token, sizeof(token), "trial %u", i);
		xs_unwatch(x->xs, "backend/vgpu", token);
	}
	return ok;
}

static bool connect_store(struct xenstore *x)
{
	x->num_watched = 0;
	x->xs = xs_open(0);
	if (!x->xs)
		return false;
	if (!try_watches(x) || !xs_watch(x->xs, "backend/vgpu", "backend")) {
		xs_close(x->xs);
		x->xs = NULL;
		return false;
	}
	/* A driver domain may lack the permission for this one; LOOK_AGAIN_MS makes up for it. */
	xs_watch(x->xs, "@releaseDomain", "release");
	return true;
}

/* False when the connection is lost. */
static bool drain_watches(struct xenstore *x)
{
	for (unsigned int i = 0; i < WATCHES_PER_TURN; i++) {
		char **event;

		errno = 0;
		event = xs_check_watch(x->xs);
		if (!event)
			return errno == 0 || errno == EAGAIN || errno == EINTR;
		free(event);
	}
	return true;
}

static void wait_for_change(struct xenstore *x)
{
	struct pollfd fds[2] = {{.fd = x->wake, .events = POLLIN},
				{.fd = x->xs ? xs_fileno(x->xs) : -1, .events = POLLIN}};
	const struct timespec quiet = {.tv_nsec = QUIET_NS};
	uint64_t value;

	poll(fds, 2, LOOK_AGAIN_MS);
	if (fds[0].revents && read(x->wake, &value, sizeof(value)) < 0)
		return;
	nanosleep(&quiet, NULL);
}

static void serve_all(struct xenstore *x)
{
	struct xenstore_view view;
	struct request request;
	bool ok = true;

	while (take_request(x, &request)) {
		ok &= serve_request(x, &request);
		x->served++;
	}
	/* The event loop repeats a failed request at once, so pause here. */
	if (!ok)
		nanosleep(&(struct timespec){.tv_nsec = FAILED_NS}, NULL);
	if (!xenstore_look(x->xs, &view))
		return;
	watch_frontends(x, &view);
	view.served = x->served;
	if (memcmp(&view, &x->seen, sizeof(view)))
		publish(x, &view);
}

static void *run_thread(void *data)
{
	struct xenstore *x = data;
	bool told = false;

	while (!must_stop(x)) {
		if (!x->xs && connect_store(x)) {
			log_info("xenstore: connected");
			told = false;
		} else if (!x->xs && !told) {
			log_warning("xenstore: no connection (%m); trying again");
			told = true;
		}
		if (x->xs && drain_watches(x)) {
			serve_all(x);
		} else if (x->xs) {
			log_warning("xenstore: connection lost");
			xs_close(x->xs);
			x->xs = NULL;
		}
		wait_for_change(x);
	}
	if (x->xs)
		xs_close(x->xs);
	return NULL;
}

/* --- The event loop's side -------------------------------------------------------------------- */

static void on_view(struct ev_loop *loop, struct ev_async *async, int events)
{
	struct xenstore *x = async->data;
	static struct xenstore_view view;

	(void)loop;
	(void)events;
	pthread_mutex_lock(&x->lock);
	view = x->view;
	pthread_mutex_unlock(&x->lock);
	x->changed(&view, x->owner);
}

static void wake(struct xenstore *x)
{
	const uint64_t one = 1;

	if (write(x->wake, &one, sizeof(one)) < 0)
		log_error("xenstore: the thread cannot be woken: %m");
}

static uint64_t add_request(struct xenstore *x, const struct request *r)
{
	uint64_t number = 0;

	pthread_mutex_lock(&x->lock);
	if (x->count < MAX_REQUESTS) {
		x->request[(x->first + x->count++) % MAX_REQUESTS] = *r;
		number = ++x->asked;
	}
	pthread_mutex_unlock(&x->lock);
	if (!number)
		log_warning("xenstore: too many requests, one about domain %u is lost", r->domid);
	wake(x);
	return number;
}

uint64_t xenstore_refuse(struct xenstore *x, uint32_t domid, const char *reason)
{
	struct request r = {.kind = REQUEST_REFUSE, .domid = domid};

	snprintf(r.reason, sizeof(r.reason), "%s", reason);
	return add_request(x, &r);
}

void xenstore_absolve(struct xenstore *x, uint32_t domid)
{
	add_request(x, &(struct request){.kind = REQUEST_ABSOLVE, .domid = domid});
}

void xenstore_forget(struct xenstore *x, uint32_t domid)
{
	add_request(x, &(struct request){.kind = REQUEST_FORGET, .domid = domid});
}

struct xenstore *xenstore_start(struct ev_loop *loop, uint32_t watches_needed,
				void (*changed)(const struct xenstore_view *view, void *owner),
				void *owner)
{
	struct xenstore *x = calloc(1, sizeof(*x));
	sigset_t all, before;
	int status;

	if (!x)
		return NULL;
	x->loop = loop;
	x->watches_needed = watches_needed;
	x->changed = changed;
	x->owner = owner;
	x->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&x->lock, NULL);
	ev_async_init(&x->async, on_view);
	x->async.data = x;
	ev_async_start(loop, &x->async);
	/* Only the event loop takes signals. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	status = x->wake < 0 ? errno : pthread_create(&x->thread, NULL, run_thread, x);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!status)
		return x;
	log_error("xenstore: no thread: %s", strerror(status));
	ev_async_stop(loop, &x->async);
	free(x);
	return NULL;
}

void xenstore_stop(struct xenstore *x)
{
	if (!x)
		return;
	pthread_mutex_lock(&x->lock);
	x->stop = true;
	pthread_mutex_unlock(&x->lock);
	wake(x);
	pthread_join(x->thread, NULL);
	ev_async_stop(x->loop, &x->async);
	pthread_mutex_destroy(&x->lock);
	close(x->wake);
	free(x);
}
