/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of this folder need of each other. */
#ifndef TESTS_FAKES_KERNEL_INNER_H
#define TESTS_FAKES_KERNEL_INNER_H

#include <stdbool.h>

struct page;

void grants_start(void);
void events_start(void);
/* Whether this is the page or grant that host_fail has chosen. */
bool fails_now(void);
void bug(const char *what);
/* The page of this frame number. */
struct page *gfn_to_page(unsigned long gfn);

#endif
