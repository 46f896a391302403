/*
 * hybrid_bonded_3d: logic with a memory bonded on top of it, and a larger one outside; both are read
 * at the same time.
 *
 *   t = fixed + max(s B / (e_s S), (1 - s) B / (e_x X), (1 - s) B / L, passes F / P, G / A)
 *
 *   B    bytes of weights and KV the kernel reads and writes;  s  share of them in the stack
 *   S, X peak bandwidth of the stack and of the memory outside, B/s;  e_s, e_x  what streaming reaches
 *   L    link that streams outside weights to the die, B/s
 *   F    flops;  P = 2 pe.count pe.macs clock;  passes of an operand's width (bit-sliced multipliers
 *        take as many as the weight has slices)
 *   G    results of a product that both memories feed, joined over link A: half of what it writes
 *
 * Where s comes from (hybrid_bonded_3d_place.c): static weights first, then KV, then experts by how
 * often they are asked for, an LRU cache; or parameters share.*. A draft of the model's own upper bits
 * reads the slices in the stack only; what verifies it reads the other slices, and the experts that
 * are missing, from outside at the same time. With `balance` whatever the stack holds may be read
 * outside too (that memory holds everything), so that s is at most e_s S / (e_s S + e_x X).
 * Activations stay on the die up to sram.capacity and beyond it go outside, or to the stack where
 * there is no outside.
 *
 *   energy = stack bytes x stack.energy + outside bytes x (external.energy + link.energy)
 *            + G x link.energy + multiply-adds x passes x mac.energy
 *
 * Limits: banks are alike and evenly used (row conflicts are in stack.efficiency); drafts of other
 * models lie with the dense weights; swapping experts in costs nothing beyond reading them once.
 * Sources: ELMoE-3D (arXiv 2604.14626) for the organisation; ATLAS (2604.08044), Helios (2603.04797),
 * Stratum (2510.05245) for stacks without a memory outside.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hwmodels/hwmodels.h"
#include "hwmodels/hybrid_bonded_3d.h"
#include "hwmodels/lint.h"

#define ROW(name, key, unit, need, low, high, fallback, what)                                      \
	{key, UNIT_##unit, HW_##need, low, high, fallback, what},
static const struct hw_param params[] = {HYBRID_PARAMS(ROW)};
#undef ROW

/* Bytes by where they go. */
struct traffic {
	double stack, external, gather;
};

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

static bool is_product(const struct sim_kernel *kernel)
{
	return kernel->op == SIM_OP_GEMM || kernel->op == SIM_OP_GROUPED_GEMM ||
	       kernel->op == SIM_OP_ATTENTION;
}

static double share_of(const struct hybrid_state *state, double share)
{
	return state->is_balanced ? smaller(share, state->balanced) : share;
}

static struct traffic traffic_of(const struct hybrid_state *state, const struct sim_kernel *kernel)
{
	const struct hybrid_shares *shares = &state->shares;
	unsigned draft = (kernel->flags & SIM_KERNEL_DRAFT) != 0;
	unsigned experts = kernel->op == SIM_OP_GROUPED_GEMM;
	double share = share_of(state, shares->weights[draft][experts]);
	double kv_share = share_of(state, shares->kv);
	double weights = (double)kernel->weight_bytes;
	double kv = (double)kernel->kv_read_bytes + (double)kernel->kv_write_bytes;
	double act = (double)kernel->act_read_bytes + (double)kernel->act_write_bytes;
	struct traffic of = {
		.stack = weights * share + kv * kv_share,
		.external = weights * (1 - share) + kv * (1 - kv_share),
	};
	if (act > state->sram_bytes)
		*(state->has_external ? &of.external : &of.stack) += act;
	/* outputs of the smaller part go to the larger one: at most half of them, whatever the parts */
	if (is_product(kernel) && weights > 0 && share > 0 && share < 1)
		of.gather = (double)kernel->act_write_bytes / 2;
	return of;
}

static double passes_of(const struct hybrid_state *state, const struct sim_kernel *kernel)
{
	return state->passes[kernel->dtype < SIM_DTYPE_COUNT ? kernel->dtype : SIM_DTYPE_UNKNOWN];
}

static void hybrid_demand(const struct machine *machine, const struct sim_kernel *kernels,
			  size_t count, struct machine_demand *demands)
{
	const struct hybrid_state *state = machine->state;
	for (size_t i = 0; i < count; i++) {
		const struct sim_kernel *kernel = &kernels[i];
		struct traffic bytes = traffic_of(state, kernel);
		double flops = (double)kernel->flops;
		struct machine_demand *demand = &demands[i];
		*demand = (struct machine_demand){.fixed_ps = state->fixed_ps};
		demand->work[HYBRID_STACK] = bytes.stack;
		demand->work[HYBRID_EXTERNAL] = bytes.external;
		demand->work[HYBRID_STREAM] = bytes.external;
		demand->work[HYBRID_GATHER] = bytes.gather;
		if (is_product(kernel))
			demand->work[HYBRID_MAC] = flops * passes_of(state, kernel);
		else
			demand->work[HYBRID_VECTOR] = flops;
	}
}

