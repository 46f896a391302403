/* Steps of a serve run as Chrome JSON. */
#include "sim/cli/serve_print.h"

enum { MOST_STEPS = 1000000 };

static void name_track(struct json_writer *json, const char *kind, uint32_t track, const char *name)
{
	json_open_object(json, NULL);
	json_text(json, "ph", "M");
	json_text(json, "name", kind);
	json_int(json, "pid", 1);
	json_uint(json, "tid", track);
	json_open_object(json, "args");
	json_text(json, "name", name);
	json_close_object(json);
	json_close_object(json);
}

void serve_timeline_begin(struct serve_timeline *timeline, const struct deployment *deployment)
{
	const struct serve_config *config = &deployment->config;
	struct json_writer *json = &timeline->json;
	uint32_t prefills = config->policy == SERVE_SPLIT ? config->prefill_instances : 0;
	json_init(json, timeline->out, 0);
	json_open_object(json, NULL);
	json_text(json, "displayTimeUnit", "ms");
	json_open_array(json, "traceEvents");
	name_track(json, "process_name", 0, deployment->setups[0].workload.model.name);
	for (uint32_t i = 0; i < config->instances + prefills; i++) {
		char name[48];
		snprintf(name, sizeof(name), "%s %u", i < prefills ? "prefill replica" : "replica",
			 i);
		name_track(json, "thread_name", i, name);
	}
}

static void counter(struct json_writer *json, const struct serve_step *step, const char *what,
		    uint64_t value)
{
	char name[48];
	snprintf(name, sizeof(name), "%s %u", what, step->instance);
	json_open_object(json, NULL);
	json_text(json, "ph", "C");
	json_text(json, "name", name);
	json_int(json, "pid", 1);
	json_milli(json, "ts", (step->begin_ps + 500) / 1000);
	json_open_object(json, "args");
	json_uint(json, what, value);
	json_close_object(json);
	json_close_object(json);
}

void serve_timeline_step(void *context, const struct serve_step *step)
{
	struct serve_timeline *timeline = context;
	struct json_writer *json = &timeline->json;
	const struct serve_work *work = &step->work;
	if (timeline->steps == MOST_STEPS) {
		timeline->left_out++;
		return;
	}
	timeline->steps++;
	json_open_object(json, NULL);
	json_text(json, "ph", "X");
	json_text(json, "name",
		  work->prompts == 0	 ? "decode"
		  : work->sequences == 0 ? "prefill"
					 : "decode and prefill");
	json_int(json, "pid", 1);
	json_uint(json, "tid", step->instance);
	json_milli(json, "ts", (step->begin_ps + 500) / 1000);
	json_milli(json, "dur", (step->end_ps + 500) / 1000 - (step->begin_ps + 500) / 1000);
	json_open_object(json, "args");
	json_uint(json, "sequences", work->sequences);
	json_uint(json, "context", work->context);
	json_uint(json, "prompts", work->prompts);
	json_uint(json, "prompt_tokens", work->prompt_tokens);
	json_close_object(json);
	json_close_object(json);
	counter(json, step, "waiting", step->waiting);
	counter(json, step, "kv_blocks", step->kv_used);
}

enum sim_status serve_timeline_end(struct serve_timeline *timeline, struct sim_diag *diag)
{
	json_close_array(&timeline->json);
	json_close_object(&timeline->json);
	return json_finish(&timeline->json, diag);
}
