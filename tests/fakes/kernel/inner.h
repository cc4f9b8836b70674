/* SPDX-License-Identifier: GPL-2.0-only */
/* Interfaces between the files of this folder. */
#ifndef TESTS_FAKES_KERNEL_INNER_H
#define TESTS_FAKES_KERNEL_INNER_H

#include <stdbool.h>

struct page;

void grants_start(void);
void events_start(void);
/* Whether this allocation is the one that host_fail() lets fail. */
bool fails_now(void);
/* Count and report a call that would crash a kernel. */
void bug(const char *what);
/* The page of this frame number. */
struct page *gfn_to_page(unsigned long gfn);

#endif
