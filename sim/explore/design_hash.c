/* Content of workloads: what a stored result rests on. */
#include <math.h>
#include <string.h>

#include "sim/core/digest.h"
#include "sim/explore/design.h"
#include "workloads/runtime_parts.h"

uint64_t design_hash_text(uint64_t hash, const char *text)
{
	return digest_text(hash, text);
}

uint64_t design_hash_number(uint64_t hash, double number)
{
	uint64_t bits = UINT64_C(0x7ff8000000000000); /* one NaN for all */
	if (!isnan(number)) {
		number += 0.0; /* and one zero */
		memcpy(&bits, &number, sizeof(bits));
	}
	return digest_mix(hash, bits);
}

static uint64_t hash_expr(uint64_t hash, const struct expr *expr)
{
	if (expr == NULL)
		return digest_mix(hash, 0);
	hash = design_hash_text(hash, expr->text == NULL ? "" : expr->text);
	return expr->code == NULL ? design_hash_number(hash, expr->constant) : hash;
}

static uint64_t hash_entries(uint64_t hash, const struct runtime_entry *entry)
{
	for (; entry != NULL; entry = entry->next) {
		hash = design_hash_text(hash, entry->name == NULL ? "" : entry->name);
		hash = design_hash_text(hash, entry->kind == NULL ? "" : entry->kind->name);
		hash = digest_mix(hash, entry->role);
		hash = hash_expr(hash, entry->when);
		hash = hash_expr(hash, entry->repeat);
		if (entry->ops != NULL)
			hash = hash_expr(hash, entry->ops);
		if (entry->waits != NULL)
			hash = hash_expr(hash, entry->waits);
		for (size_t i = 0; i < entry->field_count; i++)
			hash = hash_expr(hash, &entry->fields[i]);
		for (size_t i = 0; i < entry->bind_count; i++)
			hash = hash_expr(digest_mix(hash, entry->bind_slots[i]), &entry->binds[i]);
		if (entry->block != NULL)
			hash = hash_entries(hash, entry->block);
	}
	return digest_mix(hash, 1);
}

static uint64_t hash_runtime(uint64_t hash, const struct workload_runtime *runtime)
{
	hash = design_hash_number(hash, runtime->host.kernel_ns);
	if (runtime->host.op_ns > 0)
		hash = design_hash_number(hash, runtime->host.op_ns);
	hash = design_hash_number(hash, runtime->host.gemm_ns);
	hash = design_hash_number(hash, runtime->host.layer_ns);
	hash = design_hash_number(hash, runtime->host.step_ns);
	hash = design_hash_number(hash, runtime->workspace_bytes);
	if (runtime->cache.text != NULL)
		hash = hash_expr(hash, &runtime->cache);
	if (runtime->state.text != NULL)
		hash = hash_expr(hash, &runtime->state);
	if (runtime->prefix != RUNTIME_PREFIX_APART)
		hash = digest_mix(hash, runtime->prefix);
	hash = hash_expr(hash, &runtime->slots);
	for (size_t i = 0; i < runtime->let_count; i++)
		hash = hash_expr(design_hash_text(hash, runtime->let_names[i]), &runtime->lets[i]);
	hash = hash_entries(hash, runtime->prologue);
	hash = hash_entries(hash, runtime->layer);
	return hash_entries(hash, runtime->epilogue);
}

static uint64_t hash_model(uint64_t hash, const struct workload_model *model)
{
	for (size_t i = 0; i < model_key_count(); i++) {
		struct model_value value;
		bool there = model_key_value(model, i, &value);
		hash = design_hash_number(hash, there ? value.number : (double)NAN);
	}
	return hash;
}

uint64_t design_workload_hash(const struct workload *workload, uint64_t hash)
{
	hash = hash_model(hash, &workload->model);
	for (size_t i = 0; i < workload->draft_count; i++)
		hash = hash_model(hash, workload->drafts[i]);
	hash = hash_runtime(hash, &workload->runtime);
	for (size_t i = 0; i < scenario_key_count(); i++) {
		const struct scenario_value *value = &workload->scenario.values[i];
		/* files count by their content, the machine apart */
		if (!value->given || i == SCENARIO_MODEL || i == SCENARIO_HW ||
		    i == SCENARIO_RUNTIME)
			continue;
		hash = design_hash_text(hash, scenario_key(i)->name);
		hash = design_hash_number(hash, value->number);
		for (size_t n = 0; n < value->list_count; n++)
			hash = design_hash_number(hash, value->list[n]);
	}
	return hash;
}
