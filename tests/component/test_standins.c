/* SPDX-License-Identifier: MIT */
/*
 * The fake Xen refuses the same calls as Xen; otherwise the other component tests would prove
 * little.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/component/cockpit/cockpit.h"

static struct cockpit cockpit;
static struct guest guest;
static xengnttab_handle *gnttab;

static int setup(void **state)
{
	(void)state;
	cockpit_start_xen(&cockpit);
	guest_create(&guest, 5, "cluster");
	gnttab = xengnttab_open(NULL, 0);
	return gnttab ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	xengnttab_close(gnttab);
	guest_finish(&guest);
	return cockpit_stop(&cockpit) ? 0 : -1;
}

static void a_batch_of_grants_is_mapped_in_one_piece(void **state)
{
	uint32_t ref, *page;
	void *mapped;

	(void)state;
	page = guest_grant_pages(&guest, 3, &ref);
	page[1024 * 2] = 77;
	uint32_t refs[] = {ref + 2, ref, ref + 1};
	mapped = xengnttab_map_domain_grant_refs(gnttab, 3, 5, refs, PROT_READ | PROT_WRITE);
	assert_non_null(mapped);
	assert_int_equal(*(uint32_t *)mapped, 77);
	((uint32_t *)mapped)[1024] = 78;
	assert_int_equal(page[0], 78);
	assert_false(guest_end_grant(&guest, ref));
	assert_true(cockpit_wait_mapped(&cockpit, 3, 0));
	assert_int_equal(xengnttab_unmap(gnttab, mapped, 3), 0);
	assert_true(cockpit_wait_mapped(&cockpit, 0, 0));
	assert_true(guest_end_grant(&guest, ref));
}

static void bad_reference_fails_the_whole_batch(void **state)
{
	uint32_t ref;

	(void)state;
	guest_grant_pages(&guest, 4, &ref);
	assert_true(guest_end_grant(&guest, ref + 2));
	uint32_t ended[] = {ref, ref + 1, ref + 2, ref + 3};
	assert_null(xengnttab_map_domain_grant_refs(gnttab, 4, 5, ended, PROT_READ));
	uint32_t beyond[] = {ref, 0xffffffffu};
	assert_null(xengnttab_map_domain_grant_refs(gnttab, 2, 5, beyond, PROT_READ));
	guest.grants[ref + 1].domid = 7;
	uint32_t foreign[] = {ref, ref + 1};
	assert_null(xengnttab_map_domain_grant_refs(gnttab, 2, 5, foreign, PROT_READ));
	guest.grants[ref].flags |= FX_GRANT_READONLY;
	assert_null(xengnttab_map_grant_ref(gnttab, 5, ref, PROT_READ | PROT_WRITE));
	assert_null(xengnttab_map_grant_ref(gnttab, 9, ref, PROT_READ));
	assert_true(cockpit_wait_mapped(&cockpit, 0, 0));
}

static void test_can_make_a_call_fail(void **state)
{
	uint32_t ref;
	void *mapped;

	(void)state;
	guest_grant_pages(&guest, 1, &ref);
	cockpit_fail(&cockpit, FX_GN_MAP, 2, ENOMEM);
	mapped = xengnttab_map_grant_ref(gnttab, 5, ref, PROT_READ);
	assert_non_null(mapped);
	assert_null(xengnttab_map_grant_ref(gnttab, 5, ref, PROT_READ));
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(xengnttab_unmap(gnttab, mapped, 1), 0);
}

static void closed_handles_lose_their_mappings_and_ports(void **state)
{
	struct fx_stats before, after;
	xengnttab_handle *other = xengnttab_open(NULL, 0);
	xenevtchn_handle *ports = xenevtchn_open(NULL, 0);
	uint32_t ref;

	(void)state;
	cockpit_stats(&cockpit, &before);
	guest_grant_pages(&guest, 1, &ref);
	void *page = xengnttab_map_grant_ref(other, 5, ref, PROT_READ);
	assert_non_null(page);
	assert_true(xenevtchn_bind_unbound_port(ports, 5) > 0);
	munmap(page, FX_PAGE_SIZE);
	xengnttab_close(other);
	xenevtchn_close(ports);
	assert_true(cockpit_wait_mapped(&cockpit, before.mapped, GUEST_PATIENCE));
	cockpit_stats(&cockpit, &after);
	assert_int_equal(before.ports, after.ports);
}

static bool pending(xenevtchn_handle *h)
{
	struct pollfd p = {.fd = xenevtchn_fd(h), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void an_event_comes_once_until_it_is_unmasked(void **state)
{
	xenevtchn_handle *driver = xenevtchn_open(NULL, 0);
	int remote = xenevtchn_bind_unbound_port(guest.evtchn, FX_DRIVER_DOMID), port;

	(void)state;
	assert_true(remote > 0);
	assert_int_equal(xenevtchn_bind_interdomain(driver, 5, (evtchn_port_t)remote + 1), -1);
	port = xenevtchn_bind_interdomain(driver, 5, (evtchn_port_t)remote);
	assert_true(port > 0);
	assert_int_equal(xenevtchn_bind_interdomain(driver, 5, (evtchn_port_t)remote), -1);
	assert_true(pending(driver));
	assert_int_equal(xenevtchn_pending(driver), port);
	xenevtchn_notify(guest.evtchn, (evtchn_port_t)remote);
	xenevtchn_notify(guest.evtchn, (evtchn_port_t)remote);
	assert_false(pending(driver));
	xenevtchn_unmask(driver, (evtchn_port_t)port);
	assert_true(pending(driver));
	assert_int_equal(xenevtchn_pending(driver), port);
	xenevtchn_unmask(driver, (evtchn_port_t)port);
	assert_false(pending(driver));
	xenevtchn_close(driver);
	xenevtchn_unbind(guest.evtchn, (evtchn_port_t)remote);
}

static void watch_fires_when_set_and_for_changes_below_and_above(void **state)
{
	struct xs_handle *xs = xs_open(0);
	unsigned int num;
	char **event;

	(void)state;
	assert_true(xs_write(xs, XBT_NULL, "/top/a/b", "1", 1));
	assert_true(xs_watch(xs, "/top/a", "token"));
	event = xs_read_watch(xs, &num);
	assert_string_equal(event[XS_WATCH_PATH], "/top/a");
	assert_string_equal(event[XS_WATCH_TOKEN], "token");
	free(event);
	xs_write(guest.xs, XBT_NULL, "/top/a/b", "2", 1);
	event = xs_read_watch(xs, &num);
	assert_string_equal(event[XS_WATCH_PATH], "/top/a/b");
	free(event);
	xs_write(guest.xs, XBT_NULL, "/top/ab", "2", 1);
	assert_null(xs_check_watch(xs));
	xs_rm(guest.xs, XBT_NULL, "/top");
	event = xs_read_watch(xs, &num);
	assert_string_equal(event[XS_WATCH_PATH], "/top/a");
	free(event);
	assert_null(xs_read(xs, XBT_NULL, "/top/a/b", &num));
	assert_int_equal(errno, ENOENT);
	xs_close(xs);
}

static void transaction_is_isolated_and_fails_when_others_wrote(void **state)
{
	struct xs_handle *xs = xs_open(0);
	xs_transaction_t t = xs_transaction_start(xs);
	unsigned int num;
	char *value, **names;

	(void)state;
	assert_true(xs_write(xs, t, "/t/x", "1", 1));
	assert_null(xs_read(guest.xs, XBT_NULL, "/t/x", &num));
	value = xs_read(xs, t, "/t/x", &num);
	assert_string_equal(value, "1");
	free(value);
	assert_true(xs_write(guest.xs, XBT_NULL, "/t/y", "1", 1));
	assert_false(xs_transaction_end(xs, t, false));
	assert_int_equal(errno, EAGAIN);
	t = xs_transaction_start(xs);
	assert_true(xs_write(xs, t, "/t/x", "1", 1));
	assert_true(xs_transaction_end(xs, t, false));
	names = xs_directory(guest.xs, XBT_NULL, "/t", &num);
	assert_int_equal(num, 2);
	assert_string_equal(names[0], "y");
	assert_string_equal(names[1], "x");
	free(names);
	xs_close(xs);
}

static void end_of_a_domain_is_announced_and_its_grants_cannot_be_mapped(void **state)
{
	struct xs_handle *xs = xs_open(0);
	struct guest other;
	unsigned int num;
	uint32_t ref;
	void *mapped;

	(void)state;
	guest_create(&other, 6, "ivi");
	guest_grant_pages(&other, 1, &ref);
	mapped = xengnttab_map_grant_ref(gnttab, 6, ref, PROT_READ);
	assert_non_null(mapped);
	assert_true(xs_is_domain_introduced(xs, 6));
	assert_true(xs_watch(xs, "@releaseDomain", "r"));
	free(xs_read_watch(xs, &num));
	guest_destroy(&other);
	char **event = xs_read_watch(xs, &num);
	assert_string_equal(event[XS_WATCH_PATH], "@releaseDomain");
	free(event);
	assert_false(xs_is_domain_introduced(xs, 6));
	assert_null(xengnttab_map_grant_ref(gnttab, 6, ref, PROT_READ));
	assert_true(cockpit_wait_mapped(&cockpit, 1, 0));
	assert_int_equal(xengnttab_unmap(gnttab, mapped, 1), 0);
	assert_true(cockpit_wait_mapped(&cockpit, 0, 0));
	guest_finish(&other);
	xs_close(xs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_of_grants_is_mapped_in_one_piece),
		cmocka_unit_test(bad_reference_fails_the_whole_batch),
		cmocka_unit_test(test_can_make_a_call_fail),
		cmocka_unit_test(closed_handles_lose_their_mappings_and_ports),
		cmocka_unit_test(an_event_comes_once_until_it_is_unmasked),
		cmocka_unit_test(watch_fires_when_set_and_for_changes_below_and_above),
		cmocka_unit_test(transaction_is_isolated_and_fails_when_others_wrote),
		cmocka_unit_test(end_of_a_domain_is_announced_and_its_grants_cannot_be_mapped),
	};

	return cmocka_run_group_tests_name("stand-ins", tests, setup, teardown);
}
