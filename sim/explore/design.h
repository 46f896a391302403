/*
 * What designs have in common, kept by a worker: devices with their parameters set, workloads
 * loaded, steps lowered. Internal to design*.c and evaluate.c.
 */
#ifndef SIM_EXPLORE_DESIGN_H
#define SIM_EXPLORE_DESIGN_H

#include "sim/explore/evaluate.h"
#include "sim/explore/space_parts.h"
#include "validate/case_run.h"

enum { DESIGN_WORKLOADS = 16, DESIGN_STEPS = 16 };

/* A device, at the values of the last point. */
struct design_device {
	struct run_setup setup;	 /* its device; its workload is empty but while it is lent one */
	uint64_t hash;		 /* of the base */
	struct hw_value *before; /* of the base: param_count */
	double *set;		 /* values of axes as they are built in; NaN: not yet */
	int *params;		 /* of axes: index of the parameter, or -1 */
	double peaks[16];	 /* of each unit before anything was set */
	bool broken;		 /* the values exclude each other: why */
	char why[160];
};

/* Index of the device in VALUES, which are set where they differ. SIM_OK and `broken`: no device. */
SIM_MUST_CHECK enum sim_status design_device_init(struct design_device *device,
						  const struct explore_space *space, size_t index,
						  struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status design_device_set(struct design_device *device,
						 const struct explore_space *space,
						 const double *values, struct sim_diag *diag);
void design_device_fini(struct design_device *device);

/* A workload of one choice of the text keys; numbers are set before it is lowered. */
struct design_workload {
	bool used;
	uint64_t age;  /* of the last use */
	double *texts; /* values of the axes that name files: axis_count */
	struct workload workload;
	struct workload_model model; /* as the base has it */
	struct runtime_host host;
	double workspace_bytes;
	uint64_t hash;
	bool broken; /* it cannot be loaded: why */
	char why[160];
};

/* Lowered: what the device and the launch do not change. */
struct design_step {
	bool used;
	uint64_t age;
	struct design_workload *of;
	double sm_count, lowered_sm_count;
	double *values; /* of the axes up to SCENARIO */
	struct workload_iteration iteration;
	struct workload_capacity capacity;
	struct workload_step step; /* of the first forward */
	struct sim_kernel *kernels;
	struct sim_run *runs;
	bool has_runs; /* the iteration is one step that closed_form_runs() takes */
	bool has_program, has_prefill;
	struct run_program program, prefill;
	double tokens, batch, context, host_speed;
	enum sim_launch launch;
	struct run_result sums; /* bytes and flops of the iteration */
	bool broken;
	char why[160];
};

void design_workload_fini(struct design_workload *workload);
void design_step_fini(struct design_step *step);

struct explore_worker {
	const struct explore_space *space;
	struct design_device *devices;
	size_t device_count, hw_axis; /* SIZE_MAX: none */
	size_t lowering_axes;	      /* axes [0, this) change what is lowered */
	struct design_workload workloads[DESIGN_WORKLOADS];
	struct design_step steps[DESIGN_STEPS];
	uint64_t clock;
	bool wants_prefill, wants_largest;
	struct case_outcome *outcome;
};

/* A method that computes no time: what is held and what the device costs. */
#define DESIGN_NOTHING_RUN EXPLORE_SCREEN
SIM_MUST_CHECK enum sim_status design_evaluate(struct explore_worker *worker, const double *values,
					       enum explore_method method,
					       struct explore_result *result,
					       struct sim_diag *diag);

/* The workload of VALUES' texts. */
SIM_MUST_CHECK enum sim_status design_workload_get(struct explore_worker *worker,
						   const double *values,
						   struct design_workload **workload,
						   struct sim_diag *diag);
/* The step of VALUES, lowered for a device of SM_COUNT. */
SIM_MUST_CHECK enum sim_status design_step_get(struct explore_worker *worker, const double *values,
					       double sm_count, struct design_step **step,
					       struct sim_diag *diag);
/* Its program, for the simulation and for what the closed form of runs does not take. */
SIM_MUST_CHECK enum sim_status design_step_program(const struct explore_worker *worker,
						   struct design_step *step, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status design_step_prefill(const struct explore_worker *worker,
						   struct design_step *step, struct sim_diag *diag);
/* run_largest() of it on the device of SETUP. */
SIM_MUST_CHECK enum sim_status
design_step_largest(const struct explore_worker *worker, struct design_step *step,
		    struct run_setup *setup, struct run_result *result, struct sim_diag *diag);

/* Set the numbers of the lowering axes' VALUES in WORKLOAD. */
SIM_MUST_CHECK enum sim_status design_workload_set(const struct explore_worker *worker,
						   struct design_workload *workload,
						   const double *values, struct sim_diag *diag);

/* Content of a loaded workload: model, profile, scenario. */
uint64_t design_workload_hash(const struct workload *workload, uint64_t seed);
uint64_t design_hash_text(uint64_t hash, const char *text);
uint64_t design_hash_number(uint64_t hash, double number);

/* A failure of a point: SIM_OK with the reason kept, but for memory that ran out and bugs. */
enum sim_status design_excuse(enum sim_status status, const struct sim_diag *why, char *text,
			      size_t size, struct sim_diag *diag);

#endif
