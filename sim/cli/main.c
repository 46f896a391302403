/* Composition root: finds the command, prints its errors, chooses the exit code. */
#include <gsl/gsl_errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/cli.h"
#include "sim/cli/version.h"
#include "sim/core/names.h"

static const struct cli_command *const commands[] = {
#define X(name) &command_##name,
	CLI_COMMAND_LIST(X)
#undef X
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE };

static void print_overview(FILE *out)
{
	fprintf(out,
		"decodesim %s: what one LLM decode step costs on a machine, and why\n\n"
		"usage: decodesim COMMAND ...    decodesim COMMAND --help teaches each\n\n",
		DECODESIM_VERSION);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out, "\nexit codes: 0 done, 1 failed or out of tolerance, 2 wrong usage\n");
}

static const struct cli_command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int unknown_command(const char *name)
{
	const char *names[COMMAND_COUNT];
	char shown[128];
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		names[i] = commands[i]->name;
	const char *near = names_nearest(name, names, COMMAND_COUNT);
	text_printable(shown, sizeof(shown), name, strlen(name));
	fprintf(stderr, "decodesim: unknown command: '%s'", shown);
	if (near != NULL)
		fprintf(stderr, " (did you mean '%s'?)", near);
	fprintf(stderr, "; decodesim --help lists them\n");
	return EXIT_USAGE;
}

/* `decodesim sql ... | head` wants no complaint. */
static bool reader_is_gone(void)
{
	struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
	return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

/* What was printed has arrived, or it is said; what went wrong is, too. */
static int end(enum sim_status status, struct sim_diag *diag, int exit_code)
{
	if (fflush(stdout) != 0 && status == SIM_OK)
		status = diag_fail(diag, SIM_E_IO, "cannot write the output");
	if (status == SIM_OK)
		return exit_code;
	if (status == SIM_E_IO && reader_is_gone())
		return EXIT_FAILED;
	fprintf(stderr, "decodesim: %s\n",
		diag->text[0] != '\0' ? diag->text : sim_status_text(status));
	if (exit_code != EXIT_DONE)
		return exit_code;
	return status == SIM_E_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

static int run_command(const struct cli_command *command, int argc, char **argv)
{
	struct sim_diag diag;
	struct cli_args args;
	bool help;
	int exit_code = EXIT_DONE;
	diag_init(&diag);
	enum sim_status status = cli_parse(command, argc, argv, &args, &help, &diag);
	args.exit_code = &exit_code;
	if (status == SIM_OK && help)
		cli_print_help(command, stdout);
	else if (status == SIM_OK)
		status = command->run(&args, &diag);
	cli_args_fini(&args);
	return end(status, &diag, exit_code);
}

static int end_output(void)
{
	struct sim_diag diag;
	diag_init(&diag);
	return end(SIM_OK, &diag, EXIT_DONE);
}

int main(int argc, char **argv)
{
	gsl_set_error_handler_off();
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		print_overview(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0 ||
	    strcmp(argv[1], "-h") == 0) {
		const struct cli_command *asked = argc > 2 ? find_command(argv[2]) : NULL;
		if (argc > 2 && asked == NULL)
			return unknown_command(argv[2]);
		if (asked != NULL)
			cli_print_help(asked, stdout);
		else
			print_overview(stdout);
		return end_output();
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("decodesim %s\n", DECODESIM_VERSION);
		return end_output();
	}
	const struct cli_command *command = find_command(argv[1]);
	return command != NULL ? run_command(command, argc - 1, argv + 1)
			       : unknown_command(argv[1]);
}
