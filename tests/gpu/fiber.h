/*
 * Fibers: threads of control that are switched between by hand, on stacks of their own. By a few
 * instructions on x86-64, else by ucontext, whose system calls and, under AddressSanitizer, whose
 * clearing of stacks cost a hundred times as much. A fiber's function never returns.
 */
#ifndef TESTS_GPU_FIBER_H
#define TESTS_GPU_FIBER_H

#include <cstddef>
#include <cstdint>
#include <memory>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

enum { FIBER_STACK_BYTES = 256 << 10 };

#if defined(__x86_64__)
typedef void *fiber_place; /* the stack, what must be kept on top of it */

/* Keeps where we are in *FROM and goes on at TO: what a call must preserve, and the stack. */
extern "C" void fiber_jump(fiber_place *from, fiber_place to);
/* clang-format off */
asm(".text\n"
    ".weak fiber_jump\n"
    ".type fiber_jump, @function\n"
    "fiber_jump:\n"
    "	pushq %rbp\n	pushq %rbx\n	pushq %r12\n	pushq %r13\n	pushq %r14\n	pushq %r15\n"
    "	movq %rsp, (%rdi)\n"
    "	movq %rsi, %rsp\n"
    "	popq %r15\n	popq %r14\n	popq %r13\n	popq %r12\n	popq %rbx\n	popq %rbp\n"
    "	ret\n"
    ".size fiber_jump, .-fiber_jump\n");
/* clang-format on */

static inline void fiber_switch(fiber_place *from, fiber_place *to)
{
	fiber_jump(from, *to);
}

/* Six registers, where to begin, and no place to return to; aligned as after a call. */
static inline void fiber_prepare(fiber_place *place, char *stack, void (*begin)())
{
	uintptr_t top = reinterpret_cast<uintptr_t>(stack + FIBER_STACK_BYTES) & ~uintptr_t(15);
	void **at = reinterpret_cast<void **>(top);
	*--at = nullptr;
	*--at = reinterpret_cast<void *>(begin);
	for (int i = 0; i < 6; i++)
		*--at = nullptr;
	*place = at;
}
#else
#include <ucontext.h>
typedef ucontext_t fiber_place;

static inline void fiber_switch(fiber_place *from, fiber_place *to)
{
	swapcontext(from, to);
}

static inline void fiber_prepare(fiber_place *place, char *stack, void (*begin)())
{
	getcontext(place);
	place->uc_stack.ss_sp = stack;
	place->uc_stack.ss_size = FIBER_STACK_BYTES;
	place->uc_link = nullptr;
	makecontext(place, begin, 0);
}
#endif

/* AddressSanitizer must know which stack we are on. */
struct fiber_stack {
	const void *bottom;
	size_t bytes;
	void *fake;
};

static inline void fiber_leave(fiber_stack *own, const fiber_stack *next)
{
#if defined(__SANITIZE_ADDRESS__)
	__sanitizer_start_switch_fiber(&own->fake, next->bottom, next->bytes);
#else
	(void)own, (void)next;
#endif
}

/* PREVIOUS: the stack we came from, which is learned the first time. */
static inline void fiber_arrive(fiber_stack *own, fiber_stack *previous)
{
#if defined(__SANITIZE_ADDRESS__)
	__sanitizer_finish_switch_fiber(own->fake,
					previous != nullptr ? &previous->bottom : nullptr,
					previous != nullptr ? &previous->bytes : nullptr);
#else
	(void)own, (void)previous;
#endif
}

#endif
