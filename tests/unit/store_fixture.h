/*
 * What the tests of the store share: a made-up trace and device whose every field differs from its
 * neighbours, a directory of its own, and short ways to ask SQLite behind the store's back.
 */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "hwmodels/device.h"
#include "sim/store/store.h"
#include "traces/trace.h"

struct fixture_place {
	char directory[64];
	char db[128];
};

/* cmocka setup and teardown: *state is a struct fixture_place. */
static inline int fixture_setup(void **state)
{
	struct fixture_place *place = calloc(1, sizeof(*place));
	snprintf(place->directory, sizeof(place->directory), "/tmp/decodesim-store-XXXXXX");
	if (mkdtemp(place->directory) == NULL)
		return -1;
	snprintf(place->db, sizeof(place->db), "%s/a.db", place->directory);
	*state = place;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture_place *place = *state;
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	char path[160];
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", place->db, ends[i]);
		remove(path);
	}
	rmdir(place->directory);
	free(place);
	return 0;
}

/* The first column of the first row that SQL gives; -1 where it fails. */
static inline int64_t fixture_ask(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	int64_t value = -1;
	if (sqlite3_open(path, &db) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, 0);
	else
		print_error("%s: %s\n", sql, sqlite3_errmsg(db));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return value;
}

static inline void fixture_change(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	char *message = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	sqlite3_close(db);
}

static inline bool fixture_is_sound(const char *path)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	bool sound = false;
	if (sqlite3_open(path, &db) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		sound = strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return sound;
}

static inline uint32_t fixture_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33);
}

static inline uint32_t fixture_name(struct trace *trace, const char *text, size_t length)
{
	uint32_t index = 0;
	assert_int_equal(names_add(&trace->names, text, length, &index), SIM_OK);
	return index;
}

/* Kernel I of KINDS kinds: as in a decode step, a few kinds come again and again. */
static inline void fixture_kernel(struct trace *trace, size_t i, uint32_t kinds, uint64_t *seed)
{
	struct sim_kernel *kernel = &trace->kernels[i];
	struct trace_detail *detail = &trace->details[i];
	struct trace_measured *measured = &trace->measured[i];
	uint32_t kind = (uint32_t)(i % kinds);
	char text[160];
	int length =
		snprintf(text, sizeof(text),
			 "void cutlass::Kernel2<cutlass_80_wmma_tensorop_bf16_%u>(Params)", kind);
	detail->name = fixture_name(trace, text, (size_t)length);
	detail->op_name = fixture_name(trace, "aten::mm", 8);
	length = snprintf(text, sizeof(text), "[[1,%u],[%u,4096]]|[\"c10::BFloat16\"]||", kind + 1,
			  kind + 1);
	detail->op_shape = fixture_name(trace, text, (size_t)length);
	for (uint32_t axis = 0; axis < 3; axis++) {
		detail->grid[axis] = kind + axis + 1;
		detail->block[axis] = 32 * (axis + 1);
	}
	detail->registers = 40 + kind;
	detail->shared_bytes = 1024 * kind;
	detail->m = 1;
	detail->n = 4096;
	detail->k = kind + 1;
	detail->heads = 32;
	detail->kv_heads = 8;
	detail->op_part = (uint16_t)(kind % 3);
	*kernel = (struct sim_kernel){
		.flops = UINT64_C(8192) * (kind + 1),
		.weight_bytes = UINT64_C(16384) * (kind + 1),
		.kv_read_bytes = kind * 7,
		.kv_write_bytes = kind * 5,
		.act_read_bytes = kind * 3,
		.act_write_bytes = kind * 2,
		.blocks = kind + 1,
		.host_ns = 2000 + fixture_random(seed) % 5000,
		.threads = 256,
		.blocks_per_sm = (uint8_t)(kind % 32),
		.op = (uint8_t)(kind % SIM_OP_COUNT),
		.family = (uint8_t)(kind % SIM_FAMILY_COUNT),
		.dtype = (uint8_t)(kind % SIM_DTYPE_COUNT),
		.stream = (uint8_t)(i % 2),
		.flags = SIM_KERNEL_HOST_RECORDED,
	};
	if (kind % 5 == 4) {
		kernel->flags |= SIM_KERNEL_OPAQUE;
		kernel->recorded_ps = 1000000 + fixture_random(seed) % 1000;
	}
	measured->duration_ns = 1500 + fixture_random(seed) % 4000;
	measured->start_ns =
		i == 0 ? -5000
		       : measured[-1].start_ns + measured[-1].duration_ns + (int64_t)(i % 900);
	measured->launch_start_ns = i % 7 == 3 ? INT64_MIN : measured->start_ns - 9000;
	measured->launch_end_ns = i % 7 == 3 ? INT64_MIN : measured->start_ns - 4000;
	measured->correlation = (uint32_t)(1000 + i);
	measured->thread = 4242;
}

