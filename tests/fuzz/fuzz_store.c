/*
 * A store that something else wrote: opened, its traces, a run and a sweep read back, its views
 * asked. An input that
 * is no database is SQL that changes a sound store with two traces and a run.
 */
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <sqlite3.h>
#include <unistd.h>

#include "sim/store/run_read.h"
#include "sim/store/serving.h"
#include "sim/store/sweep.h"

const char fuzz_name[] = "store";
const char *const fuzz_seeds[] = {NULL};

enum { QUERY_STEPS = 200000 };

static const char *const samples[] = {"kineto_eager", "kineto_graph"};
enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static const char *const queries[] = {
	"SELECT * FROM traces",	      "SELECT * FROM kernels",
	"SELECT * FROM runs",	      "SELECT * FROM prediction_vs_measurement",
	"SELECT * FROM sweep_values", "SELECT * FROM serves",
	"SELECT * FROM plans",
};

static const char *const fields[] = {"step_ms", "fits", "power_w"};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

struct bytes {
	unsigned char *data;
	size_t size;
};

static void write_run(struct store *store, const struct trace *trace)
{
	const struct hw_device *device = fuzz_device("h100-sxm");
	struct sim_program program = trace_program(trace);
	struct replay_options options;
	struct replay_result result;
	int64_t id;
	replay_options_init(&options);
	FUZZ_REQUIRE(replay_run(&program, &device->machine, &options, &result, NULL) == SIM_OK);
	struct store_run run = {.trace = trace->name,
				.trace_hash = trace->content_hash,
				.device = device,
				.launch = SIM_LAUNCH_AS_TRACED,
				.host_speed = 1,
				.result = &result};
	FUZZ_REQUIRE(store_write_run(store, &run, &id, NULL) == SIM_OK);
}

/* What only other sources tell of a run; every table of the store gets a row. */
static void add_facts(struct trace *trace)
{
	trace->clocks = (struct trace_clocks){.samples = 3,
					      .throttle_reasons = 4,
					      .sm_hz_low = 1.9e9,
					      .sm_hz_median = 1.95e9,
					      .sm_hz_high = 1.98e9,
					      .memory_hz_median = 2.6e9,
					      .power_w_mean = 300,
					      .temperature_c_high = 50};
	trace->capture = (struct trace_capture){.tool = "decodesim 0, CUPTI 13",
						.dropped = 1,
						.zero_times = 2,
						.overheads = 3,
						.overhead_ns = 4};
	trace_timing_given(trace, 1000000);
	trace->device.l2_bytes = 50 << 20;
	trace->device.max_sm_hz = 1.98e9;
	trace->bytes = calloc(trace->kernel_count, sizeof(*trace->bytes));
	FUZZ_REQUIRE(trace->bytes != NULL);
	for (size_t i = 0; i < trace->kernel_count; i++)
		trace->bytes[i] = (struct trace_bytes){1e6 + (double)i, 1e3, 2e6};
	snprintf(trace->bytes_source, sizeof(trace->bytes_source), "ncu.csv");
}

/* A sweep of two axes, and a serve run. */
static void write_what_ifs(struct store *store)
{
	static const char *const words[] = {"h100-sxm", "l4"};
	static const double values[] = {1, 2e12}, results[] = {3.5, 1, NAN};
	const struct store_sweep_axis axes[] = {{"hw", "word", 0, 1, 2, words},
						{"hw.hbm.bandwidth", "B/s", 1e12, 2e12, 2, NULL}};
	struct store_sweep sweep = {.name = "s",
				    .definition = "sweep: s",
				    .method = "closed",
				    .version = "0",
				    .definition_hash = 1,
				    .points = 4,
				    .axes = axes,
				    .axis_count = 2,
				    .fields = fields,
				    .field_count = FIELDS};
	const struct store_sweep_row row = {.method = "closed",
					    .key = 7,
					    .digest = 9,
					    .feasible = true,
					    .values = values,
					    .fields = results};
	const struct store_latency ttft = {.metric = "ttft", .mean_s = 1, .requests = 1};
	const struct store_serve serve = {.identity = {"c", "serve: c", "0", 1, 2},
					  .model = "m",
					  .runtime = "r",
					  .hw = "h",
					  .batching = "static",
					  .latencies = &ttft,
					  .latency_count = 1};
	int64_t id;
	bool added;
	FUZZ_REQUIRE(store_sweep_open(store, &sweep, NULL) == SIM_OK);
	FUZZ_REQUIRE(store_sweep_write(store, &sweep, &row, 1, NULL) == SIM_OK);
	FUZZ_REQUIRE(store_write_serve(store, &serve, &id, &added, NULL) == SIM_OK);
}

static void write_samples(const char *path)
{
	struct store *store;
	FUZZ_REQUIRE(store_open(path, STORE_WRITE, &store, NULL) == SIM_OK);
	for (size_t i = 0; i < SAMPLES; i++) {
		struct trace trace;
		char source[128];
		int64_t id;
		bool added;
		snprintf(source, sizeof(source), "tests/data/valid/%s.json", samples[i]);
		FUZZ_REQUIRE(trace_read(source, &trace, NULL) == SIM_OK);
		add_facts(&trace);
		FUZZ_REQUIRE(store_write_trace(store, &trace, &id, &added, NULL) == SIM_OK);
		if (i == 0)
			write_run(store, &trace);
		trace_fini(&trace);
	}
	write_what_ifs(store);
	store_close(store);
}

