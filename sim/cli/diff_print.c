/* Two runs side by side, as text and as JSON. */
#include "sim/cli/diff_print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/cli/step_print.h"
#include "sim/core/units.h"

enum { NAME_WIDTH = 44 };

static void print_text(const char *what, const char *a, const char *b)
{
	char first[200], second[200];
	text_printable(first, sizeof(first), a, strlen(a));
	text_printable(second, sizeof(second), b, strlen(b));
	if (strcmp(a, b) == 0)
		printf("  %-14s %s\n", what, first);
	else
		printf("  %-14s %s -> %s\n", what, first, second);
}

static void print_head(const struct run_diff *diff)
{
	const struct stored_run *a = diff->a, *b = diff->b;
	printf("run %lld -> run %lld\n", (long long)a->id, (long long)b->id);
	print_text("workload", a->trace, b->trace);
	if (strcmp(a->trace, b->trace) == 0 && strcmp(a->trace_hash, b->trace_hash) != 0)
		printf("  %-14s the same name, but other kernels: %s -> %s\n", "", a->trace_hash,
		       b->trace_hash);
	print_text("device", a->hw, b->hw);
	if (strcmp(a->model, b->model) != 0)
		print_text("model class", a->model, b->model);
	print_text("launch", a->launch, b->launch);
	if (a->host_speed != b->host_speed)
		printf("  %-14s %g -> %g\n", "host speed", a->host_speed, b->host_speed);
	if (strcmp(a->version, b->version) != 0)
		print_text("version", a->version, b->version);
	if (a->steps != b->steps)
		printf("  %-14s %lld -> %lld\n", "steps", (long long)a->steps, (long long)b->steps);
	if (strcmp(a->digest, b->digest) == 0)
		printf("  %-14s %s: every kernel and step at the same time\n", "digest", a->digest);
}

/* In the unit it is stored in, which is SI: "3.35 TB/s"; exact, or else unit by unit the same. */
static void show_value(const char *unit, bool there, double value, char *out, size_t size)
{
	unsigned of = 0;
	while (of < UNIT_COUNT_OF_UNITS && strcmp(unit_si(of), unit) != 0)
		of++;
	if (!there)
		snprintf(out, size, "(no such parameter)");
	else if (isnan(value))
		snprintf(out, size, "unknown");
	else if (of < UNIT_COUNT_OF_UNITS)
		unit_format(value, of, out, size);
	else
		snprintf(out, size, "%.9g", value);
}

static void print_values(const struct run_diff *diff, size_t most)
{
	if (diff->value_count == 0)
		return;
	printf("  device values that differ: %zu\n", diff->value_count);
	for (size_t i = 0; i < diff->value_count && i < most; i++) {
		const struct value_diff *value = &diff->values[i];
		char a[80], b[80];
		show_value(value->unit, value->has_a, value->a, a, sizeof(a));
		show_value(value->unit, value->has_b, value->b, b, sizeof(b));
		printf("    %-28s %s -> %s\n", value->key, a, b);
	}
	if (diff->value_count > most)
		printf("    %zu more (--most)\n", diff->value_count - most);
}

static void print_change(double a, double b)
{
	printf("%12.3f %12.3f %+12.3f", a * 1e-9, b * 1e-9, (b - a) * 1e-9);
	if (a > 0)
		printf(" %+9.1f %%\n", 100 * (b - a) / a);
	else
		printf("\n");
}

static void print_line(const char *what, int64_t a, int64_t b)
{
	printf("  %-14s", what);
	print_change((double)a, (double)b);
}

static void print_number(const char *what, const char *unit, double a, double b)
{
	if (isnan(a) || isnan(b))
		return;
	printf("  %-14s%12.4g %12.4g %+12.4g", what, a, b, b - a);
	if (a > 0)
		printf(" %+9.1f %%", 100 * (b - a) / a);
	printf("  %s\n", unit);
}

