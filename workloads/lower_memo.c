/* What a lowering remembers: see lower_memo.h. */
#include "workloads/lower_memo.h"

#include <stdlib.h>
#include <string.h>

struct lower_memo *lower_memo_create(void)
{
	struct lower_memo *memo = calloc(1, sizeof(*memo));
	if (memo != NULL)
		memo->sections = calloc(MEMO_SECTIONS, sizeof(struct memo_section *));
	if (memo != NULL && memo->sections == NULL) {
		free(memo);
		memo = NULL;
	}
	return memo;
}

void lower_memo_destroy(struct lower_memo *memo)
{
	if (memo == NULL)
		return;
	for (size_t i = 0; i < memo->count; i++) {
		free(memo->sections[i]->calls);
		free(memo->sections[i]);
	}
	free((void *)memo->sections);
	free(memo);
}

struct memo_section *memo_section(struct lower_memo *memo, size_t index,
				  const struct runtime_entry *list)
{
	if (memo == NULL || index > memo->count || index >= MEMO_SECTIONS)
		return NULL;
	if (index == memo->count) {
		struct memo_section *made = calloc(1, sizeof(*made));
		if (made == NULL)
			return NULL; /* slower, the same */
		memo->sections[memo->count++] = made;
	}
	struct memo_section *section = memo->sections[index];
	if (!section->valid || section->list != list) {
		section->valid = false;
		section->count = 0;
	}
	section->list = list;
	section->at = 0;
	return section;
}

struct memo_call *memo_next(struct memo_section *section, const struct runtime_entry *entry)
{
	if (section == NULL || section->at >= MEMO_CALLS)
		return NULL;
	if (section->at == section->capacity) {
		size_t capacity = section->capacity > 0 ? section->capacity * 2 : 64;
		struct memo_call *grown = realloc(section->calls, capacity * sizeof(*grown));
		if (grown == NULL)
			return NULL;
		section->calls = grown;
		section->capacity = capacity;
	}
	struct memo_call *call = &section->calls[section->at];
	if (section->at == section->count || call->entry != entry) {
		section->count += section->at == section->count;
		call->entry = entry;
		call->known = false;
		memset(&call->uses, 0, sizeof(call->uses));
		for (size_t i = 0; i < entry->field_count; i++)
			for (size_t w = 0; w < MEMO_WORDS; w++)
				call->uses.bits[w] |= entry->fields[i].uses[w];
	}
	section->at++;
	return call;
}

void memo_close(struct memo_section *section, const double *values, size_t slots)
{
	section->count = section->at;
	section->valid = true;
	memcpy(section->values, values, slots * sizeof(*values));
}

void memo_keep(struct memo_call *call, const struct workload_step *step, size_t first)
{
	size_t count = step->kernel_count - first;
	call->known = count <= MEMO_KERNELS;
	if (!call->known)
		return;
	call->count = (uint32_t)count;
	memcpy(call->kernels, step->kernels + first, count * sizeof(*call->kernels));
}

enum sim_status memo_repeat(const struct memo_call *call, uint16_t group,
			    struct workload_step *step, struct sim_diag *diag)
{
	for (uint32_t i = 0; i < call->count; i++) {
		struct lowered_kernel *kernel = step_append(step);
		if (kernel == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
		*kernel = call->kernels[i];
		kernel->group = group;
	}
	return SIM_OK;
}
