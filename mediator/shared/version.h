/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The version of all programs, the module and the board image: this is its only place. */
#ifndef MEDIATOR_SHARED_VERSION_H
#define MEDIATOR_SHARED_VERSION_H

#define GPUM_VERSION "0.2.0"

#endif
