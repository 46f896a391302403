/* What the end of a step does: tokens, ends of rounds and requests, prompts that are done. */
#include <assert.h>

#include "sim/serve/engine.h"

/* Tokens that a lane makes in one step: its own and the drafted ones that are accepted. */
static uint32_t tokens_made(struct engine *engine)
{
	uint32_t tokens = 1;
	if (engine->look == 1)
		return 1;
	uint64_t draw = variate_bits(&engine->accept) >> 11;
	while (tokens < engine->look && draw >= engine->accept_below[tokens - 1])
		tokens++;
	return tokens;
}

/* All lanes that are left are at the barrier: it opens. */
static void open_barrier(struct engine *engine, uint32_t id)
{
	struct job *job = &engine->jobs[id];
	struct lane *lanes = job_lanes(engine, id);
	for (uint32_t sample = 0; sample < engine->samples; sample++)
		if (lanes[sample].state == LANE_BARRIER)
			lanes[sample].state = LANE_RUNNING;
	job->lanes_waiting = 0;
	engine->released[engine->released_count++] = id;
}

/* LANE has made the tokens of its round. True: it goes on in the same step's list. */
static void end_round(struct engine *engine, struct lane *lane, uint32_t id, uint32_t sample)
{
	struct job *job = &engine->jobs[id];
	lane->round++;
	if (lane->round == engine->load->rounds) {
		lane->state = LANE_DONE;
		job->lanes_left--;
		engine->instances[job->instance].held--;
	} else {
		lane->left = load_output(engine->load, job->index, sample, lane->round);
		if (engine->load->barrier && engine->samples > 1) {
			lane->state = LANE_BARRIER;
			job->lanes_waiting++;
		}
	}
	if (job->lanes_waiting > 0 && job->lanes_waiting == job->lanes_left)
		open_barrier(engine, id);
}

/* TOKENS more of LANE at most; the cache grows by those before the last. */
static void make_tokens(struct engine *engine, uint32_t lane_index, uint32_t tokens)
{
	struct lane *lane = &engine->lanes[lane_index];
	uint32_t id = lane_index / engine->samples;
	tokens = tokens < lane->left ? tokens : lane->left;
	lane->left -= tokens;
	engine->jobs[id].tokens += tokens;
	if (lane->left == 0)
		end_round(engine, lane, id, lane_index % engine->samples);
}

/* Blocks of a lane that is done go back; the others' stay. */
static void free_lane(struct engine *engine, struct instance *instance, struct lane *lane)
{
	if (engine->config->policy == SERVE_STATIC)
		return;
	kv_give(&instance->kv, lane->blocks);
	lane->blocks = 0;
}

/* Where lanes only are prefilled none runs on: theirs are listed where the cache goes. */
static void list_released(struct engine *engine, struct instance *instance)
{
	if (instance->prefills_only)
		engine->released_count = 0;
	for (uint32_t r = 0; r < engine->released_count; r++) {
		uint32_t id = engine->released[r];
		for (uint32_t sample = 0; sample < engine->samples; sample++) {
			struct lane *lane = &job_lanes(engine, id)[sample];
			if (lane->state != LANE_RUNNING || lane->listed)
				continue;
			lane->listed = true;
			instance->running[instance->running_count++] =
				id * engine->samples + sample;
		}
	}
	engine->released_count = 0;
}

/* Lanes that run no more leave the list; requests whose lanes are all done are finished. */
static void sift(struct engine *engine, struct instance *instance)
{
	uint32_t kept = 0;
	uint64_t context = 0;
	for (uint32_t i = 0; i < instance->running_count; i++) {
		uint32_t index = instance->running[i], id = index / engine->samples;
		struct lane *lane = &engine->lanes[index];
		if (lane->state == LANE_RUNNING) {
			instance->running[kept++] = index;
			continue;
		}
		lane->listed = false;
		if (lane->state != LANE_DONE)
			continue;
		free_lane(engine, instance, lane);
		if (engine->jobs[id].lanes_left == 0) {
			engine->jobs[id].lanes_left = UINT16_MAX; /* once */
			job_release(engine, instance, id);
			job_finish(engine, id);
		}
	}
	instance->running_count = kept;
	list_released(engine, instance);
	for (uint32_t i = 0; i < instance->running_count; i++)
		context += engine->lanes[instance->running[i]].context;
	instance->context = context;
}

