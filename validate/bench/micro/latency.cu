/*
 * Latency by pointer chase: one thread, each load's address is the value of the one before.
 *
 *   chase.1mb, chase.16mb, chase.1024mb  10000 links in clocks, the second time over, spread over an
 *                    array of that size: the definition of the bundled files. The links touched fit
 *                    in L2 whatever the array's size, so all three are L2 latency
 *   latency.shared   in shared memory
 *   latency.l2       10000 links spread over half of the L2, after a first time over them
 *   latency.memory   10000 links spread over more than four times the L2, which was filled with
 *                    something else before: main memory, TLB misses included
 *
 * The last three in clocks, with nanoseconds beside.
 */
#include <stdlib.h>

#include "validate/bench/micro/bench.h"

enum {
	LINE_WORDS = 32,
	LINKS = 20000,
	STEPS = 10000,
	REPETITIONS = 9,
	SHARED_WORDS = 2048,
};

struct chased {
	unsigned last;
	long long clocks;
	unsigned long long ns;
};

static __device__ unsigned long long now_ns(void)
{
	unsigned long long ns;
	asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(ns)::"memory");
	return ns;
}

/* As first measured: a plain load, which the compiler may take through L1 (it does not help). */
static __global__ void chase(const unsigned *words, int steps, struct chased *out)
{
	unsigned at = 0;
	unsigned long long ns = now_ns();
	long long start = clock64();
	for (int i = 0; i < steps; i++)
		at = words[at];
	out->last = at;
	out->clocks = clock64() - start;
	out->ns = now_ns() - ns;
}

/* Past L1, in the order written. */
static __device__ unsigned load_past_l1(const unsigned *at)
{
	unsigned value;
	asm volatile("ld.global.cg.u32 %0, [%1];" : "=r"(value) : "l"(at) : "memory");
	return value;
}

static __global__ void chase_l2(const unsigned *words, int steps, struct chased *out)
{
	unsigned at = 0;
	unsigned long long ns = now_ns();
	long long start = clock64();
	for (int i = 0; i < steps; i++)
		at = load_past_l1(words + at);
	out->last = at;
	out->clocks = clock64() - start;
	out->ns = now_ns() - ns;
}

static __global__ void chase_shared(int steps, struct chased *out)
{
	__shared__ unsigned words[SHARED_WORDS];
	for (unsigned i = threadIdx.x; i < SHARED_WORDS; i += blockDim.x)
		words[i] = (i + 33) % SHARED_WORDS;
	__syncthreads();
	unsigned at = 0;
	unsigned long long ns = now_ns();
	long long start = clock64();
	for (int i = 0; i < steps; i++)
		at = words[at];
	out->last = at;
	out->clocks = clock64() - start;
	out->ns = now_ns() - ns;
}

static __global__ void set_links(unsigned *words, const struct chase_link *links, size_t count)
{
	size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
	if (i < count)
		words[links[i].at] = links[i].next;
}

/* Every line points to the one STRIDE lines on; LINES is a power of two. */
static __global__ void set_lines(unsigned *words, size_t lines, size_t stride)
{
	size_t step = (size_t)gridDim.x * blockDim.x;
	for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < lines; i += step)
		words[i * LINE_WORDS] = (unsigned)(((i + stride) & (lines - 1)) * LINE_WORDS);
}

static enum sim_status result_of(struct bench *bench, double *clocks, double *ns, int r)
{
	struct chased chased;
	LAUNCHED(bench);
	CUDA_TRY(bench, cudaMemcpyAsync(&chased, bench->sink, sizeof(chased),
					cudaMemcpyDeviceToHost, bench->stream));
	CUDA_TRY(bench, cudaStreamSynchronize(bench->stream));
	clocks[r] = (double)chased.clocks / STEPS;
	ns[r] = (double)chased.ns / STEPS;
	return SIM_OK;
}

static enum sim_status add(struct bench *bench, const char *name, double *clocks, double *ns,
			   int count)
{
	struct result *result;
	double median = stats_of(ns, (size_t)count).median;
	TRY(bench_add(bench, name, "clocks", clocks, count, &result));
	result->place[RESULT_NS] = median;
	return SIM_OK;
}

