/* Grouping of kernels of equal work: a hash table over the record without its host time. */
#include "validate/sample.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void trace_model_name(const struct trace *trace, char *out, size_t out_size)
{
	size_t length = strlen(trace->name);
	for (size_t i = 0; i + 2 < length; i++) {
		if (strncmp(trace->name + i, "-b", 2) == 0 &&
		    isdigit((unsigned char)trace->name[i + 2])) {
			length = i;
			break;
		}
	}
	snprintf(out, out_size, "%.*s", (int)length, trace->name);
}

static struct sim_kernel identity(const struct sim_kernel *kernel)
{
	struct sim_kernel same = *kernel;
	same.host_ns = 0;
	same.stream = 0;
	same.flags &= SIM_KERNEL_INPUT_HOT | SIM_KERNEL_COPY_ENGINE;
	return same;
}

static uint64_t hash_of(const struct sim_kernel *kernel, uint32_t name)
{
	uint64_t words[8], hash = name;
	memcpy(words, kernel, sizeof(words));
	for (size_t i = 0; i < 8; i++) {
		hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	return hash;
}

struct group_table {
	uint32_t *slots; /* sample index + 1 */
	uint32_t *names;
	size_t mask;
};

static struct sample *find_group(struct sample_set *set, struct group_table *table,
				 const struct sim_kernel *kernel, uint32_t name)
{
	size_t slot = hash_of(kernel, name) & table->mask;
	for (; table->slots[slot] != 0; slot = (slot + 1) & table->mask) {
		struct sample *sample = &set->samples[table->slots[slot] - 1];
		if (table->names[slot] == name &&
		    memcmp(&sample->kernel, kernel, sizeof(*kernel)) == 0)
			return sample;
	}
	table->slots[slot] = (uint32_t)++set->count;
	table->names[slot] = name;
	struct sample *sample = &set->samples[set->count - 1];
	*sample = (struct sample){.kernel = *kernel};
	return sample;
}

static enum sim_status collect_trace(const struct trace *trace, struct sample_set *set,
				     uint32_t trace_index, uint32_t model, struct sim_diag *diag)
{
	struct group_table table = {0};
	size_t slots = 64;
	while (slots < trace->kernel_count * 2)
		slots *= 2;
	table.mask = slots - 1;
	table.slots = calloc(slots, sizeof(*table.slots));
	table.names = calloc(slots, sizeof(*table.names));
	if (table.slots == NULL || table.names == NULL) {
		free(table.slots);
		free(table.names);
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	for (size_t s = 0; s < trace->step_count; s++) {
		const struct sim_step *step = &trace->steps[s];
		for (uint32_t i = step->first; i < step->first + step->count; i++) {
			if (trace->kernels[i].flags & SIM_KERNEL_OPAQUE)
				continue;
			struct sim_kernel same = identity(&trace->kernels[i]);
			struct sample *sample =
				find_group(set, &table, &same, trace->details[i].name);
			sample->measured_ps += (double)trace->measured[i].duration_ns * 1e3;
			sample->count += 1;
			sample->trace = trace_index;
			sample->model = model;
		}
	}
	free(table.slots);
	free(table.names);
	return SIM_OK;
}

static uint32_t model_index(const struct trace *const *traces, size_t at, uint32_t *models,
			    size_t *model_count)
{
	char mine[160], other[160];
	trace_model_name(traces[at], mine, sizeof(mine));
	for (size_t i = 0; i < at; i++) {
		trace_model_name(traces[i], other, sizeof(other));
		if (strcmp(mine, other) == 0)
			return models[at] = models[i];
	}
	return models[at] = (uint32_t)(*model_count)++;
}

enum sim_status samples_collect(const struct trace *const *traces, size_t count,
				struct sample_set *set, struct sim_diag *diag)
{
	size_t kernels = 0;
	enum sim_status status = SIM_OK;
	*set = (struct sample_set){0};
	for (size_t i = 0; i < count; i++)
		kernels += traces[i]->kernel_count;
	uint32_t *models = calloc(count + 1, sizeof(*models));
	set->samples = calloc(kernels + 1, sizeof(*set->samples));
	if (models == NULL || set->samples == NULL)
		status = diag_fail(diag, SIM_E_NOMEM, "out of memory for %zu samples", kernels);
	for (size_t i = 0; i < count && status == SIM_OK; i++) {
		uint32_t model = model_index(traces, i, models, &set->model_count);
		status = collect_trace(traces[i], set, (uint32_t)i, model, diag);
	}
	for (size_t i = 0; status == SIM_OK && i < set->count; i++)
		set->samples[i].measured_ps /= set->samples[i].count;
	free(models);
	if (status == SIM_OK && set->count == 0)
		status = diag_fail(
			diag, SIM_E_NOT_FOUND,
			"no kernel with known work in the traces given (they need operand "
			"shapes: record_shapes=True, or import with --shapes FILE)");
	if (status != SIM_OK)
		samples_fini(set);
	return status;
}

int samples_model(const struct sample_set *set, const struct trace *const *traces, size_t at)
{
	char mine[160], other[160];
	trace_model_name(traces[at], mine, sizeof(mine));
	for (size_t i = 0; i < set->count; i++) {
		const struct sample *sample = &set->samples[i];
		if (i > 0 && sample->trace == set->samples[i - 1].trace)
			continue;
		trace_model_name(traces[sample->trace], other, sizeof(other));
		if (strcmp(mine, other) == 0)
			return (int)sample->model;
	}
	return -1;
}

void samples_fini(struct sample_set *set)
{
	free(set->samples);
	*set = (struct sample_set){0};
}
