/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fixture: a guest whose frontend is connected to a backend that the test plays. Above the frontend
 * there is as much of virtio_gpu as is needed to send commands and to get them back.
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
#define COMMANDS   (RING / 2) /* each takes two descriptors */

struct vgpu_device;
struct vgpu_control;

struct guest {
	struct xenbus_device xdev;
	struct vgpu_device *device;
	unsigned int lost; /* calls of on_lost() */

	/* The backend's side. */
	struct vgpu_control *control;
	u8 *pool[POOL_PAGES];
	u16 used;

	/* virtio_gpu's side: the control queue's commands, by head. */
	struct page *memory; /* holds commands and answers; HOST_SECRET elsewhere */
	bool sent[RING];
	bool answered[RING]; /* since the command was sent */
	unsigned int answers;
	unsigned int made_up; /* used entries without a command, which virtio_ring would trust */
	unsigned int left_behind; /* queues destroyed with commands in them */
	void (*on_answers)(struct guest *g);
};

/* A resource's pages, and DRM's scatterlist of them. */
#define PICTURE_PAGES_MAX 16u
struct picture {
	unsigned int pages;
	struct page *page[PICTURE_PAGES_MAX];
	int nents;
	struct scatterlist sg[PICTURE_PAGES_MAX];
};

/* Fixtures of cmocka. guest_tear_down() also asserts that nothing is left granted or allocated. */
int guest_set_up(void **state);
int guest_tear_down(void **state);
void guest_disconnect(struct guest *g);
void guest_reconnect(struct guest *g);

/* Send a command with a fence. Returns its head, an even number. */
unsigned int guest_send(struct guest *g, u64 fence);
/* The answer to a head's command, in the guest's memory. */
const struct virtio_gpu_ctrl_hdr *guest_answer(const struct guest *g, unsigned int head);
/* Assert that the frontend answered the command in the backend's place. */
void assert_answered_with_an_error(const struct guest *g, unsigned int head, u64 fence);

/* Allocate contiguous pages as one segment; split them into two segments, the second half first. */
void guest_picture(struct picture *p, unsigned int pages);
void guest_picture_split(struct picture *p);
void guest_picture_free(struct picture *p);
/* Map and unmap as virtio_gpu does when it creates and destroys the resource. */
int guest_picture_map(struct guest *g, struct picture *p);
void guest_picture_unmap(struct guest *g, struct picture *p);
/* The grant reference of the first page. */
grant_ref_t picture_ref(const struct picture *p);

/*
 * The backend's side: the memory at a pool address; a descriptor; adding an entry to the used ring.
 */
u8 *backend_at(const struct guest *g, u64 addr);
struct vring_desc backend_desc(const struct guest *g, unsigned int i);
void backend_use(struct guest *g, u32 id, u32 len);
/* Write an answer of this type, then add the used entry. */
void backend_answer(struct guest *g, unsigned int head, u32 type);
/* The number of bytes with value HOST_SECRET in all granted pages. */
size_t backend_sees_secrets(void);

#endif
