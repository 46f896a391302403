/* Robust fit of one curve per family with GSL's simplex: see fit.h. */
#include "validate/fit.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hwmodels/gpu.h"

enum { SIMPLEX_STEPS = 2000, SIMPLEX_ROUNDS = 3, START_COUNT = 5, PRIOR_KERNELS = 50 };

static const double huber_delta = 0.025;
static const double prior_weight = 0.02;

struct prior {
	double center; /* SI */
	double sigma;  /* of the logarithm */
};

static bool reduces(unsigned family)
{
	switch (family) {
	case SIM_FAMILY_REDUCE:
	case SIM_FAMILY_ARGMAX:
	case SIM_FAMILY_SOFTMAX:
	case SIM_FAMILY_TOPK:
	case SIM_FAMILY_SORT:
	case SIM_FAMILY_SCAN:
	case SIM_FAMILY_ATTN_COMBINE:
		return true;
	default:
		return false;
	}
}

/*
 * Centers are orders of magnitude of a current GPU; a factor of two either way costs nothing. A block
 * of attention fills its pipeline by the first tile of keys, which its elements count. GEMMs with a shorter pipeline start and end like the others, whose fit comes before theirs.
 */
static struct prior prior_of(const double *values, unsigned family,
			     enum gpu_coefficient coefficient)
{
	bool streams = gpu_element_hides(family);
	if (family == SIM_FAMILY_GEMM_SHALLOW || family == SIM_FAMILY_GEMM_TIGHT) {
		double like = gpu_coefficient(values, SIM_FAMILY_GEMM, coefficient);
		if (coefficient == GPU_STREAM)
			return (struct prior){like, 0.15};
		if (like > 0)
			return (struct prior){like, 0.05};
	}
	switch (coefficient) {
	case GPU_FIXED:
		return family == SIM_FAMILY_ATTN ? (struct prior){1.8e-6, 0.1}
						 : (struct prior){streams ? 3e-6 : 1.3e-6, 0.7};
	case GPU_RAMP:
		return family == SIM_FAMILY_ATTN ? (struct prior){1e-9, 0.5}
						 : (struct prior){streams ? 2e-6 : 1e-9, 1.0};
	case GPU_STREAM:
		return (struct prior){0.93, 0.07};
	case GPU_SPREAD: /* one block that reduces touches its lines in a row */
		return (struct prior){streams || reduces(family) ? 1e-12 : 3e-8, 0.4};
	default:
		return family == SIM_FAMILY_ATTN
			       ? (struct prior){1e-8, 0.1}
			       : (struct prior){streams ? 1e-11 : 3e-9, streams ? 1.5 : 1.0};
	}
}

struct problem {
	const struct hw_model *model;
	double *values;
	struct sim_kernel *kernels;
	struct machine_demand *demands;
	double *measured_ps;
	double *weights; /* sum to 1 */
	size_t count;
	unsigned family;
	enum sim_status status;
};

static enum sim_status build_machine(const struct hw_model *model, const double *values,
				     struct arena *arena, struct machine *machine)
{
	arena_init(arena);
	memset(machine, 0, sizeof(*machine));
	machine->name = "fit";
	machine->model_name = model->name;
	TRY(model->build(values, arena, machine, NULL));
	machine_finish(machine);
	return SIM_OK;
}

double predict_alone_ps(const struct machine *machine, const struct sim_kernel *kernel)
{
	struct machine_demand demand;
	machine_demand(machine, kernel, 1, &demand);
	return (double)(demand.fixed_ps + demand_service_ps(machine, &demand));
}

static double huber(double residual)
{
	double size = fabs(residual);
	return size < huber_delta ? 0.5 * size * size : huber_delta * (size - 0.5 * huber_delta);
}

static void set_theta(struct problem *problem, const gsl_vector *theta)
{
	const struct hw_param *params = problem->model->params;
	for (int c = 0; c < GPU_COEFFICIENT_COUNT; c++) {
		int index = gpu_coefficient_param(problem->family, (enum gpu_coefficient)c);
		double value = exp(gsl_vector_get(theta, (size_t)c));
		value = value > params[index].high ? params[index].high : value;
		problem->values[index] = value < params[index].low ? params[index].low : value;
	}
}

static double data_loss(struct problem *problem)
{
	struct arena arena;
	struct machine machine;
	double loss = 0;
	problem->status = build_machine(problem->model, problem->values, &arena, &machine);
	if (problem->status == SIM_OK) {
		machine_demand(&machine, problem->kernels, problem->count, problem->demands);
		for (size_t i = 0; i < problem->count; i++) {
			double predicted =
				(double)(problem->demands[i].fixed_ps +
					 demand_service_ps(&machine, &problem->demands[i]));
			loss += problem->weights[i] *
				huber(predicted / problem->measured_ps[i] - 1);
		}
	}
	arena_fini(&arena);
	return loss;
}

