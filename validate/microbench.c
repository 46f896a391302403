/* Microbenchmark JSON to SI: see microbench.h for the fields and where they come from. */
#include "validate/microbench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "validate/jsonfile.h"

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

/* Slope and intercept between the smallest and the largest graph ("graph_1" ... "graph_1000"). */
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
		if (nodes > many) {
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
	return best_rate(path, root, "l2_read", &bench->l2_read_bytes_per_s, diag);
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
