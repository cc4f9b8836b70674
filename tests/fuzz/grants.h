/* SPDX-License-Identifier: MIT */
/*
 * A fake grant table for fuzz targets that link the backend: each domain d (1 to GRANTS_DOMAINS)
 * has granted its pages 0 to GRANTS_PAGES - 1 by references of the same numbers. Mappings share
 * memory with the pages.
 */
#ifndef TESTS_FUZZ_GRANTS_H
#define TESTS_FUZZ_GRANTS_H

#include <stdint.h>

#define GRANTS_DOMAINS 3u
#define GRANTS_PAGES   16u
#define GRANTS_BYTES   (GRANTS_PAGES * 4096u)

/* A domain's pages, contiguous; GRANTS_BYTES bytes. */
uint8_t *grants_memory(uint32_t domid);
/* Pages mapped now, of all domains. */
extern uint32_t grants_mapped;

#endif
