/* SPDX-License-Identifier: MIT */
/* Packets between keeper and mediator: whole messages, with no descriptor or two. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "mediator/shared/protocol/keeper.h"
#include "mediator/shared/protocol/packet.h"

static int ends[2];
static int two[2];

static int setup(void **state)
{
	(void)state;
	two[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	two[1] = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	return two[0] < 0 || two[1] < 0 ||
	       socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

static int teardown(void **state)
{
	(void)state;
	close(two[0]);
	close(two[1]);
	close(ends[0]);
	return close(ends[1]);
}

/* Returns the lowest free descriptor, which rises if a descriptor has leaked. */
static int next_descriptor(void)
{
	int fd = dup(two[0]);

	close(fd);
	return fd;
}

static void a_client_arrives_with_both_descriptors(void **state)
{
	const struct keeper_msg sent = {
		.type = KEEPER_MSG_KEEP, .pid = 42, .domid = 3, .name = "backend of ivi"};
	struct keeper_msg got;
	char byte = 1;
	int fds[2];

	(void)state;
	assert_int_equal(keeper_send(ends[0], &sent, two), 0);
	assert_int_equal(keeper_recv(ends[1], &got, fds), 1);
	assert_memory_equal(&got, &sent, sizeof(got));
	assert_int_equal(read(fds[0], &byte, 1), 0);
	assert_int_equal(read(fds[1], &byte, 1), 1);
	assert_int_equal(byte, 0);
	assert_int_equal(fcntl(fds[0], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fds[0]);
	close(fds[1]);
}

static void an_end_message_arrives_without_descriptors(void **state)
{
	const struct keeper_msg sent = {.type = KEEPER_MSG_ENDED, .pid = 42, .status = 9};
	struct keeper_msg got;
	int fds[2];

	(void)state;
	assert_int_equal(keeper_send(ends[0], &sent, NULL), 0);
	assert_int_equal(keeper_recv(ends[1], &got, fds), 1);
	assert_memory_equal(&got, &sent, sizeof(got));
	assert_int_equal(fds[0], -1);
	assert_int_equal(fds[1], -1);
}

static void a_peer_that_is_gone_is_noticed_at_both_ends(void **state)
{
	const struct keeper_msg sent = {.type = KEEPER_MSG_READY};
	struct keeper_msg got;
	int fds[2];

	(void)state;
	shutdown(ends[0], SHUT_RDWR);
	assert_int_equal(keeper_recv(ends[1], &got, fds), 0);
	assert_int_equal(keeper_send(ends[1], &sent, NULL), -EPIPE);
}

struct bad {
	const char *what;
	uint32_t type;
	size_t size;
	uint32_t num_fds;
};

static void malformed_messages_are_refused_and_leave_no_descriptor(void **state)
{
	static const struct bad bad[] = {
		{"cut short", KEEPER_MSG_READY, sizeof(struct keeper_msg) - 1, 0},
		{"nothing but a type", KEEPER_MSG_KEEP, 4, 2},
		{"a client with one descriptor", KEEPER_MSG_KEEP, sizeof(struct keeper_msg), 1},
		{"a client without descriptors", KEEPER_MSG_KEPT, sizeof(struct keeper_msg), 0},
		{"an end with descriptors", KEEPER_MSG_ENDED, sizeof(struct keeper_msg), 2},
	};
	int before = next_descriptor();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct keeper_msg msg = {.type = bad[i].type, .pid = 1};
		struct packet packet = {.data = &msg,
					.size = bad[i].size,
					.fd = {two[0], two[1]},
					.num_fds = bad[i].num_fds};
		int fds[2];

		assert_int_equal(packet_send(ends[0], &packet), 0);
		if (keeper_recv(ends[1], &msg, fds) != -EBADMSG)
			fail_msg("%s was accepted", bad[i].what);
		assert_int_equal(next_descriptor(), before);
	}
}

static void too_many_descriptors_are_not_sent(void **state)
{
	struct keeper_msg msg = {.type = KEEPER_MSG_KEEP};
	struct packet packet = {.data = &msg, .size = sizeof(msg), .num_fds = PACKET_MAX_FDS + 1};

	(void)state;
	assert_int_equal(packet_send(ends[0], &packet), -EINVAL);
}

static void an_unterminated_name_is_terminated(void **state)
{
	struct keeper_msg msg = {.type = KEEPER_MSG_ENDED};
	int fds[2];

	(void)state;
	memset(msg.name, 'x', sizeof(msg.name));
	assert_int_equal(keeper_send(ends[0], &msg, NULL), 0);
	assert_int_equal(keeper_recv(ends[1], &msg, fds), 1);
	assert_int_equal(strlen(msg.name), KEEPER_NAME_MAX - 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_client_arrives_with_both_descriptors),
		TEST(an_end_message_arrives_without_descriptors),
		TEST(a_peer_that_is_gone_is_noticed_at_both_ends),
		TEST(malformed_messages_are_refused_and_leave_no_descriptor),
		TEST(too_many_descriptors_are_not_sent),
		TEST(an_unterminated_name_is_terminated),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
