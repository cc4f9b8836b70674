/* SPDX-License-Identifier: MIT */
/* Implements libxengnttab (xengnttab.h) on the fake Xen. */
#include "tests/fakes/xen/fakexen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* One mapping, whose references the server is told on unmap. */
struct mapping {
	struct mapping *next;
	void *address;
	uint32_t domid;
	uint32_t count;
	uint32_t refs[];
};

struct xengntdev_handle {
	int socket;
	struct mapping *mappings;
	struct fx_request request;
	struct fx_reply reply;
};

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger, unsigned open_flags)
{
	xengnttab_handle *h = calloc(1, sizeof(*h));

	(void)logger;
	(void)open_flags;
	if (!h)
		return NULL;
	h->socket = fx_open(FX_KIND_GNTTAB, fx_domid(), NULL);
	if (h->socket < 0) {
		free(h);
		return NULL;
	}
	return h;
}

/* As with the real library, mappings outlive the handle. The fake Xen no longer counts them. */
int xengnttab_close(xengnttab_handle *h)
{
	if (!h)
		return 0;
	while (h->mappings) {
		struct mapping *m = h->mappings;
		h->mappings = m->next;
		free(m);
	}
	close(h->socket);
	free(h);
	return 0;
}

int xengnttab_fd(xengnttab_handle *h)
{
	return h->socket;
}

int xengnttab_set_max_grants(xengnttab_handle *h, uint32_t nr_grants)
{
	(void)h;
	(void)nr_grants;
	return 0;
}

static void release(xengnttab_handle *h, uint32_t domid, const uint32_t *refs, uint32_t count)
{
	for (uint32_t done = 0; done < count;) {
		uint32_t batch = count - done < FX_BATCH_MAX ? count - done : FX_BATCH_MAX;

		h->request.op = FX_GN_UNMAP;
		h->request.a[0] = domid;
		memcpy(h->request.data, refs + done, batch * sizeof(*refs));
		fx_call(h->socket, &h->request, batch * sizeof(*refs), &h->reply, NULL);
		done += batch;
	}
}

/* Map `batch` references at `at`. Returns 0, or -1 with nothing mapped for the server. */
static int map_batch(xengnttab_handle *h, uint32_t domid, const uint32_t *refs, uint32_t batch,
		     int prot, char *at)
{
	int fds[2] = {-1, -1};
	uint32_t page;

	h->request.op = FX_GN_MAP;
	h->request.a[0] = domid;
	h->request.a[1] = (prot & PROT_WRITE) != 0;
	memcpy(h->request.data, refs, batch * sizeof(*refs));
	if (fx_call(h->socket, &h->request, batch * sizeof(*refs), &h->reply, fds) < 0)
		return -1;
	for (uint32_t i = 0; i < batch; i++) {
		memcpy(&page, h->reply.data + i * sizeof(page), sizeof(page));
		if (mmap(at + (size_t)i * FX_PAGE_SIZE, FX_PAGE_SIZE, prot, MAP_SHARED | MAP_FIXED,
			 fds[0], (off_t)page * FX_PAGE_SIZE) == MAP_FAILED) {
			close(fds[0]);
			release(h, domid, refs, batch);
			return -1;
		}
	}
	close(fds[0]);
	return 0;
}

void *xengnttab_map_domain_grant_refs(xengnttab_handle *h, uint32_t count, uint32_t domid,
				      uint32_t *refs, int prot)
{
	struct mapping *m = malloc(sizeof(*m) + count * sizeof(*refs));
	size_t size = (size_t)count * FX_PAGE_SIZE;
	uint32_t done = 0;
	char *at;

	if (!m || count == 0) {
		free(m);
		errno = count == 0 ? EINVAL : ENOMEM;
		return NULL;
	}
	at = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED) {
		free(m);
		return NULL;
	}
	while (done < count) {
		uint32_t batch = count - done < FX_BATCH_MAX ? count - done : FX_BATCH_MAX;

		if (map_batch(h, domid, refs + done, batch, prot,
			      at + (size_t)done * FX_PAGE_SIZE) < 0) {
			int why = errno;
			release(h, domid, refs, done);
			munmap(at, size);
			free(m);
			errno = why;
			return NULL;
		}
		done += batch;
	}
	m->address = at;
	m->domid = domid;
	m->count = count;
	memcpy(m->refs, refs, count * sizeof(*refs));
	m->next = h->mappings;
	h->mappings = m;
	return at;
}

void *xengnttab_map_grant_ref(xengnttab_handle *h, uint32_t domid, uint32_t ref, int prot)
{
	return xengnttab_map_domain_grant_refs(h, 1, domid, &ref, prot);
}

/* Like gntdev, unmaps whole mappings only. */
int xengnttab_unmap(xengnttab_handle *h, void *start_address, uint32_t count)
{
	for (struct mapping **link = &h->mappings; *link; link = &(*link)->next) {
		struct mapping *m = *link;

		if (m->address != start_address || m->count != count)
			continue;
		munmap(start_address, (size_t)count * FX_PAGE_SIZE);
		release(h, m->domid, m->refs, count);
		*link = m->next;
		free(m);
		return 0;
	}
	errno = EINVAL;
	return -1;
}
