/* The engine's parts: what serve.c, jobs.c, batching.c and advance.c share. */
#ifndef SIM_SERVE_ENGINE_H
#define SIM_SERVE_ENGINE_H

#include "sim/core/queue.h"
#include "sim/serve/kv.h"
#include "sim/serve/serve.h"
#include "sim/serve/variate.h"

#define ENGINE_NONE UINT32_MAX

enum lane_state { LANE_RUNNING, LANE_BARRIER, LANE_DONE };

/* One answer to a request's prompt. Lanes of job j: j x samples and on. */
struct lane {
	uint32_t context; /* tokens cached */
	uint32_t left;	  /* tokens of the round that are not made */
	uint32_t blocks;  /* of its own */
	uint16_t round;
	uint8_t state;
	bool listed; /* among the running ones of its instance */
};

/* A request that is here. */
struct job {
	uint64_t index;
	int64_t arrival_ps;
	int64_t first_ps; /* of its first token; -1: none yet */
	int64_t start_ps; /* first admitted; -1 */
	int64_t queued_ps;
	uint64_t tokens; /* made, all lanes */
	uint32_t prompt;
	uint32_t group;
	uint32_t next;	       /* in a queue */
	uint32_t prefill_left; /* tokens to compute before it decodes; 0: its cache is kept */
	uint32_t cached;       /* tokens before them, of the prefix and of earlier chunks */
	uint32_t chunk;	       /* of the step that runs */
	uint32_t base;	       /* full blocks that all lanes share */
	uint32_t prefix;       /* of them, the prefix's */
	uint64_t swapped;      /* blocks to be brought back */
	uint32_t instance;
	uint16_t lanes_left, lanes_waiting; /* not done; of them at the barrier */
};

struct job_queue {
	uint32_t first, last;
	uint64_t count;
};

struct instance {
	struct kv_pool kv;
	struct job_queue own, *queue; /* queue: own, or shared with the others of its pool */
	uint32_t *running;	      /* lanes, in the order they joined */
	uint32_t running_count;
	uint32_t *prefilling; /* jobs whose prompts are on their way */
	uint32_t prefilling_count;
	uint32_t held;	  /* lanes of admitted jobs that are not done */
	uint64_t context; /* sum over running lanes */
	uint64_t load;	  /* jobs that were routed to it and are not done */
	bool prefills_only, busy;
	uint32_t pool;
	uint32_t padded; /* static: prompt of the longest, and tokens since */
	struct serve_work work;
	int64_t begin_ps, gap_ps, extra_ps; /* extra: swaps before the step */
	int64_t busy_ps;
	int64_t link_free_ps;
	uint64_t waiting_at_begin, used_at_begin;
};

/* What is known of each request of the load at the end. -1: none. */
struct outcome {
	int64_t wait_ps, ttft_ps, tpot_ps, e2e_ps;
};

struct engine {
	const struct serve_config *config;
	const struct load *load;
	const struct serve_costs *costs;
	struct serve_result *result;
	struct sim_diag *diag;
	struct queue events;
	struct instance *instances;
	uint32_t instance_count, prefill_count;
	struct job_queue shared[2];
	uint32_t turn[2];
	struct job *jobs;
	struct lane *lanes;
	uint32_t job_room, job_count, free_job;
	uint32_t samples;
	uint32_t *released; /* jobs whose barrier has opened in this step */
	uint32_t released_count;
	uint32_t look;				    /* most tokens that a lane makes in a step */
	uint64_t accept_below[SERVE_MOST_ACCEPTED]; /* of 2^53: cumulative */
	struct variate accept;
	struct load_request coming;
	uint64_t next_index;
	int64_t now_ps;
	struct outcome *outcomes;
	/* of Little's law; sums modulo 2^64, which equality survives */
	uint64_t in_system, in_queue, most_queue;
	uint64_t system_area, queue_area, sojourn_sum, queued_sum;
	double system_mean_area, queue_mean_area;
	double lane_steps;
	uint64_t routed;
};

static inline struct lane *job_lanes(const struct engine *engine, uint32_t job)
{
	return &engine->lanes[(size_t)job * engine->samples];
}

/* jobs.c: requests that come, wait and leave */
SIM_MUST_CHECK enum sim_status job_arrive(struct engine *engine);
void job_queue_clear(struct job_queue *queue);
/* JOB begins to wait for INSTANCE, before or behind the others. */
void job_wait(struct engine *engine, struct instance *instance, uint32_t job, bool at_head);
/* The first of INSTANCE's queue leaves it. */
void job_leave_queue(struct engine *engine, struct instance *instance);
/* The instance of POOL that JOB goes to. */
struct instance *job_route(struct engine *engine, uint32_t job, uint32_t pool);
/* All tokens are made: into the outcomes. */
void job_finish(struct engine *engine, uint32_t job);
/* Blocks that JOB holds of INSTANCE go back. */
void job_release(struct engine *engine, struct instance *instance, uint32_t job);
/* Let the time up to NOW pass in the areas. */
void engine_clock(struct engine *engine, int64_t now_ps);

/* batching.c: what the next step of an idle instance is. False: nothing can be done now. */
SIM_MUST_CHECK bool batching_choose(struct engine *engine, struct instance *instance);

/* advance.c: the step of INSTANCE has ended. */
SIM_MUST_CHECK enum sim_status advance_step(struct engine *engine, struct instance *instance);
SIM_MUST_CHECK enum sim_status advance_transfer(struct engine *engine, uint32_t job);

/* statistics.c */
SIM_MUST_CHECK enum sim_status statistics_fill(struct engine *engine);

/* Events of serve.c. */
enum engine_event { EVENT_ARRIVAL, EVENT_STEP, EVENT_TRANSFER };
enum { EVENT_SHIFT = 22, MOST_JOBS = 1 << EVENT_SHIFT, MOST_LANES = 1 << 24 };
SIM_MUST_CHECK enum sim_status engine_push(struct engine *engine, int64_t time_ps,
					   enum engine_event event, uint32_t what);

#endif
