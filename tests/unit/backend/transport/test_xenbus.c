/* SPDX-License-Identifier: MIT */
/* A guest that writes to its xenstore directory faster than the backend reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "backend/transport/xenbus.h"

#define FLOOD 100000u /* fired watches */
#define MOST  1000u   /* the most that one call may consume: a few milliseconds' worth */

static uint32_t fired, taken;
static const char *front;

char **__wrap_xs_check_watch(struct xs_handle *xs);
void *__wrap_xs_read(struct xs_handle *xs, xs_transaction_t t, const char *path, unsigned int *len);
bool __wrap_xs_write(struct xs_handle *xs, xs_transaction_t t, const char *path, const void *data,
		     unsigned int len);

char **__wrap_xs_check_watch(struct xs_handle *xs)
{
	(void)xs;
	if (taken == fired) {
		errno = EAGAIN;
		return NULL;
	}
	taken++;
	return calloc(2, sizeof(char *));
}

void *__wrap_xs_read(struct xs_handle *xs, xs_transaction_t t, const char *path, unsigned int *len)
{
	char *text = strdup(strstr(path, "/online") ? "1" : strstr(path, "front") ? front : "4");

	(void)xs;
	(void)t;
	if (text && len)
		*len = (unsigned int)strlen(text);
	return text;
}

bool __wrap_xs_write(struct xs_handle *xs, xs_transaction_t t, const char *path, const void *data,
		     unsigned int len)
{
	(void)xs;
	(void)t;
	(void)path;
	(void)data;
	(void)len;
	return true;
}

static struct xenbus connected(void)
{
	return (struct xenbus){.state = XenbusStateConnected, .front = "front", .back = "back"};
}

static void a_flood_of_watches_is_taken_in_portions(void **state)
{
	struct xenbus x = connected();

	(void)state;
	fired = FLOOD;
	taken = 0;
	front = "4";
	assert_int_equal(xenbus_look(&x), XENBUS_WAIT);
	assert_in_range(taken, 1, MOST);
	/* Later calls consume the rest. */
	for (uint32_t i = 0; i < FLOOD && taken < FLOOD; i++)
		xenbus_look(&x);
	assert_int_equal(taken, FLOOD);
}

/* The state is read after each portion, so a flood cannot hide it. */
static void watch_flood_does_not_hide_the_state(void **state)
{
	struct xenbus x = connected();

	(void)state;
	fired = FLOOD;
	taken = 0;
	front = "5";
	assert_int_equal(xenbus_look(&x), XENBUS_DISCONNECT);
	assert_true(taken < FLOOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_of_watches_is_taken_in_portions),
		cmocka_unit_test(watch_flood_does_not_hide_the_state),
	};

	return cmocka_run_group_tests_name("xenbus", tests, NULL, NULL);
}
