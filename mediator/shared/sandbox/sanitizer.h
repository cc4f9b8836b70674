/* SPDX-License-Identifier: MIT */
/*
 * Whether this is a test build with AddressSanitizer. It needs more than the product: its leak
 * check stops all threads from a process of its own, and its shadow fills the address space. What
 * is opened for it stands in filter.c's list of that name and nowhere else.
 */
#ifndef MEDIATOR_SHARED_SANDBOX_SANITIZER_H
#define MEDIATOR_SHARED_SANDBOX_SANITIZER_H

#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

#endif
