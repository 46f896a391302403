/* Deployments: from a spec to an engine's configuration, and back to figures a reader asked for. */
#include "sim/serve/deploy.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/core/units.h"
#include "sim/serve/deploy_parts.h"
#include "workloads/parallel.h"

static double number(const struct serve_spec *spec, enum spec_key_id id)
{
	return spec->numbers[id];
}

static enum sim_status fail_set(const struct serve_spec *spec, const struct spec_set *set,
				enum sim_status status, const struct sim_diag *why,
				struct sim_diag *diag)
{
	return diag_fail_at(diag, status, spec->path, set->line, "%s", why->text);
}

/* Keys of the spec that are the scenario's are set; those of the device come back in DEVICE. */
static enum sim_status apply_sets(const struct serve_spec *spec, const char *hw,
				  struct workload_scenario *scenario, char (*device)[192],
				  size_t *device_count, struct sim_diag *diag)
{
	struct sim_diag why = {0};
	const char *file = spec_set_value(spec, "scenario");
	*device_count = 0;
	TRY(scenario_init(scenario, diag));
	if (file != NULL)
		TRY(scenario_read(scenario, file, diag));
	for (size_t i = 0; i < spec->set_count; i++) {
		const struct spec_set *set = &spec->sets[i];
		if (strcmp(set->key, "scenario") == 0)
			continue;
		if (strncmp(set->key, "hw.", 3) == 0) {
			int length = snprintf(device[*device_count], sizeof(device[0]), "%s=%s",
					      set->key + 3, set->value);
			if (length >= (int)sizeof(device[0]))
				return diag_fail_at(diag, SIM_E_RANGE, spec->path, set->line,
						    "'%s' is too long", set->key);
			(*device_count)++;
			continue;
		}
		const char *value = hw != NULL && strcmp(set->key, "hw") == 0 ? hw : set->value;
		enum sim_status status = scenario_set(scenario, set->key, value, &why);
		if (status != SIM_OK)
			return fail_set(spec, set, status, &why, diag);
	}
	return SIM_OK;
}

/* HW: in place of the spec's own; NULL. */
static enum sim_status open_setup(const struct serve_spec *spec, const char *hw,
				  struct run_setup *setup, struct sim_diag *diag)
{
	struct workload_scenario scenario;
	char device[SPEC_MOST_SETS][192];
	const char *sets[SPEC_MOST_SETS];
	size_t count;
	memset(setup, 0, sizeof(*setup));
	enum sim_status status = apply_sets(spec, hw, &scenario, device, &count, diag);
	if (status != SIM_OK) {
		scenario_fini(&scenario);
		return status;
	}
	for (size_t i = 0; i < count; i++)
		sets[i] = device[i];
	return run_setup(setup, &scenario, sets, count, diag);
}

static enum sim_status fail_memory(const struct run_setup *setup, double need, double have,
				   struct sim_diag *diag)
{
	char needed[64], had[64];
	return diag_fail(diag, SIM_E_INFEASIBLE,
			 "out of memory: %s are needed without any KV cache, '%s' has %s",
			 unit_format(need, UNIT_BYTES, needed, sizeof(needed)), setup->device.name,
			 unit_format(have, UNIT_BYTES, had, sizeof(had)));
}

/* Activation bytes of a prefill step. */
static enum sim_status prefill_bytes(const struct serve_spec *spec, const struct run_setup *setup,
				     double *bytes, struct sim_diag *diag)
{
	bool chunked = number(spec, SPEC_BATCHING) == SERVE_CHUNKED;
	double width = number(spec, chunked ? SPEC_CHUNK_TOKENS : SPEC_PREFILL_TOKENS);
	double longest = (double)setup->workload.model.positions;
	struct workload_forward forward;
	if (longest >= 1 && width > longest)
		width = longest;
	TRY(workload_prompts(&setup->workload, 1, width, 0, &forward, diag));
	return deploy_live_bytes(&setup->workload, &forward, bytes, diag);
}

struct room {
	double fixed, block, memory;
	uint64_t blocks; /* 0: no limit */
};

/* KV blocks that SETUP's memory leaves. */
static enum sim_status measure(const struct serve_spec *spec, const struct run_setup *setup,
			       struct room *room, struct sim_diag *diag)
{
	const struct machine *machine = &setup->device.machine;
	struct workload_capacity capacity;
	double batch = number(spec, SPEC_BATCH_LIMIT), prefill, own = machine->kv_memory_bytes;
	TRY(workload_capacity(&setup->workload, batch, 1, &capacity, diag));
	TRY(prefill_bytes(spec, setup, &prefill, diag));
	double token = capacity.kv_bytes_per_token;
	for (size_t i = 0; i < setup->workload.draft_count; i++)
		token += 2 * (double)model_kv_elements(setup->workload.drafts[i]);
	room->block = token * number(spec, SPEC_KV_BLOCK);
	room->memory = machine->memory_bytes * number(spec, SPEC_KV_FRACTION);
	room->fixed = capacity.total_bytes - capacity.kv_bytes;
	if (prefill > capacity.activation_bytes)
		room->fixed += prefill - capacity.activation_bytes;
	room->blocks = 0;
	if (machine->memory_bytes > 0 && room->fixed > room->memory)
		return fail_memory(setup, room->fixed, room->memory, diag);
	if (spec->given[SPEC_KV_BLOCKS])
		room->blocks = (uint64_t)number(spec, SPEC_KV_BLOCKS);
	else if (machine->memory_bytes > 0 && room->block > 0)
		room->blocks =
			(uint64_t)((own > 0 ? own : room->memory - room->fixed) / room->block);
	else
		return SIM_OK;
	return room->blocks > 0 ? SIM_OK
				: fail_memory(setup, room->fixed + room->block, room->memory, diag);
}

