/* SPDX-License-Identifier: MIT */
/* gpu-mediatord: decides who uses the GPU and what is on the displays. */
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <libfdt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mediator/daemon/control.h"
#include "mediator/daemon/keeper.h"
#include "mediator/daemon/log.h"
#include "mediator/daemon/mediator.h"
#include "mediator/daemon/preflight.h"
#include "mediator/daemon/output.h"
#include "mediator/daemon/xenstore.h"
#include "mediator/sandbox/sandbox.h"

#define MAX_FDT_BYTES (UINT32_C(16) << 20)

uint64_t mediator_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec + 1;
}

/* The whole file, to be freed; NULL with errno set. Files in /sys do not tell their size. */
static void *read_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *data = fd < 0 ? NULL : malloc(MAX_FDT_BYTES);
	ssize_t got = 0;

	*size = 0;
	while (data && *size < MAX_FDT_BYTES &&
	       (got = read(fd, data + *size, MAX_FDT_BYTES - *size)) > 0)
		*size += (size_t)got;
	if (data && got < 0) {
		free(data);
		data = NULL;
	}
	if (fd >= 0) {
		int error = errno;

		close(fd);
		errno = error;
	}
	return data;
}

static void name_board(struct mediator *m, const void *fdt)
{
	const char *name = m->options->board;
	int len = 0;

	if (!name)
		name = fdt_getprop(fdt, 0, "model", &len);
	if (!name || (!m->options->board && (len < 1 || name[len - 1] != '\0')))
		name = "unknown";
	snprintf(m->board, sizeof(m->board), "%s", name);
}

/* What cannot hold is not begun; what nobody declared is not promised, and said. */
static bool admit(struct mediator *m)
{
	admission_check(&m->config, &m->admission);
	if (admission_refused(&m->admission)) {
		log_error("%s: %s", m->options->fdt, m->admission.error.message);
		return false;
	}
	if (m->admission.verdict == ADMISSION_OPEN)
		log_info("nothing is promised: %s", m->admission.reason);
	else
		log_info("all displays' deadlines hold, at most %.1f %% of the GPU in use",
			 (double)m->admission.utilisation / 1e4);
	return true;
}

static bool read_config(struct mediator *m)
{
	struct config_error error;
	size_t size;
	void *fdt = read_file(m->options->fdt, &size);
	int status;

	if (!fdt) {
		log_error("%s: %m: no device tree (see --fdt)", m->options->fdt);
		return false;
	}
	status = config_parse(fdt, size, &m->config, &error);
	if (status)
		log_error("%s: %s", m->options->fdt, error.message);
	else
		name_board(m, fdt);
	free(fdt);
	return status == 0;
}

static void told_to_stop(struct ev_loop *loop, struct ev_signal *signal_watcher, int events)
{
	(void)events;
	log_info("ending, after signal %d", signal_watcher->signum);
	ev_break(loop, EVBREAK_ALL);
}

static void xenstore_changed(const struct xenstore_view *view, void *owner)
{
	guests_update(owner, view);
}

static bool given_up(const char *what, int status)
{
	if (status)
		log_error("%s cannot be given up: %s", what, strerror(-status));
	return status == 0;
}

static bool start(struct mediator *m)
{
	struct preflight needed;

	preflight_count(&m->config, &needed);
	if (!preflight_files(&needed) || !preflight_grants(&needed, PREFLIGHT_GRANT_LIMIT) ||
	    !given_up("system calls", sandbox_restrain()))
		return false;
	jobs_init(m);
	if (!kept_init(m, m->options->keeper_fd))
		return false;
	guests_init(m);
	if (!watchdog_init(m) || !panels_init(m))
		return false;
	checker_init(m);
	kept_end_others(m);
	m->control = control_start(m, m->options->socket);
	if (!m->control)
		return false;
	/* Before there is a second thread, which would keep what it has. */
	if (!given_up("capabilities", sandbox_drop_capabilities()))
		return false;
	m->xenstore = xenstore_start(m->loop, needed.watches, xenstore_changed, m);
	return m->xenstore != NULL;
}

static void stop(struct mediator *m)
{
	kms_leave(m->kms);
	control_stop(m->control);
	guests_stop(m);
	checker_stop(m);
	panels_stop(m);
	watchdog_stop(m);
	xenstore_stop(m->xenstore);
	kept_finish(m);
	ev_timer_stop(m->loop, &m->jobs.watchdog);
	ev_timer_stop(m->loop, &m->jobs.look);
}

int main(int argc, char **argv)
{
	static struct mediator mediator;
	struct ev_signal on_term, on_int;
	struct options options;
	struct mediator *m = &mediator;
	bool ok;

	options_parse(argc, argv, &options);
	if (options.supervise)
		return keeper_run(&options, argv);
	m->options = &options;
	m->watchdog.fd = -1;
	m->kept.fd = -1;
	if (!read_config(m) || !admit(m))
		return EXIT_FAILURE;
	signal(SIGPIPE, SIG_IGN);
	m->loop = ev_default_loop(EVFLAG_AUTO);
	m->started_ns = m->window_ns = mediator_now();
	ev_signal_init(&on_term, told_to_stop, SIGTERM);
	ev_signal_init(&on_int, told_to_stop, SIGINT);
	ev_signal_start(m->loop, &on_term);
	ev_signal_start(m->loop, &on_int);
	ok = start(m);
	if (ok) {
		log_info("%u guests, %u displays, %u panels; policy %s", m->config.num_guests,
			 m->config.num_displays, m->config.num_panels, m->config.policy->name);
		ev_run(m->loop, 0);
	}
	stop(m);
	ev_loop_destroy(m->loop);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
