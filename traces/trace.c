/* The trace model: its life, its views as programs, and sums over its measured half. */
#include "traces/trace.h"

#include <stdlib.h>
#include <string.h>

#include "sim/core/units.h"

static const char *const lack_texts[] = {
#define X(name, text, what) text,
	TRACE_LACK_LIST(X)
#undef X
};

static const char *const lack_whats[] = {
#define X(name, text, what) what,
	TRACE_LACK_LIST(X)
#undef X
};

void trace_init(struct trace *trace)
{
	memset(trace, 0, sizeof(*trace));
}

void trace_fini(struct trace *trace)
{
	names_fini(&trace->names);
	free(trace->kernels);
	free(trace->details);
	free(trace->measured);
	free(trace->steps);
	free(trace->step_measured);
	free(trace->bytes);
	trace_init(trace);
}

const char *trace_lack_text(unsigned lack)
{
	return lack < TRACE_LACK_COUNT ? lack_texts[lack] : "?";
}

const char *trace_lack_what(unsigned lack)
{
	return lack < TRACE_LACK_COUNT ? lack_whats[lack] : "?";
}

bool trace_capture_known(const struct trace_capture *capture)
{
	return capture->tool[0] != '\0' || capture->dropped > 0 || capture->zero_times > 0 ||
	       capture->foreign_buffers > 0 || capture->overheads > 0 || capture->overhead_ns != 0;
}

struct sim_program trace_program(const struct trace *trace)
{
	return (struct sim_program){
		.kernels = trace->kernels,
		.kernel_count = trace->kernel_count,
		.steps = trace->steps,
		.step_count = trace->step_count,
	};
}

static int32_t saturate_gap(int64_t gap_ns)
{
	if (gap_ns > INT32_MAX)
		return INT32_MAX;
	return gap_ns < INT32_MIN ? INT32_MIN : (int32_t)gap_ns;
}

static int64_t end_of(const struct trace *trace, size_t index)
{
	return trace->measured[index].start_ns + trace->measured[index].duration_ns;
}

static void step_gaps(const struct trace *trace, const struct sim_step *step, int32_t *gaps_ns)
{
	int64_t latest = 0;
	for (size_t i = 0; i < step->count; i++) {
		size_t at = step->first + i;
		gaps_ns[at] = i == 0 ? 0 : saturate_gap(trace->measured[at].start_ns - latest);
		if (i == 0 || end_of(trace, at) > latest)
			latest = end_of(trace, at);
	}
}

struct sim_program trace_recorded_program(const struct trace *trace, struct sim_kernel *kernels,
					  int32_t *gaps_ns)
{
	struct sim_program program = trace_program(trace);
	for (size_t i = 0; i < trace->kernel_count; i++) {
		kernels[i] = trace->kernels[i];
		kernels[i].flags |= SIM_KERNEL_OPAQUE;
		kernels[i].recorded_ps = (uint64_t)(trace->measured[i].duration_ns * PS_PER_NS);
		gaps_ns[i] = 0;
	}
	for (size_t i = 0; i < trace->step_count; i++)
		step_gaps(trace, &trace->steps[i], gaps_ns);
	program.kernels = kernels;
	program.recorded_gap_ns = gaps_ns;
	return program;
}

int64_t trace_step_busy_ns(const struct trace *trace, size_t step)
{
	const struct sim_step *range = &trace->steps[step];
	int64_t busy = 0, latest = INT64_MIN;
	for (size_t i = range->first; i < (size_t)range->first + range->count; i++) {
		int64_t start = trace->measured[i].start_ns, end = end_of(trace, i);
		if (start < latest)
			start = latest;
		if (end > start)
			busy += end - start;
		if (end > latest)
			latest = end;
	}
	return busy;
}

/* Kernels in steps count; where they overlap both count. */
double trace_modelled_share(const struct trace *trace)
{
	int64_t known = 0, all = 0;
	for (size_t s = 0; s < trace->step_count; s++) {
		const struct sim_step *step = &trace->steps[s];
		for (size_t i = step->first; i < (size_t)step->first + step->count; i++) {
			int64_t duration = trace->measured[i].duration_ns;
			all += duration;
			if (!(trace->kernels[i].flags & SIM_KERNEL_OPAQUE))
				known += duration;
		}
	}
	return all > 0 ? (double)known / (double)all : 0;
}

uint32_t trace_batch(const struct trace *trace)
{
	uint64_t most = 0;
	uint32_t rows = 0;
	size_t end =
		trace->step_count > 0 ? (size_t)trace->steps[0].first + trace->steps[0].count : 0;
	for (size_t i = trace->step_count > 0 ? trace->steps[0].first : 0; i < end; i++) {
		const struct sim_kernel *kernel = &trace->kernels[i];
		bool known = kernel->op == SIM_OP_GEMM && !(kernel->flags & SIM_KERNEL_OPAQUE);
		if (known && kernel->weight_bytes > most) {
			most = kernel->weight_bytes;
			rows = trace->details[i].m;
		}
	}
	return rows;
}
