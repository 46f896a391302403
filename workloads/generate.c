/* Generation: iteration after iteration over one program that is kept up to date. */
#include "workloads/generate.h"

#include "sim/core/digest.h"

#define LONGEST_PS (INT64_C(1) << 62)

/* Of a generation and of an iteration: sums of tokens move on by each, and do not run for ever. */
#define MOST_TOKENS 1e9
#define LEAST_TOKENS 1e-6

struct generation {
	const struct workload *workload;
	const struct machine *machine;
	const struct generate_options *options;
	struct generate_result *result;
	struct workload_iteration iteration;
	struct workload_program program;
	struct replay_options replay;
	struct replay_result replayed;
	double expected; /* context */
	bool any;	 /* replayed is of the program as it was last time */
};

void generate_options_init(struct generate_options *options)
{
	*options = (struct generate_options){
		.launch = SIM_LAUNCH_GRAPH,
		.host_speed = 1,
		.tokens = 1,
	};
}

/* To the nearest, halves up. */
static double whole(double tokens)
{
	return (double)(uint64_t)(tokens + 0.5);
}

static enum sim_status simulate(struct generation *at, double context, bool *repeats,
				struct sim_diag *diag)
{
	bool changed;
	TRY(workload_iterate(at->workload, context, &at->iteration, diag));
	if (!(at->iteration.tokens >= LEAST_TOKENS && at->iteration.tokens <= MOST_TOKENS))
		return diag_fail(diag, SIM_E_RANGE,
				 "an iteration makes no tokens, or too many: '%g'",
				 at->iteration.tokens);
	TRY(workload_program_again(at->workload, &at->iteration, &at->program, &changed, diag));
	*repeats = at->any && !changed;
	if (*repeats)
		return SIM_OK;
	TRY(replay_run(&at->program.program, at->machine, &at->replay, &at->replayed, diag));
	at->any = true;
	at->result->replays++;
	return SIM_OK;
}

static void add_parts(struct generation *at)
{
	const struct replay_result *replayed = &at->replayed;
	int64_t *part_ps = at->result->part_ps, left_ps = replayed->total_ps;
	if (!at->options->attribute)
		return;
	for (unsigned part = 0; part < SIM_PART_COUNT; part++) {
		part_ps[part] += replayed->part_ps[part] * (int64_t)replayed->steps;
		left_ps -= replayed->part_ps[part] * (int64_t)replayed->steps;
	}
	/* means were rounded down: what is left of the whole goes to the gaps, as for one run */
	part_ps[SIM_PART_GAP] += left_ps;
}

/* The iteration in the sums, times the number of its forwards where they are means over these. */
static enum sim_status add(struct generation *at, struct sim_diag *diag)
{
	const struct replay_result *replayed = &at->replayed;
	struct generate_result *result = at->result;
	int64_t step_ps = replayed->total_ps, forwards = (int64_t)replayed->steps;
	if (step_ps > LONGEST_PS - result->total_ps)
		return diag_fail(diag, SIM_E_RANGE,
				 "simulated time past 2^62 ps: '%llu iterations'",
				 (unsigned long long)result->iterations);
	bool first = result->iterations == 0;
	result->first_ps = first ? step_ps : result->first_ps;
	result->min_ps = first || step_ps < result->min_ps ? step_ps : result->min_ps;
	result->max_ps = step_ps > result->max_ps ? step_ps : result->max_ps;
	result->last_ps = step_ps;
	result->total_ps += step_ps;
	result->device_span_ps += replayed->device_span_ps * forwards;
	result->device_busy_ps += replayed->device_busy_ps * forwards;
	result->host_ps += replayed->host_ps * forwards;
	result->floor_ps += replayed->floor_ps * forwards;
	result->kernels += replayed->kernels;
	result->forwards += replayed->steps;
	result->tokens += at->iteration.tokens;
	result->digest = digest_mix(result->digest, replayed->digest);
	result->iterations++;
	result->mean_ps = (double)result->total_ps / (double)result->iterations;
	add_parts(at);
	return SIM_OK;
}

static enum sim_status run(struct generation *at, struct sim_diag *diag)
{
	const struct generate_options *options = at->options;
	struct generate_result *result = at->result;
	double enough = (double)options->tokens * (1 - 1e-9);
	while (result->tokens < enough) {
		struct generate_step step = {
			.index = result->iterations,
			.context = whole(at->expected),
			.program = &at->program,
			.replayed = &at->replayed,
		};
		TRY(simulate(at, step.context, &step.repeats, diag));
		TRY(add(at, diag));
		step.tokens = at->iteration.tokens;
		at->expected += step.tokens;
		result->end_context = at->expected;
		if (options->step != NULL && !options->step(options->step_context, &step))
			return diag_fail(diag, SIM_E_USAGE, "interrupted");
	}
	return SIM_OK;
}

enum sim_status generate_run(const struct workload *workload, const struct machine *machine,
			     const struct generate_options *options, struct generate_result *result,
			     struct sim_diag *diag)
{
	struct generation at = {
		.workload = workload,
		.machine = machine,
		.options = options,
		.result = result,
		.expected = options->context,
	};
	*result = (struct generate_result){.digest = DIGEST_SEED, .end_context = options->context};
	if (options->tokens == 0 || (double)options->tokens > MOST_TOKENS ||
	    !(options->context >= 0 && options->context <= MOST_TOKENS))
		return diag_fail(diag, SIM_E_RANGE,
				 "%llu tokens after %g cannot be generated (1 to 10^9 each)",
				 (unsigned long long)options->tokens, options->context);
	if (options->launch == SIM_LAUNCH_AS_TRACED)
		return diag_fail(diag, SIM_E_UNSUPPORTED, "what is generated was not traced");
	replay_options_init(&at.replay);
	at.replay.launch = options->launch;
	at.replay.host_speed = options->host_speed;
	at.replay.attribute = options->attribute;
	enum sim_status status = run(&at, diag);
	workload_program_fini(&at.program);
	return status;
}
