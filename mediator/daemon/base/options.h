/* SPDX-License-Identifier: MIT */
#ifndef MEDIATOR_DAEMON_BASE_OPTIONS_H
#define MEDIATOR_DAEMON_BASE_OPTIONS_H

struct options {
	const char *fdt;	 /* device tree blob */
	const char *libexec;	 /* folder of gpum-backend and gpum-compositor */
	const char *socket;	 /* where gpumctl connects */
	const char *card;	 /* KMS device */
	const char *output;	 /* "kms" or "none" */
	const char *gpu;	 /* passed on to backends */
	const char *render_node; /* passed on to all clients */
	const char *board;	 /* name for reports; NULL: the device tree's model */
	int card_fd;		 /* the KMS device, opened by a keeper; -1: open `card` */
	int keeper_fd;		 /* socket to the keeper; -1: there is none */
	int supervise;		 /* run as the keeper */
};

/* Fills *options or ends the program: status 0 after --help and --version, 2 on bad usage. */
void options_parse(int argc, char **argv, struct options *options);

#endif
