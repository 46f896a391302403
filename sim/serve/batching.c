/* Batching: what the next step of an instance computes, and who gets the blocks for it. */
#include <assert.h>

#include "sim/serve/engine.h"

/* Blocks that stay free when a request joins others: those decode on into them (as vLLM's 1 %). */
#define WATERMARK 100

static uint64_t blocks_of(const struct engine *engine, uint64_t tokens)
{
	return (tokens + engine->config->kv_block - 1) / engine->config->kv_block;
}

/* Tokens that LANE may have in the cache at the end. */
static uint64_t longest(const struct engine *engine, const struct job *job, uint32_t sample)
{
	uint64_t length = job->prompt + engine->look - 1;
	for (uint32_t round = 0; round < engine->load->rounds; round++)
		length += load_output(engine->load, job->index, sample, round);
	return length;
}

/* Blocks of SAMPLE beside those that all share, to be admitted. */
static uint64_t lane_need(const struct engine *engine, const struct instance *instance, uint32_t id,
			  uint32_t sample, uint32_t base)
{
	const struct job *job = &engine->jobs[id];
	const struct lane *lane = &job_lanes(engine, id)[sample];
	if (lane->state == LANE_DONE || (instance->prefills_only && sample > 0))
		return 0;
	uint64_t tokens = lane->context;
	if (engine->config->policy == SERVE_STATIC)
		tokens = longest(engine, job, sample);
	else if (job->prefill_left == 0) /* decodes at once */
		tokens += engine->look;
	else if (job->first_ps >= 0) /* its last token is computed again, too */
		tokens++;
	return blocks_of(engine, tokens) - base;
}

/* Take the blocks of job ID, or none. */
static bool take_blocks(struct engine *engine, struct instance *instance, uint32_t id)
{
	struct job *job = &engine->jobs[id];
	struct kv_pool *kv = &instance->kv;
	uint32_t block = engine->config->kv_block, samples = engine->samples;
	uint32_t prefix = job->group != LOAD_NO_GROUP ? engine->load->prefix_tokens / block : 0;
	uint32_t base = samples > 1 && !instance->prefills_only ? job->prompt / block : prefix;
	bool hit = false;
	uint64_t need = base - prefix;
	for (uint32_t sample = 0; sample < samples; sample++)
		need += lane_need(engine, instance, id, sample, base);
	if (prefix > 0 && !kv_prefix_take(kv, job->group, prefix, &hit))
		return false;
	uint64_t spare =
		instance->running_count + instance->prefilling_count > 0 && kv->total < KV_NO_LIMIT
			? kv->total / WATERMARK
			: 0;
	if (need + spare > kv_available(kv) || !kv_take(kv, need)) {
		if (prefix > 0)
			kv_prefix_give(kv, job->group);
		return false;
	}
	job->prefix = prefix;
	job->base = base;
	job->cached = 0;
	if (hit && job->prefill_left > prefix * block) {
		job->cached = prefix * block;
		job->prefill_left -= job->cached;
	}
	engine->result->prefix_hits += prefix > 0 && hit;
	engine->result->prefix_misses += prefix > 0 && !hit;
	for (uint32_t sample = 0; sample < samples; sample++)
		job_lanes(engine, id)[sample].blocks =
			(uint32_t)lane_need(engine, instance, id, sample, base);
	return true;
}

static void join(struct engine *engine, struct instance *instance, uint32_t id)
{
	const struct serve_config *config = engine->config;
	struct job *job = &engine->jobs[id];
	struct lane *lanes = job_lanes(engine, id);
	if (job->swapped > 0) {
		double bytes = (double)job->swapped * config->kv_block * config->kv_bytes_per_token;
		instance->extra_ps += (int64_t)(bytes * 1e12 / config->swap_bytes_per_s + 0.5);
		job->swapped = 0;
	}
	for (uint32_t sample = 0; sample < engine->samples; sample++) {
		if (lanes[sample].state != LANE_RUNNING)
			continue;
		lanes[sample].listed = true;
		instance->context += lanes[sample].context;
		instance->running[instance->running_count++] = id * engine->samples + sample;
	}
}

