/* Replays of one program on one machine, held against each other. */
#include "tests/fuzz/fuzz.h"

#include "sim/core/replay.h"

/* False: out of range, which MAY_OVERFLOW allows. */
static bool replay(const struct sim_program *program, const struct machine *machine,
		   const struct replay_options *options, bool may_overflow,
		   struct replay_result *result)
{
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = replay_run(program, machine, options, result, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_E_RANGE && may_overflow)
		return false;
	if (status != SIM_OK)
		fprintf(stderr, "%s, %s: %s\n", machine->name, sim_launch_text(options->launch),
			diag.text);
	FUZZ_REQUIRE(status == SIM_OK);
	return true;
}

static bool is_one_stream(const struct sim_program *program)
{
	for (size_t i = 1; i < program->kernel_count; i++)
		if (program->kernels[i].stream != program->kernels[0].stream)
			return false;
	return true;
}

static void check_closed_form(const struct sim_program *program, const struct machine *machine,
			      const struct replay_options *options,
			      const struct replay_result *result)
{
	struct replay_result closed;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = closed_form_run(program, machine, options, &closed, &diag);
	fuzz_check_diag(status, &diag);
	if (!is_one_stream(program))
		return;
	FUZZ_REQUIRE(status == SIM_OK);
	FUZZ_REQUIRE(closed.total_ps <= result->total_ps);
}

static void check_result(const struct sim_program *program, const struct replay_result *result)
{
	int64_t parts = 0;
	for (unsigned i = 0; i < SIM_PART_COUNT; i++) {
		FUZZ_REQUIRE(result->part_ps[i] >= 0);
		parts += result->part_ps[i];
	}
	FUZZ_REQUIRE(parts == result->step_ps);
	FUZZ_REQUIRE(result->steps == program->step_count);
	FUZZ_REQUIRE(result->step_ps >= 0 && result->step_ps >= result->floor_ps);
	FUZZ_REQUIRE(result->device_busy_ps >= 0);
	FUZZ_REQUIRE(result->device_busy_ps <= result->device_span_ps);
	FUZZ_REQUIRE(result->total_ps >= result->step_ps);
}

/* Twice alike, on both paths. */
static void check_again(const struct sim_program *program, const struct machine *machine,
			struct replay_options *options, const struct replay_result *first)
{
	struct replay_result again;
	FUZZ_REQUIRE(replay(program, machine, options, false, &again));
	FUZZ_REQUIRE(first->digest == again.digest);
	options->path = REPLAY_EVENT;
	FUZZ_REQUIRE(replay(program, machine, options, false, &again));
	FUZZ_REQUIRE(first->digest == again.digest && first->total_ps == again.total_ps);
	FUZZ_REQUIRE(memcmp(first->part_ps, again.part_ps, sizeof(first->part_ps)) == 0);
}

static bool check_launch(const struct sim_program *program, const struct machine *machine,
			 enum sim_launch launch, bool may_overflow)
{
	struct replay_options options;
	struct replay_result result;
	replay_options_init(&options);
	options.launch = launch;
	options.attribute = true;
	if (!replay(program, machine, &options, may_overflow, &result))
		return false;
	check_result(program, &result);
	check_closed_form(program, machine, &options, &result);
	if (launch == SIM_LAUNCH_AS_TRACED)
		check_again(program, machine, &options, &result);
	return true;
}

void fuzz_check_replay(const struct sim_program *program, const struct machine *machine,
		       bool may_overflow)
{
	(void)check_launch(program, machine, SIM_LAUNCH_AS_TRACED, may_overflow);
}

void fuzz_check_launches(const struct sim_program *program, const struct machine *machine,
			 bool may_overflow)
{
	for (unsigned launch = 0; launch < SIM_LAUNCH_COUNT; launch++)
		if (launch != SIM_LAUNCH_AS_TRACED)
			(void)check_launch(program, machine, (enum sim_launch)launch, may_overflow);
}
