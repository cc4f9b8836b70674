/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Validates what the backend says. Arguments are private copies and results are values: nothing
 * here touches the kernel or shared memory, so that the same functions are tested and fuzzed on a
 * build host.
 */
#ifndef FRONTEND_VALIDATE_H
#define FRONTEND_VALIDATE_H

#include "mediator/shared/wire/vgpu.h"

/*
 * Virtio 1.2, section 5.7.4: num_scanouts is 1..16. The number of capsets has no bound there, but
 * the guest's driver waits for the backend once per capset at probe, so it is bounded, too.
 */
#define VGPU_SCANOUTS_MAX 16u
#define VGPU_CAPSETS_MAX  16u

#define VGPU_FEATURES_NEEDED (VGPU_F_VERSION_1 | VGPU_F_ACCESS_PLATFORM)
#define VGPU_FEATURES_KNOWN  (VGPU_F_VIRGL | VGPU_F_EDID | VGPU_F_EVENT_IDX | VGPU_FEATURES_NEEDED)

/*
 * Virtio 1.2, sections 5.7.6.7 and 5.7.6.8; spelled out because the build host has no virtio_gpu.h
 * of the kernel's.
 */
#define VGPU_CMD_HDR_BYTES  24u
#define VGPU_RESP_OK_EDID   0x1104u
#define VGPU_EDID_BYTES_MAX 1024u

/* Private copy of the device block, taken once after the backend has entered Connected. */
struct vgpu_device_info {
	vgpu_u32 device_status;	 /* VGPU_DEVICE_* */
	vgpu_u32 queue_size_max; /* entries */
	vgpu_u32 num_scanouts;
	vgpu_u32 num_capsets;
	vgpu_u64 features; /* offered VGPU_F_*, unknown bits cleared */
};

/* Returns NULL if the device block is usable, else a constant string that says what is wrong. */
static inline const char *vgpu_validate_device(const struct vgpu_device_info *info)
{
	if (info->device_status != VGPU_DEVICE_OK)
		return "device_status is not OK";
	if ((info->features & VGPU_FEATURES_NEEDED) != VGPU_FEATURES_NEEDED)
		return "VERSION_1 or ACCESS_PLATFORM is not offered";
	if (info->queue_size_max < 16 || info->queue_size_max > VGPU_QUEUE_SIZE_MAX)
		return "queue_size_max is out of range";
	if (info->num_scanouts < 1 || info->num_scanouts > VGPU_SCANOUTS_MAX)
		return "num_scanouts is out of range";
	if (info->num_capsets > VGPU_CAPSETS_MAX)
		return "num_capsets is out of range";
	return (void *)0;
}

/*
 * Returns the protocol version to speak, or 0 if the backend's range min..max has none that we
 * know.
 */
static inline vgpu_u32 vgpu_choose_version(vgpu_u32 min, vgpu_u32 max)
{
	return min <= VGPU_VERSION && VGPU_VERSION <= max ? VGPU_VERSION : 0;
}

/* Returns the largest power of two that exceeds neither `limit` nor `want`; both are at least 1. */
static inline vgpu_u32 vgpu_queue_entries(vgpu_u32 limit, vgpu_u32 want)
{
	vgpu_u32 n = 1;

	while (n <= limit / 2 && n <= want / 2)
		n *= 2;
	return n;
}

/*
 * Returns how many entries the backend has newly used, or -1 if these are more than it was given.
 * `seen` and `index` are 16-bit ring indices: the last one handled, and the backend's used.idx.
 */
static inline int vgpu_validate_used(vgpu_u32 seen, vgpu_u32 index, vgpu_u32 in_flight)
{
	vgpu_u32 fresh = (index - seen) & 0xffffu;

	return fresh <= in_flight ? (int)fresh : -1;
}

static inline vgpu_u32 vgpu_get_le32(const vgpu_u8 *p)
{
	return (vgpu_u32)p[0] | (vgpu_u32)p[1] << 8 | (vgpu_u32)p[2] << 16 | (vgpu_u32)p[3] << 24;
}

/*
 * Repair a response before the guest's driver sees it. In a GET_EDID response (struct
 * virtio_gpu_resp_edid: header, size, padding, 1024 bytes), virtio_gpu of Linux 6.1 trusts `size`
 * and would read beyond the buffer, so `size` is lowered to 1024. `len` is the response's length in
 * bytes; other responses are left as they are.
 */
static inline void vgpu_fix_response(vgpu_u8 *answer, vgpu_u32 len)
{
	vgpu_u8 *size = answer + VGPU_CMD_HDR_BYTES;

	if (len < VGPU_CMD_HDR_BYTES + 4 || vgpu_get_le32(answer) != VGPU_RESP_OK_EDID)
		return;
	if (vgpu_get_le32(size) <= VGPU_EDID_BYTES_MAX)
		return;
	size[0] = VGPU_EDID_BYTES_MAX & 0xff;
	size[1] = VGPU_EDID_BYTES_MAX >> 8;
	size[2] = 0;
	size[3] = 0;
}

#endif
