/* `decodesim reproduce` as text. */
#include "sim/cli/reproduce_print.h"

#include <math.h>
#include <string.h>

#include "sim/report/table.h"

static void print_number(struct table *table, double value, bool percent)
{
	if (isnan(value))
		table_cell(table, "-");
	else if (percent)
		table_cell(table, "%.1f %%", 100 * value);
	else
		table_cell(table, "%.5g", value);
}

static void print_range(struct table *table, const struct reproduce_line *line)
{
	if (isnan(line->low))
		table_cell(table, "%s", "");
	else
		table_cell(table, "%.4g to %.4g", line->low, line->high);
}

static const char *sign_of(const struct reproduction *all, const struct reproduce_line *line)
{
	const struct validation_case *one = &all->cases[line->of];
	for (size_t i = 0; i < one->expectation_count; i++)
		if (strcmp(one->expectations[i].what, line->what) == 0)
			return one->expectations[i].kind == CASE_AT_MOST    ? "<= "
			       : one->expectations[i].kind == CASE_AT_LEAST ? ">= "
									    : "";
	return "";
}

static void print_line(struct table *table, const struct reproduction *all,
		       const struct reproduce_line *line)
{
	table_row(table);
	table_cell(table, "    %s", reproduce_status_text(line->status));
	table_cell(table, "%s", line->what);
	table_cell(table, "%s", line->row);
	if (line->is_mean) {
		table_cell(table, "-");
		print_number(table, line->got, true);
		table_cell(table, "%s", "");
		table_cell(table, "%s", "");
	} else {
		if (isnan(line->expected))
			table_cell(table, "-");
		else
			table_cell(table, "%s%.5g", sign_of(all, line), line->expected);
		print_number(table, line->got, false);
		print_range(table, line);
		if (isnan(line->deviation) || isinf(line->deviation))
			table_cell(table, "-");
		else
			table_cell(table, "%+.2f %%", 100 * line->deviation);
	}
	print_number(table, line->tolerance, true);
}

static struct table *make_table(void)
{
	struct table *table = table_create();
	table_column(table, "    status", TABLE_LEFT);
	table_column(table, "what", TABLE_LEFT);
	table_limit(table, 60);
	table_column(table, "row", TABLE_LEFT);
	table_limit(table, 60);
	table_column(table, "expected", TABLE_RIGHT);
	table_column(table, "got", TABLE_RIGHT);
	table_column(table, "range", TABLE_RIGHT);
	table_column(table, "deviation", TABLE_RIGHT);
	table_column(table, "tolerance", TABLE_RIGHT);
	return table;
}

static void print_assumptions(const struct validation_case *one, FILE *out)
{
	for (size_t i = 0; i < one->assumption_count; i++) {
		const struct case_assumption *a = &one->assumptions[i];
		fprintf(out, "    assumed: %s%s%s", a->what, a->shown[0] != '\0' ? " = " : "",
			a->shown);
		if (!isnan(a->low) && !isnan(a->high))
			fprintf(out, " (%g to %g)", a->low, a->high);
		fprintf(out, ": %s\n", a->why);
	}
	if (one->contradiction[0] != '\0')
		fprintf(out, "    contradiction: %s\n", one->contradiction);
}

static enum sim_status print_case(const struct reproduction *all, size_t of, size_t *line,
				  FILE *out, struct sim_diag *diag)
{
	const struct validation_case *one = &all->cases[of];
	struct table *table = make_table();
	size_t first = *line;
	fprintf(out, "  %s (%s): %s\n    source: %s\n", one->name,
		case_evidence_text(one->evidence), one->claim, one->source);
	print_assumptions(one, out);
	for (; *line < all->line_count && all->lines[*line].of == of; (*line)++)
		if (all->lines[*line].status == REPRODUCE_MISSING)
			fprintf(out, "    missing: %s\n", all->lines[*line].note);
		else
			print_line(table, all, &all->lines[*line]);
	enum sim_status status = SIM_OK;
	if (table_rows(table) > 0)
		status = table_print(table, out, diag);
	table_destroy(table);
	for (size_t i = first; i < *line; i++)
		if (all->lines[i].status == REPRODUCE_OFF && all->lines[i].note[0] != '\0')
			fprintf(out, "    no number for '%s'%s%s: %s\n", all->lines[i].what,
				all->lines[i].row[0] != '\0' ? ", " : "", all->lines[i].row,
				all->lines[i].note);
	return status;
}

enum sim_status reproduce_print(const struct reproduction *all, FILE *out, struct sim_diag *diag)
{
	size_t line = 0, systems = 0;
	for (size_t i = 0; i < all->case_count; i++) {
		bool first = i == 0 || strcmp(all->cases[i].system, all->cases[i - 1].system) != 0;
		if (first) {
			fprintf(out, "%s%s\n", i > 0 ? "\n" : "", all->cases[i].system);
			systems++;
		}
		TRY(print_case(all, i, &line, out, diag));
	}
	fprintf(out,
		"\n%zu cases of %zu systems: %zu lines ok, %zu off, %zu missing (%zu runs, %zu of "
		"them evaluated)\n",
		all->case_count, systems, all->counts[REPRODUCE_OK], all->counts[REPRODUCE_OFF],
		all->counts[REPRODUCE_MISSING], all->runs_asked, all->runs_evaluated);
	return SIM_OK;
}

enum sim_status reproduce_print_list(const struct reproduction *all, FILE *out,
				     struct sim_diag *diag)
{
	struct table *table = table_create();
	table_column(table, "system", TABLE_LEFT);
	table_column(table, "case", TABLE_LEFT);
	table_column(table, "evidence", TABLE_LEFT);
	table_column(table, "claim", TABLE_LEFT);
	for (size_t i = 0; i < all->case_count; i++) {
		const struct validation_case *one = &all->cases[i];
		table_row(table);
		table_cell(table, "%s", one->system);
		table_cell(table, "%s", one->name);
		table_cell(table, "%s",
			   one->missing[0] != '\0' ? "missing" : case_evidence_text(one->evidence));
		table_cell(table, "%s", one->claim);
	}
	enum sim_status status = table_print(table, out, diag);
	table_destroy(table);
	return status;
}
