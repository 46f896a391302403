/*
 * --check: one step op by op. After each op its results are held against reference.h on the inputs that
 * the device had, so an error is found where it is made and none adds up; beside that a second copy of
 * the sequence goes through the whole step on the CPU alone, and is compared at the end. The first two
 * sequences of the batch and the last are looked at.
 */
#include <cmath>
#include <cstdio>

#include "validate/bench/decode/run.cuh"

extern "C" {
#include "validate/bench/decode/reference.h"
#include "validate/bench/decode/row.h"
}

enum { ROWS = 3, KINDS = DECODE_ARGMAX_COMBINE + 1 };

/* What rounding to bf16 at every op may add up to over two layers, relative to the whole: assumed. */
#define CHAIN_TOLERANCE 0.03

struct checked {
	struct decode_row device[ROWS]; /* as the device has it */
	struct decode_row alone[ROWS];	/* from token to token on the CPU */
	unsigned rows;
	double worst[KINDS];
	uint64_t wrong, checks;
};

static enum sim_status read_device(void *run, void *to, uint64_t offset, size_t bytes,
				   struct sim_diag *diag)
{
	return decode_read(static_cast<struct decode_run *>(run), to, offset, bytes, diag);
}

static void note(struct checked *checked, const struct decode_op *op, uint64_t row, double error)
{
	checked->checks++;
	if (!(error <= checked->worst[op->kind]))
		checked->worst[op->kind] = error;
	if (error <= 1)
		return;
	checked->wrong++;
	fprintf(stderr, "%s, %u, sequence %llu: error %.3g of what rounding allows\n", op->name,
		op->layer, (unsigned long long)row, error);
}

/* What ROW holds of OP's results against what it wants. */
static void compare(struct checked *checked, struct decode_row *row, const struct decode_op *op)
{
	uint64_t count, fresh = row->shape->joined - row->shape->queries;
	const bf16 *got = decode_row_output(row, op, &count);
	if (count > 0)
		note(checked, op, row->row, reference_error(got, row->wanted, count));
	if (op->kind == DECODE_ROPE_APPEND)
		note(checked, op, row->row,
		     reference_error(row->joined_kv, row->wanted + count, fresh));
}

static enum sim_status check_row(struct decode_run *run, struct checked *checked,
				 struct decode_row *row, const struct decode_op *op,
				 struct sim_diag *diag)
{
	uint64_t hidden = run->shape.model.hidden;
	TRY(decode_row_apply(row, op, read_device, run, diag));
	int32_t token = row->token;
	bf16 *sums = row->weights; /* no longer needed */
	memcpy(sums, row->residual, hidden * sizeof(*sums));
	TRY(decode_row_take(row, op, read_device, run, diag));
	compare(checked, row, op);
	if (op->kind == DECODE_ADD_NORM) /* one addition: exact but for its rounding */
		note(checked, op, row->row,
		     memcmp(sums, row->residual, hidden * sizeof(*sums)) == 0 ? 0 : INFINITY);
	if (op->kind == DECODE_ARGMAX_COMBINE)
		note(checked, op, row->row, token == row->token ? 0 : INFINITY);
	return SIM_OK;
}

static enum sim_status check_op(struct decode_run *run, struct checked *checked,
				const struct decode_op *op, struct sim_diag *diag)
{
	TRY(decode_launch(run, op, diag));
	for (unsigned i = 0; i < checked->rows; i++) {
		TRY(check_row(run, checked, &checked->device[i], op, diag));
		TRY(decode_row_apply(&checked->alone[i], op, read_device, run, diag));
		decode_row_store(&checked->alone[i], op);
	}
	return SIM_OK;
}

static double distance(const bf16 *a, const bf16 *b, uint64_t n)
{
	double apart = 0, whole = 0;
	for (uint64_t i = 0; i < n; i++) {
		double x = bf16_value(a[i]), y = bf16_value(b[i]);
		apart += (x - y) * (x - y);
		whole += y * y;
	}
	return sqrt(apart / whole);
}

