/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mediator/ctl/ctl.h"
#include "mediator/shared/protocol/control.h"

static int no_mediator(const char *path, int error)
{
	const char *fix = "";

	if (error == ENOENT || error == ECONNREFUSED)
		fix = "; is gpu-mediatord running in this domain? (status, report, reset-stats and "
		      "screenshot work in the driver domain)";
	else if (error == EACCES)
		fix = "; run it as root";
	fprintf(stderr, "error: %s: %s%s\n", path, strerror(error), fix);
	return CTL_NO_MEDIATOR;
}

static int parse(const char *text, json_t **reply)
{
	const char *error;

	*reply = json_loads(text, 0, NULL);
	if (json_is_true(json_object_get(*reply, "ok")))
		return CTL_OK;
	error = json_string_value(json_object_get(*reply, "error"));
	fprintf(stderr, "error: mediator: %s\n",
		error ? error : "the reply is no JSON object with \"ok\" or \"error\"");
	json_decref(*reply);
	*reply = NULL;
	return CTL_FAILED;
}

int ctl_ask(const struct ctl_options *options, const char *request, json_t **reply)
{
	static char text[CONTROL_MAX_REPLY];
	int fd, status, socket = control_connect(options->socket);

	*reply = NULL;
	if (socket < 0)
		return no_mediator(options->socket, -socket);
	status = control_ask(socket, request, text, sizeof(text), &fd);
	if (fd >= 0)
		close(fd);
	close(socket);
	if (status)
		return no_mediator(options->socket, -status);
	return parse(text, reply);
}
