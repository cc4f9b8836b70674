/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test's view of the fake kernel (kernel.h): the machine below it, and the driver domain, which
 * maps grants and sends events.
 */
#ifndef TESTS_FAKES_KERNEL_HOST_H
#define TESTS_FAKES_KERNEL_HOST_H

#include "tests/fakes/kernel/kernel.h"

#define HOST_PAGES 256u
/* The initial content of memory: stands for other data of the guest, which must not be shared. */
#define HOST_SECRET 0xa5

/* Start with all memory free, nothing granted and no event channel. */
void host_start(void);
/*
 * Let the n-th allocation of a page or grant from now on fail, once; 0: none. host_failed() tells
 * whether it has.
 */
void host_fail(unsigned int n);
bool host_failed(void);

/* The number of calls that would crash a kernel. Each is reported on stderr. */
unsigned int host_bugs(void);

unsigned int host_pages_in_use(void);

/* References are below HOST_REFS; the lowest free one is allocated first. */
#define HOST_REFS 512u
/* The longest run of consecutive references that can be allocated. */
void host_limit_runs(unsigned int count);
/* Whether a page is granted. */
bool host_reachable(const struct page *page);
/* The page that `ref` grants, or NULL. */
struct page *host_granted(grant_ref_t ref);
unsigned int host_grants(void);
/*
 * Map and unmap as the driver domain. host_map() returns NULL if nothing is granted. The kernel
 * notices an unmap at once.
 */
u8 *host_map(grant_ref_t ref);
void host_unmap(grant_ref_t ref);
void host_unmap_all(void);

/* Send an event from the driver domain; the number of interrupts so far. */
void host_event(void);
unsigned int host_interrupts(void);
/* Call on_notify() for each event from the guest; NULL: do nothing. */
void host_on_notify(void (*on_notify)(void));

/* Let time pass; HZ ticks are a second. */
void host_wait(unsigned int ticks);
/* Run all scheduled work items. */
void host_work(void);

#endif
