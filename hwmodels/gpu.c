/*
 * gpu: calibrated cost of one kernel on a GPU, one curve per implementation family.
 *
 *   t = fixed_f + max(ramp_f, element_f * e
 *                             + max(B_hbm / (stream_f * S), B_l2 / L, F / P, spread_f * B_l2^(1/4)))
 *
 *   fixed_f    launch ramp, dependent memory latency and drain of family f, s
 *   ramp_f     least streaming time: filling the pipeline of loads (GEMM, attention), s
 *   B_hbm      bytes from main memory: weights, KV not left in L2 by the kernels just before, KV
 *              copies, and activations too large to stay in L2 (more than half of it)
 *   S          streaming bandwidth measured by the microbenchmark, B/s; stream_f is the family's
 *              share of it. Their product is never above the peak: no prediction is below the byte
 *              floor
 *   B_l2, L    all other bytes; read bandwidth of L2. Activations that do not stay in L2 spare main
 *              memory l2.overflow of its capacity a kernel
 *   F, P       flops; dense peak of the units that do them, of the matrix units the share of it that
 *              they sustain (tensor.sustained). Of a product of more than 64 rows F counts w times: tiles
 *              are whole, and so are waves of them (gpu_tiles.h)
 *   spread_f   the more lines a small kernel touches, the later the last of them arrives. The
 *              measured growth is about logarithmic; the fourth root stands in for it, since cost
 *              models use + - * / sqrt only
 *   e          elements that one thread handles one after another, counted over waves of resident
 *              blocks; element_f is the cost of one, s; compiled kernels: accesses of 16 bytes;
 *              gemv_rows: multiply-adds. It adds for small kernels, whose threads
 *              wait for each element. GEMM and attention pipeline: there it adds to L2 time only
 *              and hides under streaming from main memory; their blocks keep a multiprocessor
 *              busy, so that those that share one take turns
 *
 * A family that unpacks weights or KV (gpu_dequant.h) streams for
 *
 *   max(s, d) + exposed_f * min(s, d)    instead of s, the max over B_hbm, B_l2, F and spread,
 *   s times 1 + starved_f / w;   d = max(dequant_f * F / 2 / V * ceil(w) / w, F / (P compute_f))
 *   V     fp32 peak of the vector units, flop/s;  w  blocks per multiprocessor; unknown: no factors
 *
 * Kernels between devices (SIM_KERNEL_PEER) have costs of their own: gpu_peer.h.
 *
 * Units: SI. Limits: L2 contents are known only as "hot" or not (SIM_KERNEL_INPUT_HOT); write-back
 * of dirty lines is charged to nobody. A family without calibration takes the coefficients of a
 * relative (gpu_relative below).
 * Source: fitted on data/h100 (see hwmodels/devices/h100-sxm.yaml for files and residuals); shape
 * of the curve: Williams et al., CACM 52(4) 2009, with the latency term of a kernel added.
 */
#include <assert.h>
#include <math.h>
#include <stddef.h>

#include "hwmodels/gpu.h"
#include "hwmodels/gpu_dequant.h"
#include "hwmodels/gpu_parts.h"
#include "hwmodels/gpu_peer.h"
#include "hwmodels/gpu_tiles.h"
#include "hwmodels/hwmodels.h"

/* clang-format off */
#define FAMILY_ROWS(name, text, what) \
	{text ".fixed",   UNIT_SECONDS, HW_OPTIONAL, 0,    1e-3, NAN, "fixed time of a kernel: " what}, \
	{text ".ramp",    UNIT_SECONDS, HW_OPTIONAL, 0,    1e-3, NAN, "least streaming time"}, \
	{text ".stream",  UNIT_RATIO,   HW_OPTIONAL, 1e-3, 2,    NAN, "share of hbm.stream it draws"}, \
	{text ".element", UNIT_SECONDS, HW_OPTIONAL, 0,    1e-3, NAN, "time per element of a thread"}, \
	{text ".spread",  UNIT_SECONDS, HW_OPTIONAL, 0,    1e-3, NAN, "time per fourth root of a byte touched"},

