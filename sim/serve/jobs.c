/* Requests: they come, wait for an instance, and leave. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/digest.h"
#include "sim/serve/engine.h"

enum { FIRST_ROOM = 256 };

void engine_clock(struct engine *engine, int64_t now_ps)
{
	uint64_t passed = (uint64_t)(now_ps - engine->now_ps);
	engine->system_area += engine->in_system * passed;
	engine->queue_area += engine->in_queue * passed;
	engine->system_mean_area += (double)engine->in_system * (double)passed;
	engine->queue_mean_area += (double)engine->in_queue * (double)passed;
	engine->now_ps = now_ps;
}

static enum sim_status grow(struct engine *engine)
{
	uint64_t room = engine->job_room == 0 ? FIRST_ROOM : 2 * (uint64_t)engine->job_room;
	if (room > MOST_JOBS || room * engine->samples > MOST_LANES)
		return diag_fail(engine->diag, SIM_E_RANGE,
				 "%u requests are here at once: the load is far above what the "
				 "deployment serves",
				 engine->job_room);
	struct job *jobs = realloc(engine->jobs, room * sizeof(*jobs));
	if (jobs == NULL)
		return diag_fail(engine->diag, SIM_E_NOMEM, "out of memory");
	engine->jobs = jobs;
	struct lane *lanes = realloc(engine->lanes, room * engine->samples * sizeof(*lanes));
	if (lanes == NULL)
		return diag_fail(engine->diag, SIM_E_NOMEM, "out of memory");
	engine->lanes = lanes;
	engine->job_room = (uint32_t)room;
	return SIM_OK;
}

static enum sim_status allocate(struct engine *engine, uint32_t *job)
{
	if (engine->free_job != ENGINE_NONE) {
		*job = engine->free_job;
		engine->free_job = engine->jobs[*job].next;
		return SIM_OK;
	}
	if (engine->job_count == engine->job_room)
		TRY(grow(engine));
	*job = engine->job_count++;
	return SIM_OK;
}

void job_queue_clear(struct job_queue *queue)
{
	*queue = (struct job_queue){.first = ENGINE_NONE, .last = ENGINE_NONE};
}

void job_wait(struct engine *engine, struct instance *instance, uint32_t job, bool at_head)
{
	struct job_queue *queue = instance->queue;
	struct job *it = &engine->jobs[job];
	it->instance = (uint32_t)(instance - engine->instances);
	it->queued_ps = engine->now_ps;
	it->next = at_head ? queue->first : ENGINE_NONE;
	if (queue->count == 0)
		queue->first = queue->last = job;
	else if (at_head)
		queue->first = job;
	else
		queue->last = engine->jobs[queue->last].next = job;
	queue->count++;
	engine->in_queue++;
	if (engine->in_queue > engine->most_queue)
		engine->most_queue = engine->in_queue;
}

void job_leave_queue(struct engine *engine, struct instance *instance)
{
	struct job_queue *queue = instance->queue;
	struct job *job = &engine->jobs[queue->first];
	queue->first = job->next;
	queue->count--;
	engine->in_queue--;
	engine->queued_sum += (uint64_t)(engine->now_ps - job->queued_ps);
	if (job->start_ps < 0)
		job->start_ps = engine->now_ps;
	uint32_t here = (uint32_t)(instance - engine->instances);
	if (job->instance == here)
		return;
	engine->instances[job->instance].load--;
	instance->load++;
	job->instance = here;
}

/* Pool 1 is that of the instances that decode, of split. */
static void pool_range(const struct engine *engine, uint32_t pool, uint32_t *first, uint32_t *end)
{
	*first = pool == 0 ? 0 : engine->prefill_count;
	*end = pool == 0 && engine->prefill_count > 0 ? engine->prefill_count
						      : engine->instance_count;
}

struct instance *job_route(struct engine *engine, uint32_t job, uint32_t pool)
{
	uint32_t first, end;
	pool_range(engine, pool, &first, &end);
	uint32_t best = first;
	if (engine->config->route == SERVE_ROUTE_TURNS) {
		best = first + engine->turn[pool];
		engine->turn[pool] = (engine->turn[pool] + 1) % (end - first);
	} else if (engine->config->route == SERVE_ROUTE_LEAST) {
		for (uint32_t i = first + 1; i < end; i++)
			if (engine->instances[i].load < engine->instances[best].load)
				best = i;
	}
	struct instance *instance = &engine->instances[best];
	instance->load++;
	job_wait(engine, instance, job, false);
	return instance;
}

