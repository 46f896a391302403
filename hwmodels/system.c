/* system: several units as one machine; equations in system.h. */
#include "hwmodels/system.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hwmodels/gemm_shape.h"
#include "hwmodels/hwmodels.h"

static const uint32_t NO_LINK = UINT32_MAX;

/* A unit as the machine's functions need it. */
struct unit_state {
	const struct machine *machine;
	uint32_t count;
	uint32_t first_resource;
	uint32_t link_resource; /* NO_LINK: none */
	int64_t link_ps;	/* both ways */
	double link_pj_per_byte;
};

struct system_state {
	unsigned unit_count, rule_count;
	struct unit_state units[SYSTEM_MOST_UNITS];
	const struct system_rule *rules;
	uint8_t fallback[SIM_OP_COUNT]; /* unit of an op that no rule places */
};

static bool can_do(const struct unit_state *unit, unsigned op)
{
	return !(unit->machine->ops_unsupported >> op & 1);
}

static bool within(const struct system_range *range, double x)
{
	return x >= range->from && x < range->below;
}

static double moved_bytes(const struct sim_kernel *kernel)
{
	return (double)kernel->weight_bytes + (double)kernel->kv_read_bytes +
	       (double)kernel->kv_write_bytes + (double)kernel->act_read_bytes +
	       (double)kernel->act_write_bytes;
}

static bool matches(const struct system_rule *rule, const struct sim_kernel *kernel, unsigned op)
{
	unsigned family = kernel->family < SIM_FAMILY_COUNT ? kernel->family : 0;
	bool draft = kernel->flags & SIM_KERNEL_DRAFT;
	if (!(rule->ops >> op & 1) || !(rule->families >> family & 1))
		return false;
	if (rule->draft >= 0 && rule->draft != draft)
		return false;
	if (isfinite(rule->bytes.below) || rule->bytes.from > 0)
		if (!within(&rule->bytes, moved_bytes(kernel)))
			return false;
	if (isfinite(rule->rows.below) || rule->rows.from > 0)
		return within(&rule->rows, gemm_shape_of(kernel).m);
	return true;
}

static unsigned unit_of(const struct machine *machine, const struct sim_kernel *kernel)
{
	const struct system_state *state = machine->state;
	unsigned op = kernel->op < SIM_OP_COUNT ? kernel->op : SIM_OP_UNKNOWN;
	for (unsigned r = 0; r < state->rule_count; r++) {
		const struct system_rule *rule = &state->rules[r];
		if (matches(rule, kernel, op) && can_do(&state->units[rule->unit], op))
			return rule->unit;
	}
	return state->fallback[op];
}

static uint64_t share_of(uint64_t whole, uint32_t count)
{
	return whole / count + (whole % count != 0);
}

/* What one of COUNT copies does of KERNEL. */
static struct sim_kernel part_of(const struct sim_kernel *kernel, uint32_t count)
{
	struct sim_kernel part = *kernel;
	if (count == 1 || kernel->flags & SIM_KERNEL_OPAQUE)
		return part;
	part.flops = share_of(kernel->flops, count);
	part.weight_bytes = share_of(kernel->weight_bytes, count);
	part.kv_read_bytes = share_of(kernel->kv_read_bytes, count);
	part.kv_write_bytes = share_of(kernel->kv_write_bytes, count);
	part.act_read_bytes = share_of(kernel->act_read_bytes, count);
	part.act_write_bytes = share_of(kernel->act_write_bytes, count);
	part.blocks = (uint32_t)share_of(kernel->blocks, count);
	return part;
}

static double carried_bytes(const struct sim_kernel *kernel)
{
	return (double)kernel->act_read_bytes + (double)kernel->act_write_bytes;
}

static void demand_of(const struct machine *machine, const struct sim_kernel *kernel,
		      struct machine_demand *demand)
{
	const struct system_state *state = machine->state;
	const struct unit_state *unit = &state->units[unit_of(machine, kernel)];
	struct sim_kernel part = part_of(kernel, unit->count);
	struct machine_demand own;
	unit->machine->demand(unit->machine, &part, 1, &own);
	*demand = (struct machine_demand){.fixed_ps = own.fixed_ps + unit->link_ps,
					  .limit_ps = own.limit_ps,
					  .tail_ps = own.tail_ps};
	for (uint32_t r = 0; r < unit->machine->resource_count; r++)
		demand->work[unit->first_resource + r] = own.work[r];
	if (unit->link_resource != NO_LINK)
		demand->work[unit->link_resource] = carried_bytes(kernel);
}