static int64_t ps_of(const struct serve_spec *spec, enum spec_key_id id)
{
	return spec->given[id] ? ps_from_seconds(number(spec, id)) : 0;
}

static double given(const struct serve_spec *spec, enum spec_key_id id, double otherwise)
{
	return isnan(number(spec, id)) ? otherwise : number(spec, id);
}

static void fill_config(const struct serve_spec *spec, struct serve_config *config)
{
	serve_config_init(config);
	config->policy = (enum serve_policy)number(spec, SPEC_BATCHING);
	config->preempt = (enum serve_preempt)number(spec, SPEC_KV_PREEMPT);
	config->route = (enum serve_route)number(spec, SPEC_ROUTE);
	config->instances = (uint32_t)number(spec, SPEC_REPLICAS);
	config->prefill_instances = (uint32_t)number(spec, SPEC_PREFILL_REPLICAS);
	config->batch_limit = (uint32_t)number(spec, SPEC_BATCH_LIMIT);
	config->prefill_tokens = (uint32_t)number(spec, SPEC_PREFILL_TOKENS);
	config->chunk_tokens = (uint32_t)number(spec, SPEC_CHUNK_TOKENS);
	config->kv_block = (uint32_t)number(spec, SPEC_KV_BLOCK);
	config->swap_bytes_per_s = given(spec, SPEC_SWAP_BANDWIDTH, 0);
	config->link_bytes_per_s = given(spec, SPEC_LINK_BANDWIDTH, 0);
	config->link_latency_ps = ps_from_seconds(number(spec, SPEC_LINK_LATENCY));
	config->host_gap_ps = ps_from_seconds(number(spec, SPEC_HOST_GAP));
	config->host_gap_sequence_ps = ps_from_seconds(number(spec, SPEC_HOST_GAP_SEQUENCE));
	config->prefix_cache = number(spec, SPEC_PREFIX_CACHE) > 0;
	config->warmup = (uint64_t)number(spec, SPEC_WARMUP);
	config->good_ttft_ps = ps_of(spec, SPEC_GOOD_TTFT);
	config->good_tpot_ps = ps_of(spec, SPEC_GOOD_TPOT);
	config->good_e2e_ps = ps_of(spec, SPEC_GOOD_E2E);
}

struct pool_cost {
	double devices, usd_per_hour, static_w;
};

/* COUNT replicas on SETUP: devices of their groups, price, and what they draw when idle. */
static struct pool_cost cost_of(const struct serve_spec *spec, const struct run_setup *setup,
				double count)
{
	const struct machine_cost *cost = &setup->device.machine.cost;
	double group = parallel_devices(&setup->workload);
	double devices = count * given(spec, SPEC_DEVICES, group);
	return (struct pool_cost){
		devices,
		devices * given(spec, SPEC_PRICE_HOUR, cost->usd_per_hour),
		count * group * cost->static_w,
	};
}

static void fill_cost(const struct serve_spec *spec, struct deployment *deployment)
{
	const struct serve_config *config = &deployment->config;
	const struct run_setup *setups = deployment->setups;
	struct pool_cost all = cost_of(spec, &setups[0], config->instances);
	deployment->devices_per_replica = all.devices / config->instances;
	if (config->policy == SERVE_SPLIT) {
		struct pool_cost more = cost_of(spec, &setups[deployment->setup_count - 1],
						config->prefill_instances);
		all.devices += more.devices;
		all.usd_per_hour += more.usd_per_hour;
		all.static_w += more.static_w;
	}
	deployment->devices = all.devices;
	deployment->usd_per_hour = all.usd_per_hour;
	deployment->static_w = all.static_w;
}

void deployment_set_replicas(struct deployment *deployment, const struct serve_spec *spec,
			     uint32_t count)
{
	deployment->config.instances = count;
	fill_cost(spec, deployment);
}

static enum sim_status open_prefill(const struct serve_spec *spec, struct deployment *deployment,
				    struct sim_diag *diag)
{
	struct room room;
	const struct run_setup *setup = &deployment->setups[0];
	if (spec->texts[SPEC_PREFILL_HW] != NULL) {
		deployment->setup_count = 2;
		TRY(open_setup(spec, spec->texts[SPEC_PREFILL_HW], &deployment->setups[1], diag));
		setup = &deployment->setups[1];
	}
	TRY(measure(spec, setup, &room, diag));
	deployment->config.prefill_kv_blocks = room.blocks;
	return SIM_OK;
}

