/* Questions to the nodes of a YAML file, each with a message that names file and line. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "sim/core/names.h"
#include "sim/core/yaml.h"

#define INVALID (UINT32_C(1) << 31)

enum sim_status yaml_fail(const struct yaml_file *file, const struct yaml_node *node,
			  struct sim_diag *diag, enum sim_status status, const char *fmt, ...)
{
	char text[SIM_DIAG_TEXT];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return diag_fail_at(diag, status, file->name, node->line, "%s", text);
}

const struct yaml_node *yaml_find(const struct yaml_node *map, const char *key)
{
	if (map->kind != YAML_MAP)
		return NULL;
	for (const struct yaml_node *at = map->first; at != NULL; at = at->next)
		if (strcmp(at->key, key) == 0)
			return at;
	return NULL;
}

enum sim_status yaml_expect(const struct yaml_file *file, const struct yaml_node *node,
			    enum yaml_kind kind, const char *what, struct sim_diag *diag)
{
	static const char *const kinds[] = {"a single value", "a list", "a map"};
	if (node->kind == kind)
		return SIM_OK;
	return yaml_fail(file, node, diag, SIM_E_PARSE, "'%s' must be %s, not %s", what,
			 kinds[kind], kinds[node->kind]);
}

enum sim_status yaml_fail_unknown(const struct yaml_file *file, const struct yaml_node *node,
				  const char *what, const char *name, const char *const *known,
				  size_t count, struct sim_diag *diag)
{
	const char *near = names_nearest(name, known, count);
	if (near != NULL)
		return yaml_fail(file, node, diag, SIM_E_NOT_FOUND,
				 "no such %s: '%s' (did you mean '%s'?)", what, name, near);
	return yaml_fail(file, node, diag, SIM_E_NOT_FOUND, "no such %s: '%s'", what, name);
}

enum sim_status yaml_allow(const struct yaml_file *file, const struct yaml_node *map,
			   const char *const *allowed, size_t count, struct sim_diag *diag)
{
	for (const struct yaml_node *at = map->first; at != NULL; at = at->next) {
		size_t i = 0;
		while (i < count && strcmp(allowed[i], at->key) != 0)
			i++;
		if (i < count)
			continue;
		const char *near = names_nearest(at->key, allowed, count);
		if (near == NULL)
			return diag_fail_at(diag, SIM_E_NOT_FOUND, file->name, at->key_line,
					    "unknown key '%s'", at->key);
		return diag_fail_at(diag, SIM_E_NOT_FOUND, file->name, at->key_line,
				    "unknown key '%s' (did you mean '%s'?)", at->key, near);
	}
	return SIM_OK;
}

enum sim_status yaml_text(const struct yaml_file *file, const struct yaml_node *map,
			  const char *key, char *out, size_t out_size, struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(map, key);
	if (node == NULL)
		return yaml_fail(file, map, diag, SIM_E_NOT_FOUND, "missing key '%s'", key);
	TRY(yaml_expect(file, node, YAML_SCALAR, key, diag));
	size_t length = strlen(node->text);
	if (length >= out_size)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "'%s' is longer than %zu bytes",
				 key, out_size - 1);
	text_printable(out, out_size, node->text, length);
	return SIM_OK;
}

enum sim_status yaml_quantity(const struct yaml_file *file, const struct yaml_node *node,
			      enum sim_unit unit, double *value, struct sim_diag *diag)
{
	struct sim_diag why;
	diag_init(&why);
	TRY(yaml_expect(file, node, YAML_SCALAR, node->key == NULL ? "value" : node->key, diag));
	enum sim_status status = unit_parse(node->text, unit, value, &why);
	if (status != SIM_OK)
		return yaml_fail(file, node, diag, status, "%s", why.text);
	return SIM_OK;
}

/* The character at AT and its LENGTH in bytes; a byte that begins none stands for itself. */
static uint32_t character_at(const char *at, unsigned *length)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char byte = (unsigned char)*at;
	unsigned want = byte < 0x80 ? 1 : byte < 0xc0 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
	uint32_t value = want < 2 ? byte : byte & (0x7fU >> want);
	*length = 1;
	for (unsigned i = 1; i < want; i++) {
		if (((unsigned char)at[i] & 0xc0) != 0x80)
			return byte | INVALID;
		value = value << 6 | ((unsigned char)at[i] & 0x3f);
	}
	if (want == 0 || value < least[want] || value > 0x10ffff ||
	    (value >= 0xd800 && value < 0xe000))
		return byte | INVALID;
	*length = want;
	return value;
}

/* Characters that libyaml refuses as they are, or reads as the end of a line. */
static bool must_escape(uint32_t value)
{
	return value < 0x20 || (value >= 0x7f && value < 0xa0) || value == 0x2028 ||
	       value == 0x2029 || value == 0xfeff || value == 0xfffe || value == 0xffff;
}

void yaml_write_text(FILE *out, const char *text)
{
	unsigned length;
	fputc('"', out);
	for (; *text != '\0'; text += length) {
		uint32_t value = character_at(text, &length);
		bool invalid = (value & INVALID) != 0;
		value &= ~INVALID;
		if (value == '"' || value == '\\')
			fprintf(out, "\\%c", (int)value);
		else if (invalid || must_escape(value))
			fprintf(out, value < 0x100 ? "\\x%02X" : "\\u%04X", (unsigned)value);
		else
			fwrite(text, 1, length, out);
	}
	fputc('"', out);
}
