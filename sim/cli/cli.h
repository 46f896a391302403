/*
 * Command line: one file per command, one table per command that drives parsing and --help.
 *
 * Commands return a status and fill a diag; only main.c prints errors and exits:
 * 0 done, 1 failed or out of tolerance, 2 wrong usage.
 */
#ifndef SIM_CLI_CLI_H
#define SIM_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "hwmodels/device.h"
#include "sim/core/status.h"
#include "traces/trace.h"

struct cli_option {
	const char *name;     /* "hw" for --hw; "o" for -o */
	const char *argument; /* "NAME|FILE.yaml", or NULL for a flag */
	const char *what;
};

enum { CLI_MOST_OPTIONS = 32, CLI_MOST_VALUES = 256 };

struct cli_args {
	const struct cli_command *command;
	const char *values[CLI_MOST_OPTIONS]; /* last one given; flags: "" */
	const char **words;		      /* positional */
	size_t word_count;
	const char *sets[CLI_MOST_VALUES]; /* every --set */
	size_t set_count;
	int *exit_code; /* a command that stands for another program leaves its exit code here */
};

struct cli_command {
	const char *name;
	const char *summary;
	const char *usage;		  /* what follows the name */
	const char *about;		  /* a paragraph or two */
	const char *example;		  /* command lines */
	const struct cli_option *options; /* ends with a NULL name; --help is everybody's */
	bool ends_at_word;		  /* options behind the first word belong to that word */
	enum sim_status (*run)(const struct cli_args *args, struct sim_diag *diag);
};

/* clang-format off */
#define CLI_COMMAND_LIST(X) \
	X(run) X(lower) X(sweep) X(pareto) X(serve) X(plan) X(reproduce) X(trace) X(import) X(calibrate) X(validate) X(replay) X(sensitivity) X(diff) X(list) X(show) X(lint) X(export) X(sql)
/* clang-format on */

#define X(name) extern const struct cli_command command_##name;
CLI_COMMAND_LIST(X)
#undef X

/* Value of option NAME as given, or NULL. */
const char *cli_value(const struct cli_args *args, const char *name);
bool cli_flag(const struct cli_args *args, const char *name);

/* Number of option NAME, or FALLBACK when it was not given; SIM_E_USAGE when it is none in range.
 */
SIM_MUST_CHECK enum sim_status cli_number(const struct cli_args *args, const char *name,
					  double fallback, double low, double high, double *value,
					  struct sim_diag *diag);
/* -j, 1 to 256; one per core where it is not given. */
SIM_MUST_CHECK enum sim_status cli_threads(const struct cli_args *args, unsigned *threads,
					   struct sim_diag *diag);

/* Parse argv behind the command's name; *HELP is set when --help was asked for. */
SIM_MUST_CHECK enum sim_status cli_parse(const struct cli_command *command, int argc, char **argv,
					 struct cli_args *args, bool *help, struct sim_diag *diag);
void cli_args_fini(struct cli_args *args);
void cli_print_help(const struct cli_command *command, FILE *out);

/* Device of --hw (required) with every --set. */
SIM_MUST_CHECK enum sim_status cli_device(const struct cli_args *args, struct hw_device *device,
					  struct sim_diag *diag);

/*
 * The trace that WORD names: a file, else a trace of the database (--db, else the default one).
 * With --shapes FILE kernels without work take theirs from that trace.
 */
SIM_MUST_CHECK enum sim_status cli_trace(const struct cli_args *args, const char *word,
					 struct trace *trace, struct sim_diag *diag);

/* Several, as an array of pointers as validate/ takes them. */
struct cli_traces {
	struct trace *traces;
	const struct trace **pointers;
	size_t count;
};
SIM_MUST_CHECK enum sim_status cli_traces(const struct cli_args *args, struct cli_traces *traces,
					  struct sim_diag *diag);
void cli_traces_fini(struct cli_traces *traces);

/* One line on stderr per thing of WHICH (bits 1 << TRACE_LACK_*) that TRACE lacks. */
void cli_print_lacks(const struct trace *trace, unsigned which);

/* TRACE was measured on another device than DEVICE, by SMs and memory, where both are known. */
bool cli_is_other_device(const struct trace *trace, const struct hw_device *device);

/* A line on stderr when TRACE was measured on another device than DEVICE, by SMs and memory. */
void cli_warn_other_device(const struct trace *trace, const struct hw_device *device);

/* Progress on stderr when that is a terminal: "TEXT 3/12"; DONE == TOTAL ends the line. */
void cli_progress(const char *text, size_t done, size_t total);

/* Print ROOT to stdout and delete it. NULL: out of memory. */
SIM_MUST_CHECK enum sim_status cli_print_json(cJSON *root, struct sim_diag *diag);

/* Add TEXT as valid UTF-8, whatever its bytes. */
void cli_json_text(cJSON *object, const char *key, const char *text);

#endif