static inline void fixture_steps(struct trace *trace, uint32_t kernels_per_step)
{
	for (size_t i = 0; i < trace->step_count; i++) {
		uint32_t first = (uint32_t)i * kernels_per_step;
		const struct trace_measured *last = &trace->measured[first + kernels_per_step - 1];
		trace->steps[i] = (struct sim_step){
			first, kernels_per_step, i % 2 == 0 ? SIM_LAUNCH_EAGER : SIM_LAUNCH_GRAPH,
			i % 3 == 0};
		trace->step_measured[i] = (struct trace_step_measured){
			i == 0 ? INT64_MIN : trace->measured[first].start_ns - 10000,
			trace->measured[first].start_ns, last->start_ns + last->duration_ns};
	}
}

/* STEPS steps of PER_STEP kernels; the same SEED gives the same trace. */
static inline void fixture_trace(struct trace *trace, const char *name, uint64_t seed,
				 uint32_t steps, uint32_t per_step, uint32_t kinds)
{
	trace_init(trace);
	if (trace->names.count == 0)
		assert_int_equal(names_init(&trace->names), SIM_OK);
	trace->kernel_count = (size_t)steps * per_step;
	trace->step_count = steps;
	trace->kernels = calloc(trace->kernel_count + 1, sizeof(*trace->kernels));
	trace->details = calloc(trace->kernel_count + 1, sizeof(*trace->details));
	trace->measured = calloc(trace->kernel_count + 1, sizeof(*trace->measured));
	trace->steps = calloc(trace->step_count + 1, sizeof(*trace->steps));
	trace->step_measured = calloc(trace->step_count + 1, sizeof(*trace->step_measured));
	for (size_t i = 0; i < trace->kernel_count; i++)
		fixture_kernel(trace, i, kinds, &seed);
	fixture_steps(trace, per_step);
	snprintf(trace->name, sizeof(trace->name), "%s", name);
	snprintf(trace->source, sizeof(trace->source), "data/%.100s.json.gz", name);
	snprintf(trace->format, sizeof(trace->format), "kineto");
	snprintf(trace->steps_by, sizeof(trace->steps_by), "graph launch");
	trace->device = (struct trace_device){.name = "NVIDIA H100 80GB HBM3",
					      .memory_bytes = UINT64_C(85029158912),
					      .sm_count = 132,
					      .cc_major = 9,
					      .cc_minor = 0,
					      .max_threads_per_sm = 2048,
					      .registers_per_sm = 65536,
					      .shared_bytes_per_sm = 233472,
					      .driver_version = 12040,
					      .runtime_version = -1};
	trace->content_hash = UINT64_C(0xf0e1d2c3b4a59687) ^ seed;
	trace->base_ns = INT64_C(1719830000123456789);
	trace->lacks = 1u << TRACE_LACK_CLOCKS | 1u << TRACE_LACK_SOME_WORK;
	trace->warnings = 3;
	snprintf(trace->warning, sizeof(trace->warning), "event 17 has no name");
}

/* All that may be learnt later, no two fields alike; bytes of two kernels of three. */
static inline void fixture_facts(struct trace *trace)
{
	const double unknown = 0.0 / 0.0;
	trace->device.l2_bytes = UINT64_C(52428800);
	trace->device.max_sm_hz = 1.98e9;
	trace->device.max_memory_hz = 2.619e9;
	trace->device.memory_bytes_per_s = 3.352e12;
	trace->capture = (struct trace_capture){.tool = "decodesim 0.2.0, CUPTI 13.0.1",
						.dropped = 11,
						.zero_times = 12,
						.foreign_buffers = 13,
						.overheads = 14,
						.overhead_ns = 15000};
	trace->clocks = (struct trace_clocks){.samples = 21,
					      .throttle_reasons = UINT32_C(0x80000004),
					      .sm_hz_low = 1.2e9,
					      .sm_hz_median = 1.755e9,
					      .sm_hz_high = 1.98e9,
					      .memory_hz_median = 2.619e9,
					      .power_w_mean = 412.5,
					      .temperature_c_high = 58};
	trace->timing = (struct trace_timing){.source = "logs/untraced.dslog",
					      .kind = "graph level",
					      .step_count = 200,
					      .step_ns = 1730000,
					      .step_low_ns = 1710000,
					      .step_high_ns = 1790000,
					      .traced_step_ns = 2170000,
					      .device_ns = 1650000,
					      .traced_device_ns = 1690000};
	trace->bytes = calloc(trace->kernel_count + 1, sizeof(*trace->bytes));
	for (size_t i = 0; i < trace->kernel_count; i++)
		trace->bytes[i] = (struct trace_bytes){i % 3 == 0 ? unknown : 4096.0 * (double)i,
						       i % 3 != 1 ? unknown : 32.5 + (double)i,
						       i % 3 == 0 ? unknown : 1e15 / (double)i};
	snprintf(trace->bytes_source, sizeof(trace->bytes_source), "logs/ncu.csv.gz");
}