#define DEQUANT_ROWS(name, text) \
	{text ".dequant", UNIT_RATIO, HW_OPTIONAL, 0, 1e6, NAN, "vector operations per multiply-add, for unpacking"}, \
	{text ".exposed", UNIT_RATIO, HW_OPTIONAL, 0, 1,   NAN, "share of the shorter of streaming and unpacking that does not hide"}, \
	{text ".starved", UNIT_RATIO, HW_OPTIONAL, 0, 100, NAN, "streaming takes 1 + this / blocks per multiprocessor as long"}, \
	{text ".compute", UNIT_RATIO, HW_OPTIONAL, 1e-3, 1, NAN, "share of the matrix units' peak that it reaches"},

static const struct hw_param params[] = {
	GPU_PART_PARAMS(GPU_PARAM_ROW)
	{"hbm.stream", UNIT_BYTES_PER_S, HW_OPTIONAL, 1e6, 1e18, NAN,
	 "streaming read bandwidth as measured; unknown: 92 % of hbm.bandwidth"},
	{"graph.null_node", UNIT_SECONDS, HW_OPTIONAL, 0, 1, NAN,
	 "period of null kernels in a graph, measured; scales graph.gap of a device without traces"},
	{"fixed.scale", UNIT_RATIO, HW_OPTIONAL, 0, 100, 1,
	 "factor on every fixed, ramp and element time, for a device without its own fit"},
	{"tensor.sustained", UNIT_RATIO, HW_OPTIONAL, 1e-2, 1, 1,
	 "share of their dense peak that the matrix units keep up in large products"},
	{"l2.overflow", UNIT_RATIO, HW_OPTIONAL, 0, 0.5, 0,
	 "share of L2 that activations which do not stay in it still spare main memory, per kernel"},
	SIM_FAMILY_LIST(FAMILY_ROWS)
	GPU_DEQUANT_LIST(DEQUANT_ROWS)
	GPU_PEER_ROUTES(GPU_PEER_ROWS)
	GPU_PEER_SMS_ROW
};

/* clang-format on */

/*
 * What stands in for the unknown. All but the first are assumptions, not measurements:
 *   unmeasured_stream  share of the peak that streaming reaches: 92.2 % on an H100, 88.9 % on an
 *                      A100 (streaming probe in RightNow-AI/AutoMegaKernel DATACENTER_RESULTS.md)
 *   kept_share         of L2 that still holds what the kernels just before wrote; an H100's L2 is two
 *                      partitions
 *   USUAL_...          geometry of a kernel that tells none
 *   last_resort        coefficients where not even a relative has any; such a device's band is unknown
 */
static const double unmeasured_stream = 0.92;
static const double kept_share = 0.5;
enum { USUAL_THREADS = 256, USUAL_BLOCKS_PER_SM = 8 };
/* What a thread loads at once: compilers make one access of it, libraries' element-wise loops many. */
enum { VECTOR_BYTES = 16 };

static const double last_resort[GPU_COEFFICIENT_COUNT] = {[GPU_FIXED] = 2e-6,
							  [GPU_RAMP] = 0,
							  [GPU_STREAM] = 0.9,
							  [GPU_ELEMENT] = 0,
							  [GPU_SPREAD] = 0};

struct curve {
	double fixed_ps;
	double ramp_ps;
	double stream_inverse; /* 1 / share of S */
	double element_ps;
	double spread_ps;
	double element_hides; /* 1: under streaming; 0: adds to it */
	struct gpu_dequant dequant;
};

struct gpu_state {
	struct curve curves[SIM_FAMILY_COUNT];
	struct gpu_flop_weights weights;
	struct gpu_energy energy;
	struct gpu_peer peer;
	double elements_per_byte[SIM_DTYPE_COUNT];
	double ps_per_unit[GPU_RESOURCE_COUNT];
	double floor_ps_per_byte;
	double sms;
	double l2_keeps_bytes;	  /* activations up to here stay in L2 */
	double l2_overflow_bytes; /* this much of those that do not */
};

