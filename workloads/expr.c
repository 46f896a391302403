/* Expressions: recursive descent to code for a stack machine. */
#include "workloads/expr_code.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/names.h"
#include "sim/core/units.h"

enum { MOST_CODE = 1024, MOST_TEXT = 4096, MOST_NESTING = 48 };

struct compiler {
	const char *text, *at;
	const struct expr_scope *scope;
	struct sim_diag *diag;
	struct expr *expr;
	struct expr_code code[MOST_CODE];
	size_t length;
	unsigned nesting;
};

static enum sim_status fail(struct compiler *c, enum sim_status status, const char *what)
{
	char shown[96];
	text_printable(shown, sizeof(shown), c->text, strlen(c->text));
	return diag_fail(c->diag, status, "%s at column %zu of '%s'", what,
			 (size_t)(c->at - c->text) + 1, shown);
}

static enum sim_status emit(struct compiler *c, enum expr_op op, uint32_t target, double number)
{
	if (c->length == MOST_CODE)
		return fail(c, SIM_E_RANGE, "expression is too long");
	c->code[c->length++] = (struct expr_code){op, target, number};
	return SIM_OK;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip_space(struct compiler *c)
{
	while (*c->at == ' ' || *c->at == '\t' || *c->at == '\n')
		c->at++;
}

/* The token TEXT is next: take it. A longer operator that begins alike is not taken. */
static bool take(struct compiler *c, const char *text)
{
	size_t length = strlen(text);
	skip_space(c);
	if (strncmp(c->at, text, length) != 0)
		return false;
	if (length == 1 && strchr("<>=!", text[0]) != NULL && c->at[1] == '=')
		return false;
	c->at += length;
	return true;
}

static enum sim_status ternary(struct compiler *c);

static enum sim_status number(struct compiler *c)
{
	char digits[64];
	size_t n = 0;
	const char *p = c->at;
	while (n < sizeof(digits) - 1 &&
	       (is_digit(*p) || *p == '.' ||
		((*p == 'e' || *p == 'E') &&
		 (is_digit(p[1]) || ((p[1] == '-' || p[1] == '+') && is_digit(p[2])))) ||
		((*p == '-' || *p == '+') && n > 0 && (p[-1] == 'e' || p[-1] == 'E'))))
		digits[n++] = *p++;
	digits[n] = '\0';
	double value;
	struct sim_diag ignored = {0};
	if (unit_parse(digits, UNIT_RATIO, &value, &ignored) != SIM_OK)
		return fail(c, SIM_E_PARSE, "not a number");
	c->at = p;
	if (is_letter(*p))
		return fail(c, SIM_E_PARSE, "a number with letters behind it");
	return emit(c, OP_NUMBER, 0, value);
}

struct function {
	const char *name;
	enum expr_op op;
	unsigned arguments;
};

static const struct function functions[] = {
	{"ceil", OP_CEIL, 1},	      {"floor", OP_FLOOR, 1}, {"round", OP_ROUND, 1},
	{"min", OP_MIN, 2},	      {"max", OP_MAX, 2},     {"ceildiv", OP_CEILDIV, 2},
	{"log2ceil", OP_LOG2CEIL, 1},
};

static enum sim_status call(struct compiler *c, const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		const struct function *f = &functions[i];
		if (strlen(f->name) != length || memcmp(f->name, name, length) != 0)
			continue;
		for (unsigned argument = 0; argument < f->arguments; argument++) {
			if (argument > 0 && !take(c, ","))
				return fail(c, SIM_E_PARSE, "',' expected");
			TRY(ternary(c));
		}
		if (!take(c, ")"))
			return fail(c, SIM_E_PARSE, "')' expected");
		return emit(c, f->op, 0, 0);
	}
	c->at = name;
	return fail(c, SIM_E_NOT_FOUND,
		    "unknown function (ceil, floor, round, min, max, ceildiv, log2ceil)");
}

static enum sim_status name(struct compiler *c)
{
	const char *begin = c->at;
	char word[64];
	while (is_letter(*c->at) || is_digit(*c->at) || *c->at == '.')
		c->at++;
	size_t length = (size_t)(c->at - begin);
	if (take(c, "("))
		return call(c, begin, length);
	for (size_t i = c->scope->count; i-- > 0;) {
		const char *known = c->scope->names[i];
		if (known != NULL && strlen(known) == length && memcmp(known, begin, length) == 0) {
			c->expr->uses[i / 64] |= UINT64_C(1) << (i % 64);
			return emit(c, OP_SLOT, (uint32_t)i, 0);
		}
	}
	c->at = begin;
	snprintf(word, sizeof(word), "%.*s", (int)(length < 63 ? length : 63), begin);
	const char *near = names_nearest(word, c->scope->names, c->scope->count);
	char what[192];
	snprintf(what, sizeof(what),
		 near != NULL ? "unknown name '%s' (did you mean '%s'?)" : "unknown name '%s'%s",
		 word, near != NULL ? near : "");
	return fail(c, SIM_E_NOT_FOUND, what);
}

