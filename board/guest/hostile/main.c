/* SPDX-License-Identifier: MIT */
/*
 * vgpu-hostile: takes the place of the vgpu frontend and breaks the protocol's rules, one at a
 * time. It takes orders through the guest's own folder in xenstore:
 *
 *   data/hostile/order    "NUMBER ATTACK", or "NUMBER leave"; dom0 writes it
 *   data/hostile/result   "NUMBER OUTCOME"; written after each attack ("0 ready" at the start)
 *
 * Unbind the kernel's own frontend and remove its module first.
 */
#include "board/guest/hostile/attacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mediator/shared/version.h"

#define ORDER	   "data/hostile/order"
#define RESULT	   "data/hostile/result"
#define ORDER_US   100000u
#define TEXT_BYTES 64u

static const char usage[] = "vgpu-hostile - breaks the rules of the vgpu protocol, as dom0 orders\n"
			    "\n"
			    "usage: vgpu-hostile [--list | --version]\n"
			    "  --list   print the names of the attacks\n"
			    "\n"
			    "exit status: 0 ordered to leave, 1 failed, 2 wrong usage\n";

static void tell(struct front *f, unsigned long number, const char *text)
{
	char line[TEXT_BYTES];

	snprintf(line, sizeof(line), "%lu %s", number, text);
	printf("hostile: %s\n", line);
	fflush(stdout);
	xs_write(f->xs, XBT_NULL, RESULT, line, (unsigned int)strlen(line));
}

static const char *carry_out(struct front *f, const struct attack *attack)
{
	const char *outcome;

	if (attack->connected && !front_connect(f))
		outcome = "not connected";
	else
		outcome = outcome_name(attack->run(f));
	front_leave(f);
	return outcome;
}

/* Returns false if the order is to leave. */
static bool obey(struct front *f, unsigned long number, const char *name)
{
	const struct attack *attack = attack_find(name);

	if (!strcmp(name, "leave"))
		return false;
	printf("hostile: %lu begins %s\n", number, name);
	fflush(stdout);
	if (attack)
		tell(f, number, carry_out(f, attack));
	else
		tell(f, number, "no such attack");
	return true;
}

/* Reads the order; true if its number differs from the last one's. */
static bool next_order(struct front *f, unsigned long *number, char *name, size_t size)
{
	char *order = xs_read(f->xs, XBT_NULL, ORDER, NULL), *rest;
	unsigned long found = order ? strtoul(order, &rest, 10) : 0;
	bool news = found && found != *number && *rest == ' ';

	if (news) {
		*number = found;
		snprintf(name, size, "%s", rest + 1);
	}
	free(order);
	return news;
}

int main(int argc, char **argv)
{
	static struct front f;
	char name[TEXT_BYTES];
	unsigned long number = 0;

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		for (size_t i = 0; i < num_attacks; i++)
			puts(attacks[i].name);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		puts("vgpu-hostile " GPUM_VERSION);
		return 0;
	}
	if (argc != 1) {
		fputs(usage, stderr);
		return 2;
	}
	front_open(&f);
	tell(&f, 0, "ready");
	for (;;) {
		if (!next_order(&f, &number, name, sizeof(name)))
			usleep(ORDER_US);
		else if (!obey(&f, number, name))
			return 0;
	}
}
