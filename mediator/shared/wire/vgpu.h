/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * vgpu: virtio-gpu over Xen grants and event channels. This header defines, byte by byte, the
 * memory that a guest's frontend shares with the driver domain's backend.
 *
 * The device is a standard virtio-gpu device (virtio 1.2, section 5.7) with split virtqueues
 * (section 2.7). Only the transport is defined here: a granted *control page* takes the place of
 * trapped registers, and the rings carry *vgpu addresses* in place of guest-physical addresses. All
 * fields are little-endian. docs/protocol.md describes the same in prose, with the xenstore keys
 * and the state machine.
 *
 * Each side treats the page as hostile memory: it reads a field once into a private copy, validates
 * the copy, and uses only the copy. Each field has exactly one writer.
 *
 * The kernel module and the backend share this header, so it includes nothing but integer types.
 */
#ifndef MEDIATOR_SHARED_WIRE_VGPU_H
#define MEDIATOR_SHARED_WIRE_VGPU_H

#ifdef __KERNEL__
#include <linux/types.h>
typedef __u8 vgpu_u8;
typedef __u32 vgpu_u32;
typedef __u64 vgpu_u64;
#else
#include <stdint.h>
typedef uint8_t vgpu_u8;
typedef uint32_t vgpu_u32;
typedef uint64_t vgpu_u64;
#endif

#define VGPU_MAGIC   0x55504756u /* "VGPU" */
#define VGPU_VERSION 1u

/* A grant covers one page of Xen's size, whatever the guest's page size is. */
#define VGPU_PAGE_SHIFT 12
#define VGPU_PAGE_SIZE	(1u << VGPU_PAGE_SHIFT)

/*
 * vgpu addresses, in virtqueue descriptors and in virtio_gpu_mem_entry.addr:
 *
 * - Bit 63 clear: an offset in bytes into the pool, which holds rings, commands and responses. An
 *   offset outside the pool is an error.
 * - Bit 63 set: backing of a resource. Bits 12..43 are a grant reference, bits 0..11 the offset in
 *   the granted page; bits 44..62 are zero. A range that extends beyond the page continues in the
 *   page of the next reference. Only virtio_gpu_mem_entry.addr may hold such an address, never a
 *   descriptor.
 */
#define VGPU_ADDR_GRANT	    (1ull << 63)
#define VGPU_ADDR_REF_SHIFT VGPU_PAGE_SHIFT
#define VGPU_ADDR_REF_MASK  0xffffffffull

/* Indices of struct vgpu_control's queues: virtio-gpu's controlq and cursorq (section 5.7.2). */
#define VGPU_QUEUE_CONTROL  0u
#define VGPU_QUEUE_CURSOR   1u
#define VGPU_QUEUE_COUNT    2u
#define VGPU_QUEUE_SIZE_MAX 1024u /* entries; a power of two */

/*
 * The pool is granted once, at connect. Directory pages list its grant references, 32 bits each;
 * the control page lists the directory's.
 */
#define VGPU_REFS_PER_PAGE  (VGPU_PAGE_SIZE / 4u)
#define VGPU_DIR_PAGES_MAX  4u
#define VGPU_POOL_PAGES_MIN 64u
#define VGPU_POOL_PAGES_MAX (VGPU_DIR_PAGES_MAX * VGPU_REFS_PER_PAGE) /* 16 MiB */

/*
 * Virtio feature bits that this transport can carry. Indirect descriptors and packed rings are
 * never offered: that leaves less to validate, and a queue of 1024 entries holds the largest
 * command.
 */
#define VGPU_F_VIRGL	       (1ull << 0)  /* VIRTIO_GPU_F_VIRGL */
#define VGPU_F_EDID	       (1ull << 1)  /* VIRTIO_GPU_F_EDID */
#define VGPU_F_EVENT_IDX       (1ull << 29) /* VIRTIO_F_EVENT_IDX */
#define VGPU_F_VERSION_1       (1ull << 32) /* VIRTIO_F_VERSION_1 */
#define VGPU_F_ACCESS_PLATFORM (1ull << 33) /* VIRTIO_F_ACCESS_PLATFORM */

/* Values of device_status, written by the backend. */
#define VGPU_DEVICE_OK		0x00u
#define VGPU_DEVICE_NEEDS_RESET 0x40u /* virtio's DEVICE_NEEDS_RESET: broken until reconnected */

/* One virtqueue, as the driver set it up. Written by the frontend. Addresses are pool offsets. */
struct vgpu_queue {
	vgpu_u32 size;	  /* entries; a power of two, <= VGPU_QUEUE_SIZE_MAX */
	vgpu_u32 enabled; /* 0 or 1; written last */
	vgpu_u64 desc;	  /* descriptor table; 16-byte aligned */
	vgpu_u64 driver;  /* available ring; 2-byte aligned */
	vgpu_u64 device;  /* used ring; 4-byte aligned */
};

