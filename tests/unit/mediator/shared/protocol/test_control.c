/* SPDX-License-Identifier: MIT */
/* The tools' end of the control socket. The test plays the mediator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "mediator/shared/protocol/control.h"
#include "tests/unit/mediator/shared/protocol/disturb.h"

static int tool, mediator;
static int fds_before;
static char reply[64];

static int count_fds(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static int start(void **state)
{
	int ends[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return -1;
	tool = ends[0];
	mediator = ends[1];
	fds_before = count_fds();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	close(tool);
	if (mediator >= 0)
		close(mediator);
	return 0;
}

/* Send a reply of the mediator before the request: it waits in the socket. */
static void say(const char *text, unsigned int fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text)};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fds) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(fds * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fds * sizeof(int));
		for (unsigned int i = 0; i < fds; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &mediator, sizeof(int));
	}
	assert_int_equal(sendmsg(mediator, &header, 0), strlen(text));
}

static void hang_up(void)
{
	close(mediator);
	mediator = -1;
	fds_before--;
}

static void a_request_is_one_line(void **state)
{
	char request[16];
	int fd;

	(void)state;
	say("{\"ok\":true}\n", 0);
	assert_int_equal(control_ask(tool, "{\"op\":1}", reply, sizeof(reply), &fd), 0);
	assert_int_equal(recv(mediator, request, sizeof(request), MSG_DONTWAIT), 9);
	assert_memory_equal(request, "{\"op\":1}\n", 9);
}

static void a_reply_is_one_line_in_any_number_of_pieces(void **state)
{
	int fd;

	(void)state;
	say("{\"ok\":", 0);
	say("true", 0);
	say("}\n", 0);
	assert_int_equal(control_ask(tool, "{}", reply, sizeof(reply), &fd), 0);
	assert_string_equal(reply, "{\"ok\":true}");
	assert_int_equal(fd, -1);
}

static void a_reply_may_bring_one_descriptor_and_others_are_closed(void **state)
{
	static const unsigned int pieces[][3] = {
		{1, 0, 0}, {0, 0, 1}, {1, 1, 0}, {0, 2, 0}, {2, 1, 2}};

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		int fd;

		say("{", pieces[i][0]);
		say("}", pieces[i][1]);
		say("\n", pieces[i][2]);
		assert_int_equal(control_ask(tool, "{}", reply, sizeof(reply), &fd), 0);
		assert_string_equal(reply, "{}");
		assert_true(fd >= 0);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		close(fd);
		assert_int_equal(count_fds(), fds_before);
	}
}

static void an_unterminated_reply_leaves_no_descriptor(void **state)
{
	int fd;

	(void)state;
	say("longer than eight\n", 1);
	assert_int_equal(control_ask(tool, "{}", reply, 8, &fd), -EMSGSIZE);
	assert_int_equal(fd, -1);
	assert_int_equal(count_fds(), fds_before);
	say("{", 1);
	shutdown(mediator, SHUT_WR);
	assert_int_equal(control_ask(tool, "{}", reply, sizeof(reply), &fd), -EPIPE);
	assert_int_equal(fd, -1);
	assert_int_equal(count_fds(), fds_before);
}

static void credentials_in_a_reply_are_ignored(void **state)
{
	const int on = 1;
	int fd;

	(void)state;
	assert_int_equal(setsockopt(tool, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	say("{}\n", 0);
	assert_int_equal(control_ask(tool, "{}", reply, sizeof(reply), &fd), 0);
	assert_int_equal(fd, -1);
}

static void a_mediator_that_is_gone_or_silent_is_an_error(void **state)
{
	int fd;

	(void)state;
	/* As after the time-out of a blocking socket. */
	assert_int_equal(fcntl(tool, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(control_ask(tool, "{}", reply, sizeof(reply), &fd), -EAGAIN);
	hang_up();
	assert_int_equal(control_ask(tool, "{}", reply, sizeof(reply), &fd), -EPIPE);
	assert_int_equal(count_fds(), fds_before);
}

static void answer(void *data)
{
	char bytes[4096];
	ssize_t got;

	(void)data;
	do {
		got = recv(mediator, bytes, sizeof(bytes), 0);
	} while (got > 0 && bytes[got - 1] != '\n');
	send(mediator, "{}\n", 3, MSG_NOSIGNAL);
}

static void a_signal_loses_no_reply(void **state)
{
	static char request[1 << 20];
	int fd;

	(void)state;
	disturb_start(answer, NULL);
	assert_int_equal(control_ask(tool, "{}", reply, sizeof(reply), &fd), 0);
	disturb_end();
	/* More than the socket holds: the request is sent in parts, and sending has to wait. */
	memset(request, ' ', sizeof(request) - 1);
	disturb_start(answer, NULL);
	assert_int_equal(control_ask(tool, request, reply, sizeof(reply), &fd), 0);
	disturb_end();
}

static void connecting_gives_a_socket_that_does_not_wait_for_ever(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd;
	struct timeval timeout = {0};
	socklen_t length = sizeof(timeout);

	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/gpum-test-%d", (int)getpid());
	unlink(address.sun_path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	fd = control_connect(address.sun_path);
	assert_true(fd >= 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, &length), 0);
	assert_true(timeout.tv_sec > 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, &length), 0);
	assert_true(timeout.tv_sec > 0);
	close(fd);
	close(listener);
	unlink(address.sun_path);
}

static void a_failed_connection_says_why(void **state)
{
	struct rlimit few, before;
	char path[200];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(control_connect(path), -ENAMETOOLONG);
	assert_int_equal(control_connect("/nonexistent/socket"), -ENOENT);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(control_connect("/nonexistent/socket"), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(count_fds(), fds_before);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_one_line),
		TEST(a_reply_is_one_line_in_any_number_of_pieces),
		TEST(a_reply_may_bring_one_descriptor_and_others_are_closed),
		TEST(an_unterminated_reply_leaves_no_descriptor),
		TEST(credentials_in_a_reply_are_ignored),
		TEST(a_mediator_that_is_gone_or_silent_is_an_error),
		TEST(a_signal_loses_no_reply),
		TEST(connecting_gives_a_socket_that_does_not_wait_for_ever),
		TEST(a_failed_connection_says_why),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
