/* Arrivals from a trace: CSV of the Azure LLM inference and BurstGPT layouts. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/serve/load.h"

/* MOST_LINES: a file that never ends is told, also where all of its lines are empty or skipped. */
enum { LINE_SIZE = 4096, MOST_FIELDS = 32, FIRST_ROOM = 1024, MOST_LINES = 4 * LOAD_MOST_REQUESTS };

#define PS_PER_S INT64_C(1000000000000)
#define MOST_SECONDS INT64_C(100000000000)

enum column { COLUMN_TIME, COLUMN_PROMPT, COLUMN_OUTPUT, COLUMN_COUNT };

struct layout {
	const char *names[COLUMN_COUNT];
};

static const struct layout layouts[] = {
	{{"TIMESTAMP", "ContextTokens", "GeneratedTokens"}},
	{{"Timestamp", "Request tokens", "Response tokens"}},
};

struct reading {
	const char *path;
	FILE *file;
	long line;
	char text[LINE_SIZE];
	char *fields[MOST_FIELDS];
	size_t field_count;
	size_t place[COLUMN_COUNT];
	bool dated; /* times are dates */
	int64_t first_s, first_ps;
	struct load_trace *trace;
	size_t room;
	struct sim_diag *diag;
};

#define fail_line(in, status, ...)                                                                 \
	diag_fail_at((in)->diag, status, (in)->path, (in)->line, __VA_ARGS__)

/* A line without its end; *ANY is false at the end of the file. NUL bytes would hide what follows. */
static enum sim_status take_line(struct reading *in, size_t *length, bool *any)
{
	int byte = getc(in->file);
	*any = byte != EOF;
	in->line += *any;
	if (in->line > MOST_LINES)
		return fail_line(in, SIM_E_RANGE, "more than %d lines", MOST_LINES);
	for (*length = 0; byte != EOF && byte != '\n'; byte = getc(in->file)) {
		if (byte == '\0')
			return fail_line(in, SIM_E_PARSE, "NUL byte in a line");
		if (*length == LINE_SIZE - 1)
			return fail_line(in, SIM_E_PARSE, "line is longer than %d bytes",
					 LINE_SIZE - 1);
		in->text[(*length)++] = (char)byte;
	}
	in->text[*length] = '\0';
	if (ferror(in->file))
		return diag_fail(in->diag, SIM_E_IO, "%s: %s", in->path, strerror(errno));
	return SIM_OK;
}

/* The next line that is not empty, in fields; *ANY is false at the end. */
static enum sim_status next_line(struct reading *in, bool *any)
{
	for (;;) {
		size_t length;
		TRY(take_line(in, &length, any));
		if (!*any)
			return SIM_OK;
		while (length > 0 && isspace((unsigned char)in->text[length - 1]))
			in->text[--length] = '\0';
		if (length > 0)
			return SIM_OK;
	}
}

/* FIELD without blanks and quotes around it. */
static char *trimmed(char *field)
{
	size_t length = strlen(field);
	while (length > 0 && strchr(" \t\"", field[length - 1]) != NULL)
		field[--length] = '\0';
	return field + strspn(field, " \t\"");
}

static enum sim_status split(struct reading *in)
{
	char *at = in->text;
	in->field_count = 0;
	for (char *end = at; end != NULL; at = end + 1) {
		if (in->field_count == MOST_FIELDS)
			return fail_line(in, SIM_E_PARSE, "more than %d columns", MOST_FIELDS);
		end = strchr(at, ',');
		if (end != NULL)
			*end = '\0';
		in->fields[in->field_count++] = trimmed(at);
		if (end == NULL)
			break;
	}
	return SIM_OK;
}

static size_t find_field(const struct reading *in, const char *name)
{
	for (size_t i = 0; i < in->field_count; i++)
		if (strcmp(in->fields[i], name) == 0)
			return i;
	return SIZE_MAX;
}

