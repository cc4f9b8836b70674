/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mediator/daemon/base/clock.h"
#include "mediator/daemon/base/log.h"
#include "mediator/daemon/keeper/keeper_life.h"
#include "mediator/daemon/keeper/kept_list.h"
#include "mediator/daemon/output/output.h"

#define EXIT_USAGE    2
#define MAX_ARGUMENTS 64

struct keeper {
	char program[512];
	char *argument[MAX_ARGUMENTS + 5];
	char card_option[16], card_fd[16], keeper_option[16], keeper_fd[16];
	sigset_t signals, before;
	int signal_fd;
	struct keeper_life life;
	struct kept_list kept;
	pid_t pid;  /* of the mediator; 0: it has been reaped, or there is none */
	int status; /* its last, as of wait() */
	int signal; /* the one that has ended all; 0: none has */
};

static void step(struct keeper *k, enum keeper_event event);

/* --- Starting a mediator ---------------------------------------------------------------------- */

/* The mediator's arguments are ours, less --supervise (getopt takes it abbreviated, too). */
static bool set_arguments(struct keeper *k, char **argv, int card)
{
	size_t n = 0;

	for (; *argv && n < MAX_ARGUMENTS; argv++)
		if (strncmp(*argv, "--su", 4))
			k->argument[n++] = *argv;
	if (*argv)
		return false;
	if (card >= 0) {
		snprintf(k->card_option, sizeof(k->card_option), "--card-fd");
		snprintf(k->card_fd, sizeof(k->card_fd), "%d", card);
		k->argument[n++] = k->card_option;
		k->argument[n++] = k->card_fd;
	}
	snprintf(k->keeper_option, sizeof(k->keeper_option), "--keeper-fd");
	k->argument[n++] = k->keeper_option;
	k->argument[n++] = k->keeper_fd;
	return true;
}

/* By its path, so that a program that was replaced meanwhile is what is started next. */
static bool find_program(struct keeper *k)
{
	ssize_t n = readlink("/proc/self/exe", k->program, sizeof(k->program) - 1);

	if (n > 0)
		k->program[n] = '\0';
	return n > 0;
}

static void become_mediator(struct keeper *k, pid_t parent, int socket)
{
	snprintf(k->keeper_fd, sizeof(k->keeper_fd), "%d", socket);
	fcntl(socket, F_SETFD, 0);
	sigprocmask(SIG_SETMASK, &k->before, NULL);
	/* Without a keeper, nobody would start it again. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		execv(k->program, k->argument);
	_exit(126);
}

static bool start_mediator(struct keeper *k)
{
	pid_t self = getpid();
	int socket = kept_list_connect(&k->kept);

	k->status = 0;
	k->pid = socket < 0 ? -1 : fork();
	if (k->pid == 0)
		become_mediator(k, self, socket);
	if (socket >= 0)
		close(socket);
	if (k->pid > 0) {
		kept_list_hand_over(&k->kept);
		return true;
	}
	log_error("no process for the mediator: %m");
	k->pid = 0;
	return false;
}

/* --- Carrying out what keeper_life.c says ----------------------------------------------------- */

static void end_clients(struct keeper *k)
{
	uint32_t count = kept_list_end(&k->kept);

	if (count && k->life.state != KEEPER_OVER)
		log_error("the mediator has ended %u times in a minute; its clients are ended, too",
			  STRIKES_LIMIT);
}

static void log_death(const struct keeper *k, uint64_t now)
{
	char how[64];

	if (WIFSIGNALED(k->status))
		snprintf(how, sizeof(how), "died of signal %d (%s)", WTERMSIG(k->status),
			 strsignal(WTERMSIG(k->status)));
	else
		snprintf(how, sizeof(how), "ended with status %d", WEXITSTATUS(k->status));
	log_error("the mediator %s; starting it again in %.1f s", how,
		  clock_seconds(k->life.due_ns - now));
}

static void step(struct keeper *k, enum keeper_event event)
{
	uint64_t now = clock_ns();
	unsigned int actions = keeper_life_step(&k->life, event, now);

	if (actions & KEEPER_DISCONNECT)
		kept_list_disconnect(&k->kept);
	if (actions & KEEPER_END_CLIENTS)
		end_clients(k);
	if (actions & KEEPER_LOG_DEATH)
		log_death(k, now);
	if (actions & KEEPER_TELL && k->pid)
		kill(k->pid, k->signal);
	if (actions & KEEPER_KILL && k->pid)
		kill(k->pid, SIGKILL);
	if (actions & KEEPER_START)
		step(k, start_mediator(k) ? KEEPER_STARTED : KEEPER_NOT_STARTED);
}

/* --- Events ----------------------------------------------------------------------------------- */

static bool has_refused(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_USAGE;
}

static void reap(struct keeper *k)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != k->pid) {
			kept_list_ended(&k->kept, pid, status);
			continue;
		}
		k->status = status;
		k->pid = 0;
		step(k, has_refused(status) ? KEEPER_REFUSED : KEEPER_DIED);
	}
}

static void take_signal(struct keeper *k)
{
	struct signalfd_siginfo info;

	if (read(k->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) {
		k->signal = (int)info.ssi_signo;
		step(k, KEEPER_STOP);
	}
}

static void wait_for_something(struct keeper *k)
{
	uint64_t now = clock_ns(), due = k->life.due_ns;
	uint64_t ns = due > now ? due - now : 0;
	const struct timespec t = {.tv_sec = (time_t)(ns / CLOCK_NS_PER_S),
				   .tv_nsec = (long)(ns % CLOCK_NS_PER_S)};
	struct pollfd fds[] = {{.fd = k->signal_fd, .events = POLLIN},
			       {.fd = k->kept.socket, .events = POLLIN}};

	if (ppoll(fds, 2, due == KEEPER_NO_TIMEOUT ? NULL : &t, NULL) <= 0)
		return;
	/* A client is kept before its end is noticed. */
	if (fds[1].revents)
		kept_list_listen(&k->kept);
	if (fds[0].revents)
		take_signal(k);
}

static void run(struct keeper *k)
{
	keeper_life_init(&k->life, clock_ns());
	while (k->life.state != KEEPER_OVER) {
		step(k, KEEPER_TIMEOUT);
		wait_for_something(k);
		reap(k);
	}
}

int keeper_run(const struct options *o, char **argv)
{
	static struct keeper keeper;
	struct keeper *k = &keeper;
	int card = -1;

	if (!strcmp(o->output, "kms")) {
		card = kms_open_card(o->card);
		if (card < 0 || fcntl(card, F_SETFD, 0))
			return EXIT_FAILURE;
	}
	if (!find_program(k) || !set_arguments(k, argv, card)) {
		log_error("the mediator cannot be started: %m");
		return EXIT_FAILURE;
	}
	sigemptyset(&k->signals);
	sigaddset(&k->signals, SIGTERM);
	sigaddset(&k->signals, SIGINT);
	sigaddset(&k->signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &k->signals, &k->before);
	k->signal_fd = signalfd(-1, &k->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (k->signal_fd < 0 || kept_list_init(&k->kept)) {
		log_error("no descriptor for signals or sockets: %m");
		return EXIT_FAILURE;
	}
	run(k);
	if (card >= 0)
		close(card);
	return k->signal ? EXIT_SUCCESS : EXIT_USAGE;
}
