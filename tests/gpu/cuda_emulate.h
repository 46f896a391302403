/*
 * CUDA C compiled as C++ for the CPU, so that kernels and the code that launches them are tested
 * where there is no GPU. What the decode run uses, and no more.
 *
 * A thread of a block is a fiber, blocks run one after another. A fiber runs until it waits for its
 * block (__syncthreads) or for its warp (__shfl_*_sync); then the next one does, in an order that
 * emulate_order chooses: a kernel that lacks a barrier gives other results under another order. Where
 * some threads wait for what the others never reach, or lanes of a warp meet in different shuffles,
 * the program ends with a message.
 *
 * Not modelled: memory ordering within a warp, banks, occupancy, time.
 */
#ifndef TESTS_GPU_CUDA_EMULATE_H
#define TESTS_GPU_CUDA_EMULATE_H

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "tests/gpu/fiber.h"

#define __global__
#define __device__
#define __host__
#define __shared__ static
#define __launch_bounds__(...)

struct dim3 {
	unsigned x, y, z;
	constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_)
	{
	}
};

inline dim3 threadIdx, blockIdx, blockDim, gridDim;

enum emulate_ordering { EMULATE_ASCENDING, EMULATE_DESCENDING, EMULATE_MIXED, EMULATE_ORDERS };
inline emulate_ordering emulate_order = EMULATE_ASCENDING;

namespace emulate
{
enum { WARP = 32 };
enum state { READY, WAITS, DONE };

struct thread {
	fiber_place place;
	fiber_stack stack;
	std::unique_ptr<char[]> memory; /* of the stack; NULL: never ran */
	dim3 at;
	unsigned index;
	state is;
};

/* Two buffers: a lane may enter the next shuffle before the last has read this one. */
struct warp {
	unsigned arrived, turn;
	int how;
	uint64_t slots[2][WARP];
};

struct block {
	fiber_place scheduler;
	fiber_stack stack;	    /* the scheduler's */
	std::deque<thread> threads; /* which stay where they are */
	std::vector<warp> warps;
	thread *current;
	unsigned count, waiting;
	const std::function<void()> *body;
};

inline block running;

[[noreturn]] inline void fail(const char *what)
{
	fprintf(stderr, "emulated CUDA: block %u,%u,%u thread %u: %s\n", blockIdx.x, blockIdx.y,
		blockIdx.z, running.current != nullptr ? running.current->index : 0, what);
	abort();
}

inline void to_scheduler()
{
	thread *self = running.current;
	fiber_leave(&self->stack, &running.stack);
	fiber_switch(&self->place, &running.scheduler);
	fiber_arrive(&self->stack, nullptr);
}

/* One block after another. */
inline void thread_main()
{
	fiber_arrive(&running.current->stack, &running.stack);
	for (;;) {
		(*running.body)();
		running.current->is = DONE;
		to_scheduler();
	}
}

inline void resume(thread &next)
{
	running.current = &next;
	threadIdx = next.at;
	fiber_leave(&running.stack, &next.stack);
	fiber_switch(&running.scheduler, &next.place);
	fiber_arrive(&running.stack, nullptr);
}

inline void start(thread &thread, unsigned index)
{
	thread.index = index;
	thread.at = dim3(index % blockDim.x, index / blockDim.x % blockDim.y,
			 index / blockDim.x / blockDim.y);
	thread.is = READY;
	if (thread.memory != nullptr)
		return;
	thread.memory.reset(new char[FIBER_STACK_BYTES]);
	thread.stack = {thread.memory.get(), FIBER_STACK_BYTES, nullptr};
	fiber_prepare(&thread.place, thread.memory.get(), thread_main);
}

inline unsigned pick(unsigned i, unsigned sweep)
{
	switch (emulate_order) {
	case EMULATE_DESCENDING:
		return running.count - 1 - i;
	case EMULATE_MIXED: /* 17 is coprime to any number of threads, a multiple of 32 */
		return (i * 17 + sweep * 7) % running.count;
	default:
		return i;
	}
}

inline void run_block(const std::function<void()> &body)
{
	running.count = blockDim.x * blockDim.y * blockDim.z;
	running.waiting = 0;
	running.body = &body;
	if (running.threads.size() < running.count)
		running.threads.resize(running.count);
	running.warps.assign((running.count + WARP - 1) / WARP, warp());
	for (unsigned i = 0; i < running.count; i++)
		start(running.threads[i], i);
	unsigned done = 0;
	for (unsigned sweep = 0; done < running.count; sweep++) {
		bool moved = false;
		for (unsigned i = 0; i < running.count; i++) {
			thread &next = running.threads[pick(i, sweep)];
			if (next.is != READY)
				continue;
			moved = true;
			resume(next);
			done += next.is == DONE;
		}
		if (!moved)
			fail("waits for threads that never come");
	}
	running.current = nullptr;
}

inline void run_grid(dim3 grid, dim3 threads, const std::function<void()> &body)
{
	gridDim = grid;
	blockDim = threads;
	for (unsigned z = 0; z < grid.z; z++)
		for (unsigned y = 0; y < grid.y; y++)
			for (unsigned x = 0; x < grid.x; x++) {
				blockIdx = dim3(x, y, z);
				run_block(body);
			}
}

/* Wakes threads [first, last) but the current one, which runs on. */
inline void wake(unsigned first, unsigned last)
{
	for (unsigned i = first; i < last; i++)
		if (running.threads[i].is == WAITS)
			running.threads[i].is = READY;
}

inline void wait()
{
	running.current->is = WAITS;
	to_scheduler();
}

template <typename T> T exchange(unsigned mask, T value, int how, unsigned from)
{
	unsigned index = running.current->index, lane = index % WARP;
	warp &own = running.warps[index / WARP];
	unsigned turn = own.turn;
	static_assert(sizeof(T) <= sizeof(uint64_t), "a shuffle moves at most eight bytes");
	if (mask != 0xffffffffu || running.count % WARP != 0)
		fail("a shuffle of less than a whole warp");
	if (own.arrived > 0 && own.how != how)
		fail("lanes of a warp meet in different shuffles");
	own.how = how;
	memcpy(&own.slots[turn & 1][lane], &value, sizeof(value));
	if (++own.arrived == WARP) {
		own.arrived = 0;
		own.turn++;
		wake(index - lane, index - lane + WARP);
	} else {
		wait();
	}
	T got;
	memcpy(&got, &own.slots[turn & 1][from < WARP ? from : lane], sizeof(got));
	return got;
}
} // namespace emulate

/* Whoever completes a barrier wakes all that wait: every thread it concerns has come to it. */
inline void __syncthreads()
{
	using namespace emulate;
	if (++running.waiting == running.count) {
		running.waiting = 0;
		wake(0, running.count);
	} else {
		wait();
	}
}

template <typename T> T __shfl_xor_sync(unsigned mask, T value, int offset)
{
	unsigned lane = emulate::running.current->index % emulate::WARP;
	return emulate::exchange(mask, value, offset, lane ^ (unsigned)offset);
}

template <typename T> T __shfl_down_sync(unsigned mask, T value, int offset)
{
	unsigned lane = emulate::running.current->index % emulate::WARP;
	return emulate::exchange(mask, value, -offset, lane + (unsigned)offset);
}

inline float rsqrtf(float x)
{
	return 1.0f / sqrtf(x);
}

#endif