int gpu_coefficient_param(unsigned family, enum gpu_coefficient coefficient)
{
	assert(family < SIM_FAMILY_COUNT);
	return GPU_FIRST_FAMILY_PARAM + (int)(family * GPU_COEFFICIENT_COUNT) + (int)coefficient;
}

double gpu_coefficient(const double *values, unsigned family, enum gpu_coefficient coefficient)
{
	for (;;) {
		double value = values[gpu_coefficient_param(family, coefficient)];
		if (!isnan(value))
			return value;
		if (gpu_relative(family) == family)
			return last_resort[coefficient];
		family = gpu_relative(family);
	}
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

/*
 * Elements that one thread handles in a row: elements per thread of the grid, times the waves that
 * the resident blocks need. *TAIL gets the share of it that the last, partly filled wave wastes.
 */
static double elements_in_a_row(const struct gpu_state *state, const struct sim_kernel *kernel,
				double *tail)
{
	unsigned dtype = kernel->dtype < SIM_DTYPE_COUNT ? kernel->dtype : 0;
	double bytes = (double)kernel->kv_read_bytes + (double)kernel->kv_write_bytes +
		       (double)kernel->act_read_bytes + (double)kernel->act_write_bytes;
	double blocks = kernel->blocks > 0 ? kernel->blocks : state->sms;
	double threads = kernel->threads > 0 ? kernel->threads : USUAL_THREADS;
	double per_sm = kernel->blocks_per_sm > 0 ? kernel->blocks_per_sm : USUAL_BLOCKS_PER_SM;
	double resident = state->sms * (gpu_blocks_take_turns(kernel->family) ? 1 : per_sm);
	double each = bytes * state->elements_per_byte[dtype] / (blocks * threads);
	if (kernel->family == SIM_FAMILY_FUSED)
		each = larger(1, bytes / VECTOR_BYTES / (blocks * threads));
	if (kernel->family == SIM_FAMILY_GEMV_ROWS)
		each = (double)kernel->flops / 2 / (blocks * threads);
	if (blocks <= resident)
		return each;
	double waves = blocks / resident;
	double whole = (double)(int64_t)waves;
	whole += whole < waves;
	*tail = (whole - waves) / whole;
	return each * whole;
}

static void split_bytes(const struct gpu_state *state, const struct sim_kernel *kernel, double *hbm,
			double *l2)
{
	double kv_read = (double)kernel->kv_read_bytes;
	double act = (double)kernel->act_read_bytes + (double)kernel->act_write_bytes;
	unsigned hot = (kernel->flags & SIM_KERNEL_INPUT_HOT) != 0;
	unsigned kv_stays =
		hot & (kernel->op == SIM_OP_ATTENTION) & (kv_read <= state->l2_keeps_bytes);
	double act_l2 = act <= state->l2_keeps_bytes ? act : state->l2_overflow_bytes;
	*l2 = kv_read * kv_stays + act_l2;
	*hbm = (double)kernel->weight_bytes + (double)kernel->kv_write_bytes +
	       kv_read * (1 - kv_stays) + (act - act_l2);
}

/* Time that the matrix units need, waves and all. *TAIL_PS gets what the last wave wastes. */
static double product_ps(const struct gpu_state *state, const struct curve *curve,
			 const struct sim_kernel *kernel, const struct machine_demand *demand,
			 double *tail_ps)
{
	double tail,
		ps = demand->work[GPU_RESOURCE_TENSOR] * state->ps_per_unit[GPU_RESOURCE_TENSOR];
	if (kernel->op != SIM_OP_GEMM || curve->dequant.is_used || !gpu_tiles_count(kernel))
		return ps;
	ps *= gpu_tiles_waste(state->sms, kernel, &tail);
	*tail_ps = ps * tail;
	return ps;
}

static void demand_of(const struct gpu_state *state, const struct sim_kernel *kernel,
		      struct machine_demand *demand)
{
	unsigned family = kernel->family < SIM_FAMILY_COUNT ? kernel->family : SIM_FAMILY_UNKNOWN;
	const struct curve *curve = &state->curves[family];
	double hbm, l2, tail = 0, element = 0, wave_tail_ps = 0;
	split_bytes(state, kernel, &hbm, &l2);
	*demand = (struct machine_demand){0};
	gpu_parts_flops(&state->weights, kernel, demand);
	demand->work[GPU_RESOURCE_HBM] = hbm * curve->stream_inverse;
	demand->work[GPU_RESOURCE_L2] = l2;
	if (family == SIM_FAMILY_MEMCPY_HOST)
		demand->work[GPU_RESOURCE_LINK] =
			larger((double)kernel->act_read_bytes, (double)kernel->act_write_bytes);
	double l2_ps = l2 * state->ps_per_unit[GPU_RESOURCE_L2];
	double stream = l2_ps;
	for (int r = 0; r < GPU_RESOURCE_PEER; r++)
		stream = larger(stream, demand->work[r] * state->ps_per_unit[r]);
	double product = product_ps(state, curve, kernel, demand, &wave_tail_ps);
	if (product < stream)
		wave_tail_ps = 0;
	stream = larger(stream, product);
	if (curve->element_ps > 0)
		element = curve->element_ps * elements_in_a_row(state, kernel, &tail);
	if (curve->spread_ps > 0)
		stream = larger(stream, curve->spread_ps * sqrt(sqrt(l2)));
	double limit =
		curve->element_hides > 0 ? larger(stream, l2_ps + element) : stream + element;
	if (curve->dequant.is_used)
		limit = gpu_dequant_limit(&curve->dequant, kernel, state->sms, limit,
					  demand->work[GPU_RESOURCE_TENSOR] *
						  state->ps_per_unit[GPU_RESOURCE_TENSOR]);
	/* filling the pipeline is latency: what streaming does not cover of it is fixed time */
	double fixed = curve->fixed_ps + larger(0, curve->ramp_ps - limit);
	double floor_ps = (double)sim_kernel_floor_bytes(kernel) * state->floor_ps_per_byte;
	/* hot KV: the byte floor is part of the time that would be fixed */
	double lifted = larger(0, floor_ps - limit);
	fixed = larger(0, fixed - lifted);
	limit += lifted;
	demand->fixed_ps = time_from_ps(fixed);
	demand->limit_ps = time_from_ps(limit);
	if (tail > 0 || wave_tail_ps > 0) {
		int64_t tail_ps = time_from_ps(larger(element * tail, wave_tail_ps));
		demand->tail_ps = tail_ps < demand->limit_ps ? tail_ps : demand->limit_ps;
	}
}

static void gpu_demand(const struct machine *machine, const struct sim_kernel *kernels,
		       size_t count, struct machine_demand *demands)
{
	const struct gpu_state *state = machine->state;
	for (size_t i = 0; i < count; i++)
		if (kernels[i].flags & SIM_KERNEL_PEER && machine->routes != 0)
			gpu_peer_demand(&state->peer, &state->weights, &kernels[i],
					state->ps_per_unit, &demands[i]);
		else
			demand_of(state, &kernels[i], &demands[i]);
}

static void gpu_energy(const struct machine *machine, const struct sim_kernel *kernels,
		       size_t count, struct machine_energy *energies)
{
	const struct gpu_state *state = machine->state;
	for (size_t i = 0; i < count; i++) {
		struct machine_demand demand = {0};
		double hbm, l2;
		gpu_parts_flops(&state->weights, &kernels[i], &demand);
		if (kernels[i].family == SIM_FAMILY_MEMCPY_HOST)
			demand.work[GPU_RESOURCE_LINK] = larger((double)kernels[i].act_read_bytes,
								(double)kernels[i].act_write_bytes);
		gpu_parts_peers(machine, &kernels[i], 1, &demand);
		split_bytes(state, &kernels[i], &hbm, &l2);
		energies[i] = gpu_parts_energy(&state->energy, &demand, hbm);
	}
}

/* A coefficient that the data said nothing about is tiny, not zero; its term is not worth a root. */
static double noticed(double ps)
{
	const double least_ps = 20;
	return ps < least_ps ? 0 : ps;
}

static void build_curves(const double *values, double stream, struct gpu_state *state)
{
	double scale = values[GPU_PARAM_FIXED_SCALE] * 1e12;
	double most = values[GPU_HBM_BANDWIDTH] / stream; /* share at which the peak is reached */
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++) {
		struct curve *curve = &state->curves[family];
		double share = gpu_coefficient(values, family, GPU_STREAM);
		curve->fixed_ps = gpu_coefficient(values, family, GPU_FIXED) * scale;
		curve->ramp_ps = gpu_coefficient(values, family, GPU_RAMP) * scale;
		curve->element_ps = noticed(gpu_coefficient(values, family, GPU_ELEMENT) * scale);
		curve->spread_ps = noticed(gpu_coefficient(values, family, GPU_SPREAD) * scale);
		curve->stream_inverse = 1 / (share < most ? share : most);
		curve->element_hides = gpu_element_hides(family) ? 1 : 0;
		gpu_dequant_build(values, family, &curve->dequant);
	}
}

