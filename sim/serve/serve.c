/* Serving: the event loop, and what must hold at its end. */
#include "sim/serve/serve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/digest.h"
#include "sim/core/machine.h"
#include "sim/serve/engine.h"

void serve_config_init(struct serve_config *config)
{
	memset(config, 0, sizeof(*config));
	config->policy = SERVE_CONTINUOUS;
	config->route = SERVE_ROUTE_LEAST;
	config->instances = 1;
	config->prefill_instances = 1;
	config->batch_limit = 256;
	config->prefill_tokens = 8192;
	config->chunk_tokens = 512;
	config->kv_block = 16;
	config->time_factor = 1;
}

static enum sim_status check_range(const char *what, double value, double low, double high,
				   struct sim_diag *diag)
{
	return value >= low && value <= high
		       ? SIM_OK
		       : diag_fail(diag, SIM_E_RANGE, "serve: '%s' is %g, not %g to %g", what,
				   value, low, high);
}

static enum sim_status check_accepted(const struct serve_config *config, struct sim_diag *diag)
{
	double sum = 0;
	TRY(check_range("accepted", (double)config->accepted_count, 0, SERVE_MOST_ACCEPTED, diag));
	for (size_t i = 0; i < config->accepted_count; i++) {
		TRY(check_range("accepted", config->accepted[i], 0, 1, diag));
		sum += config->accepted[i];
	}
	if (config->accepted_count > 0 && fabs(sum - 1) > 1e-6)
		return diag_fail(diag, SIM_E_RANGE, "serve: shares 'accepted' sum to %g, not 1",
				 sum);
	return SIM_OK;
}

static enum sim_status check(const struct serve_config *config, const struct load *load,
			     struct sim_diag *diag)
{
	bool split = config->policy == SERVE_SPLIT;
	bool swaps = config->preempt == SERVE_SWAP && config->kv_blocks > 0;
	TRY(load_check(load, diag));
	TRY(check_range("instances", config->instances, 1, SERVE_MOST_INSTANCES, diag));
	TRY(check_range("prefill.instances", config->prefill_instances, 1,
			SERVE_MOST_INSTANCES - (double)config->instances + 1, diag));
	TRY(check_range("batch.limit", config->batch_limit, 1, SERVE_MOST_BATCH, diag));
	TRY(check_range("prefill.tokens", config->prefill_tokens, 1, LOAD_MOST_TOKENS, diag));
	TRY(check_range("chunk.tokens", config->chunk_tokens, 1, LOAD_MOST_TOKENS, diag));
	TRY(check_range("kv.block", config->kv_block, 1, 65536, diag));
	TRY(check_range("kv.blocks", (double)config->kv_blocks, 0, 1e15, diag));
	TRY(check_range("step.factor", config->time_factor, 0, 1e6, diag));
	TRY(check_range("host.gap", (double)config->host_gap_ps, 0, 1e15, diag));
	TRY(check_range("host.gap.sequence", (double)config->host_gap_sequence_ps, 0, 1e13, diag));
	TRY(check_range("kv bytes a token", config->kv_bytes_per_token, 0, 1e12, diag));
	if (swaps)
		TRY(check_range("swap.bandwidth", config->swap_bytes_per_s, 1, 1e18, diag));
	if (split)
		TRY(check_range("link.bandwidth", config->link_bytes_per_s, 1, 1e18, diag));
	if (load->samples > config->batch_limit)
		return diag_fail(diag, SIM_E_RANGE,
				 "serve: a request has %u samples, and 'batch.limit' is %u",
				 load->samples, config->batch_limit);
	if (config->policy == SERVE_CHUNKED && config->chunk_tokens <= config->batch_limit)
		return diag_fail(diag, SIM_E_RANGE,
				 "serve: 'chunk.tokens' (%u) must be above 'batch.limit' (%u): "
				 "prompts would wait for ever",
				 config->chunk_tokens, config->batch_limit);
	if (config->warmup >= load->requests)
		return diag_fail(diag, SIM_E_RANGE, "serve: all of %llu requests are warm-up",
				 (unsigned long long)load->requests);
	return check_accepted(config, diag);
}

enum sim_status engine_push(struct engine *engine, int64_t time_ps, enum engine_event event,
			    uint32_t what)
{
	if (time_ps > INT64_C(1) << 62)
		return diag_fail(engine->diag, SIM_E_RANGE, "simulated time past 53 days");
	enum sim_status status =
		queue_push(&engine->events, time_ps, (uint32_t)event << EVENT_SHIFT | what);
	return status == SIM_OK ? SIM_OK : diag_fail(engine->diag, status, "out of memory");
}

