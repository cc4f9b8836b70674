/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/display/displays.h"

#include <string.h>

#include "mediator/daemon/output/output.h"

bool displays_init(struct displays *d, struct ev_loop *loop, const struct options *options,
		   const struct config *config, struct clients *clients)
{
	d->loop = loop;
	d->options = options;
	d->config = config;
	d->clients = clients;
	d->monitors =
		(struct monitors){.loop = loop, .watchdog = &d->watchdog, .verifier = &d->verifier};
	if (!watchdog_init(&d->watchdog, config->watchdog, config->path))
		return false;
	if (!strcmp(options->output, "kms")) {
		d->kms = kms_open(loop, options->card, options->card_fd);
		if (!d->kms)
			return false;
	}
	for (uint32_t i = 0; i < config->num_panels; i++)
		if (!panel_init(&d->panel[i], d, i))
			return false;
	verifier_init(&d->verifier, clients, options, config);
	return true;
}

void displays_leave(struct displays *d)
{
	kms_leave(d->kms);
}

void displays_finish(struct displays *d)
{
	verifier_finish(&d->verifier);
	for (uint32_t i = 0; i < CONFIG_MAX_PANELS; i++)
		panel_finish(&d->panel[i]);
	kms_close(d->kms);
	d->kms = NULL;
	watchdog_finish(&d->watchdog);
}
