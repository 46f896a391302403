/* The command line of the decode run: one table makes parser and help. */
#include "validate/bench/decode/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/names.h"

enum kind { FLAG, NUMBER, TEXT };

struct option {
	const char *name;
	enum kind kind;
	size_t offset;
	uint64_t low;
	const char *what;
};

#define AT(field) offsetof(struct decode_options, field)

/* clang-format off */
static const struct option options_table[] = {
	{"batch",   NUMBER, AT(batch),   1, "sequences (1)"},
	{"context", NUMBER, AT(context), 0, "tokens in the KV cache before the first step (512)"},
	{"steps",   NUMBER, AT(steps),   1, "timed steps (40)"},
	{"warmup",  NUMBER, AT(warmup),  0, "steps before them (8)"},
	{"layers",  NUMBER, AT(layers),  1, "run only the first ones (all; --check: 2)"},
	{"seed",    NUMBER, AT(seed),    0, "of weights, cache and tokens (1)"},
	{"sms",     NUMBER, AT(sms),     1, "--dry-run: multiprocessors that grids are made for (132)"},
	{"eager",   FLAG,   AT(eager),   0, "launch kernel by kernel (the default)"},
	{"graph",   FLAG,   AT(graph),   0, "launch each step as a CUDA graph"},
	{"nvtx",    FLAG,   AT(nvtx),    0, "push NVTX ranges; done without it too where a tool is injected"},
	{"check",   FLAG,   AT(check),   0, "hold every result against the CPU instead of timing"},
	{"dry-run", FLAG,   AT(dry_run), 0, "print the ops of a step; needs no GPU"},
	{"json",    TEXT,   AT(json),    0, "write the results to a file"},
	{"help",    FLAG,   AT(help),    0, "this text"},
};
/* clang-format on */

enum { OPTIONS = sizeof(options_table) / sizeof(options_table[0]) };

void decode_options_help(void)
{
	static const char *const values[] = {"", " N", " FILE"};
	printf("usage: decode MODEL.yaml|NAME [options]\n"
	       "Decode steps of a language model with random weights, without Python: bf16, GEMMs "
	       "by\n"
	       "cuBLAS, the other kernels its own. Names are the files of workloads/models.\n");
	for (size_t i = 0; i < OPTIONS; i++) {
		char text[32];
		snprintf(text, sizeof(text), "--%s%s", options_table[i].name,
			 values[options_table[i].kind]);
		printf("  %-14s %s\n", text, options_table[i].what);
	}
}

static enum sim_status find(const char *name, const struct option **option, struct sim_diag *diag)
{
	const char *names[OPTIONS];
	for (size_t i = 0; i < OPTIONS; i++) {
		names[i] = options_table[i].name;
		*option = &options_table[i];
		if (strcmp(names[i], name) == 0)
			return SIM_OK;
	}
	const char *near = names_nearest(name, names, OPTIONS);
	if (near != NULL)
		return diag_fail(diag, SIM_E_USAGE, "unknown option '--%s' (did you mean '--%s'?)",
				 name, near);
	return diag_fail(diag, SIM_E_USAGE, "unknown option '--%s' (--help lists them)", name);
}

static enum sim_status take_number(const struct option *option, const char *text, uint64_t *value,
				   struct sim_diag *diag)
{
	char *end;
	errno = 0;
	*value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || *value < option->low)
		return diag_fail(diag, SIM_E_USAGE,
				 "--%s needs a whole number of at least %llu: '%s'", option->name,
				 (unsigned long long)option->low, text);
	return SIM_OK;
}

static enum sim_status take(int argc, char *const *argv, int *at, struct decode_options *options,
			    struct sim_diag *diag)
{
	const struct option *option;
	TRY(find(argv[*at] + 2, &option, diag));
	void *field = (char *)options + option->offset;
	if (option->kind == FLAG) {
		*(bool *)field = true;
		return SIM_OK;
	}
	if (*at + 1 >= argc)
		return diag_fail(diag, SIM_E_USAGE, "--%s needs a value", option->name);
	const char *value = argv[++*at];
	if (option->kind == NUMBER)
		return take_number(option, value, field, diag);
	*(const char **)field = value;
	return SIM_OK;
}

static enum sim_status check(const struct decode_options *options, struct sim_diag *diag)
{
	if (options->help)
		return SIM_OK;
	if (options->model == NULL)
		return diag_fail(diag, SIM_E_USAGE, "which model? (--help says more)");
	if (options->graph && options->eager)
		return diag_fail(diag, SIM_E_USAGE, "--graph and --eager exclude each other");
	if (options->check && options->dry_run)
		return diag_fail(diag, SIM_E_USAGE, "--check and --dry-run exclude each other");
	if (options->json != NULL && (options->check || options->dry_run))
		return diag_fail(diag, SIM_E_USAGE,
				 "--json holds times: leave out --check, --dry-run");
	if (options->sms > 0 && !options->dry_run)
		return diag_fail(diag, SIM_E_USAGE, "--sms is for --dry-run: a GPU says it itself");
	return SIM_OK;
}

enum sim_status decode_options_parse(int argc, char *const *argv, struct decode_options *options,
				     struct sim_diag *diag)
{
	*options = (struct decode_options){
		.batch = 1, .context = 512, .steps = 40, .warmup = 8, .seed = 1};
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) == 0)
			TRY(take(argc, argv, &i, options, diag));
		else if (options->model == NULL)
			options->model = argv[i];
		else
			return diag_fail(diag, SIM_E_USAGE, "more than one model: '%s'", argv[i]);
	}
	return check(options, diag);
}
