/*
 * What a lowering remembers: sections in the order they were lowered, and of each the calls of kinds
 * in the order they were made. A call is known by its place and its entry; blocks are expanded per
 * use when a profile is read, so an entry sees the same bindings whenever it is called. Calls are
 * those of the section's last lowering only. Internal to lower.c.
 */
#ifndef WORKLOADS_LOWER_MEMO_H
#define WORKLOADS_LOWER_MEMO_H

#include "workloads/lower.h"
#include "workloads/runtime_parts.h"

enum {
	MEMO_KERNELS = 4,    /* a call that makes more is not remembered */
	MEMO_CALLS = 4096,   /* of a section; those past it are not remembered */
	MEMO_SECTIONS = 256, /* of a step; likewise */
	MEMO_WORDS = EXPR_MOST_SLOTS / 64,
};

/* Bit i: slot i. */
struct memo_slots {
	uint64_t bits[MEMO_WORDS];
};

struct memo_call {
	const struct runtime_entry *entry;
	struct memo_slots uses; /* of all its fields */
	bool known;
	uint32_t count;
	struct lowered_kernel kernels[MEMO_KERNELS];
};

struct memo_section {
	const struct runtime_entry *list;
	bool valid; /* values and calls are those of a lowering that went through */
	double values[EXPR_MOST_SLOTS];
	struct memo_call *calls;
	size_t count, capacity;
	size_t at; /* the next call */
};

struct lower_memo {
	struct memo_section **sections;
	size_t count;
};

/* Section INDEX over LIST, at its first call; NULL: it is not remembered. */
struct memo_section *memo_section(struct lower_memo *memo, size_t index,
				  const struct runtime_entry *list);

/* The call of ENTRY that is made now, known or not; NULL: it is not remembered. */
struct memo_call *memo_next(struct memo_section *section, const struct runtime_entry *entry);

/* The section went through, over VALUES at its begin. */
void memo_close(struct memo_section *section, const double *values, size_t slots);

/* CALL made the kernels of STEP from FIRST on. */
void memo_keep(struct memo_call *call, const struct workload_step *step, size_t first);

/* The kernels of CALL once more, as group GROUP. */
SIM_MUST_CHECK enum sim_status memo_repeat(const struct memo_call *call, uint16_t group,
					   struct workload_step *step, struct sim_diag *diag);

static inline bool memo_touches(const uint64_t *uses, const struct memo_slots *changed)
{
	uint64_t both = 0;
	for (size_t i = 0; i < MEMO_WORDS; i++)
		both |= uses[i] & changed->bits[i];
	return both != 0;
}

static inline void memo_mark(struct memo_slots *slots, size_t slot, bool is_so)
{
	uint64_t bit = UINT64_C(1) << (slot % 64);
	slots->bits[slot / 64] = (slots->bits[slot / 64] & ~bit) | (is_so ? bit : 0);
}

static inline bool memo_has(const struct memo_slots *slots, size_t slot)
{
	return slots->bits[slot / 64] >> (slot % 64) & 1;
}

#endif
