/* Status texts and first-error-wins diagnostics that are always safe to print. */
#include "sim/core/status.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
#define X(name, text) #name,
	SIM_STATUS_LIST(X)
#undef X
};

static const char *const texts[] = {
#define X(name, text) text,
	SIM_STATUS_LIST(X)
#undef X
};

const char *sim_status_name(enum sim_status status)
{
	return (unsigned)status < SIM_STATUS_COUNT ? names[status] : "?";
}

const char *sim_status_text(enum sim_status status)
{
	return (unsigned)status < SIM_STATUS_COUNT ? texts[status] : "?";
}

/* Length of the well-formed, printable UTF-8 sequence at TEXT, or 0. */
static size_t printable_sequence(const unsigned char *text, size_t length)
{
	size_t need = 0;
	uint32_t code = 0;
	if (text[0] < 0x80)
		return text[0] >= 0x20 && text[0] != 0x7f;
	if (text[0] >= 0xc2 && text[0] <= 0xdf) {
		need = 2;
		code = text[0] & 0x1f;
	} else if ((text[0] & 0xf0) == 0xe0) {
		need = 3;
		code = text[0] & 0x0f;
	} else if (text[0] >= 0xf0 && text[0] <= 0xf4) {
		need = 4;
		code = text[0] & 0x07;
	}
	if (need == 0 || need > length)
		return 0;
	for (size_t i = 1; i < need; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	bool overlong = (need == 3 && code < 0x800) || (need == 4 && code < 0x10000);
	bool surrogate = code >= 0xd800 && code <= 0xdfff;
	bool control = code < 0xa0; /* C1 escapes */
	/* direction marks, overrides and isolates reorder text; 2028 and 2029 break the line */
	bool layout = code == 0x61c || code == 0x200e || code == 0x200f ||
		      (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
	return overlong || surrogate || control || layout || code > 0x10ffff ? 0 : need;
}

char *text_printable(char *out, size_t out_size, const char *text, size_t length)
{
	static const char hex[] = "0123456789abcdef";
	size_t used = 0;
	assert(out_size > 0);
	for (size_t i = 0; i < length;) {
		const unsigned char *at = (const unsigned char *)text + i;
		size_t whole = printable_sequence(at, length - i);
		if (whole > 0) {
			if (used + whole >= out_size)
				break;
			memcpy(out + used, at, whole);
			used += whole;
			i += whole;
			continue;
		}
		if (used + 4 >= out_size)
			break;
		out[used++] = '\\';
		out[used++] = 'x';
		out[used++] = hex[*at >> 4];
		out[used++] = hex[*at & 15];
		i++;
	}
	out[used] = '\0';
	return out;
}

void diag_init(struct sim_diag *diag)
{
	diag->status = SIM_OK;
	diag->text[0] = '\0';
}

/* LENGTH less the character that a cut at LENGTH split. */
static size_t whole_length(const char *text, size_t length)
{
	size_t back = 0;
	while (back < 3 && back < length && ((unsigned char)text[length - 1 - back] & 0xc0) == 0x80)
		back++;
	if (back == length || back == 3)
		return length;
	unsigned char lead = (unsigned char)text[length - 1 - back];
	size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
	return need > back + 1 ? length - 1 - back : length;
}

static void diag_record(struct sim_diag *diag, enum sim_status status, const char *prefix,
			const char *fmt, va_list args)
{
	char raw[SIM_DIAG_TEXT];
	if (diag == NULL || diag->status != SIM_OK)
		return;
	size_t used = strlen(prefix), room = sizeof(raw) - used;
	assert(used < sizeof(raw));
	memcpy(raw, prefix, used);
	int wanted = vsnprintf(raw + used, room, fmt, args);
	size_t length = wanted < 0 ? used : used + (size_t)wanted;
	if (wanted > 0 && (size_t)wanted >= room)
		length = whole_length(raw, sizeof(raw) - 1);
	diag->status = status;
	text_printable(diag->text, sizeof(diag->text), raw, length);
}

void diag_note(struct sim_diag *diag, enum sim_status status, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	diag_record(diag, status, "", fmt, args);
	va_end(args);
}

void diag_note_at(struct sim_diag *diag, enum sim_status status, const char *file, long line,
		  const char *fmt, ...)
{
	enum { LONGEST_FILE = SIM_DIAG_TEXT / 2 };
	char prefix[LONGEST_FILE + 32];
	va_list args;
	size_t length = strlen(file);
	if (length > LONGEST_FILE)
		length = whole_length(file, LONGEST_FILE);
	if (line > 0)
		snprintf(prefix, sizeof(prefix), "%.*s:%ld: ", (int)length, file, line);
	else
		snprintf(prefix, sizeof(prefix), "%.*s: ", (int)length, file);
	va_start(args, fmt);
	diag_record(diag, status, prefix, fmt, args);
	va_end(args);
}
