/*
 * Host cost of events and waits.
 *
 *   sync.event_record  host time of one cudaEventRecord, 500 in a row behind a busy device
 *   sync.event_pair    time between two events with nothing between them, on a stream that is busy
 *                      until then: what an event time cannot resolve
 *   sync.event_wait    record an event on an idle stream and wait for it by cudaEventSynchronize
 *   sync.stream_idle   cudaStreamSynchronize on an idle stream
 *   sync.device_idle   cudaDeviceSynchronize of an idle device
 */
#include "validate/bench/micro/bench.h"

enum { RECORDS = 500, REPETITIONS = 31, WAITS = 201 };

static const long long busy_clocks = 10000000; /* 5 ms at 2 GHz */

static enum sim_status record_cost(struct bench *bench)
{
	double samples[BENCH_SAMPLES];
	int repetitions = bench_repetitions(bench, REPETITIONS);
	for (int r = 0; r < repetitions; r++) {
		TRY(bench_spin(bench, busy_clocks));
		double start = bench_host_us();
		for (int i = 0; i < RECORDS; i++)
			CUDA_TRY(bench, cudaEventRecord(bench->begin, bench->stream));
		samples[r] = (bench_host_us() - start) / RECORDS;
		CUDA_TRY(bench, cudaStreamSynchronize(bench->stream));
	}
	return bench_add(bench, "sync.event_record", "us", samples, repetitions, NULL);
}

static enum sim_status pair(struct bench *bench)
{
	double samples[BENCH_SAMPLES];
	int repetitions = bench_repetitions(bench, REPETITIONS);
	for (int r = 0; r < repetitions; r++) {
		float ms = 0;
		TRY(bench_spin(bench, busy_clocks / 10));
		CUDA_TRY(bench, cudaEventRecord(bench->begin, bench->stream));
		CUDA_TRY(bench, cudaEventRecord(bench->end, bench->stream));
		CUDA_TRY(bench, cudaStreamSynchronize(bench->stream));
		CUDA_TRY(bench, cudaEventElapsedTime(&ms, bench->begin, bench->end));
		samples[r] = ms * 1e3;
	}
	return bench_add(bench, "sync.event_pair", "us", samples, repetitions, NULL);
}

static enum sim_status event_wait(struct bench *bench)
{
	double samples[BENCH_SAMPLES];
	int repetitions = bench_repetitions(bench, WAITS);
	for (int r = 0; r < repetitions; r++) {
		double start = bench_host_us();
		CUDA_TRY(bench, cudaEventRecord(bench->begin, bench->stream));
		CUDA_TRY(bench, cudaEventSynchronize(bench->begin));
		samples[r] = bench_host_us() - start;
	}
	return bench_add(bench, "sync.event_wait", "us", samples, repetitions, NULL);
}

static enum sim_status idle_waits(struct bench *bench)
{
	double stream[BENCH_SAMPLES], device[BENCH_SAMPLES];
	int repetitions = bench_repetitions(bench, WAITS);
	for (int r = 0; r < repetitions; r++) {
		double start = bench_host_us();
		CUDA_TRY(bench, cudaStreamSynchronize(bench->stream));
		double middle = bench_host_us();
		CUDA_TRY(bench, cudaDeviceSynchronize());
		stream[r] = middle - start;
		device[r] = bench_host_us() - middle;
	}
	TRY(bench_add(bench, "sync.stream_idle", "us", stream, repetitions, NULL));
	return bench_add(bench, "sync.device_idle", "us", device, repetitions, NULL);
}

enum sim_status measure_sync(struct bench *bench)
{
	TRY(record_cost(bench));
	TRY(pair(bench));
	TRY(event_wait(bench));
	return idle_waits(bench);
}
