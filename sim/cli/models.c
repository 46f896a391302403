/* Language models: one line each, or one with its architecture, sizes by part, and sources. */
#include "sim/cli/models.h"

#include <string.h>

#include "sim/report/table.h"
#include "workloads/model.h"

/* The cache and the state are kept in 16 bits unless a scenario says otherwise. */
enum { CACHE_BYTES = 2 };

#define GIB (1024.0 * 1024 * 1024)

static double kv_bytes(const struct workload_model *model)
{
	return CACHE_BYTES * (double)model_kv_elements(model);
}

static double state_bytes(const struct workload_model *model)
{
	return CACHE_BYTES * (double)model_state_elements(model);
}

static cJSON *sizes_json(const struct workload_model *model)
{
	struct model_parameters sum = model_parameters(model);
	cJSON *row = cJSON_CreateObject();
	cli_json_text(row, "model", model->name);
	cli_json_text(row, "summary", model->summary);
	cJSON_AddNumberToObject(row, "parameters", (double)sum.total);
	cJSON_AddNumberToObject(row, "active_parameters", (double)sum.active);
	cJSON_AddNumberToObject(row, "bytes", (double)model_parameter_bytes(model));
	cJSON_AddNumberToObject(row, "kv_bytes_per_token", kv_bytes(model));
	cJSON_AddNumberToObject(row, "state_bytes", state_bytes(model));
	return row;
}

static struct table *list_table(void)
{
	struct table *table = table_create();
	table_column(table, "model", TABLE_LEFT);
	table_column(table, "parameters", TABLE_RIGHT);
	table_column(table, "active", TABLE_RIGHT);
	table_column(table, "GiB", TABLE_RIGHT);
	table_column(table, "KV B/token", TABLE_RIGHT);
	table_column(table, "", TABLE_LEFT);
	return table;
}

static void list_row(struct table *table, const struct workload_model *model)
{
	struct model_parameters sum = model_parameters(model);
	table_row(table);
	table_cell(table, "%s", model->name);
	table_cell(table, "%llu", (unsigned long long)sum.total);
	if (sum.active < sum.total)
		table_cell(table, "%llu", (unsigned long long)sum.active);
	else
		table_cell(table, "%s", "");
	table_cell(table, "%.2f", (double)model_parameter_bytes(model) / GIB);
	table_cell(table, "%.0f", kv_bytes(model));
	table_cell(table, "%s", model->summary);
}

enum sim_status models_list(bool json, struct sim_diag *diag)
{
	struct arena arena;
	const char **names;
	size_t count = 0;
	arena_init(&arena);
	struct table *table = json ? NULL : list_table();
	cJSON *rows = json ? cJSON_CreateArray() : NULL;
	enum sim_status status = model_list(&arena, &names, &count, diag);
	for (size_t i = 0; i < count && status == SIM_OK; i++) {
		struct workload_model model;
		status = model_load(names[i], &model, diag);
		if (status == SIM_OK && json)
			cJSON_AddItemToArray(rows, sizes_json(&model));
		else if (status == SIM_OK)
			list_row(table, &model);
	}
	arena_fini(&arena);
	if (status == SIM_OK && json)
		return cli_print_json(rows, diag);
	if (status == SIM_OK)
		status = table_print(table, stdout, diag);
	table_destroy(table);
	cJSON_Delete(rows);
	return status;
}

struct part {
	const char *name;
	uint64_t count;
};

enum { MOST_PARTS = 10 };

/* Parts of the total, each once: tied embeddings are not counted again. */
static size_t parts_of(const struct workload_model *model, struct part *parts)
{
	struct model_parameters sum = model_parameters(model);
	const struct part all[MOST_PARTS] = {
		{"embedding", sum.embedding},
		{"head", model->tied ? 0 : sum.head},
		{"head_more", sum.head_more},
		{"position", sum.position},
		{"attention", sum.attention},
		{"attention_bias", sum.attention_bias},
		{"mlp", sum.mlp},
		{"experts", sum.experts},
		{"router", sum.router},
		{"norms", sum.norms},
	};
	size_t count = 0;
	for (size_t i = 0; i < MOST_PARTS; i++)
		if (all[i].count > 0)
			parts[count++] = all[i];
	return count;
}

