/* decodesim lower: the kernel records of a workload, as a table or as a trace file. */
#include <stdlib.h>
#include <string.h>

#include "sim/cli/scenario.h"
#include "sim/report/lowered.h"
#include "sim/report/table.h"

static const struct cli_option options[] = {
	CLI_SCENARIO_OPTIONS,
	{"prefill", NULL, "the prompt's forward, --context tokens, not a decode step"},
	{"o", "FILE.json.gz", "write a trace file that replay and import read"},
	{"all", NULL, "every kernel, not one layer of each kind"},
	{"json", NULL, "machine-readable output"},
	{NULL, NULL, NULL},
};

static enum sim_status plan(const struct cli_args *args, const struct run_setup *setup,
			    struct workload_iteration *iteration, struct sim_diag *diag)
{
	double context = scenario_number(&setup->workload.scenario, SCENARIO_CONTEXT);
	if (!cli_flag(args, "prefill"))
		return workload_iterate(&setup->workload, context, iteration, diag);
	memset(iteration, 0, sizeof(*iteration));
	iteration->forward_count = 1;
	iteration->tokens = 1;
	return workload_prefill(&setup->workload, &iteration->forwards[0], diag);
}

static void print_kernel(const struct workload_step *step, const struct lowered_kernel *at)
{
	const struct sim_kernel *kernel = &at->kernel;
	printf("  %-28.28s %-11s %-13s %-20s %-5s %12llu %12llu %12llu %11llu %11llu %13llu %8u\n",
	       names_text(&step->names, at->name), workload_role_text(at->role),
	       sim_op_text(kernel->op), sim_family_text(kernel->family),
	       sim_dtype_text(kernel->dtype), (unsigned long long)kernel->weight_bytes,
	       (unsigned long long)kernel->kv_read_bytes,
	       (unsigned long long)kernel->kv_write_bytes,
	       (unsigned long long)kernel->act_read_bytes,
	       (unsigned long long)kernel->act_write_bytes, (unsigned long long)kernel->flops,
	       kernel->blocks);
}

static void print_step(const struct workload_step *step, bool all)
{
	printf("  %-28s %-11s %-13s %-20s %-5s %12s %12s %12s %11s %11s %13s %8s\n", "kernel",
	       "role", "op", "family", "dtype", "weight B", "KV read B", "KV write B", "read B",
	       "write B", "flops", "blocks");
	for (size_t i = 0; i < step->segment_count; i++) {
		const struct lowered_segment *segment = &step->segments[i];
		if (segment->count == 0)
			continue;
		if (segment->layer != UINT32_MAX)
			printf(" layers %u to %u, %u kernels each\n", segment->layer,
			       segment->layer + segment->repeat - 1, segment->count);
		else
			printf(" %s, %u kernels\n",
			       i == 0 ? "before the layers" : "outside of them", segment->count);
		for (uint32_t r = 0; r < (all ? segment->repeat : 1); r++)
			for (uint32_t k = 0; k < segment->count; k++)
				print_kernel(step, &step->kernels[segment->first + k]);
	}
}

static cJSON *kernel_json(const struct workload_step *step, const struct lowered_kernel *at)
{
	const struct sim_kernel *kernel = &at->kernel;
	cJSON *row = cJSON_CreateObject();
	cli_json_text(row, "kernel", names_text(&step->names, at->name));
	cJSON_AddStringToObject(row, "role", workload_role_text(at->role));
	cJSON_AddStringToObject(row, "op", sim_op_text(kernel->op));
	cJSON_AddStringToObject(row, "family", sim_family_text(kernel->family));
	cJSON_AddStringToObject(row, "dtype", sim_dtype_text(kernel->dtype));
	cJSON_AddNumberToObject(row, "weight_bytes", (double)kernel->weight_bytes);
	cJSON_AddNumberToObject(row, "kv_read_bytes", (double)kernel->kv_read_bytes);
	cJSON_AddNumberToObject(row, "kv_write_bytes", (double)kernel->kv_write_bytes);
	cJSON_AddNumberToObject(row, "act_read_bytes", (double)kernel->act_read_bytes);
	cJSON_AddNumberToObject(row, "act_write_bytes", (double)kernel->act_write_bytes);
	cJSON_AddNumberToObject(row, "flops", (double)kernel->flops);
	cJSON_AddNumberToObject(row, "blocks", kernel->blocks);
	return row;
}

