/*
 * Work from an op's texts: four lines a kernel, its name, its op, the op's shape text, and numbers
 * (grid, block, registers, shared bytes, part of the op, 1 memcpy or 2 memset, its bytes).
 */
#include "tests/fuzz/fuzz.h"

#include "traces/work.h"
#include "traces/work_shape.h"

const char fuzz_name[] = "shape";
const char *const fuzz_seeds[] = {NULL};

enum { MOST_KERNELS = 64, NUMBERS = 11 };

struct kernels {
	struct sim_kernel kernels[MOST_KERNELS];
	struct trace_detail details[MOST_KERNELS];
	struct trace_measured measured[MOST_KERNELS];
	struct sim_step step;
	struct trace_step_measured step_measured;
};

struct lines {
	const char *at, *end;
};

static struct work_text next_line(struct lines *lines)
{
	struct work_text line = {lines->at, (size_t)(lines->end - lines->at)};
	const char *feed = memchr(line.at, '\n', line.length);
	if (feed != NULL)
		line.length = (size_t)(feed - line.at);
	lines->at += line.length + (feed != NULL);
	return line;
}

static uint32_t intern(struct trace *trace, struct work_text text)
{
	uint32_t index;
	FUZZ_REQUIRE(names_add(&trace->names, text.at, text.length, &index) == SIM_OK);
	return index;
}

static void take_numbers(struct work_text line, uint32_t *numbers)
{
	size_t count = 0;
	bool inside = false;
	memset(numbers, 0, NUMBERS * sizeof(*numbers));
	for (size_t i = 0; i < line.length && count < NUMBERS; i++) {
		bool digit = line.at[i] >= '0' && line.at[i] <= '9';
		if (digit)
			numbers[count] = numbers[count] * 10 + (uint32_t)(line.at[i] - '0');
		count += inside && !digit;
		inside = digit;
	}
}

static void add_kernel(struct trace *trace, struct lines *lines)
{
	uint32_t numbers[NUMBERS];
	size_t i = trace->kernel_count++;
	struct trace_detail *detail = &trace->details[i];
	detail->name = intern(trace, next_line(lines));
	detail->op_name = intern(trace, next_line(lines));
	detail->op_shape = intern(trace, next_line(lines));
	take_numbers(next_line(lines), numbers);
	memcpy(detail->grid, numbers, sizeof(detail->grid));
	memcpy(detail->block, numbers + 3, sizeof(detail->block));
	detail->registers = numbers[6];
	detail->shared_bytes = numbers[7];
	detail->op_part = (uint16_t)numbers[8];
	if (numbers[9] == 1 || numbers[9] == 2) {
		trace->kernels[i].op = numbers[9] == 1 ? SIM_OP_MEMCPY : SIM_OP_MEMSET;
		trace->kernels[i].act_write_bytes = numbers[10];
	}
	trace->measured[i] = (struct trace_measured){.start_ns = (int64_t)i * 2000,
						     .duration_ns = 1000,
						     .launch_start_ns = INT64_MIN,
						     .launch_end_ns = INT64_MIN};
}

static void check_shape(const char *text)
{
	struct work_shape shape;
	size_t length = strlen(text);
	/* a copy that ends where the text does */
	char *copy = malloc(length > 0 ? length : 1);
	FUZZ_REQUIRE(copy != NULL);
	memcpy(copy, text, length);
	if (work_shape_parse(copy, length, &shape)) {
		FUZZ_REQUIRE(shape.arg_count <= WORK_MAX_ARGS);
		FUZZ_REQUIRE(shape.tensor_count <= WORK_MAX_TENSORS);
		for (unsigned i = 0; i < shape.arg_count; i++) {
			int64_t value;
			(void)work_shape_integer(&shape, i, &value);
			(void)work_shape_tensor(&shape, i);
			FUZZ_REQUIRE(shape.args[i].first + shape.args[i].count <=
				     shape.tensor_count);
		}
		for (unsigned i = 0; i < shape.tensor_count; i++) {
			FUZZ_REQUIRE(shape.tensors[i].rank <= WORK_MAX_RANK);
			FUZZ_REQUIRE(shape.tensors[i].dtype < SIM_DTYPE_COUNT);
			FUZZ_REQUIRE(shape.tensors[i].elements <= WORK_LIMIT);
			FUZZ_REQUIRE(shape.tensors[i].unique <= shape.tensors[i].elements);
		}
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct kernels kernels;
	struct lines lines = {(const char *)data, (const char *)data + size};
	struct sim_diag diag;
	struct trace trace;
	diag_init(&diag);
	trace_init(&trace);
	memset(&kernels, 0, sizeof(kernels));
	trace.kernels = kernels.kernels;
	trace.details = kernels.details;
	trace.measured = kernels.measured;
	trace.steps = &kernels.step;
	trace.step_measured = &kernels.step_measured;
	trace.device = fuzz_sample_trace()->device;
	FUZZ_REQUIRE(names_init(&trace.names) == SIM_OK);
	while (lines.at < lines.end && trace.kernel_count < MOST_KERNELS)
		add_kernel(&trace, &lines);
	if (trace.kernel_count > 0) {
		kernels.step.count = (uint32_t)trace.kernel_count;
		kernels.step.traced_launch = SIM_LAUNCH_EAGER;
		kernels.step_measured.last_end_ns = (int64_t)trace.kernel_count * 2000;
		trace.step_count = 1;
		for (uint32_t i = 0; i < trace.names.count; i++)
			check_shape(names_text(&trace.names, i));
		FUZZ_REQUIRE(work_derive_all(&trace, &diag) == SIM_OK);
		(void)trace_resident_bytes(&trace);
		fuzz_check_trace(&trace, false);
		fuzz_check_import(&trace);
	}
	names_fini(&trace.names);
	return 0;
}
