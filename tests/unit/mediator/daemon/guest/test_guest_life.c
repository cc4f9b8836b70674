/* SPDX-License-Identifier: MIT */
/* The transitions of a guest, as tables: event and state to state and actions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "mediator/daemon/guest/guest_life.h"
#include "mediator/daemon/guest/xenstore_view.h"

#define NOW   UINT64_C(1000000000000)
#define MS    UINT64_C(1000000)
#define S     (1000 * MS)
#define BAN   (30 * S)
#define FRESH (NOW - 100 * S) /* long enough ago that nothing is held against anybody */

static const struct guest_device attached_anew = {.online = true,
						  .frontend_state = XENSTORE_INITIALISING,
						  .backend_state = XENSTORE_INITIALISING,
						  .same_domain = true};
static const struct guest_device there = {
	.online = true, .frontend_state = XENSTORE_CONNECTED, .backend_state = XENSTORE_CONNECTED};
static const struct guest_device there_closed = {.online = true,
						 .frontend_state = XENSTORE_CLOSED,
						 .backend_state = XENSTORE_CLOSED,
						 .served = 1};
static const struct guest_device detached = {.frontend_state = XENSTORE_CONNECTED,
					     .backend_state = XENSTORE_CONNECTED};
static const struct guest_device detached_closed = {.frontend_state = XENSTORE_CLOSED,
						    .backend_state = XENSTORE_CLOSED};

static void run(struct guest_life *l, uint64_t now)
{
	guest_life_step(l, GUEST_ATTACHED, &attached_anew, now);
	guest_life_step(l, GUEST_STARTED, NULL, now);
	guest_life_step(l, GUEST_SEEN, &there, now);
}

/* A life in that state, whose time-out is due at NOW where there is one. */
static struct guest_life in(enum guest_state state)
{
	struct guest_life l = {0};

	guest_life_init(&l, BAN);
	if (state == GUEST_ABSENT)
		return l;
	run(&l, FRESH);
	switch (state) {
	case GUEST_ABSENT:
	case GUEST_RUNNING:
		break;
	case GUEST_DETACHING:
		guest_life_step(&l, GUEST_SEEN, &detached, NOW - GUEST_DETACH_NS);
		break;
	case GUEST_STOPPING:
		guest_life_step(&l, GUEST_VANISHED, NULL, NOW);
		break;
	case GUEST_UNEXPLAINED:
		guest_life_step(&l, GUEST_ENDED, NULL, NOW);
		guest_life_closing(&l, 1);
		break;
	case GUEST_CLOSED:
		guest_life_step(&l, GUEST_FAILED, NULL, NOW - 2 * GUEST_RETRY_NS);
		break;
	case GUEST_BANNED:
		for (unsigned int i = 0; i < STRIKES_LIMIT; i++) {
			guest_life_step(&l, GUEST_STARTED, NULL, NOW - BAN);
			guest_life_step(&l, GUEST_FAILED, NULL, NOW - BAN);
		}
		break;
	}
	assert_int_equal(l.state, state);
	return l;
}

enum {
	C = GUEST_CLOSE,
	R = GUEST_CLOSE_WITH_REASON,
	F = GUEST_FORGET_REASON,
	GO = GUEST_FORGET_REASON | GUEST_START,
	X = GUEST_STRIKE,
};