static cJSON *step_json(const struct workload_step *step, bool all)
{
	cJSON *segments = cJSON_CreateArray();
	for (size_t i = 0; i < step->segment_count; i++) {
		const struct lowered_segment *segment = &step->segments[i];
		cJSON *one = cJSON_CreateObject(), *kernels = cJSON_CreateArray();
		if (segment->layer != UINT32_MAX)
			cJSON_AddNumberToObject(one, "layer", segment->layer);
		cJSON_AddNumberToObject(one, "repeat", all ? 1 : segment->repeat);
		for (uint32_t r = 0; r < (all ? segment->repeat : 1); r++)
			for (uint32_t k = 0; k < segment->count; k++)
				cJSON_AddItemToArray(
					kernels,
					kernel_json(step, &step->kernels[segment->first + k]));
		cJSON_AddItemToObject(one, "kernels", kernels);
		cJSON_AddItemToArray(segments, one);
	}
	return segments;
}

static enum sim_status write_trace(const struct workload_program *program, const char *path,
				   const char *name, struct sim_diag *diag)
{
	struct trace trace;
	TRY(run_trace(program, name, &trace, diag));
	enum sim_status status = lowered_write(path, &trace, diag);
	trace_fini(&trace);
	if (status == SIM_OK)
		fprintf(stderr, "%zu kernels in %zu forward%s written to %s\n",
			program->program.kernel_count, program->lowered_count,
			program->lowered_count == 1 ? "" : "s", path);
	return status;
}

static enum sim_status show(const struct cli_args *args, const struct run_setup *setup,
			    const struct workload_program *program, struct sim_diag *diag)
{
	char name[160];
	double context = scenario_number(&setup->workload.scenario, SCENARIO_CONTEXT);
	cli_workload_name(&setup->workload, context, name, sizeof(name));
	if (cli_value(args, "o") != NULL)
		return write_trace(program, cli_value(args, "o"), name, diag);
	if (cli_flag(args, "json")) {
		cJSON *root = cJSON_CreateObject(), *forwards = cJSON_CreateArray();
		cli_json_text(root, "name", name);
		cJSON_AddNumberToObject(root, "kernels", (double)program->program.kernel_count);
		for (size_t i = 0; i < program->lowered_count; i++)
			cJSON_AddItemToArray(
				forwards, step_json(&program->lowered[i], cli_flag(args, "all")));
		cJSON_AddItemToObject(root, "forwards", forwards);
		return cli_print_json(root, diag);
	}
	printf("%s: %zu kernels in %zu forward%s\n", name, program->program.kernel_count,
	       program->lowered_count, program->lowered_count == 1 ? "" : "s");
	for (size_t i = 0; i < program->lowered_count; i++)
		print_step(&program->lowered[i], cli_flag(args, "all"));
	return SIM_OK;
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	struct run_setup setup;
	struct workload_iteration iteration;
	struct workload_program program = {0};
	enum sim_status status = cli_setup(args, &setup, diag);
	if (status == SIM_OK)
		status = plan(args, &setup, &iteration, diag);
	if (status == SIM_OK)
		status = workload_program(&setup.workload, &iteration, &program, diag);
	if (status == SIM_OK)
		status = show(args, &setup, &program, diag);
	workload_program_fini(&program);
	run_setup_fini(&setup);
	return status;
}

const struct cli_command command_lower = {
	.name = "lower",
	.summary = "the kernels a runtime launches for a model, as a table or a trace file",
	.usage = "[SCENARIO.yaml] --model NAME|FILE --hw NAME|FILE.yaml [options]",
	.about = "Bytes and operations of every kernel of one iteration, transforms applied. "
		 "Libraries\n"
		 "choose kernels by the machine, so --hw is needed.",
	.example = "  decodesim lower --model llama-3.1-8b --hw h100-sxm --runtime fused-ideal\n"
		   "  decodesim lower --model qwen2.5-7b --hw h100-sxm -o step.json.gz\n"
		   "  decodesim lower int4.yaml --hw l4 --json",
	.options = options,
	.run = run,
};
