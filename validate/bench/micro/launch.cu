/*
 * Host cost of a launch.
 *
 *   launch.runtime      <<<>>>: time of 500 launches of a kernel with four arguments, queued behind a
 *                       kernel that keeps the device busy, so that the device does not push back
 *   launch.ex           the same by cudaLaunchKernelExC
 *   launch.driver       by cuLaunchKernel (the entry point comes from the runtime: no -lcuda)
 *   launch.cooperative  by cudaLaunchCooperativeKernel
 *   launch.roundtrip    one null kernel and the wait for it, nothing else going on
 */
#include <cuda.h>

#include "validate/bench/micro/bench.h"

enum { LAUNCHES = 500, REPETITIONS = 30, ROUNDTRIPS = 200 };

/* ten milliseconds at 2 GHz: longer than the host needs for 500 launches */
static const long long busy_clocks = 20000000;

static __global__ void null_kernel(void)
{
}

static __global__ void with_arguments(int *a, int *b, int *c, int n)
{
	if (n < 0)
		*a = *b + *c;
}

typedef CUresult (*launch_call)(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned,
				unsigned, unsigned, CUstream, void **, void **);

struct launcher {
	launch_call driver_launch;
	CUfunction function;
};

static enum sim_status by_runtime(struct bench *bench, void *what, int repetition)
{
	(void)what;
	(void)repetition;
	for (int i = 0; i < LAUNCHES; i++)
		with_arguments<<<1, 32, 0, bench->stream>>>(NULL, NULL, NULL, i);
	LAUNCHED(bench);
	return SIM_OK;
}

static enum sim_status by_extended(struct bench *bench, void *what, int repetition)
{
	int *none = NULL, i = 0;
	void *arguments[] = {&none, &none, &none, &i};
	cudaLaunchConfig_t config = {};
	(void)what;
	(void)repetition;
	config.gridDim = dim3(1);
	config.blockDim = dim3(32);
	config.stream = bench->stream;
	for (i = 0; i < LAUNCHES; i++)
		CUDA_TRY(bench,
			 cudaLaunchKernelExC(&config, (const void *)with_arguments, arguments));
	return SIM_OK;
}

static enum sim_status by_driver(struct bench *bench, void *what, int repetition)
{
	const struct launcher *launcher = (const struct launcher *)what;
	int *none = NULL, i = 0;
	void *arguments[] = {&none, &none, &none, &i};
	(void)repetition;
	for (i = 0; i < LAUNCHES; i++)
		if (launcher->driver_launch(launcher->function, 1, 1, 1, 32, 1, 1, 0, bench->stream,
					    arguments, NULL) != CUDA_SUCCESS)
			return diag_fail_at(bench->diag, SIM_E_INTERNAL, __FILE__, __LINE__,
					    "launch by the driver failed: 'cuLaunchKernel'");
	return SIM_OK;
}

static enum sim_status by_cooperative(struct bench *bench, void *what, int repetition)
{
	int *none = NULL, i = 0;
	void *arguments[] = {&none, &none, &none, &i};
	(void)what;
	(void)repetition;
	for (i = 0; i < LAUNCHES; i++)
		CUDA_TRY(bench, cudaLaunchCooperativeKernel((const void *)with_arguments, dim3(1),
							    dim3(32), arguments, 0, bench->stream));
	return SIM_OK;
}

static enum sim_status host_cost(struct bench *bench, const char *name, bench_work work, void *what)
{
	double samples[BENCH_SAMPLES];
	int repetitions = bench_repetitions(bench, REPETITIONS);
	for (int r = 0; r < repetitions; r++) {
		TRY(bench_spin(bench, busy_clocks));
		double start = bench_host_us();
		TRY(work(bench, what, r));
		samples[r] = (bench_host_us() - start) / LAUNCHES;
		CUDA_TRY(bench, cudaStreamSynchronize(bench->stream));
	}
	return bench_add(bench, name, "us", samples, repetitions, NULL);
}

static enum sim_status roundtrip(struct bench *bench)
{
	double samples[BENCH_SAMPLES];
	int repetitions = bench_repetitions(bench, ROUNDTRIPS);
	for (int r = 0; r < repetitions; r++) {
		double start = bench_host_us();
		null_kernel<<<1, 32, 0, bench->stream>>>();
		CUDA_TRY(bench, cudaStreamSynchronize(bench->stream));
		samples[r] = bench_host_us() - start;
	}
	return bench_add(bench, "launch.roundtrip", "us", samples, repetitions, NULL);
}

static enum sim_status find_driver(struct bench *bench, struct launcher *launcher)
{
	cudaDriverEntryPointQueryResult found;
	cudaFunction_t function;
	void *entry = NULL;
#if CUDART_VERSION >= 12050
	CUDA_TRY(bench, cudaGetDriverEntryPointByVersion("cuLaunchKernel", &entry, 12000,
							 cudaEnableDefault, &found));
#else
	CUDA_TRY(bench,
		 cudaGetDriverEntryPoint("cuLaunchKernel", &entry, cudaEnableDefault, &found));
#endif
	if (found != cudaDriverEntryPointSuccess || entry == NULL)
		return diag_fail_at(bench->diag, SIM_E_INTERNAL, __FILE__, __LINE__,
				    "the driver has no such call: 'cuLaunchKernel'");
	CUDA_TRY(bench, cudaGetFuncBySymbol(&function, (const void *)with_arguments));
	launcher->driver_launch = (launch_call)entry;
	launcher->function = (CUfunction)function;
	return SIM_OK;
}

enum sim_status measure_launch(struct bench *bench)
{
	struct launcher launcher;
	TRY(find_driver(bench, &launcher));
	TRY(by_runtime(bench, NULL, 0)); /* loads the kernel */
	TRY(host_cost(bench, "launch.runtime", by_runtime, NULL));
	TRY(host_cost(bench, "launch.ex", by_extended, NULL));
	TRY(host_cost(bench, "launch.driver", by_driver, &launcher));
	if (bench->device.cooperativeLaunch)
		TRY(host_cost(bench, "launch.cooperative", by_cooperative, NULL));
	else
		bench_skip(bench, "launch.cooperative", "no cooperative launch on this device");
	return roundtrip(bench);
}