/* The next request of the load is on its way. */
static enum sim_status draw(struct engine *engine, bool *any)
{
	*any = engine->next_index < engine->load->requests;
	if (!*any)
		return SIM_OK;
	return load_request(engine->load, engine->next_index, engine->coming.arrival_ps,
			    &engine->coming, engine->diag);
}

static int64_t scaled(const struct engine *engine, int64_t step_ps)
{
	double factor = engine->config->time_factor;
	return factor == 1 ? step_ps : time_from_ps((double)step_ps * factor);
}

static enum sim_status begin(struct engine *engine, struct instance *instance)
{
	struct serve_cost cost = {0, NAN};
	instance->waiting_at_begin = instance->queue->count;
	kv_clock(&instance->kv, engine->now_ps);
	if (!batching_choose(engine, instance))
		return SIM_OK;
	TRY(engine->costs->step(engine->costs->context, &instance->work, &cost, engine->diag));
	if (cost.step_ps < 0)
		return diag_fail(engine->diag, SIM_E_INTERNAL, "a step takes less than no time");
	int64_t step_ps = scaled(engine, cost.step_ps) + instance->extra_ps;
	instance->busy = true;
	instance->begin_ps = engine->now_ps;
	instance->gap_ps = engine->config->host_gap_ps +
			   engine->config->host_gap_sequence_ps *
				   ((int64_t)instance->work.sequences + instance->work.prompts);
	instance->busy_ps += step_ps;
	instance->used_at_begin = kv_used(&instance->kv);
	engine->result->joules += cost.joules;
	return engine_push(engine, engine->now_ps + instance->gap_ps + step_ps, EVENT_STEP,
			   (uint32_t)(instance - engine->instances));
}

/* Instances that can begin, in order. */
static enum sim_status begin_idle(struct engine *engine)
{
	for (uint32_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = &engine->instances[i];
		if (!instance->busy && instance->queue->count > 0)
			TRY(begin(engine, instance));
	}
	return SIM_OK;
}

/* All that come now, before anything begins. */
static enum sim_status arrive(struct engine *engine)
{
	bool any = true;
	while (any && engine->coming.arrival_ps == engine->now_ps) {
		TRY(job_arrive(engine));
		engine->next_index++;
		TRY(draw(engine, &any));
	}
	if (any)
		TRY(engine_push(engine, engine->coming.arrival_ps, EVENT_ARRIVAL, 0));
	return begin_idle(engine);
}

static void tell(const struct engine *engine, const struct instance *instance)
{
	if (engine->config->observe == NULL)
		return;
	const struct serve_step step = {
		.instance = (uint32_t)(instance - engine->instances),
		.begin_ps = instance->begin_ps + instance->gap_ps,
		.end_ps = engine->now_ps,
		.work = instance->work,
		.waiting = instance->waiting_at_begin,
		.kv_used = instance->used_at_begin,
		.kv_total = instance->kv.total < KV_NO_LIMIT ? instance->kv.total : 0,
	};
	engine->config->observe(engine->config->observe_context, &step);
}

static enum sim_status end_of_step(struct engine *engine, uint32_t index)
{
	struct instance *instance = &engine->instances[index];
	tell(engine, instance);
	TRY(advance_step(engine, instance));
	return begin(engine, instance);
}

static enum sim_status loop(struct engine *engine)
{
	bool any;
	TRY(draw(engine, &any));
	TRY(engine_push(engine, engine->coming.arrival_ps, EVENT_ARRIVAL, 0));
	while (queue_count(&engine->events) > 0) {
		struct event event = queue_pop(&engine->events);
		uint32_t payload = event_payload(&event);
		uint32_t what = payload & (MOST_JOBS - 1);
		engine_clock(engine, event.time_ps);
		switch ((enum engine_event)(payload >> EVENT_SHIFT)) {
		case EVENT_ARRIVAL:
			TRY(arrive(engine));
			break;
		case EVENT_STEP:
			TRY(end_of_step(engine, what));
			break;
		case EVENT_TRANSFER:
			TRY(advance_transfer(engine, what));
			TRY(begin_idle(engine));
		}
	}
	return SIM_OK;
}

