/* Results of runs by name. */
#include <assert.h>
#include <math.h>

#include "validate/case_run.h"

static double ms(int64_t ps)
{
	return (double)ps * 1e-9;
}

static double energy_field(const struct step_energy *e, enum case_field field)
{
	switch (field) {
	case CASE_FIELD_energy_j:
		return e->energy_j;
	case CASE_FIELD_energy_low_j:
		return e->energy_low_j;
	case CASE_FIELD_energy_high_j:
		return e->energy_high_j;
	case CASE_FIELD_average_w:
		return e->average_w;
	case CASE_FIELD_peak_w:
		return e->peak_w;
	case CASE_FIELD_joules_per_token:
		return e->joules_per_token;
	case CASE_FIELD_tokens_per_joule:
		return e->tokens_per_joule;
	case CASE_FIELD_usd_per_mtoken:
		return e->usd_per_mtoken;
	case CASE_FIELD_energy_memory_j:
		return e->part_j[ENERGY_MEMORY];
	case CASE_FIELD_energy_compute_j:
		return e->part_j[ENERGY_COMPUTE];
	case CASE_FIELD_energy_link_j:
		return e->part_j[ENERGY_LINK];
	case CASE_FIELD_energy_static_j:
		return e->static_j;
	default:
		return e->area_mm2;
	}
}

static double time_field(const struct case_outcome *outcome, enum case_field field)
{
	const struct run_result *r = &outcome->result;
	switch (field) {
	case CASE_FIELD_step_ms:
		return ms(r->step_ps);
	case CASE_FIELD_device_span_ms:
		return ms(r->device_span_ps);
	case CASE_FIELD_device_busy_ms:
		return ms(r->device_busy_ps);
	case CASE_FIELD_host_ms:
		return ms(r->host_ps);
	case CASE_FIELD_floor_ms:
		return ms(r->floor_ps);
	case CASE_FIELD_floor_fraction:
		return (double)r->floor_ps / (double)r->step_ps;
	case CASE_FIELD_tokens_per_s:
		return r->tokens_per_s;
	case CASE_FIELD_tokens:
		return r->tokens;
	case CASE_FIELD_kernels:
		return (double)r->kernels;
	case CASE_FIELD_forwards:
		return (double)r->forwards;
	case CASE_FIELD_weight_read_bytes:
		return r->weight_read_bytes;
	case CASE_FIELD_kv_read_bytes:
		return r->kv_read_bytes;
	case CASE_FIELD_kv_write_bytes:
		return r->kv_write_bytes;
	case CASE_FIELD_act_bytes:
		return r->act_bytes;
	case CASE_FIELD_flops:
		return r->flops;
	case CASE_FIELD_prefill_ms:
		return outcome->has_prefill ? ms(outcome->prefill.step_ps) : NAN;
	case CASE_FIELD_prefill_kernels:
		return outcome->has_prefill ? (double)outcome->prefill.kernels : NAN;
	default:
		assert(field >= CASE_FIELD_attribution_host_ms &&
		       field <= CASE_FIELD_attribution_opaque_ms);
		return ms(r->part_ps[field - CASE_FIELD_attribution_host_ms]);
	}
}

static bool is_served_field(enum case_field field)
{
	return (int)field >= CASE_SERVE_FIRST && (int)field <= CASE_SERVE_LAST;
}

/* A serving run has no fields of one step. */
static double served_field(const struct case_outcome *outcome, enum case_field field)
{
	if (outcome->failed)
		return NAN;
	if (field == CASE_FIELD_fits)
		return outcome->served.fits;
	if (!is_served_field(field) || !outcome->served.fits)
		return NAN;
	return outcome->served.values[field - CASE_SERVE_FIRST];
}

double case_outcome_field(const struct case_outcome *outcome, enum case_field field)
{
	static_assert(CASE_FIELD_attribution_opaque_ms - CASE_FIELD_attribution_host_ms ==
			      SIM_PART_OPAQUE - SIM_PART_HOST,
		      "fields of the attribution are in the order of enum sim_part");
	const struct run_result *r = &outcome->result;
	const struct workload_capacity *c = &r->capacity;
	bool energy = field >= CASE_FIELD_energy_j && field <= CASE_FIELD_area_mm2;
	if (outcome->is_served)
		return served_field(outcome, field);
	if (outcome->failed || (case_field_is_time(field) && !r->fits))
		return NAN;
	if (is_served_field(field))
		return NAN;
	if (energy)
		return energy_field(&r->energy, field);
	switch (field) {
	case CASE_FIELD_fits:
		return r->fits;
	case CASE_FIELD_memory_bytes:
		return c->total_bytes;
	case CASE_FIELD_weight_bytes:
		return c->weight_bytes;
	case CASE_FIELD_kv_bytes:
		return c->kv_bytes;
	case CASE_FIELD_kv_bytes_per_token:
		return c->kv_bytes_per_token;
	case CASE_FIELD_state_bytes:
		return c->state_bytes;
	case CASE_FIELD_activation_bytes:
		return c->activation_bytes;
	case CASE_FIELD_workspace_bytes:
		return c->workspace_bytes;
	case CASE_FIELD_offloaded_bytes:
		return c->offloaded_bytes;
	case CASE_FIELD_largest_batch:
		return r->largest_batch;
	case CASE_FIELD_largest_context:
		return r->largest_context;
	default:
		return time_field(outcome, field);
	}
}
