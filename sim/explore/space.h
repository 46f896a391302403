/*
 * Design spaces: what stays (base), what varies (axes), what must hold (constraints), what is wanted
 * (objectives). Read from a sweep file, or put together call by call:
 *
 *   sweep: hbm-and-batch
 *   summary: one line
 *   base: {model: llama-3.1-8b, hw: h100-sxm, launch: graph, hw.hbm.capacity: 141 GB}
 *   axes:
 *     hw.hbm.bandwidth: {from: 2 TB/s, to: 8 TB/s, points: 100, scale: log}
 *     batch: [1, 2, 4, 8]
 *     context: {from: 1024, to: 16384, step: 1024}
 *     hw: [h100-sxm, l4]
 *                                        # {points: 9} alone: from low to high, as the device's
 *                                        # file gives them with the value
 *   sampling: grid                       # default; or {sobol: 4096, seed: 7}, or a search of the
 *                                        # grid: {search: 2000, by: nsga2, population: 64, seed: 7,
 *                                        # refine: 40 %}, at most 2000 designs of it (optimize.h)
 *   let: {per_token: step_ms / batch}    # names for constraints, over fields and axes
 *   constraints: ['fits = 1', 'power_w < 700 and price_usd < 30000']
 *   objectives: [step_ms, joules_per_token, max tokens_per_s]
 *   method: closed                       # simulate, or {screen: 5 %}: closed form for all, simulation
 *                                        # for those within 5 % of the front
 *
 * A key of base or axes is one of scenarios (workloads/scenario.h), or
 *   hw.KEY       a parameter of the device           model.KEY    of the model's architecture
 *   runtime.KEY  host.kernel, host.gemm, host.layer, host.step, workspace
 *   scenario     (base only) a scenario that is read first
 * A name that is no parameter, an empty range, a value out of a parameter's range, a constraint that
 * nothing can satisfy and too many points are told with file and line by explore_space_read() and
 * explore_space_check(), before anything is computed.
 *
 * A point is one value per axis, in the order of space->axes: numbers in SI, words by index. Axes are
 * ordered by what a change of theirs costs, the dearest first (model, runtime, context, launch; then
 * devices and their parameters), and as given where that is alike. Points of a grid are
 * numbered with the last axis fastest. Values of logarithmic ranges need no libm: the same bits
 * everywhere.
 */
#ifndef SIM_EXPLORE_SPACE_H
#define SIM_EXPLORE_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/arena.h"
#include "sim/core/status.h"
#include "sim/core/units.h"
#include "sim/explore/field.h"
#include "workloads/expr.h"

enum {
	EXPLORE_MOST_AXES = 512,
	EXPLORE_MOST_NAMED_AXES = 128, /* that expressions can name */
	EXPLORE_MOST_CONSTRAINTS = 32,
	EXPLORE_MOST_OBJECTIVES = 8,
	EXPLORE_MOST_LETS = 32,
	EXPLORE_MOST_WORDS = 4096, /* values of a list */
};
#define EXPLORE_MOST_POINTS UINT64_C(100000000)

/* What an axis changes, in the order of what a change costs. */
enum explore_target {
	EXPLORE_WORKLOAD, /* text keys of the scenario: files are read */
	EXPLORE_MODEL,	  /* a number of the architecture */
	EXPLORE_RUNTIME,  /* a number of the profile */
	EXPLORE_SCENARIO, /* a number or word of the scenario: lowered anew */
	EXPLORE_LAUNCH,	  /* launch mode, host speed: likewise, for some mechanisms look at them */
	EXPLORE_HW,	  /* device files */
	EXPLORE_DEVICE,	  /* a parameter of the device */
};

enum explore_kind {
	EXPLORE_RANGE, /* numbers between low and high; a grid takes `count` of them */
	EXPLORE_LIST,  /* one of `numbers` */
	EXPLORE_WORDS, /* one of `words`: the value is its index */
};

struct explore_axis {
	const char *name; /* "hw.hbm.bandwidth" */
	enum explore_target target;
	enum explore_kind kind;
	enum sim_unit unit; /* of numbers */
	size_t key;	    /* of the scenario; MODEL: of the model; RUNTIME: of its table */
	const char *param;  /* DEVICE: what follows "hw." */
	bool whole;	    /* whole numbers only */
	bool is_log;	    /* RANGE */
	double low, high;   /* RANGE, inclusive; LIST: least and largest */
	double step;	    /* RANGE: between values of a grid, 0: spaced by count */
	uint64_t count;	    /* values of a grid */
	const double *numbers;
	const char *const *words;
	long line; /* 0: not from a file */
};

struct explore_setting {
	const char *key, *value;
	long line;
};

struct explore_constraint {
	const char *text; /* as given */
	struct expr expr;
	long line;
};