static enum sim_status create_instance(struct engine *engine, uint32_t index)
{
	const struct serve_config *config = engine->config;
	struct instance *instance = &engine->instances[index];
	bool prefills = index < engine->prefill_count;
	instance->prefills_only = prefills;
	instance->pool = config->policy == SERVE_SPLIT && !prefills;
	job_queue_clear(&instance->own);
	instance->queue = config->route == SERVE_ROUTE_SHARED ? &engine->shared[instance->pool]
							      : &instance->own;
	size_t room = (size_t)config->batch_limit + engine->samples;
	instance->running = malloc(room * sizeof(*instance->running));
	instance->prefilling = malloc(room * sizeof(*instance->prefilling));
	if (instance->running == NULL || instance->prefilling == NULL)
		return diag_fail(engine->diag, SIM_E_NOMEM, "out of memory");
	return kv_init(&instance->kv, prefills ? config->prefill_kv_blocks : config->kv_blocks,
		       config->prefix_cache ? engine->load->prefix_groups : 0, engine->diag);
}

static void set_acceptance(struct engine *engine)
{
	const struct serve_config *config = engine->config;
	double sum = 0;
	engine->look = config->accepted_count > 0 ? (uint32_t)config->accepted_count : 1;
	engine->accept = variate_at(engine->load->seed, VARIATE_ACCEPT, 0);
	for (size_t i = 0; i < config->accepted_count; i++) {
		sum += config->accepted[i];
		engine->accept_below[i] = (uint64_t)(sum * 0x1p53);
	}
}

static enum sim_status create(struct engine *engine)
{
	const struct serve_config *config = engine->config;
	size_t requests = (size_t)engine->load->requests;
	engine->samples = engine->load->samples;
	engine->prefill_count = config->policy == SERVE_SPLIT ? config->prefill_instances : 0;
	engine->instance_count = config->instances + engine->prefill_count;
	engine->free_job = ENGINE_NONE;
	queue_init(&engine->events);
	job_queue_clear(&engine->shared[0]);
	job_queue_clear(&engine->shared[1]);
	set_acceptance(engine);
	engine->instances = calloc(engine->instance_count, sizeof(*engine->instances));
	engine->outcomes = malloc(requests * sizeof(*engine->outcomes));
	engine->released = malloc(((size_t)config->batch_limit + 1) * sizeof(*engine->released));
	if (engine->instances == NULL || engine->outcomes == NULL || engine->released == NULL)
		return diag_fail(engine->diag, SIM_E_NOMEM, "out of memory");
	for (uint32_t i = 0; i < engine->instance_count; i++)
		TRY(create_instance(engine, i));
	return SIM_OK;
}

static void destroy(struct engine *engine)
{
	for (uint32_t i = 0; engine->instances != NULL && i < engine->instance_count; i++) {
		free(engine->instances[i].running);
		free(engine->instances[i].prefilling);
		kv_fini(&engine->instances[i].kv);
	}
	free(engine->instances);
	free(engine->outcomes);
	free(engine->released);
	free(engine->jobs);
	free(engine->lanes);
	queue_fini(&engine->events);
}

static enum sim_status broken(struct engine *engine, const char *what)
{
	return diag_fail(engine->diag, SIM_E_INTERNAL, "serve: %s", what);
}

/* What holds of every run, whatever it served. */
static enum sim_status check_laws(struct engine *engine)
{
	struct serve_result *result = engine->result;
	uint64_t left = 0;
	for (uint32_t i = 0; i < engine->instance_count; i++) {
		const struct kv_pool *kv = &engine->instances[i].kv;
		result->kv_free_end += kv->total < KV_NO_LIMIT ? kv->free : 0;
		result->kv_prefix_end += kv->total < KV_NO_LIMIT ? kv->idle : 0;
		result->kv_total += kv->total < KV_NO_LIMIT ? kv->total : 0;
		left += kv_used(kv) + engine->instances[i].held + engine->instances[i].load;
	}
	if (left > 0)
		return broken(engine, "KV blocks or lanes are held though nothing runs");
	if (result->requests != engine->load->requests ||
	    result->completed + result->refused != result->requests || engine->in_system != 0 ||
	    engine->in_queue != 0)
		return broken(engine, "a request was neither completed nor refused");
	if (engine->system_area != engine->sojourn_sum || engine->queue_area != engine->queued_sum)
		return broken(engine, "Little's law does not hold");
	return SIM_OK;
}

enum sim_status serve_run(const struct serve_config *config, const struct load *load,
			  const struct serve_costs *costs, struct serve_result *result,
			  struct sim_diag *diag)
{
	struct engine engine = {
		.config = config, .load = load, .costs = costs, .result = result, .diag = diag};
	memset(result, 0, sizeof(*result));
	result->digest = DIGEST_SEED;
	TRY(check(config, load, diag));
	enum sim_status status = create(&engine);
	if (status == SIM_OK)
		status = loop(&engine);
	if (status == SIM_OK)
		status = check_laws(&engine);
	if (status == SIM_OK)
		status = statistics_fill(&engine);
	destroy(&engine);
	return status;
}
