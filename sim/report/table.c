/* Cells are kept as one text with their places, and laid out when printed: see table.h. */
#include "sim/report/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2 };

struct cell {
	size_t at;     /* in text */
	size_t length; /* bytes */
	size_t width;  /* characters */
};

struct column {
	struct cell title;
	enum table_align align;
	size_t width;
	size_t limit; /* 0 none */
};

struct table {
	struct column *columns;
	size_t column_count;
	struct cell *cells; /* rows * column_count */
	size_t cell_count, cell_room;
	size_t at_column; /* next cell of the row */
	char *text;
	size_t text_length, text_room;
	size_t titles_length; /* titles stay in front of text */
	bool printed;
	bool failed; /* memory ran out */
};

struct table *table_create(void)
{
	return calloc(1, sizeof(struct table));
}

void table_destroy(struct table *table)
{
	if (table == NULL)
		return;
	free(table->columns);
	free(table->cells);
	free(table->text);
	free(table);
}

static bool room_for_text(struct table *table, size_t more)
{
	if (more > SIZE_MAX / 4 - table->text_length)
		return false;
	if (table->text_length + more <= table->text_room)
		return true;
	size_t room = (table->text_length + more) * 2;
	char *text = realloc(table->text, room);
	if (text == NULL)
		return false;
	table->text = text;
	table->text_room = room;
	return true;
}

static bool room_for_row(struct table *table)
{
	if (table->cell_count + table->column_count <= table->cell_room)
		return true;
	size_t room = (table->cell_room + table->column_count) * 2;
	struct cell *cells = realloc(table->cells, room * sizeof(*cells));
	if (cells == NULL)
		return false;
	table->cells = cells;
	table->cell_room = room;
	return true;
}

/* Bytes of the first WIDTH characters at most; *WIDTH becomes how many there are. */
static size_t measure(const char *text, size_t length, size_t *width)
{
	size_t characters = 0, i = 0;
	for (; i < length; i++) {
		bool starts = ((unsigned char)text[i] & 0xc0) != 0x80;
		if (starts && characters == *width)
			break;
		characters += starts;
	}
	*width = characters;
	return i;
}

/* Append TEXT made printable and cut to LIMIT. */
static struct cell keep(struct table *table, const char *text, size_t length, size_t limit)
{
	struct cell cell = {.at = table->text_length};
	/* a character takes at most four bytes, an escaped byte four characters */
	if (limit > 0 && length > limit * 4 + 4)
		length = limit * 4 + 4;
	if (length > SIZE_MAX / 16 || !room_for_text(table, length * 4 + 5)) {
		table->failed = true;
		return cell;
	}
	char *out = table->text + table->text_length;
	text_printable(out, length * 4 + 5, text, length);
	cell.width = SIZE_MAX;
	cell.length = measure(out, strlen(out), &cell.width);
	if (limit > 0 && cell.width > limit) {
		cell.width = limit - 1;
		cell.length = measure(out, cell.length, &cell.width);
		out[cell.length++] = '~';
		cell.width++;
	}
	table->text_length += cell.length;
	return cell;
}

void table_column(struct table *table, const char *title, enum table_align align)
{
	if (table == NULL || table->failed)
		return;
	assert(table->cell_count == 0);
	struct column *columns =
		realloc(table->columns, (table->column_count + 1) * sizeof(*columns));
	if (columns == NULL) {
		table->failed = true;
		return;
	}
	struct cell cell = keep(table, title, strlen(title), 0);
	table->columns = columns;
	columns[table->column_count++] =
		(struct column){.title = cell, .align = align, .width = cell.width};
	table->at_column = table->column_count;
	table->titles_length = table->text_length;
}

void table_limit(struct table *table, size_t width)
{
	if (table == NULL || table->failed)
		return;
	assert(table->column_count > 0 && width > 0);
	table->columns[table->column_count - 1].limit = width;
}

void table_row(struct table *table)
{
	if (table == NULL || table->failed)
		return;
	assert(table->column_count > 0);
	if (!room_for_row(table)) {
		table->failed = true;
		return;
	}
	memset(&table->cells[table->cell_count], 0, table->column_count * sizeof(struct cell));
	table->cell_count += table->column_count;
	table->at_column = 0;
}

