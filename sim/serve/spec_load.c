/* Specs: lengths, lists, and the load that they make. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/serve/spec.h"

static enum sim_status tokens_of(const struct yaml_file *file, const struct yaml_node *node,
				 uint32_t *tokens, struct sim_diag *diag)
{
	double number;
	TRY(yaml_quantity(file, node, UNIT_COUNT, &number, diag));
	if (!(number >= 1 && number <= LOAD_MOST_TOKENS) || number != floor(number))
		return yaml_fail(file, node, diag, SIM_E_RANGE, "no count of tokens, 1 to %d: '%s'",
				 LOAD_MOST_TOKENS, node->text);
	*tokens = (uint32_t)number;
	return SIM_OK;
}

static enum sim_status number_of(const struct yaml_file *file, const struct yaml_node *node,
				 double low, double high, double *number, struct sim_diag *diag)
{
	TRY(yaml_quantity(file, node, UNIT_RATIO, number, diag));
	if (!(*number >= low && *number <= high))
		return yaml_fail(file, node, diag, SIM_E_RANGE, "must be %g to %g: '%s'", low, high,
				 node->text);
	return SIM_OK;
}

static enum sim_status read_uniform(const struct yaml_file *file, const struct yaml_node *node,
				    struct lengths *lengths, struct sim_diag *diag)
{
	lengths->kind = LENGTHS_UNIFORM;
	if (node->kind != YAML_SEQUENCE || node->count != 2)
		return yaml_fail(file, node, diag, SIM_E_PARSE, "'uniform' is [LEAST, MOST]");
	TRY(tokens_of(file, node->first, &lengths->least, diag));
	TRY(tokens_of(file, node->last, &lengths->most, diag));
	if (lengths->least > lengths->most)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "empty range");
	return SIM_OK;
}

static enum sim_status read_values(const struct yaml_file *file, const struct yaml_node *node,
				   struct arena *arena, struct lengths *lengths,
				   struct sim_diag *diag)
{
	lengths->kind = LENGTHS_EMPIRICAL;
	TRY(yaml_expect(file, node, YAML_SEQUENCE, "values", diag));
	if (node->count < 1 || node->count > LOAD_MOST_VALUES)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "1 to %d values", LOAD_MOST_VALUES);
	uint32_t *values = arena_alloc(arena, node->count * sizeof(*values));
	if (values == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (const struct yaml_node *entry = node->first; entry != NULL; entry = entry->next)
		TRY(tokens_of(file, entry, &values[lengths->count++], diag));
	lengths->values = values;
	return SIM_OK;
}

static enum sim_status read_lognormal(const struct yaml_file *file, const struct yaml_node *map,
				      struct lengths *lengths, struct sim_diag *diag)
{
	const struct yaml_node *sigma = yaml_find(map, "sigma");
	const struct yaml_node *least = yaml_find(map, "least"), *most = yaml_find(map, "most");
	lengths->kind = LENGTHS_LOGNORMAL;
	TRY(number_of(file, yaml_find(map, "lognormal"), 1, LOAD_MOST_TOKENS, &lengths->median,
		      diag));
	if (sigma == NULL)
		return yaml_fail(file, map, diag, SIM_E_NOT_FOUND, "missing key 'sigma'");
	TRY(number_of(file, sigma, 0, 10, &lengths->sigma, diag));
	if (least != NULL)
		TRY(tokens_of(file, least, &lengths->least, diag));
	if (most != NULL)
		TRY(tokens_of(file, most, &lengths->most, diag));
	if (lengths->least > lengths->most)
		return yaml_fail(file, map, diag, SIM_E_RANGE, "empty range");
	return SIM_OK;
}

enum sim_status spec_read_lengths(const struct yaml_file *file, const struct yaml_node *node,
				  struct arena *arena, struct lengths *lengths,
				  struct sim_diag *diag)
{
	static const char *const uniform[] = {"uniform"}, *const values[] = {"values"};
	static const char *const any[] = {"lognormal", "sigma",	  "least",
					  "most",      "uniform", "values"};
	*lengths = (struct lengths){.least = 1, .most = LOAD_MOST_TOKENS};
	if (node->kind == YAML_SCALAR)
		return tokens_of(file, node, &lengths->fixed, diag);
	TRY(yaml_expect(file, node, YAML_MAP, node->key, diag));
	if (yaml_find(node, "uniform") != NULL) {
		TRY(yaml_allow(file, node, uniform, 1, diag));
		return read_uniform(file, yaml_find(node, "uniform"), lengths, diag);
	}
	if (yaml_find(node, "values") != NULL) {
		TRY(yaml_allow(file, node, values, 1, diag));
		return read_values(file, yaml_find(node, "values"), arena, lengths, diag);
	}
	TRY(yaml_allow(file, node, any, 6, diag));
	if (yaml_find(node, "lognormal") == NULL)
		return yaml_fail(file, node, diag, SIM_E_NOT_FOUND,
				 "'%s' is N, {uniform:}, {lognormal:, sigma:} or {values:}",
				 node->key);
	return read_lognormal(file, node, lengths, diag);
}

enum sim_status spec_parse_lengths(const char *text, struct lengths *lengths, struct sim_diag *diag)
{
	double a, b, c;
	char more;
	struct sim_diag why = {0};
	*lengths = (struct lengths){.least = 1, .most = LOAD_MOST_TOKENS};
	if (unit_parse(text, UNIT_COUNT, &a, &why) == SIM_OK && a >= 1 && a <= LOAD_MOST_TOKENS) {
		lengths->fixed = (uint32_t)a;
	} else if (sscanf(text, "uniform %lf %lf %c", &a, &b, &more) == 2 && a >= 1 && a <= b &&
		   b <= LOAD_MOST_TOKENS) {
		lengths->kind = LENGTHS_UNIFORM;
		lengths->least = (uint32_t)a;
		lengths->most = (uint32_t)b;
	} else if (sscanf(text, "lognormal %lf %lf %lf %c", &a, &b, &c, &more) == 3 && a >= 1 &&
		   a <= LOAD_MOST_TOKENS && b >= 0 && b <= 10 && c >= 1 && c <= LOAD_MOST_TOKENS) {
		lengths->kind = LENGTHS_LOGNORMAL;
		lengths->median = a;
		lengths->sigma = b;
		lengths->most = (uint32_t)c;
	} else {
		return diag_fail(diag, SIM_E_PARSE,
				 "no lengths (N, uniform A B, lognormal MEDIAN SIGMA MOST): '%s'",
				 text);
	}
	return SIM_OK;
}

enum sim_status spec_read_accepted(const struct yaml_file *file, const struct yaml_node *node,
				   struct serve_spec *spec, struct sim_diag *diag)
{
	double sum = 0;
	TRY(yaml_expect(file, node, YAML_SEQUENCE, node->key, diag));
	if (node->count < 1 || node->count > SERVE_MOST_ACCEPTED)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "1 to %d shares",
				 SERVE_MOST_ACCEPTED);
	spec->accepted_count = 0;
	for (const struct yaml_node *entry = node->first; entry != NULL; entry = entry->next) {
		TRY(number_of(file, entry, 0, 1, &spec->accepted[spec->accepted_count], diag));
		sum += spec->accepted[spec->accepted_count++];
	}
	if (fabs(sum - 1) > 1e-6)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "shares sum to %g, not 1", sum);
	return SIM_OK;
}

/* The trace's path: as it is, or beside the spec. */
static void trace_path(const struct serve_spec *spec, char *out, size_t size)
{
	const char *name = spec->texts[SPEC_TRACE], *slash = strrchr(spec->path, '/');
	if (name[0] == '/' || slash == NULL)
		snprintf(out, size, "%s", name);
	else
		snprintf(out, size, "%.*s/%s", (int)(slash - spec->path), spec->path, name);
}

