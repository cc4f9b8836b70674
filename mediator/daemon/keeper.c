/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/keeper.h"

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

#include "mediator/daemon/log.h"
#include "mediator/daemon/mediator.h"
#include "mediator/daemon/output.h"
#include "mediator/daemon/wards.h"
#include "mediator/guard/restart.h"
#include "mediator/guard/strikes.h"

#define EXIT_USAGE    2
#define MAX_ARGUMENTS 64
#define NS_PER_S      UINT64_C(1000000000)
#define END_NS	      (10 * NS_PER_S) /* for the mediator to end by itself */

struct keeper {
	char program[512];
	char *argument[MAX_ARGUMENTS + 5];
	char card_option[16], card_fd[16], keeper_option[16], keeper_fd[16];
	sigset_t signals, before;
	int signal_fd;
	struct restart restart;
	struct strikes strikes;
	struct wards wards;
	pid_t pid;
	int status; /* of wait() */
};

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

static void become(struct keeper *k, pid_t parent, int socket)
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

/* The signal that came; 0: something else did, or the time is over. */
static int wait_signal(struct keeper *k, uint64_t ns)
{
	const struct timespec t = {.tv_sec = (time_t)(ns / NS_PER_S),
				   .tv_nsec = (long)(ns % NS_PER_S)};
	struct pollfd fds[] = {{.fd = k->signal_fd, .events = POLLIN},
			       {.fd = k->wards.socket, .events = POLLIN}};
	struct signalfd_siginfo info;

	if (ppoll(fds, 2, &t, NULL) <= 0)
		return 0;
	/* Who is to be kept is known before it is seen to have ended. */
	if (fds[1].revents)
		wards_listen(&k->wards);
	if (!fds[0].revents || read(k->signal_fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

static bool is_over(struct keeper *k)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != k->pid) {
			wards_ended(&k->wards, pid, status);
			continue;
		}
		k->status = status;
		k->pid = 0;
	}
	return !k->pid;
}

/* Returns the signal that is to end us, or 0 when the mediator has ended. */
static int watch(struct keeper *k)
{
	while (!is_over(k)) {
		int number = wait_signal(k, 3600 * NS_PER_S);

		if (number == SIGTERM || number == SIGINT)
			return number;
	}
	return 0;
}

static int pause_for(struct keeper *k, uint64_t ns)
{
	uint64_t until = mediator_now() + ns, now;

	while ((now = mediator_now()) < until) {
		int number = wait_signal(k, until - now);

		if (number == SIGTERM || number == SIGINT)
			return number;
		is_over(k);
	}
	return 0;
}

static void end_mediator(struct keeper *k, int number)
{
	uint64_t until = mediator_now() + END_NS, now;

	if (is_over(k))
		return;
	kill(k->pid, number);
	while (!is_over(k) && (now = mediator_now()) < until)
		wait_signal(k, until - now);
	if (is_over(k))
		return;
	kill(k->pid, SIGKILL);
	while (waitpid(k->pid, &k->status, 0) < 0 && errno == EINTR)
		;
	k->pid = 0;
}

static void tell_end(const struct keeper *k, uint64_t pause)
{
	char how[64];

	if (WIFSIGNALED(k->status))
		snprintf(how, sizeof(how), "died of signal %d (%s)", WTERMSIG(k->status),
			 strsignal(WTERMSIG(k->status)));
	else
		snprintf(how, sizeof(how), "ended with status %d", WEXITSTATUS(k->status));
	log_error("the mediator %s; starting it again in %.1f s", how, (double)pause / 1e9);
}

static bool start_mediator(struct keeper *k)
{
	pid_t self = getpid();
	int socket = wards_connect(&k->wards);

	k->status = 0;
	if (socket < 0)
		return false;
	k->pid = fork();
	if (k->pid == 0)
		become(k, self, socket);
	close(socket);
	if (k->pid > 0)
		wards_hand_over(&k->wards);
	return k->pid > 0;
}

/*
 * Clients that kill each mediator which takes them over must not be taken over again and again: the
 * third death within a minute ends them, too.
 */
static void consider_wards(struct keeper *k)
{
	wards_disconnect(&k->wards);
	if (!strikes_add(&k->strikes, mediator_now()))
		return;
	if (wards_end(&k->wards))
		log_error("the mediator has ended %u times in a minute; its clients are ended, too",
			  STRIKES_LIMIT);
	strikes_forgive(&k->strikes);
}

/* Returns the signal that ended it all, or 0 when the mediator is not to be run again. */
static int run_again_and_again(struct keeper *k)
{
	for (;;) {
		uint64_t begin = mediator_now(), pause;
		int number = 0;

		if (start_mediator(k))
			number = watch(k);
		else
			log_error("no process for the mediator: %m");
		if (number)
			return number;
		k->pid = 0;
		consider_wards(k);
		if (WIFEXITED(k->status) && WEXITSTATUS(k->status) == EXIT_USAGE)
			return 0;
		pause = restart_pause(&k->restart, mediator_now() - begin);
		tell_end(k, pause);
		number = pause_for(k, pause);
		if (number)
			return number;
	}
}

int keeper_run(const struct options *o, char **argv)
{
	static struct keeper keeper;
	struct keeper *k = &keeper;
	int card = -1, number;

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
	strikes_init(&k->strikes, STRIKES_WINDOW_NS);
	if (k->signal_fd < 0 || wards_init(&k->wards)) {
		log_error("no descriptor for signals or sockets: %m");
		return EXIT_FAILURE;
	}
	number = run_again_and_again(k);
	end_mediator(k, number);
	wards_end(&k->wards);
	if (card >= 0)
		close(card);
	return number ? EXIT_SUCCESS : EXIT_USAGE;
}
