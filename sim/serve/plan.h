/*
 * Plan: which deployment serves a load within its objectives, at what price, power and count.
 *
 *   plan: chat
 *   deployment: ...               # as in a SERVE.yaml; what the search does not change
 *   load: ...
 *   objectives: ...               # at least one
 *   search:
 *     hw: [h100-sxm, l4]          # any key of a deployment: a list, or for whole numbers
 *     replicas: {from: 1, to: 32} # a range
 *     batch.limit: [32, 128]
 *     tp: [1, 2, 4]               # a replica is then a group of devices; also pp, ep
 *   prices: {h100-sxm: 2.5 USD/h} # of a device, by hw; else the device's own
 *
 * Every combination of the other keys is a candidate; of each the least count of replicas that
 * meets all objectives is found by bisection over `replicas` (latencies fall with the count; what
 * is reported as the least was simulated, and the count below it was, too, and fails).
 * The answers are the cheapest (price an hour), the least power (average over the run) and the
 * fewest devices, groups counted whole; ties go to the cheaper, then to the one that stands first.
 *
 * Of each answer: its margin and the objective that binds (the least relative margin); whether it
 * still meets them with every step at the slow end of its error band; and by how much the load may
 * grow (bisection to 2 %, up to 16 times) and what fails then.
 */
#ifndef SIM_SERVE_PLAN_H
#define SIM_SERVE_PLAN_H

#include "sim/serve/deploy.h"

enum {
	PLAN_MOST_AXES = 12,
	PLAN_MOST_VALUES = 256,
	PLAN_MOST_CANDIDATES = 4096,
	PLAN_TEXT = 256,
	PLAN_MOST_THREADS = 256
};

struct plan_axis {
	const char *key;
	const char **values;
	size_t count;
	long line;
};

enum plan_outcome { PLAN_MEETS, PLAN_FAILS, PLAN_MEMORY, PLAN_REFUSED };

struct plan_candidate {
	size_t choice[PLAN_MOST_AXES]; /* of each axis */
	enum plan_outcome outcome;
	uint32_t replicas; /* that meet; where none do, the most */
	double devices;
	char why[PLAN_TEXT]; /* FAILS, MEMORY, REFUSED */
	char fewer
		[PLAN_TEXT]; /* MEETS: why one count less does not; "": it is the least asked for */
	struct serve_report report;
	bool has_report;
	uint64_t runs, digest; /* of its simulations */
};

enum plan_goal { PLAN_CHEAPEST, PLAN_LEAST_POWER, PLAN_FEWEST, PLAN_GOAL_COUNT };

/* What is said of an answer beside its report. */
struct plan_answer {
	size_t candidate; /* SIZE_MAX: none meets, or none has what the goal is about */
	size_t binding;	  /* check of its report; SIZE_MAX: none */
	double margin;
	bool has_band, meets_slow; /* at the slow end of the band */
	char slow[PLAN_TEXT];	   /* what fails there */
	double growth;		   /* of the rate that is still met; NaN: not a load of a rate */
	char next[PLAN_TEXT];	   /* what fails above; "": nothing up to 16 times */
};

struct serve_plan {
	struct serve_spec spec;
	struct load load;
	struct plan_axis axes[PLAN_MOST_AXES];
	size_t axis_count;
	uint32_t *replicas; /* ascending */
	size_t replica_count;
	struct plan_price {
		const char *hw;
		double usd_per_hour;
	} prices[PLAN_MOST_VALUES];
	size_t price_count;
	struct plan_candidate *candidates;
	size_t candidate_count;
	struct plan_answer answers[PLAN_GOAL_COUNT];
	uint64_t runs; /* simulated */
	uint64_t digest;
	unsigned threads; /* 0, 1: the caller's alone; the answers are the same */
	void (*progress)(size_t done, size_t total); /* may be NULL; one call at a time */
};

const char *plan_goal_text(unsigned goal);
const char *plan_outcome_text(unsigned outcome);

/* PLAN is initialized in any case: call plan_fini always. Says what is wrong before anything is
 * computed: unknown keys, empty ranges, too many candidates, no objective. */
SIM_MUST_CHECK enum sim_status plan_read(const char *path, struct serve_plan *plan,
					 struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status plan_parse(const char *name, const char *text, size_t length,
					  struct serve_plan *plan, struct sim_diag *diag);
/* SIM_OK also where no candidate meets the objectives: the answers say so. */
SIM_MUST_CHECK enum sim_status plan_run(struct serve_plan *plan, struct sim_diag *diag);
void plan_fini(struct serve_plan *plan);

#endif
