/*
 * Import rate: MB of uncompressed JSON per second and memory per kernel record, for the traces
 * given or the largest bundled one, beside this machine's own limit: inflating and summing the same
 * bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "traces/trace.h"

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

static double import_seconds(const char *path, struct trace *trace)
{
	struct sim_diag diag;
	double best = 1e9;
	for (int round = 0; round < 5; round++) {
		double start = now();
		diag_init(&diag);
		if (trace_read(path, trace, &diag) != SIM_OK) {
			fprintf(stderr, "%s\n", diag.text);
			exit(EXIT_FAILURE);
		}
		double took = now() - start;
		best = took < best ? took : best;
		if (round < 4)
			trace_fini(trace);
	}
	return best;
}

int main(int argc, char **argv)
{
	const char *path =
		argc > 1 ? argv[1] : "traces/samples/h100/qwen3-30b-a3b-b1-c2048-shapes.json.gz";
	char plain[] = "/tmp/decodesim-bench-XXXXXX";
	struct trace trace;
	int file = mkstemp(plain);
	if (file < 0)
		return EXIT_FAILURE;
	double bytes = inflate_to(path, plain);
	double took = import_seconds(plain, &trace);
	size_t record = sizeof(struct sim_kernel) + sizeof(struct trace_detail) +
			sizeof(struct trace_measured);
	printf("import   %8.0f MB/s of JSON (%.1f MB, %zu kernels, %.0f kernels/s)\n",
	       bytes / took * 1e-6, bytes * 1e-6, trace.kernel_count,
	       (double)trace.kernel_count / took);
	printf("         %8.2f times the kernels' records of memory at most\n",
	       (double)trace.peak_bytes / (double)(trace.kernel_count * record));
	double scan = scan_seconds(plain);
	printf("limit    %8.0f MB/s to read the file and sum its bytes: ratio %.2f\n",
	       bytes / scan * 1e-6, scan / took);
	trace_fini(&trace);
	double packed = import_seconds(path, &trace);
	printf("import   %8.0f MB/s of JSON from gzip\n", bytes / packed * 1e-6);
	trace_fini(&trace);
	remove(plain);
	return EXIT_SUCCESS;
}
