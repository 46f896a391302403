/* Lowered steps: lists that grow, and their expansion. */
#include "workloads/step.h"

#include <stdlib.h>
#include <string.h>

static const char *const role_texts[] = {
#define X(name, text, what) text,
	WORKLOAD_ROLE_LIST(X)
#undef X
};

const char *workload_role_text(unsigned role)
{
	return role < WORKLOAD_ROLE_COUNT ? role_texts[role] : "none";
}

int workload_role_from_text(const char *text)
{
	for (int i = 0; i < WORKLOAD_ROLE_COUNT; i++)
		if (strcmp(role_texts[i], text) == 0)
			return i;
	return -1;
}

enum sim_status step_init(struct workload_step *step, struct sim_diag *diag)
{
	memset(step, 0, sizeof(*step));
	if (names_init(&step->names) != SIM_OK)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	return SIM_OK;
}

void step_fini(struct workload_step *step)
{
	names_fini(&step->names);
	free(step->kernels);
	free(step->segments);
	free(step->edges);
	memset(step, 0, sizeof(*step));
}

void step_clear(struct workload_step *step)
{
	step->kernel_count = step->segment_count = step->edge_count = 0;
}

/* Room for COUNT of SIZE bytes; false: out of memory. */
static bool reserve(void **array, size_t *capacity, size_t count, size_t size)
{
	if (count <= *capacity)
		return true;
	size_t wanted = *capacity ? *capacity * 2 : 64;
	while (wanted < count)
		wanted *= 2;
	void *grown = wanted <= SIZE_MAX / size ? realloc(*array, wanted * size) : NULL;
	if (grown == NULL)
		return false;
	*array = grown;
	*capacity = wanted;
	return true;
}

static bool reserve_kernels(struct workload_step *step, size_t count)
{
	return count < UINT32_MAX && reserve((void **)&step->kernels, &step->kernel_capacity, count,
					     sizeof(*step->kernels));
}

static bool reserve_segments(struct workload_step *step, size_t count)
{
	return reserve((void **)&step->segments, &step->segment_capacity, count,
		       sizeof(*step->segments));
}

struct lowered_kernel *step_append(struct workload_step *step)
{
	if (!reserve_kernels(step, step->kernel_count + 1))
		return NULL;
	struct lowered_kernel *kernel = &step->kernels[step->kernel_count++];
	memset(kernel, 0, sizeof(*kernel));
	return kernel;
}

/* Indices from FROM on move by BY. */
static void shift(struct workload_step *step, uint32_t from, int32_t by)
{
	for (size_t i = 0; i < step->segment_count; i++)
		if (step->segments[i].first >= from)
			step->segments[i].first += (uint32_t)by;
	for (size_t i = 0; i < step->edge_count; i++) {
		step->edges[i].before += step->edges[i].before >= from ? (uint32_t)by : 0;
		step->edges[i].after += step->edges[i].after >= from ? (uint32_t)by : 0;
	}
}

struct lowered_kernel *step_insert(struct workload_step *step, size_t segment, uint32_t position)
{
	if (!reserve_kernels(step, step->kernel_count + 1))
		return NULL;
	uint32_t first = step->segments[segment].first, at = first + position;
	memmove(&step->kernels[at + 1], &step->kernels[at],
		(step->kernel_count - at) * sizeof(*step->kernels));
	step->kernel_count++;
	shift(step, at, 1);
	step->segments[segment].first = first;
	step->segments[segment].count++;
	memset(&step->kernels[at], 0, sizeof(step->kernels[at]));
	return &step->kernels[at];
}

void step_remove(struct workload_step *step, size_t segment, uint32_t position)
{
	uint32_t at = step->segments[segment].first + position;
	size_t kept = 0;
	for (size_t i = 0; i < step->edge_count; i++)
		if (step->edges[i].before != at && step->edges[i].after != at)
			step->edges[kept++] = step->edges[i];
	step->edge_count = kept;
	memmove(&step->kernels[at], &step->kernels[at + 1],
		(step->kernel_count - at - 1) * sizeof(*step->kernels));
	step->kernel_count--;
	shift(step, at + 1, -1);
	step->segments[segment].count--;
}

enum sim_status step_close(struct workload_step *step, uint32_t repeat, uint32_t layer,
			   struct sim_diag *diag)
{
	uint32_t first = 0;
	for (size_t i = 0; i < step->segment_count; i++) {
		uint32_t end = step->segments[i].first + step->segments[i].count;
		first = end > first ? end : first;
	}
	if (!reserve_segments(step, step->segment_count + 1))
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	step->segments[step->segment_count++] = (struct lowered_segment){
		.first = first,
		.count = (uint32_t)step->kernel_count - first,
		.repeat = repeat,
		.layer = layer,
	};
	return SIM_OK;
}

enum sim_status step_add_edge(struct workload_step *step, struct lowered_edge edge,
			      struct sim_diag *diag)
{
	if (!reserve((void **)&step->edges, &step->edge_capacity, step->edge_count + 1,
		     sizeof(*step->edges)))
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	step->edges[step->edge_count++] = edge;
	return SIM_OK;
}

static enum sim_status unroll_edges(struct workload_step *step,
				    const struct lowered_segment *segment, uint32_t copy,
				    size_t edges, struct sim_diag *diag)
{
	for (size_t i = 0; i < edges; i++) {
		struct lowered_edge edge = step->edges[i];
		if (edge.after < segment->first || edge.after >= segment->first + segment->count)
			continue;
		if (edge.back != 0)
			return diag_fail(diag, SIM_E_UNSUPPORTED,
					 "layers that wait for earlier layers cannot differ");
		edge.before += copy - segment->first;
		edge.after += copy - segment->first;
		TRY(step_add_edge(step, edge, diag));
	}
	return SIM_OK;
}

