/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest whose frontend is connected to a backend that the test plays. Above the frontend is as
 * much of virtio_gpu as it takes to send commands and to get them back.
 */
#ifndef TESTS_UNIT_FRONTEND_GUEST_H
#define TESTS_UNIT_FRONTEND_GUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/fakes/kernel/host.h"

#define POOL_PAGES 64u
#define RING	   16u
#define COMMANDS   (RING / 2) /* each takes two entries */

struct vgpu_device;
struct vgpu_control;

struct guest {
	struct xenbus_device xdev;
	struct vgpu_device *device;
	unsigned int lost; /* how often the frontend said so */

	/* The backend's. */
	struct vgpu_control *control;
	u8 *pool[POOL_PAGES];
	u16 used;

	/* virtio_gpu's: of the control queue, by head. */
	struct page *memory; /* of commands and answers; secret where they are not */
	bool sent[RING];
	bool answered[RING]; /* since it was sent */
	unsigned int answers;
	unsigned int made_up;	  /* answers to nothing, which virtio_ring would have believed */
	unsigned int left_behind; /* queues that went with commands in them */
	void (*while_answered)(struct guest *g);
};

/* A resource's pages, as DRM has them. */
#define PICTURE_PAGES_MAX 16u
struct picture {
	unsigned int pages;
	struct page *page[PICTURE_PAGES_MAX];
	int nents;
	struct scatterlist sg[PICTURE_PAGES_MAX];
};

/* Fixtures of cmocka; the second also makes sure that nothing is left shared or allocated. */
int guest_set_up(void **state);
int guest_tear_down(void **state);
void guest_disconnect(struct guest *g);
void guest_reconnect(struct guest *g);

/* A command with a fence; its head, an even number. */
unsigned int guest_send(struct guest *g, u64 fence);
/* The memory of the answer that belongs to a head. */
const struct virtio_gpu_ctrl_hdr *guest_answer(const struct guest *g, unsigned int head);
/* The command was answered in the backend's place. */
void assert_answered_with_an_error(const struct guest *g, unsigned int head, u64 fence);

/* Pages in a row, as one segment, or split into two with the second half first. */
void guest_picture(struct picture *p, unsigned int pages);
void guest_picture_split(struct picture *p);
void guest_picture_free(struct picture *p);
/* As virtio_gpu does when it creates or destroys the resource. */
int guest_picture_map(struct guest *g, struct picture *p);
void guest_picture_unmap(struct guest *g, struct picture *p);
/* The reference of its first page. */
grant_ref_t picture_ref(const struct picture *p);

/* The backend: what is at an address of the guest; a descriptor; a new entry in the used ring. */
u8 *backend_at(const struct guest *g, u64 addr);
struct vring_desc backend_desc(const struct guest *g, unsigned int i);
void backend_use(struct guest *g, u32 id, u32 len);
/* Writes the answer, too. */
void backend_answer(struct guest *g, unsigned int head, u32 type);
/* How many bytes of what was there before the backend can see. */
size_t backend_sees_secrets(void);

#endif