static void system_demand(const struct machine *machine, const struct sim_kernel *kernels,
			  size_t count, struct machine_demand *demands)
{
	for (size_t i = 0; i < count; i++)
		demand_of(machine, &kernels[i], &demands[i]);
}

static void system_energy(const struct machine *machine, const struct sim_kernel *kernels,
			  size_t count, struct machine_energy *energies)
{
	const struct system_state *state = machine->state;
	for (size_t i = 0; i < count; i++) {
		const struct unit_state *unit = &state->units[unit_of(machine, &kernels[i])];
		struct sim_kernel part = part_of(&kernels[i], unit->count);
		struct machine_energy *energy = &energies[i];
		machine_energy(unit->machine, &part, 1, energy);
		for (unsigned p = 0; p < ENERGY_PART_COUNT; p++)
			energy->pj[p] *= unit->count;
		energy->low_pj *= unit->count;
		energy->high_pj *= unit->count;
		if (unit->link_resource == NO_LINK)
			continue;
		double carried = carried_bytes(&kernels[i]) * unit->link_pj_per_byte;
		energy->pj[ENERGY_LINK] += carried;
		energy->low_pj += carried;
		energy->high_pj += carried;
	}
}

static enum sim_status rebuild_units(struct hw_device *device, struct sim_diag *diag)
{
	struct hw_system *system = device->system;
	for (unsigned u = 0; u < system->unit_count; u++) {
		struct system_unit *unit = &system->units[u];
		for (size_t i = 0; i < unit->device.param_count; i++)
			unit->device.values[i].value = device->numbers[unit->first_value + i];
		struct sim_diag why;
		diag_init(&why);
		enum sim_status status = device_rebuild(&unit->device, &why);
		if (status != SIM_OK)
			return diag_fail(diag, status, "%s, unit '%s': %s", device->name,
					 unit->name, why.text);
		if (unit->device.machine.plays_recording)
			return diag_fail(diag, SIM_E_UNSUPPORTED,
					 "%s, unit '%s': 'recorded' cannot be a unit", device->name,
					 unit->name);
	}
	return SIM_OK;
}