static enum sim_status read_header(struct reading *in)
{
	bool any;
	TRY(next_line(in, &any));
	if (!any)
		return diag_fail(in->diag, SIM_E_PARSE, "%s: empty, a header line is due",
				 in->path);
	if (memcmp(in->text, "\xef\xbb\xbf", 3) == 0)
		memmove(in->text, in->text + 3, strlen(in->text + 3) + 1);
	TRY(split(in));
	for (size_t l = 0; l < sizeof(layouts) / sizeof(layouts[0]); l++) {
		size_t found = 0;
		for (size_t c = 0; c < COLUMN_COUNT; c++) {
			in->place[c] = find_field(in, layouts[l].names[c]);
			found += in->place[c] != SIZE_MAX;
		}
		if (found == COLUMN_COUNT)
			return SIM_OK;
		for (size_t c = 0; found > 0 && c < COLUMN_COUNT; c++)
			if (in->place[c] == SIZE_MAX)
				return fail_line(in, SIM_E_NOT_FOUND, "no column '%s'",
						 layouts[l].names[c]);
	}
	return fail_line(in, SIM_E_PARSE,
			 "no known header: TIMESTAMP,ContextTokens,GeneratedTokens or "
			 "Timestamp,...,Request tokens,Response tokens,...");
}

/* Digits at *AT as a number below LIMIT; at least one. */
static bool take_number(const char **at, int64_t limit, int64_t *number)
{
	const char *begin = *at;
	for (*number = 0; isdigit((unsigned char)**at); (*at)++) {
		*number = 10 * *number + (**at - '0');
		if (*number >= limit)
			return false;
	}
	return *at > begin;
}

static bool take_char(const char **at, char wanted)
{
	if (**at != wanted)
		return false;
	(*at)++;
	return true;
}

/* ".123" at *AT, or nothing, in picoseconds; digits past the twelfth are dropped. */
static bool take_fraction(const char **at, int64_t *ps)
{
	int64_t unit = PS_PER_S / 10;
	*ps = 0;
	if (!take_char(at, '.'))
		return true;
	for (; isdigit((unsigned char)**at); (*at)++, unit /= 10)
		*ps += unit * (**at - '0');
	return true;
}

/* Days since 1970-01-01 of the Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	static const int before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	int64_t last = year - 1;
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return 365 * (year - 1970) + (last / 4 - last / 100 + last / 400) - 477 +
	       before[month - 1] + (leap && month > 2) + day - 1;
}

static bool take_date(const char **at, int64_t *seconds)
{
	int64_t year, month, day, hour, minute, second;
	if (!take_number(at, 10000, &year) || !take_char(at, '-') || year < 1970 ||
	    !take_number(at, 13, &month) || !take_char(at, '-') || month < 1 ||
	    !take_number(at, 32, &day) || day < 1)
		return false;
	if (!take_char(at, ' ') && !take_char(at, 'T'))
		return false;
	if (!take_number(at, 24, &hour) || !take_char(at, ':') || !take_number(at, 60, &minute) ||
	    !take_char(at, ':') || !take_number(at, 61, &second))
		return false;
	*seconds = 86400 * days_of(year, month, day) + 3600 * hour + 60 * minute + second;
	return true;
}

static bool take_time(const char *text, int64_t *seconds, int64_t *ps)
{
	const char *at = text;
	if (strchr(text, '-') == NULL)
		return take_number(&at, MOST_SECONDS, seconds) && take_fraction(&at, ps) &&
		       *at == '\0';
	return take_date(&at, seconds) && take_fraction(&at, ps) &&
	       (*at == '\0' || strcmp(at, "Z") == 0 || strcmp(at, "+00:00") == 0);
}

static enum sim_status take_tokens(struct reading *in, enum column column, uint32_t *tokens)
{
	int64_t number;
	const char *text = in->fields[in->place[column]], *at = text;
	bool ok = take_number(&at, LOAD_MOST_TOKENS, &number);
	if (ok && at[0] == '.') /* 374.0, as data frames write it */
		at += 1 + strspn(at + 1, "0");
	if (!ok || *at != '\0')
		return fail_line(in, SIM_E_PARSE, "no count of tokens (0 to %d): '%s'",
				 LOAD_MOST_TOKENS - 1, text);
	*tokens = (uint32_t)number;
	return SIM_OK;
}

