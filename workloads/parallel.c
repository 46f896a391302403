/* Groups of devices: settings, the share of one device, loads. Equations: workloads/parallel.h. */
#include "workloads/parallel.h"

#include <math.h>

#include "workloads/expert_balance.h"
#include "workloads/parallel_parts.h"
#include "workloads/scope.h"
#include "workloads/transform_parts.h"

static const struct scenario_value *value_of(const struct workload *workload, enum parallel_key key)
{
	return transform_value(workload, workload->first_keys[TRANSFORM_parallel], key);
}

static double given(const struct workload *workload, enum parallel_key key)
{
	const struct scenario_value *value = value_of(workload, key);
	return value->given ? value->number : 0;
}

static double number(const struct workload *workload, enum parallel_key key)
{
	return value_of(workload, key)->number;
}

struct parallel parallel_of(const struct workload *workload)
{
	struct parallel group = {
		.tp = number(workload, PARALLEL_TP),
		.pp = number(workload, PARALLEL_PP),
		.micro = number(workload, PARALLEL_MICRO),
		.ep = number(workload, PARALLEL_EP),
		.fuses = number(workload, PARALLEL_FUSE) > 0,
		.overlaps = number(workload, PARALLEL_OVERLAP) > 0,
		.spills = number(workload, PARALLEL_SPILL) > 0,
		.skew = given(workload, PARALLEL_SKEW),
		.hot = number(workload, PARALLEL_HOT),
		.capacity = number(workload, PARALLEL_CAPACITY),
		.chunk = number(workload, PARALLEL_CHUNK),
		.pp_bandwidth = given(workload, PARALLEL_PP_BANDWIDTH),
		.pp_latency = number(workload, PARALLEL_PP_LATENCY),
		.topology = (unsigned)number(workload, PARALLEL_TOPOLOGY),
		.algorithm = (unsigned)number(workload, PARALLEL_ALGORITHM),
		.sms = given(workload, PARALLEL_SMS),
	};
	group.dp = group.ep > group.tp ? group.ep / group.tp : 1;
	return group;
}

double parallel_devices(const struct workload *workload)
{
	if (workload->scenario.values == NULL)
		return 1;
	struct parallel group = parallel_of(workload);
	return group.pp * (group.ep > group.tp ? group.ep : group.tp);
}

double parallel_stages_in_a_row(const struct workload *workload)
{
	if (workload->scenario.values == NULL)
		return 1;
	struct parallel group = parallel_of(workload);
	double batch = scenario_number(&workload->scenario, SCENARIO_BATCH);
	double parts = group.micro < batch ? group.micro : batch;
	return parts < group.pp ? group.pp : 1;
}

static enum sim_status divides(double degree, uint64_t count, const char *key, const char *what,
			       struct sim_diag *diag)
{
	if (count % (uint64_t)degree == 0)
		return SIM_OK;
	return diag_fail(diag, SIM_E_RANGE, "'%s: %.9g' does not divide the model's %llu %s", key,
			 degree, (unsigned long long)count, what);
}

static enum sim_status check_tp(const struct workload_model *model, const struct parallel *group,
				struct sim_diag *diag)
{
	uint64_t tp = (uint64_t)group->tp;
	TRY(divides(group->tp, model->heads, "tp", "heads", diag));
	if (model->kv_heads > 0 && model->kv_heads % tp != 0 && tp % model->kv_heads != 0)
		return diag_fail(diag, SIM_E_RANGE,
				 "'tp: %.9g' neither divides nor is a multiple of the model's %llu "
				 "key heads",
				 group->tp, (unsigned long long)model->kv_heads);
	TRY(divides(group->tp, model->intermediate, "tp", "columns of the MLP", diag));
	TRY(divides(group->tp, model->shared_intermediate, "tp", "columns of shared experts",
		    diag));
	TRY(divides(group->tp, model->state_heads, "tp", "state heads", diag));
	TRY(divides(group->tp, model->state_inner, "tp", "state columns", diag));
	if (model->state_groups > 0 && model->state_groups % tp != 0 &&
	    tp % model->state_groups != 0)
		return diag_fail(diag, SIM_E_RANGE, "'tp: %.9g' does not fit %llu state groups",
				 group->tp, (unsigned long long)model->state_groups);
	return group->ep > 1 ? SIM_OK
			     : divides(group->tp, model->expert_intermediate, "tp",
				       "columns of an expert", diag);
}

static enum sim_status check_ep(const struct workload_model *model, const struct parallel *group,
				struct sim_diag *diag)
{
	if (model->experts == 0)
		return diag_fail(diag, SIM_E_RANGE, "'ep': the model has no experts: '%s'",
				 model->name);
	TRY(divides(group->ep, model->experts, "ep", "experts", diag));
	if (model->experts > BALANCE_MOST_EXPERTS || group->ep > BALANCE_MOST_DEVICES)
		return diag_fail(diag, SIM_E_RANGE, "'ep': more than %d experts or %d devices",
				 BALANCE_MOST_EXPERTS, BALANCE_MOST_DEVICES);
	if (fmod(group->ep, group->tp) != 0)
		return diag_fail(diag, SIM_E_RANGE, "'ep: %.9g' is no multiple of 'tp: %.9g'",
				 group->ep, group->tp);
	if (group->skew > 0 && !(group->hot < (double)model->experts))
		return diag_fail(diag, SIM_E_RANGE, "'ep.hot': %.9g of %llu experts", group->hot,
				 (unsigned long long)model->experts);
	return SIM_OK;
}

