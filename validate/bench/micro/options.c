/* Command line of microbench: see options.h. */
#include "validate/bench/micro/options.h"

#include <string.h>

static const char *const names[] = {
#define X(name, what) #name,
	MEASUREMENT_LIST(X)
#undef X
};

static const char *const whats[] = {
#define X(name, what) what,
	MEASUREMENT_LIST(X)
#undef X
};

const char *measurement_name(unsigned measurement)
{
	return names[measurement];
}

const char *measurement_what(unsigned measurement)
{
	return whats[measurement];
}

static enum sim_status choose(const char *text, uint32_t *chosen, struct sim_diag *diag)
{
	*chosen = 0;
	while (*text != '\0') {
		size_t length = strcspn(text, ",");
		unsigned m = 0;
		while (m < MEASUREMENT_COUNT &&
		       (strlen(names[m]) != length || memcmp(names[m], text, length) != 0))
			m++;
		if (m == MEASUREMENT_COUNT)
			return diag_fail(diag, SIM_E_USAGE,
					 "--only: no such measurement: '%.*s'; --list tells them",
					 (int)length, text);
		*chosen |= UINT32_C(1) << m;
		text += length + (text[length] == ',');
	}
	if (*chosen == 0)
		return diag_fail(diag, SIM_E_USAGE, "--only: no measurement named");
	return SIM_OK;
}

enum sim_status options_parse(int argc, char **argv, struct options *options, struct sim_diag *diag)
{
	*options = (struct options){.chosen = (UINT32_C(1) << MEASUREMENT_COUNT) - 1};
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		bool json = strcmp(word, "--json") == 0, only = strcmp(word, "--only") == 0;
		if (strcmp(word, "--list") == 0)
			options->list = true;
		else if (strcmp(word, "--quick") == 0)
			options->quick = true;
		else if (strcmp(word, "--help") == 0)
			options->help = true;
		else if (!json && !only)
			return diag_fail(diag, SIM_E_USAGE,
					 "unknown option: '%s'; --help tells them", word);
		else if (i + 1 == argc || argv[i + 1][0] == '\0')
			return diag_fail(diag, SIM_E_USAGE, "%s needs a value", word);
		else if (json)
			options->json = argv[++i];
		else
			TRY(choose(argv[++i], &options->chosen, diag));
	}
	return SIM_OK;
}

void options_help(FILE *out)
{
	fputs("usage: microbench [--json FILE] [--only NAME,...] [--quick] | --list\n\n"
	      "Measures the GPU (the first that CUDA_VISIBLE_DEVICES leaves) and the cost of "
	      "driving "
	      "it.\n"
	      "  --json FILE      write what `decodesim calibrate --microbench FILE` reads\n"
	      "  --only NAME,...  these measurements alone\n"
	      "  --quick          fewer repetitions and points\n"
	      "  --list           the measurements; needs no GPU\n"
	      "exit codes: 0 done, 1 no device or a failure, 2 wrong usage\n",
	      out);
}

void options_list(FILE *out)
{
	for (unsigned m = 0; m < MEASUREMENT_COUNT; m++)
		fprintf(out, "%-11s %s\n", names[m], whats[m]);
}
