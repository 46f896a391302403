/* Entries: expressions, fields, names. */
#include "workloads/entry.h"

#include <stdio.h>
#include <string.h>

enum sim_status entry_expression(const struct entry_place *place, const struct yaml_node *node,
				 const char *what, struct expr *expr, struct sim_diag *diag)
{
	struct sim_diag why = {0};
	TRY(yaml_expect(place->file, node, YAML_SCALAR, what, diag));
	enum sim_status status = expr_compile(node->text, place->scope, place->arena, expr, &why);
	return status == SIM_OK ? SIM_OK
				: yaml_fail(place->file, node, diag, status, "%s", why.text);
}

enum sim_status entry_field(const struct entry_place *place, const struct yaml_node *entry,
			    const struct kind_field *field, struct expr *value,
			    struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(entry, field->name);
	if (node == NULL && field->fallback == NULL)
		return yaml_fail(place->file, entry, diag, SIM_E_NOT_FOUND,
				 "missing field '%s' (%s)", field->name, field->what);
	if (node != NULL)
		TRY(yaml_expect(place->file, node, YAML_SCALAR, field->name, diag));
	const char *text = node != NULL ? node->text : field->fallback;
	double index = 0;
	*value = (struct expr){.text = field->name};
	for (const char *word = field->words; word != NULL && *word != '\0';
	     word += strlen(word) + 1, index++)
		if (strcmp(word, text) == 0) {
			value->constant = index;
			return SIM_OK;
		}
	if (field->words != NULL)
		return yaml_fail(place->file, node != NULL ? node : entry, diag, SIM_E_NOT_FOUND,
				 "field '%s': unknown word: '%s' (%s)", field->name, text,
				 field->what);
	if (node != NULL)
		return entry_expression(place, node, field->name, value, diag);
	return expr_compile(text, place->scope, place->arena, value, diag);
}

const char *entry_name(struct arena *arena, const char *prefix, const char *name)
{
	char text[256];
	int length =
		snprintf(text, sizeof(text), "%s%s%s", prefix, *prefix && *name ? "." : "", name);
	return arena_copy_text(arena, text, length < 256 ? (size_t)length : 255);
}
