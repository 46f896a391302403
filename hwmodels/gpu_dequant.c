/* Cost of unpacking weights and KV: coefficients, and the equation of gpu_dequant.h. */
#include "hwmodels/gpu_dequant.h"

#include <math.h>

/* Families that unpack have their coefficients behind those of all families. */
int gpu_dequant_param(unsigned family, enum gpu_dequant_coefficient coefficient)
{
	static const unsigned char families[] = {
#define X(name, text) SIM_FAMILY_##name,
		GPU_DEQUANT_LIST(X)
#undef X
	};
	int first = GPU_FIRST_FAMILY_PARAM + SIM_FAMILY_COUNT * GPU_COEFFICIENT_COUNT;
	for (int i = 0; i < (int)sizeof(families); i++)
		if (families[i] == family)
			return first + i * GPU_DEQUANT_COEFFICIENT_COUNT + (int)coefficient;
	return -1;
}

double gpu_dequant_coefficient(const double *values, unsigned family,
			       enum gpu_dequant_coefficient coefficient)
{
	int param = gpu_dequant_param(family, coefficient);
	while (param >= 0 && isnan(values[param]) && gpu_relative(family) != family) {
		family = gpu_relative(family);
		param = gpu_dequant_param(family, coefficient);
	}
	return param >= 0 && !isnan(values[param]) ? values[param] : 0;
}

void gpu_dequant_build(const double *values, unsigned family, struct gpu_dequant *dequant)
{
	double operations = gpu_dequant_coefficient(values, family, GPU_DEQUANT);
	dequant->ps_per_flop = operations / 2 / values[GPU_VECTOR_FP32] * 1e12;
	dequant->exposed = gpu_dequant_coefficient(values, family, GPU_EXPOSED);
	dequant->starved = gpu_dequant_coefficient(values, family, GPU_STARVED);
	double compute = gpu_dequant_coefficient(values, family, GPU_COMPUTE);
	dequant->compute_inverse = compute > 0 ? 1 / compute : 1;
	dequant->is_used = operations > 0 || dequant->starved > 0 || compute > 0;
}

double gpu_dequant_limit(const struct gpu_dequant *dequant, const struct sim_kernel *kernel,
			 double sms, double limit, double matrix_ps)
{
	double unpack = (double)kernel->flops * dequant->ps_per_flop, stream = limit;
	if (kernel->blocks > 0) {
		double per_sm = kernel->blocks / sms, waves = floor(per_sm);
		waves += waves < per_sm;
		unpack *= waves / per_sm;
		stream *= 1 + dequant->starved / per_sm;
	}
	double product = matrix_ps * dequant->compute_inverse;
	unpack = unpack > product ? unpack : product;
	double longer = stream > unpack ? stream : unpack;
	double shorter = stream > unpack ? unpack : stream;
	return longer + dequant->exposed * shorter;
}
