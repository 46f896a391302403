/* Microbenchmark JSON to SI: see microbench.h for the fields and where they come from. */
#include "validate/microbench.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "validate/jsonfile.h"

enum { LARGEST_GRAPH = 1000 };

static enum sim_status micros(const char *path, const cJSON *object, const char *key,
			      double *seconds, struct sim_diag *diag)
{
	TRY(jsonfile_number(path, object, key, seconds, diag));
	if (*seconds < 0 || *seconds > 1e9)
		return diag_fail(diag, SIM_E_RANGE, "%s: time out of range: '%s'", path, key);
	*seconds *= 1e-6;
	return SIM_OK;
}

/* Best rate of a list of {"kb": size, "us": time} rows. */
static enum sim_status best_rate(const char *path, const cJSON *root, const char *key, double *best,
				 struct sim_diag *diag)
{
	const cJSON *rows = cJSON_GetObjectItemCaseSensitive(root, key), *row;
	*best = NAN;
	if (rows == NULL)
		return SIM_OK;
	if (!cJSON_IsArray(rows))
		return diag_fail(diag, SIM_E_PARSE, "%s: not a list: '%s'", path, key);
	cJSON_ArrayForEach(row, rows)
	{
		double kilobytes, seconds;
		TRY(jsonfile_number(path, row, "kb", &kilobytes, diag));
		TRY(micros(path, row, "us", &seconds, diag));
		if (!(kilobytes > 0) || !(seconds > 0))
			return diag_fail(diag, SIM_E_RANGE,
					 "%s: a row of '%s' needs positive 'kb' and 'us'", path,
					 key);
		double rate = kilobytes * 1024 / seconds;
		if (rate > 1e15)
			return diag_fail(diag, SIM_E_RANGE, "%s: %g B/s is no bandwidth: '%s'",
					 path, rate, key);
		*best = isnan(*best) || rate > *best ? rate : *best;
	}
	return SIM_OK;
}

/* N of an object "graph_N", else 0. */
static double graph_nodes(const cJSON *item)
{
	static const char head[] = "graph_";
	if (!cJSON_IsObject(item) || item->string == NULL ||
	    strncmp(item->string, head, strlen(head)) != 0)
		return 0;
	const char *digits = item->string + strlen(head);
	size_t length = strspn(digits, "0123456789");
	if (length == 0 || length > 9 || digits[length] != '\0')
		return 0;
	return (double)strtoul(digits, NULL, 10);
}

/*
 * Slope and intercept between the smallest and the largest graph ("graph_1" ... "graph_1000";
 * larger ones are checked only).
 */
static enum sim_status graph_costs(const char *path, const cJSON *root, struct microbench *bench,
				   struct sim_diag *diag)
{
	double few = INFINITY, many = 0, event[2] = {NAN, NAN}, host[2] = {NAN, NAN};
	const cJSON *item;
	cJSON_ArrayForEach(item, root)
	{
		double event_s, host_s, nodes = graph_nodes(item);
		if (!(nodes >= 1))
			continue;
		TRY(micros(path, item, "event_us", &event_s, diag));
		TRY(micros(path, item, "host_launch_us", &host_s, diag));
		if (nodes < few) {
			few = nodes;
			event[0] = event_s;
			host[0] = host_s;
		}
		if (nodes > many && nodes <= LARGEST_GRAPH) {
			many = nodes;
			event[1] = event_s;
			host[1] = host_s;
		}
	}
	bench->graph_null_s = bench->graph_host_s = bench->graph_host_node_s = NAN;
	if (many > few) {
		bench->graph_null_s = (event[1] - event[0]) / (many - few);
		bench->graph_host_node_s = (host[1] - host[0]) / (many - few);
		bench->graph_host_s = host[0] - bench->graph_host_node_s * few;
	}
	if (bench->graph_null_s < 0)
		return diag_fail(diag, SIM_E_RANGE,
				 "%s: a graph of %g nodes takes longer than one of %g: 'event_us'",
				 path, few, many);
	return SIM_OK;
}

/* clang-format off */
/* Entries of "results" that are taken; the best of several shapes or sizes of one name. */
enum take { TAKE_MICROS, TAKE_SIGNED_MICROS, TAKE_LINK };
static const struct {
	const char *name, *unit;
	enum take take;
	size_t field;
} taken[] = {
	{"graph.roundtrip",    "us", TAKE_MICROS,        offsetof(struct microbench, graph_roundtrip_s)},
	{"launch.cooperative", "us", TAKE_MICROS,        offsetof(struct microbench, cooperative_host_s)},
	{"pdl.saving",         "us", TAKE_SIGNED_MICROS, offsetof(struct microbench, pdl_saving_s)},
	{"grid.sync_store",    "us", TAKE_MICROS,        offsetof(struct microbench, grid_sync_s)},
	{"link.h2d",           "us", TAKE_LINK,          offsetof(struct microbench, link_bytes_per_s)},
	{"link.d2h",           "us", TAKE_LINK,          offsetof(struct microbench, link_bytes_per_s)},
};
/* clang-format on */

