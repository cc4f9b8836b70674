/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_MEDIATOR_CONFIG_TREE_SOURCE_H
#define TESTS_UNIT_MEDIATOR_CONFIG_TREE_SOURCE_H

#include <stddef.h>

/*
 * The text of a good tree (three displays on "panel", one on "panel-rear", three guests) in which
 * the first `from` is replaced by `to`; from NULL: as it is. To be freed; aborts if `from` does
 * not occur, for then a test would test nothing.
 */
char *tree_source(const char *from, const char *to);

/* Compile a source with dtc (-@, warnings off). To be freed; NULL when dtc refuses it. */
void *tree_compile(const char *source, size_t *size);

#endif
