/* SPDX-License-Identifier: MIT */
/* Private to mediator/admission. */
#ifndef MEDIATOR_ADMISSION_INTERNAL_H
#define MEDIATOR_ADMISSION_INTERNAL_H

#include "mediator/admission/admission.h"

/*
 * budget.c: returns whether the guest's budget never delays a job of its frames, provided that each
 * of its displays responds within the bound in `a`, whose rows must be valid.
 */
int admission_budget_suffices(const struct config *c, const struct admission *a, uint32_t guest);

/* fix.c: search a change that makes a refused configuration hold; fill a->change and a->error. */
void admission_find_fix(const struct config *c, struct admission *a);

#endif