enum { TAKEN_COUNT = sizeof(taken) / sizeof(taken[0]) };

static double *taken_field(struct microbench *bench, size_t which)
{
	return (double *)((char *)bench + taken[which].field);
}

static enum sim_status take(const char *path, const cJSON *item, size_t which, double *best,
			    struct sim_diag *diag)
{
	const cJSON *unit = cJSON_GetObjectItemCaseSensitive(item, "unit");
	const char *name = taken[which].name;
	double value, kilobytes;
	TRY(jsonfile_number(path, item, "value", &value, diag));
	TRY(jsonfile_number(path, item, "kb", &kilobytes, diag));
	if (!cJSON_IsString(unit) || strcmp(unit->valuestring, taken[which].unit) != 0)
		return diag_fail(diag, SIM_E_UNIT, "%s: result is not in %s: '%s'", path,
				 taken[which].unit, name);
	if (!(fabs(value) <= 1e9) || (value < 0 && taken[which].take != TAKE_SIGNED_MICROS))
		return diag_fail(diag, SIM_E_RANGE, "%s: result out of range: '%s'", path, name);
	double found = value * 1e-6;
	if (taken[which].take != TAKE_LINK) {
		*best = isnan(*best) || found < *best ? found : *best;
		return SIM_OK;
	}
	found = kilobytes * 1024 / found;
	if (!(found > 0 && found <= 1e15))
		return diag_fail(diag, SIM_E_RANGE, "%s: result is no bandwidth: '%s'", path, name);
	*best = isnan(*best) || found > *best ? found : *best;
	return SIM_OK;
}

static enum sim_status read_results(const char *path, const cJSON *root, struct microbench *bench,
				    struct sim_diag *diag)
{
	const cJSON *rows = cJSON_GetObjectItemCaseSensitive(root, "results"), *item;
	for (size_t i = 0; i < TAKEN_COUNT; i++)
		*taken_field(bench, i) = NAN;
	if (rows == NULL)
		return SIM_OK;
	if (!cJSON_IsArray(rows))
		return diag_fail(diag, SIM_E_PARSE, "%s: not a list: 'results'", path);
	cJSON_ArrayForEach(item, rows)
	{
		const cJSON *name = cJSON_GetObjectItemCaseSensitive(item, "name");
		if (!cJSON_IsString(name))
			return diag_fail(diag, SIM_E_PARSE, "%s: a result has no string 'name'",
					 path);
		for (size_t i = 0; i < TAKEN_COUNT; i++)
			if (strcmp(name->valuestring, taken[i].name) == 0)
				TRY(take(path, item, i, taken_field(bench, i), diag));
	}
	return SIM_OK;
}

static enum sim_status read_fields(const char *path, const cJSON *root, struct microbench *bench,
				   struct sim_diag *diag)
{
	const cJSON *gpu = cJSON_GetObjectItemCaseSensitive(root, "gpu");
	if (!cJSON_IsObject(root) || !cJSON_IsString(gpu))
		return diag_fail(diag, SIM_E_PARSE,
				 "%s: no microbenchmark result: it needs a string 'gpu'", path);
	snprintf(bench->gpu, sizeof(bench->gpu), "%s", gpu->valuestring);
	TRY(jsonfile_number(path, root, "sms", &bench->sm_count, diag));
	if (bench->sm_count < 1 || bench->sm_count > 1e6)
		return diag_fail(diag, SIM_E_RANGE, "%s: out of range: 'sms'", path);
	TRY(micros(path, root, "launch_host_us", &bench->launch_host_s, diag));
	TRY(micros(path, root, "launch_sync_roundtrip_us", &bench->sync_roundtrip_s, diag));
	TRY(micros(path, root, "stream_null_kernel_us_b132_t1024", &bench->stream_null_s, diag));
	TRY(graph_costs(path, root, bench, diag));
	TRY(best_rate(path, root, "hbm_read", &bench->hbm_read_bytes_per_s, diag));
	TRY(best_rate(path, root, "hbm_write", &bench->hbm_write_bytes_per_s, diag));
	TRY(best_rate(path, root, "l2_read", &bench->l2_read_bytes_per_s, diag));
	return read_results(path, root, bench, diag);
}

enum sim_status microbench_read(const char *path, struct microbench *bench, struct sim_diag *diag)
{
	cJSON *root;
	memset(bench, 0, sizeof(*bench));
	TRY(jsonfile_read(path, &root, diag));
	enum sim_status status = read_fields(path, root, bench, diag);
	cJSON_Delete(root);
	return status;
}