static cJSON *model_json(const struct workload_model *model)
{
	struct part parts[MOST_PARTS];
	cJSON *root = sizes_json(model);
	cJSON *architecture = cJSON_CreateObject(), *shares = cJSON_CreateObject();
	cli_json_text(root, "source", model->source);
	if (model->published_parameters > 0) {
		cJSON_AddNumberToObject(root, "published_parameters",
					(double)model->published_parameters);
		cli_json_text(root, "published_source", model->published_source);
	}
	for (size_t i = 0; i < model_key_count(); i++) {
		struct model_value value;
		const char *name = model_key_name(i);
		if (!model_key_value(model, i, &value))
			continue;
		if (value.word != NULL)
			cJSON_AddStringToObject(architecture, name, value.word);
		else if (value.flag)
			cJSON_AddBoolToObject(architecture, name, value.number > 0);
		else
			cJSON_AddNumberToObject(architecture, name, value.number);
	}
	size_t count = parts_of(model, parts);
	for (size_t i = 0; i < count; i++)
		cJSON_AddNumberToObject(shares, parts[i].name, (double)parts[i].count);
	cJSON_AddItemToObject(root, "architecture", architecture);
	cJSON_AddItemToObject(root, "parameters_by_part", shares);
	return root;
}

static void print_text(const char *label, const char *text)
{
	char safe[1024];
	printf("%s%s\n", label, text_printable(safe, sizeof(safe), text, strlen(text)));
}

static void print_architecture(const struct workload_model *model)
{
	for (size_t i = 0; i < model_key_count(); i++) {
		struct model_value value;
		char number[32];
		if (!model_key_value(model, i, &value))
			continue;
		snprintf(number, sizeof(number), "%.12g", value.number);
		printf("  %-29s %-12s %s\n", model_key_name(i),
		       value.word != NULL ? value.word
		       : !value.flag	  ? number
		       : value.number > 0 ? "true"
					  : "false",
		       model_key_what(i));
	}
}

static void print_sizes(const struct workload_model *model)
{
	struct model_parameters sum = model_parameters(model);
	struct part parts[MOST_PARTS];
	size_t count = parts_of(model, parts);
	printf("\n  %-29s %15s %7s\n", "parameters", "", "share");
	for (size_t i = 0; i < count; i++)
		printf("  %-29s %15llu %6.2f%%\n", parts[i].name,
		       (unsigned long long)parts[i].count,
		       100 * (double)parts[i].count / (double)sum.total);
	printf("  %-29s %15llu\n", "total", (unsigned long long)sum.total);
	printf("  %-29s %15llu\n", "used by one token", (unsigned long long)sum.active);
	printf("\n%.2f GiB of weights as published; %.0f bytes of KV cache a token",
	       (double)model_parameter_bytes(model) / GIB, kv_bytes(model));
	if (model_state_elements(model) > 0)
		printf("; %.0f bytes of state a sequence", state_bytes(model));
	printf("\n");
}

enum sim_status models_show(const char *word, bool json, struct sim_diag *diag)
{
	struct workload_model model;
	TRY(model_load(word, &model, diag));
	if (json)
		return cli_print_json(model_json(&model), diag);
	printf("%s: ", model.name);
	print_text("", model.summary);
	print_text("source: ", model.source);
	if (model.published_parameters > 0) {
		printf("published: %llu parameters, ",
		       (unsigned long long)model.published_parameters);
		print_text("", model.published_source);
	}
	printf("\n");
	print_architecture(&model);
	print_sizes(&model);
	return SIM_OK;
}