void table_cell_bytes(struct table *table, const char *text, size_t length)
{
	if (table == NULL || table->failed)
		return;
	assert(table->at_column < table->column_count);
	struct column *column = &table->columns[table->at_column];
	struct cell cell = keep(table, text, length, column->limit);
	table->cells[table->cell_count - table->column_count + table->at_column++] = cell;
	if (cell.width > column->width)
		column->width = cell.width;
}

void table_cell(struct table *table, const char *fmt, ...)
{
	char short_text[256], *text = short_text;
	va_list args;
	if (table == NULL || table->failed)
		return;
	va_start(args, fmt);
	int length = vsnprintf(short_text, sizeof(short_text), fmt, args);
	va_end(args);
	if (length >= (int)sizeof(short_text)) {
		text = malloc((size_t)length + 1);
		if (text != NULL) {
			va_start(args, fmt);
			vsnprintf(text, (size_t)length + 1, fmt, args);
			va_end(args);
		}
	}
	if (length < 0 || text == NULL)
		table->failed = true;
	else
		table_cell_bytes(table, text, (size_t)length);
	if (text != short_text)
		free(text);
}

size_t table_rows(const struct table *table)
{
	return table == NULL || table->column_count == 0 ? 0
							 : table->cell_count / table->column_count;
}

static bool is_number(const char *text, size_t length)
{
	bool digit = false;
	for (size_t i = 0; i < length; i++) {
		if (strchr("0123456789", text[i]) != NULL)
			digit = true;
		else if (strchr("+-.eE", text[i]) == NULL)
			return false;
	}
	return digit && strchr("eE", text[0]) == NULL;
}

static void settle_alignment(struct table *table)
{
	for (size_t c = 0; c < table->column_count; c++) {
		bool numbers = table->cell_count > 0;
		for (size_t i = c; i < table->cell_count && numbers; i += table->column_count)
			numbers =
				table->cells[i].length == 0 ||
				is_number(table->text + table->cells[i].at, table->cells[i].length);
		if (table->columns[c].align == TABLE_AUTO)
			table->columns[c].align = numbers ? TABLE_RIGHT : TABLE_LEFT;
	}
}

/* CELLS NULL: the titles. */
static void print_line(const struct table *table, const struct cell *cells, FILE *out)
{
	size_t owed = 0; /* blanks, printed only when something follows */
	for (size_t c = 0; c < table->column_count; c++) {
		const struct column *column = &table->columns[c];
		const struct cell *cell = cells == NULL ? &column->title : &cells[c];
		size_t pad = column->width > cell->width ? column->width - cell->width : 0;
		if (column->align == TABLE_RIGHT)
			owed += pad;
		if (cell->length > 0) {
			fprintf(out, "%*s", (int)owed, "");
			fwrite(table->text + cell->at, 1, cell->length, out);
			owed = 0;
		}
		if (column->align != TABLE_RIGHT)
			owed += pad;
		owed += GAP;
	}
	fputc('\n', out);
}

static void print_rule(const struct table *table, FILE *out)
{
	for (size_t c = 0; c < table->column_count; c++) {
		fprintf(out, "%*s", c == 0 ? 0 : GAP, "");
		for (size_t i = 0; i < table->columns[c].width; i++)
			fputc('-', out);
	}
	fputc('\n', out);
}

enum sim_status table_print(struct table *table, FILE *out, struct sim_diag *diag)
{
	if (table == NULL || table->failed)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory for a table");
	if (!table->printed) {
		settle_alignment(table);
		print_line(table, NULL, out);
		print_rule(table, out);
	}
	for (size_t i = 0; i < table->cell_count; i += table->column_count)
		print_line(table, &table->cells[i], out);
	table->printed = true;
	table->cell_count = 0;
	table->text_length = table->titles_length;
	if (fflush(out) != 0 || ferror(out))
		return diag_fail(diag, SIM_E_IO, "cannot write the output");
	return SIM_OK;
}
