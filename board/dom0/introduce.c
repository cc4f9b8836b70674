/* SPDX-License-Identifier: MIT */
/*
 * introduce DOMID NAME PFN: connects a direct-mapped domain that Xen built at boot to xenstore.
 *
 * Xen gives such a domain the event channel for xenstore but no page. The stock tool (Debian's
 * init-dom0less) allocates the page from memory that a direct-mapped domain cannot have. Here the
 * page is part of the domain's own memory: mem= on its kernel's command line keeps the last MiB out
 * of Linux, and PFN is the number of a page frame there.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xenctrl.h>
#include <xenforeignmemory.h>
#include <xenguest.h>
#include <xenstore.h>
#include <xen/hvm/params.h>
#include <xen/io/xs_wire.h>

#include "mediator/shared/version.h"

static int introduce_fail(const char *what)
{
	fprintf(stderr, "introduce: %s: %s\n", what, strerror(errno));
	return -1;
}

/* The domain's kernel waits until xenstored clears `connection`, and only then uses the ring. */
static int introduce_prepare_page(uint32_t domid, xen_pfn_t pfn)
{
	xenforeignmemory_handle *fmem = xenforeignmemory_open(NULL, 0);
	if (!fmem)
		return introduce_fail("open foreign memory");

	int rc = 0;
	struct xenstore_domain_interface *ring =
		xenforeignmemory_map(fmem, domid, PROT_READ | PROT_WRITE, 1, &pfn, NULL);
	if (ring) {
		memset(ring, 0, XC_PAGE_SIZE);
		ring->connection = XENSTORE_RECONNECT;
		xenforeignmemory_unmap(fmem, ring, 1);
	} else {
		rc = introduce_fail("map the xenstore page");
	}
	xenforeignmemory_close(fmem);
	return rc;
}

static int introduce_seed(xc_interface *xch, uint32_t domid, xen_pfn_t pfn, uint64_t *port)
{
	if (xc_hvm_param_get(xch, domid, HVM_PARAM_STORE_EVTCHN, port))
		return introduce_fail("read the xenstore event channel");
	if (xc_hvm_param_set(xch, domid, HVM_PARAM_STORE_PFN, pfn))
		return introduce_fail("set the xenstore page");
	/* No console page: the domain has an emulated UART instead. */
	if (xc_dom_gnttab_seed(xch, domid, true, (xen_pfn_t)-1, pfn, 0, 0))
		return introduce_fail("grant the xenstore page to xenstored");
	return 0;
}

static bool introduce_node(struct xs_handle *xs, uint32_t domid, const char *name,
			   const char *value, bool owned)
{
	char path[96];
	struct xs_permissions perms[2] = {
		{.id = owned ? domid : 0, .perms = XS_PERM_NONE},
		{.id = domid, .perms = XS_PERM_READ},
	};

	snprintf(path, sizeof(path), "/local/domain/%" PRIu32 "%s%s", domid, *name ? "/" : "",
		 name);
	return xs_write(xs, XBT_NULL, path, value, (unsigned)strlen(value)) &&
	       xs_set_permissions(xs, XBT_NULL, path, perms, owned ? 1 : 2);
}

static int introduce_announce(uint32_t domid, const char *name, xen_pfn_t pfn, uint64_t port)
{
	static const char *const owned[] = {"device", "backend", "data", "control"};
	struct xs_handle *xs = xs_open(0);
	if (!xs)
		return introduce_fail("open xenstore");

	char id[16];
	snprintf(id, sizeof(id), "%" PRIu32, domid);
	bool ok = introduce_node(xs, domid, "", "", false) &&
		  introduce_node(xs, domid, "domid", id, false) &&
		  introduce_node(xs, domid, "name", name, false);
	for (size_t i = 0; ok && i < sizeof(owned) / sizeof(owned[0]); i++)
		ok = introduce_node(xs, domid, owned[i], "", true);
	if (ok)
		ok = xs_introduce_domain(xs, domid, pfn, (unsigned)port);
	int rc = ok ? 0 : introduce_fail("announce the domain");
	xs_close(xs);
	return rc;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		puts("introduce " GPUM_VERSION);
		return 0;
	}
	if (argc != 4) {
		fprintf(stderr, "usage: introduce DOMID NAME PFN\n");
		return 2;
	}
	uint32_t domid = (uint32_t)strtoul(argv[1], NULL, 0);
	xen_pfn_t pfn = strtoull(argv[3], NULL, 0);
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	if (!xch)
		return introduce_fail("open the hypervisor") ? 1 : 0;

	uint64_t port = 0;
	int rc = introduce_prepare_page(domid, pfn);
	if (!rc)
		rc = introduce_seed(xch, domid, pfn, &port);
	if (!rc)
		rc = introduce_announce(domid, argv[2], pfn, port);
	xc_interface_close(xch);
	return rc ? 1 : 0;
}