static enum sim_status gpu_build(const double *values, struct arena *arena, struct machine *machine,
				 struct sim_diag *diag)
{
	struct gpu_state *state = arena_alloc(arena, sizeof(*state));
	double stream = values[GPU_PARAM_HBM_STREAM];
	if (state == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	if (isnan(stream))
		stream = unmeasured_stream * values[GPU_HBM_BANDWIDTH];
	if (stream > values[GPU_HBM_BANDWIDTH])
		return diag_fail(diag, SIM_E_RANGE,
				 "hbm.stream is above hbm.bandwidth: a measured rate cannot exceed "
				 "the peak");
	gpu_parts_weights(values, &state->weights);
	gpu_parts_resources(values, machine);
	gpu_parts_launch(values + GPU_HARDWARE_PARAM_COUNT, machine);
	machine->resources[GPU_RESOURCE_HBM].rate_per_s = stream;
	machine->resources[GPU_RESOURCE_TENSOR].rate_per_s *= values[GPU_PARAM_TENSOR_SUSTAINED];
	build_curves(values, stream, state);
	for (unsigned dtype = 0; dtype < SIM_DTYPE_COUNT; dtype++) {
		unsigned bits = sim_dtype_bits(dtype);
		state->elements_per_byte[dtype] = 8.0 / (bits > 0 ? bits : 16);
	}
	for (uint32_t r = 0; r < machine->resource_count; r++)
		state->ps_per_unit[r] = 1e12 / machine->resources[r].rate_per_s;
	state->floor_ps_per_byte = 1e12 / machine->memory_bytes_per_s;
	state->sms = values[GPU_SM_COUNT];
	state->l2_keeps_bytes = values[GPU_L2_CAPACITY] * kept_share;
	state->l2_overflow_bytes = values[GPU_L2_CAPACITY] * values[GPU_PARAM_L2_OVERFLOW];
	gpu_peer_build(values, state->l2_keeps_bytes, &state->peer, machine);
	machine->state = state;
	machine->demand = gpu_demand;
	machine->energy = gpu_energy;
	gpu_parts_cost(values, machine, &state->energy);
	return SIM_OK;
}

const struct hw_model hw_model_gpu = {
	.name = "gpu",
	.equation = "t = fixed + max(ramp, element*e + max(B_hbm/(stream*S), B_l2/L, flops/P, "
		    "spread*B_l2^(1/4))), per family",
	.source = "calibrated: decodesim calibrate; files and residuals in the device file",
	.params = params,
	.param_count = sizeof(params) / sizeof(params[0]),
	.measured = "hbm.stream",
	.peak = "hbm.bandwidth",
	.build = gpu_build,
};