static enum sim_status upload_links(struct bench *bench, size_t megabytes)
{
	size_t words = (megabytes << 20) / 4, stride = megabytes >= 1024 ? 1048583 : 4099;
	size_t bytes = (LINKS + 1) * sizeof(struct chase_link);
	struct chase_link *links = (struct chase_link *)malloc(bytes), *there;
	if (links == NULL)
		return diag_fail(bench->diag, SIM_E_NOMEM, "out of memory");
	size_t count = chase_chain(words, stride * LINE_WORDS, LINKS, links);
	cudaError_t error = cudaMalloc((void **)&there, bytes);
	if (error == cudaSuccess)
		error = cudaMemcpy(there, links, count * sizeof(*links), cudaMemcpyHostToDevice);
	free(links);
	CUDA_TRY(bench, error);
	set_links<<<(unsigned)(count / 256 + 1), 256, 0, bench->stream>>>((unsigned *)bench->pool,
									  there, count);
	LAUNCHED(bench);
	CUDA_TRY(bench, cudaStreamSynchronize(bench->stream));
	CUDA_TRY(bench, cudaFree(there));
	return SIM_OK;
}

static enum sim_status as_before(struct bench *bench, const char *name, size_t megabytes)
{
	double clocks[BENCH_SAMPLES], ns[BENCH_SAMPLES];
	int repetitions = bench_repetitions(bench, REPETITIONS);
	if (bench->pool_bytes < megabytes << 20) {
		bench_skip(bench, name, "not enough device memory is free");
		return SIM_OK;
	}
	TRY(upload_links(bench, megabytes));
	for (int r = -1; r < repetitions; r++) {
		chase<<<1, 1, 0, bench->stream>>>((const unsigned *)bench->pool, STEPS,
						  (struct chased *)bench->sink);
		TRY(result_of(bench, clocks, ns, r < 0 ? 0 : r));
	}
	return add(bench, name, clocks, ns, repetitions);
}

static enum sim_status over_lines(struct bench *bench, const char *name, size_t lines, bool cold)
{
	double clocks[BENCH_SAMPLES], ns[BENCH_SAMPLES];
	size_t bytes = lines * LINE_WORDS * 4;
	int repetitions = bench_repetitions(bench, REPETITIONS);
	set_lines<<<1024, 256, 0, bench->stream>>>((unsigned *)bench->pool, lines,
						   chase_stride(lines));
	LAUNCHED(bench);
	for (int r = -1; r < repetitions; r++) {
		if (cold) /* two times the L2 of other bytes, behind the chain */
			CUDA_TRY(bench, cudaMemsetAsync(bench->pool + bytes, r & 1,
							(size_t)bench->device.l2CacheSize * 2,
							bench->stream));
		chase_l2<<<1, 1, 0, bench->stream>>>((const unsigned *)bench->pool, STEPS,
						     (struct chased *)bench->sink);
		TRY(result_of(bench, clocks, ns, r < 0 ? 0 : r));
	}
	return add(bench, name, clocks, ns, repetitions);
}

static enum sim_status shared(struct bench *bench)
{
	double clocks[BENCH_SAMPLES], ns[BENCH_SAMPLES];
	int repetitions = bench_repetitions(bench, REPETITIONS);
	for (int r = -1; r < repetitions; r++) {
		chase_shared<<<1, 1, 0, bench->stream>>>(STEPS, (struct chased *)bench->sink);
		TRY(result_of(bench, clocks, ns, r < 0 ? 0 : r));
	}
	return add(bench, "latency.shared", clocks, ns, repetitions);
}

enum sim_status measure_latency(struct bench *bench)
{
	size_t l2 = (size_t)bench->device.l2CacheSize, line = LINE_WORDS * 4;
	size_t near = power_of_two_below(l2 / 2 / line);
	size_t far = power_of_two_below(l2 * 4 / line) * 2;
	size_t want = far * line + l2 * 2, least = (size_t)16 << 20;
	want = want > (size_t)1 << 30 ? want : (size_t)1 << 30;
	TRY(bench_pool(bench, want, least));
	TRY(shared(bench));
	TRY(as_before(bench, "chase.1mb", 1));
	TRY(as_before(bench, "chase.16mb", 16));
	TRY(as_before(bench, "chase.1024mb", 1024));
	if (near > 0 && bench->pool_bytes >= near * line)
		TRY(over_lines(bench, "latency.l2", near, false));
	if (bench->pool_bytes >= far * line + l2 * 2)
		TRY(over_lines(bench, "latency.memory", far, true));
	else
		bench_skip(bench, "latency.memory", "not enough device memory is free");
	return SIM_OK;
}
