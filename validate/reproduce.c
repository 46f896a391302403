/* Reproduction: lines of cases. */
#include "validate/reproduce.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *reproduce_status_text(unsigned status)
{
	static const char *const texts[] = {"ok", "off", "missing"};
	return status < 3 ? texts[status] : "?";
}

static enum sim_status nomem(struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

/* One case on its way. */
struct job {
	struct reproduction *all;
	const struct validation_case *one;
	size_t index;
	struct case_memo *memo;
	double values[EXPR_MOST_SLOTS];
	const char *why; /* the first reason that a result is no number; "" */
	struct sim_diag *diag;
};

static const char *keep(struct job *job, const char *text)
{
	return arena_copy_text(&job->all->arena, text, strlen(text));
}

static enum sim_status add_line(struct job *job, const struct reproduce_line *line)
{
	struct reproduction *all = job->all;
	if (line->what == NULL || line->row == NULL || line->note == NULL)
		return nomem(job->diag);
	if (all->line_count == all->line_capacity) {
		size_t capacity = all->line_capacity > 0 ? 2 * all->line_capacity : 256;
		struct reproduce_line *more = realloc(all->lines, capacity * sizeof(*more));
		if (more == NULL)
			return nomem(job->diag);
		all->lines = more;
		all->line_capacity = capacity;
	}
	all->lines[all->line_count++] = *line;
	all->counts[line->status]++;
	return SIM_OK;
}

static bool uses_prefill(const struct job *job, const struct case_expectation *expect, size_t run)
{
	for (size_t i = 0; i < job->one->result_count; i++) {
		const struct case_result *result = &job->one->results[i];
		bool prefill = result->field == CASE_FIELD_prefill_ms ||
			       result->field == CASE_FIELD_prefill_kernels;
		if (prefill && result->run == run &&
		    (expr_uses(&expect->got, result->slot) ||
		     expr_uses(&expect->expected, result->slot)))
			return true;
	}
	return false;
}

static bool expectation_uses(const struct case_expectation *expect, size_t slot)
{
	return expr_uses(&expect->got, slot) || expr_uses(&expect->expected, slot) ||
	       (expect->only.text != NULL && expr_uses(&expect->only, slot));
}

/* Results that EXPECT uses, into the values; what is no number leaves a reason. */
static enum sim_status fill_results(struct job *job, const struct case_expectation *expect,
				    size_t row)
{
	for (size_t i = 0; i < job->one->result_count; i++) {
		const struct case_result *result = &job->one->results[i];
		const struct case_outcome *outcome;
		if (!expectation_uses(expect, result->slot))
			continue;
		TRY(case_run_evaluate(job->memo, job->one, result->run, row, job->values,
				      uses_prefill(job, expect, result->run), &outcome, job->diag));
		double value = case_outcome_field(outcome, result->field);
		job->values[result->slot] = value;
		if (!isnan(value) || job->why[0] != '\0')
			continue;
		char text[SIM_DIAG_TEXT + 128];
		snprintf(text, sizeof(text), "%s: %s", job->one->runs[result->run].name,
			 outcome->failed	 ? outcome->why
			 : !outcome->result.fits ? "does not fit into memory"
						 : "has no such result");
		job->why = keep(job, text);
		if (job->why == NULL)
			return nomem(job->diag);
	}
	return SIM_OK;
}

/* EXPR over the values: NaN with a reason where there is none. */
static enum sim_status value_of(struct job *job, const struct expr *expr, double *value)
{
	struct sim_diag why = {0};
	*value = NAN;
	for (size_t i = 0; i < job->one->result_count; i++)
		if (expr_uses(expr, job->one->results[i].slot) &&
		    isnan(job->values[job->one->results[i].slot]))
			return SIM_OK;
	if (expr_value(expr, job->values, value, &why) == SIM_OK)
		return SIM_OK;
	*value = NAN;
	if (job->why[0] == '\0')
		job->why = keep(job, why.text);
	return job->why != NULL ? SIM_OK : nomem(job->diag);
}

/* Columns as "NAME CELL, ...", but those that the expected value or the got one names. */
static const char *row_label(struct job *job, const struct case_expectation *expect, size_t row)
{
	char text[256];
	size_t length = 0;
	text[0] = '\0';
	for (size_t i = 0; i < job->one->column_count; i++) {
		const struct case_column *column = &job->one->columns[i];
		if (!column->is_text &&
		    (expr_uses(&expect->expected, column->slot) ||
		     expr_uses(&expect->got, column->slot)) &&
		    job->one->column_count > 1)
			continue;
		int more = snprintf(text + length, sizeof(text) - length, "%s%s %s",
				    length > 0 ? ", " : "", column->name, column->texts[row]);
		if (more < 0 || (size_t)more >= sizeof(text) - length)
			break;
		length += (size_t)more;
	}
	return keep(job, text);
}

static bool is_blank(const struct job *job, const struct case_expectation *expect)
{
	return case_is_blank(job->one, &expect->got, job->values) ||
	       case_is_blank(job->one, &expect->expected, job->values);
}

static enum sim_status evaluate_at(struct job *job, const struct case_expectation *expect,
				   size_t row, size_t changed, double its, double *got,
				   double *expected)
{
	TRY(case_fill(job->one, row, changed, its, job->values, job->diag));
	TRY(fill_results(job, expect, row));
	TRY(value_of(job, &expect->got, got));
	return value_of(job, &expect->expected, expected);
}

static void widen(struct reproduce_line *line, double value)
{
	if (isnan(value))
		return;
	line->low = isnan(line->low) || value < line->low ? value : line->low;
	line->high = isnan(line->high) || value > line->high ? value : line->high;
}

/* Each named assumption in turn at its low and its high. */
static enum sim_status find_range(struct job *job, const struct case_expectation *expect,
				  size_t row, struct reproduce_line *line)
{
	bool moved = false;
	for (size_t i = 0; i < job->one->assumption_count; i++) {
		const struct case_assumption *assumption = &job->one->assumptions[i];
		const double bounds[] = {assumption->low, assumption->high};
		for (size_t b = 0; b < 2 && assumption->name[0] != '\0'; b++) {
			double got, expected;
			if (isnan(bounds[b]))
				continue;
			TRY(evaluate_at(job, expect, row, i, bounds[b], &got, &expected));
			moved = moved || got != line->got;
			widen(line, got);
		}
	}
	if (moved)
		widen(line, line->got);
	else
		line->low = line->high = NAN;
	return SIM_OK;
}

static enum reproduce_status judge(const struct case_expectation *expect,
				   const struct reproduce_line *line)
{
	double difference = line->got - line->expected;
	double off = line->deviation;
	if (isnan(off))
		return REPRODUCE_OFF;
	if (expect->kind == CASE_AT_MOST && difference <= 0)
		return REPRODUCE_OK;
	if (expect->kind == CASE_AT_LEAST && difference >= 0)
		return REPRODUCE_OK;
	/* a rounding of the last bit is no deviation */
	if (fabs(off) <= expect->tolerance * (1 + 1e-12) + 1e-14 ||
	    fabs(difference) <= expect->within)
		return REPRODUCE_OK;
	return REPRODUCE_OFF;
}

static double deviation_of(double got, double expected)
{
	if (isnan(got) || isnan(expected))
		return NAN;
	if (expected == 0)
		return got == 0 ? 0 : (got > 0 ? 1 : -1) * HUGE_VAL;
	return (got - expected) / fabs(expected);
}

/* SUM and COUNT: of |deviation| so far. */
static enum sim_status run_row(struct job *job, const struct case_expectation *expect, size_t row,
			       double *sum, size_t *count)
{
	double only = 1;
	struct reproduce_line line = {.of = job->index,
				      .what = expect->what,
				      .low = NAN,
				      .high = NAN,
				      .tolerance = expect->tolerance};
	job->why = "";
	TRY(case_fill(job->one, row, SIZE_MAX, 0, job->values, job->diag));
	if (is_blank(job, expect))
		return SIM_OK;
	if (expect->only.text != NULL) {
		if (case_is_blank(job->one, &expect->only, job->values))
			return SIM_OK;
		TRY(fill_results(job, expect, row));
		TRY(value_of(job, &expect->only, &only));
		if (only == 0)
			return SIM_OK;
	}
	TRY(evaluate_at(job, expect, row, SIZE_MAX, 0, &line.got, &line.expected));
	line.note = job->why;
	line.row = job->one->column_count > 0 ? row_label(job, expect, row) : "";
	line.deviation = deviation_of(line.got, line.expected);
	line.status = judge(expect, &line);
	*sum += fabs(line.deviation);
	*count += 1;
	if (!isnan(line.got))
		TRY(find_range(job, expect, row, &line));
	return add_line(job, &line);
}

static enum sim_status run_expectation(struct job *job, const struct case_expectation *expect)
{
	double sum = 0;
	size_t count = 0;
	for (size_t row = 0; row < job->one->row_count; row++)
		TRY(run_row(job, expect, row, &sum, &count));
	if (isnan(expect->mean_tolerance) || count == 0)
		return SIM_OK;
	double mean = sum / (double)count;
	bool ok = mean <= expect->mean_tolerance; /* false for NaN */
	return add_line(job, &(struct reproduce_line){
				     .of = job->index,
				     .what = expect->what,
				     .row = "mean of |deviation|",
				     .is_mean = true,
				     .expected = 0,
				     .got = mean,
				     .deviation = mean,
				     .tolerance = expect->mean_tolerance,
				     .low = NAN,
				     .high = NAN,
				     .status = ok ? REPRODUCE_OK : REPRODUCE_OFF,
				     .note = "",
			     });
}

static enum sim_status run_case(struct job *job)
{
	const struct validation_case *one = job->one;
	if (one->missing[0] != '\0')
		return add_line(job, &(struct reproduce_line){
					     .of = job->index,
					     .what = "",
					     .row = "",
					     .expected = NAN,
					     .got = NAN,
					     .deviation = NAN,
					     .tolerance = NAN,
					     .low = NAN,
					     .high = NAN,
					     .status = REPRODUCE_MISSING,
					     .note = one->missing,
				     });
	for (size_t i = 0; i < one->expectation_count; i++)
		TRY(run_expectation(job, &one->expectations[i]));
	return SIM_OK;
}

enum sim_status reproduction_run(struct reproduction *all,
				 void (*progress)(size_t done, size_t total), struct sim_diag *diag)
{
	struct case_memo memo;
	enum sim_status status = case_memo_init(&memo, diag);
	struct job *job = calloc(1, sizeof(*job));
	if (status == SIM_OK && job == NULL)
		status = nomem(diag);
	for (size_t i = 0; i < all->case_count && status == SIM_OK; i++) {
		*job = (struct job){.all = all,
				    .one = &all->cases[i],
				    .index = i,
				    .memo = &memo,
				    .why = "",
				    .diag = diag};
		if (progress != NULL)
			progress(i, all->case_count);
		status = run_case(job);
	}
	if (status == SIM_OK && progress != NULL)
		progress(all->case_count, all->case_count);
	all->runs_asked = memo.asked;
	all->runs_evaluated = memo.evaluated;
	free(job);
	case_memo_fini(&memo);
	return status;
}
