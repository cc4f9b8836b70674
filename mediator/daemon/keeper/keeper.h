/* SPDX-License-Identifier: MIT */
/*
 * The process above the mediator. It opens the KMS device, runs the mediator with it, and runs it
 * again when it ends. The kernel keeps pictures on the screens as long as the device file is open.
 * As the keeper holds it open all the time, the last picture stays while there is no mediator. The
 * keeper does nothing else, so little can end it.
 */
#ifndef MEDIATOR_DAEMON_KEEPER_KEEPER_H
#define MEDIATOR_DAEMON_KEEPER_KEEPER_H

#include "mediator/daemon/base/options.h"

/*
 * Returns the program's exit status: after SIGTERM or SIGINT, which end the mediator, too; when the
 * device cannot be opened; when the mediator refuses its arguments.
 */
int keeper_run(const struct options *options, char **argv);

#endif
