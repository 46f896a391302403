/* Three sinks for a query's rows: see query.h. */
#include "sim/report/query.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report/json.h"
#include "sim/report/table.h"

enum { ROWS_AT_ONCE = 1000, WIDEST_CELL = 80, LONGEST_BLOB_CELL = 24 };

struct print {
	FILE *out;
	struct table *table;
	struct json_writer json;
	char **keys; /* JSON: distinct column names */
	size_t key_count;
};

static enum sim_status check_output(FILE *out, struct sim_diag *diag)
{
	return ferror(out) ? diag_fail(diag, SIM_E_IO, "cannot write the output") : SIM_OK;
}

static enum sim_status table_columns(void *context, const char *const *names, size_t count,
				     struct sim_diag *diag)
{
	struct print *print = context;
	(void)diag;
	for (size_t i = 0; i < count; i++) {
		table_column(print->table, names[i], TABLE_AUTO);
		table_limit(print->table, WIDEST_CELL);
	}
	return SIM_OK;
}

static void blob_cell(struct table *table, const struct store_value *value)
{
	char text[2 * LONGEST_BLOB_CELL + 4] = "x'";
	size_t shown = value->length < LONGEST_BLOB_CELL ? value->length : LONGEST_BLOB_CELL;
	for (size_t i = 0; i < shown; i++)
		snprintf(text + 2 + 2 * i, 3, "%02x", (unsigned)(unsigned char)value->bytes[i]);
	table_cell(table, "%s%s", text, shown < value->length ? "~" : "'");
}

/* People read six digits; whoever needs all asks for CSV or JSON. */
static void real_cell(struct table *table, double value)
{
	table_cell(table, fabs(value) >= 1e5 && fabs(value) < 1e15 ? "%.1f" : "%.6g", value);
}

static enum sim_status table_values(void *context, const struct store_value *values, size_t count,
				    struct sim_diag *diag)
{
	struct print *print = context;
	table_row(print->table);
	for (size_t i = 0; i < count; i++) {
		const struct store_value *value = &values[i];
		if (value->type == STORE_NULL)
			table_cell_bytes(print->table, "", 0);
		else if (value->type == STORE_INTEGER)
			table_cell(print->table, "%" PRId64, value->integer);
		else if (value->type == STORE_REAL)
			real_cell(print->table, value->real);
		else if (value->type == STORE_TEXT)
			table_cell_bytes(print->table, value->bytes, value->length);
		else
			blob_cell(print->table, value);
	}
	if (table_rows(print->table) >= ROWS_AT_ONCE)
		return table_print(print->table, print->out, diag);
	return SIM_OK;
}

static void csv_text(FILE *out, const char *text, size_t length)
{
	bool quote = length == 0;
	for (size_t i = 0; i < length && !quote; i++)
		quote = text[i] == '"' || text[i] == ',' || text[i] == '\n' || text[i] == '\r';
	if (!quote) {
		fwrite(text, 1, length, out);
		return;
	}
	fputc('"', out);
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '"')
			fputc('"', out);
		fputc(text[i], out);
	}
	fputc('"', out);
}

static enum sim_status csv_columns(void *context, const char *const *names, size_t count,
				   struct sim_diag *diag)
{
	struct print *print = context;
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			fputc(',', print->out);
		csv_text(print->out, names[i], strlen(names[i]));
	}
	fputc('\n', print->out);
	return check_output(print->out, diag);
}

static void csv_value(FILE *out, const struct store_value *value)
{
	char number[JSON_NUMBER];
	switch (value->type) {
	case STORE_NULL:
		break;
	case STORE_INTEGER:
		fprintf(out, "%" PRId64, value->integer);
		break;
	case STORE_REAL:
		if (isfinite(value->real))
			fputs(json_number(value->real, number), out);
		else
			fputs(value->real > 0 ? "inf" : "-inf", out);
		break;
	case STORE_TEXT:
		csv_text(out, value->bytes, value->length);
		break;
	case STORE_BLOB:
		for (size_t i = 0; i < value->length; i++)
			fprintf(out, "%02x", (unsigned)(unsigned char)value->bytes[i]);
		break;
	}
}

static enum sim_status csv_values(void *context, const struct store_value *values, size_t count,
				  struct sim_diag *diag)
{
	struct print *print = context;
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			fputc(',', print->out);
		csv_value(print->out, &values[i]);
	}
	fputc('\n', print->out);
	return check_output(print->out, diag);
}

static bool key_taken(const struct print *print, const char *key)
{
	for (size_t i = 0; print->keys != NULL && i < print->key_count; i++)
		if (print->keys[i] != NULL && strcmp(print->keys[i], key) == 0)
			return true;
	return false;
}

static enum sim_status json_columns(void *context, const char *const *names, size_t count,
				    struct sim_diag *diag)
{
	struct print *print = context;
	print->keys = calloc(count + 1, sizeof(*print->keys));
	for (size_t i = 0; i < count && print->keys != NULL; i++) {
		size_t room = strlen(names[i]) + 24;
		char *key = malloc(room);
		if (key == NULL)
			break;
		snprintf(key, room, "%s", names[i]);
		for (size_t again = 2; key_taken(print, key); again++)
			snprintf(key, room, "%s:%zu", names[i], again);
		print->keys[print->key_count++] = key;
	}
	if (print->keys == NULL || print->key_count < count)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	json_open_array(&print->json, NULL);
	return SIM_OK;
}

static enum sim_status json_values(void *context, const struct store_value *values, size_t count,
				   struct sim_diag *diag)
{
	struct print *print = context;
	struct json_writer *json = &print->json;
	json_open_object(json, NULL);
	for (size_t i = 0; i < count; i++) {
		const struct store_value *value = &values[i];
		const char *key = print->keys[i];
		if (value->type == STORE_NULL)
			json_null(json, key);
		else if (value->type == STORE_INTEGER)
			json_int(json, key, value->integer);
		else if (value->type == STORE_REAL)
			json_double(json, key, value->real);
		else if (value->type == STORE_TEXT)
			json_text_bytes(json, key, value->bytes, value->length);
		else
			json_hex(json, key, value->bytes, value->length);
	}
	json_close_object(json);
	return check_output(print->out, diag);
}

static enum sim_status finish(struct print *print, enum query_format format, enum sim_status status,
			      struct sim_diag *diag)
{
	if (format == QUERY_TABLE && status == SIM_OK)
		status = table_print(print->table, print->out, diag);
	else if (format == QUERY_JSON && status == SIM_OK) {
		json_close_array(&print->json);
		status = json_finish(&print->json, diag);
	}
	if (status == SIM_OK && fflush(print->out) != 0)
		status = diag_fail(diag, SIM_E_IO, "cannot write the output");
	for (size_t i = 0; i < print->key_count; i++)
		free(print->keys[i]);
	free(print->keys);
	table_destroy(print->table);
	return status;
}

enum sim_status query_print(struct store *store, const char *sql, enum query_format format,
			    FILE *out, struct sim_diag *diag)
{
	static const struct store_sink sinks[] = {
		[QUERY_TABLE] = {NULL, table_columns, table_values},
		[QUERY_CSV] = {NULL, csv_columns, csv_values},
		[QUERY_JSON] = {NULL, json_columns, json_values},
	};
	struct print print = {.out = out};
	struct store_sink sink = sinks[format];
	sink.context = &print;
	if (format == QUERY_TABLE) {
		print.table = table_create();
		if (print.table == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	json_init(&print.json, out, 2);
	return finish(&print, format, store_query(store, sql, &sink, diag), diag);
}
