/*
 * dram_pim: processing units in or under DRAM banks.
 *
 *   t = start + max(commands + moves beside them + link bytes / L, floor bytes / peak,
 *       access bytes / A) + messages * latency + host
 *
 *   commands  clocks of dram_pim.h times tck, lengthened by the mean share of refresh
 *   moves     what the device does with its own access in between: inputs of norms, scores
 *   peak      the rate at which all units that share an op read their banks
 *   A, L      access of the devices from outside; link between them
 *
 * The units of a device do one thing at a time: "pim", in seconds, is a resource of its own, so that
 * kernels of other streams share it or go beside it. Host access in between takes "access".
 *
 * Energy = bytes from cells to units, bytes over the access path, multiply-adds, link bytes, each
 * times its constant; energy.low and energy.high give the range. A row of a batch reads the weights
 * again, and pays again.
 * Limits: no thermal limit but the power cap's longer command interval; weights of less than 16 bit
 * are unpacked at no cost, yet no faster; where the units cannot do an op, ops_unsupported says so.
 * Source: see hwmodels/dram_pim.h; tests/unit/test_dram_pim_*.c compare with four simulators.
 */
#include <math.h>

#include "hwmodels/dram_pim_ops.h"
#include "hwmodels/dram_pim_params.h"
#include "hwmodels/hwmodels.h"
#include "sim/core/units.h"

static const struct hw_param params[] = {DRAM_PIM_PARAMS(GPU_PARAM_ROW)
						 GPU_LAUNCH_PARAMS(GPU_PARAM_ROW)};

enum { RESOURCE_PIM, RESOURCE_ACCESS, RESOURCE_LINK, RESOURCE_COUNT };

static double known(double value, double otherwise)
{
	return isnan(value) ? otherwise : value;
}

const struct dram_pim *dram_pim_of(const struct machine *machine)
{
	return machine->state;
}

static void dram_pim_demand(const struct machine *machine, const struct sim_kernel *kernels,
			    size_t count, struct machine_demand *demands)
{
	const struct dram_pim *pim = machine->state;
	for (size_t i = 0; i < count; i++) {
		struct dram_pim_work work;
		struct machine_demand *demand = &demands[i];
		double floor = (double)sim_kernel_floor_bytes(&kernels[i]);
		dram_pim_work_of(pim, &kernels[i], &work);
		double seconds = work.beside_s, fixed = work.fixed_s;
		if (work.cycles > 0) {
			double busy = dram_pim_mean(pim, work.cycles) * pim->timing.tck_s;
			double start = pim->start * pim->timing.tck_s;
			seconds += busy - start;
			fixed += start;
		}
		fixed += work.messages * pim->link_latency_s;
		if (work.link_bytes >
		    0) /* units wait for their input, and for the others' outputs */
			seconds += work.link_bytes / machine->resources[RESOURCE_LINK].rate_per_s;
		floor /= machine->memory_bytes_per_s;
		*demand = (struct machine_demand){.fixed_ps = time_from_ps(fixed * 1e12)};
		demand->work[RESOURCE_PIM] = seconds > floor ? seconds : floor;
		demand->work[RESOURCE_ACCESS] = work.access_bytes;
		demand->work[RESOURCE_LINK] = work.link_bytes;
	}
}

static void dram_pim_energy(const struct machine *machine, const struct sim_kernel *kernels,
			    size_t count, struct machine_energy *energies)
{
	const struct dram_pim *pim = machine->state;
	for (size_t i = 0; i < count; i++) {
		struct dram_pim_work work;
		struct machine_energy *energy = &energies[i];
		double link = known(pim->link_j_per_byte, pim->access_j_per_byte);
		dram_pim_work_of(pim, &kernels[i], &work);
		energy->pj[ENERGY_MEMORY] = (work.bank_bytes * pim->bank_j_per_byte +
					     work.moved_bytes * pim->access_j_per_byte) *
					    1e12;
		energy->pj[ENERGY_COMPUTE] = work.macs * pim->mac_j * 1e12;
		energy->pj[ENERGY_LINK] = work.link_bytes * link * 1e12;
		double sum = energy->pj[ENERGY_MEMORY] + energy->pj[ENERGY_COMPUTE] +
			     energy->pj[ENERGY_LINK];
		energy->low_pj = sum * pim->energy_low;
		energy->high_pj = sum * pim->energy_high;
	}
}

