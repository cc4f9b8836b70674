/* SPDX-License-Identifier: MIT */
/* Grants: which connection has mapped which reference of which domain. */
#include "tests/fakes/xen/server/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct mapped {
	const struct conn *owner;
	uint32_t domid, ref;
};

static struct mapped *mapped;
static size_t mapped_size;

static void forget(size_t i)
{
	struct domain *d = domain_find(mapped[i].domid);

	if (d && d->table[mapped[i].ref].active > 0)
		d->table[mapped[i].ref].active--;
	mapped[i] = mapped[--stats.mapped];
}

static int remember(const struct conn *c, struct domain *d, uint32_t ref)
{
	if (stats.mapped == mapped_size) {
		size_t size = mapped_size ? 2 * mapped_size : 1024;
		struct mapped *bigger = realloc(mapped, size * sizeof(*bigger));

		if (!bigger)
			return ENOMEM;
		mapped = bigger;
		mapped_size = size;
	}
	mapped[stats.mapped++] = (struct mapped){.owner = c, .domid = d->domid, .ref = ref};
	d->table[ref].active++;
	return 0;
}

static int may_map(const struct conn *c, const struct domain *d, uint32_t ref, uint32_t writable)
{
	struct fx_grant g;

	if (ref >= FX_GRANTS)
		return 0;
	g = d->table[ref];
	return (g.flags & FX_GRANT_VALID) && g.domid == c->domid && g.page < FX_DOMAIN_PAGES &&
	       !(writable && (g.flags & FX_GRANT_READONLY));
}

static int map(struct conn *c, const struct fx_request *r, size_t len, struct answer *a)
{
	struct domain *d = domain_find(r->a[0]);
	uint32_t count = (uint32_t)(len / sizeof(uint32_t)), ref;

	if (!d)
		return ESRCH;
	for (uint32_t i = 0; i < count; i++) {
		memcpy(&ref, r->data + i * sizeof(ref), sizeof(ref));
		if (!may_map(c, d, ref, r->a[1]))
			return EINVAL;
		memcpy(a->reply.data + i * sizeof(ref), &d->table[ref].page, sizeof(ref));
	}
	for (uint32_t i = 0; i < count; i++) {
		memcpy(&ref, r->data + i * sizeof(ref), sizeof(ref));
		if (remember(c, d, ref))
			abort();
	}
	a->len = count * sizeof(ref);
	a->fd[0] = d->memory_fd;
	return 0;
}

static int unmap(const struct conn *c, const struct fx_request *r, size_t len)
{
	uint32_t count = (uint32_t)(len / sizeof(uint32_t)), ref;

	for (uint32_t i = 0; i < count; i++) {
		size_t at = stats.mapped;

		memcpy(&ref, r->data + i * sizeof(ref), sizeof(ref));
		/* Search from the end: the last mapping is usually unmapped first. */
		while (at > 0 && (mapped[at - 1].owner != c || mapped[at - 1].domid != r->a[0] ||
				  mapped[at - 1].ref != ref))
			at--;
		if (at == 0)
			return EINVAL;
		forget(at - 1);
	}
	return 0;
}

void grant_gone(struct conn *c)
{
	for (size_t i = stats.mapped; i > 0; i--) {
		if (mapped[i - 1].owner == c)
			forget(i - 1);
	}
}

int grant_request(struct conn *c, const struct fx_request *r, size_t len, struct answer *a)
{
	int error;

	switch ((enum fx_op)r->op) {
	case FX_GN_MAP:
		error = map(c, r, len, a);
		stats.map_calls++;
		stats.refused_maps += error != 0;
		return error;
	case FX_GN_UNMAP:
		return unmap(c, r, len);
	default:
		return ENOSYS;
	}
}
