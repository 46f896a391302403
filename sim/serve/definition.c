/* Definitions as text; see definition.h. */
#include "sim/serve/definition.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/digest.h"

static void write_lengths(FILE *out, const struct lengths *lengths)
{
	switch (lengths->kind) {
	case LENGTHS_FIXED:
		fprintf(out, "%" PRIu32, lengths->fixed);
		return;
	case LENGTHS_UNIFORM:
		fprintf(out, "{uniform: [%" PRIu32 ", %" PRIu32 "]}", lengths->least,
			lengths->most);
		return;
	case LENGTHS_LOGNORMAL:
		fprintf(out,
			"{lognormal: %.17g, sigma: %.17g, least: %" PRIu32 ", most: %" PRIu32 "}",
			lengths->median, lengths->sigma, lengths->least, lengths->most);
		return;
	default:
		fputs("{values: [", out);
		for (size_t i = 0; i < lengths->count; i++)
			fprintf(out, "%s%" PRIu32, i > 0 ? ", " : "", lengths->values[i]);
		fputs("]}", out);
	}
}

static void write_list(FILE *out, const struct serve_spec *spec)
{
	fputs("[", out);
	for (size_t i = 0; i < spec->accepted_count; i++)
		fprintf(out, "%s%.17g", i > 0 ? ", " : "", spec->accepted[i]);
	fputs("]", out);
}

static bool has_value(const struct serve_spec *spec, size_t id)
{
	switch (spec_key(id)->type) {
	case SPEC_TEXT:
		return spec->texts[id] != NULL;
	case SPEC_LENGTHS:
	case SPEC_LIST:
		return spec->given[id];
	default:
		return spec->given[id] || !isnan(spec->numbers[id]);
	}
}

static void write_value(FILE *out, const struct serve_spec *spec, size_t id)
{
	switch (spec_key(id)->type) {
	case SPEC_TEXT:
		fputs(spec->texts[id], out);
		return;
	case SPEC_LENGTHS:
		write_lengths(out, id == SPEC_PROMPT ? &spec->prompt : &spec->output);
		return;
	case SPEC_LIST:
		write_list(out, spec);
		return;
	case SPEC_WORD:
		fputs(spec_word(spec, (enum spec_key_id)id), out);
		return;
	default:
		fprintf(out, "%.17g", spec->numbers[id]);
	}
}

static void write_spec(FILE *out, const struct serve_spec *spec)
{
	static const char *const sections[] = {"deployment: {", "}, load: {", "}, objectives: {"};
	unsigned section = SPEC_SECTION_COUNT;
	const char *comma = "";
	for (size_t id = 0; id < SPEC_KEY_COUNT; id++) {
		const struct spec_key *key = spec_key(id);
		if (key->section != section) {
			fputs(sections[key->section], out);
			comma = "";
		}
		if (key->section != section && key->section == SPEC_DEPLOYMENT)
			for (size_t i = 0; i < spec->set_count; i++, comma = ", ")
				fprintf(out, "%s%s: %s", comma, spec->sets[i].key,
					spec->sets[i].value);
		section = key->section;
		if (!has_value(spec, id))
			continue;
		fprintf(out, "%s%s: ", comma, key->name);
		write_value(out, spec, id);
		comma = ", ";
	}
	fputs("}", out);
}

static char *finish(FILE *out, char **text)
{
	if (fclose(out) == 0)
		return *text;
	free(*text);
	return NULL;
}

char *spec_definition(const struct serve_spec *spec)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		return NULL;
	fprintf(out, "serve: %s, ", spec->name);
	write_spec(out, spec);
	return finish(out, &text);
}

char *plan_definition(const struct serve_plan *plan)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		return NULL;
	fprintf(out, "plan: %s, ", plan->spec.name);
	write_spec(out, &plan->spec);
	fputs(", search: {replicas: [", out);
	for (size_t i = 0; i < plan->replica_count; i++)
		fprintf(out, "%s%" PRIu32, i > 0 ? ", " : "", plan->replicas[i]);
	fputs("]", out);
	for (size_t a = 0; a < plan->axis_count; a++) {
		fprintf(out, ", %s: [", plan->axes[a].key);
		for (size_t i = 0; i < plan->axes[a].count; i++)
			fprintf(out, "%s%s", i > 0 ? ", " : "", plan->axes[a].values[i]);
		fputs("]", out);
	}
	fputs("}, prices: {", out);
	for (size_t i = 0; i < plan->price_count; i++)
		fprintf(out, "%s%s: %.17g", i > 0 ? ", " : "", plan->prices[i].hw,
			plan->prices[i].usd_per_hour);
	fputs("}", out);
	return finish(out, &text);
}

uint64_t definition_hash(const char *text, const struct load *load)
{
	uint64_t hash = digest_text(DIGEST_SEED, text);
	for (size_t i = 0; i < load->trace.count; i++) {
		const struct load_row *row = &load->trace.rows[i];
		hash = digest_mix(hash, (uint64_t)row->arrival_ps);
		hash = digest_mix(hash, (uint64_t)row->prompt << 32 | row->output);
	}
	return hash;
}