static enum sim_status keep(struct reading *in, const struct load_row *row)
{
	struct load_trace *trace = in->trace;
	if (trace->count == in->room) {
		size_t room = in->room == 0 ? FIRST_ROOM : 2 * in->room;
		struct load_row *rows = realloc(trace->rows, room * sizeof(*rows));
		if (rows == NULL)
			return diag_fail(in->diag, SIM_E_NOMEM, "out of memory");
		trace->rows = rows;
		in->room = room;
	}
	trace->rows[trace->count++] = *row;
	return SIM_OK;
}

static enum sim_status take_row(struct reading *in)
{
	int64_t seconds, ps;
	struct load_row row;
	TRY(split(in));
	for (size_t c = 0; c < COLUMN_COUNT; c++)
		if (in->place[c] >= in->field_count)
			return fail_line(in, SIM_E_PARSE, "row has only %zu columns",
					 in->field_count);
	const char *time = in->fields[in->place[COLUMN_TIME]];
	if (!take_time(time, &seconds, &ps))
		return fail_line(in, SIM_E_PARSE, "no time (seconds, or YYYY-MM-DD HH:MM:SS): '%s'",
				 time);
	TRY(take_tokens(in, COLUMN_PROMPT, &row.prompt));
	TRY(take_tokens(in, COLUMN_OUTPUT, &row.output));
	if (row.output == 0 || row.prompt == 0) {
		in->trace->skipped++;
		return SIM_OK;
	}
	if (in->trace->count == 0) {
		in->first_s = seconds;
		in->first_ps = ps;
	}
	int64_t since = seconds - in->first_s;
	if (since > (INT64_C(1) << 61) / PS_PER_S)
		return fail_line(in, SIM_E_RANGE, "more than 26 days after the first: '%s'", time);
	row.arrival_ps = since < 0 ? -1 : since * PS_PER_S + ps - in->first_ps;
	if (row.arrival_ps < 0 ||
	    (in->trace->count > 0 &&
	     row.arrival_ps < in->trace->rows[in->trace->count - 1].arrival_ps))
		return fail_line(in, SIM_E_RANGE, "time goes back: '%s'", time);
	return keep(in, &row);
}

static enum sim_status read_rows(struct reading *in, size_t most)
{
	TRY(read_header(in));
	for (;;) {
		bool any;
		TRY(next_line(in, &any));
		if (!any || (most > 0 && in->trace->count == most))
			return SIM_OK;
		if (in->trace->count == LOAD_MOST_REQUESTS)
			return fail_line(in, SIM_E_RANGE,
					 "more than %d requests: give 'requests' to take the first",
					 LOAD_MOST_REQUESTS);
		TRY(take_row(in));
	}
}

enum sim_status load_trace_read(const char *path, size_t most, struct load_trace *trace,
				struct sim_diag *diag)
{
	struct reading *in = calloc(1, sizeof(*in));
	memset(trace, 0, sizeof(*trace));
	if (in == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	in->path = path;
	in->trace = trace;
	in->diag = diag;
	in->file = fopen(path, "r");
	enum sim_status status =
		in->file != NULL ? read_rows(in, most)
				 : diag_fail(diag, SIM_E_IO, "%s: %s", path, strerror(errno));
	if (status == SIM_OK && trace->count == 0)
		status = diag_fail(diag, SIM_E_PARSE, "%s: no requests", path);
	if (in->file != NULL)
		fclose(in->file);
	free(in);
	return status;
}

void load_trace_fini(struct load_trace *trace)
{
	free(trace->rows);
	memset(trace, 0, sizeof(*trace));
}