static void read_timing(const double *v, struct dram_timing *timing)
{
	*timing = (struct dram_timing){
		.tck_s = v[DRAM_PIM_TCK],
		.ccd_short = v[DRAM_PIM_CCD_SHORT],
		.ccd_long = v[DRAM_PIM_CCD_LONG],
		.rcd = v[DRAM_PIM_RCD],
		.rp = v[DRAM_PIM_RP],
		.ras = v[DRAM_PIM_RAS],
		.rtp = v[DRAM_PIM_RTP],
		.rcd_write = known(v[DRAM_PIM_RCD_WRITE], v[DRAM_PIM_RCD]),
		.read_write = v[DRAM_PIM_READ_WRITE],
		.write_read = v[DRAM_PIM_WRITE_READ],
		.write_precharge = v[DRAM_PIM_WRITE_PRECHARGE],
		.rfc = v[DRAM_PIM_RFC],
		.refi = v[DRAM_PIM_REFI],
	};
}

static void read_unit(const double *v, struct dram_pim *pim)
{
	double capped = known(v[DRAM_PIM_MAC_CAPPED], v[DRAM_PIM_MAC]);
	pim->level = (enum dram_pim_level)(int)v[DRAM_PIM_LEVEL];
	pim->unit_banks = v[DRAM_PIM_UNIT_BANKS];
	pim->lanes = v[DRAM_PIM_LANES];
	pim->outputs = v[DRAM_PIM_OUTPUTS];
	pim->input_bytes = v[DRAM_PIM_INPUT];
	pim->mac_interval = v[DRAM_PIM_POWER_CAP] > 0 ? capped : v[DRAM_PIM_MAC];
	pim->mac_rcd = known(v[DRAM_PIM_MAC_RCD], v[DRAM_PIM_RCD]);
	pim->spread = v[DRAM_PIM_SPREAD];
	pim->input_interval = known(v[DRAM_PIM_INPUT_INTERVAL], v[DRAM_PIM_CCD_LONG]);
	pim->mode_switch = v[DRAM_PIM_MODE_SWITCH];
	pim->conflict = v[DRAM_PIM_CONFLICT];
	pim->output_interval = v[DRAM_PIM_OUTPUT_INTERVAL];
	pim->output_turn = v[DRAM_PIM_OUTPUT_TURN];
	pim->start = v[DRAM_PIM_START];
	pim->stationary = v[DRAM_PIM_STATIONARY] > 0;
	pim->overlap = v[DRAM_PIM_OVERLAP] > 0;
	pim->elementwise = v[DRAM_PIM_ELEMENTWISE] > 0;
	pim->attention = (enum dram_pim_attention_kind)(int)v[DRAM_PIM_ATTENTION];
	pim->head_dim = v[DRAM_PIM_HEAD_DIM];
}

static void read_device(const double *v, struct dram_pim *pim)
{
	pim->devices = v[DRAM_PIM_DEVICES];
	pim->parallel = known(v[DRAM_PIM_PARALLEL], v[DRAM_PIM_DEVICES]);
	pim->channels = v[DRAM_PIM_CHANNELS];
	pim->pseudo = v[DRAM_PIM_PSEUDO];
	pim->ranks = v[DRAM_PIM_RANKS];
	pim->groups = v[DRAM_PIM_GROUPS];
	pim->banks = v[DRAM_PIM_BANKS];
	pim->row_bytes = v[DRAM_PIM_ROW];
	pim->burst_bytes = v[DRAM_PIM_BURST];
	pim->vector_passes = v[DRAM_PIM_VECTOR_PASSES];
	pim->vector_fixed = v[DRAM_PIM_VECTOR_FIXED];
	pim->softmax_per_s = v[DRAM_PIM_SOFTMAX_RATE];
	pim->scalar_per_s = v[DRAM_PIM_SCALAR_RATE];
	pim->sampling_s = v[DRAM_PIM_SAMPLING];
	pim->access_bytes_per_s = v[DRAM_PIM_ACCESS];
	pim->link_bytes_per_s = v[DRAM_PIM_LINK];
	pim->link_latency_s = v[DRAM_PIM_LINK_LATENCY];
	pim->bank_j_per_byte = v[DRAM_PIM_BANK_ENERGY];
	pim->access_j_per_byte = v[DRAM_PIM_ACCESS_ENERGY];
	pim->link_j_per_byte = v[DRAM_PIM_LINK_ENERGY];
	pim->mac_j = v[DRAM_PIM_COMPUTE_ENERGY];
	pim->energy_low = v[DRAM_PIM_ENERGY_LOW];
	pim->energy_high = v[DRAM_PIM_ENERGY_HIGH];
}

