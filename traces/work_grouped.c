/*
 * Grouped GEMM over the experts of a mixture: x [R,K], weights [E,K,N], offsets [E].
 *
 * The dims name all E experts, the kernel reads those that a token chose. With B tokens that choose
 * k distinct experts each, independently and evenly,
 *   touched = E (1 - (1 - k/E)^B)          exactly k for B = 1
 * and, where the routing was not seen, R rows of unknown origin touch
 *   touched = min(R, E (1 - (1 - 1/E)^R)).
 * Symbols: E experts, k experts per token, B routed tokens, R = B k rows. Routing comes from the
 * last top-k before (work_context) when its B k equals R. Real routers are uneven, so this is an
 * upper estimate for B > 1. flops = 2 R N K.
 */
#include "traces/work_rules.h"

/* BASE^EXPONENT by repeated squaring: the same bits everywhere, unlike a library's pow. */
static double power(double base, uint64_t exponent)
{
	double result = 1.0;
	for (; exponent > 0; exponent >>= 1) {
		if (exponent & 1)
			result *= base;
		base *= base;
	}
	return result;
}

double work_experts_touched(uint64_t experts, uint64_t tokens, uint64_t per_token)
{
	double all = (double)experts;
	if (experts == 0 || tokens == 0 || per_token == 0)
		return 0.0;
	if (per_token >= experts)
		return all;
	if (tokens == 1)
		return (double)per_token;
	return all * (1.0 - power(1.0 - (double)per_token / all, tokens));
}

static double touched_experts(const struct work_context *context, uint64_t experts, uint64_t rows)
{
	uint64_t per_token = context->experts_per_token, tokens = context->routed_tokens;
	if (per_token > 0 && per_token <= experts && work_mul(tokens, per_token) == rows)
		return work_experts_touched(experts, tokens, per_token);
	double touched = work_experts_touched(experts, rows, 1);
	return touched < (double)rows ? touched : (double)rows;
}

/* A pointer set and a problem size per expert: three pointers, three strides, three sizes. */
static bool setup(struct work_case *it, uint64_t experts)
{
	enum { DESCRIPTION = 3 * 8 + 3 * 8 + 3 * 4, OFFSET = 4 };
	it->kernel->op = SIM_OP_ROUTING;
	it->kernel->dtype = SIM_DTYPE_I32;
	work_read(it, work_mul(experts, OFFSET));
	work_write(it, work_mul(experts, DESCRIPTION));
	return true;
}

bool work_grouped_mm(struct work_case *it)
{
	const struct work_tensor *x = work_shape_tensor(it->shape, 0);
	const struct work_tensor *weights = work_shape_tensor(it->shape, 1);
	if (x == NULL || weights == NULL || x->rank != 2 || weights->rank != 3 ||
	    x->dims[1] != weights->dims[1])
		return false;
	uint64_t experts = weights->dims[0], n = weights->dims[2], k = weights->dims[1];
	uint64_t rows = x->dims[0];
	if (it->kernel->family == SIM_FAMILY_GEMM_SETUP)
		return setup(it, experts);
	if (it->kernel->family != SIM_FAMILY_GEMM_GROUPED && it->kernel->family != SIM_FAMILY_FUSED)
		return false;
	double expert_bytes = (double)work_bytes(work_mul(n, k), weights->dtype);
	double bytes = touched_experts(it->context, experts, rows) * expert_bytes;
	if (bytes >= (double)WORK_LIMIT)
		return false;
	it->detail->m = work_narrow(rows);
	it->detail->n = work_narrow(n);
	it->detail->k = work_narrow(k);
	it->kernel->dtype = weights->dtype;
	it->kernel->weight_bytes = (uint64_t)(bytes + 0.5);
	work_read(it, work_distinct_bytes(x));
	work_read(it, work_distinct_bytes(work_shape_tensor(it->shape, 2)));
	work_write(it, work_bytes(work_mul(rows, n), x->dtype));
	work_flops(it, work_mul(work_mul(rows, n), k), 2);
	return true;
}
