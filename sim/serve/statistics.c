/*
 * Statistics of a run: means, quantiles, and how sure they are.
 *
 * Quantile p of n values is the one of rank ceil(p n). Half widths are those of batch means: the
 * requests in order of arrival in SERVE_BATCHES batches of equal size, whose means (or quantiles)
 * are taken as independent and normal: t(31; 0.975) x deviation / sqrt(32).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/units.h"
#include "sim/serve/engine.h"

#define STUDENT_31 2.0395134464
#define LEAST_BATCH 10 /* values in a batch, for its quantiles to mean something */

enum { MEAN, P50, P90, P99, KINDS };

static int compare(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
	return (a > b) - (a < b);
}

/* Rank from 0 of the quantile of PER_CENT. */
static size_t rank_of(size_t count, unsigned per_cent)
{
	size_t rank = (count * per_cent + 99) / 100;
	return rank > 0 ? rank - 1 : 0;
}

/* Mean and quantiles, seconds; sorts VALUES. */
static void describe(int64_t *values, size_t count, double *out)
{
	static const unsigned per_cent[KINDS] = {0, 50, 90, 99};
	double sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += (double)values[i];
	out[MEAN] = sum / (double)count * 1e-12;
	qsort(values, count, sizeof(*values), compare);
	for (unsigned kind = P50; kind < KINDS; kind++)
		out[kind] = seconds_from_ps(values[rank_of(count, per_cent[kind])]);
}

static void half_widths(int64_t *values, size_t count, double *half)
{
	double batches[SERVE_BATCHES][KINDS];
	size_t size = count / SERVE_BATCHES;
	for (unsigned kind = 0; kind < KINDS; kind++)
		half[kind] = NAN;
	if (size < LEAST_BATCH)
		return;
	for (unsigned b = 0; b < SERVE_BATCHES; b++)
		describe(values + b * size, size, batches[b]);
	for (unsigned kind = 0; kind < KINDS; kind++) {
		double mean = 0, square = 0;
		for (unsigned b = 0; b < SERVE_BATCHES; b++)
			mean += batches[b][kind] / SERVE_BATCHES;
		for (unsigned b = 0; b < SERVE_BATCHES; b++)
			square += (batches[b][kind] - mean) * (batches[b][kind] - mean);
		half[kind] = STUDENT_31 * sqrt(square / (SERVE_BATCHES - 1) / SERVE_BATCHES);
	}
}

/* VALUES in order of arrival; they are sorted piece by piece. */
static void fill_metric(int64_t *values, size_t count, struct serve_metric *metric)
{
	double all[KINDS], half[KINDS];
	metric->count = count;
	if (count == 0) {
		*metric = (struct serve_metric){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 0};
		return;
	}
	half_widths(values, count, half);
	describe(values, count, all);
	*metric = (struct serve_metric){
		.mean = all[MEAN],
		.p50 = all[P50],
		.p90 = all[P90],
		.p99 = all[P99],
		.mean_half = half[MEAN],
		.p50_half = half[P50],
		.p90_half = half[P90],
		.p99_half = half[P99],
		.most = seconds_from_ps(values[count - 1]),
		.count = count,
	};
}

static size_t gather(const struct engine *engine, size_t offset, int64_t *values)
{
	size_t count = 0;
	for (uint64_t i = engine->config->warmup; i < engine->load->requests; i++) {
		int64_t value;
		memcpy(&value, (const char *)&engine->outcomes[i] + offset, sizeof(value));
		if (value >= 0)
			values[count++] = value;
	}
	return count;
}

static void count_good(struct engine *engine)
{
	const struct serve_config *config = engine->config;
	struct serve_result *result = engine->result;
	for (uint64_t i = config->warmup; i < engine->load->requests; i++) {
		const struct outcome *one = &engine->outcomes[i];
		if (one->e2e_ps < 0)
			continue;
		result->counted++;
		result->good +=
			(config->good_ttft_ps == 0 || one->ttft_ps <= config->good_ttft_ps) &&
			(config->good_tpot_ps == 0 || one->tpot_ps <= config->good_tpot_ps) &&
			(config->good_e2e_ps == 0 || one->e2e_ps <= config->good_e2e_ps);
	}
}

static void fill_rates(struct engine *engine)
{
	struct serve_result *result = engine->result;
	double span_s = seconds_from_ps(engine->now_ps - result->first_ps);
	double span_ps = (double)(engine->now_ps - result->first_ps);
	double arrivals_s = seconds_from_ps(engine->coming.arrival_ps - result->first_ps);
	result->end_ps = engine->now_ps;
	if (arrivals_s > 0)
		result->offered_per_s = (double)(result->requests - 1) / arrivals_s;
	if (span_s <= 0)
		return;
	double share = (double)result->good / (double)(result->counted > 0 ? result->counted : 1);
	result->completed_per_s = (double)result->completed / span_s;
	result->good_per_s = result->completed_per_s * share;
	result->output_tokens_per_s = (double)result->output_tokens / span_s;
	result->utilization = result->busy_s / span_s / engine->instance_count;
	result->mean_queue = engine->queue_mean_area / span_ps;
	result->mean_system = engine->system_mean_area / span_ps;
}

static void fill_kv(struct engine *engine)
{
	struct serve_result *result = engine->result;
	double area = 0, room = 0;
	result->kv_mean = result->kv_most = NAN;
	for (uint32_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = &engine->instances[i];
		result->busy_s += seconds_from_ps(instance->busy_ps);
		if (instance->kv.total >= KV_NO_LIMIT)
			continue;
		double total = (double)instance->kv.total;
		double most = (double)instance->kv.most / total;
		area += instance->kv.area;
		room += total * (double)(engine->now_ps - result->first_ps);
		result->kv_most =
			most > result->kv_most || isnan(result->kv_most) ? most : result->kv_most;
	}
	if (room > 0)
		result->kv_mean = area / room;
}

enum sim_status statistics_fill(struct engine *engine)
{
	struct serve_result *result = engine->result;
	int64_t *values = malloc((size_t)engine->load->requests * sizeof(*values));
	if (values == NULL)
		return diag_fail(engine->diag, SIM_E_NOMEM, "out of memory");
	count_good(engine);
	fill_metric(values, gather(engine, offsetof(struct outcome, wait_ps), values),
		    &result->wait);
	fill_metric(values, gather(engine, offsetof(struct outcome, ttft_ps), values),
		    &result->ttft);
	fill_metric(values, gather(engine, offsetof(struct outcome, tpot_ps), values),
		    &result->tpot);
	fill_metric(values, gather(engine, offsetof(struct outcome, e2e_ps), values), &result->e2e);
	free(values);
	fill_kv(engine);
	fill_rates(engine);
	result->most_queue = (double)engine->most_queue;
	result->mean_batch =
		result->decode_steps > 0 ? engine->lane_steps / (double)result->decode_steps : 0;
	return SIM_OK;
}