static const struct hw_param fixture_params[] = {
	{"hbm.bandwidth", UNIT_BYTES_PER_S, HW_REQUIRED, 1, 1e15, 0, "peak bandwidth"},
	{"gemm.fixed", UNIT_SECONDS, HW_OPTIONAL, 0, 1, 1e-6, "fixed time of a GEMM"},
};
static const struct hw_model fixture_model = {
	.name = "made-up", .params = fixture_params, .param_count = 2};

struct fixture_device {
	struct hw_device device;
	struct hw_value values[2];
	const char *files[2];
};

static inline struct hw_device *fixture_device(struct fixture_device *out)
{
	memset(out, 0, sizeof(*out));
	out->values[0] =
		(struct hw_value){3.35e12, 0.0 / 0.0, 0.0 / 0.0, HW_FROM_FILE, "datasheet", 4};
	out->values[1] = (struct hw_value){3.4e-6, 3.2e-6, 3.6e-6, HW_FROM_SET, NULL, 0};
	out->files[0] = "llama-b1.json.gz";
	out->files[1] = "llama-b1.json.gz";
	struct hw_device *device = &out->device;
	snprintf(device->name, sizeof(device->name), "h100-sxm");
	snprintf(device->summary, sizeof(device->summary), "a GPU");
	snprintf(device->path, sizeof(device->path), "hwmodels/devices/h100-sxm.yaml");
	device->model = &fixture_model;
	device->params = fixture_params;
	device->param_count = 2;
	device->values = out->values;
	device->fit_count = 2;
	device->fit_files = out->files;
	device->residuals[SIM_FAMILY_GEMM] = (struct hw_residual){3000, -0.041, 0.001, 0.05};
	device->machine.calibrated = true;
	device->content_hash = UINT64_C(0xfedcba9876543210);
	return device;
}

/* Times that a replay might have given; 1 us a kernel more with every kernel. */
static inline void fixture_times(const struct trace *trace, int64_t *start_ps, int64_t *end_ps)
{
	int64_t now = 0;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		start_ps[i] = now;
		now += 1000000 + (int64_t)i;
		end_ps[i] = now;
	}
}

static inline struct replay_result fixture_result(const struct trace *trace)
{
	struct replay_result result = {
		.kernels = trace->kernel_count,
		.steps = trace->step_count,
		.total_ps = 8000000000,
		.step_ps = 2000000000,
		.device_span_ps = 1900000000,
		.device_busy_ps = 1800000000,
		.host_ps = 700000000,
		.floor_ps = 500000000,
		.digest = UINT64_C(0x8000000000000001),
	};
	result.part_ps[SIM_PART_HBM] = 1500000000;
	result.part_ps[SIM_PART_HOST] = 500000000;
	return result;
}

static inline struct store *fixture_open(const char *path, enum store_open_mode mode)
{
	struct store *store = NULL;
	struct sim_diag diag;
	diag_init(&diag);
	if (store_open(path, mode, &store, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	return store;
}

static inline int64_t fixture_write_trace(struct store *store, const struct trace *trace,
					  bool expect_added)
{
	struct sim_diag diag;
	int64_t id = 0;
	bool added = !expect_added;
	diag_init(&diag);
	if (store_write_trace(store, trace, &id, &added, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(added, expect_added);
	return id;
}

static inline void fixture_read_trace(struct store *store, const char *name, struct trace *trace)
{
	struct sim_diag diag;
	diag_init(&diag);
	if (store_read_trace(store, name, trace, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static inline int64_t fixture_write_run(struct store *store, const struct trace *trace,
					bool every_kernel)
{
	struct fixture_device device;
	struct replay_result result = fixture_result(trace);
	int64_t *start = calloc(trace->kernel_count + 1, sizeof(*start));
	int64_t *end = calloc(trace->kernel_count + 1, sizeof(*end)), id = 0;
	struct sim_diag diag;
	fixture_times(trace, start, end);
	struct store_run run = {
		.trace = trace->name,
		.trace_hash = trace->content_hash,
		.device = fixture_device(&device),
		.launch = SIM_LAUNCH_GRAPH,
		.host_speed = 1.5,
		.result = &result,
		.error_band_low = -0.03,
		.error_band_high = 0.0 / 0.0,
		.kernels_of = trace,
		.start_ps = start,
		.end_ps = end,
		.every_kernel = every_kernel,
		.version = "1.2.3",
	};
	diag_init(&diag);
	if (store_write_run(store, &run, &id, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	free(start);
	free(end);
	return id;
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif
