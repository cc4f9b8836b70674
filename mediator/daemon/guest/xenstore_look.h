/* SPDX-License-Identifier: MIT */
/*
 * Reads the vgpu devices of this domain from xenstore once. Waits for xenstore's answers; changes
 * nothing. Numbers must be plain decimal without sign, blank or leading zero, texts printable; a
 * node with anything else counts as absent (docs/protocol.md, "Xenstore").
 */
#ifndef MEDIATOR_DAEMON_GUEST_XENSTORE_LOOK_H
#define MEDIATOR_DAEMON_GUEST_XENSTORE_LOOK_H

#include <stdbool.h>

#include "mediator/daemon/guest/xenstore_view.h"

struct xs_handle;

/*
 * Fills in all of *view but `served`. False when xenstore did not answer: then *view says nothing,
 * and the caller must not conclude that guests are gone.
 */
bool xenstore_look(struct xs_handle *xs, struct xenstore_view *view);

#endif