/* Pools as the engine numbers them: of split, 0 prefills and 1 decodes. */
static enum sim_status open_costs(const struct serve_spec *spec, struct deployment *deployment,
				  struct sim_diag *diag)
{
	bool split = deployment->config.policy == SERVE_SPLIT;
	uint32_t bucket = (uint32_t)given(spec, SPEC_STEP_BUCKET, deployment->config.kv_block);
	struct run_setup *first = &deployment->setups[split ? deployment->setup_count - 1 : 0];
	deployment->book.pool_count = split ? 2 : 1;
	TRY(cost_pool_init(&deployment->book.pools[0], first, bucket, diag));
	if (split)
		TRY(cost_pool_init(&deployment->book.pools[1], &deployment->setups[0], bucket,
				   diag));
	return SIM_OK;
}

enum sim_status deployment_open(const struct serve_spec *spec, struct deployment *deployment,
				struct sim_diag *diag)
{
	struct room room;
	memset(deployment, 0, sizeof(*deployment));
	deployment->setup_count = 1;
	fill_config(spec, &deployment->config);
	TRY(open_setup(spec, NULL, &deployment->setups[0], diag));
	TRY(measure(spec, &deployment->setups[0], &room, diag));
	deployment->config.kv_blocks = room.blocks;
	deployment->config.kv_bytes_per_token = room.block / deployment->config.kv_block;
	deployment->fixed_bytes = room.fixed;
	deployment->block_bytes = room.block;
	deployment->memory_bytes = room.memory;
	if (deployment->config.policy == SERVE_SPLIT)
		TRY(open_prefill(spec, deployment, diag));
	TRY(deploy_acceptance(spec, deployment, diag));
	fill_cost(spec, deployment);
	return open_costs(spec, deployment, diag);
}

void deployment_close(struct deployment *deployment)
{
	for (unsigned i = 0; i < deployment->book.pool_count; i++)
		cost_pool_fini(&deployment->book.pools[i]);
	for (unsigned i = 0; i < deployment->setup_count; i++)
		run_setup_fini(&deployment->setups[i]);
	memset(deployment, 0, sizeof(*deployment));
}

static void fill_energy(const struct deployment *deployment, struct serve_report *report)
{
	const struct serve_result *result = &report->result;
	double span_s = seconds_from_ps(result->end_ps - result->first_ps);
	double replicas = deployment->config.instances;
	if (deployment->config.policy == SERVE_SPLIT)
		replicas += deployment->config.prefill_instances;
	/* a step's joules hold the static power of its own time */
	double idle_share = 1 - result->busy_s / (span_s * replicas);
	double tokens = (double)result->output_tokens;
	report->energy_j = result->joules + deployment->static_w * span_s * idle_share;
	report->average_w = report->energy_j / span_s;
	report->joules_per_mtoken = report->energy_j / tokens * 1e6;
	report->usd_per_hour = deployment->usd_per_hour;
	report->usd_per_mtoken = deployment->usd_per_hour * span_s / 3600 / tokens * 1e6;
}

static void fill_band(const struct deployment *deployment, struct serve_report *report)
{
	report->band = (struct interval){0, 0};
	report->calibrated = true;
	for (unsigned i = 0; i < deployment->book.pool_count; i++) {
		const struct cost_pool *pool = &deployment->book.pools[i];
		report->asked_steps += pool->asked;
		report->simulated_steps += pool->simulated;
		if (!pool->any)
			continue;
		report->calibrated = report->calibrated && pool->calibrated;
		if (isnan(pool->band.low) || isnan(report->band.low))
			report->band = (struct interval){NAN, NAN};
		else
			report->band = (struct interval){fmin(report->band.low, pool->band.low),
							 fmax(report->band.high, pool->band.high)};
	}
}

enum sim_status deployment_run(struct deployment *deployment, const struct serve_spec *spec,
			       const struct load *load, struct serve_report *report,
			       struct sim_diag *diag)
{
	struct serve_costs costs = cost_callback(&deployment->book);
	memset(report, 0, sizeof(*report));
	TRY(serve_run(&deployment->config, load, &costs, &report->result, diag));
	if (report->result.completed == 0) {
		char room[64];
		double blocks = (double)deployment->config.kv_blocks;
		return diag_fail(diag, SIM_E_INFEASIBLE,
				 "out of memory: a request of %llu tokens does not fit into the KV "
				 "cache of %s (%.0f blocks of %u tokens)",
				 (unsigned long long)report->result.refused_tokens,
				 unit_format(blocks * deployment->block_bytes, UNIT_BYTES, room,
					     sizeof(room)),
				 blocks, deployment->config.kv_block);
	}
	fill_energy(deployment, report);
	fill_band(deployment, report);
	deploy_check(spec, report);
	return SIM_OK;
}
