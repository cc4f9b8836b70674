/* SPDX-License-Identifier: MIT */
#include "tests/unit/mediator/shared/protocol/disturb.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define TIMES	 20
#define PAUSE_US 1000

static pthread_t disturbed, thread;
static void (*release)(void *data);

static void ignore(int number)
{
	(void)number;
}

static void *run(void *data)
{
	for (int i = 0; i < TIMES; i++) {
		usleep(PAUSE_US);
		pthread_kill(disturbed, SIGUSR1);
	}
	release(data);
	return NULL;
}

void disturb_start(void (*then)(void *data), void *data)
{
	const struct sigaction action = {.sa_handler = ignore}; /* without SA_RESTART */

	release = then;
	disturbed = pthread_self();
	if (sigaction(SIGUSR1, &action, NULL) || pthread_create(&thread, NULL, run, data))
		abort();
}

void disturb_end(void)
{
	pthread_join(thread, NULL);
}
