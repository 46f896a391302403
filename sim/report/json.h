/*
 * Streaming JSON writer.
 *
 * Correct by construction: text is escaped and always valid UTF-8 (a byte that is not becomes
 * U+FFFD), doubles are written so that they read back to the same bits, NaN and infinities are
 * null. KEY is the member's name inside an object and NULL inside an array and at the top.
 *
 *   struct json_writer json;
 *   json_init(&json, stdout, 2);
 *   json_open_object(&json, NULL);
 *   json_text(&json, "hw", device->name);
 *   json_open_array(&json, "traces");
 *   json_double(&json, NULL, 1.5);
 *   json_close_array(&json);
 *   json_close_object(&json);
 *   TRY(json_finish(&json, diag));
 */
#ifndef SIM_REPORT_JSON_H
#define SIM_REPORT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/core/status.h"

enum { JSON_DEPTH = 64 };

struct json_writer {
	FILE *out;
	unsigned indent; /* spaces a level; 0: all in one line */
	unsigned depth;
	struct {
		char close; /* '}' or ']' */
		bool any;   /* a value was written */
	} levels[JSON_DEPTH];
};

void json_init(struct json_writer *json, FILE *out, unsigned indent);

/* Ends the last line and flushes. SIM_E_IO when any write failed: check it before success. */
SIM_MUST_CHECK enum sim_status json_finish(struct json_writer *json, struct sim_diag *diag);

void json_open_object(struct json_writer *json, const char *key);
void json_close_object(struct json_writer *json);
void json_open_array(struct json_writer *json, const char *key);
void json_close_array(struct json_writer *json);

void json_text(struct json_writer *json, const char *key, const char *text); /* NULL: null */
void json_text_bytes(struct json_writer *json, const char *key, const char *text, size_t length);
void json_hex(struct json_writer *json, const char *key, const void *bytes, size_t length);
void json_hash(struct json_writer *json, const char *key, uint64_t hash); /* 16 hex digits */
void json_int(struct json_writer *json, const char *key, int64_t value);
void json_uint(struct json_writer *json, const char *key, uint64_t value);
void json_double(struct json_writer *json, const char *key, double value);
void json_milli(struct json_writer *json, const char *key, int64_t thousandths); /* exact */
void json_bool(struct json_writer *json, const char *key, bool value);
void json_null(struct json_writer *json, const char *key);

/* Fewest digits (15 to 17) that read back to the same double; VALUE must be finite. */
enum { JSON_NUMBER = 32 };
char *json_number(double value, char out[JSON_NUMBER]);

#endif