static uint32_t lanes_of(const struct engine *engine, uint32_t id)
{
	return engine->jobs[id].lanes_left;
}

/* The head of the queue is admitted, if there is room: to be prefilled, or to go on. */
static bool admit(struct engine *engine, struct instance *instance)
{
	uint32_t id = instance->queue->first;
	if (instance->queue->count == 0 ||
	    instance->held + lanes_of(engine, id) > engine->config->batch_limit ||
	    !take_blocks(engine, instance, id))
		return false;
	job_leave_queue(engine, instance);
	instance->held += lanes_of(engine, id);
	if (engine->jobs[id].prefill_left == 0) {
		join(engine, instance, id);
		return true;
	}
	instance->prefilling[instance->prefilling_count++] = id;
	return true;
}

/* Blocks of victim job ID are given up; it goes to the head of the queue. */
static void preempt(struct engine *engine, struct instance *instance, uint32_t id)
{
	struct job *job = &engine->jobs[id];
	struct lane *lanes = job_lanes(engine, id);
	uint64_t held = job->base - job->prefix, made = 0;
	for (uint32_t sample = 0; sample < engine->samples; sample++) {
		held += lanes[sample].blocks;
		/* its last token is not in the cache */
		if (lanes[sample].state != LANE_DONE)
			made += lanes[sample].context + 1 - job->prompt;
	}
	job_release(engine, instance, id);
	instance->held -= lanes_of(engine, id);
	engine->result->preemptions++;
	bool begun = job->first_ps >= 0;
	job->cached = 0;
	if (begun && job->prefill_left == 0 && engine->config->preempt == SERVE_SWAP) {
		double bytes = (double)held * engine->config->kv_block *
			       engine->config->kv_bytes_per_token;
		instance->extra_ps +=
			(int64_t)(bytes * 1e12 / engine->config->swap_bytes_per_s + 0.5);
		job->swapped = held;
		engine->result->swaps++;
	} else {
		job->prefill_left = job->prompt + (uint32_t)(begun ? made : 0);
	}
	job_wait(engine, instance, id, true);
}

/* The job that joined last makes room. Those that are being prefilled joined after all that run. */
static void preempt_last(struct engine *engine, struct instance *instance)
{
	uint32_t kept = 0, id;
	if (instance->prefilling_count > 0) {
		id = instance->prefilling[--instance->prefilling_count];
		preempt(engine, instance, id);
		return;
	}
	assert(instance->running_count > 0);
	id = instance->running[instance->running_count - 1] / engine->samples;
	for (uint32_t i = 0; i < instance->running_count; i++) {
		struct lane *lane = &engine->lanes[instance->running[i]];
		if (instance->running[i] / engine->samples == id) {
			lane->listed = false;
			instance->context -= lane->context;
		} else {
			instance->running[kept++] = instance->running[i];
		}
	}
	instance->running_count = kept;
	preempt(engine, instance, id);
}

/* Every running lane gets the blocks that its next tokens may need. */
static void grow_lanes(struct engine *engine, struct instance *instance)
{
	uint32_t block = engine->config->kv_block;
	for (uint32_t i = 0; i < instance->running_count;) {
		struct lane *lane = &engine->lanes[instance->running[i]];
		uint32_t base = engine->jobs[instance->running[i] / engine->samples].base;
		uint64_t have = ((uint64_t)base + lane->blocks) * block;
		uint64_t want = (uint64_t)lane->context + engine->look;
		if (want <= have) {
			i++;
			continue;
		}
		uint64_t need = (want - have + block - 1) / block;
		if (kv_take(&instance->kv, need)) {
			lane->blocks += (uint32_t)need;
			i++;
			continue;
		}
		preempt_last(engine, instance);
		if (engine->samples > 1) /* its lanes may have stood anywhere */
			i = 0;
	}
}

