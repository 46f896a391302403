/*
 * The file of the microbenchmarks. The head of it has the fields of the bundled files (see
 * validate/microbench.h), made from the results of the table below.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "validate/bench/micro/results.h"

static const char *const place_keys[RESULT_PLACE_COUNT] = {
#define X(name, key) [RESULT_##name] = key,
	RESULT_PLACE_LIST(X)
#undef X
};

/* clang-format off */
/* fields that hold one number */
static const struct { const char *name, *key; } numbers[] = {
	{"launch.runtime",   "launch_host_us"},
	{"launch.roundtrip", "launch_sync_roundtrip_us"},
	{"chase.1mb",        "chase_1mb_clocks"},
	{"chase.16mb",       "chase_16mb_clocks"},
	{"chase.1024mb",     "chase_1024mb_clocks"},
};

/* fields that hold rows of kb and us */
static const struct { const char *name, *key; } rates[] = {
	{"hbm.read",  "hbm_read"},
	{"l2.read",   "l2_read"},
	{"hbm.write", "hbm_write"},
};

/* members of graph_N */
static const struct { const char *name, *key; } graphs[] = {
	{"graph.event", "event_us"},
	{"graph.host",  "host_launch_us"},
	{"graph.wall",  "wall_us"},
};
/* clang-format on */

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void add_device(cJSON *root, const struct results_device *device)
{
	cJSON_AddStringToObject(root, "gpu", device->gpu);
	cJSON_AddNumberToObject(root, "sms", device->sms);
	cJSON_AddNumberToObject(root, "l2", device->l2_bytes);
	cJSON_AddNumberToObject(root, "smem_per_sm", device->smem_per_sm_bytes);
	cJSON_AddNumberToObject(root, "clock_khz", device->clock_khz);
	cJSON_AddNumberToObject(root, "mem_clock_khz", device->mem_clock_khz);
	cJSON_AddNumberToObject(root, "bus_bits", device->bus_bits);
	cJSON_AddNumberToObject(root, "memory_bytes", device->memory_bytes);
	cJSON_AddNumberToObject(root, "cc_major", device->cc_major);
	cJSON_AddNumberToObject(root, "cc_minor", device->cc_minor);
	cJSON_AddNumberToObject(root, "cuda_driver", device->driver);
	cJSON_AddNumberToObject(root, "cuda_runtime", device->runtime);
	cJSON_AddStringToObject(root, "pci", device->pci);
}

static void add_rate_row(cJSON *rows, const struct result *result)
{
	cJSON *row = cJSON_CreateObject();
	double us = result->stats.median;
	cJSON_AddNumberToObject(row, "kb", result->place[RESULT_KB]);
	cJSON_AddNumberToObject(row, "us", us);
	cJSON_AddNumberToObject(row, "tbps", result->place[RESULT_KB] * 1024 / us * 1e-6);
	if (result->place[RESULT_BLOCKS] >= 0)
		cJSON_AddNumberToObject(row, "blocks", result->place[RESULT_BLOCKS]);
	if (result->place[RESULT_THREADS] >= 0)
		cJSON_AddNumberToObject(row, "threads", result->place[RESULT_THREADS]);
	cJSON_AddItemToArray(rows, row);
}

static void add_graph_number(cJSON *root, const struct result *result, const char *key)
{
	char name[32];
	snprintf(name, sizeof(name), "graph_%.0f", result->place[RESULT_NODES]);
	cJSON *graph = cJSON_GetObjectItemCaseSensitive(root, name);
	if (graph == NULL)
		graph = cJSON_AddObjectToObject(root, name);
	cJSON_AddNumberToObject(graph, key, result->stats.median);
}

static cJSON *rate_rows(cJSON *root, const char *key)
{
	cJSON *rows = cJSON_GetObjectItemCaseSensitive(root, key);
	return rows != NULL ? rows : cJSON_AddArrayToObject(root, key);
}

