/*
 * A native log of an eager decode run, as large as wanted: steps of KERNELS_PER_STEP kernels from 64
 * sites on one stream, each with its launch call, a wait at the end of a step. Made up, the same
 * bytes each time.
 */
#ifndef TESTS_BENCH_LOG_GENERATE_H
#define TESTS_BENCH_LOG_GENERATE_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "traces/log.h"

enum {
	LOG_SITES = 64,
	KERNELS_PER_STEP = 320,
	KERNEL_STEP_NS = 5000, /* from launch to launch, and from kernel to kernel */
	RECORDS_PER_BLOCK = 16384
};

struct log_out {
	FILE *file;
	uint64_t sequence;
	bool failed;
};

static void log_out_block(struct log_out *out, unsigned kind, size_t size, size_t count,
			  const void *payload, size_t bytes)
{
	struct log_block block = {
		.magic = LOG_BLOCK_MAGIC,
		.kind = (uint16_t)kind,
		.record_bytes = (uint16_t)size,
		.record_count = (uint32_t)count,
		.payload_bytes = (uint32_t)bytes,
		.sequence = out->sequence++,
		.payload_crc = (uint32_t)crc32_z(0, payload, bytes),
	};
	block.header_crc =
		(uint32_t)crc32_z(0, (const void *)&block, offsetof(struct log_block, header_crc));
	out->failed |= fwrite(&block, sizeof(block), 1, out->file) != 1;
	out->failed |= fwrite(payload, 1, bytes, out->file) != bytes;
}

static void log_out_strings(struct log_out *out)
{
	static char payload[1 << 16];
	size_t at = 0;
	for (uint32_t id = 1; id <= LOG_SITES + 2; id++) {
		char text[512];
		int length = id == LOG_SITES + 1   ? sprintf(text, "cudaLaunchKernel_v7000")
			     : id == LOG_SITES + 2 ? sprintf(text, "cudaStreamSynchronize_v3020")
						   : sprintf(text,
							     "void kernel_of_a_library<%u, "
							     "__nv_bfloat16, %0*d>(Params)",
							     id, 64 + (int)id, 7);
		struct log_string head = {id, (uint32_t)length};
		size_t padded = ((size_t)length + 7) / 8 * 8;
		memcpy(payload + at, &head, sizeof(head));
		memcpy(payload + at + sizeof(head), text, (size_t)length);
		at += sizeof(head) + padded;
	}
	log_out_block(out, LOG_STRING, 0, LOG_SITES + 2, payload, at);
}

static void log_out_tables(struct log_out *out)
{
	static struct log_site sites[LOG_SITES];
	const struct log_thread thread = {.process = 1, .system_id = 1};
	const struct log_call_name names[] = {
		{.call = 0, .domain = 2, .name = LOG_SITES + 1},
		{.call = 1, .domain = 2, .name = LOG_SITES + 2},
	};
	for (uint32_t i = 0; i < LOG_SITES; i++)
		sites[i] = (struct log_site){.id = i + 1,
					     .name = i + 1,
					     .context = 1,
					     .grid = {132, 1, 1},
					     .block = {256, 1, 1},
					     .registers = 64};
	log_out_strings(out);
	log_out_block(out, LOG_SITE, sizeof(*sites), LOG_SITES, sites, sizeof(sites));
	log_out_block(out, LOG_THREAD, sizeof(thread), 1, &thread, sizeof(thread));
	log_out_block(out, LOG_CALL_NAME, sizeof(*names), 2, names, sizeof(names));
}

/* Kernel I and its launch; the host runs 20 kernels ahead. */
static struct log_kernel log_out_kernel(uint64_t i)
{
	uint64_t start = 1000000 + (i + i / KERNELS_PER_STEP * 40 + 20) * KERNEL_STEP_NS;
	return (struct log_kernel){.start_ns = start,
				   .duration_ns = 2000 + i * 7 % 2500,
				   .site = 1 + (uint32_t)(i % KERNELS_PER_STEP % LOG_SITES),
				   .stream = 7,
				   .correlation = 1 + (uint32_t)(i + i / KERNELS_PER_STEP)};
}

static struct log_call log_out_call(uint64_t i)
{
	uint64_t start = 1000000 + (i + i / KERNELS_PER_STEP * 40) * KERNEL_STEP_NS;
	return (struct log_call){.start_ns = start,
				 .duration_ns = 3000 + i * 11 % 1500,
				 .correlation = log_out_kernel(i).correlation};
}

static size_t log_out_calls(struct log_call *calls, uint64_t first, uint64_t end)
{
	size_t count = 0;
	for (uint64_t i = first; i < end; i++) {
		calls[count++] = log_out_call(i);
		if (i % KERNELS_PER_STEP == KERNELS_PER_STEP - 1) {
			struct log_kernel last = log_out_kernel(i);
			uint64_t from = calls[count - 1].start_ns + 5000;
			uint64_t until = last.start_ns + last.duration_ns + 3000;
			calls[count++] = (struct log_call){.start_ns = from,
							   .duration_ns = until - from,
							   .correlation = last.correlation + 1,
							   .call = 1};
		}
	}
	return count;
}

/* COUNT kernels into PATH; false when it cannot be written. */
static bool log_generate(const char *path, uint64_t count)
{
	static struct log_kernel kernels[RECORDS_PER_BLOCK];
	static struct log_call calls[RECORDS_PER_BLOCK + RECORDS_PER_BLOCK / KERNELS_PER_STEP + 1];
	const struct log_end end = {.time_ns = 1};
	struct log_header header = {.major = LOG_MAJOR,
				    .minor = LOG_MINOR,
				    .header_bytes = sizeof(header),
				    .features = LOG_HAS_KERNELS | LOG_HAS_CALLS};
	struct log_out out = {.file = fopen(path, "wb")};
	if (out.file == NULL)
		return false;
	memcpy(header.magic, LOG_MAGIC, LOG_MAGIC_BYTES);
	header.crc = (uint32_t)crc32_z(0, (const void *)&header, offsetof(struct log_header, crc));
	out.failed |= fwrite(&header, sizeof(header), 1, out.file) != 1;
	log_out_tables(&out);
	for (uint64_t first = 0; first < count && !out.failed; first += RECORDS_PER_BLOCK) {
		uint64_t after =
			count - first < RECORDS_PER_BLOCK ? count : first + RECORDS_PER_BLOCK;
		size_t called = log_out_calls(calls, first, after);
		for (uint64_t i = first; i < after; i++)
			kernels[i - first] = log_out_kernel(i);
		log_out_block(&out, LOG_CALL, sizeof(*calls), called, calls,
			      called * sizeof(*calls));
		log_out_block(&out, LOG_KERNEL, sizeof(*kernels), after - first, kernels,
			      (after - first) * sizeof(*kernels));
	}
	log_out_block(&out, LOG_END, sizeof(end), 1, &end, sizeof(end));
	out.failed |= fclose(out.file) != 0;
	return !out.failed;
}

#endif
