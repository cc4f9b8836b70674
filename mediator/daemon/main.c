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

#include "mediator/daemon/base/clock.h"
#include "mediator/daemon/base/log.h"
#include "mediator/daemon/control/control.h"
#include "mediator/daemon/control/mediator.h"
#include "mediator/daemon/keeper/keeper.h"
#include "mediator/daemon/preflight.h"
#include "mediator/shared/sandbox/sandbox.h"

#define MAX_FDT_BYTES (UINT32_C(16) << 20)

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

/*
 * Refuse to start if a deadline cannot be met. If job lengths are undeclared, start, and log that
 * nothing is guaranteed.
 */
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

static void on_signal(struct ev_loop *loop, struct ev_signal *signal_watcher, int events)
{
	(void)events;
	log_info("ending, after signal %d", signal_watcher->signum);
	ev_break(loop, EVBREAK_ALL);
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
	if (!clients_init(&m->clients, m->loop, m->options->libexec, m->config.policy,
			  &m->config.costs, m->options->keeper_fd, m->started_ns))
		return false;
	guests_init(&m->guests, m->loop, m->options, &m->config, &m->admission, &m->clients,
		    &m->displays);
	if (!displays_init(&m->displays, m->loop, m->options, &m->config, &m->clients))
		return false;
	clients_end_unwanted(&m->clients);
	m->control = control_start(m, m->options->socket);
	if (!m->control)
		return false;
	/* Drop capabilities before a second thread is created: a thread would keep its own. */
	return given_up("capabilities", sandbox_drop_capabilities()) &&
	       guests_follow_xenstore(&m->guests, needed.watches);
}

static void stop(struct mediator *m)
{
	displays_leave(&m->displays);
	control_stop(m->control);
	guests_finish(&m->guests);
	displays_finish(&m->displays);
	guests_leave_xenstore(&m->guests);
	clients_finish(&m->clients);
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
	if (!read_config(m) || !admit(m))
		return EXIT_FAILURE;
	signal(SIGPIPE, SIG_IGN);
	m->loop = ev_default_loop(EVFLAG_AUTO);
	m->started_ns = m->window_ns = clock_ns();
	ev_signal_init(&on_term, on_signal, SIGTERM);
	ev_signal_init(&on_int, on_signal, SIGINT);
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
