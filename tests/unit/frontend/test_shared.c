// SPDX-License-Identifier: GPL-2.0-only
/* A backend that reads all memory that it can reach: docs/threat-model.md, B3. */
#include "tests/unit/frontend/guest.h"

#include "frontend/front.h"

#define LONG	1500u
#define SHORT	40u
#define PICTURE 5u /* pages */

static void assert_zero(const void *memory, size_t len)
{
	const u8 *at = memory;
	size_t i;

	for (i = 0; i < len; i++)
		assert_int_equal(at[i], 0);
}

static void a_connection_shares_whole_pages_of_zeroes(void **state)
{
	struct guest *g = *state;
	const struct vgpu_control *c = g->control;
	unsigned int i;

	for (i = 0; i < POOL_PAGES; i++)
		assert_zero(g->pool[i], PAGE_SIZE);
	assert_zero((u32 *)page_address(host_granted(c->dir_ref[0])) + POOL_PAGES,
		    PAGE_SIZE - POOL_PAGES * sizeof(u32));
	assert_zero(c->dir_ref + 1, sizeof(c->dir_ref) - sizeof(c->dir_ref[0]));
	assert_zero(c->reserved0, sizeof(c->reserved0));
	assert_zero(c->reserved1, sizeof(c->reserved1));
	assert_zero(c->reserved2, sizeof(c->reserved2));
	assert_zero(c->reserved3, sizeof(c->reserved3));
}

static void each_page_is_shared_once_and_belongs_to_the_connection(void **state)
{
	unsigned int ref, pages = 0;

	(void)state;
	for (ref = 0; ref < HOST_REFS; ref++) {
		const struct page *page = host_granted(ref);

		if (!page)
			continue;
		assert_int_equal(page->refs, 1);
		pages++;
	}
	assert_int_equal(pages, POOL_PAGES + 2);
	assert_int_equal(host_pages_in_use(), POOL_PAGES + 2 + 1);
}

/* The memory before and after each command is filled with HOST_SECRET. */
static void commands_reveal_no_neighbouring_memory(void **state)
{
	struct guest *g = *state;
	unsigned int i;

	for (i = 0; i < COMMANDS; i++)
		guest_send(g, i);
	assert_int_equal(backend_sees_secrets(), 0);
}

static void lost_backend_sees_nothing_new(void **state)
{
	struct guest *g = *state;

	guest_send(g, 1);
	backend_use(g, RING, 24);
	host_event();
	host_work();
	guest_send(g, 2);
	assert_int_equal(backend_sees_secrets(), 0);
}

static u64 map(struct guest *g, size_t len, enum dma_data_direction dir, unsigned long attrs)
{
	struct device *dev = &g->device->pdev.dev;
	u64 addr = dev->dma_ops->map_page(dev, g->memory, 100, len, dir, attrs);

	assert_true(addr != DMA_MAPPING_ERROR);
	return addr;
}

static void unmap(struct guest *g, u64 addr, size_t len, enum dma_data_direction dir)
{
	struct device *dev = &g->device->pdev.dev;

	dev->dma_ops->unmap_page(dev, addr, len, dir, 0);
}

/*
 * The number of bytes with HOST_SECRET in the slot of `len` bytes at `addr`, from offset `from` to
 * the end of its last chunk.
 */
static size_t secrets_in_slots(const struct guest *g, u64 addr, size_t from, size_t len)
{
	u64 at, end = (addr + len + 511) & ~511ull;
	size_t n = 0;

	for (at = addr + from; at < end; at++)
		n += *backend_at(g, at) == HOST_SECRET;
	return n;
}

/* A slot keeps an old command until it is used again, and is cleared then. */
static void short_command_reveals_nothing_of_a_longer_one_before(void **state)
{
	struct guest *g = *state;
	u64 addr, first = map(g, LONG, DMA_TO_DEVICE, 0);

	assert_int_equal(secrets_in_slots(g, first, 0, LONG), LONG);
	unmap(g, first, LONG, DMA_TO_DEVICE);
	do {
		addr = map(g, SHORT, DMA_TO_DEVICE, 0);
		assert_int_equal(secrets_in_slots(g, addr, 0, SHORT), SHORT);
		unmap(g, addr, SHORT, DMA_TO_DEVICE);
	} while (addr != first);
}