static void each_event_in_each_state(void **state)
{
	static const struct {
		const char *what;
		enum guest_event event;
		const struct guest_device *device;
		struct {
			enum guest_state state;
			unsigned int actions;
		} from[GUEST_BANNED + 1];
	} rows[] = {
		{"dom0 attaches the device",
		 GUEST_SEEN,
		 &attached_anew,
		 {{GUEST_ABSENT, 0},
		  {GUEST_RUNNING, 0},
		  {GUEST_RUNNING, 0},
		  {GUEST_STOPPING, 0},
		  {GUEST_CLOSED, 0},
		  {GUEST_CLOSED, 0},
		  {GUEST_CLOSED, GO}}},
		{"it is there, and its old connection is closed",
		 GUEST_SEEN,
		 &there_closed,
		 {{GUEST_ABSENT, 0},
		  {GUEST_RUNNING, 0},
		  {GUEST_RUNNING, 0},
		  {GUEST_STOPPING, 0},
		  {GUEST_CLOSED, X | R},
		  {GUEST_CLOSED, 0},
		  {GUEST_BANNED, 0}}},
		{"dom0 detaches the device",
		 GUEST_SEEN,
		 &detached,
		 {{GUEST_ABSENT, 0},
		  {GUEST_DETACHING, 0},
		  {GUEST_DETACHING, 0},
		  {GUEST_STOPPING, 0},
		  {GUEST_ABSENT, 0},
		  {GUEST_ABSENT, 0},
		  {GUEST_ABSENT, 0}}},
		{"dom0 has detached it, and the connection is closed",
		 GUEST_SEEN,
		 &detached_closed,
		 {{GUEST_ABSENT, 0},
		  {GUEST_STOPPING, GUEST_STOP},
		  {GUEST_STOPPING, GUEST_STOP},
		  {GUEST_STOPPING, 0},
		  {GUEST_ABSENT, 0},
		  {GUEST_ABSENT, 0},
		  {GUEST_ABSENT, 0}}},
		{"the domain is gone",
		 GUEST_VANISHED,
		 NULL,
		 {{GUEST_ABSENT, 0},
		  {GUEST_STOPPING, GUEST_STOP},
		  {GUEST_STOPPING, GUEST_STOP},
		  {GUEST_STOPPING, 0},
		  {GUEST_ABSENT, 0},
		  {GUEST_ABSENT, 0},
		  {GUEST_ABSENT, 0}}},
		{"the backend fails",
		 GUEST_FAILED,
		 NULL,
		 {{GUEST_ABSENT, 0},
		  {GUEST_CLOSED, X | R},
		  {GUEST_CLOSED, X | R},
		  {GUEST_ABSENT, C},
		  {GUEST_UNEXPLAINED, 0},
		  {GUEST_CLOSED, 0},
		  {GUEST_BANNED, 0}}},
		{"the backend ends before it is ready",
		 GUEST_NEVER_READY,
		 NULL,
		 {{GUEST_ABSENT, 0},
		  {GUEST_CLOSED, R},
		  {GUEST_CLOSED, R},
		  {GUEST_ABSENT, C},
		  {GUEST_UNEXPLAINED, 0},
		  {GUEST_CLOSED, 0},
		  {GUEST_BANNED, 0}}},
		{"the backend ends with status 0",
		 GUEST_ENDED,
		 NULL,
		 {{GUEST_ABSENT, 0},
		  {GUEST_UNEXPLAINED, C},
		  {GUEST_UNEXPLAINED, C},
		  {GUEST_ABSENT, C},
		  {GUEST_UNEXPLAINED, 0},
		  {GUEST_CLOSED, 0},
		  {GUEST_BANNED, 0}}},
		{"the time-out comes",
		 GUEST_TIMEOUT,
		 NULL,
		 {{GUEST_ABSENT, 0},
		  {GUEST_RUNNING, 0},
		  {GUEST_STOPPING, GUEST_STOP},
		  {GUEST_STOPPING, 0},
		  {GUEST_UNEXPLAINED, 0},
		  {GUEST_CLOSED, GO},
		  {GUEST_CLOSED, GO}}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned int from = GUEST_ABSENT; from <= GUEST_BANNED; from++) {
			struct guest_life l = in(from);
			unsigned int actions =
				guest_life_step(&l, rows[i].event, rows[i].device, NOW);

			if (actions != rows[i].from[from].actions ||
			    l.state != rows[i].from[from].state)
				fail_msg("%s, in state %u: actions %u, state %u", rows[i].what,
					 from, actions, l.state);
		}
}

static void early_timeout_changes_nothing(void **state)
{
	(void)state;
	for (unsigned int from = GUEST_ABSENT; from <= GUEST_BANNED; from++) {
		struct guest_life l = in(from), before = l;

		assert_int_equal(guest_life_step(&l, GUEST_TIMEOUT, NULL, NOW - 1), 0);
		assert_memory_equal(&l, &before, sizeof(l));
	}
}

static void backend_starts_when_a_domain_attaches(void **state)
{
	struct guest_life l = in(GUEST_ABSENT);

	(void)state;
	assert_int_equal(guest_life_step(&l, GUEST_ATTACHED, &attached_anew, NOW), GO);
	l = in(GUEST_ABSENT);
	assert_int_equal(guest_life_step(&l, GUEST_ATTACHED, &there_closed, NOW), GO);
}

static void connection_left_by_an_earlier_mediator_is_closed_first(void **state)
{
	struct guest_life l = in(GUEST_ABSENT);
	struct guest_device d = there_closed;

	(void)state;
	assert_int_equal(guest_life_step(&l, GUEST_ATTACHED, &there, NOW),
			 GUEST_RECONNECT | GUEST_CLOSE);
	guest_life_closing(&l, 5);
	d.served = 4;
	assert_int_equal(guest_life_step(&l, GUEST_SEEN, &d, NOW), 0);
	d.served = 5;
	assert_int_equal(guest_life_step(&l, GUEST_SEEN, &d, NOW), GO);
}

static void next_backend_waits_for_the_pause_and_for_the_old_connection(void **state)
{
	struct guest_life l = in(GUEST_RUNNING);
	struct guest_device d = there_closed;

	(void)state;
	guest_life_step(&l, GUEST_FAILED, NULL, NOW);
	guest_life_closing(&l, 9);
	assert_int_equal(l.due_ns, NOW + 2 * GUEST_RETRY_NS);
	d.served = 9;
	assert_int_equal(guest_life_step(&l, GUEST_SEEN, &d, NOW), 0);
	assert_int_equal(guest_life_step(&l, GUEST_TIMEOUT, NULL, l.due_ns), GO);

	l = in(GUEST_RUNNING);
	guest_life_step(&l, GUEST_FAILED, NULL, NOW);
	guest_life_closing(&l, 9);
	assert_int_equal(guest_life_step(&l, GUEST_TIMEOUT, NULL, l.due_ns), 0);
	assert_int_equal(guest_life_step(&l, GUEST_SEEN, &d, NOW + S), GO);
}

static void offer_made_to_a_failed_backend_is_not_taken(void **state)
{
	struct guest_life l = in(GUEST_CLOSED);
	struct guest_device d = there_closed;

	(void)state;
	d.frontend_state = XENSTORE_INITIALISED;
	guest_life_step(&l, GUEST_SEEN, &d, NOW - 1);
	assert_int_equal(guest_life_step(&l, GUEST_TIMEOUT, NULL, NOW), 0);
	d.frontend_state = XENSTORE_CLOSED;
	assert_int_equal(guest_life_step(&l, GUEST_SEEN, &d, NOW), GO);
}

static void backend_without_a_process_is_tried_again_later_and_later(void **state)
{
	struct guest_life l = in(GUEST_ABSENT);
	uint64_t now = NOW, pause = RESTART_FIRST_NS;

	(void)state;
	guest_life_step(&l, GUEST_ATTACHED, &attached_anew, now);
	for (unsigned int i = 0; i < 4; i++, pause *= 2) {
		guest_life_step(&l, GUEST_NOT_STARTED, NULL, now);
		assert_int_equal(l.state, GUEST_CLOSED);
		assert_int_equal(l.due_ns, now + pause);
		now = l.due_ns;
		assert_int_equal(guest_life_step(&l, GUEST_TIMEOUT, NULL, now), GO);
	}
}

static void third_fault_within_a_minute_bans_the_guest(void **state)
{
	struct guest_life l = in(GUEST_RUNNING);

	(void)state;
	for (unsigned int i = 1; i < STRIKES_LIMIT; i++) {
		assert_int_equal(guest_life_step(&l, GUEST_FAILED, NULL, NOW), X | R);
		guest_life_step(&l, GUEST_STARTED, NULL, NOW);
	}
	assert_int_equal(guest_life_step(&l, GUEST_FAILED, NULL, NOW), X | R | GUEST_BAN);
	assert_int_equal(l.state, GUEST_BANNED);
	assert_int_equal(l.due_ns, NOW + BAN);
}

static void ban_survives_a_reboot_but_not_an_attach_by_dom0(void **state)
{
	struct guest_life l = in(GUEST_BANNED);
	struct guest_device other = attached_anew;

	(void)state;
	other.same_domain = false;
	guest_life_step(&l, GUEST_VANISHED, NULL, NOW - S);
	assert_int_equal(guest_life_step(&l, GUEST_ATTACHED, &other, NOW - S), 0);
	assert_int_equal(l.state, GUEST_BANNED);
	assert_int_equal(l.due_ns, NOW);

	l = in(GUEST_BANNED);
	guest_life_step(&l, GUEST_SEEN, &there_closed, NOW - S);
	guest_life_step(&l, GUEST_VANISHED, NULL, NOW - S);
	assert_int_equal(guest_life_step(&l, GUEST_ATTACHED, &attached_anew, NOW - S), GO);
}

static void guest_that_removes_and_writes_its_own_nodes_stays_banned(void **state)
{
	struct guest_life l = in(GUEST_BANNED);
	struct guest_device again = there_closed;

	(void)state;
	again.same_domain = true;
	guest_life_step(&l, GUEST_SEEN, &there_closed, NOW - S);
	guest_life_step(&l, GUEST_VANISHED, NULL, NOW - S);
	assert_int_equal(guest_life_step(&l, GUEST_ATTACHED, &again, NOW - S), 0);
	assert_int_equal(l.state, GUEST_BANNED);
}

static void unexplained_end_is_no_fault_if_dom0_had_detached_the_device(void **state)
{
	struct guest_life l = in(GUEST_UNEXPLAINED);
	struct guest_device d = attached_anew;

	(void)state;
	assert_int_equal(guest_life_step(&l, GUEST_SEEN, &detached_closed, NOW), 0);
	assert_int_equal(l.state, GUEST_ABSENT);
	assert_int_equal(l.strikes.total, 0);

	l = in(GUEST_UNEXPLAINED);
	d.served = 1;
	assert_int_equal(guest_life_step(&l, GUEST_SEEN, &d, NOW), 0);
	assert_int_equal(l.strikes.total, 0);
	assert_int_equal(guest_life_step(&l, GUEST_TIMEOUT, NULL, l.due_ns), GO);
}

static void unexplained_end_waits_for_no_answer_that_cannot_come(void **state)
{
	struct guest_life l = in(GUEST_RUNNING);

	(void)state;
	guest_life_step(&l, GUEST_ENDED, NULL, NOW);
	guest_life_closing(&l, 0); /* there was no place for the request */
	assert_int_equal(guest_life_step(&l, GUEST_TIMEOUT, NULL, NOW + 10 * S), GO);
}

static void nodes_of_a_gone_domain_are_closed_unless_dom0_has_done_so(void **state)
{
	struct guest_life l = in(GUEST_RUNNING);

	(void)state;
	guest_life_step(&l, GUEST_SEEN, &detached_closed, NOW);
	assert_int_equal(l.state, GUEST_STOPPING);
	assert_int_equal(guest_life_step(&l, GUEST_ENDED, NULL, NOW), F);
	assert_false(guest_life_is_present(&l));
}

static void each_state_has_a_name(void **state)
{
	(void)state;
	for (unsigned int i = GUEST_ABSENT; i <= GUEST_BANNED; i++)
		assert_true(strlen(guest_state_name(i)) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_in_each_state),
		cmocka_unit_test(early_timeout_changes_nothing),
		cmocka_unit_test(backend_starts_when_a_domain_attaches),
		cmocka_unit_test(connection_left_by_an_earlier_mediator_is_closed_first),
		cmocka_unit_test(next_backend_waits_for_the_pause_and_for_the_old_connection),
		cmocka_unit_test(offer_made_to_a_failed_backend_is_not_taken),
		cmocka_unit_test(backend_without_a_process_is_tried_again_later_and_later),
		cmocka_unit_test(third_fault_within_a_minute_bans_the_guest),
		cmocka_unit_test(ban_survives_a_reboot_but_not_an_attach_by_dom0),
		cmocka_unit_test(guest_that_removes_and_writes_its_own_nodes_stays_banned),
		cmocka_unit_test(unexplained_end_is_no_fault_if_dom0_had_detached_the_device),
		cmocka_unit_test(unexplained_end_waits_for_no_answer_that_cannot_come),
		cmocka_unit_test(nodes_of_a_gone_domain_are_closed_unless_dom0_has_done_so),
		cmocka_unit_test(each_state_has_a_name),
	};

	return cmocka_run_group_tests_name("guest_life", tests, NULL, NULL);
}
