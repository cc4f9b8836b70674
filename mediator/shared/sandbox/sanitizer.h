/* SPDX-License-Identifier: MIT */
/*
 * Whether this is a test build with AddressSanitizer, which needs more rights than the product: its
 * leak check stops all threads from a helper process, and its shadow memory fills the address
 * space. The extra system calls are those of filter.c's list allowed_for_sanitizer and its ptrace
 * rule.
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