static void answer_slots_reveal_nothing(void **state)
{
	struct guest *g = *state;
	u64 addr, first = map(g, LONG, DMA_TO_DEVICE, 0);

	unmap(g, first, LONG, DMA_TO_DEVICE);
	do {
		addr = map(g, LONG, DMA_FROM_DEVICE, 0);
		assert_int_equal(secrets_in_slots(g, addr, 0, LONG), 0);
		unmap(g, addr, LONG, DMA_FROM_DEVICE);
		memset((u8 *)page_address(g->memory) + 100, HOST_SECRET, LONG);
	} while (addr != first);
}

static void slots_reveal_nothing_before_the_first_sync(void **state)
{
	struct guest *g = *state;
	struct device *dev = &g->device->pdev.dev;
	u64 addr = map(g, LONG, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);

	assert_int_equal(backend_sees_secrets(), 0);
	dev->dma_ops->sync_single_for_device(dev, addr, SHORT, DMA_TO_DEVICE);
	assert_int_equal(backend_sees_secrets(), SHORT);
	/* A longer sync copies no more than was mapped. */
	dev->dma_ops->sync_single_for_device(dev, addr, 2 * LONG, DMA_TO_DEVICE);
	assert_int_equal(backend_sees_secrets(), LONG);
	unmap(g, addr, LONG, DMA_TO_DEVICE);
}

static void new_connection_reveals_nothing_of_the_old_one(void **state)
{
	struct guest *g = *state;

	unmap(g, map(g, LONG, DMA_TO_DEVICE, 0), LONG, DMA_TO_DEVICE);
	host_unmap_all();
	guest_disconnect(g);
	guest_reconnect(g);
	a_connection_shares_whole_pages_of_zeroes(state);
}

static void assert_shared(const struct picture *p, bool shared)
{
	unsigned int i;

	for (i = 0; i < p->pages; i++)
		assert_true(host_reachable(p->page[i]) == shared);
}

static void a_picture_shares_its_own_pages_and_no_other(void **state)
{
	struct guest *g = *state;
	struct picture p;

	guest_picture(&p, PICTURE);
	assert_int_equal(guest_picture_map(g, &p), 1);
	assert_shared(&p, true);
	assert_int_equal(host_grants(), POOL_PAGES + 2 + PICTURE);
	guest_picture_unmap(g, &p);
	assert_shared(&p, false);
	guest_picture_free(&p);
}

static void scattered_picture_shares_its_own_pages_and_no_other(void **state)
{
	struct guest *g = *state;
	struct picture p;

	guest_picture(&p, PICTURE);
	guest_picture_split(&p);
	host_limit_runs(PICTURE - 1);
	assert_true(guest_picture_map(g, &p) > 0);
	assert_shared(&p, true);
	assert_int_equal(host_grants(), POOL_PAGES + 2 + PICTURE);
	guest_picture_unmap(g, &p);
	assert_shared(&p, false);
	guest_picture_free(&p);
}

static void picture_with_partial_pages_is_refused(void **state)
{
	struct guest *g = *state;
	struct picture p;

	guest_picture(&p, PICTURE);
	p.sg[0].length -= 1;
	assert_int_equal(guest_picture_map(g, &p), -EINVAL);
	p.sg[0].length = PAGE_SIZE;
	p.sg[0].offset = 64;
	assert_int_equal(guest_picture_map(g, &p), -EINVAL);
	/* A single partial page is enough for a refusal, also in the last segment. */
	guest_picture_split(&p);
	p.sg[p.nents - 1].length = 64;
	assert_int_equal(guest_picture_map(g, &p), -EINVAL);
	assert_shared(&p, false);
	assert_int_equal(host_grants(), POOL_PAGES + 2);
	guest_picture_free(&p);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, guest_set_up, guest_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_connection_shares_whole_pages_of_zeroes),
		TEST(each_page_is_shared_once_and_belongs_to_the_connection),
		TEST(commands_reveal_no_neighbouring_memory),
		TEST(lost_backend_sees_nothing_new),
		TEST(short_command_reveals_nothing_of_a_longer_one_before),
		TEST(answer_slots_reveal_nothing),
		TEST(slots_reveal_nothing_before_the_first_sync),
		TEST(new_connection_reveals_nothing_of_the_old_one),
		TEST(a_picture_shares_its_own_pages_and_no_other),
		TEST(scattered_picture_shares_its_own_pages_and_no_other),
		TEST(picture_with_partial_pages_is_refused),
	};

	return cmocka_run_group_tests_name("shared", tests, NULL, NULL);
}