static enum sim_status check(const double *v, const struct dram_pim *pim, struct sim_diag *diag)
{
	const struct dram_timing *t = &pim->timing;
	if (t->rfc + t->rp >= t->refi)
		return diag_fail(diag, SIM_E_RANGE, "'rfc' and 'rp' leave nothing of 'refi'");
	if (pim->parallel > pim->devices)
		return diag_fail(diag, SIM_E_RANGE, "'op.devices' is more than 'devices'");
	if (pim->row_bytes < pim->burst_bytes)
		return diag_fail(diag, SIM_E_RANGE, "'row' is shorter than 'burst'");
	if (pim->level == DRAM_PIM_BANK &&
	    pim->unit_banks > pim->pseudo * pim->ranks * pim->groups * pim->banks)
		return diag_fail(diag, SIM_E_RANGE, "'unit.banks' is more than a channel has");
	if (!isnan(v[DRAM_PIM_MAC_CAPPED]) && v[DRAM_PIM_MAC_CAPPED] < v[DRAM_PIM_MAC])
		return diag_fail(diag, SIM_E_RANGE,
				 "'mac.interval.capped' is shorter than 'mac.interval'");
	if (pim->attention == DRAM_PIM_OVER_BANKS && isnan(pim->softmax_per_s))
		return diag_fail(diag, SIM_E_RANGE, "'attention' 2 needs a 'softmax.rate'");
	return SIM_OK;
}

static void fill_cost(const double *v, struct machine_cost *cost)
{
	cost->static_w = v[DRAM_PIM_STATIC];
	cost->static_low_w = known(v[DRAM_PIM_STATIC_LOW], cost->static_w);
	cost->static_high_w = known(v[DRAM_PIM_STATIC_HIGH], cost->static_w);
	cost->limit_w = v[DRAM_PIM_POWER_LIMIT];
	cost->area_mm2 = v[DRAM_PIM_AREA] * 1e6;
	cost->price_usd = v[DRAM_PIM_PRICE];
	cost->usd_per_hour = v[DRAM_PIM_PRICE_HOUR];
}

static enum sim_status dram_pim_build(const double *values, struct arena *arena,
				      struct machine *machine, struct sim_diag *diag)
{
	struct dram_pim *pim = arena_alloc(arena, sizeof(*pim));
	if (pim == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	*pim = (struct dram_pim){0};
	read_timing(values, &pim->timing);
	read_unit(values, pim);
	read_device(values, pim);
	TRY(check(values, pim, diag));
	double access = pim->access_bytes_per_s * pim->parallel;
	struct machine_resource *resources = machine->resources;
	resources[RESOURCE_PIM] = (struct machine_resource){"pim", 1, 0, SIM_PART_HBM};
	resources[RESOURCE_ACCESS] = (struct machine_resource){"access", access, 0, SIM_PART_HBM};
	resources[RESOURCE_LINK] = (struct machine_resource){
		"link", known(pim->link_bytes_per_s, access), 0, SIM_PART_LINK};
	machine->resource_count = RESOURCE_COUNT;
	machine->memory_bytes_per_s = dram_pim_peak(pim);
	machine->memory_bytes = pim->devices * values[DRAM_PIM_CAPACITY];
	machine->ops_unsupported = dram_pim_unsupported(pim);
	fill_cost(values, &machine->cost);
	gpu_parts_launch(values + DRAM_PIM_PARAM_COUNT, machine);
	machine->state = pim;
	machine->demand = dram_pim_demand;
	if (!isnan(pim->bank_j_per_byte) && !isnan(pim->access_j_per_byte) && !isnan(pim->mac_j))
		machine->energy = dram_pim_energy;
	return SIM_OK;
}

const struct hw_model hw_model_dram_pim = {
	.name = "dram_pim",
	.equation =
		"t = start + clocks of the command list / (1 - refresh), at least bytes / rate of "
		"the banks; + moves over access and links",
	.source = "command lists and timings of PIMSimulator, aim_simulator, AttAcc and CENT",
	.params = params,
	.param_count = sizeof(params) / sizeof(params[0]),
	.build = dram_pim_build,
};
