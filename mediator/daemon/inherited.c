/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/inherited.h"

#include <unistd.h>

#include "mediator/daemon/log.h"
#include "mediator/daemon/mediator.h"
#include "mediator/daemon/output.h"
#include "mediator/daemon/panel.h"

static void give_up(struct panel *p)
{
	struct inherited *i = &p->inherited;
	struct gpum_msg msg = {.id = {.id = i->description.id}};

	if (i->fd < 0)
		return;
	if (i->announced)
		client_send(&p->compositor, &msg, GPUM_MSG_LAYER_REMOVE, -1);
	ev_timer_stop(p->mediator->loop, &i->end);
	close(i->fd);
	i->fd = -1;
	i->displays = 0;
}

static void too_old(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct panel *p = timer->data;

	(void)loop;
	(void)events;
	log_warning("%s: no new frame of %d displays, their last pictures are taken off",
		    p->config->connector, __builtin_popcount(p->inherited.displays));
	give_up(p);
	panel_damage(p);
}

void inherited_init(struct panel *p)
{
	struct inherited *i = &p->inherited;

	i->fd = -1;
	ev_timer_init(&i->end, too_old, INHERITED_S, 0.0);
	i->end.data = p;
	if (p->output->ops->inherit(p->output, &i->description, &i->fd)) {
		i->fd = -1;
		return;
	}
	log_info("%s: the last picture stays until there are new ones", p->config->connector);
	i->description.id = ++p->mediator->buffer_ids;
	i->displays = (UINT32_C(1) << p->config->num_displays) - 1;
	ev_timer_start(p->mediator->loop, &i->end);
}

void inherited_finish(struct panel *p)
{
	p->inherited.announced = false;
	give_up(p);
}

bool inherited_shows(const struct panel *p, uint32_t slot)
{
	return p->inherited.displays & (UINT32_C(1) << slot);
}

void inherited_replaced(struct panel *p, uint32_t slot)
{
	p->inherited.displays &= ~(UINT32_C(1) << slot);
	if (!p->inherited.displays)
		give_up(p);
}

uint32_t inherited_layer(struct panel *p)
{
	struct inherited *i = &p->inherited;
	struct gpum_msg msg = {.buffer = i->description};

	if (!i->announced) {
		client_send(&p->compositor, &msg, GPUM_MSG_LAYER_ADD, i->fd);
		i->announced = true;
	}
	return i->description.id;
}

void inherited_forget_layer(struct panel *p)
{
	p->inherited.announced = false;
}