static enum sim_status primary(struct compiler *c)
{
	skip_space(c);
	if (++c->nesting > MOST_NESTING)
		return fail(c, SIM_E_RANGE, "expression is nested too deeply");
	enum sim_status status;
	if (take(c, "(")) {
		TRY(ternary(c));
		status = take(c, ")") ? SIM_OK : fail(c, SIM_E_PARSE, "')' expected");
	} else if (take(c, "-")) {
		TRY(primary(c));
		status = emit(c, OP_NEGATE, 0, 0);
	} else if (take(c, "!")) {
		TRY(primary(c));
		status = emit(c, OP_NOT, 0, 0);
	} else if (is_digit(*c->at) || *c->at == '.') {
		status = number(c);
	} else if (is_letter(*c->at)) {
		status = name(c);
	} else {
		status = fail(c, SIM_E_PARSE,
			      *c->at == '\0' ? "expression ends early"
					     : "a number or a name expected");
	}
	c->nesting--;
	return status;
}

struct sign {
	const char *text;
	enum expr_op op;
};

/* Left-associative operators, loosest first. */
static const struct sign levels[][5] = {
	{{"==", OP_EQUAL}, {"!=", OP_UNEQUAL}},
	{{"<=", OP_LESS_EQUAL}, {">=", OP_GREATER_EQUAL}, {"<", OP_LESS}, {">", OP_GREATER}},
	{{"+", OP_ADD}, {"-", OP_SUBTRACT}},
	{{"*", OP_MULTIPLY}, {"/", OP_DIVIDE}, {"%", OP_MODULO}},
};

enum { LEVELS = sizeof(levels) / sizeof(levels[0]) };

static enum sim_status binary(struct compiler *c, size_t level)
{
	if (level == LEVELS)
		return primary(c);
	TRY(binary(c, level + 1));
	for (;;) {
		const struct sign *found = NULL;
		for (size_t i = 0; i < 5 && found == NULL && levels[level][i].text != NULL; i++)
			if (take(c, levels[level][i].text))
				found = &levels[level][i];
		if (found == NULL)
			return SIM_OK;
		TRY(binary(c, level + 1));
		TRY(emit(c, found->op, 0, 0));
	}
}

/* A && B, or A || B: B is looked at only where A does not tell. */
static enum sim_status logical(struct compiler *c, bool either)
{
	TRY(either ? logical(c, false) : binary(c, 0));
	while (take(c, either ? "||" : "&&")) {
		size_t jump = c->length;
		TRY(emit(c, either ? OP_JUMP_OR_KEEP_1 : OP_JUMP_OR_KEEP_0, 0, 0));
		TRY(either ? logical(c, false) : binary(c, 0));
		TRY(emit(c, OP_TRUTH, 0, 0));
		c->code[jump].target = (uint32_t)c->length;
	}
	return SIM_OK;
}

static enum sim_status ternary(struct compiler *c)
{
	if (++c->nesting > MOST_NESTING)
		return fail(c, SIM_E_RANGE, "expression is nested too deeply");
	TRY(logical(c, true));
	if (take(c, "?")) {
		size_t to_else = c->length;
		TRY(emit(c, OP_JUMP_IF_ZERO, 0, 0));
		TRY(ternary(c));
		if (!take(c, ":"))
			return fail(c, SIM_E_PARSE, "':' expected");
		size_t to_end = c->length;
		TRY(emit(c, OP_JUMP, 0, 0));
		c->code[to_else].target = (uint32_t)c->length;
		TRY(ternary(c));
		c->code[to_end].target = (uint32_t)c->length;
	}
	c->nesting--;
	return SIM_OK;
}

static enum sim_status finish(struct compiler *c, struct arena *arena)
{
	struct expr *expr = c->expr;
	bool constant = true;
	for (size_t i = 0; i < EXPR_MOST_SLOTS / 64; i++)
		constant = constant && expr->uses[i] == 0;
	if (!expr_is_sound(c->code, c->length))
		return fail(c, SIM_E_RANGE, "expression is nested too deeply");
	expr->length = c->length;
	if (constant) {
		expr->constant = expr_run(c->code, c->length, NULL);
		expr->code = NULL;
		return expr_value(expr, NULL, &expr->constant, c->diag);
	}
	struct expr_code *code = arena_alloc(arena, c->length * sizeof(*code));
	if (code == NULL)
		return diag_fail(c->diag, SIM_E_NOMEM, "out of memory");
	memcpy(code, c->code, c->length * sizeof(*code));
	expr->code = code;
	return SIM_OK;
}

enum sim_status expr_compile(const char *text, const struct expr_scope *scope, struct arena *arena,
			     struct expr *expr, struct sim_diag *diag)
{
	size_t length = strlen(text);
	*expr = (struct expr){.text = arena_copy_text(arena, text, length)};
	struct compiler *c = calloc(1, sizeof(*c));
	if (c == NULL || expr->text == NULL) {
		free(c);
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	c->text = c->at = expr->text;
	c->scope = scope;
	c->diag = diag;
	c->expr = expr;
	assert(scope->count <= EXPR_MOST_SLOTS);
	enum sim_status status =
		length > MOST_TEXT ? fail(c, SIM_E_RANGE, "expression is too long") : ternary(c);
	skip_space(c);
	if (status == SIM_OK && *c->at != '\0')
		status = fail(c, SIM_E_PARSE, "end of the expression expected");
	if (status == SIM_OK)
		status = finish(c, arena);
	free(c);
	return status;
}
