/* SPDX-License-Identifier: MIT */
/* Messages between the mediator and its clients, and the tools' socket: what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "mediator/protocol/client.h"
#include "mediator/protocol/control.h"

static int ends[2];

static int start(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends);
}

static int stop(void **state)
{
	(void)state;
	close(ends[0]);
	return ends[1] >= 0 ? close(ends[1]) : 0;
}

static int count_fds(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* A packet with so many descriptors, whatever the rules say. */
static void send_raw(int to, const void *bytes, size_t size, unsigned int fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fds) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(fds * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fds * sizeof(int));
		for (unsigned int i = 0; i < fds; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &ends[0], sizeof(int));
	}
	assert_int_equal(sendmsg(to, &header, 0), size);
}

static void every_message_arrives_as_it_was_sent(void **state)
{
	(void)state;
	uint32_t types = 0;

	for (uint32_t type = 0; type < 256; type++) {
		uint32_t size = gpum_msg_size(type);
		struct gpum_msg msg, got;
		int fd;

		if (!size)
			continue;
		types++;
		memset(&msg, (int)type, sizeof(msg));
		int status = gpum_msg_send(ends[0], &msg, type, -1);
		if (status == -EINVAL) /* it must carry a descriptor */
			status = gpum_msg_send(ends[0], &msg, type, ends[0]);
		else
			assert_int_equal(gpum_msg_send(ends[0], &msg, type, ends[0]), -EINVAL);
		assert_int_equal(status, 0);
		assert_int_equal(gpum_msg_recv(ends[1], &got, &fd), 1);
		assert_int_equal(got.type, type);
		assert_memory_equal(&msg, &got, size);
		if (fd >= 0)
			close(fd);
	}
	assert_true(types >= 18);
}

static void unknown_messages_are_not_sent(void **state)
{
	struct gpum_msg msg = {0};
	(void)state;

	assert_int_equal(gpum_msg_size(0), 0);
	assert_int_equal(gpum_msg_send(ends[0], &msg, 0, -1), -EINVAL);
	assert_int_equal(gpum_msg_send(ends[0], &msg, 255, -1), -EINVAL);
}

static void packets_that_break_the_rules_are_refused_and_leak_nothing(void **state)
{
	uint32_t run = gpum_msg_size(GPUM_MSG_JOB_RUN), add = gpum_msg_size(GPUM_MSG_BUFFER_ADD);
	const struct {
		uint32_t type, said, sent;
		unsigned int fds;
	} bad[] = {
		{0, 8, 8, 0},
		{255, 8, 8, 0},
		{GPUM_MSG_JOB_RUN, run, run - 1, 0},
		{GPUM_MSG_JOB_RUN, run, run + 1, 0},
		{GPUM_MSG_JOB_RUN, run + 1, run, 0},
		{GPUM_MSG_JOB_RUN, run, 4, 0},
		{GPUM_MSG_JOB_RUN, run, sizeof(struct gpum_msg) + 8, 0},
		{GPUM_MSG_JOB_RUN, run, run, 1},
		{GPUM_MSG_BUFFER_ADD, add, add, 0},
		{GPUM_MSG_BUFFER_ADD, add, add, 2},
		{GPUM_MSG_BUFFER_ADD, add, add, 8},
		{GPUM_MSG_BUFFER_ADD, add, add - 4, 1},
	};
	int before = count_fds();
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint32_t packet[sizeof(struct gpum_msg) / 4 + 8] = {bad[i].type, bad[i].said};
		struct gpum_msg got;
		int fd = 99;

		send_raw(ends[0], packet, bad[i].sent, bad[i].fds);
		assert_int_equal(gpum_msg_recv(ends[1], &got, &fd), -EBADMSG);
		assert_int_equal(fd, -1);
		assert_int_equal(count_fds(), before);
	}
}

static void an_end_is_told_from_silence(void **state)
{
	struct gpum_msg msg = {0};
	int fd;
	(void)state;

	assert_int_equal(gpum_msg_recv(ends[0], &msg, &fd), -EAGAIN);
	close(ends[1]);
	ends[1] = -1;
	assert_int_equal(gpum_msg_recv(ends[0], &msg, &fd), 0);
	assert_int_equal(gpum_msg_send(ends[0], &msg, GPUM_MSG_JOB_RUN, -1), -EPIPE);
}

/* --- the tools' socket ---------------------------------------------------------------------------
 */

static struct sockaddr_un address;
static const char *answer;
static bool with_fd;

static void *serve_one(void *data)
{
	int listener = *(int *)data, fd = accept(listener, NULL, NULL);
	char byte = 0;

	if (fd < 0)
		return NULL;
	while (byte != '\n' && recv(fd, &byte, 1, 0) == 1)
		;
	if (with_fd)
		send_raw(fd, answer, strlen(answer), 1);
	else
		send(fd, answer, strlen(answer), MSG_NOSIGNAL);
	close(fd);
	return NULL;
}

static int ask(const char *what, char *reply, size_t size, int *fd)
{
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	pthread_t server;

	answer = what;
	address.sun_family = AF_UNIX;
	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/gpum-test-%d", (int)getpid());
	unlink(address.sun_path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(pthread_create(&server, NULL, serve_one, &listener), 0);
	int to = control_connect(address.sun_path);
	assert_true(to >= 0);
	int status = control_ask(to, "{}", reply, size, fd);
	close(to);
	pthread_join(server, NULL);
	close(listener);
	unlink(address.sun_path);
	return status;
}

static void a_reply_is_one_line_and_may_bring_a_descriptor(void **state)
{
	char reply[64];
	int fd;
	(void)state;

	with_fd = false;
	assert_int_equal(ask("{\"ok\":true}\n", reply, sizeof(reply), &fd), 0);
	assert_string_equal(reply, "{\"ok\":true}");
	assert_int_equal(fd, -1);
	with_fd = true;
	assert_int_equal(ask("{}\n", reply, sizeof(reply), &fd), 0);
	assert_true(fd >= 0);
	close(fd);
}

static void a_reply_without_an_end_leaves_no_descriptor(void **state)
{
	char reply[8];
	int fd, before = count_fds();
	(void)state;

	with_fd = true;
	assert_int_equal(ask("{", reply, sizeof(reply), &fd), -EPIPE);
	assert_int_equal(fd, -1);
	with_fd = false;
	assert_int_equal(ask("longer than eight\n", reply, sizeof(reply), &fd), -EMSGSIZE);
	assert_int_equal(count_fds(), before);
}

static void a_socket_that_is_not_there_says_why(void **state)
{
	char path[200];
	(void)state;

	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(control_connect(path), -ENAMETOOLONG);
	assert_int_equal(control_connect("/nonexistent/socket"), -ENOENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(every_message_arrives_as_it_was_sent),
		TEST(unknown_messages_are_not_sent),
		TEST(packets_that_break_the_rules_are_refused_and_leak_nothing),
		TEST(an_end_is_told_from_silence),
		TEST(a_reply_is_one_line_and_may_bring_a_descriptor),
		TEST(a_reply_without_an_end_leaves_no_descriptor),
		TEST(a_socket_that_is_not_there_says_why),
	};

	return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
