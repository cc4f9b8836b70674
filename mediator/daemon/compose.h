/* SPDX-License-Identifier: MIT */
/* Panels that several displays share: the compositor process and what it is told. */
#ifndef MEDIATOR_DAEMON_COMPOSE_H
#define MEDIATOR_DAEMON_COMPOSE_H

#include <stdbool.h>
#include <stdint.h>

struct panel;

void compose_init(struct panel *panel);
void compose_stop(struct panel *panel);

/* Whether pictures can be drawn now. */
bool compose_ready(const struct panel *panel);

/* It goes on after another mediator's end, and will be ready in a moment: worth waiting for. */
bool compose_resumes(const struct panel *panel);

/* Have the compositor draw: bit i of changed: display i is new, others are kept. */
void compose_start(struct panel *panel, uint32_t changed);

/* The picture is on the screen. */
void compose_shown(struct panel *panel);

/* It takes long: end a compositor that for some time has not even asked for the GPU. */
void compose_late(struct panel *panel);

#endif