static void hybrid_energy(const struct machine *machine, const struct sim_kernel *kernels,
			  size_t count, struct machine_energy *energies)
{
	const struct hybrid_state *state = machine->state;
	for (size_t i = 0; i < count; i++) {
		const struct sim_kernel *kernel = &kernels[i];
		struct traffic bytes = traffic_of(state, kernel);
		struct machine_energy of = {0};
		double passes = is_product(kernel) ? passes_of(state, kernel) : 1;
		of.pj[ENERGY_MEMORY] = bytes.stack * state->stack_pj;
		if (bytes.external > 0)
			of.pj[ENERGY_MEMORY] += bytes.external * state->external_pj;
		of.pj[ENERGY_LINK] = (bytes.external + bytes.gather) * state->link_pj;
		of.pj[ENERGY_COMPUTE] = (double)kernel->flops / 2 * passes * state->pass_pj;
		double sum = of.pj[ENERGY_MEMORY] + of.pj[ENERGY_COMPUTE] + of.pj[ENERGY_LINK];
		of.low_pj = sum * (1 - state->energy_band);
		of.high_pj = sum * (1 + state->energy_band);
		energies[i] = of;
	}
}

double hybrid_stack_rate(const double *values)
{
	if (!isnan(values[HYBRID_STACK_BANDWIDTH]))
		return values[HYBRID_STACK_BANDWIDTH];
	return values[HYBRID_STACK_BANKS] * values[HYBRID_STACK_PINS] *
	       values[HYBRID_STACK_PIN_RATE] / 8;
}

static void set_passes(const double *values, struct hybrid_state *state)
{
	for (unsigned dtype = 0; dtype < SIM_DTYPE_COUNT; dtype++) {
		unsigned bits = sim_dtype_bits(dtype);
		state->passes[dtype] = bits == 0 || bits > 8 ? values[HYBRID_MAC_PASSES16]
				       : bits > 4	     ? values[HYBRID_MAC_PASSES8]
							     : values[HYBRID_MAC_PASSES4];
	}
}

static void set_resources(const double *values, double stack, double external,
			  struct machine *machine)
{
	double mac = 2 * values[HYBRID_PE_COUNT] * values[HYBRID_PE_MACS] * values[HYBRID_CLOCK];
	double vector = values[HYBRID_VECTOR_RATE];
	double stream = values[HYBRID_STREAM_BANDWIDTH], gather = values[HYBRID_GATHER_BANDWIDTH];
	const double unlimited = 1e30; /* bytes per second: no time at all */
	struct machine_resource *resources = machine->resources;
	resources[HYBRID_STACK] = (struct machine_resource){
		"stack", stack * values[HYBRID_STACK_EFFICIENCY], 0, SIM_PART_HBM};
	resources[HYBRID_EXTERNAL] = (struct machine_resource){
		"external", external * values[HYBRID_EXTERNAL_EFFICIENCY], 0, SIM_PART_HBM};
	resources[HYBRID_MAC] = (struct machine_resource){
		"mac", mac * values[HYBRID_MAC_EFFICIENCY], 0, SIM_PART_COMPUTE};
	resources[HYBRID_VECTOR] = (struct machine_resource){
		"vector", isnan(vector) ? mac / 16 : vector, 0, SIM_PART_COMPUTE};
	resources[HYBRID_STREAM] = (struct machine_resource){
		"stream", isnan(stream) ? unlimited : stream, 0, SIM_PART_LINK};
	resources[HYBRID_GATHER] = (struct machine_resource){
		"gather", isnan(gather) ? unlimited : gather, 0, SIM_PART_LINK};
	machine->resource_count = HYBRID_RESOURCE_COUNT;
}

static void set_state(const double *values, const struct machine *machine,
		      struct hybrid_state *state)
{
	double stack = machine->resources[HYBRID_STACK].rate_per_s;
	double external = machine->resources[HYBRID_EXTERNAL].rate_per_s;
	double stream = machine->resources[HYBRID_STREAM].rate_per_s;
	external = smaller(external, stream);
	state->has_external = values[HYBRID_EXTERNAL_CAPACITY] > 0;
	state->is_balanced = values[HYBRID_BALANCE] > 0 && state->has_external;
	state->balanced = stack / (stack + external);
	state->sram_bytes = values[HYBRID_SRAM_CAPACITY];
	if (isnan(state->sram_bytes))
		state->sram_bytes = INFINITY;
	state->stack_pj =
		values[HYBRID_STACK_CAPACITY] > 0 ? values[HYBRID_STACK_ENERGY] * 1e12 : 0;
	state->external_pj = values[HYBRID_EXTERNAL_ENERGY] * 1e12;
	state->link_pj = values[HYBRID_LINK_ENERGY] * 1e12;
	state->pass_pj = values[HYBRID_MAC_ENERGY] * 1e12;
	state->energy_band = values[HYBRID_ENERGY_BAND];
	state->fixed_ps = time_from_ps(values[HYBRID_KERNEL_FIXED] * 1e12);
	set_passes(values, state);
	hybrid_default_shares(values, &state->shares);
}

