/*
 * Families that a name alone does not tell apart.
 *
 * GEMM: a pipeline of S stages whose C thread blocks of a cluster share every stage runs S / C
 * stages ahead of its slowest member. With few it stalls and draws less of the memory's bandwidth:
 * the fitted share is 0.95 at S / C >= 3, 0.93 at 2 and 0.87 at 1.5 (gemm*.stream of
 * hwmodels/devices/h100-sxm.yaml). Read off the name:
 * nvjet_sm90_tst_TILExTILE_DEPTHxSTAGES_CLUSTERxCLUSTER_...
 *
 * Pointwise: what it computes, and whether its last block is full.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "traces/work_rules.h"

/*
 * A vectorized pointwise kernel by what its time follows. Its blocks take threads * 2^k elements, k
 * at least 3 where the grid allows; a last block with fewer goes element by element.
 */
static uint8_t pointwise_family(const struct work_case *it)
{
	enum { MATH_FLOPS = 4, LEAST_SHIFT = 1, USUAL_SHIFT = 3, MOST_SHIFT = 6 };
	const struct sim_kernel *kernel = it->kernel;
	unsigned bits = sim_dtype_bits(kernel->dtype);
	unsigned cost = it->op != NULL ? it->op->flops : 0;
	if (cost >= MATH_FLOPS)
		return SIM_FAMILY_ELEMENTWISE_MATH;
	if (kernel->blocks == 0 || kernel->threads == 0 || bits == 0)
		return SIM_FAMILY_ELEMENTWISE;
	uint64_t elements = cost > 0 ? kernel->flops / cost
				     : (kernel->act_read_bytes / bits) * 8 +
					       (kernel->act_read_bytes % bits) * 8 / bits;
	uint64_t block = 0;
	for (unsigned shift = LEAST_SHIFT; shift <= MOST_SHIFT; shift++) {
		uint64_t candidate = (uint64_t)kernel->threads << shift;
		bool fits = elements / candidate + (elements % candidate != 0) == kernel->blocks;
		if (fits && (block == 0 || shift <= USUAL_SHIFT))
			block = candidate;
	}
	return block != 0 && elements % block != 0 ? SIM_FAMILY_ELEMENTWISE_PARTIAL
						   : SIM_FAMILY_ELEMENTWISE;
}

/* The pairs "AxB" between underscores, in order: tile, depth and stages, cluster. */
static unsigned pairs_of(const char *name, unsigned long pairs[][2], unsigned most)
{
	unsigned count = 0;
	for (const char *at = strchr(name, '_'); at != NULL && count < most;
	     at = strchr(at + 1, '_')) {
		char *middle, *end;
		if (!isdigit((unsigned char)at[1]))
			continue;
		pairs[count][0] = strtoul(at + 1, &middle, 10);
		if (*middle != 'x' || !isdigit((unsigned char)middle[1]))
			continue;
		pairs[count][1] = strtoul(middle + 1, &end, 10);
		if (*end == '_' || *end == '\0')
			count++;
	}
	return count;
}

uint8_t work_gemm_family(const char *name)
{
	enum { TILE, DEPTH_STAGES, CLUSTER, PAIRS, MOST = 1024, DEEP = 3, SHALLOW = 2 };
	unsigned long pairs[PAIRS][2];
	if (strncmp(name, "nvjet", 5) != 0 || pairs_of(name, pairs, PAIRS) != PAIRS)
		return SIM_FAMILY_GEMM;
	unsigned long stages = pairs[DEPTH_STAGES][1];
	unsigned long across = pairs[CLUSTER][0], along = pairs[CLUSTER][1];
	if (across == 0 || along == 0 || across > MOST || along > MOST || stages > MOST)
		return SIM_FAMILY_GEMM;
	unsigned long blocks = across * along;
	if (stages >= DEEP * blocks)
		return SIM_FAMILY_GEMM;
	return stages >= SHALLOW * blocks ? SIM_FAMILY_GEMM_SHALLOW : SIM_FAMILY_GEMM_TIGHT;
}

void work_refine_family(struct work_case *it)
{
	if (it->kernel->family == SIM_FAMILY_ELEMENTWISE)
		it->kernel->family = pointwise_family(it);
	else if (it->kernel->family == SIM_FAMILY_GEMM)
		it->kernel->family = work_gemm_family(it->name);
}
