/* microbench: measures one GPU. Finds the device, runs the table, writes the file. */
#include <stdio.h>
#include <string.h>

#include "validate/bench/micro/bench.h"
#include "validate/bench/micro/nvml.h"
#include "validate/bench/micro/options.h"

typedef enum sim_status (*measure)(struct bench *bench);

static const measure measures[] = {
#define X(name, what) measure_##name,
	MEASUREMENT_LIST(X)
#undef X
};

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE };

static struct results results; /* too large for the stack */

static int attribute(enum cudaDeviceAttr which)
{
	int value = 0;
	return cudaDeviceGetAttribute(&value, which, 0) == cudaSuccess ? value : 0;
}

static enum sim_status describe(struct bench *bench)
{
	struct results_device *device = &bench->results->device;
	const cudaDeviceProp *found = &bench->device;
	snprintf(device->gpu, sizeof(device->gpu), "%.95s", found->name);
	CUDA_TRY(bench, cudaDeviceGetPCIBusId(device->pci, sizeof(device->pci), 0));
	CUDA_TRY(bench, cudaDriverGetVersion(&device->driver));
	CUDA_TRY(bench, cudaRuntimeGetVersion(&device->runtime));
	device->sms = found->multiProcessorCount;
	device->cc_major = found->major;
	device->cc_minor = found->minor;
	device->clock_khz = attribute(cudaDevAttrClockRate);
	device->mem_clock_khz = attribute(cudaDevAttrMemoryClockRate);
	device->bus_bits = found->memoryBusWidth;
	device->l2_bytes = found->l2CacheSize;
	device->smem_per_sm_bytes = (double)found->sharedMemPerMultiprocessor;
	device->memory_bytes = (double)found->totalGlobalMem;
	return SIM_OK;
}

static enum sim_status find_device(struct bench *bench)
{
	int count = 0;
	cudaError_t error = cudaGetDeviceCount(&count);
	if (error != cudaSuccess || count == 0)
		return diag_fail(bench->diag, SIM_E_NOT_FOUND, "no GPU: %s: nothing was measured",
				 error == cudaSuccess ? "no CUDA device"
						      : cudaGetErrorString(error));
	CUDA_TRY(bench, cudaSetDevice(0));
	CUDA_TRY(bench, cudaGetDeviceProperties(&bench->device, 0));
	TRY(describe(bench));
	return bench_init(bench);
}

static void print_new(const struct results *all, size_t from)
{
	for (size_t i = from; i < all->count; i++) {
		const struct result *result = &all->items[i];
		printf("    %-22s %12.6g %-7s (%.6g .. %.6g, %zu)", result->name,
		       result->stats.median, result->unit, result->stats.p05, result->stats.p95,
		       result->stats.count);
		static const char *const keys[] = {
#define X(name, key) key,
			RESULT_PLACE_LIST(X)
#undef X
		};
		for (int p = 0; p < RESULT_PLACE_COUNT; p++)
			if (result->place[p] >= 0)
				printf("  %s %g", keys[p], result->place[p]);
		printf("\n");
	}
	fflush(stdout);
}

static enum sim_status run_all(struct bench *bench, const struct options *options)
{
	for (unsigned m = 0; m < MEASUREMENT_COUNT; m++) {
		size_t before = bench->results->count;
		double start = bench_host_us();
		if ((options->chosen >> m & 1) == 0)
			continue;
		printf("%2u/%u %s\n", m + 1, (unsigned)MEASUREMENT_COUNT, measurement_name(m));
		fflush(stdout);
		TRY(measures[m](bench));
		CUDA_TRY(bench, cudaDeviceSynchronize());
		print_new(bench->results, before);
		printf("    %.1f s\n", (bench_host_us() - start) * 1e-6);
	}
	return bench_fini(bench);
}

static void print_state(const char *when, const struct results_state *state)
{
	printf("%s:", when);
	if (state->sm_mhz >= 0)
		printf(" SM %.0f MHz, memory %.0f MHz", state->sm_mhz, state->memory_mhz);
	if (state->power_w >= 0)
		printf(", %.0f W", state->power_w);
	if (state->temperature_c >= 0)
		printf(", %.0f C", state->temperature_c);
	printf("\n");
}

static enum sim_status run(const struct options *options, struct sim_diag *diag)
{
	struct bench bench = {};
	const char *why;
	bench.results = &results;
	bench.diag = diag;
	bench.quick = options->quick;
	results_init(&results);
	TRY(find_device(&bench));
	printf("%s, %d SMs, CUDA driver %d, runtime %d\n", results.device.gpu, results.device.sms,
	       results.device.driver, results.device.runtime);
	struct nvml *nvml = nvml_open(NULL, results.device.pci, &why);
	if (nvml == NULL)
		bench_skip(&bench, "state", why);
	nvml_sample(nvml, &results.before);
	enum sim_status status = run_all(&bench, options);
	nvml_sample(nvml, &results.after);
	nvml_close(nvml);
	print_state("before", &results.before);
	print_state("after", &results.after);
	TRY(status);
	return options->json != NULL ? results_write(&results, options->json, diag) : SIM_OK;
}

int main(int argc, char **argv)
{
	struct options options;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = options_parse(argc, argv, &options, &diag);
	if (status == SIM_OK && options.help)
		options_help(stdout);
	else if (status == SIM_OK && options.list)
		options_list(stdout);
	else if (status == SIM_OK)
		status = run(&options, &diag);
	if (status != SIM_OK)
		fprintf(stderr, "microbench: %s\n", diag.text);
	return status == SIM_OK ? EXIT_DONE : status == SIM_E_USAGE ? EXIT_USAGE : EXIT_FAILED;
}
