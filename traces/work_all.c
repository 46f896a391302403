/*
 * Derivation over a whole trace. Steps repeat the same few hundred kernels, so what one kernel
 * gives is kept under everything it depends on (texts, geometry, state left by the kernels before)
 * and taken from there the next time.
 */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "traces/work_rules.h"

enum { UNSEEN = UINT8_MAX }; /* no family */

/*
 * All that a derivation looks at, as words: compared and hashed as they are. Up to shared_bytes as
 * in struct trace_detail.
 */
struct key {
	uint32_t name, op_name, op_shape;
	uint32_t grid[3], block[3];
	uint32_t registers, shared_bytes;
	uint32_t op_part;
	uint64_t recorded_bytes;
	struct work_context context;
};

struct entry {
	struct key key;
	struct work_context after;
	struct trace_detail detail;
	struct sim_kernel kernel;
};

struct memo {
	struct entry *entries;
	uint32_t *slots;  /* index + 1 */
	uint32_t *recent; /* per name the entry used last, index + 1: most often it is that again */
	size_t count, capacity;
	size_t slot_count;
};

static uint64_t key_hash(const struct key *key)
{
	uint64_t hash = UINT64_C(0x9e3779b97f4a7c15), word;
	const char *at = (const char *)key;
	static_assert(sizeof(*key) == 12 * sizeof(uint32_t) + sizeof(uint64_t) +
					      sizeof(struct work_context),
		      "a key has no padding");
	for (size_t i = 0; i < sizeof(*key) / sizeof(word); i++) {
		memcpy(&word, at + i * sizeof(word), sizeof(word));
		hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
		hash ^= hash >> 32;
	}
	return hash;
}

static void memo_fini(struct memo *memo)
{
	free(memo->entries);
	free(memo->slots);
	free(memo->recent);
}

static bool memo_grow(struct memo *memo)
{
	if (memo->count < memo->capacity)
		return true;
	size_t capacity = memo->capacity > 0 ? memo->capacity * 2 : 256;
	size_t slot_count = capacity * 2;
	struct entry *entries = realloc(memo->entries, capacity * sizeof(*entries));
	if (entries == NULL)
		return false;
	memo->entries = entries;
	uint32_t *slots = calloc(slot_count, sizeof(*slots));
	if (slots == NULL)
		return false;
	free(memo->slots);
	memo->slots = slots;
	memo->slot_count = slot_count;
	memo->capacity = capacity;
	for (size_t i = 0; i < memo->count; i++) {
		size_t slot = key_hash(&entries[i].key) & (slot_count - 1);
		while (slots[slot] != 0)
			slot = (slot + 1) & (slot_count - 1);
		slots[slot] = (uint32_t)i + 1;
	}
	return true;
}

/* The entry of KEY, or the free slot where it goes. */
static struct entry *memo_find(const struct memo *memo, const struct key *key, size_t *slot)
{
	uint32_t recent = memo->recent[key->name];
	if (recent > 0 && recent <= memo->count &&
	    memcmp(&memo->entries[recent - 1].key, key, sizeof(*key)) == 0)
		return &memo->entries[recent - 1];
	*slot = key_hash(key) & (memo->slot_count - 1);
	while (memo->slots[*slot] != 0) {
		struct entry *entry = &memo->entries[memo->slots[*slot] - 1];
		if (memcmp(&entry->key, key, sizeof(*key)) == 0)
			return entry;
		*slot = (*slot + 1) & (memo->slot_count - 1);
	}
	return NULL;
}

static void make_key(struct key *key, const struct work_context *context,
		     const struct trace_detail *detail, const struct sim_kernel *kernel)
{
	static_assert(offsetof(struct trace_detail, m) == offsetof(struct key, op_part) &&
			      offsetof(struct trace_detail, shared_bytes) ==
				      offsetof(struct key, shared_bytes),
		      "a key begins as a detail does");
	memcpy(key, detail, offsetof(struct key, op_part));
	key->op_part = detail->op_part;
	key->recorded_bytes = kernel->act_write_bytes;
	key->context = *context;
	key->context.device = NULL;	   /* the same all along */
	key->context.last_write_bytes = 0; /* only INPUT_HOT looks at it */
}

/* Take what ENTRY derived; what the reader recorded in KERNEL stays. */
static void apply(const struct entry *entry, struct trace_detail *detail, struct sim_kernel *kernel)
{
	const uint8_t derived = SIM_KERNEL_OPAQUE | SIM_KERNEL_COPY_ENGINE | SIM_KERNEL_INPUT_HOT;
	struct sim_kernel merged = entry->kernel;
	if (merged.flags & SIM_KERNEL_OPAQUE)
		merged.recorded_ps = kernel->recorded_ps;
	merged.host_ns = kernel->host_ns;
	merged.stream = kernel->stream;
	merged.flags = (uint8_t)((kernel->flags & ~derived) | (merged.flags & derived));
	*kernel = merged;
	detail->m = entry->detail.m;
	detail->n = entry->detail.n;
	detail->k = entry->detail.k;
	detail->heads = entry->detail.heads;
	detail->kv_heads = entry->detail.kv_heads;
}