static double number(const struct serve_spec *spec, enum spec_key_id id)
{
	return spec->numbers[id];
}

static enum sim_status read_trace(struct serve_spec *spec, struct load *load, struct sim_diag *diag)
{
	char path[4096];
	trace_path(spec, path, sizeof(path));
	size_t most = spec->given[SPEC_REQUESTS] ? (size_t)number(spec, SPEC_REQUESTS) : 0;
	if (spec->trace.rows == NULL) {
		enum sim_status status = load_trace_read(path, most, &spec->trace, diag);
		if (status != SIM_OK) {
			load_trace_fini(&spec->trace);
			return status;
		}
	}
	load->trace = spec->trace;
	if (!spec->given[SPEC_REQUESTS] || load->requests > load->trace.count)
		load->requests = load->trace.count;
	load->rate = spec->given[SPEC_RATE] ? number(spec, SPEC_RATE) : 0;
	return SIM_OK;
}

enum sim_status spec_load(struct serve_spec *spec, struct load *load, struct sim_diag *diag)
{
	load_init(load);
	load->arrivals = (enum load_arrivals)number(spec, SPEC_ARRIVALS);
	if (spec->given[SPEC_RATE])
		load->rate = number(spec, SPEC_RATE);
	load->cv = number(spec, SPEC_CV);
	if (spec->given[SPEC_PROMPT])
		load->prompt = spec->prompt;
	if (spec->given[SPEC_OUTPUT])
		load->output = spec->output;
	if (spec->given[SPEC_REQUESTS])
		load->requests = (uint64_t)number(spec, SPEC_REQUESTS);
	load->seed = (uint64_t)number(spec, SPEC_SEED);
	load->samples = (uint32_t)number(spec, SPEC_SAMPLES);
	load->rounds = (uint32_t)number(spec, SPEC_ROUNDS);
	load->barrier = number(spec, SPEC_BARRIER) > 0;
	load->prefix_tokens = (uint32_t)number(spec, SPEC_PREFIX_TOKENS);
	load->prefix_groups = (uint32_t)number(spec, SPEC_PREFIX_GROUPS);
	load->prefix_share = number(spec, SPEC_PREFIX_SHARE);
	if (load->arrivals == LOAD_TRACE)
		TRY(read_trace(spec, load, diag));
	return load_check(load, diag);
}
