/*
 * Import rates. torch.profiler JSON: MB of uncompressed text per second and memory per kernel record,
 * for the trace given or the largest bundled one, beside the time to read and sum the same bytes.
 * Native log: kernels per second and memory per kernel, for a generated log of LOG_KERNELS kernels
 * with their calls, beside the time to read the same bytes and write the trace's records to fresh
 * memory once.
 *
 *   bench_import [TRACE.json.gz [KERNELS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "tests/bench/log_generate.h"
#include "traces/budget.h"
#include "traces/trace.h"

enum { LOG_KERNELS = 10 * 1000 * 1000, JSON_ROUNDS = 5, LOG_ROUNDS = 3 };

static double now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

/* Inflate PATH into OUT_PATH and return its size; the uncompressed file is what the rate is of. */
static double inflate_to(const char *path, const char *out_path)
{
	static char block[1 << 16];
	gzFile in = gzopen(path, "rb");
	FILE *out = fopen(out_path, "wb");
	double bytes = 0;
	int got;
	if (in == NULL || out == NULL)
		exit(EXIT_FAILURE);
	while ((got = gzread(in, block, sizeof(block))) > 0) {
		bytes += got;
		if (fwrite(block, 1, (size_t)got, out) != (size_t)got)
			exit(EXIT_FAILURE);
	}
	gzclose(in);
	fclose(out);
	return bytes;
}

static double scan_seconds(const char *path)
{
	static char block[1 << 16];
	double start = now();
	size_t got, sum = 0;
	FILE *in = fopen(path, "rb");
	if (in == NULL)
		exit(EXIT_FAILURE);
	while ((got = fread(block, 1, sizeof(block), in)) > 0)
		for (size_t i = 0; i < got; i++)
			sum += (unsigned char)block[i];
	fclose(in);
	return sum > 0 ? now() - start : 0;
}

static double import_seconds(const char *path, int rounds, struct trace *trace)
{
	struct sim_diag diag;
	double best = 1e9;
	for (int round = 0; round < rounds; round++) {
		double start = now();
		diag_init(&diag);
		if (trace_read(path, trace, &diag) != SIM_OK) {
			fprintf(stderr, "%s\n", diag.text);
			exit(EXIT_FAILURE);
		}
		double took = now() - start;
		best = took < best ? took : best;
		if (round < rounds - 1)
			trace_fini(trace);
	}
	return best;
}

/* A file of its own under /tmp. */
static void make_temporary(char *path)
{
	int file = mkstemp(path);
	if (file < 0)
		exit(EXIT_FAILURE);
	close(file);
}

static size_t record_bytes(void)
{
	return sizeof(struct sim_kernel) + sizeof(struct trace_detail) +
	       sizeof(struct trace_measured);
}

/*
 * What an import cannot do without: the log's bytes read, the trace's records written, to memory
 * that is asked for in the same way.
 */
static double log_limit_seconds(const char *path, size_t kernels)
{
	static uint64_t block[1 << 15];
	struct budget budget = {0};
	void *records = NULL;
	size_t got, capacity = 0;
	uint64_t sum = 0;
	double start = now();
	FILE *in = fopen(path, "rb");
	if (in == NULL ||
	    budget_expect(&budget, &records, &capacity, kernels, record_bytes(), NULL) != SIM_OK)
		exit(EXIT_FAILURE);
	while ((got = fread(block, sizeof(*block), sizeof(block) / sizeof(*block), in)) > 0)
		for (size_t i = 0; i < got; i++)
			sum += block[i];
	memset(records, (int)(sum & 1), kernels * record_bytes());
	fclose(in);
	volatile char last = ((char *)records)[kernels - 1]; /* so that it is written */
	(void)last;
	double took = now() - start;
	free(records);
	return took;
}

static void bench_log(uint64_t kernels)
{
	char path[] = "/tmp/decodesim-bench-XXXXXX";
	struct trace trace;
	make_temporary(path);
	if (!log_generate(path, kernels))
		exit(EXIT_FAILURE);
	double took = import_seconds(path, LOG_ROUNDS, &trace), limit = 1e9;
	printf("import   %8.2f M kernels/s of the native log (%zu kernels with calls, %.0f MB)\n",
	       (double)trace.kernel_count / took * 1e-6, trace.kernel_count,
	       (double)trace.text_bytes * 1e-6);
	printf("         %8.0f bytes of memory a kernel at most, %zu of them its records\n",
	       (double)trace.peak_bytes / (double)trace.kernel_count, record_bytes());
	trace_fini(&trace);
	for (int round = 0; round < LOG_ROUNDS; round++) {
		double seconds = log_limit_seconds(path, kernels);
		limit = seconds < limit ? seconds : limit;
	}
	printf("limit    %8.2f M kernels/s to read the file and write the records once: ratio "
	       "%.2f\n",
	       (double)kernels / limit * 1e-6, limit / took);
	remove(path);
}

int main(int argc, char **argv)
{
	const char *path =
		argc > 1 ? argv[1] : "traces/samples/h100/qwen3-30b-a3b-b1-c2048-shapes.json.gz";
	uint64_t kernels = argc > 2 ? strtoull(argv[2], NULL, 10) : LOG_KERNELS;
	char plain[] = "/tmp/decodesim-bench-XXXXXX";
	struct trace trace;
	make_temporary(plain);
	double bytes = inflate_to(path, plain);
	double took = import_seconds(plain, JSON_ROUNDS, &trace);
	printf("import   %8.0f MB/s of JSON (%.1f MB, %zu kernels, %.0f kernels/s)\n",
	       bytes / took * 1e-6, bytes * 1e-6, trace.kernel_count,
	       (double)trace.kernel_count / took);
	printf("         %8.2f times the kernels' records of memory at most\n",
	       (double)trace.peak_bytes / (double)(trace.kernel_count * record_bytes()));
	double scan = scan_seconds(plain);
	printf("limit    %8.0f MB/s to read the file and sum its bytes: ratio %.2f\n",
	       bytes / scan * 1e-6, scan / took);
	trace_fini(&trace);
	double packed = import_seconds(path, JSON_ROUNDS, &trace);
	printf("import   %8.0f MB/s of JSON from gzip\n", bytes / packed * 1e-6);
	trace_fini(&trace);
	remove(plain);
	if (kernels > 0)
		bench_log(kernels);
	return EXIT_SUCCESS;
}
