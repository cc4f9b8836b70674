/* SPDX-License-Identifier: MIT */
/*
 * Keys of pictures: what a compositor calls a picture (gpum_layer.buffer_id) and what present.h
 * calls a buffer. A picture has its key from the place where it is kept, so no two pictures have
 * one key, however many are announced. 0 is no key.
 */
#ifndef MEDIATOR_DAEMON_DISPLAY_KEYS_H
#define MEDIATOR_DAEMON_DISPLAY_KEYS_H

#include <stdint.h>

#include "mediator/config/config.h"
#include "mediator/shared/protocol/client.h"

/* A guest's: those that it has announced, and on each display one that is pending, latched, being
 * drawn and shown. */
#define KEYS_OF_GUEST (GPUM_MAX_BUFFERS + 4u * GPUM_MAX_SCANOUTS)

#define KEYS_SAFE      (1u + CONFIG_MAX_GUESTS * KEYS_OF_GUEST)
#define KEYS_INHERITED (KEYS_SAFE + CONFIG_MAX_PANELS * CONFIG_PANEL_DISPLAYS)

/* Of the buffer in slot `slot` (below KEYS_OF_GUEST) of a guest. */
static inline uint32_t key_of_buffer(uint32_t guest, uint32_t slot)
{
	return 1u + guest * KEYS_OF_GUEST + slot;
}

/* Of a display's safe picture. */
static inline uint32_t key_of_safe(uint32_t panel, uint32_t slot)
{
	return KEYS_SAFE + panel * CONFIG_PANEL_DISPLAYS + slot;
}

/* Of the picture that an earlier mediator left on a panel. */
static inline uint32_t key_of_inherited(uint32_t panel)
{
	return KEYS_INHERITED + panel;
}

#endif
