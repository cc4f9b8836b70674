/* SPDX-License-Identifier: MIT */
/* gpumctl's commands. Each returns the exit status; an error is one line on stderr, with the fix.
 */
#ifndef MEDIATOR_CTL_CTL_H
#define MEDIATOR_CTL_CTL_H

#include <jansson.h>
#include <stdbool.h>

enum ctl_status {
	CTL_OK = 0,
	CTL_FAILED = 1,	     /* the command was understood, but failed */
	CTL_USAGE = 2,	     /* the command line is wrong, or a file cannot be read or written */
	CTL_NO_MEDIATOR = 3, /* the mediator (or xenstore) cannot be reached */
};

struct ctl_options {
	const char *socket;
	const char *libexec;
	const char *driver_domain;
	bool json;
	bool properties;
};

int ctl_status(const struct ctl_options *options);
int ctl_report(const struct ctl_options *options, const char *file);
int ctl_reset_stats(const struct ctl_options *options);
int ctl_screenshot(const struct ctl_options *options, const char *display, const char *file);
int ctl_attach(const struct ctl_options *options, const char *guest);
int ctl_detach(const struct ctl_options *options, const char *guest);

/* Asks the mediator. Returns CTL_OK and a new object, or an exit status after printing the reason.
 */
int ctl_ask(const struct ctl_options *options, const char *request, json_t **reply);

#endif
