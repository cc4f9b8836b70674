// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's grant table and the backend's mappings. A grant that is ended while it is mapped
 * stays, with its page, until it is unmapped (Linux since XSA-396).
 */
#include "tests/fakes/kernel/kernel.h"

#include "tests/fakes/kernel/host.h"
#include "tests/fakes/kernel/inner.h"

#define REF_FIRST 8u /* Xen reserves the references below */

static struct {
	bool taken;
	bool granted;
	bool mapped;
	struct page *page;
	struct page *freed_at_end; /* ended while mapped; freed when unmapped */
} table[HOST_REFS];
static unsigned int longest_run;

void grants_start(void)
{
	memset(table, 0, sizeof(table));
	longest_run = HOST_REFS;
}

void host_limit_runs(unsigned int count)
{
	longest_run = count;
}

int gnttab_alloc_grant_reference_seq(unsigned int count, grant_ref_t *first)
{
	unsigned int ref, n = 0;

	if (count > longest_run || fails_now())
		return -ENOSPC;
	for (ref = REF_FIRST; ref < HOST_REFS && n < count; ref++)
		n = table[ref].taken ? 0 : n + 1;
	if (n < count)
		return -ENOSPC;
	*first = ref - count;
	while (n--)
		table[*first + n].taken = true;
	return 0;
}

void gnttab_grant_foreign_access_ref(grant_ref_t ref, domid_t domid, unsigned long frame,
				     int readonly)
{
	(void)domid, (void)readonly;
	if (!table[ref].taken || table[ref].granted)
		bug("a reference is granted without being allocated, or twice");
	table[ref].granted = true;
	table[ref].page = gfn_to_page(frame);
}

int gnttab_grant_foreign_access(domid_t domid, unsigned long frame, int readonly)
{
	grant_ref_t ref;
	int err = gnttab_alloc_grant_reference_seq(1, &ref);

	if (err)
		return err;
	gnttab_grant_foreign_access_ref(ref, domid, frame, readonly);
	return (int)ref;
}

static void forget(grant_ref_t ref)
{
	memset(&table[ref], 0, sizeof(table[ref]));
}

void gnttab_end_foreign_access(grant_ref_t ref, struct page *page)
{
	if (!table[ref].granted || table[ref].freed_at_end) {
		bug("a grant is ended twice or was never granted");
		return;
	}
	if (table[ref].mapped) {
		if (!page)
			get_page(table[ref].page);
		table[ref].freed_at_end = table[ref].page;
		return;
	}
	forget(ref);
	if (page)
		put_page(page);
}

bool host_reachable(const struct page *page)
{
	unsigned int ref;

	for (ref = REF_FIRST; ref < HOST_REFS; ref++)
		if (table[ref].granted && table[ref].page == page)
			return true;
	return false;
}

struct page *host_granted(grant_ref_t ref)
{
	return ref < HOST_REFS && table[ref].granted ? table[ref].page : NULL;
}

unsigned int host_grants(void)
{
	unsigned int ref, n = 0;

	for (ref = REF_FIRST; ref < HOST_REFS; ref++)
		n += table[ref].granted;
	return n;
}

u8 *host_map(grant_ref_t ref)
{
	struct page *page = host_granted(ref);

	if (!page)
		return NULL;
	table[ref].mapped = true;
	return page_address(page);
}

void host_unmap(grant_ref_t ref)
{
	struct page *page = table[ref].freed_at_end;

	table[ref].mapped = false;
	if (!page)
		return;
	forget(ref);
	put_page(page);
}

void host_unmap_all(void)
{
	unsigned int ref;

	for (ref = REF_FIRST; ref < HOST_REFS; ref++)
		host_unmap(ref);
}