static double objective(const gsl_vector *theta, void *context)
{
	struct problem *problem = context;
	double penalty = 0;
	set_theta(problem, theta);
	for (int c = 0; c < GPU_COEFFICIENT_COUNT; c++) {
		struct prior prior =
			prior_of(problem->values, problem->family, (enum gpu_coefficient)c);
		double off = (gsl_vector_get(theta, (size_t)c) - log(prior.center)) / prior.sigma;
		penalty += off * off;
	}
	double samples = problem->count < PRIOR_KERNELS ? (double)problem->count : PRIOR_KERNELS;
	double scale = samples / (2 * huber_delta * huber_delta);
	double loss = data_loss(problem);
	return problem->status == SIM_OK ? loss * scale + prior_weight * penalty : GSL_NAN;
}

/* One simplex run from THETA, which is replaced by where it ends. Returns the value there. */
static double descend(struct problem *problem, gsl_vector *theta, gsl_vector *step,
		      gsl_multimin_fminimizer *simplex)
{
	gsl_multimin_function function = {objective, GPU_COEFFICIENT_COUNT, problem};
	gsl_vector_set_all(step, 0.2);
	if (gsl_multimin_fminimizer_set(simplex, &function, theta, step) != GSL_SUCCESS)
		return GSL_NAN;
	for (int i = 0; i < SIMPLEX_STEPS; i++) {
		if (gsl_multimin_fminimizer_iterate(simplex) != GSL_SUCCESS)
			break;
		if (gsl_multimin_test_size(gsl_multimin_fminimizer_size(simplex), 1e-5) ==
		    GSL_SUCCESS)
			break;
	}
	gsl_vector_memcpy(theta, gsl_multimin_fminimizer_x(simplex));
	return gsl_multimin_fminimizer_minimum(simplex);
}

static enum sim_status minimise(struct problem *problem, struct sim_diag *diag)
{
	/* of log fixed, log element and log spread */
	static const double shifts[START_COUNT][3] = {
		{0, 0, 0}, {0.5, 0, 0}, {-0.5, 0, 0}, {-0.2, 0, 1.5}, {-0.2, 1.5, 0}};
	gsl_vector *theta = gsl_vector_alloc(GPU_COEFFICIENT_COUNT);
	gsl_vector *step = gsl_vector_alloc(GPU_COEFFICIENT_COUNT);
	gsl_vector *best = gsl_vector_alloc(GPU_COEFFICIENT_COUNT);
	gsl_multimin_fminimizer *simplex = gsl_multimin_fminimizer_alloc(
		gsl_multimin_fminimizer_nmsimplex2, GPU_COEFFICIENT_COUNT);
	double least = GSL_NAN;
	if (theta == NULL || step == NULL || best == NULL || simplex == NULL)
		problem->status = diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (int s = 0; s < START_COUNT && problem->status == SIM_OK; s++) {
		for (int c = 0; c < GPU_COEFFICIENT_COUNT; c++)
			gsl_vector_set(theta, (size_t)c,
				       log(prior_of(problem->values, problem->family,
						    (enum gpu_coefficient)c)
						   .center) +
					       (c == GPU_FIXED	   ? shifts[s][0]
						: c == GPU_ELEMENT ? shifts[s][1]
						: c == GPU_SPREAD  ? shifts[s][2]
								   : 0));
		double value = GSL_NAN;
		for (int round = 0; round < SIMPLEX_ROUNDS; round++)
			value = descend(problem, theta, step, simplex);
		if (!isnan(value) && !(value >= least)) {
			least = value;
			gsl_vector_memcpy(best, theta);
		}
	}
	if (problem->status == SIM_OK && isnan(least))
		problem->status = diag_fail(diag, SIM_E_NUMERIC, "no fit found for family '%s'",
					    sim_family_text(problem->family));
	if (problem->status == SIM_OK)
		set_theta(problem, best);
	gsl_multimin_fminimizer_free(simplex);
	gsl_vector_free(theta);
	gsl_vector_free(step);
	gsl_vector_free(best);
	return problem->status;
}

/* Fill PROBLEM with FAMILY's samples; weights normalised per model so that each counts alike. */
static void gather(const struct sample_set *set, unsigned family, int leave_out,
		   double *model_weight, struct problem *problem)
{
	double models = 0;
	problem->family = family;
	problem->count = 0;
	memset(model_weight, 0, set->model_count * sizeof(*model_weight));
	for (size_t i = 0; i < set->count; i++) {
		const struct sample *sample = &set->samples[i];
		if (sample->kernel.family != family || (int)sample->model == leave_out ||
		    sample->measured_ps <= 0)
			continue;
		problem->kernels[problem->count] = sample->kernel;
		problem->measured_ps[problem->count] = sample->measured_ps;
		problem->weights[problem->count++] = sample->count * sample->measured_ps;
		model_weight[sample->model] += sample->count * sample->measured_ps;
	}
	for (size_t m = 0; m < set->model_count; m++)
		models += model_weight[m] > 0;
	for (size_t i = 0, at = 0; i < set->count; i++) {
		const struct sample *sample = &set->samples[i];
		if (sample->kernel.family != family || (int)sample->model == leave_out ||
		    sample->measured_ps <= 0)
			continue;
		problem->weights[at++] /= model_weight[sample->model] * models;
	}
}

