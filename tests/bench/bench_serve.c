/*
 * Serving on one core: requests simulated a second with continuous batching, steps remembered (the
 * rate that is asked for) and from nothing, and what this machine can do at most of the part that
 * nothing can leave out: adding a token to each running lane's record. Best of three, of processor
 * time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/serve/deploy.h"

enum { ROUNDS = 3, WANTED = 100000 };

struct served {
	struct serve_spec spec;
	struct load load;
	struct deployment deployment;
	struct serve_report report;
};

static double now_s(void)
{
	struct timespec time;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void must(enum sim_status status, const struct sim_diag *diag)
{
	if (status == SIM_OK)
		return;
	fprintf(stderr, "bench_serve: %s\n", diag->text);
	exit(EXIT_FAILURE);
}

static double run(struct served *served)
{
	struct sim_diag diag = {0};
	double begin = now_s();
	must(deployment_run(&served->deployment, &served->spec, &served->load, &served->report,
			    &diag),
	     &diag);
	return (double)served->load.requests / (now_s() - begin);
}

/* Requests a second, if all that is done were to add the tokens to 64 records in a row. */
static double limit(const struct served *served)
{
	static volatile uint32_t lanes[64][4];
	uint64_t tokens = served->report.result.output_tokens;
	double best = 0;
	for (int round = 0; round < ROUNDS; round++) {
		double begin = now_s();
		for (uint64_t i = 0; i < tokens; i++) {
			lanes[i & 63][0] += 1;
			lanes[i & 63][1] -= 1;
		}
		double here = (double)served->load.requests / (now_s() - begin);
		best = here > best ? here : best;
	}
	return best;
}

static void bench(const char *what, const char *load, double wanted)
{
	static const char head[] =
		"serve: bench\ndeployment:\n  model: llama-3.1-8b\n  hw: h100-sxm\n"
		"  runtime: vllm\n  launch: graph\n  batch.limit: 256\nload:\n";
	struct served served = {0};
	struct sim_diag diag = {0};
	char text[1024];
	double best = 0;
	snprintf(text, sizeof(text), "%s%s", head, load);
	must(spec_parse("bench", text, strlen(text), &served.spec, &diag), &diag);
	must(spec_load(&served.spec, &served.load, &diag), &diag);
	must(deployment_open(&served.spec, &served.deployment, &diag), &diag);
	double first = run(&served);
	for (int round = 0; round < ROUNDS; round++) {
		double here = run(&served);
		best = here > best ? here : best;
	}
	double most = limit(&served);
	printf("  %-46s %8.0f /s", what, best);
	if (wanted > 0)
		printf("  wanted %6.0f", wanted);
	else
		printf("  %13s", "");
	printf("  %5.1f %% of %.0f /s; from nothing %.0f /s (batch %.0f, %llu steps simulated)\n",
	       100 * best / most, most, first, served.report.result.mean_batch,
	       (unsigned long long)served.report.simulated_steps);
	deployment_close(&served.deployment);
	spec_fini(&served.spec);
}

int main(void)
{
	printf("serve: requests of llama-3.1-8b on an h100-sxm, continuous batching\n");
	bench("prompts of 512, answers of 128",
	      "  rate: 40\n  prompt: 512\n  output: 128\n  requests: 50000\n", WANTED);
	bench("lognormal prompts, answers of 16 to 240",
	      "  rate: 30\n  prompt: {lognormal: 400, sigma: 0.8, most: 4096}\n"
	      "  output: {uniform: [16, 240]}\n  requests: 50000\n",
	      WANTED);
	bench("the same, answers of 64 to 960",
	      "  rate: 15\n  prompt: {lognormal: 400, sigma: 0.8, most: 4096}\n"
	      "  output: {uniform: [64, 960]}\n  requests: 20000\n",
	      0);
	return EXIT_SUCCESS;
}