static void print_times(const struct run_diff *diff)
{
	const struct stored_run *a = diff->a, *b = diff->b;
	printf("  %-14s%12s %12s %12s\n", "ms a step", "A", "B", "B - A");
	print_line("step", a->step_ps, b->step_ps);
	print_line("device span", a->device_span_ps, b->device_span_ps);
	print_line("device busy", a->device_busy_ps, b->device_busy_ps);
	print_line("host issuing", a->host_ps, b->host_ps);
	print_line("byte floor", a->floor_ps, b->floor_ps);
	print_number("energy", "J", a->energy_j, b->energy_j);
	print_number("power", "W", a->average_w, b->average_w);
	print_number("J per token", "J", a->joules_per_token, b->joules_per_token);
	print_number("USD per Mtoken", "USD", a->usd_per_mtoken, b->usd_per_mtoken);
}

static void print_parts(const struct run_diff *diff)
{
	printf("  by cause\n");
	for (size_t i = 0; i < diff->part_count; i++) {
		const struct time_diff *part = &diff->parts[i];
		if (part->a_ps == 0 && part->b_ps == 0)
			continue;
		printf("    %-12s", part->name);
		print_change(part->a_ps, part->b_ps);
	}
}

static void print_families(const struct run_diff *diff)
{
	size_t same = 0;
	if (diff->family_count == 0)
		return;
	printf("  by kernel family, duration and kernels a step\n");
	for (size_t i = 0; i < diff->family_count; i++) {
		const struct time_diff *family = &diff->families[i];
		if (family->a_ps == family->b_ps && family->a_count == family->b_count) {
			same++;
			continue;
		}
		printf("    %-20s %6g -> %-6g", family->name, family->a_count, family->b_count);
		print_change(family->a_ps, family->b_ps);
	}
	if (same == 0)
		return;
	printf("    unchanged:");
	for (size_t i = 0, told = 0; i < diff->family_count; i++) {
		const struct time_diff *family = &diff->families[i];
		if (family->a_ps == family->b_ps && family->a_count == family->b_count)
			printf("%s %s", told++ > 0 ? "," : "", family->name);
	}
	printf("\n");
}

static void print_group(const struct time_diff *pair)
{
	const struct stored_group *group = pair->group_a != NULL ? pair->group_a : pair->group_b;
	char name[NAME_WIDTH + 1];
	text_printable(name, sizeof(name), group->name, strlen(group->name));
	const char *where = pair->group_a == NULL ? "B" : pair->group_b == NULL ? "A" : "";
	printf("    %-*s %1s %6g -> %-6g", NAME_WIDTH, name, where, pair->a_count, pair->b_count);
	print_change(pair->a_ps, pair->b_ps);
}

static bool is_changed(const struct time_diff *pair)
{
	return pair->group_a == NULL || pair->group_b == NULL || pair->a_ps != pair->b_ps ||
	       pair->a_count != pair->b_count;
}

static void print_groups(const struct run_diff *diff, size_t most)
{
	size_t changed = 0, shown = 0;
	for (size_t i = 0; i < diff->group_count; i++)
		changed += is_changed(&diff->groups[i]);
	printf("  groups of kernels: %zu changed, %zu in A alone, %zu in B alone, %zu the same\n",
	       changed - diff->only_a - diff->only_b, diff->only_a, diff->only_b,
	       diff->group_count - changed);
	for (size_t i = 0; i < diff->group_count && shown < most; i++) {
		if (!is_changed(&diff->groups[i]))
			continue;
		print_group(&diff->groups[i]);
		shown++;
	}
	if (changed > shown)
		printf("    %zu more (--most)\n", changed - shown);
}

void diff_print(const struct run_diff *diff, size_t most)
{
	print_head(diff);
	print_values(diff, most);
	print_times(diff);
	print_parts(diff);
	print_families(diff);
	if (diff->group_count > 0)
		print_groups(diff, most);
}

