/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * vgpu: virtio-gpu over Xen grants and event channels - what is shared between a guest's
 * frontend and the driver domain's backend, byte by byte.
 *
 * The device is a standard virtio-gpu device (virtio 1.2, section 5.7) with split virtqueues
 * (section 2.7). Only the transport is defined here: instead of trapped registers there is one
 * granted *control page*, and instead of guest-physical addresses the rings carry *vgpu
 * addresses*. Everything is little-endian. docs/protocol.md tells the same in prose, with the
 * xenstore keys and the state machine.
 *
 * Both sides treat the page as hostile memory: read a field once into a private copy, check the
 * copy, use only the copy. Each field has exactly one writer.
 *
 * Shared by the kernel module and by the backend, so it includes nothing but integer types.
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

/* Grants have Xen's granularity, whatever the guest's page size is. */
#define VGPU_PAGE_SHIFT 12
#define VGPU_PAGE_SIZE	(1u << VGPU_PAGE_SHIFT)

/*
 * vgpu addresses, as found in virtqueue descriptors and in virtio_gpu_mem_entry.addr:
 *  - below 2^63: an offset in bytes into the pool. Rings, commands and responses live there.
 *  - bit 63 set: object backing. Bits 12..43 are a grant reference, bits 0..11 the offset in the
 *    granted page; a range longer than the page goes on in the page of the next reference.
 *    Only virtio_gpu_mem_entry may hold such an address, a descriptor never.
 */
#define VGPU_ADDR_GRANT	    (1ull << 63)
#define VGPU_ADDR_REF_SHIFT VGPU_PAGE_SHIFT
#define VGPU_ADDR_REF_MASK  0xffffffffull

#define VGPU_QUEUE_CONTROL  0u
#define VGPU_QUEUE_CURSOR   1u
#define VGPU_QUEUE_COUNT    2u
#define VGPU_QUEUE_SIZE_MAX 1024u /* entries, a power of two */

/* The pool: granted once, at connect; its references are listed in directory pages. */
#define VGPU_REFS_PER_PAGE  (VGPU_PAGE_SIZE / 4u)
#define VGPU_DIR_PAGES_MAX  4u
#define VGPU_POOL_PAGES_MIN 64u
#define VGPU_POOL_PAGES_MAX (VGPU_DIR_PAGES_MAX * VGPU_REFS_PER_PAGE) /* 16 MiB */

/*
 * Virtio feature bits this transport can carry. Indirect descriptors and packed rings are left
 * out on purpose: there is less to validate, and a queue of 1024 holds the largest command.
 */
#define VGPU_F_VIRGL	       (1ull << 0)  /* VIRTIO_GPU_F_VIRGL */
#define VGPU_F_EDID	       (1ull << 1)  /* VIRTIO_GPU_F_EDID */
#define VGPU_F_EVENT_IDX       (1ull << 29) /* VIRTIO_F_EVENT_IDX */
#define VGPU_F_VERSION_1       (1ull << 32) /* VIRTIO_F_VERSION_1 */
#define VGPU_F_ACCESS_PLATFORM (1ull << 33) /* VIRTIO_F_ACCESS_PLATFORM */

/* device_status, written by the backend. */
#define VGPU_DEVICE_OK		0x00u
#define VGPU_DEVICE_NEEDS_RESET 0x40u /* virtio's DEVICE_NEEDS_RESET: broken until re-connected */

/* One virtqueue as the driver set it up; addresses are pool offsets. Driver-written. */
struct vgpu_queue {
	vgpu_u32 size;	  /* entries, power of two, <= VGPU_QUEUE_SIZE_MAX */
	vgpu_u32 enabled; /* 0 or 1; written last */
	vgpu_u64 desc;	  /* descriptor table, 16-byte aligned */
	vgpu_u64 driver;  /* available ring, 2-byte aligned */
	vgpu_u64 device;  /* used ring, 4-byte aligned */
};

/*
 * The control page. The setup block is complete before the frontend enters XenbusStateInitialised
 * and is read once by the backend. The device block is complete before the backend enters
 * XenbusStateConnected.
 *
 * Reset: the driver disables the queues, sets driver_status to 0, increments driver_generation and
 * notifies; the backend forgets every queue, context, resource and fence of the device and then
 * copies the value into device_generation. The frontend waits for that, for a bounded time.
 *
 * Configuration events (virtio-gpu's events_read/events_clear): the driver stores the bits and
 * increments events_clear_seq; the backend clears those bits of events_read once for each new
 * sequence number. The backend increments config_generation, and notifies, after any change.
 */
struct vgpu_control {
	/* 0x000: setup, written by the frontend */
	vgpu_u32 magic;
	vgpu_u32 version;
	vgpu_u32 pool_pages;
	vgpu_u32 dir_pages;		      /* ceil(pool_pages / VGPU_REFS_PER_PAGE) */
	vgpu_u32 dir_ref[VGPU_DIR_PAGES_MAX]; /* grant references of the directory pages */
	vgpu_u8 reserved0[0x100 - 0x20];

	/* 0x100: registers written by the driver */
	vgpu_u32 driver_generation;
	vgpu_u32 driver_status; /* virtio device status as the driver set it */
	vgpu_u64 driver_features;
	vgpu_u32 events_clear;
	vgpu_u32 events_clear_seq;
	vgpu_u8 reserved1[0x140 - 0x118];
	struct vgpu_queue queue[VGPU_QUEUE_COUNT]; /* 0x140 */
	vgpu_u8 reserved2[0x800 - 0x180];

	/* 0x800: registers written by the backend */
	vgpu_u32 device_generation;
	vgpu_u32 device_status;
	vgpu_u64 device_features;
	vgpu_u32 config_generation;
	vgpu_u32 queue_size_max; /* <= VGPU_QUEUE_SIZE_MAX */
	vgpu_u32 events_read;	 /* from here on: struct virtio_gpu_config's values */
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

/* Xenstore keys; docs/protocol.md says who writes which, when, and their form. */
#define VGPU_XS_CLASS	      "vgpu"
#define VGPU_XS_MIN_VERSION   "min-version"   /* backend directory, decimal */
#define VGPU_XS_MAX_VERSION   "max-version"   /* backend directory, decimal */
#define VGPU_XS_DOMAIN_NAME   "domain-name"   /* backend directory, written by dom0 at attach */
#define VGPU_XS_VERSION	      "version"	      /* frontend directory, decimal */
#define VGPU_XS_CONTROL_REF   "control-ref"   /* frontend directory, decimal grant reference */
#define VGPU_XS_EVENT_CHANNEL "event-channel" /* frontend directory, decimal port */

#endif
