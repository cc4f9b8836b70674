/* SPDX-License-Identifier: MIT */
/* Messages between the mediator and its clients: valid ones arrive, others are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mediator/shared/protocol/client.h"
#include "tests/unit/mediator/shared/protocol/disturb.h"

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

/* Send a packet with any number of descriptors, whatever the rules say. */
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
		if (status == -EINVAL) /* a message of this type needs a descriptor */
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
		{GPUM_MSG_BUFFER_ADD, add, 0, 1},
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

static void a_closed_peer_is_told_from_a_silent_one(void **state)
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

static void credentials_in_a_packet_are_ignored(void **state)
{
	struct gpum_msg msg = {0}, got;
	const int on = 1;
	int fd;
	(void)state;

	assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	assert_int_equal(gpum_msg_send(ends[0], &msg, GPUM_MSG_JOB_RUN, -1), 0);
	assert_int_equal(gpum_msg_recv(ends[1], &got, &fd), 1);
	assert_int_equal(got.type, GPUM_MSG_JOB_RUN);
	assert_int_equal(fd, -1);
}

static void send_one(void *data)
{
	struct gpum_msg msg = {.run = {.id = 77}};

	assert_int_equal(gpum_msg_send(*(int *)data, &msg, GPUM_MSG_JOB_RUN, -1), 0);
}

/* Read everything: Linux wakes a sender that waits for room only if there is plenty. */
static void read_all(void *data)
{
	char packet[sizeof(struct gpum_msg)];

	while (recv(*(int *)data, packet, sizeof(packet), MSG_DONTWAIT) > 0)
		;
}

static void a_signal_neither_loses_a_message_nor_reports_an_error(void **state)
{
	struct gpum_msg msg = {0};
	int pair[2], fd;
	(void)state;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	disturb_start(send_one, &pair[1]);
	assert_int_equal(gpum_msg_recv(pair[0], &msg, &fd), 1);
	assert_int_equal(msg.run.id, 77);
	disturb_end();

	assert_int_equal(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
	while (gpum_msg_send(pair[0], &msg, GPUM_MSG_JOB_RUN, -1) == 0)
		;
	assert_int_equal(fcntl(pair[0], F_SETFL, 0), 0);
	disturb_start(read_all, &pair[1]);
	assert_int_equal(gpum_msg_send(pair[0], &msg, GPUM_MSG_JOB_RUN, -1), 0);
	disturb_end();
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(every_message_arrives_as_it_was_sent),
		TEST(unknown_messages_are_not_sent),
		TEST(packets_that_break_the_rules_are_refused_and_leak_nothing),
		TEST(a_closed_peer_is_told_from_a_silent_one),
		TEST(credentials_in_a_packet_are_ignored),
		TEST(a_signal_neither_loses_a_message_nor_reports_an_error),
	};

	return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