static void add_number(cJSON *object, const char *key, double number)
{
	if (isfinite(number))
		cJSON_AddNumberToObject(object, key, number);
	else
		cJSON_AddNullToObject(object, key);
}

static cJSON *run_object(const struct stored_run *run)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddNumberToObject(object, "run", (double)run->id);
	cli_json_text(object, "trace", run->trace);
	cli_json_text(object, "trace_hash", run->trace_hash);
	cli_json_text(object, "hw", run->hw);
	cli_json_text(object, "hw_hash", run->hw_hash);
	cli_json_text(object, "model", run->model);
	cli_json_text(object, "launch", run->launch);
	add_number(object, "host_speed", run->host_speed);
	cli_json_text(object, "version", run->version);
	cli_json_text(object, "digest", run->digest);
	cJSON_AddNumberToObject(object, "kernels", (double)run->kernels);
	cJSON_AddNumberToObject(object, "steps", (double)run->steps);
	cJSON_AddNumberToObject(object, "step_ms", step_ms(run->step_ps));
	cJSON_AddNumberToObject(object, "device_span_ms", step_ms(run->device_span_ps));
	cJSON_AddNumberToObject(object, "device_busy_ms", step_ms(run->device_busy_ps));
	cJSON_AddNumberToObject(object, "host_ms", step_ms(run->host_ps));
	cJSON_AddNumberToObject(object, "floor_ms", step_ms(run->floor_ps));
	add_number(object, "energy_j", run->energy_j);
	add_number(object, "average_w", run->average_w);
	add_number(object, "joules_per_token", run->joules_per_token);
	add_number(object, "usd_per_mtoken", run->usd_per_mtoken);
	return object;
}

static cJSON *time_object(const struct time_diff *time, bool counts)
{
	const struct stored_group *group = time->group_a != NULL ? time->group_a : time->group_b;
	cJSON *object = cJSON_CreateObject();
	cli_json_text(object, "name", time->name);
	if (group != NULL) {
		cli_json_text(object, "shape", group->shape);
		cli_json_text(object, "family", group->family);
		cJSON_AddBoolToObject(object, "in_a", time->group_a != NULL);
		cJSON_AddBoolToObject(object, "in_b", time->group_b != NULL);
	}
	if (counts) {
		add_number(object, "a_kernels", time->a_count);
		add_number(object, "b_kernels", time->b_count);
	}
	add_number(object, "a_ms", time->a_ps * 1e-9);
	add_number(object, "b_ms", time->b_ps * 1e-9);
	add_number(object, "change_ms", (time->b_ps - time->a_ps) * 1e-9);
	return object;
}

static void add_times(cJSON *root, const char *key, const struct time_diff *times, size_t count,
		      bool counts)
{
	cJSON *list = cJSON_AddArrayToObject(root, key);
	for (size_t i = 0; i < count; i++)
		cJSON_AddItemToArray(list, time_object(&times[i], counts));
}

cJSON *diff_json(const struct run_diff *diff)
{
	cJSON *root = cJSON_CreateObject();
	cJSON_AddItemToObject(root, "a", run_object(diff->a));
	cJSON_AddItemToObject(root, "b", run_object(diff->b));
	cJSON *values = cJSON_AddArrayToObject(root, "device_values");
	for (size_t i = 0; i < diff->value_count; i++) {
		cJSON *value = cJSON_CreateObject();
		cJSON_AddItemToArray(values, value);
		cli_json_text(value, "key", diff->values[i].key);
		cli_json_text(value, "unit", diff->values[i].unit);
		add_number(value, "a", diff->values[i].a);
		add_number(value, "b", diff->values[i].b);
	}
	add_times(root, "parts", diff->parts, diff->part_count, false);
	add_times(root, "families", diff->families, diff->family_count, true);
	add_times(root, "groups", diff->groups, diff->group_count, true);
	return root;
}
