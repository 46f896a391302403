/* Knobs without effect: the scenario lowered again with one key turned at a time. */
#include "workloads/knobs.h"

#include <stdlib.h>
#include <string.h>

#include "sim/core/digest.h"
#include "workloads/residents.h"
#include "workloads/transform_tiers.h"

struct outcome {
	uint64_t digest;
	enum sim_status status;
};

static void add(uint64_t *digest, const void *data, size_t size)
{
	const unsigned char *at = data;
	for (; size >= 8; size -= 8, at += 8) {
		uint64_t word;
		memcpy(&word, at, 8);
		*digest = digest_mix(*digest, word);
	}
	for (; size > 0; size--)
		*digest = digest_mix(*digest, *at++);
}

static void add_number(uint64_t *digest, double number)
{
	add(digest, &number, sizeof(number));
}

static void add_step(uint64_t *digest, const struct workload_step *step)
{
	for (size_t i = 0; i < step->segment_count; i++) {
		const struct lowered_segment *segment = &step->segments[i];
		*digest = digest_mix(*digest, segment->count);
		*digest = digest_mix(*digest, segment->repeat);
		for (uint32_t k = 0; k < segment->count; k++)
			add(digest, &step->kernels[segment->first + k].kernel,
			    sizeof(struct sim_kernel));
	}
	for (size_t i = 0; i < step->edge_count; i++) {
		*digest = digest_mix(*digest, step->edges[i].before);
		*digest = digest_mix(*digest, step->edges[i].after);
		*digest = digest_mix(*digest, step->edges[i].back);
	}
}

static enum sim_status add_forwards(const struct workload *workload, double context,
				    uint64_t *digest, struct sim_diag *diag)
{
	struct workload_iteration iteration;
	struct workload_step step;
	TRY(workload_iterate(workload, context, &iteration, diag));
	TRY(step_init(&step, diag));
	add_number(digest, iteration.tokens);
	add_number(digest, iteration.kv_tokens);
	enum sim_status status = SIM_OK;
	for (size_t i = 0; i < iteration.forward_count && status == SIM_OK; i++) {
		*digest = digest_mix(*digest, iteration.forwards[i].count);
		add_number(digest, iteration.forwards[i].advance);
		*digest = digest_mix(*digest, iteration.forwards[i].stream);
		status = workload_lower(workload, &iteration.forwards[i], &step, diag);
		if (status == SIM_OK)
			add_step(digest, &step);
	}
	step_fini(&step);
	return status;
}

static void add_wear(const struct workload *workload, uint64_t *digest)
{
	struct tier_wear wear = tier_wear(workload, 1e9, 1);
	add_number(digest, wear.written_bytes);
	add_number(digest, wear.cost);
	add_number(digest, wear.lifetime_s);
	*digest = digest_mix(*digest, wear.endurance_binds);
}

static enum sim_status add_residents(const struct workload *workload, double context,
				     uint64_t *digest, struct sim_diag *diag)
{
	struct sim_residents residents;
	TRY(workload_residents(workload, context, &residents, diag));
	add_number(digest, residents.dense_bytes);
	add_number(digest, residents.expert_bytes);
	add_number(digest, residents.slice);
	add_number(digest, residents.locality);
	*digest = digest_mix(*digest, residents.restricted);
	return SIM_OK;
}

static struct outcome outcome_of(const struct workload *workload, double context)
{
	struct outcome outcome = {.digest = DIGEST_SEED};
	struct workload_capacity capacity;
	struct sim_diag diag = {0};
	double batch = scenario_number(&workload->scenario, SCENARIO_BATCH);
	outcome.status = add_forwards(workload, context, &outcome.digest, &diag);
	if (outcome.status == SIM_OK)
		outcome.status = workload_capacity(workload, batch, context, &capacity, &diag);
	if (outcome.status == SIM_OK)
		outcome.status = add_residents(workload, context, &outcome.digest, &diag);
	if (outcome.status == SIM_OK) {
		add_number(&outcome.digest, capacity.total_bytes);
		add_number(&outcome.digest, capacity.offloaded_bytes);
		add_wear(workload, &outcome.digest);
	}
	return outcome;
}

static bool differs(struct outcome a, struct outcome b)
{
	return a.status != b.status || a.digest != b.digest;
}

/* VALUE with its numbers times FACTOR, inside of the key's bounds. */
static void scale(const struct scenario_key *key, double factor, double *list,
		  struct scenario_value *value)
{
	for (size_t i = 0; i < value->list_count; i++) {
		double number = list[i] * factor;
		number = number > key->low ? number : key->low;
		list[i] = number < key->high ? number : key->high;
	}
	value->list = list;
	value->number = value->list_count > 0 ? list[0] : value->number;
}

static bool turns_number(const struct scenario_key *key, const struct workload *turned,
			 struct scenario_value *value, double context, struct outcome base)
{
	const struct scenario_value before = *value;
	const double tries[] = {1.25, 0.75, 1e300, -1e300};
	double *list = malloc((before.list_count + 1) * sizeof(*list));
	bool found = list == NULL;
	for (size_t t = 0; t < sizeof(tries) / sizeof(tries[0]) && !found; t++) {
		if (before.list_count > 0)
			memcpy(list, before.list, before.list_count * sizeof(*list));
		scale(key, tries[t], list, value);
		double number = before.number * tries[t];
		if (key->type == SCENARIO_NUMBER) {
			number = number > key->low ? number : key->low;
			value->number = number < key->high ? number : key->high;
		}
		found = differs(base, outcome_of(turned, context));
		*value = before;
	}
	free(list);
	return found;
}

static bool turns_word(const struct scenario_key *key, const struct workload *turned,
		       struct scenario_value *value, double context, struct outcome base)
{
	const struct scenario_value before = *value;
	bool found = false;
	double index = 0;
	for (const char *word = key->words; *word != '\0' && !found;
	     word += strlen(word) + 1, index++) {
		value->number = index;
		value->text = word;
		found = index != before.number && differs(base, outcome_of(turned, context));
	}
	*value = before;
	return found;
}

static bool turns(size_t index, struct workload *turned, double context, struct outcome base)
{
	const struct scenario_key *key = scenario_key(index);
	struct scenario_value *value = &turned->scenario.values[index];
	const struct scenario_value before = *value;
	if (key->type == SCENARIO_WORD)
		return turns_word(key, turned, value, context, base);
	if (key->type != SCENARIO_TEXT)
		return turns_number(key, turned, value, context, base);
	value->text = "";
	value->given = false;
	bool found = differs(base, outcome_of(turned, context));
	*value = before;
	return found;
}

enum sim_status knobs_check(const struct workload *workload, double context,
			    struct knob_report *report, struct sim_diag *diag)
{
	size_t count = scenario_key_count();
	struct workload turned = *workload; /* but for the values it is the same */
	memset(report, 0, sizeof(*report));
	turned.scenario.values = malloc(count * sizeof(*turned.scenario.values));
	if (turned.scenario.values == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	memcpy(turned.scenario.values, workload->scenario.values,
	       count * sizeof(*turned.scenario.values));
	struct outcome base = {0};
	for (size_t i = SCENARIO_RUN_KEY_COUNT; i < count; i++) {
		if (!workload->scenario.values[i].given)
			continue;
		if (report->turned++ == 0)
			base = outcome_of(workload, context);
		if (!turns(i, &turned, context, base) && report->count < KNOBS_MOST)
			report->without_effect[report->count++] = scenario_key(i)->name;
	}
	free(turned.scenario.values);
	return SIM_OK;
}
