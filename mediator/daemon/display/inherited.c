/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/display/inherited.h"

#include <unistd.h>

#include "mediator/daemon/base/log.h"
#include "mediator/daemon/client/client.h"
#include "mediator/daemon/output/output.h"

static void give_up(struct inherited *i)
{
	struct gpum_msg msg = {.id = {.id = i->description.id}};

	if (i->fd < 0)
		return;
	if (i->announced)
		client_send(i->compositor, &msg, GPUM_MSG_LAYER_REMOVE, -1);
	ev_timer_stop(i->loop, &i->timer);
	close(i->fd);
	i->fd = -1;
	i->displays = 0;
}

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct inherited *i = timer->data;

	(void)loop;
	(void)events;
	log_warning("%s: no new frame of %d displays, their last pictures are taken off",
		    i->config->connector, __builtin_popcount(i->displays));
	give_up(i);
	i->expired(i->owner);
}

void inherited_init(struct inherited *i, struct ev_loop *loop, struct output *output,
		    const struct config_panel *config, uint32_t key, struct client *compositor,
		    void (*expired)(void *owner), void *owner)
{
	i->loop = loop;
	i->config = config;
	i->compositor = compositor;
	i->expired = expired;
	i->owner = owner;
	ev_timer_init(&i->timer, on_timer, INHERITED_S, 0.0);
	i->timer.data = i;
	if (output->ops->inherit(output, &i->description, &i->fd)) {
		i->fd = -1;
		return;
	}
	log_info("%s: the last picture stays until there are new ones", config->connector);
	i->description.id = key;
	i->displays = (UINT32_C(1) << config->num_displays) - 1;
	ev_timer_start(loop, &i->timer);
}

void inherited_finish(struct inherited *i)
{
	if (!i->loop)
		return;
	i->announced = false;
	give_up(i);
}

bool inherited_shows(const struct inherited *i, uint32_t slot)
{
	return i->displays & (UINT32_C(1) << slot);
}

void inherited_replaced(struct inherited *i, uint32_t slot)
{
	i->displays &= ~(UINT32_C(1) << slot);
	if (!i->displays)
		give_up(i);
}

uint32_t inherited_layer(struct inherited *i)
{
	struct gpum_msg msg = {.buffer = i->description};

	if (!i->announced) {
		client_send(i->compositor, &msg, GPUM_MSG_LAYER_ADD, i->fd);
		i->announced = true;
	}
	return i->description.id;
}

void inherited_forget_layer(struct inherited *i)
{
	i->announced = false;
}