static void set_cost(const double *values, struct machine *machine)
{
	double band = values[HYBRID_ENERGY_BAND], static_w = values[HYBRID_STATIC_POWER];
	machine->cost = (struct machine_cost){
		.static_w = static_w,
		.static_low_w = static_w * (1 - band),
		.static_high_w = static_w * (1 + band),
		.limit_w = values[HYBRID_POWER_LIMIT],
		.area_mm2 = values[HYBRID_AREA] * 1e6,
		.price_usd = values[HYBRID_PRICE],
		.usd_per_hour = values[HYBRID_PRICE_HOUR],
	};
}

static enum sim_status hybrid_build(const double *values, struct arena *arena,
				    struct machine *machine, struct sim_diag *diag)
{
	struct hybrid_state *state = arena_alloc(arena, sizeof(*state));
	bool has_stack = values[HYBRID_STACK_CAPACITY] > 0;
	bool has_external = values[HYBRID_EXTERNAL_CAPACITY] > 0;
	double stack = hybrid_stack_rate(values), external = values[HYBRID_EXTERNAL_BANDWIDTH];
	if (state == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	if (has_stack && isnan(stack))
		return diag_fail(diag, SIM_E_RANGE,
				 "stack.bandwidth is unknown: give it, or stack.banks, stack.pins "
				 "and stack.pin_rate");
	if (has_external && isnan(external))
		return diag_fail(diag, SIM_E_RANGE, "external.bandwidth is unknown");
	if (!has_stack && !has_external)
		return diag_fail(diag, SIM_E_RANGE,
				 "no memory: stack.capacity and external.capacity are 0");
	machine->memory_bytes_per_s = (has_stack ? stack : 0) + (has_external ? external : 0);
	machine->memory_bytes = values[HYBRID_STACK_CAPACITY] + values[HYBRID_EXTERNAL_CAPACITY];
	set_resources(values, has_stack ? stack : external, has_external ? external : stack,
		      machine);
	set_state(values, machine, state);
	set_cost(values, machine);
	machine->launch.queue_depth = 1024;
	machine->launch.graph_gap_ps = time_from_ps(values[HYBRID_KERNEL_GAP] * 1e12);
	machine->state = state;
	machine->demand = hybrid_demand;
	machine->energy = hybrid_energy;
	return SIM_OK;
}

/* What was placed, for people. */
static const char *say_shares(const struct hybrid_shares *shares, double resident,
			      const struct sim_residents *residents, struct arena *arena)
{
	char text[192];
	int length = snprintf(text, sizeof(text), "stack: %.4g %% of dense weights, %.4g %% of KV",
			      100 * shares->weights[0][0], 100 * shares->kv);
	if (residents->expert_bytes > 0)
		length += snprintf(text + length, sizeof(text) - (size_t)length,
				   ", %.4g of %.4g experts a layer, %.4g %% of their reads",
				   resident, residents->experts, 100 * shares->weights[0][1]);
	return arena_copy_text(arena, text, (size_t)length);
}

static enum sim_status place(const double *values, const struct sim_residents *residents,
			     struct arena *arena, struct machine *machine, double *resident,
			     struct sim_diag *diag)
{
	struct hybrid_state *state = arena_alloc(arena, sizeof(*state));
	if (state == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	*state = *(const struct hybrid_state *)machine->state;
	TRY(hybrid_place(values, residents, &state->shares, resident, diag));
	machine->state = state;
	machine->residence = say_shares(&state->shares, *resident, residents, arena);
	return machine->residence != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

/* What holds of the pins: their sum is the bandwidth, and they must find room on the die. */
static void hybrid_lint(const struct hw_lint *lint)
{
	double pins = hw_lint_value(lint, "stack.banks") * hw_lint_value(lint, "stack.pins");
	double made = pins * hw_lint_value(lint, "stack.pin_rate") / 8;
	double given = hw_lint_value(lint, "stack.bandwidth");
	double bonds = pins * hw_lint_value(lint, "bond.area");
	if (given > made * 1.001)
		hw_lint_find(lint, true, "stack.bandwidth",
			     "%.4g B/s is more than banks x pins x rate of a pin give, %.4g B/s",
			     given, made);
	if (bonds > hw_lint_value(lint, "area"))
		hw_lint_find(lint, true, "stack.pins",
			     "%.4g bonded pins take %.4g mm2, more than the die has", pins,
			     bonds * 1e6);
	if (hw_lint_value(lint, "stack.energy") > hw_lint_value(lint, "external.energy"))
		hw_lint_find(lint, false, "stack.energy",
			     "a byte of the stack costs more than one from outside");
}

const struct hw_model hw_model_hybrid_bonded_3d = {
	.name = "hybrid_bonded_3d",
	.equation = "t = fixed + max(s B/S, (1-s) B/X, passes F/P, links); s by capacity and "
		    "popularity",
	.source = "ELMoE-3D (arXiv 2604.14626), ATLAS (2604.08044); LRU: Fricker et al., 1202.3974",
	.params = params,
	.param_count = sizeof(params) / sizeof(params[0]),
	.build = hybrid_build,
	.place = place,
	.lint = hybrid_lint,
};
