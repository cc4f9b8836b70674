// SPDX-License-Identifier: GPL-2.0-only
/*
 * A backend that keeps pages mapped after the guest has ended the grants: docs/threat-model.md, B2.
 */
#include "tests/unit/frontend/guest.h"

#include "frontend/front.h"

#define PICTURE 5u /* pages */

/* Allocate all free memory: no page of it is still reachable for the backend. */
static void assert_no_mapped_page_is_used_again(void)
{
	struct page *taken[HOST_PAGES], *page;
	unsigned int n = 0;

	while ((page = alloc_page(0))) {
		assert_false(host_reachable(page));
		taken[n++] = page;
	}
	assert_true(n > 0);
	while (n--)
		put_page(taken[n]);
}

static void map_picture(struct guest *g, struct picture *p)
{
	unsigned int i;

	guest_picture(p, PICTURE);
	assert_int_equal(guest_picture_map(g, p), 1);
	for (i = 0; i < PICTURE; i++)
		assert_non_null(host_map(picture_ref(p) + i));
}

static void unmapped_pages_are_freed_at_once(void **state)
{
	struct guest *g = *state;

	host_unmap_all();
	guest_disconnect(g);
	assert_int_equal(host_grants(), 0);
	assert_int_equal(host_pages_in_use(), 1); /* g->memory */
}

static void mapped_pool_pages_are_not_reused(void **state)
{
	struct guest *g = *state;

	guest_disconnect(g);
	assert_int_equal(host_grants(), POOL_PAGES + 2);
	assert_no_mapped_page_is_used_again();
	host_unmap_all();
	assert_int_equal(host_pages_in_use(), 1);
}

static void next_connection_shares_no_old_page(void **state)
{
	struct guest *g = *state;
	const u8 *old[POOL_PAGES];
	unsigned int i, k;

	memcpy(old, g->pool, sizeof(old));
	guest_disconnect(g);
	guest_reconnect(g);
	assert_int_equal(host_grants(), 2 * (POOL_PAGES + 2));
	for (i = 0; i < POOL_PAGES; i++)
		for (k = 0; k < POOL_PAGES; k++)
			assert_ptr_not_equal(g->pool[i], old[k]);
}

static void mapped_picture_pages_are_not_reused(void **state)
{
	struct guest *g = *state;
	struct picture p;

	map_picture(g, &p);
	guest_picture_unmap(g, &p);
	guest_picture_free(&p);
	assert_int_equal(host_grants(), POOL_PAGES + 2 + PICTURE);
	assert_no_mapped_page_is_used_again();
	host_unmap_all();
	assert_int_equal(host_grants(), POOL_PAGES + 2);
}

/* A program may have its picture open when the connection ends, and close it later. */
static void mapped_pages_of_an_outlived_connection_are_not_reused(void **state)
{
	struct guest *g = *state;
	struct vgpu_device *dev = g->device;
	struct picture p;

	map_picture(g, &p);
	get_device(&dev->pdev.dev);
	guest_disconnect(g);
	g->device = dev;
	guest_picture_unmap(g, &p);
	g->device = NULL;
	put_device(&dev->pdev.dev);
	guest_picture_free(&p);
	assert_no_mapped_page_is_used_again();
	host_unmap_all();
	assert_int_equal(host_pages_in_use(), 1);
}

static void a_picture_is_not_shared_after_the_connection_has_ended(void **state)
{
	struct guest *g = *state;
	struct vgpu_device *dev = g->device;
	struct picture p;

	guest_picture(&p, PICTURE);
	host_unmap_all();
	get_device(&dev->pdev.dev);
	guest_disconnect(g);
	g->device = dev;
	assert_int_equal(guest_picture_map(g, &p), -EIO);
	g->device = NULL;
	put_device(&dev->pdev.dev);
	assert_int_equal(host_grants(), 0);
	guest_picture_free(&p);
}

static void failed_connection_leaves_nothing_shared(void **state)
{
	struct guest *g = *state;
	unsigned int n = 0;

	host_unmap_all();
	guest_disconnect(g);
	do {
		struct vgpu_device *dev;

		host_fail(++n);
		dev = vgpu_device_create(&g->xdev, POOL_PAGES, NULL, NULL);
		assert_true(IS_ERR(dev) == host_failed());
		if (!IS_ERR(dev))
			vgpu_device_destroy(dev);
		assert_int_equal(host_grants(), 0);
		assert_int_equal(host_pages_in_use(), 1);
	} while (host_failed());
	assert_true(n > 2 * (POOL_PAGES + 2));
}

/* Two pages, granted one by one; the allocation of either reference fails. */
static void picture_without_enough_references_is_not_shared_at_all(void **state)
{
	struct guest *g = *state;
	struct picture p;
	unsigned int n;

	guest_picture(&p, 2);
	guest_picture_split(&p);
	host_limit_runs(1);
	for (n = 1; n <= 2; n++) {
		host_fail(n);
		assert_int_equal(guest_picture_map(g, &p), -ENOMEM);
		assert_true(host_failed());
		assert_int_equal(host_grants(), POOL_PAGES + 2);
	}
	guest_picture_free(&p);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, guest_set_up, guest_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(unmapped_pages_are_freed_at_once),
		TEST(mapped_pool_pages_are_not_reused),
		TEST(next_connection_shares_no_old_page),
		TEST(mapped_picture_pages_are_not_reused),
		TEST(mapped_pages_of_an_outlived_connection_are_not_reused),
		TEST(a_picture_is_not_shared_after_the_connection_has_ended),
		TEST(failed_connection_leaves_nothing_shared),
		TEST(picture_without_enough_references_is_not_shared_at_all),
	};

	return cmocka_run_group_tests_name("mapped", tests, NULL, NULL);
}