static bool derive_once(struct memo *memo, const struct name_table *names, struct work_kind kind,
			struct work_context *context, struct trace_detail *detail,
			struct sim_kernel *kernel)
{
	struct key key;
	size_t slot = 0;
	if (!memo_grow(memo))
		return false;
	make_key(&key, context, detail, kernel);
	struct entry *entry = memo_find(memo, &key, &slot);
	if (entry != NULL)
		memo->recent[key.name] = (uint32_t)(entry - memo->entries) + 1;
	if (entry == NULL) {
		work_derive_as(names, kind, context, detail, kernel);
		memo->entries[memo->count] = (struct entry){
			.key = key, .after = *context, .detail = *detail, .kernel = *kernel};
		memo->slots[slot] = (uint32_t)++memo->count;
		return true;
	}
	uint64_t last_write_bytes = context->last_write_bytes;
	apply(entry, detail, kernel);
	*context = entry->after;
	context->last_write_bytes = last_write_bytes;
	return true;
}

/* The kind of kernel NAME, told once. */
static struct work_kind kind_of(const struct trace *trace, struct work_kind *kinds, uint32_t name)
{
	if (kinds[name].family == UNSEEN)
		kinds[name] = work_kind_of(names_text(&trace->names, name));
	return kinds[name];
}

/* True when kernel AT + 1 belongs to the same op and sums what kernel AT leaves. */
static bool reduction_follows(const struct trace *trace, struct work_kind *kinds, size_t at)
{
	if (at + 1 >= trace->kernel_count)
		return false;
	const struct trace_detail *next = &trace->details[at + 1];
	if (next->op_part == 0 || next->op_shape != trace->details[at].op_shape)
		return false;
	uint8_t family = kind_of(trace, kinds, next->name).family;
	return family == SIM_FAMILY_SPLITK_REDUCE || family == SIM_FAMILY_ATTN_COMBINE;
}

void work_note_all_hot(struct trace *trace)
{
	struct work_context context = {0};
	for (size_t i = 0; i < trace->kernel_count; i++) {
		trace->kernels[i].flags &= (uint8_t)~SIM_KERNEL_INPUT_HOT;
		work_note_hot(&context, &trace->kernels[i]);
	}
}

static void set_lacks(struct trace *trace, bool shaped, bool opaque)
{
	trace->lacks &= ~(1u << TRACE_LACK_SHAPES | 1u << TRACE_LACK_SOME_WORK);
	if (!shaped && opaque)
		trace->lacks |= 1u << TRACE_LACK_SHAPES;
	else if (opaque)
		trace->lacks |= 1u << TRACE_LACK_SOME_WORK;
}

void work_set_lacks(struct trace *trace)
{
	bool shaped = false, opaque = false;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		shaped |= trace->details[i].op_shape != 0;
		opaque |= (trace->kernels[i].flags & SIM_KERNEL_OPAQUE) != 0;
	}
	set_lacks(trace, shaped, opaque);
}

static void play_as_recorded(struct trace *trace, size_t at)
{
	int64_t ns = trace->measured != NULL ? trace->measured[at].duration_ns : 0;
	if (trace->measured != NULL && trace->kernels[at].flags & SIM_KERNEL_OPAQUE)
		trace->kernels[at].recorded_ps =
			ns > 0 && ns < INT64_MAX / 1000 ? (uint64_t)ns * 1000 : 0;
}

static enum sim_status adopt_own(struct trace *trace, struct sim_diag *diag)
{
	uint64_t filled = 0;
	if (work_adopt_own(trace, &filled) != SIM_OK)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory for the work of %zu kernels",
				 trace->kernel_count);
	if (filled > 0) {
		work_note_all_hot(trace);
		work_set_lacks(trace);
	}
	return SIM_OK;
}

enum sim_status work_derive_all(struct trace *trace, struct sim_diag *diag)
{
	struct work_context context = {.device = &trace->device};
	struct memo memo = {0};
	bool whole = true, shaped = false, opaque = false;
	struct work_kind *kinds = calloc(trace->names.count + 1, sizeof(*kinds));
	memo.recent = calloc(trace->names.count + 1, sizeof(*memo.recent));
	if (kinds == NULL || memo.recent == NULL) {
		free(kinds);
		memo_fini(&memo);
		return diag_fail(diag, SIM_E_NOMEM, "out of memory for %u kernel names",
				 trace->names.count);
	}
	memset(kinds, UNSEEN, trace->names.count * sizeof(*kinds));
	for (size_t i = 0; i < trace->kernel_count && whole; i++) {
		struct trace_detail *detail = &trace->details[i];
		context.reduction_follows = reduction_follows(trace, kinds, i);
		whole = derive_once(&memo, &trace->names, kind_of(trace, kinds, detail->name),
				    &context, detail, &trace->kernels[i]);
		work_note_hot(&context, &trace->kernels[i]);
		play_as_recorded(trace, i);
		shaped |= detail->op_shape != 0;
		opaque |= (trace->kernels[i].flags & SIM_KERNEL_OPAQUE) != 0;
	}
	memo_fini(&memo);
	free(kinds);
	if (!whole)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory for the work of %zu kernels",
				 trace->kernel_count);
	set_lacks(trace, shaped, opaque);
	return opaque && trace->measured != NULL ? adopt_own(trace, diag) : SIM_OK;
}