enum sim_status parallel_check_experts(const struct workload *workload, struct sim_diag *diag)
{
	const struct parallel group = parallel_of(workload);
	return group.ep > 1 ? check_ep(&workload->model, &group, diag) : SIM_OK;
}

static enum sim_status check_pp(const struct workload *workload, const struct parallel *group,
				struct sim_diag *diag)
{
	if (group->pp > (double)workload->model.layers)
		return diag_fail(diag, SIM_E_RANGE, "'pp': %.9g stages of %llu layers", group->pp,
				 (unsigned long long)workload->model.layers);
	if (workload->draft_count > 0)
		return diag_fail(diag, SIM_E_UNSUPPORTED, "'pp' and a draft model");
	return SIM_OK;
}

/* Heads of keys or groups: divided, at least one. */
static uint64_t share_or_one(uint64_t count, uint64_t tp)
{
	return count > tp ? count / tp : count > 0;
}

static void shard(struct workload_model *model, uint64_t tp, bool whole_experts)
{
	model->heads /= tp;
	model->kv_heads = share_or_one(model->kv_heads, tp);
	model->intermediate /= tp;
	model->shared_intermediate /= tp;
	model->state_heads /= tp;
	model->state_inner /= tp;
	model->state_groups = share_or_one(model->state_groups, tp);
	if (!whole_experts)
		model->expert_intermediate /= tp;
	model->vocabulary = (model->vocabulary + tp - 1) / tp;
}

enum sim_status parallel_load(struct workload *workload, struct sim_diag *diag)
{
	const struct parallel group = parallel_of(workload);
	if (group.tp > 1)
		TRY(check_tp(&workload->model, &group, diag));
	TRY(parallel_check_experts(workload, diag));
	if (group.pp > 1)
		TRY(check_pp(workload, &group, diag));
	if (group.tp > 1)
		shard(&workload->model, (uint64_t)group.tp, group.ep > 1);
	return SIM_OK;
}

static bool is_even(double count)
{
	return fmod(count, 2) == 0;
}

bool parallel_halves(const struct workload *workload, const struct workload_forward *forward)
{
	const struct parallel group = parallel_of(workload);
	return group.overlaps && group.tp > 1 && forward->model == 0 &&
	       (is_even(forward->batch) || is_even(forward->width));
}

struct workload_forward parallel_part(const struct workload *workload,
				      const struct workload_forward *forward)
{
	struct workload_forward part = *forward;
	if (!parallel_halves(workload, forward))
		return part;
	if (is_even(part.batch)) {
		part.batch /= 2;
	} else { /* the mean of both: the first sees itself, the second both */
		part.width /= 2;
		part.context += part.width / 2;
	}
	return part;
}

/* Expected distinct ones of COUNT experts that TOKENS choose with probability CHANCE each. */
static double chosen(double count, double chance, double tokens)
{
	double unused = 1, factor = chance < 1 ? 1 - chance : 0;
	for (uint64_t n = (uint64_t)(tokens + 0.5); n > 0; n >>= 1) {
		if (n & 1)
			unused *= factor;
		factor *= factor;
	}
	return count * (1 - unused);
}

/* Shares of the choices: of each hot expert, and of each other one. */
struct shares {
	size_t hot_count;
	double hot, other;
};

static struct shares shares_of(const struct parallel *group, double experts)
{
	if (group->skew <= 0)
		return (struct shares){0, 0, 1 / experts};
	return (struct shares){(size_t)group->hot, group->skew / group->hot,
			       (1 - group->skew) / (experts - group->hot)};
}

/* Distinct experts that TOKENS read of the first device, which has EACH and the hot ones first. */
static double unique_of(const struct shares *shares, double each, double chances, double tokens)
{
	double hot = (double)shares->hot_count;
	hot = hot < each ? hot : each;
	return chosen(hot, shares->hot * chances, tokens) +
	       chosen(each - hot, shares->other * chances, tokens);
}

struct parallel_experts parallel_experts(const struct workload *workload, double rows)
{
	const struct parallel group = parallel_of(workload);
	const struct workload_model *model = &workload->model;
	double all[BALANCE_MOST_EXPERTS];
	double experts = (double)model->experts, tokens = rows * group.dp;
	double choices = tokens * (double)model->experts_per_token;
	double mean = choices / group.ep;
	const struct shares shares = shares_of(&group, experts);
	for (size_t e = 0; e < (size_t)experts; e++)
		all[e] = e < shares.hot_count ? shares.hot : shares.other;
	const struct expert_spill spill = {
		.capacity = group.capacity,
		.chunk = choices > 0 ? group.chunk / choices : 1,
		.threshold = 1.3, /* lambda of LLEP */
	};
	struct expert_balance balance = expert_balance(all, (size_t)experts, (size_t)group.ep,
						       group.spills ? &spill : NULL);
	double unique =
		unique_of(&shares, experts / group.ep, (double)model->experts_per_token, tokens);
	return (struct parallel_experts){
		.choices = mean * balance.most,
		.unique = unique + balance.copies < experts ? unique + balance.copies : experts,
		.sent_experts = balance.copies,
	};
}

enum sim_status parallel_insert(struct workload_step *step, size_t segment, uint32_t position,
				uint32_t model, const char *name,
				const struct collective *collective, struct lowered_kernel **made,
				struct sim_diag *diag)
{
	TRY(transform_insert(step, segment, position, model, name, made, diag));
	(*made)->role = WORKLOAD_ROLE_TRANSFER;
	(*made)->group = 0;
	(*made)->kernel.dtype = SIM_DTYPE_BF16;
	return collective_fill(collective, &(*made)->kernel, diag);
}
