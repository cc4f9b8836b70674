/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test sees of the kernel of kernel.h: the machine below it, and the driver domain, which
 * maps what was granted and sends events.
 */
#ifndef TESTS_FAKES_KERNEL_HOST_H
#define TESTS_FAKES_KERNEL_HOST_H

#include "tests/fakes/kernel/kernel.h"

#define HOST_PAGES 256u
/* What memory holds before anybody has written to it: the rest of somebody's work. */
#define HOST_SECRET 0xa5

/* Everything free, nothing granted, no event channel. */
void host_start(void);
/* Let the n-th page or grant from now on fail, once; 0: none. True when it has come to that. */
void host_fail(unsigned int n);
bool host_failed(void);

/* How often the frontend asked for what crashes a kernel; each time is said on stderr. */
unsigned int host_bugs(void);

unsigned int host_pages_in_use(void);

/* All references are below; the lowest free one is given out first. */
#define HOST_REFS 512u
/* How many references there are in a row, at most. */
void host_limit_runs(unsigned int count);
/* Whether the driver domain can reach a page. */
bool host_reachable(const struct page *page);
/* The page that `ref` grants, or NULL. */
struct page *host_granted(grant_ref_t ref);
unsigned int host_grants(void);
/* The driver domain maps, NULL when nothing is granted, and unmaps, which is noticed at once. */
u8 *host_map(grant_ref_t ref);
void host_unmap(grant_ref_t ref);
void host_unmap_all(void);

/* An event from the driver domain, and how many interrupts there have been. */
void host_event(void);
unsigned int host_interrupts(void);
/* What the driver domain does at an event from the guest. */
void host_on_notify(void (*told)(void));

void host_wait(unsigned int ticks);
/* What schedule_work has put off. */
void host_work(void);

#endif
