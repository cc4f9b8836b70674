/* SPDX-License-Identifier: MIT */
/* Private to mediator/admission. */
#ifndef MEDIATOR_ADMISSION_INTERNAL_H
#define MEDIATOR_ADMISSION_INTERNAL_H

#include "mediator/admission/admission.h"

/*
 * budget.c: whether the guest's budget never holds back a job of its frames, when each of its
 * displays responds within what `a` says (its rows are valid).
 */
int admission_budget_suffices(const struct config *c, const struct admission *a, uint32_t guest);

/* fix.c: look for a change and fill a->change and a->error. a is refused. */
void admission_find_fix(const struct config *c, struct admission *a);

#endif