/* The field of the bundled files that RESULT makes, if any. */
static void add_field(cJSON *root, const struct result *result)
{
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		if (strcmp(result->name, numbers[i].name) == 0)
			cJSON_AddNumberToObject(root, numbers[i].key, result->stats.median);
	for (size_t i = 0; i < COUNT_OF(rates); i++)
		if (strcmp(result->name, rates[i].name) == 0)
			add_rate_row(rate_rows(root, rates[i].key), result);
	for (size_t i = 0; i < COUNT_OF(graphs); i++)
		if (strcmp(result->name, graphs[i].name) == 0)
			add_graph_number(root, result, graphs[i].key);
	if (strcmp(result->name, "stream.null") == 0) {
		char key[64];
		snprintf(key, sizeof(key), "stream_null_kernel_us_b%.0f_t%.0f",
			 result->place[RESULT_BLOCKS], result->place[RESULT_THREADS]);
		cJSON_AddNumberToObject(root, key, result->stats.median);
	}
}

static void add_result(cJSON *rows, const struct result *result)
{
	cJSON *row = cJSON_CreateObject();
	cJSON_AddStringToObject(row, "name", result->name);
	cJSON_AddStringToObject(row, "unit", result->unit);
	cJSON_AddNumberToObject(row, "value", result->stats.median);
	cJSON_AddNumberToObject(row, "repetitions", (double)result->stats.count);
	cJSON_AddNumberToObject(row, "median", result->stats.median);
	cJSON_AddNumberToObject(row, "p05", result->stats.p05);
	cJSON_AddNumberToObject(row, "p95", result->stats.p95);
	for (int i = 0; i < RESULT_PLACE_COUNT; i++)
		if (result->place[i] >= 0)
			cJSON_AddNumberToObject(row, place_keys[i], result->place[i]);
	cJSON_AddItemToArray(rows, row);
}

static void add_known(cJSON *object, const char *key, double value)
{
	if (value >= 0)
		cJSON_AddNumberToObject(object, key, value);
}

static void add_state(cJSON *states, const char *when, const struct results_state *state)
{
	cJSON *object = cJSON_AddObjectToObject(states, when);
	add_known(object, "sm_mhz", state->sm_mhz);
	add_known(object, "memory_mhz", state->memory_mhz);
	add_known(object, "power_w", state->power_w);
	add_known(object, "temperature_c", state->temperature_c);
	add_known(object, "throttle_reasons", state->throttle_reasons);
}

static char *results_text(const struct results *results)
{
	cJSON *root = cJSON_CreateObject();
	add_device(root, &results->device);
	for (size_t i = 0; i < results->count; i++)
		add_field(root, &results->items[i]);
	cJSON *rows = cJSON_AddArrayToObject(root, "results");
	for (size_t i = 0; i < results->count; i++)
		add_result(rows, &results->items[i]);
	cJSON *states = cJSON_AddObjectToObject(root, "state");
	add_state(states, "before", &results->before);
	add_state(states, "after", &results->after);
	cJSON *skips = cJSON_AddArrayToObject(root, "skipped");
	for (size_t i = 0; i < results->skip_count; i++) {
		cJSON *row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "name", results->skips[i].name);
		cJSON_AddStringToObject(row, "why", results->skips[i].why);
		cJSON_AddItemToArray(skips, row);
	}
	char *text = cJSON_Print(root);
	cJSON_Delete(root);
	return text;
}

static enum sim_status write_text(const char *text, const char *path, struct sim_diag *diag)
{
	FILE *file = fopen(path, "w");
	if (file == NULL)
		return diag_fail(diag, SIM_E_IO, "%s: %s", path, strerror(errno));
	int bad = fprintf(file, "%s\n", text) < 0;
	bad |= fclose(file) != 0;
	return bad ? diag_fail(diag, SIM_E_IO, "%s: cannot write: %s", path, strerror(errno))
		   : SIM_OK;
}

enum sim_status results_write(const struct results *results, const char *path,
			      struct sim_diag *diag)
{
	size_t room = strlen(path) + 8;
	char *part = malloc(room), *text = results_text(results);
	enum sim_status status = SIM_OK;
	if (part == NULL || text == NULL)
		status = diag_fail(diag, SIM_E_NOMEM, "out of memory");
	if (status == SIM_OK) {
		snprintf(part, room, "%s.part", path);
		status = write_text(text, part, diag);
		if (status == SIM_OK && rename(part, path) != 0)
			status = diag_fail(diag, SIM_E_IO, "%s: %s", path, strerror(errno));
		if (status != SIM_OK)
			remove(part);
	}
	cJSON_free(text);
	free(part);
	return status;
}
