/* A system told: as YAML that reads back to it, and as a hash. */
#include <math.h>
#include <stdio.h>

#include "hwmodels/device_file.h"
#include "hwmodels/system.h"
#include "sim/core/kernel.h"

bool system_is_units_own(const struct hw_device *device, size_t i)
{
	for (unsigned u = 0; u < device->system->unit_count; u++) {
		const struct system_unit *unit = &device->system->units[u];
		if (i < unit->first_value || i >= unit->first_value + unit->device.param_count)
			continue;
		double own = unit->own[i - unit->first_value], value = device->values[i].value;
		return own == value || (isnan(own) && isnan(value));
	}
	return false;
}

static void write_mask(FILE *out, const char *key, uint64_t mask, unsigned count,
		       const char *(*text)(unsigned))
{
	const char *comma = "";
	if (mask == UINT64_MAX)
		return;
	fprintf(out, ", %s: [", key);
	for (unsigned i = 0; i < count; i++) {
		if (!(mask >> i & 1))
			continue;
		fprintf(out, "%s%s", comma, text(i));
		comma = ", ";
	}
	fputc(']', out);
}

static void write_range(FILE *out, const char *key, enum sim_unit unit,
			const struct system_range *range)
{
	char from[64], below[64];
	if (range->from == 0 && isinf(range->below))
		return;
	fprintf(out, ", %s: {from: %s", key,
		unit_format_exact(range->from, unit, from, sizeof(from)));
	if (!isinf(range->below))
		fprintf(out, ", below: %s",
			unit_format_exact(range->below, unit, below, sizeof(below)));
	fputc('}', out);
}

static void write_holders(FILE *out, const struct hw_system *system, bool weights)
{
	const char *comma = "";
	fprintf(out, "%s: [", weights ? "weights" : "kv");
	for (unsigned u = 0; u < system->unit_count; u++) {
		const struct system_unit *unit = &system->units[u];
		if (!(weights ? unit->holds_weights : unit->holds_kv))
			continue;
		fprintf(out, "%s%s", comma, unit->name);
		comma = ", ";
	}
	fputc(']', out);
}

void system_write(const struct hw_system *system, FILE *out)
{
	fputs("units:\n", out);
	for (unsigned u = 0; u < system->unit_count; u++)
		fprintf(out, "  %s: {device: \"%s\", count: %u}\n", system->units[u].name,
			system->units[u].spec, system->units[u].count);
	if (system->rule_count > 0)
		fputs("placement:\n", out);
	for (unsigned r = 0; r < system->rule_count; r++) {
		const struct system_rule *rule = &system->rules[r];
		fprintf(out, "  - {unit: %s", system->units[rule->unit].name);
		if (rule->ops == UINT64_MAX)
			fputs(", op: any", out);
		write_mask(out, "op", rule->ops, SIM_OP_COUNT, sim_op_text);
		write_mask(out, "family", rule->families, SIM_FAMILY_COUNT, sim_family_text);
		if (rule->draft >= 0)
			fprintf(out, ", draft: %s", rule->draft ? "true" : "false");
		write_range(out, "rows", UNIT_COUNT, &rule->rows);
		write_range(out, "bytes", UNIT_BYTES, &rule->bytes);
		fputs("}\n", out);
	}
	fputs("memory: {", out);
	write_holders(out, system, true);
	fputs(", ", out);
	write_holders(out, system, false);
	fputs("}\n", out);
}

uint64_t system_hash(const struct hw_system *system, uint64_t hash)
{
	for (unsigned u = 0; u < system->unit_count; u++) {
		const struct system_unit *unit = &system->units[u];
		hash = device_hash_text(hash, unit->name);
		hash = device_hash_text(hash, unit->device.model->name);
		hash = device_hash_number(hash, unit->count);
		hash = device_hash_number(hash, unit->holds_weights + 2 * unit->holds_kv);
	}
	for (unsigned r = 0; r < system->rule_count; r++) {
		const struct system_rule *rule = &system->rules[r];
		hash = device_hash_bits(hash, rule->ops);
		hash = device_hash_bits(hash, rule->families);
		hash = device_hash_number(hash, rule->unit);
		hash = device_hash_number(hash, rule->draft);
		hash = device_hash_number(hash, rule->rows.from);
		hash = device_hash_number(hash, rule->rows.below);
		hash = device_hash_number(hash, rule->bytes.from);
		hash = device_hash_number(hash, rule->bytes.below);
	}
	return hash;
}
