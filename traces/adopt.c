/*
 * Work by signature: a CUDA graph's kernels carry no shapes, but the same model run eagerly with
 * shapes launches the same kernels. A signature is (name, grid, block).
 *
 * Within a step the kernels of one signature are paired with the donor's in order. Where a step has
 * more or fewer of them than the donor (a cache of another kind runs other kernels in between),
 * order means nothing: then the donors must all do the same work, or those that follow the same
 * kernel must. What is left stays opaque.
 *
 * Both sides are sorted by signature, so that the result does not depend on any hash.
 */
#include <stdlib.h>
#include <string.h>

#include "traces/work_rules.h"

struct place {
	uint32_t name; /* in the receiver's table */
	uint32_t grid[3], block[3];
	uint32_t step;
	uint32_t index; /* of the kernel */
};

struct run {
	const struct place *at;
	size_t count;
};

struct adoption {
	struct trace *trace;
	const struct trace *donor;
	uint32_t *names; /* donor's name -> receiver's; UINT32_MAX where it has none */
	struct place *places;
	size_t place_count;
	uint64_t filled;
};

static int compare_words(const uint32_t *a, const uint32_t *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

static int compare_signature(const struct place *a, const struct place *b)
{
	int order = compare_words(&a->name, &b->name, 1);
	order = order != 0 ? order : compare_words(a->grid, b->grid, 3);
	return order != 0 ? order : compare_words(a->block, b->block, 3);
}

static int compare_place(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int order = compare_signature(a, b);
	order = order != 0 ? order : compare_words(&a->step, &b->step, 1);
	return order != 0 ? order : compare_words(&a->index, &b->index, 1);
}

static struct place place_of(const struct trace_detail *detail, uint32_t name, size_t step,
			     size_t index)
{
	struct place place = {.name = name, .step = (uint32_t)step, .index = (uint32_t)index};
	memcpy(place.grid, detail->grid, sizeof(place.grid));
	memcpy(place.block, detail->block, sizeof(place.block));
	return place;
}

/* Steps of a trace; one that has none is one step. */
static size_t count_steps(const struct trace *trace)
{
	return trace->step_count > 0 ? trace->step_count : 1;
}

static void step_range(const struct trace *trace, size_t step, size_t *first, size_t *end)
{
	*first = trace->step_count > 0 ? trace->steps[step].first : 0;
	*end = trace->step_count > 0 ? *first + trace->steps[step].count : trace->kernel_count;
	*end = *end < trace->kernel_count ? *end : trace->kernel_count;
	*first = *first < *end ? *first : *end;
}

static void collect_donors(struct adoption *adoption)
{
	const struct trace *donor = adoption->donor;
	for (size_t step = 0; step < count_steps(donor); step++) {
		size_t first, end;
		step_range(donor, step, &first, &end);
		for (size_t i = first; i < end; i++) {
			uint32_t name = adoption->names[donor->details[i].name];
			if (name != UINT32_MAX)
				adoption->places[adoption->place_count++] =
					place_of(&donor->details[i], name, step, i);
		}
	}
	qsort(adoption->places, adoption->place_count, sizeof(*adoption->places), compare_place);
}

/* First donor at or after WANTED in order of signature. */
static size_t lower_bound(const struct adoption *adoption, const struct place *wanted)
{
	size_t low = 0, high = adoption->place_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_signature(&adoption->places[middle], wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Donors of a signature within one step: the first step with COUNT of them, else the first. */
static struct run donors_of(const struct adoption *adoption, const struct place *wanted,
			    size_t count)
{
	struct run first = {NULL, 0};
	size_t at = lower_bound(adoption, wanted), end;
	for (; at < adoption->place_count; at = end) {
		const struct place *places = adoption->places;
		if (compare_signature(&places[at], wanted) != 0)
			break;
		for (end = at; end < adoption->place_count &&
			       compare_signature(&places[end], wanted) == 0 &&
			       places[end].step == places[at].step;)
			end++;
		if (end - at == count)
			return (struct run){&places[at], count};
		if (first.at == NULL)
			first = (struct run){&places[at], end - at};
	}
	return first;
}

static bool same_work(const struct trace *trace, size_t a, size_t b)
{
	const struct sim_kernel *x = &trace->kernels[a], *y = &trace->kernels[b];
	const struct trace_detail *u = &trace->details[a], *v = &trace->details[b];
	return x->flops == y->flops && x->weight_bytes == y->weight_bytes &&
	       x->kv_read_bytes == y->kv_read_bytes && x->kv_write_bytes == y->kv_write_bytes &&
	       x->act_read_bytes == y->act_read_bytes && x->act_write_bytes == y->act_write_bytes &&
	       x->op == y->op && x->family == y->family && x->dtype == y->dtype && u->m == v->m &&
	       u->n == v->n && u->k == v->k;
}

/* True when the kernels before DONOR and before KERNEL have one signature, or there are none. */
static bool follows_alike(const struct adoption *adoption, size_t donor, size_t kernel)
{
	if (donor == 0 || kernel == 0)
		return donor == kernel;
	const struct trace_detail *ours = &adoption->trace->details[kernel - 1];
	const struct trace_detail *theirs = &adoption->donor->details[donor - 1];
	return adoption->names[theirs->name] == ours->name &&
	       compare_words(theirs->grid, ours->grid, 3) == 0 &&
	       compare_words(theirs->block, ours->block, 3) == 0;
}

/* A donor for KERNEL where order does not tell; UINT32_MAX when the donors disagree. */
static uint32_t agreed_donor(const struct adoption *adoption, const struct run *run, size_t kernel,
			     bool alike_only)
{
	uint32_t agreed = UINT32_MAX;
	for (size_t i = 0; i < run->count; i++) {
		uint32_t donor = run->at[i].index;
		if (alike_only && !follows_alike(adoption, donor, kernel))
			continue;
		if (agreed != UINT32_MAX && !same_work(adoption->donor, agreed, donor))
			return UINT32_MAX;
		agreed = agreed == UINT32_MAX ? donor : agreed;
	}
	return agreed;
}

static enum sim_status copy_text(struct trace *trace, const struct trace *donor, uint32_t from,
				 uint32_t *to)
{
	return names_add(&trace->names, names_text(&donor->names, from),
			 donor->names.entries[from].length, to);
}

enum sim_status work_take(struct trace *trace, size_t kernel, const struct trace *donor,
			  size_t from)
{
	struct sim_kernel *ours = &trace->kernels[kernel];
	const struct sim_kernel *theirs = &donor->kernels[from];
	struct trace_detail *detail = &trace->details[kernel];
	const struct trace_detail *source = &donor->details[from];
	TRY(copy_text(trace, donor, source->op_name, &detail->op_name));
	TRY(copy_text(trace, donor, source->op_shape, &detail->op_shape));
	detail->m = source->m;
	detail->n = source->n;
	detail->k = source->k;
	detail->heads = source->heads;
	detail->kv_heads = source->kv_heads;
	ours->flops = theirs->flops;
	ours->weight_bytes = theirs->weight_bytes;
	ours->kv_read_bytes = theirs->kv_read_bytes;
	ours->kv_write_bytes = theirs->kv_write_bytes;
	ours->act_read_bytes = theirs->act_read_bytes;
	ours->act_write_bytes = theirs->act_write_bytes;
	ours->op = theirs->op;
	ours->family = theirs->family;
	ours->dtype = theirs->dtype;
	ours->flags &= (uint8_t)~SIM_KERNEL_OPAQUE;
	return SIM_OK;
}

/* One step's kernels of one signature, in order. */
static enum sim_status fill_run(struct adoption *adoption, const struct run *run)
{
	struct run donors = donors_of(adoption, run->at, run->count);
	for (size_t i = 0; i < run->count; i++) {
		size_t kernel = run->at[i].index;
		uint32_t donor;
		if (donors.count == 0)
			break;
		if (!(adoption->trace->kernels[kernel].flags & SIM_KERNEL_OPAQUE))
			continue;
		if (donors.count == run->count)
			donor = donors.at[i].index;
		else
			donor = agreed_donor(adoption, &donors, kernel, false);
		if (donor == UINT32_MAX)
			donor = agreed_donor(adoption, &donors, kernel, true);
		if (donor == UINT32_MAX ||
		    (adoption->donor->kernels[donor].flags & SIM_KERNEL_OPAQUE))
			continue;
		TRY(work_take(adoption->trace, kernel, adoption->donor, donor));
		adoption->filled++;
	}
	return SIM_OK;
}

static enum sim_status fill_step(struct adoption *adoption, size_t step, struct place *places)
{
	size_t first, end, count = 0;
	step_range(adoption->trace, step, &first, &end);
	for (size_t i = first; i < end; i++)
		places[count++] = place_of(&adoption->trace->details[i],
					   adoption->trace->details[i].name, 0, i);
	qsort(places, count, sizeof(*places), compare_place);
	for (size_t at = 0, next; at < count; at = next) {
		for (next = at; next < count && compare_signature(&places[next], &places[at]) == 0;)
			next++;
		TRY(fill_run(adoption, &(struct run){&places[at], next - at}));
	}
	return SIM_OK;
}

static enum sim_status fill_all(struct adoption *adoption)
{
	struct trace *trace = adoption->trace;
	const struct trace *donor = adoption->donor;
	struct place *places = calloc(trace->kernel_count + 1, sizeof(*places));
	enum sim_status status = places == NULL ? SIM_E_NOMEM : SIM_OK;
	adoption->names = calloc(donor->names.count + 1, sizeof(*adoption->names));
	adoption->places = calloc(donor->kernel_count + 1, sizeof(*adoption->places));
	if (status == SIM_OK && adoption->names != NULL && adoption->places != NULL) {
		for (uint32_t i = 0; i < donor->names.count; i++)
			adoption->names[i] = names_find(&trace->names, donor->names.entries[i].text,
							donor->names.entries[i].length);
		collect_donors(adoption);
		for (size_t i = 0; i < count_steps(trace) && status == SIM_OK; i++)
			status = fill_step(adoption, i, places);
	} else {
		status = SIM_E_NOMEM;
	}
	free(places);
	free(adoption->names);
	free(adoption->places);
	return status;
}

enum sim_status trace_adopt_work(struct trace *trace, const struct trace *donor, uint64_t *filled,
				 struct sim_diag *diag)
{
	struct adoption adoption = {.trace = trace, .donor = donor};
	*filled = 0;
	if (trace == donor)
		return SIM_OK;
	bool lowered = strcmp(donor->format, trace_reader_lowered.name) == 0;
	if (lowered)
		TRY(work_take_lowered(trace, donor, &adoption.filled, diag));
	enum sim_status status = lowered ? SIM_OK : fill_all(&adoption);
	if (status != SIM_OK)
		return diag_fail(diag, status, "out of memory for the work of %zu kernels",
				 trace->kernel_count);
	*filled = adoption.filled;
	work_note_all_hot(trace);
	work_set_lacks(trace);
	return SIM_OK;
}
