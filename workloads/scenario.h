/*
 * Scenario: everything about a decode step that is not the model or the machine: runtime, launch,
 * batch, context, formats, speculation, experts, tiers.
 *
 * One flat table of keys ("weights.bits", "kv.window", "draft.acceptance"): the keys of the run at
 * its head (scenario.c), then those of each transform (workloads/transform.h). The table drives the
 * reading of files, --set, --help, --dump and the check that every knob has an effect. In a file:
 *
 *   scenario: int4-marlin       # name       summary, source: as in device files
 *   inherits: other             # its keys stand where this file has none
 *   model: llama-3.1-8b         # also hw, runtime: names or paths; the command line overrides
 *   batch: 1
 *   weights.bits: {value: 4, source: "..."}    # or plain 4; {value:, low:, high:, assumed: true}
 *   draft.lengths: [0.1, 0.2, 0.7]             # a list where the table says so
 */
#ifndef WORKLOADS_SCENARIO_H
#define WORKLOADS_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/arena.h"
#include "sim/core/status.h"
#include "sim/core/units.h"

/* DRAFT is a TEXT that names a model, which workload_load loads into the workload's drafts. */
enum scenario_type { SCENARIO_NUMBER, SCENARIO_WORD, SCENARIO_TEXT, SCENARIO_LIST, SCENARIO_DRAFT };

struct scenario_key {
	const char *name;
	enum scenario_type type;
	enum sim_unit unit;   /* of NUMBER and LIST */
	double low, high;     /* inclusive, of NUMBER and of each of LIST */
	const char *fallback; /* as in a file; NULL: absent means "not in use" */
	const char *words;    /* of WORD: "none\0awq\0...", the index is the number */
	const char *what;     /* one line, for help */
};

struct scenario_value {
	bool given;	  /* by a file or the command line; a fallback is not given */
	bool assumed;	  /* the file says so */
	double number;	  /* NUMBER; WORD: index; LIST: its first */
	const char *text; /* WORD and TEXT; "" */
	const double *list;
	size_t list_count;
	double low, high; /* of an assumed value; NaN unknown */
	const char *source;
};

/* Keys of the run, by index; those of transforms follow. */
enum scenario_run_key {
	SCENARIO_MODEL,
	SCENARIO_HW,
	SCENARIO_RUNTIME,
	SCENARIO_LAUNCH,
	SCENARIO_HOST_SPEED,
	SCENARIO_BATCH,
	SCENARIO_CONTEXT,
	SCENARIO_WIDTH,	 /* tokens a sequence brings into one forward (verification width) */
	SCENARIO_TOKENS, /* to generate */
	SCENARIO_SLOTS,	 /* KV slots of a static cache; 0: context + width + tokens + runtime's */
	SCENARIO_RUN_KEY_COUNT
};

struct workload_scenario {
	struct arena arena;
	char name[64];
	char summary[128];
	char source[512];
	struct scenario_value *values; /* scenario_key_count() */
};

size_t scenario_key_count(void);
const struct scenario_key *scenario_key(size_t i);
/* Index of key NAME, or SIZE_MAX. */
size_t scenario_find(const char *name);

/* Names of the built-in scenarios, sorted. */
SIM_MUST_CHECK enum sim_status scenario_names(struct arena *arena, const char ***names,
					      size_t *count, struct sim_diag *diag);

/* Every key at its fallback. SCENARIO is initialized in any case; call scenario_fini always. */
SIM_MUST_CHECK enum sim_status scenario_init(struct workload_scenario *scenario,
					     struct sim_diag *diag);
void scenario_fini(struct workload_scenario *scenario);

/* Read NAME (workloads/scenarios) or a path over what SCENARIO holds. */
SIM_MUST_CHECK enum sim_status scenario_read(struct workload_scenario *scenario,
					     const char *name_or_path, struct sim_diag *diag);

/* One key from TEXT as it would stand in a file; lists as "[1, 2]". Unknown: "did you mean". */
SIM_MUST_CHECK enum sim_status scenario_set(struct workload_scenario *scenario, const char *key,
					    const char *text, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status scenario_set_number(struct workload_scenario *scenario, size_t key,
						   double number, struct sim_diag *diag);

static inline double scenario_number(const struct workload_scenario *scenario, size_t key)
{
	return scenario->values[key].number;
}

/* The effective scenario as YAML that scenario_read takes: what is given, with sources. */
SIM_MUST_CHECK enum sim_status scenario_dump(const struct workload_scenario *scenario, char **text,
					     struct sim_diag *diag);

#endif
