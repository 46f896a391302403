/* `decodesim reproduce --json`. */
#include <math.h>

#include "sim/cli/reproduce_print.h"
#include "sim/report/json.h"

static void write_assumptions(struct json_writer *json, const struct validation_case *one)
{
	json_open_array(json, "assumptions");
	for (size_t i = 0; i < one->assumption_count; i++) {
		const struct case_assumption *a = &one->assumptions[i];
		json_open_object(json, NULL);
		json_text(json, "what", a->what);
		json_text(json, "value", a->shown);
		json_double(json, "low", a->low);
		json_double(json, "high", a->high);
		json_text(json, "why", a->why);
		json_close_object(json);
	}
	json_close_array(json);
}

/* A mean has no expected value of its own: its deviation is what is held against the tolerance. */
static void write_line(struct json_writer *json, const struct validation_case *one,
		       const struct reproduce_line *line)
{
	json_open_object(json, NULL);
	json_text(json, "case", one->name);
	json_text(json, "system", one->system);
	json_text(json, "claim", one->claim);
	json_text(json, "source", one->source);
	json_text(json, "evidence", case_evidence_text(one->evidence));
	json_text(json, "what", line->what);
	json_text(json, "row", line->row);
	json_bool(json, "mean", line->is_mean);
	json_double(json, "expected", line->expected);
	json_double(json, "got", line->got);
	json_double(json, "low", line->low);
	json_double(json, "high", line->high);
	json_double(json, "deviation_pct", 100 * line->deviation);
	json_double(json, "tolerance_pct", 100 * line->tolerance);
	json_text(json, "status", reproduce_status_text(line->status));
	json_text(json, "note", line->note);
	if (one->contradiction[0] != '\0')
		json_text(json, "contradiction", one->contradiction);
	write_assumptions(json, one);
	json_close_object(json);
}

enum sim_status reproduce_print_json(const struct reproduction *all, FILE *out,
				     struct sim_diag *diag)
{
	struct json_writer json;
	json_init(&json, out, 2);
	json_open_object(&json, NULL);
	json_open_array(&json, "cases");
	for (size_t i = 0; i < all->line_count; i++)
		write_line(&json, &all->cases[all->lines[i].of], &all->lines[i]);
	json_close_array(&json);
	json_open_object(&json, "lines");
	for (unsigned status = 0; status < 3; status++)
		json_uint(&json, reproduce_status_text(status), all->counts[status]);
	json_close_object(&json);
	json_close_object(&json);
	return json_finish(&json, diag);
}