static uint64_t blocks_of(const struct engine *engine, uint64_t tokens)
{
	return (tokens + engine->config->kv_block - 1) / engine->config->kv_block;
}

/* Blocks that the request needs at most, alone on an instance. */
static bool can_ever_fit(const struct engine *engine, const struct load_request *request,
			 uint64_t index, uint64_t *tokens)
{
	const struct serve_config *config = engine->config;
	const struct load *load = engine->load;
	uint64_t base = engine->samples > 1 ? request->prompt / config->kv_block : 0;
	uint64_t blocks = base;
	*tokens = 0;
	for (uint32_t sample = 0; sample < engine->samples; sample++) {
		uint64_t length = request->prompt + engine->look - 1;
		for (uint32_t round = 0; round < load->rounds; round++)
			length += load_output(load, index, sample, round);
		blocks += blocks_of(engine, length) - base;
		*tokens += length;
	}
	if (config->kv_blocks > 0 && blocks > config->kv_blocks)
		return false;
	return config->policy != SERVE_SPLIT || config->prefill_kv_blocks == 0 ||
	       blocks_of(engine, request->prompt) <= config->prefill_kv_blocks;
}

static void refuse(struct engine *engine, uint64_t tokens)
{
	struct serve_result *result = engine->result;
	if (result->refused++ == 0)
		result->refused_tokens = tokens;
	engine->outcomes[engine->next_index] = (struct outcome){-1, -1, -1, -1};
}

static void fill(struct engine *engine, uint32_t job, const struct load_request *request)
{
	uint64_t index = engine->next_index;
	engine->jobs[job] = (struct job){
		.index = index,
		.arrival_ps = request->arrival_ps,
		.first_ps = -1,
		.start_ps = -1,
		.prompt = request->prompt,
		.group = engine->config->prefix_cache ? request->group : LOAD_NO_GROUP,
		.prefill_left = request->prompt,
		.lanes_left = (uint16_t)engine->samples,
	};
	for (uint32_t sample = 0; sample < engine->samples; sample++)
		job_lanes(engine, job)[sample] = (struct lane){
			.context = request->prompt,
			.left = load_output(engine->load, index, sample, 0),
		};
	engine->in_system++;
}

enum sim_status job_arrive(struct engine *engine)
{
	uint32_t job;
	uint64_t tokens;
	struct serve_result *result = engine->result;
	if (result->requests++ == 0)
		result->first_ps = engine->coming.arrival_ps;
	if (!can_ever_fit(engine, &engine->coming, engine->next_index, &tokens)) {
		refuse(engine, tokens);
		return SIM_OK;
	}
	TRY(allocate(engine, &job));
	fill(engine, job, &engine->coming);
	job_route(engine, job, 0);
	return SIM_OK;
}

void job_release(struct engine *engine, struct instance *instance, uint32_t job)
{
	struct job *it = &engine->jobs[job];
	struct lane *lanes = job_lanes(engine, job);
	uint64_t blocks = it->base - it->prefix;
	for (uint32_t sample = 0; sample < engine->samples; sample++) {
		blocks += lanes[sample].blocks;
		lanes[sample].blocks = 0;
	}
	kv_give(&instance->kv, blocks);
	if (it->prefix > 0)
		kv_prefix_give(&instance->kv, it->group);
	it->base = it->prefix = 0;
}

void job_finish(struct engine *engine, uint32_t job)
{
	struct job *it = &engine->jobs[job];
	struct serve_result *result = engine->result;
	int64_t now_ps = engine->now_ps, made_ps = now_ps - it->first_ps;
	uint64_t lanes = engine->samples, later = it->tokens - lanes;
	engine->outcomes[it->index] = (struct outcome){
		.wait_ps = it->start_ps - it->arrival_ps,
		.ttft_ps = it->first_ps - it->arrival_ps,
		.tpot_ps =
			later > 0 ? (int64_t)((double)made_ps * (double)lanes / (double)later + 0.5)
				  : -1,
		.e2e_ps = now_ps - it->arrival_ps,
	};
	result->completed++;
	result->output_tokens += it->tokens;
	result->prompt_tokens += it->prompt;
	result->digest = digest_mix(result->digest, it->index);
	result->digest = digest_kernel(result->digest, it->first_ps, now_ps);
	engine->in_system--;
	engine->sojourn_sum += (uint64_t)(now_ps - it->arrival_ps);
	engine->instances[it->instance].load--;
	it->next = engine->free_job;
	engine->free_job = job;
}
