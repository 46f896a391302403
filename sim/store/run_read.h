/*
 * Reading stored runs back: what a run was of, where its step went, its kernels by group.
 */
#ifndef SIM_STORE_RUN_READ_H
#define SIM_STORE_RUN_READ_H

#include "sim/core/arena.h"
#include "sim/store/store.h"

enum { STORE_MOST_PARTS = 64 };

struct stored_part {
	const char *name; /* as sim_part_text had it when the run was stored */
	int64_t ps;
};

/* Kernels of one name, shape and geometry; over all steps. */
struct stored_group {
	const char *name, *op_name, *shape, *grid, *block, *op, *family, *dtype;
	int64_t count, predicted_ps;
};

struct stored_value {
	const char *key, *unit;
	double value; /* NaN: unknown */
};

struct stored_run {
	struct arena arena; /* holds the texts */
	int64_t id;
	const char *trace, *hw, *model, *launch, *version; /* version "" unknown */
	const char *trace_hash, *hw_hash, *digest;
	double host_speed;
	int64_t kernels, steps;
	int64_t step_ps, device_span_ps, device_busy_ps, host_ps, floor_ps; /* means over steps */
	double energy_j, average_w, joules_per_token, usd_per_mtoken;	    /* NaN: unknown */
	struct stored_part parts[STORE_MOST_PARTS];
	size_t part_count;
	struct stored_group *groups;
	size_t group_count;
	struct stored_value *values; /* of the device, by key */
	size_t value_count;
};

/*
 * Id of the run that WORD names: a number, "last", or "last~N", the Nth before the last.
 * SIM_E_USAGE: no such form; SIM_E_NOT_FOUND.
 */
SIM_MUST_CHECK enum sim_status store_find_run(struct store *store, const char *word, int64_t *id,
					      struct sim_diag *diag);

/* RUN is initialized in any case: call stored_run_fini always. Rows that make no run: SIM_E_DB. */
SIM_MUST_CHECK enum sim_status store_read_run(struct store *store, int64_t id,
					      struct stored_run *run, struct sim_diag *diag);
void stored_run_fini(struct stored_run *run);

#endif
