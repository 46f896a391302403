/* decodesim serve: one deployment under one load. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/serve_print.h"
#include "sim/cli/serve_store.h"
#include "sim/report/out_file.h"

static const struct cli_option options[] = {
	{"timeline", "FILE.json", "every step, queue and KV use, for Perfetto or chrome://tracing"},
	SERVE_STORE_OPTIONS,
	{"keys", NULL, "every key of a spec, with its unit and what it does, and stop"},
	{"json", NULL, "machine-readable output"},
	{NULL, NULL, NULL},
};

struct run {
	struct serve_spec spec;
	struct load load;
	struct deployment deployment;
	struct serve_report report;
};

static enum sim_status serve(struct run *run, struct serve_timeline *timeline,
			     struct sim_diag *diag)
{
	struct serve_config *config = &run->deployment.config;
	TRY(spec_load(&run->spec, &run->load, diag));
	TRY(deployment_open(&run->spec, &run->deployment, diag));
	if (timeline != NULL) {
		serve_timeline_begin(timeline, &run->deployment);
		config->observe = serve_timeline_step;
		config->observe_context = timeline;
	}
	TRY(deployment_run(&run->deployment, &run->spec, &run->load, &run->report, diag));
	return timeline != NULL ? serve_timeline_end(timeline, diag) : SIM_OK;
}

static enum sim_status serve_to(struct run *run, const char *path, struct sim_diag *diag)
{
	struct serve_timeline timeline = {0};
	struct out_file out;
	if (path == NULL)
		return serve(run, NULL, diag);
	TRY(out_file_open(&out, path, diag));
	timeline.out = out.file;
	enum sim_status status = serve(run, &timeline, diag);
	enum sim_status closed = out_file_close(&out, status, diag);
	if (status == SIM_OK && timeline.left_out > 0)
		fprintf(stderr, "%s: the last %llu steps are left out\n", path,
			(unsigned long long)timeline.left_out);
	return status != SIM_OK ? status : closed;
}

static enum sim_status print_json(const struct run *run, const struct serve_stored *stored,
				  struct sim_diag *diag)
{
	cJSON *root = serve_json(&run->spec, &run->load, &run->deployment, &run->report);
	serve_add_stored(root, stored);
	return cli_print_json(root, diag);
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	if (cli_flag(args, "keys")) {
		serve_print_keys();
		return SIM_OK;
	}
	if (args->word_count != 1)
		return diag_fail(diag, SIM_E_USAGE,
				 "serve takes one SERVE.yaml (serve --help shows one)");
	struct serve_stored stored;
	struct run *run = calloc(1, sizeof(*run));
	if (run == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	enum sim_status status = spec_read(args->words[0], &run->spec, diag);
	if (status == SIM_OK)
		status = serve_to(run, cli_value(args, "timeline"), diag);
	if (status == SIM_OK)
		status = serve_store(args, &run->spec, &run->load, &run->deployment, &run->report,
				     &stored, diag);
	if (status == SIM_OK && cli_flag(args, "json"))
		status = print_json(run, &stored, diag);
	else if (status == SIM_OK) {
		serve_print(&run->spec, &run->load, &run->deployment, &run->report);
		serve_print_stored("serve", &stored);
	}
	if (status == SIM_OK && !run->report.met)
		status = diag_fail(diag, SIM_E_TOLERANCE, "%s: %s", run->spec.name,
				   run->report.result.refused > 0
					   ? "out of memory: requests were refused"
					   : "an objective is not met");
	deployment_close(&run->deployment);
	spec_fini(&run->spec);
	free(run);
	return status;
}

const struct cli_command command_serve = {
	.name = "serve",
	.summary = "a deployment under a load: latencies, queues, KV cache, energy, price",
	.usage = "SERVE.yaml [options]",
	.about = "Requests arrive, wait, are prefilled and decode step by step; what each step "
		 "takes\n"
		 "is the step simulator's answer for its batch and contexts. A SERVE.yaml:\n\n"
		 "  serve: chat\n"
		 "  deployment:                  # keys of scenarios too: weights.bits, launch, "
		 "...\n"
		 "    model: llama-3.1-8b\n"
		 "    hw: h100-sxm\n"
		 "    runtime: vllm\n"
		 "    launch: graph\n"
		 "    replicas: 2\n"
		 "    batching: continuous       # static, continuous, chunked, split\n"
		 "    batch.limit: 128\n"
		 "  load:\n"
		 "    arrivals: poisson          # gamma, fixed, at_once; trace: FILE.csv\n"
		 "    rate: 8                    # requests a second\n"
		 "    prompt: {lognormal: 512, sigma: 0.8, most: 8192}\n"
		 "    output: {uniform: [32, 512]}\n"
		 "    requests: 2000\n"
		 "    warmup: 200\n"
		 "  objectives:                  # not met: exit code 1\n"
		 "    ttft.p99: 500 ms\n"
		 "    tpot.mean: 20 ms\n\n"
		 "--keys lists every key. Figures after +- are half widths at 95 % (batch means). "
		 "What\n"
		 "does not fit into memory is said as out of memory. Within a step lanes of "
		 "different\n"
		 "contexts are simulated as lanes of their mean (sim/serve/cost.h says what is "
		 "exact).\n"
		 "The run is kept in the database: decodesim sql 'SELECT * FROM serves'.",
	.example = "  decodesim serve chat.yaml\n"
		   "  decodesim serve chat.yaml --json\n"
		   "  decodesim serve chat.yaml --timeline chat.json",
	.options = options,
	.run = run,
};