static void print(const struct checked *checked, double hidden, double logits)
{
	static const char *const kinds[KINDS] = {
		"embedding", "norm",   "add and norm",	"qkv product",	"rope and append",
		"attention", "output", "gate and up",	"silu and mul", "down",
		"head",	     "argmax", "argmax combine"};
	printf("%-16s %s\n", "op", "worst error, 1 is what rounding allows");
	for (int i = 0; i < KINDS; i++)
		if (i != DECODE_ARGMAX)
			printf("%-16s %.3f\n", kinds[i], checked->worst[i]);
	printf("whole step: hidden state %.2g, logits %.2g of their size off the CPU's, %.2g "
	       "allowed\n",
	       hidden, logits, CHAIN_TOLERANCE);
	printf("%llu checks of %u sequences, %llu wrong\n", (unsigned long long)checked->checks,
	       checked->rows, (unsigned long long)checked->wrong);
}

static enum sim_status check_end(struct checked *checked, struct decode_run *run,
				 struct sim_diag *diag)
{
	double hidden = 0, logits = 0;
	int32_t position;
	for (unsigned i = 0; i < checked->rows; i++) {
		const struct decode_row *a = &checked->device[i], *b = &checked->alone[i];
		hidden = fmax(hidden, distance(a->residual, b->residual, run->shape.model.hidden));
		logits = fmax(logits, distance(a->logits, b->logits, run->shape.model.vocabulary));
	}
	print(checked, hidden, logits);
	TRY(decode_read(run, &position, run->layout.position, sizeof(position), diag));
	if ((uint64_t)position != run->shape.context + 1)
		return diag_fail(diag, SIM_E_TOLERANCE,
				 "the position after the step is wrong: '%d'", position);
	if (checked->wrong > 0 || !(hidden <= CHAIN_TOLERANCE) || !(logits <= CHAIN_TOLERANCE))
		return diag_fail(diag, SIM_E_TOLERANCE,
				 "check failed: '%llu' of '%llu' results wrong, whole step off by "
				 "'%.3g'",
				 (unsigned long long)checked->wrong,
				 (unsigned long long)checked->checks, fmax(hidden, logits));
	return SIM_OK;
}

static enum sim_status start_row(struct decode_run *run, struct checked *checked, uint64_t index,
				 struct sim_diag *diag)
{
	const struct decode_layout *layout = &run->layout;
	struct decode_row *a = &checked->device[checked->rows], *b = &checked->alone[checked->rows];
	checked->rows++;
	enum sim_status status =
		decode_row_init(a, &run->shape, layout, index, run->shape.context, diag);
	enum sim_status other =
		decode_row_init(b, &run->shape, layout, index, run->shape.context, diag);
	TRY(status);
	TRY(other);
	TRY(decode_read(run, &a->token, layout->tokens + sizeof(int32_t) * index, sizeof(int32_t),
			diag));
	b->token = a->token;
	return SIM_OK;
}

static enum sim_status check(struct decode_run *run, const struct decode_plan *plan,
			     struct checked *checked, struct sim_diag *diag)
{
	uint64_t last = run->shape.batch - 1;
	for (uint64_t i = 0; i < 2 && i <= last; i++)
		TRY(start_row(run, checked, i, diag));
	if (last >= 2)
		TRY(start_row(run, checked, last, diag));
	for (size_t i = 0; i < plan->count; i++)
		TRY(check_op(run, checked, &plan->ops[i], diag));
	return check_end(checked, run, diag);
}

extern "C" enum sim_status decode_gpu_check(const struct decode_shape *shape, uint64_t seed,
					    struct sim_diag *diag)
{
	struct checked checked = {};
	struct decode_run run;
	struct decode_plan plan;
	enum sim_status status = decode_plan_init(&plan, shape, shape->context + 1, diag);
	if (status == SIM_OK) {
		status = decode_run_open(&run, shape, seed, diag);
		if (status == SIM_OK)
			status = check(&run, &plan, &checked, diag);
		for (unsigned i = 0; i < checked.rows; i++) {
			decode_row_fini(&checked.device[i]);
			decode_row_fini(&checked.alone[i]);
		}
		decode_run_close(&run);
	}
	decode_plan_fini(&plan);
	return status;
}
