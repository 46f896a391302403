/* Layout of a program: lowered steps written out, or what differs brought up to date. */
#include <stdlib.h>
#include <string.h>

#include "workloads/program_parts.h"

struct sizes {
	size_t kernels, distinct, edges, segments, lowered_edges;
};

/* Room for COUNT of SIZE, what was there forgotten; false: out of memory. */
static bool renew(void **array, size_t count, size_t size)
{
	free(*array);
	*array = malloc((count + 1) * size);
	return *array != NULL;
}

static bool same_segments(const struct lowered_segment *a, const struct lowered_segment *b,
			  size_t count)
{
	for (size_t s = 0; s < count; s++)
		if (a[s].first != b[s].first || a[s].count != b[s].count ||
		    a[s].repeat != b[s].repeat)
			return false;
	return true;
}

/* The order of the kernels and what waits for what is as it was laid out. */
static bool same_shape(const struct workload_program *program, bool joined)
{
	const struct program_kept *kept = program->kept;
	const struct lowered_segment *segments = kept->segments;
	const struct lowered_edge *edges = kept->edges;
	bool was_joined = program->program.step_count != program->lowered_count;
	if (kept->shape_count == 0 || kept->shape_count != program->lowered_count ||
	    (program->lowered_count > 1 && joined != was_joined))
		return false;
	for (size_t i = 0; i < program->lowered_count; i++) {
		const struct workload_step *step = &program->lowered[i];
		const struct step_shape *shape = &kept->shapes[i];
		if (shape->kernel_count != step->kernel_count ||
		    shape->segment_count != step->segment_count ||
		    shape->edge_count != step->edge_count ||
		    !same_segments(segments, step->segments, step->segment_count) ||
		    (step->edge_count > 0 &&
		     memcmp(edges, step->edges, step->edge_count * sizeof(*edges)) != 0))
			return false;
		segments += step->segment_count;
		edges += step->edge_count;
	}
	return true;
}

static struct sim_kernel kernel_of(const struct workload_step *step, size_t k, uint8_t stream)
{
	struct sim_kernel kernel = step->kernels[k].kernel;
	kernel.stream = (uint8_t)(kernel.stream + stream);
	return kernel;
}

/* Write the kernels of STEP that differ from DISTINCT to where they stand from KERNELS on. */
static bool update_step(const struct workload_step *step, uint8_t stream,
			struct sim_kernel *distinct, struct sim_kernel *kernels)
{
	bool changed = false;
	for (size_t s = 0; s < step->segment_count; s++) {
		const struct lowered_segment *segment = &step->segments[s];
		for (uint32_t k = 0; k < segment->count; k++) {
			struct sim_kernel now = kernel_of(step, segment->first + k, stream);
			if (memcmp(&now, &distinct[segment->first + k], sizeof(now)) == 0)
				continue;
			for (uint32_t r = 0; r < segment->repeat; r++)
				kernels[(size_t)r * segment->count + k] = now;
			changed = true;
		}
		kernels += (size_t)segment->count * segment->repeat;
	}
	for (size_t k = 0; changed && k < step->kernel_count; k++)
		distinct[k] = kernel_of(step, k, stream);
	return changed;
}

/* The lowered kernels may have been moved: details point to where they are now. */
static void update_details(struct workload_program *program)
{
	const uint32_t *of = program->distinct_of;
	const struct lowered_kernel **details = program->details;
	uint32_t distinct = 0;
	for (size_t i = 0; i < program->lowered_count; i++) {
		struct step_shape *shape = &program->kept->shapes[i];
		const struct lowered_kernel *kernels = program->lowered[i].kernels;
		for (uint32_t k = 0; shape->kernels != kernels && k < shape->count; k++)
			details[k] = &kernels[of[k] - distinct];
		shape->kernels = kernels;
		of += shape->count;
		details += shape->count;
		distinct += (uint32_t)shape->kernel_count;
	}
}

static bool update(struct workload_program *program, const uint8_t *streams)
{
	struct sim_kernel *distinct = program->distinct, *kernels = program->kernels;
	bool changed = false;
	for (size_t i = 0; i < program->lowered_count; i++) {
		struct step_shape *shape = &program->kept->shapes[i];
		changed |= update_step(&program->lowered[i], streams[i], distinct, kernels);
		distinct += shape->kernel_count;
		kernels += shape->count;
	}
	update_details(program);
	return changed;
}

