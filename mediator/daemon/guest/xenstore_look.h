/* SPDX-License-Identifier: MIT */
/*
 * What xenstore says of the vgpu devices of this domain, asked once. Waits for xenstore's answers;
 * changes nothing. Numbers are plain decimal without sign, blank or leading zero, texts printable;
 * anything else counts as absent (docs/protocol.md, "Xenstore").
 */
#ifndef MEDIATOR_DAEMON_GUEST_XENSTORE_LOOK_H
#define MEDIATOR_DAEMON_GUEST_XENSTORE_LOOK_H

#include <stdbool.h>

#include "mediator/daemon/guest/xenstore_view.h"

struct xs_handle;

/*
 * Fills in all of *view but `served`. False when xenstore did not answer: nothing is known then,
 * least of all that guests are gone.
 */
bool xenstore_look(struct xs_handle *xs, struct xenstore_view *view);

#endif
