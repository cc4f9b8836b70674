/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_MEDIATOR_CONFIG_TREE_SOURCE_H
#define TESTS_UNIT_MEDIATOR_CONFIG_TREE_SOURCE_H

#include <stddef.h>

/*
 * Returns the source of a good tree (three displays on "panel", one on "panel-rear", three guests)
 * with the first `from` replaced by `to`; NULL for both: unchanged. The caller frees it. Aborts if
 * the tree does not contain `from`, because the test would then test nothing.
 */
char *tree_source(const char *from, const char *to);

/* Compiles a source with dtc (-@, warnings off). The caller frees the blob; NULL: dtc refuses it.
 */
void *tree_compile(const char *source, size_t *size);

#endif
