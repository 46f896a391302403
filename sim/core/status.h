/*
 * Status codes and diagnostics.
 *
 * Every fallible function returns enum sim_status (0 is success) and takes a struct sim_diag last.
 * The first error wins: a diag that already holds a message keeps it. A NULL diag is allowed.
 * Messages read `file:line: what is wrong: 'subject'`, lower case, no full stop, then what to do
 * about it when that is known. Text that came from input is made printable (control bytes, broken
 * UTF-8 and escape sequences become \xNN) before it is stored, so a message is always safe to
 * print.
 */
#ifndef SIM_CORE_STATUS_H
#define SIM_CORE_STATUS_H

#include <stddef.h>

/* clang-format off */
#define SIM_STATUS_LIST(X) \
	X(OK,          "ok") \
	X(E_USAGE,     "wrong usage") \
	X(E_IO,        "input or output failed") \
	X(E_PARSE,     "malformed input") \
	X(E_UNIT,      "wrong or missing unit") \
	X(E_RANGE,     "value out of range") \
	X(E_NOT_FOUND, "not found") \
	X(E_DUPLICATE, "given twice") \
	X(E_UNSUPPORTED, "not supported") \
	X(E_INFEASIBLE, "infeasible on this machine") \
	X(E_TOLERANCE, "out of tolerance") \
	X(E_NUMERIC,   "numerical failure") \
	X(E_NOMEM,     "out of memory") \
	X(E_DB,        "database error") \
	X(E_INTERNAL,  "internal error")
/* clang-format on */

enum sim_status {
#define X(name, text) SIM_##name,
	SIM_STATUS_LIST(X)
#undef X
		SIM_STATUS_COUNT
};

#define SIM_DIAG_TEXT 768

struct sim_diag {
	enum sim_status status;
	char text[SIM_DIAG_TEXT];
};

#define SIM_MUST_CHECK __attribute__((warn_unused_result))
#define SIM_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Leaves the calling function with the status of EXPR unless it is SIM_OK. */
#define TRY(expr)                                                                                  \
	do {                                                                                       \
		enum sim_status try_status_ = (expr);                                              \
		if (try_status_ != SIM_OK)                                                         \
			return try_status_;                                                        \
	} while (0)

const char *sim_status_name(enum sim_status status);
const char *sim_status_text(enum sim_status status);

void diag_init(struct sim_diag *diag);

/*
 * Record an error (first one wins) and yield STATUS, so that `return diag_fail(...)` reads well.
 * Macros, so that a reader of the code, a static analyzer among them, sees that the result is
 * STATUS.
 */
#define diag_fail(diag, status, ...)                                                               \
	(diag_note(diag, status, __VA_ARGS__), sim_status_itself(status))

/* The same with `file:line: ` in front; LINE <= 0 leaves the line out. */
#define diag_fail_at(diag, status, file, line, ...)                                                \
	(diag_note_at(diag, status, file, line, __VA_ARGS__), sim_status_itself(status))

static inline enum sim_status sim_status_itself(enum sim_status status)
{
	return status;
}

void diag_note(struct sim_diag *diag, enum sim_status status, const char *fmt, ...)
	SIM_PRINTF(3, 4);
void diag_note_at(struct sim_diag *diag, enum sim_status status, const char *file, long line,
		  const char *fmt, ...) SIM_PRINTF(5, 6);

/* Copy TEXT into OUT with everything unprintable as \xNN; always terminated; returns OUT. */
char *text_printable(char *out, size_t out_size, const char *text, size_t length);

#endif
