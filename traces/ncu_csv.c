/* Bytes become fields, one at a time over a window: see ncu_csv.h. */
#include "traces/ncu_csv.h"

#include <string.h>

enum sim_status ncu_csv_open(struct ncu_csv *csv, const char *path, struct budget *budget,
			     struct sim_diag *diag)
{
	memset(csv, 0, sizeof(*csv));
	csv->budget = budget;
	csv->line = 1;
	TRY(input_open(&csv->input, path, budget, diag));
	enum sim_status status = budget_grow(budget, (void **)&csv->window, &csv->window_capacity,
					     NCU_CSV_WINDOW, 1, diag);
	if (status != SIM_OK)
		ncu_csv_close(csv);
	return status;
}

void ncu_csv_close(struct ncu_csv *csv)
{
	input_close(&csv->input, csv->budget);
	budget_free(csv->budget, (void **)&csv->window, &csv->window_capacity, 1);
	budget_free(csv->budget, (void **)&csv->starts, &csv->start_capacity, sizeof(*csv->starts));
	budget_text_fini(csv->budget, &csv->text);
}

/* Have NEED unread bytes in the window, fewer only at the end of the file. */
static enum sim_status fill(struct ncu_csv *csv, size_t need, struct sim_diag *diag)
{
	size_t got;
	if (csv->length - csv->at >= need || csv->ended)
		return SIM_OK;
	memmove(csv->window, csv->window + csv->at, csv->length - csv->at);
	csv->length -= csv->at;
	csv->at = 0;
	while (csv->length < need && !csv->ended) {
		TRY(input_read(&csv->input, csv->window + csv->length, NCU_CSV_WINDOW - csv->length,
			       &got, diag));
		csv->length += got;
		csv->ended = got == 0;
	}
	return SIM_OK;
}

/* The next byte, unread still; -1 at the end. */
static enum sim_status peek(struct ncu_csv *csv, int *byte, struct sim_diag *diag)
{
	if (csv->at == csv->length)
		TRY(fill(csv, 1, diag));
	*byte = csv->at < csv->length ? (unsigned char)csv->window[csv->at] : -1;
	return SIM_OK;
}

static void take(struct ncu_csv *csv)
{
	csv->line += csv->window[csv->at++] == '\n';
}

enum sim_status ncu_csv_starts(struct ncu_csv *csv, const char *text, bool *starts,
			       struct sim_diag *diag)
{
	size_t length = strlen(text);
	TRY(fill(csv, length, diag));
	*starts =
		csv->length - csv->at >= length && memcmp(csv->window + csv->at, text, length) == 0;
	return SIM_OK;
}

enum sim_status ncu_csv_more(struct ncu_csv *csv, bool *more, struct sim_diag *diag)
{
	int byte;
	TRY(peek(csv, &byte, diag));
	*more = byte >= 0;
	return SIM_OK;
}

enum sim_status ncu_csv_skip_line(struct ncu_csv *csv, struct sim_diag *diag)
{
	int byte;
	do {
		TRY(peek(csv, &byte, diag));
		if (byte >= 0)
			take(csv);
	} while (byte >= 0 && byte != '\n');
	return SIM_OK;
}

static enum sim_status begin_field(struct ncu_csv *csv, struct sim_diag *diag)
{
	if (csv->field_count == NCU_CSV_FIELDS)
		return diag_fail_at(diag, SIM_E_RANGE, csv->input.path, csv->record_line,
				    "more than %d fields in a record", NCU_CSV_FIELDS);
	TRY(budget_grow(csv->budget, (void **)&csv->starts, &csv->start_capacity,
			csv->field_count + 1, sizeof(*csv->starts), diag));
	csv->starts[csv->field_count++] = csv->text.length;
	return SIM_OK;
}

static enum sim_status keep(struct ncu_csv *csv, char c, struct sim_diag *diag)
{
	if (csv->text.length == NCU_CSV_RECORD_BYTES)
		return diag_fail_at(diag, SIM_E_RANGE, csv->input.path, csv->record_line,
				    "a record of more than %d bytes: a quote may be missing",
				    NCU_CSV_RECORD_BYTES);
	return budget_append(csv->budget, &csv->text, &c, 1, NCU_CSV_RECORD_BYTES, diag);
}

static enum sim_status append(struct ncu_csv *csv, int byte, struct sim_diag *diag)
{
	if (csv->text.length - csv->starts[csv->field_count - 1] >= NCU_CSV_FIELD_BYTES)
		return diag_fail_at(diag, SIM_E_RANGE, csv->input.path, csv->record_line,
				    "a field of more than %d bytes: a quote may be missing",
				    NCU_CSV_FIELD_BYTES);
	return keep(csv, (char)byte, diag);
}

/* What stands between quotes; the opening one is read already. */
static enum sim_status quoted(struct ncu_csv *csv, struct sim_diag *diag)
{
	int byte;
	for (;;) {
		TRY(peek(csv, &byte, diag));
		if (byte < 0)
			return diag_fail_at(diag, SIM_E_PARSE, csv->input.path, csv->record_line,
					    "a quoted field does not end: the file is cut short");
		take(csv);
		if (byte == '"') {
			TRY(peek(csv, &byte, diag));
			if (byte != '"')
				return SIM_OK;
			take(csv);
		}
		TRY(append(csv, byte, diag));
	}
}

static enum sim_status field(struct ncu_csv *csv, struct sim_diag *diag)
{
	int byte;
	TRY(begin_field(csv, diag));
	TRY(peek(csv, &byte, diag));
	if (byte == '"') {
		take(csv);
		TRY(quoted(csv, diag));
	}
	for (;;) {
		TRY(peek(csv, &byte, diag));
		if (byte < 0 || byte == ',' || byte == '\n')
			break;
		take(csv);
		if (byte != '\r')
			TRY(append(csv, byte, diag));
	}
	return keep(csv, '\0', diag);
}

enum sim_status ncu_csv_record(struct ncu_csv *csv, struct sim_diag *diag)
{
	int byte;
	csv->field_count = 0;
	csv->text.length = 0;
	csv->record_line = csv->line;
	for (;;) {
		TRY(field(csv, diag));
		TRY(peek(csv, &byte, diag));
		if (byte >= 0)
			take(csv);
		if (byte != ',')
			return SIM_OK;
	}
}

const char *ncu_csv_field(const struct ncu_csv *csv, size_t index)
{
	return index < csv->field_count ? csv->text.data + csv->starts[index] : "";
}
