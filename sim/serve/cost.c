/* Costs of steps: a table over the step simulator. */
#include "sim/serve/cost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/digest.h"
#include "workloads/parallel.h"

enum { FIRST_ROOM = 1024, MOST_ENTRIES = 1 << 20 };

/* Whole numbers of a step as it is simulated. Lanes 0 and prompts 0: no entry. */
struct cost_key {
	uint32_t lanes, context; /* of each */
	uint32_t prompts, width, cached;
	uint32_t rows; /* of prompts beside lanes: tokens of the forward */
};

struct cost_entry {
	struct cost_key key;
	struct serve_cost cost;
};

enum sim_status cost_pool_init(struct cost_pool *pool, struct run_setup *setup, uint32_t bucket,
			       struct sim_diag *diag)
{
	memset(pool, 0, sizeof(*pool));
	pool->setup = setup;
	pool->bucket = bucket > 0 ? bucket : 1;
	pool->band = (struct interval){0, 0};
	pool->calibrated = true;
	pool->room = FIRST_ROOM;
	pool->entries = calloc(pool->room, sizeof(*pool->entries));
	return pool->entries != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

void cost_pool_fini(struct cost_pool *pool)
{
	run_program_fini(&pool->decode);
	run_program_fini(&pool->prompt);
	free(pool->entries);
	memset(pool, 0, sizeof(*pool));
}

/* SUM over COUNT: one alone is exact, of several the mean to the nearest multiple of BUCKET. */
static uint32_t mean_of(uint64_t sum, uint32_t count, uint32_t bucket, uint32_t least)
{
	if (count <= 1)
		return (uint32_t)sum;
	uint64_t unit = (uint64_t)bucket * count;
	uint32_t mean = (uint32_t)((sum + unit / 2) / unit) * bucket;
	return mean > least ? mean : least;
}

static struct cost_key key_of(const struct cost_pool *pool, const struct serve_work *work)
{
	uint32_t bucket = pool->bucket;
	struct cost_key key = {
		.lanes = work->sequences,
		.context = mean_of(work->context, work->sequences, bucket, 0),
		.prompts = work->prompts,
		.width = mean_of(work->prompt_tokens, work->prompts, bucket, 1),
		.cached = mean_of(work->prompt_context, work->prompts, bucket, 0),
	};
	if (work->sequences > 0 && work->prompts > 0)
		key.rows = key.prompts * key.width + key.lanes;
	return key;
}

static uint64_t hash_of(const struct cost_key *key)
{
	uint64_t hash = digest_mix(DIGEST_SEED, (uint64_t)key->lanes << 32 | key->context);
	hash = digest_mix(hash, (uint64_t)key->prompts << 32 | key->width);
	return digest_mix(hash, (uint64_t)key->cached << 32 | key->rows);
}

static struct cost_entry *find(const struct cost_pool *pool, const struct cost_key *key)
{
	size_t at = hash_of(key) & (pool->room - 1);
	for (;; at = (at + 1) & (pool->room - 1)) {
		struct cost_entry *entry = &pool->entries[at];
		bool empty = entry->key.lanes + entry->key.prompts == 0;
		if (empty || memcmp(&entry->key, key, sizeof(*key)) == 0)
			return entry;
	}
}

static enum sim_status make_room(struct cost_pool *pool, struct sim_diag *diag)
{
	struct cost_entry *old = pool->entries;
	size_t old_room = pool->room;
	if (pool->count < pool->room / 2)
		return SIM_OK;
	if (pool->room == MOST_ENTRIES) { /* begin anew: a step is as exact as before */
		memset(old, 0, old_room * sizeof(*old));
		pool->count = 0;
		return SIM_OK;
	}
	struct cost_entry *grown = calloc(2 * old_room, sizeof(*grown));
	if (grown == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	pool->entries = grown;
	pool->room = 2 * old_room;
	for (size_t i = 0; i < old_room; i++)
		if (old[i].key.lanes + old[i].key.prompts > 0)
			*find(pool, &old[i].key) = old[i];
	free(old);
	return SIM_OK;
}

static void widen(struct cost_pool *pool, const struct run_result *result)
{
	bool unknown = isnan(result->band.low) || isnan(result->band.high);
	pool->calibrated = pool->calibrated && result->calibrated;
	if (unknown || isnan(pool->band.low))
		pool->band = (struct interval){NAN, NAN};
	else
		pool->band = (struct interval){fmin(pool->band.low, result->band.low),
					       fmax(pool->band.high, result->band.high)};
	pool->any = true;
}

/* ITERATION over what RUN holds of the one before. */
static enum sim_status simulate(struct cost_pool *pool, struct run_program *run,
				const struct workload_iteration *iteration,
				struct run_result *result, struct sim_diag *diag)
{
	bool changed;
	memset(result, 0, sizeof(*result));
	TRY(workload_program_again(&pool->setup->workload, iteration, &run->lowered, &changed,
				   diag));
	TRY(run_simulate(pool->setup, run, iteration->tokens, iteration->forwards[0].batch, result,
			 diag));
	widen(pool, result);
	pool->simulated++;
	return SIM_OK;
}

static enum sim_status decode_iteration(struct cost_pool *pool, const struct cost_key *key,
					struct workload_iteration *iteration, struct sim_diag *diag)
{
	struct workload *workload = &pool->setup->workload;
	TRY(scenario_set_number(&workload->scenario, SCENARIO_BATCH, key->lanes, diag));
	return workload_iterate(workload, key->context, iteration, diag);
}

/* PROMPTS of WIDTH tokens each, behind CACHED ones. */
static enum sim_status prompt_iteration(struct cost_pool *pool, double prompts, double width,
					double cached, struct workload_iteration *iteration,
					struct sim_diag *diag)
{
	memset(iteration, 0, sizeof(*iteration));
	iteration->forward_count = 1;
	iteration->tokens = 1;
	iteration->kv_tokens = width;
	return workload_prompts(&pool->setup->workload, prompts, width, cached,
				&iteration->forwards[0], diag);
}

/* Room for the times of RUN's kernels. */
static enum sim_status time_kernels(struct run_program *run, struct sim_diag *diag)
{
	size_t room = run->lowered.program.kernel_count + 1;
	int64_t *start = realloc(run->start_ps, room * sizeof(*start));
	run->start_ps = start != NULL ? start : run->start_ps;
	int64_t *end = realloc(run->end_ps, room * sizeof(*end));
	run->end_ps = end != NULL ? end : run->end_ps;
	return start != NULL && end != NULL ? SIM_OK
					    : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

/* Joules of all devices of a replica, where RESULT has those of one, or of a row of stages. */
static double group_joules(const struct cost_pool *pool, const struct run_result *result)
{
	const struct workload *workload = &pool->setup->workload;
	return result->energy.energy_j * parallel_devices(workload) /
	       parallel_stages_in_a_row(workload);
}

/* Time of the attention kernels of a decode step. */
static enum sim_status attention_of(struct cost_pool *pool, const struct cost_key *key,
				    struct serve_cost *cost, struct sim_diag *diag)
{
	struct workload_iteration iteration;
	struct run_result result;
	bool changed;
	int64_t all_ps = 0;
	TRY(decode_iteration(pool, key, &iteration, diag));
	TRY(workload_program_again(&pool->setup->workload, &iteration, &pool->decode.lowered,
				   &changed, diag));
	TRY(time_kernels(&pool->decode, diag));
	TRY(simulate(pool, &pool->decode, &iteration, &result, diag));
	const struct sim_program *program = &pool->decode.lowered.program;
	cost->step_ps = 0;
	for (size_t i = 0; i < program->kernel_count; i++) {
		int64_t ps = pool->decode.end_ps[i] - pool->decode.start_ps[i];
		all_ps += ps;
		if (program->kernels[i].op == SIM_OP_ATTENTION)
			cost->step_ps += ps;
	}
	free(pool->decode.start_ps);
	free(pool->decode.end_ps);
	pool->decode.start_ps = pool->decode.end_ps = NULL;
	/* energy of kernels by their share of the time; the static part follows the time */
	cost->joules = group_joules(pool, &result) * (double)cost->step_ps /
		       (double)(all_ps > 0 ? all_ps : 1);
	return SIM_OK;
}

static enum sim_status price(struct cost_pool *pool, const struct cost_key *key,
			     struct serve_cost *cost, struct sim_diag *diag)
{
	struct workload_iteration iteration;
	struct run_result result;
	struct serve_cost beside = {0, 0};
	if (key->prompts == 0) {
		TRY(decode_iteration(pool, key, &iteration, diag));
		TRY(simulate(pool, &pool->decode, &iteration, &result, diag));
	} else {
		bool mixed = key->lanes > 0;
		uint32_t width = mixed ? (key->rows + key->prompts - 1) / key->prompts : key->width;
		if (mixed)
			TRY(attention_of(pool, key, &beside, diag));
		TRY(prompt_iteration(pool, key->prompts, width, key->cached, &iteration, diag));
		TRY(simulate(pool, &pool->prompt, &iteration, &result, diag));
	}
	cost->step_ps = result.step_ps + beside.step_ps;
	cost->joules = group_joules(pool, &result) + beside.joules;
	return SIM_OK;
}

enum sim_status cost_step(void *context, const struct serve_work *work, struct serve_cost *cost,
			  struct sim_diag *diag)
{
	struct cost_book *book = context;
	struct cost_pool *pool = &book->pools[work->pool < book->pool_count ? work->pool : 0];
	struct cost_key key = key_of(pool, work);
	struct cost_entry *entry = find(pool, &key);
	pool->asked++;
	if (entry->key.lanes + entry->key.prompts == 0) {
		struct cost_entry made = {.key = key};
		TRY(price(pool, &key, &made.cost, diag));
		TRY(make_room(pool, diag));
		entry = find(pool, &key);
		*entry = made;
		pool->count++;
	}
	*cost = entry->cost;
	return SIM_OK;
}

struct serve_costs cost_callback(struct cost_book *book)
{
	return (struct serve_costs){cost_step, book};
}