static enum sim_status measure(const struct workload_program *program, struct sizes *sizes,
			       struct sim_diag *diag)
{
	memset(sizes, 0, sizeof(*sizes));
	for (size_t i = 0; i < program->lowered_count; i++) {
		const struct workload_step *step = &program->lowered[i];
		sizes->kernels += step_expanded_count(step);
		sizes->distinct += step->kernel_count;
		sizes->edges += step_expand_edges(step, 0, NULL);
		sizes->segments += step->segment_count;
		sizes->lowered_edges += step->edge_count;
	}
	if (sizes->kernels >= UINT32_MAX || sizes->distinct >= UINT32_MAX)
		return diag_fail(diag, SIM_E_RANGE, "an iteration of too many kernels");
	return SIM_OK;
}

static enum sim_status make_room(struct workload_program *program, const struct sizes *sizes,
				 struct sim_diag *diag)
{
	struct program_kept *kept = program->kept;
	bool all =
		renew((void **)&program->kernels, sizes->kernels, sizeof(*program->kernels)) &&
		renew((void **)&program->details, sizes->kernels, sizeof(*program->details)) &&
		renew((void **)&program->distinct_of, sizes->kernels,
		      sizeof(*program->distinct_of)) &&
		renew((void **)&program->distinct, sizes->distinct, sizeof(*program->distinct)) &&
		renew((void **)&program->edges, sizes->edges, sizeof(*program->edges)) &&
		renew((void **)&program->steps, program->lowered_count, sizeof(*program->steps)) &&
		renew((void **)&kept->segments, sizes->segments, sizeof(*kept->segments)) &&
		renew((void **)&kept->edges, sizes->lowered_edges, sizeof(*kept->edges));
	return all ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

/* Shapes of the steps, and copies of their segments and edges. */
static void keep_shapes(struct workload_program *program, const uint8_t *streams)
{
	struct program_kept *kept = program->kept;
	struct lowered_segment *segments = kept->segments;
	struct lowered_edge *edges = kept->edges;
	for (size_t i = 0; i < program->lowered_count; i++) {
		const struct workload_step *step = &program->lowered[i];
		kept->shapes[i] = (struct step_shape){
			.kernel_count = step->kernel_count,
			.segment_count = step->segment_count,
			.edge_count = step->edge_count,
			.count = (uint32_t)step_expanded_count(step),
			.stream = streams[i],
		};
		for (size_t s = 0; s < step->segment_count; s++)
			*segments++ = step->segments[s];
		for (size_t e = 0; e < step->edge_count; e++)
			*edges++ = step->edges[e];
	}
	kept->shape_count = program->lowered_count;
}

/*
 * Expanded kernels and edges, which lowered kernel each is of, and the engine's steps. JOINED:
 * forwards that overlap are one step.
 */
static void lay_out(struct workload_program *program, bool joined)
{
	uint32_t first = 0, distinct = 0;
	size_t edges = 0;
	for (size_t i = 0; i < program->lowered_count; i++) {
		const struct workload_step *step = &program->lowered[i];
		uint32_t count = program->kept->shapes[i].count, *of = program->distinct_of + first;
		uint8_t stream = program->kept->shapes[i].stream;
		for (size_t k = 0; k < step->kernel_count; k++)
			program->distinct[distinct + k] = kernel_of(step, k, stream);
		step_expand_index(step, of);
		for (uint32_t k = 0; k < count; k++) {
			of[k] += distinct;
			program->kernels[first + k] = program->distinct[of[k]];
		}
		edges += step_expand_edges(step, first, program->edges + edges);
		program->steps[i] = (struct sim_step){
			.first = first,
			.count = count,
			.traced_launch = SIM_LAUNCH_GRAPH,
			.ends_in_sync = 1,
		};
		first += count;
		distinct += (uint32_t)step->kernel_count;
	}
	if (joined && program->lowered_count > 0)
		program->steps[0].count = first;
	program->program = (struct sim_program){
		.kernels = program->kernels,
		.kernel_count = first,
		.steps = program->steps,
		.step_count = joined ? 1 : program->lowered_count,
		.edges = program->edges,
		.edge_count = edges,
		.distinct = program->distinct,
		.distinct_count = distinct,
		.distinct_of = program->distinct_of,
	};
}

enum sim_status program_lay(struct workload_program *program, const uint8_t *streams, bool joined,
			    bool *changed, struct sim_diag *diag)
{
	struct sizes sizes;
	if (same_shape(program, joined)) {
		*changed = update(program, streams);
		return SIM_OK;
	}
	*changed = true;
	program->kept->shape_count = 0;
	TRY(measure(program, &sizes, diag));
	TRY(make_room(program, &sizes, diag));
	keep_shapes(program, streams);
	lay_out(program, joined);
	update_details(program);
	return SIM_OK;
}