enum sim_status step_unroll(struct workload_step *step, struct sim_diag *diag)
{
	size_t old_count = step->segment_count, edges = step->edge_count, made = 0;
	struct lowered_segment *old = step->segments;
	for (size_t i = 0; i < old_count; i++)
		made += old[i].repeat;
	step->segments = NULL;
	step->segment_count = step->segment_capacity = 0;
	enum sim_status status = SIM_OK;
	if (!reserve_segments(step, made + 1) || step->segments == NULL)
		status = diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; status == SIM_OK && i < old_count; i++) {
		struct lowered_segment one = old[i];
		one.repeat = 1;
		for (uint32_t r = 0; status == SIM_OK && r < old[i].repeat; r++) {
			uint32_t copy = (uint32_t)step->kernel_count;
			if (r > 0 && !reserve_kernels(step, step->kernel_count + one.count)) {
				status = diag_fail(diag, SIM_E_NOMEM, "out of memory");
				break;
			}
			if (r > 0) {
				memcpy(&step->kernels[copy], &step->kernels[old[i].first],
				       one.count * sizeof(*step->kernels));
				step->kernel_count += one.count;
				status = unroll_edges(step, &old[i], copy, edges, diag);
				one.first = copy;
			}
			step->segments[step->segment_count++] = one;
			one.layer += one.layer != UINT32_MAX;
		}
	}
	free(old);
	return status;
}

uint64_t step_expanded_count(const struct workload_step *step)
{
	uint64_t count = 0;
	for (size_t i = 0; i < step->segment_count; i++)
		count += (uint64_t)step->segments[i].count * step->segments[i].repeat;
	return count;
}

void step_expand(const struct workload_step *step, struct sim_kernel *kernels)
{
	for (size_t i = 0; i < step->segment_count; i++) {
		const struct lowered_segment *segment = &step->segments[i];
		struct sim_kernel *first = kernels;
		for (uint32_t k = 0; segment->repeat > 0 && k < segment->count; k++)
			*kernels++ = step->kernels[segment->first + k].kernel;
		for (uint32_t r = 1; r < segment->repeat; r++, kernels += segment->count)
			memcpy(kernels, first, segment->count * sizeof(*kernels));
	}
}

void step_compact(const struct workload_step *step, struct sim_kernel *kernels,
		  struct sim_run *runs)
{
	for (size_t k = 0; k < step->kernel_count; k++)
		kernels[k] = step->kernels[k].kernel;
	for (size_t s = 0; s < step->segment_count; s++)
		runs[s] = (struct sim_run){.first = step->segments[s].first,
					   .count = step->segments[s].count,
					   .repeat = step->segments[s].repeat};
}

void step_expand_index(const struct workload_step *step, uint32_t *index)
{
	for (size_t i = 0; i < step->segment_count; i++)
		for (uint32_t r = 0; r < step->segments[i].repeat; r++)
			for (uint32_t k = 0; k < step->segments[i].count; k++)
				*index++ = step->segments[i].first + k;
}

static int compare_edges(const void *a, const void *b)
{
	const struct sim_edge *x = a, *y = b;
	if (x->after != y->after)
		return x->after < y->after ? -1 : 1;
	return (x->before > y->before) - (x->before < y->before);
}

/* Where kernel INDEX of an earlier segment stands the last time, seen from the first expanded one. */
static bool last_of_earlier(const struct workload_step *step, size_t segment, uint32_t index,
			    uint32_t *place)
{
	uint32_t first = 0;
	for (size_t i = 0; i < segment; i++) {
		const struct lowered_segment *at = &step->segments[i];
		if (index >= at->first && index < at->first + at->count && at->repeat > 0) {
			*place = first + (at->repeat - 1) * at->count + index - at->first;
			return true;
		}
		first += at->count * at->repeat;
	}
	return false;
}

size_t step_expand_edges(const struct workload_step *step, uint32_t first, struct sim_edge *edges)
{
	size_t count = 0;
	const uint32_t begin = first;
	for (size_t i = 0; i < step->segment_count; i++) {
		const struct lowered_segment *segment = &step->segments[i];
		uint32_t end = segment->first + segment->count, place;
		for (size_t e = 0; e < step->edge_count; e++) {
			const struct lowered_edge *edge = &step->edges[e];
			if (edge->after < segment->first || edge->after >= end)
				continue;
			if (edge->before < segment->first || edge->before >= end) {
				if (segment->repeat == 0 ||
				    !last_of_earlier(step, i, edge->before, &place))
					continue;
				if (edges != NULL)
					edges[count] = (struct sim_edge){
						.before = begin + place,
						.after = first + edge->after - segment->first,
					};
				count++;
				continue;
			}
			for (uint32_t r = edge->back; r < segment->repeat; r++, count++) {
				uint32_t at = first + r * segment->count - segment->first;
				if (edges != NULL)
					edges[count] = (struct sim_edge){
						.before = at + edge->before -
							  edge->back * segment->count,
						.after = at + edge->after,
					};
			}
		}
		first += segment->count * segment->repeat;
	}
	if (edges != NULL && count > 1)
		qsort(edges, count, sizeof(*edges), compare_edges);
	return count;
}