static struct bytes load(const char *path)
{
	struct bytes all;
	FILE *file = fopen(path, "rb");
	FUZZ_REQUIRE(file != NULL && fseek(file, 0, SEEK_END) == 0);
	all.size = (size_t)ftell(file);
	rewind(file);
	all.data = malloc(all.size);
	FUZZ_REQUIRE(all.data != NULL && fread(all.data, 1, all.size, file) == all.size);
	fclose(file);
	return all;
}

/* Small pages, and no WAL, which a database in memory cannot have. */
static void make_small(const char *path)
{
	sqlite3 *db;
	FUZZ_REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
	FUZZ_REQUIRE(sqlite3_exec(db,
				  "PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM",
				  NULL, NULL, NULL) == SQLITE_OK);
	FUZZ_REQUIRE(sqlite3_close(db) == SQLITE_OK);
}

/* The sound store as bytes; a store is written on disk, once. */
static const struct bytes *sound_store(void)
{
	static struct bytes sound;
	if (sound.data != NULL)
		return &sound;
	char directory[] = "/tmp/decodesim-fuzz-XXXXXX", path[64];
	FUZZ_REQUIRE(mkdtemp(directory) != NULL);
	snprintf(path, sizeof(path), "%s/a.db", directory);
	write_samples(path);
	make_small(path);
	sound = load(path);
	FUZZ_REQUIRE(unlink(path) == 0 && rmdir(directory) == 0);
	return &sound;
}

static enum sim_status take_columns(void *context, const char *const *names, size_t count,
				    struct sim_diag *diag)
{
	(void)diag;
	for (size_t i = 0; i < count; i++)
		FUZZ_REQUIRE(names[i] != NULL);
	*(size_t *)context = count;
	return SIM_OK;
}

static enum sim_status take_row(void *context, const struct store_value *values, size_t count,
				struct sim_diag *diag)
{
	(void)diag;
	FUZZ_REQUIRE(count == *(size_t *)context);
	for (size_t i = 0; i < count; i++) {
		unsigned sum = 0;
		if (values[i].type == STORE_TEXT || values[i].type == STORE_BLOB)
			for (size_t at = 0; at < values[i].length; at++)
				sum += (unsigned char)values[i].bytes[at];
		FUZZ_REQUIRE(values[i].type <= STORE_BLOB && sum < UINT32_MAX);
	}
	return SIM_OK;
}

static void ask(struct store *store, const char *sql)
{
	size_t columns = 0;
	const struct store_sink sink = {&columns, take_columns, take_row};
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = store_query(store, sql, &sink, &diag);
	FUZZ_REQUIRE((status == SIM_OK) == (diag.text[0] == '\0'));
}

static void read_back(struct store *store, const char *name)
{
	struct trace trace;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = store_read_trace(store, name, &trace, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK)
		fuzz_check_trace(&trace, true);
	else
		FUZZ_REQUIRE(trace.kernels == NULL && trace.kernel_count == 0);
	trace_fini(&trace);
}

static void read_run(struct store *store)
{
	struct stored_run run;
	struct sim_diag diag;
	int64_t id;
	diag_init(&diag);
	enum sim_status status = store_find_run(store, "last", &id, &diag);
	fuzz_check_diag(status, &diag);
	if (status != SIM_OK)
		return;
	status = store_read_run(store, id, &run, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK) {
		FUZZ_REQUIRE(run.trace != NULL && run.hw != NULL && run.digest != NULL);
		FUZZ_REQUIRE(run.part_count <= STORE_MOST_PARTS);
	}
	stored_run_fini(&run);
}

static enum sim_status take_point(void *context, const struct store_sweep_row *row,
				  struct sim_diag *diag)
{
	(void)diag;
	FUZZ_REQUIRE(row->method != NULL);
	*(double *)context += row->values[0] + row->fields[0];
	return SIM_OK;
}

static void read_sweep(struct store *store)
{
	struct store_sweep sweep = {.fields = fields, .field_count = FIELDS};
	struct store_sweep_lookup *lookup = NULL;
	struct arena arena;
	struct sim_diag diag;
	double sum = 0, found_fields[FIELDS];
	char failed[160];
	bool found;
	diag_init(&diag);
	arena_init(&arena);
	enum sim_status status = store_sweep_find(store, "s", &arena, &sweep, &diag);
	if (status == SIM_OK)
		status = store_sweep_read(store, &sweep, 0, take_point, &sum, &diag);
	if (status == SIM_OK)
		status = store_sweep_lookup_open(store, &sweep, &lookup, &diag);
	if (status == SIM_OK)
		status = store_sweep_lookup(lookup, 7, found_fields, failed, sizeof(failed), &found,
					    &diag);
	fuzz_check_diag(status, &diag);
	store_sweep_lookup_close(lookup);
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes *sound = sound_store();
	struct store *store;
	struct sim_diag diag;
	diag_init(&diag);
	const char *path = fuzz_database(sound->data, sound->size, data, size);
	enum sim_status status = store_open(path, STORE_READ, &store, &diag);
	fuzz_check_diag(status, &diag);
	if (status != SIM_OK) {
		FUZZ_REQUIRE(store == NULL);
		return 0;
	}
	store_limit_query(store, QUERY_STEPS);
	for (size_t i = 0; i < SAMPLES; i++)
		read_back(store, samples[i]);
	read_run(store);
	read_sweep(store);
	ask(store, queries[size % (sizeof(queries) / sizeof(queries[0]))]);
	store_close(store);
	return 0;
}