/*
 * The control page. The frontend completes the setup block before it enters XenbusStateInitialised;
 * the backend reads it once. The backend completes the device block before it enters
 * XenbusStateConnected. Reserved bytes are written as zero and never read.
 *
 * Reset: the frontend clears `enabled` of all queues and driver_status, increments
 * driver_generation and sends an event. The backend drops all queues, contexts, resources and
 * fences of the device, copies the value to device_generation and sends an event. The frontend
 * waits for that for a bounded time.
 *
 * Configuration events (virtio-gpu's events_read and events_clear): the frontend stores the bits to
 * clear, increments events_clear_seq and sends an event. The backend clears these bits of
 * events_read once for each new sequence number. After any change it increments config_generation
 * and sends an event.
 */
struct vgpu_control {
	/* 0x000: setup block, written by the frontend */
	vgpu_u32 magic;			      /* VGPU_MAGIC */
	vgpu_u32 version;		      /* VGPU_VERSION, as chosen in xenstore */
	vgpu_u32 pool_pages;		      /* VGPU_POOL_PAGES_MIN..MAX */
	vgpu_u32 dir_pages;		      /* ceil(pool_pages / VGPU_REFS_PER_PAGE) */
	vgpu_u32 dir_ref[VGPU_DIR_PAGES_MAX]; /* grant references of the directory pages */
	vgpu_u8 reserved0[0x100 - 0x20];

	/* 0x100: driver block, written by the frontend */
	vgpu_u32 driver_generation; /* incremented to request a reset */
	vgpu_u32 driver_status;	    /* virtio device status (section 2.1), as the driver set it */
	vgpu_u64 driver_features;   /* VGPU_F_* accepted; valid once status has FEATURES_OK */
	vgpu_u32 events_clear;	    /* bits to clear in events_read */
	vgpu_u32 events_clear_seq;  /* incremented after events_clear was written */
	vgpu_u8 reserved1[0x140 - 0x118];
	struct vgpu_queue queue[VGPU_QUEUE_COUNT]; /* 0x140 */
	vgpu_u8 reserved2[0x800 - 0x180];

	/* 0x800: device block, written by the backend */
	vgpu_u32 device_generation; /* driver_generation of the last finished reset */
	vgpu_u32 device_status;	    /* VGPU_DEVICE_* */
	vgpu_u64 device_features;   /* VGPU_F_* offered */
	vgpu_u32 config_generation; /* incremented after a change of events_read */
	vgpu_u32 queue_size_max;    /* entries; <= VGPU_QUEUE_SIZE_MAX */
	vgpu_u32 events_read;	    /* from here: members of struct virtio_gpu_config */
	vgpu_u32 num_scanouts;
	vgpu_u32 num_capsets;
	vgpu_u8 reserved3[0x1000 - 0x824];
};

#define VGPU_ASSERT_OFFSET(field, offset)                                                          \
	_Static_assert(__builtin_offsetof(struct vgpu_control, field) == (offset),                 \
		       "vgpu_control." #field " moved")
VGPU_ASSERT_OFFSET(magic, 0x000);
VGPU_ASSERT_OFFSET(version, 0x004);
VGPU_ASSERT_OFFSET(pool_pages, 0x008);
VGPU_ASSERT_OFFSET(dir_pages, 0x00c);
VGPU_ASSERT_OFFSET(dir_ref, 0x010);
VGPU_ASSERT_OFFSET(driver_generation, 0x100);
VGPU_ASSERT_OFFSET(driver_status, 0x104);
VGPU_ASSERT_OFFSET(driver_features, 0x108);
VGPU_ASSERT_OFFSET(events_clear, 0x110);
VGPU_ASSERT_OFFSET(events_clear_seq, 0x114);
VGPU_ASSERT_OFFSET(queue, 0x140);
VGPU_ASSERT_OFFSET(device_generation, 0x800);
VGPU_ASSERT_OFFSET(device_status, 0x804);
VGPU_ASSERT_OFFSET(device_features, 0x808);
VGPU_ASSERT_OFFSET(config_generation, 0x810);
VGPU_ASSERT_OFFSET(queue_size_max, 0x814);
VGPU_ASSERT_OFFSET(events_read, 0x818);
VGPU_ASSERT_OFFSET(num_scanouts, 0x81c);
VGPU_ASSERT_OFFSET(num_capsets, 0x820);
_Static_assert(sizeof(struct vgpu_queue) == 32, "vgpu_queue has padding");
_Static_assert(sizeof(struct vgpu_control) == VGPU_PAGE_SIZE, "the control page is one page");

/*
 * Xenstore keys. docs/protocol.md, section 2, says who writes which key, when, and in which form.
 */
#define VGPU_XS_CLASS	      "vgpu"
#define VGPU_XS_MIN_VERSION   "min-version"   /* backend directory, decimal */
#define VGPU_XS_MAX_VERSION   "max-version"   /* backend directory, decimal */
#define VGPU_XS_DOMAIN_NAME   "domain-name"   /* backend directory, written by dom0 */
#define VGPU_XS_VERSION	      "version"	      /* frontend directory, decimal */
#define VGPU_XS_CONTROL_REF   "control-ref"   /* frontend directory, decimal grant reference */
#define VGPU_XS_EVENT_CHANNEL "event-channel" /* frontend directory, decimal port */

#endif
