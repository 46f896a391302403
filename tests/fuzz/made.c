/* Traces made of texts: see made.h. */
#include "tests/fuzz/made.h"

#include "tests/fuzz/fuzz.h"
#include "traces/work.h"

enum { MOST_KERNELS = 64, PERIOD_NS = 2000, DURATION_NS = 1000 };

struct made_trace {
	struct trace trace;
	struct sim_kernel kernels[MOST_KERNELS];
	struct trace_detail details[MOST_KERNELS];
	struct trace_measured measured[MOST_KERNELS];
	struct sim_step step;
	struct trace_step_measured step_measured;
};

struct made_trace *made_begin(void)
{
	static struct made_trace made;
	struct trace *trace = &made.trace;
	memset(&made, 0, sizeof(made));
	trace_init(trace);
	trace->kernels = made.kernels;
	trace->details = made.details;
	trace->measured = made.measured;
	trace->steps = &made.step;
	trace->step_measured = &made.step_measured;
	trace->device = fuzz_sample_trace()->device;
	FUZZ_REQUIRE(names_init(&trace->names) == SIM_OK);
	return &made;
}

bool made_has_room(const struct made_trace *made)
{
	return made->trace.kernel_count < MOST_KERNELS;
}

static uint32_t intern(struct trace *trace, struct work_text text)
{
	uint32_t index;
	FUZZ_REQUIRE(names_add(&trace->names, text.at, text.length, &index) == SIM_OK);
	return index;
}

void made_add(struct made_trace *made, struct work_text kernel, struct work_text op,
	      struct work_text shape, const struct made_numbers *numbers)
{
	struct trace *trace = &made->trace;
	size_t i = trace->kernel_count++;
	struct trace_detail *detail = &trace->details[i];
	detail->name = intern(trace, kernel);
	detail->op_name = intern(trace, op);
	detail->op_shape = intern(trace, shape);
	memcpy(detail->grid, numbers->grid, sizeof(detail->grid));
	memcpy(detail->block, numbers->block, sizeof(detail->block));
	detail->registers = numbers->registers;
	detail->shared_bytes = numbers->shared_bytes;
	detail->op_part = (uint16_t)numbers->part;
	if (numbers->copy == 1 || numbers->copy == 2) {
		trace->kernels[i].op = numbers->copy == 1 ? SIM_OP_MEMCPY : SIM_OP_MEMSET;
		trace->kernels[i].act_write_bytes = numbers->copy_bytes;
	}
	trace->measured[i] = (struct trace_measured){.start_ns = (int64_t)i * PERIOD_NS,
						     .duration_ns = DURATION_NS,
						     .launch_start_ns = INT64_MIN,
						     .launch_end_ns = INT64_MIN};
}

void made_check(struct made_trace *made)
{
	struct trace *trace = &made->trace;
	struct sim_diag diag;
	diag_init(&diag);
	if (trace->kernel_count > 0) {
		made->step.count = (uint32_t)trace->kernel_count;
		made->step.traced_launch = SIM_LAUNCH_EAGER;
		made->step_measured.last_end_ns =
			(int64_t)(trace->kernel_count - 1) * PERIOD_NS + DURATION_NS;
		trace->step_count = 1;
		FUZZ_REQUIRE(work_derive_all(trace, &diag) == SIM_OK);
		(void)trace_resident_bytes(trace);
		fuzz_check_trace(trace, false);
		fuzz_check_import(trace);
	}
	names_fini(&trace->names);
}

struct work_text made_line(struct made_lines *lines)
{
	struct work_text line = {lines->at, (size_t)(lines->end - lines->at)};
	const char *feed = line.length > 0 ? memchr(line.at, '\n', line.length) : NULL;
	if (feed != NULL)
		line.length = (size_t)(feed - line.at);
	lines->at += line.length + (feed != NULL);
	return line;
}