static void set_decode(struct instance *instance)
{
	instance->work.sequences = instance->running_count;
	instance->work.context = instance->context;
}

static void add_prompt(struct engine *engine, struct instance *instance, uint32_t id,
		       uint32_t tokens)
{
	struct job *job = &engine->jobs[id];
	job->chunk = tokens;
	instance->work.prompts++;
	instance->work.prompt_tokens += tokens;
	instance->work.prompt_context += job->cached;
}

/* Requests that fit are prefilled; where none does, all decode. */
static void choose_continuous(struct engine *engine, struct instance *instance)
{
	uint64_t tokens = 0, limit = engine->config->prefill_tokens;
	while (instance->queue->count > 0) {
		uint32_t id = instance->queue->first;
		uint32_t before = instance->prefilling_count;
		if (before > 0 && tokens + engine->jobs[id].prefill_left > limit)
			break;
		if (!admit(engine, instance))
			break;
		if (instance->prefilling_count > before)
			tokens += engine->jobs[id].prefill_left;
	}
	for (uint32_t i = 0; i < instance->prefilling_count; i++)
		add_prompt(engine, instance, instance->prefilling[i],
			   engine->jobs[instance->prefilling[i]].prefill_left);
	if (instance->prefilling_count > 0)
		return;
	grow_lanes(engine, instance);
	set_decode(instance);
}

static void choose_chunked(struct engine *engine, struct instance *instance)
{
	grow_lanes(engine, instance);
	uint64_t limit = engine->config->chunk_tokens, lanes = instance->running_count;
	uint64_t left = limit > lanes ? limit - lanes : 0;
	for (uint32_t i = 0; left > 0; i++) {
		while (i == instance->prefilling_count && admit(engine, instance))
			;
		if (i == instance->prefilling_count)
			break;
		uint32_t id = instance->prefilling[i], want = engine->jobs[id].prefill_left;
		uint32_t tokens = want < left ? want : (uint32_t)left;
		add_prompt(engine, instance, id, tokens);
		left -= tokens;
	}
	for (uint32_t i = instance->work.prompts; i < instance->prefilling_count; i++)
		engine->jobs[instance->prefilling[i]].chunk = 0;
	set_decode(instance);
}

/* All that are taken together stay together, in the shape of the longest prompt. */
static void choose_static(struct engine *engine, struct instance *instance)
{
	if (instance->running_count > 0) {
		instance->work.sequences = instance->running_count;
		instance->work.context = (uint64_t)instance->running_count * instance->padded++;
		return;
	}
	instance->padded = 0;
	while (admit(engine, instance))
		;
	for (uint32_t i = 0; i < instance->prefilling_count; i++) {
		uint32_t tokens = engine->jobs[instance->prefilling[i]].prefill_left;
		instance->padded = tokens > instance->padded ? tokens : instance->padded;
	}
	for (uint32_t i = 0; i < instance->prefilling_count; i++) {
		uint32_t id = instance->prefilling[i];
		add_prompt(engine, instance, id, engine->jobs[id].prefill_left);
		instance->work.prompt_tokens += instance->padded - engine->jobs[id].prefill_left;
	}
}

bool batching_choose(struct engine *engine, struct instance *instance)
{
	instance->work = (struct serve_work){.pool = instance->pool};
	instance->extra_ps = 0;
	switch (engine->config->policy) {
	case SERVE_STATIC:
		choose_static(engine, instance);
		break;
	case SERVE_CHUNKED:
		choose_chunked(engine, instance);
		break;
	case SERVE_CONTINUOUS:
	case SERVE_SPLIT:
	default:
		choose_continuous(engine, instance);
	}
	return instance->work.sequences + instance->work.prompts > 0;
}
