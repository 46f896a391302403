/* Options by table: getopt_long does the parsing, the table the rest. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/cli.h"
#include "sim/core/names.h"
#include "sim/core/units.h"

enum { FIRST_LONG = 256 }; /* getopt's code of a long option: this plus its place in the table */

static size_t option_count(const struct cli_command *command)
{
	size_t count = 0;
	while (command->options[count].name != NULL)
		count++;
	return count;
}

static int option_index(const struct cli_command *command, const char *name)
{
	for (size_t i = 0; command->options[i].name != NULL; i++)
		if (strcmp(command->options[i].name, name) == 0)
			return (int)i;
	return -1;
}

const char *cli_value(const struct cli_args *args, const char *name)
{
	int index = option_index(args->command, name);
	return index < 0 ? NULL : args->values[index];
}

bool cli_flag(const struct cli_args *args, const char *name)
{
	return cli_value(args, name) != NULL;
}

enum sim_status cli_number(const struct cli_args *args, const char *name, double fallback,
			   double low, double high, double *value, struct sim_diag *diag)
{
	const char *text = cli_value(args, name);
	*value = fallback;
	if (text == NULL)
		return SIM_OK;
	struct sim_diag inner;
	diag_init(&inner);
	if (unit_parse(text, UNIT_RATIO, value, &inner) != SIM_OK)
		return diag_fail(diag, SIM_E_USAGE, "--%s: %s", name, inner.text);
	if (!(*value >= low && *value <= high))
		return diag_fail(diag, SIM_E_USAGE, "--%s: not between %g and %g: '%s'", name, low,
				 high, text);
	return SIM_OK;
}

enum sim_status cli_threads(const struct cli_args *args, unsigned *threads, struct sim_diag *diag)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	double count;
	TRY(cli_number(args, "j",
		       cores < 1     ? 1
		       : cores < 256 ? (double)cores
				     : 256,
		       1, 256, &count, diag));
	*threads = (unsigned)count;
	return SIM_OK;
}

static enum sim_status unknown_option(const struct cli_command *command, const char *given,
				      struct sim_diag *diag)
{
	const char *names[CLI_MOST_OPTIONS];
	size_t count = 0;
	char word[64];
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(given, "="), given);
	for (size_t i = 0; command->options[i].name != NULL; i++)
		names[count++] = command->options[i].name;
	const char *bare = word + strspn(word, "-");
	const char *near = strlen(bare) > 1 ? names_nearest(bare, names, count) : NULL;
	if (near != NULL)
		return diag_fail(diag, SIM_E_USAGE,
				 "%s: unknown option: '%s' (did you mean '%s%s'?)", command->name,
				 word, near[1] != '\0' ? "--" : "-", near);
	return diag_fail(diag, SIM_E_USAGE, "%s: unknown option: '%s' (see decodesim %s --help)",
			 command->name, word, command->name);
}

/* What getopt refuses: CODE ':' lacks its argument, '?' is unknown or a flag given an argument. */
static enum sim_status bad_option(const struct cli_command *command, int code, const char *given,
				  struct sim_diag *diag)
{
	int known = optopt >= FIRST_LONG ? optopt - FIRST_LONG : -1;
	char letter[3] = {'-', (char)optopt, '\0'};
	if (optopt > 0 && optopt < FIRST_LONG)
		known = option_index(command, letter + 1);
	if (known < 0)
		return unknown_option(command, optopt == 0 || given[1] == '-' ? given : letter,
				      diag);
	const struct cli_option *option = &command->options[known];
	const char *dashes = option->name[1] != '\0' ? "--" : "-";
	if (code == ':')
		return diag_fail(diag, SIM_E_USAGE, "%s: %s%s needs an argument: %s", command->name,
				 dashes, option->name, option->argument);
	return diag_fail(diag, SIM_E_USAGE, "%s: %s%s takes no argument", command->name, dashes,
			 option->name);
}

static enum sim_status take_option(struct cli_args *args, int index, const char *value,
				   struct sim_diag *diag)
{
	const struct cli_option *option = &args->command->options[index];
	args->values[index] = value != NULL ? value : "";
	if (strcmp(option->name, "set") != 0)
		return SIM_OK;
	if (args->set_count == CLI_MOST_VALUES)
		return diag_fail(diag, SIM_E_USAGE, "more than %d times --set", CLI_MOST_VALUES);
	args->sets[args->set_count++] = value;
	return SIM_OK;
}

/* The tables that getopt wants: long options, and short ones for names of one letter. */
static void getopt_tables(const struct cli_command *command, struct option *longs, char *shorts)
{
	size_t used = 0;
	if (command->ends_at_word)
		*shorts++ = '+';
	*shorts++ = ':';
	for (size_t i = 0; command->options[i].name != NULL; i++) {
		const struct cli_option *option = &command->options[i];
		if (option->name[1] == '\0') {
			*shorts++ = option->name[0];
			if (option->argument != NULL)
				*shorts++ = ':';
			continue;
		}
		longs[used++] = (struct option){option->name, option->argument != NULL, NULL,
						FIRST_LONG + (int)i};
	}
	longs[used++] = (struct option){"help", 0, NULL, 'h'};
	longs[used] = (struct option){NULL, 0, NULL, 0};
	*shorts++ = 'h';
	*shorts = '\0';
}

enum sim_status cli_parse(const struct cli_command *command, int argc, char **argv,
			  struct cli_args *args, bool *help, struct sim_diag *diag)
{
	struct option longs[CLI_MOST_OPTIONS + 2];
	char shorts[2 * CLI_MOST_OPTIONS + 5], letter[2] = "";
	int code;
	*args = (struct cli_args){.command = command};
	*help = false;
	if (option_count(command) > CLI_MOST_OPTIONS)
		return diag_fail(diag, SIM_E_INTERNAL, "too many options in the table of '%s'",
				 command->name);
	getopt_tables(command, longs, shorts);
	opterr = 0;
	optind = 1;
	while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (code == 'h') {
			*help = true;
			return SIM_OK;
		}
		if (code == '?' || code == ':')
			return bad_option(command, code, argv[optind - 1], diag);
		letter[0] = (char)code;
		TRY(take_option(args,
				code >= FIRST_LONG ? code - FIRST_LONG
						   : option_index(command, letter),
				optarg, diag));
	}
	args->words = calloc((size_t)argc + 1, sizeof(*args->words));
	if (args->words == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (int i = optind; i < argc; i++)
		args->words[args->word_count++] = argv[i];
	return SIM_OK;
}

void cli_args_fini(struct cli_args *args)
{
	free(args->words);
	args->words = NULL;
}

void cli_print_help(const struct cli_command *command, FILE *out)
{
	fprintf(out, "usage: decodesim %s %s\n\n%s\n\n%s\n", command->name, command->usage,
		command->summary, command->about);
	if (command->options[0].name != NULL)
		fprintf(out, "\noptions:\n");
	for (size_t i = 0; command->options[i].name != NULL; i++) {
		const struct cli_option *option = &command->options[i];
		char head[64];
		snprintf(head, sizeof(head), "%s%s%s%s", option->name[1] != '\0' ? "--" : "-",
			 option->name, option->argument != NULL ? " " : "",
			 option->argument != NULL ? option->argument : "");
		fprintf(out, "  %-28s %s\n", head, option->what);
	}
	fprintf(out, "  %-28s %s\n\nexample:\n%s\n", "--help", "this text", command->example);
}
