/* SPDX-License-Identifier: MIT */
/*
 * Attacks of one guest on another; only Xen prevents them. dom0 writes the other guest's domid to
 * data/hostile/neighbour. If the other guest has granted this one a page, dom0 writes the grant
 * reference to data/hostile/reference.
 */
#include "board/guest/hostile/neighbour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PORTS 64u /* the guests of a test have fewer */

static uint32_t read_order(struct front *f, const char *key)
{
	char path[FRONT_KEY_MAX];

	snprintf(path, sizeof(path), "data/hostile/%s", key);
	char *text = xs_read(f->xs, XBT_NULL, path, NULL);
	uint32_t value = text ? (uint32_t)strtoul(text, NULL, 10) : 0;

	free(text);
	return value;
}

/* Allocates a port for the neighbour, and tries to bind each of the neighbour's ports. */
enum outcome neighbour_events(struct front *f)
{
	uint32_t domid = read_order(f, "neighbour");
	bool bound = xenevtchn_bind_unbound_port(f->evtchn, domid) >= 0;

	for (uint32_t port = 1; port < PORTS; port++)
		bound |= xenevtchn_bind_interdomain(f->evtchn, domid, port) >= 0;
	return bound ? OUTCOME_BREACH : OUTCOME_REFUSED;
}

/* The same call for the driver domain, which the policy allows, must succeed. */
enum outcome driver_events(struct front *f)
{
	int port = -1;

	if (front_find_backend(f))
		port = xenevtchn_bind_unbound_port(f->evtchn, f->driver);
	if (port < 0)
		return OUTCOME_REFUSED;
	xenevtchn_unbind(f->evtchn, (evtchn_port_t)port);
	return OUTCOME_SURVIVED;
}

/* Grants a page to the neighbour, writes the reference to xenstore, and keeps the grant. */
enum outcome neighbour_grant(struct front *f)
{
	uint32_t ref = 0;
	void *page = front_grant(f, read_order(f, "neighbour"), 1, &ref);
	char text[16];

	if (!page)
		return OUTCOME_REFUSED;
	snprintf(text, sizeof(text), "%u", ref);
	xs_write(f->xs, XBT_NULL, "data/hostile/granted", text, (unsigned int)strlen(text));
	return OUTCOME_SURVIVED;
}

/* Tries to map the page that the neighbour has granted. */
enum outcome neighbour_map(struct front *f)
{
	uint32_t domid = read_order(f, "neighbour"), ref = read_order(f, "reference");
	xengnttab_handle *map = xengnttab_open(NULL, 0);
	void *page;

	if (!map)
		return OUTCOME_SURVIVED;
	page = xengnttab_map_grant_ref(map, domid, ref, PROT_READ);
	if (!page)
		page = xengnttab_map_grant_ref(map, domid, ref, PROT_READ | PROT_WRITE);
	xengnttab_close(map);
	return page ? OUTCOME_BREACH : OUTCOME_REFUSED;
}
