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
	bool control = code < 0xa0;			       /* C1 escapes */
	bool direction = (code >= 0x202a && code <= 0x202e) || /* bidi overrides reorder text */
			 (code >= 0x2066 && code <= 0x2069);
	return overlong || surrogate || control || direction || code > 0x10ffff ? 0 : need;
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

static void diag_record(struct sim_diag *diag, enum sim_status status, const char *prefix,
			const char *fmt, va_list args)
{
	char raw[SIM_DIAG_TEXT];
	if (diag == NULL || diag->status != SIM_OK)
		return;
	int head = snprintf(raw, sizeof(raw), "%s", prefix);
	size_t used = head < 0 ? 0 : (size_t)head < sizeof(raw) ? (size_t)head : sizeof(raw) - 1;
	vsnprintf(raw + used, sizeof(raw) - used, fmt, args);
	diag->status = status;
	text_printable(diag->text, sizeof(diag->text), raw, strlen(raw));
}

enum sim_status diag_fail(struct sim_diag *diag, enum sim_status status, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	diag_record(diag, status, "", fmt, args);
	va_end(args);
	return status;
}

enum sim_status diag_fail_at(struct sim_diag *diag, enum sim_status status, const char *file,
			     long line, const char *fmt, ...)
{
	char prefix[SIM_DIAG_TEXT / 2];
	va_list args;
	if (line > 0)
		snprintf(prefix, sizeof(prefix), "%s:%ld: ", file, line);
	else
		snprintf(prefix, sizeof(prefix), "%s: ", file);
	va_start(args, fmt);
	diag_record(diag, status, prefix, fmt, args);
	va_end(args);
	return status;
}
