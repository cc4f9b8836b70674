/* SPDX-License-Identifier: MIT */
/*
 * agent PORT: runs commands that the host sends over a virtio serial port, one after the other.
 *
 * Request:  "@ID SECONDS LENGTH\n" and LENGTH bytes, a command for /bin/sh.
 * Reply:    any number of "@ID OUT LENGTH\n" with LENGTH bytes of output (stdout and stderr
 *           interleaved as the command wrote them), then "@ID END STATUS\n". STATUS is the exit
 *           status, 124 after a time-out, 128+N after signal N.
 * The host chooses ID, a word of at most 31 characters without spaces. By the ID it recognises and
 * drops replies to a caller that has gone away.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mediator/shared/version.h"

#define COMMAND_MAX 65536

struct request {
	char id[32];
	unsigned seconds;
	size_t length;
	char command[COMMAND_MAX + 1];
};

static bool agent_write(int port, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t n = write(port, data, length);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		if (n > 0) {
			data += n;
			length -= (size_t)n;
		}
	}
	return true;
}

/* read() returns 0 while no peer has the port open. A peer may open it later, so keep trying. */
static void agent_read(int port, char *data, size_t length)
{
	while (length > 0) {
		ssize_t n = read(port, data, length);
		if (n > 0) {
			data += n;
			length -= (size_t)n;
		} else {
			nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
		}
	}
}

static void agent_next(int port, struct request *req)
{
	for (;;) {
		char line[96];
		size_t used = 0;

		do {
			agent_read(port, &line[used], 1);
		} while (line[used] != '\n' && ++used < sizeof(line) - 1);
		line[used] = '\0';
		if (sscanf(line, "@%31s %u %zu", req->id, &req->seconds, &req->length) == 3 &&
		    req->length <= COMMAND_MAX) {
			agent_read(port, req->command, req->length);
			req->command[req->length] = '\0';
			return;
		}
	}
}

static pid_t agent_start(const struct request *req, int *output)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC))
		return -1;

	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY);
		setpgid(0, 0);
		dup2(null, 0);
		dup2(fds[1], 1);
		dup2(fds[1], 2);
		execl("/bin/sh", "sh", "-c", req->command, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	*output = fds[0];
	if (pid < 0)
		close(fds[0]);
	return pid;
}

static long agent_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * Passes output on until the command itself ends, not until the pipe is closed: the command's
 * background children may keep the pipe open for ever.
 */
static int agent_relay(int port, const struct request *req, pid_t pid, int output)
{
	long deadline = agent_now_ms() + 1000L * (long)req->seconds;
	bool ended = false, timed_out = false;
	int status = 0;

	for (;;) {
		char data[4096], head[64];
		struct pollfd pfd = {.fd = output, .events = POLLIN};
		int ready = poll(&pfd, 1, ended ? 0 : 20);
		ssize_t n = ready > 0 ? read(output, data, sizeof(data)) : 0;

		if (n > 0) {
			int len = snprintf(head, sizeof(head), "@%s OUT %zd\n", req->id, n);
			agent_write(port, head, (size_t)len);
			agent_write(port, data, (size_t)n);
			continue;
		}
		if (ended)
			break;
		ended = waitpid(pid, &status, WNOHANG) == pid;
		if (!ended && ready > 0)
			nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
		if (!ended && agent_now_ms() > deadline) {
			timed_out = true;
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			ended = true;
		}
	}
	if (timed_out)
		return 124;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	static struct request req;

	if (argc == 2 && !strcmp(argv[1], "--version")) {
		puts("agent " GPUM_VERSION);
		return 0;
	}
	int port = argc == 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
	if (port < 0) {
		fprintf(stderr, "agent: cannot open %s\n", argc == 2 ? argv[1] : "the port");
		return 1;
	}
	for (;;) {
		char end[64];
		int output = -1, status = 126;

		agent_next(port, &req);
		pid_t pid = agent_start(&req, &output);
		if (pid > 0) {
			status = agent_relay(port, &req, pid, output);
			close(output);
		}
		int len = snprintf(end, sizeof(end), "@%s END %d\n", req.id, status);
		agent_write(port, end, (size_t)len);
	}
}