enum explore_sampling { EXPLORE_GRID, EXPLORE_SOBOL, EXPLORE_SEARCH };
enum explore_method { EXPLORE_CLOSED, EXPLORE_SIMULATE, EXPLORE_SCREEN };
const char *explore_method_text(unsigned method);

struct hw_device;

struct explore_space {
	struct arena arena;
	const char *path; /* for messages */
	const char *name, *summary;
	struct explore_setting *base;
	size_t base_count, base_capacity;
	struct explore_axis *axes;
	size_t axis_count, axis_capacity;
	enum explore_sampling sampling;
	uint64_t samples, seed; /* of SOBOL and SEARCH */
	uint64_t population;	/* of SEARCH, as the next two */
	double refine;
	bool evolves; /* nsga2, not Sobol's sequence */
	enum explore_method method;
	double margin; /* SCREEN: a share of each objective */
	struct explore_objective objectives[EXPLORE_MOST_OBJECTIVES];
	size_t objective_count;
	struct explore_constraint constraints[EXPLORE_MOST_CONSTRAINTS];
	size_t constraint_count;
	/* slots of expressions: fields, then axes with numbers, then lets */
	const char **names;
	struct expr_scope scope;
	struct expr lets[EXPLORE_MOST_LETS];
	size_t let_count;
	uint64_t point_count; /* by explore_space_close */
	bool closed;
	struct hw_device *devices; /* of hw, loaded when an axis first asks for a parameter */
	size_t device_count;
};

/* SPACE is initialized in any case: call explore_space_fini always. */
SIM_MUST_CHECK enum sim_status explore_space_init(struct explore_space *space,
						  struct sim_diag *diag);
void explore_space_fini(struct explore_space *space);

/* A whole file, by name (workloads/sweeps) or path, closed and checked. SPACE is initialized by it in
 * any case. */
SIM_MUST_CHECK enum sim_status explore_space_read(struct explore_space *space,
						  const char *name_or_path, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status explore_space_names(struct arena *arena, const char ***names,
						   size_t *count, struct sim_diag *diag);
/* The same from the TEXT of a file called NAME in messages. */
SIM_MUST_CHECK enum sim_status explore_space_parse(struct explore_space *space, const char *name,
						   const char *text, size_t length,
						   struct sim_diag *diag);

/* --- call by call: settings and axes, then close, then constraints and objectives, then check --- */

/* KEY of the base at VALUE as text; a later one replaces an earlier one. LINE 0: no file. */
SIM_MUST_CHECK enum sim_status explore_space_set(struct explore_space *space, const char *key,
						 const char *value, long line,
						 struct sim_diag *diag);

/*
 * Axes; unknown names: "did you mean". Values of ranges are in SI; a list's are texts as in a file.
 * hw, as setting or axis, comes before axes hw.KEY.
 */
SIM_MUST_CHECK enum sim_status explore_space_add_range(struct explore_space *space,
						       const char *name, double low, double high,
						       uint64_t count, bool is_log,
						       struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status explore_space_add_list(struct explore_space *space, const char *name,
						      const char *const *texts, size_t count,
						      long line, struct sim_diag *diag);

/* Order the axes, count the points, name the slots. No axes after this. */
SIM_MUST_CHECK enum sim_status explore_space_close(struct explore_space *space,
						   struct sim_diag *diag);

/*
 * TEXT over fields, axes and lets; "a = b" is a == b, "and", "or", "not" as &&, ||, !. Several
 * joined by "and" become several constraints.
 */
SIM_MUST_CHECK enum sim_status explore_space_constrain(struct explore_space *space,
						       const char *text, long line,
						       struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status explore_space_want(struct explore_space *space, const char *text,
						  long line, struct sim_diag *diag);

/* A constraint that no value of the axes and no possible result satisfies: SIM_E_RANGE. */
SIM_MUST_CHECK enum sim_status explore_space_check(const struct explore_space *space,
						   struct sim_diag *diag);

/* --- values --- */

/* Axis NAME, or SIZE_MAX. */
size_t explore_axis_find(const struct explore_space *space, const char *name);

/* Value I of the axis' grid. */
double explore_axis_value(const struct explore_axis *axis, uint64_t i);

/* Value at SHARE in [0, 1] of the axis, by its scale; lists, words and whole numbers take a step. */
double explore_axis_at(const struct explore_axis *axis, double share);

/* Values of point INDEX into VALUES (axis_count). */
void explore_grid_point(const struct explore_space *space, uint64_t index, double *values);

/* AXIS at VALUE as a person writes it: "3.35 TB/s", "h100-sxm". Returns OUT. */
char *explore_axis_format(const struct explore_axis *axis, double value, char *out, size_t size);

#endif