struct pair {
	double value, weight;
};

static int compare_pairs(const void *a, const void *b)
{
	double x = ((const struct pair *)a)->value, y = ((const struct pair *)b)->value;
	return (x > y) - (x < y);
}

double weighted_quantile(double *values, double *weights, size_t count, double quantile)
{
	double total = 0, below = 0, result = NAN;
	struct pair *pairs = calloc(count + 1, sizeof(*pairs));
	if (pairs == NULL)
		return NAN;
	for (size_t i = 0; i < count; i++) {
		pairs[i] = (struct pair){values[i], weights[i]};
		total += weights[i];
	}
	qsort(pairs, count, sizeof(*pairs), compare_pairs);
	for (size_t i = 0; i < count; i++) {
		result = pairs[i].value;
		below += pairs[i].weight;
		if (below >= quantile * total)
			break;
	}
	free(pairs);
	return result;
}

static void residuals_of(struct problem *problem, struct hw_residual *residual)
{
	struct arena arena;
	struct machine machine;
	double kernels = 0;
	if (build_machine(problem->model, problem->values, &arena, &machine) == SIM_OK) {
		for (size_t i = 0; i < problem->count; i++) {
			double predicted = predict_alone_ps(&machine, &problem->kernels[i]);
			problem->measured_ps[i] = predicted / problem->measured_ps[i] - 1;
		}
	}
	arena_fini(&arena);
	for (size_t i = 0; i < problem->count; i++)
		kernels += 1;
	residual->kernels = (uint64_t)kernels;
	residual->p05 =
		weighted_quantile(problem->measured_ps, problem->weights, problem->count, 0.05);
	residual->p50 =
		weighted_quantile(problem->measured_ps, problem->weights, problem->count, 0.50);
	residual->p95 =
		weighted_quantile(problem->measured_ps, problem->weights, problem->count, 0.95);
}

static void forget_family(struct hw_device *device, unsigned family)
{
	for (int c = 0; c < GPU_COEFFICIENT_COUNT; c++)
		device->numbers[gpu_coefficient_param(family, (enum gpu_coefficient)c)] = NAN;
}

static enum sim_status fit_all(struct hw_device *device, const struct sample_set *set,
			       int leave_out, struct problem *problem, double *model_weight,
			       struct fit_report *report, struct sim_diag *diag)
{
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++) {
		gather(set, family, leave_out, model_weight, problem);
		report->fitted[family] = problem->count > 0;
		report->residuals[family] = (struct hw_residual){0};
		if (problem->count == 0) {
			forget_family(device, family);
			continue;
		}
		TRY(minimise(problem, diag));
		residuals_of(problem, &report->residuals[family]);
	}
	return SIM_OK;
}

enum sim_status fit_families(struct hw_device *device, const struct sample_set *set, int leave_out,
			     struct fit_report *report, struct sim_diag *diag)
{
	if (strcmp(device->model->name, "gpu") != 0)
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "only devices of model 'gpu' can be calibrated: '%s' is '%s'",
				 device->name, device->model->name);
	gsl_set_error_handler_off();
	struct problem problem = {.model = device->model, .values = device->numbers};
	double *model_weight = calloc(set->model_count + 1, sizeof(*model_weight));
	problem.kernels = calloc(set->count + 1, sizeof(*problem.kernels));
	problem.demands = calloc(set->count + 1, sizeof(*problem.demands));
	problem.measured_ps = calloc(set->count + 1, sizeof(*problem.measured_ps));
	problem.weights = calloc(set->count + 1, sizeof(*problem.weights));
	enum sim_status status = SIM_OK;
	if (model_weight == NULL || problem.kernels == NULL || problem.demands == NULL ||
	    problem.measured_ps == NULL || problem.weights == NULL)
		status = diag_fail(diag, SIM_E_NOMEM, "out of memory");
	if (status == SIM_OK)
		status = fit_all(device, set, leave_out, &problem, model_weight, report, diag);
	free(model_weight);
	free(problem.kernels);
	free(problem.demands);
	free(problem.measured_ps);
	free(problem.weights);
	TRY(status);
	for (size_t i = 0; i < device->param_count; i++)
		device->values[i].value = device->numbers[i];
	return device_rebuild(device, diag);
}