/* Static: the batch leaves when its last lane is done. */
static void sift_static(struct engine *engine, struct instance *instance)
{
	engine->released_count = 0;
	for (uint32_t i = 0; i < instance->running_count; i++)
		if (engine->lanes[instance->running[i]].state != LANE_DONE)
			return;
	sift(engine, instance);
}

/* True: some lane has ended a round. */
static bool decode(struct engine *engine, struct instance *instance)
{
	bool changed = false;
	engine->lane_steps += (double)instance->running_count;
	for (uint32_t i = 0; i < instance->running_count; i++) {
		struct lane *lane = &engine->lanes[instance->running[i]];
		if (lane->state != LANE_RUNNING)
			continue;
		uint32_t tokens = tokens_made(engine);
		if (tokens < lane->left) {
			lane->left -= tokens;
			lane->context += tokens;
			engine->jobs[instance->running[i] / engine->samples].tokens += tokens;
			instance->context += tokens;
			continue;
		}
		lane->context += lane->left;
		instance->context += lane->left;
		make_tokens(engine, instance->running[i], tokens);
		changed = true;
	}
	return changed;
}

/* A request that is done after its prefill, or whose cache has been handed over. */
static enum sim_status hand_over(struct engine *engine, struct instance *instance, uint32_t id)
{
	const struct serve_config *config = engine->config;
	struct job *job = &engine->jobs[id];
	if (job->lanes_left == 0) {
		job_release(engine, instance, id);
		job_finish(engine, id);
		return SIM_OK;
	}
	double bytes = (double)job->prompt * config->kv_bytes_per_token;
	int64_t begin_ps =
		instance->link_free_ps > engine->now_ps ? instance->link_free_ps : engine->now_ps;
	int64_t end_ps = begin_ps + config->link_latency_ps +
			 (int64_t)(bytes * 1e12 / config->link_bytes_per_s + 0.5);
	instance->link_free_ps = end_ps;
	instance->held -= job->lanes_left;
	engine->result->transfers++;
	return engine_push(engine, end_ps, EVENT_TRANSFER, id);
}

enum sim_status advance_transfer(struct engine *engine, uint32_t id)
{
	struct instance *instance = &engine->instances[engine->jobs[id].instance];
	kv_clock(&instance->kv, engine->now_ps);
	job_release(engine, instance, id);
	instance->load--;
	job_route(engine, id, 1);
	return SIM_OK;
}

/* The cache of job ID is there: every lane that runs makes a token, its first or its next. */
static enum sim_status end_prefill(struct engine *engine, struct instance *instance, uint32_t id)
{
	struct job *job = &engine->jobs[id];
	bool first = job->first_ps < 0;
	if (first)
		job->first_ps = engine->now_ps;
	for (uint32_t sample = 0; sample < engine->samples; sample++) {
		struct lane *lane = &job_lanes(engine, id)[sample];
		if (lane->state != LANE_RUNNING)
			continue;
		lane->context += !first;
		if (!instance->prefills_only) {
			lane->listed = true;
			instance->running[instance->running_count++] =
				id * engine->samples + sample;
		}
		make_tokens(engine, id * engine->samples + sample, 1);
	}
	return instance->prefills_only ? hand_over(engine, instance, id) : SIM_OK;
}

static enum sim_status end_prompts(struct engine *engine, struct instance *instance)
{
	uint32_t kept = 0, count = instance->prefilling_count;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t id = instance->prefilling[i];
		struct job *job = &engine->jobs[id];
		engine->result->computed_prompt_tokens += job->chunk;
		job->prefill_left -= job->chunk;
		job->cached += job->chunk;
		job->chunk = 0;
		if (job->prefill_left > 0)
			instance->prefilling[kept++] = id;
		else
			TRY(end_prefill(engine, instance, id));
	}
	instance->prefilling_count = kept;
	return SIM_OK;
}

enum sim_status advance_step(struct engine *engine, struct instance *instance)
{
	struct serve_result *result = engine->result;
	bool changed = instance->work.prompts > 0;
	instance->busy = false;
	result->steps++;
	kv_clock(&instance->kv, engine->now_ps);
	if (instance->work.sequences > 0) {
		result->decode_steps++;
		changed |= decode(engine, instance);
	}
	if (instance->work.prompts > 0) {
		result->prefill_steps++;
		TRY(end_prompts(engine, instance));
	}
	if (!changed)
		return SIM_OK;
	if (engine->config->policy == SERVE_STATIC)
		sift_static(engine, instance);
	else
		sift(engine, instance);
	return SIM_OK;
}