static enum sim_status add_resource(struct hw_device *device, struct machine *machine,
				    const char *unit, const char *name,
				    const struct machine_resource *like, struct sim_diag *diag)
{
	char text[64];
	if (machine->resource_count == MACHINE_MAX_RESOURCES)
		return diag_fail(diag, SIM_E_RANGE,
				 "%s: its units have more than %d resources together", device->name,
				 MACHINE_MAX_RESOURCES);
	snprintf(text, sizeof(text), "%s.%s", unit, name);
	struct machine_resource *resource = &machine->resources[machine->resource_count++];
	*resource = *like;
	resource->name = arena_copy_text(&device->machine_arena, text, strlen(text));
	return resource->name != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

static enum sim_status add_unit(struct hw_device *device, unsigned u, struct machine *machine,
				struct system_state *state, struct sim_diag *diag)
{
	const struct system_unit *unit = &device->system->units[u];
	const struct machine *own = &unit->device.machine;
	struct unit_state *at = &state->units[u];
	*at = (struct unit_state){.machine = own,
				  .count = unit->count,
				  .first_resource = machine->resource_count,
				  .link_resource = NO_LINK};
	for (uint32_t r = 0; r < own->resource_count; r++)
		TRY(add_resource(device, machine, unit->name, own->resources[r].name,
				 &own->resources[r], diag));
	machine->memory_bytes_per_s += own->memory_bytes_per_s * unit->count;
	if (u == 0)
		return SIM_OK;
	const double *link = device->numbers + unit->first_link;
	at->link_ps = 2 * time_from_ps(link[SYSTEM_LINK_LATENCY] * 1e12);
	at->link_pj_per_byte = link[SYSTEM_LINK_ENERGY] * 1e12;
	if (isnan(link[SYSTEM_LINK_BANDWIDTH]))
		return SIM_OK;
	struct machine_resource resource = {.rate_per_s = link[SYSTEM_LINK_BANDWIDTH],
					    .part = SIM_PART_LINK};
	at->link_resource = machine->resource_count;
	return add_resource(device, machine, unit->name, "to_home", &resource, diag);
}

/* Where an op goes that no rule takes, and which ops nobody can do. */
static void set_fallbacks(struct machine *machine, struct system_state *state)
{
	for (unsigned op = 0; op < SIM_OP_COUNT; op++) {
		unsigned u = 0;
		while (u < state->unit_count && !can_do(&state->units[u], op))
			u++;
		if (u == state->unit_count)
			machine->ops_unsupported |= UINT64_C(1) << op;
		state->fallback[op] = (uint8_t)(u == state->unit_count ? 0 : u);
	}
	machine->routes = state->units[state->fallback[SIM_OP_COLLECTIVE]].machine->routes;
}

static void add_cost(struct machine_cost *sum, const struct machine_cost *unit, double count)
{
	sum->static_w += unit->static_w * count;
	sum->static_low_w += unit->static_low_w * count;
	sum->static_high_w += unit->static_high_w * count;
	sum->limit_w += unit->limit_w * count;
	sum->area_mm2 += unit->area_mm2 * count;
	sum->price_usd += unit->price_usd * count;
	sum->usd_per_hour += unit->usd_per_hour * count;
}

static void add_memory(const struct hw_system *system, struct machine *machine)
{
	double weights = 0, kv = 0;
	bool apart = false;
	for (unsigned u = 0; u < system->unit_count; u++) {
		const struct system_unit *unit = &system->units[u];
		double bytes = unit->device.machine.memory_bytes * unit->count;
		weights += unit->holds_weights ? bytes : 0;
		kv += unit->holds_kv ? bytes : 0;
		apart |= unit->holds_weights != unit->holds_kv;
	}
	machine->memory_bytes = weights;
	machine->kv_memory_bytes = apart ? kv : 0;
}

static void join_bands(const struct hw_system *system, struct machine *machine)
{
	for (unsigned f = 0; f < SIM_FAMILY_COUNT; f++) {
		double low = 0, high = 0;
		for (unsigned u = 0; u < system->unit_count; u++) {
			const struct machine *own = &system->units[u].device.machine;
			low = own->band_low[f] < low || isnan(own->band_low[f]) ? own->band_low[f]
										: low;
			high = own->band_high[f] > high || isnan(own->band_high[f])
				       ? own->band_high[f]
				       : high;
		}
		machine->band_low[f] = low;
		machine->band_high[f] = high;
	}
}

enum sim_status system_build(struct hw_device *device, struct machine *machine,
			     struct sim_diag *diag)
{
	const struct hw_system *system = device->system;
	TRY(rebuild_units(device, diag));
	struct system_state *state = arena_alloc(&device->machine_arena, sizeof(*state));
	const char **names =
		arena_alloc(&device->machine_arena, system->unit_count * sizeof(*names));
	if (state == NULL || names == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	memset(state, 0, sizeof(*state));
	state->unit_count = system->unit_count;
	state->rules = system->rules;
	state->rule_count = system->rule_count;
	machine->cost = (struct machine_cost){0};
	for (unsigned u = 0; u < system->unit_count; u++) {
		TRY(add_unit(device, u, machine, state, diag));
		add_cost(&machine->cost, &system->units[u].device.machine.cost,
			 system->units[u].count);
		names[u] = system->units[u].name;
	}
	set_fallbacks(machine, state);
	add_memory(system, machine);
	machine->launch = system->units[0].device.machine.launch;
	machine->state = state;
	machine->demand = system_demand;
	machine->energy = system_energy;
	machine->unit_of = unit_of;
	machine->unit_names = names;
	machine->unit_count = system->unit_count;
	join_bands(system, machine);
	return SIM_OK;
}

/* Never called: a device of this model has a system, and device_rebuild builds that. */
static enum sim_status no_build(const double *values, struct arena *arena, struct machine *machine,
				struct sim_diag *diag)
{
	(void)values;
	(void)arena;
	(void)machine;
	return diag_fail(diag, SIM_E_UNSUPPORTED, "a system needs units");
}

const struct hw_model hw_model_system = {
	.name = "system",
	.equation = "each kernel on the unit that the placement gives it; activations over the "
		    "link",
	.source = "the units' own; composition: hwmodels/system.h",
	.params = NULL,
	.param_count = 0,
	.build = no_build,
};
