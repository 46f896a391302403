/*
 * The host link (PCIe, NVLink-C2C), one direction at a time.
 *
 *   link.h2d, link.d2h            one copy of pinned memory, by events; kb is its size
 *   link.h2d_pageable, .._d2h_..  one cudaMemcpy of pageable memory, by the host's clock
 *   link.h2d_roundtrip, .._d2h_.. 4 bytes of pinned memory and the wait for them, host clock
 */
#include <stdlib.h>
#include <string.h>

#include "validate/bench/micro/bench.h"

enum { REPETITIONS = 9, ROUNDTRIPS = 101, PAGEABLE_KB = 65536, MOST_KB = 262144 };

struct copy {
	void *to;
	const void *from;
	size_t bytes;
};

static enum sim_status issue(struct bench *bench, void *what, int repetition)
{
	const struct copy *copy = (const struct copy *)what;
	(void)repetition;
	CUDA_TRY(bench, cudaMemcpyAsync(copy->to, copy->from, copy->bytes, cudaMemcpyDefault,
					bench->stream));
	return SIM_OK;
}

static struct copy copy_of(const struct bench *bench, void *host, bool up, size_t bytes)
{
	struct copy copy = {up ? bench->pool : host, up ? host : bench->pool, bytes};
	return copy;
}

static enum sim_status pinned(struct bench *bench, char *host, bool up)
{
	static const size_t list[] = {4, 64, 1024, 16384, MOST_KB};
	double samples[BENCH_SAMPLES];
	int repetitions = bench_repetitions(bench, REPETITIONS);
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct copy copy = copy_of(bench, host, up, list[i] * 1024);
		struct result *result;
		if (copy.bytes > bench->pool_bytes)
			continue;
		TRY(issue(bench, &copy, 0));
		TRY(bench_time(bench, issue, &copy, repetitions, 1, samples));
		TRY(bench_add(bench, up ? "link.h2d" : "link.d2h", "us", samples, repetitions,
			      &result));
		result->place[RESULT_KB] = (double)list[i];
	}
	return SIM_OK;
}

static enum sim_status roundtrip(struct bench *bench, char *host, bool up)
{
	double samples[BENCH_SAMPLES];
	int repetitions = bench_repetitions(bench, ROUNDTRIPS);
	struct copy copy = copy_of(bench, host, up, 4);
	for (int r = 0; r < repetitions; r++) {
		double start = bench_host_us();
		TRY(issue(bench, &copy, r));
		CUDA_TRY(bench, cudaStreamSynchronize(bench->stream));
		samples[r] = bench_host_us() - start;
	}
	return bench_add(bench, up ? "link.h2d_roundtrip" : "link.d2h_roundtrip", "us", samples,
			 repetitions, NULL);
}

static enum sim_status pageable(struct bench *bench, bool up)
{
	double samples[BENCH_SAMPLES];
	struct result *result;
	int repetitions = bench_repetitions(bench, REPETITIONS);
	size_t bytes = (size_t)PAGEABLE_KB * 1024;
	if (bytes > bench->pool_bytes)
		return SIM_OK;
	void *host = malloc(bytes);
	if (host == NULL)
		return diag_fail(bench->diag, SIM_E_NOMEM, "out of memory");
	memset(host, 1, bytes);
	struct copy copy = copy_of(bench, host, up, bytes);
	for (int r = 0; r < repetitions; r++) {
		double start = bench_host_us();
		CUDA_TRY(bench, cudaMemcpy(copy.to, copy.from, copy.bytes, cudaMemcpyDefault));
		samples[r] = bench_host_us() - start;
	}
	free(host);
	TRY(bench_add(bench, up ? "link.h2d_pageable" : "link.d2h_pageable", "us", samples,
		      repetitions, &result));
	result->place[RESULT_KB] = PAGEABLE_KB;
	return SIM_OK;
}

enum sim_status measure_pcie(struct bench *bench)
{
	size_t bytes = (size_t)MOST_KB * 1024;
	char *host = NULL;
	TRY(bench_pool(bench, bytes, (size_t)1 << 20));
	if (bench->pool_bytes == 0) {
		bench_skip(bench, "link", "no device memory is free");
		return SIM_OK;
	}
	CUDA_TRY(bench, cudaMallocHost((void **)&host, bytes));
	memset(host, 1, bytes);
	for (int up = 1; up >= 0; up--) {
		TRY(pinned(bench, host, up != 0));
		TRY(roundtrip(bench, host, up != 0));
		TRY(pageable(bench, up != 0));
	}
	CUDA_TRY(bench, cudaFreeHost(host));
	return SIM_OK;
}
