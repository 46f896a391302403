/* The strict reader: libyaml's events into nodes, everything that could surprise refused. */
#include "sim/core/yaml.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { DEEPEST = 32, FIRST_BYTES = 64 << 10, MOST_BYTES = 16 << 20, MOST_NODES = 1 << 18 };

struct reader {
	struct yaml_file *file;
	yaml_parser_t parser;
	struct sim_diag *diag;
	struct yaml_node *open[DEEPEST]; /* maps and sequences not yet closed */
	size_t depth;
	const char *key; /* read in the innermost map and waiting for its value */
	long key_line;
	size_t nodes;
};

static enum sim_status fail(const struct reader *reader, long line, enum sim_status status,
			    const char *what)
{
	return diag_fail_at(reader->diag, status, reader->file->name, line, "%s", what);
}

static long line_of_byte(const char *text, size_t length, size_t byte)
{
	long line = 1;
	for (size_t i = 0; i < byte && i < length; i++)
		line += text[i] == '\n';
	return line;
}

static struct yaml_node *node_add(struct reader *reader, enum yaml_kind kind, long line)
{
	struct yaml_node *node = arena_alloc(&reader->file->arena, sizeof(*node));
	if (node == NULL)
		return NULL;
	*node = (struct yaml_node){.kind = kind, .line = line, .text = ""};
	if (reader->depth == 0) {
		reader->file->root = node;
		return node;
	}
	struct yaml_node *parent = reader->open[reader->depth - 1];
	node->key = reader->key;
	node->key_line = reader->key_line;
	reader->key = NULL;
	if (parent->last == NULL)
		parent->first = node;
	else
		parent->last->next = node;
	parent->last = node;
	parent->count++;
	return node;
}

static bool key_is_due(const struct reader *reader)
{
	return reader->depth > 0 && reader->open[reader->depth - 1]->kind == YAML_MAP &&
	       reader->key == NULL;
}

static enum sim_status check_plain(const struct reader *reader, const yaml_char_t *anchor,
				   const yaml_char_t *tag, long line)
{
	if (anchor != NULL)
		return fail(reader, line, SIM_E_PARSE,
			    "anchors are not allowed: write the value out");
	if (tag != NULL)
		return fail(reader, line, SIM_E_PARSE, "tags are not allowed: remove the '!'");
	return SIM_OK;
}

static enum sim_status take_scalar(struct reader *reader, const yaml_event_t *event, long line)
{
	const char *value = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;
	TRY(check_plain(reader, event->data.scalar.anchor, event->data.scalar.tag, line));
	if (memchr(value, '\0', length) != NULL)
		return fail(reader, line, SIM_E_PARSE, "NUL byte in a text");
	char *text = arena_copy_text(&reader->file->arena, value, length);
	if (text == NULL)
		return fail(reader, line, SIM_E_NOMEM, "out of memory");
	if (key_is_due(reader)) {
		reader->key = text;
		reader->key_line = line;
		return SIM_OK;
	}
	struct yaml_node *node = node_add(reader, YAML_SCALAR, line);
	if (node == NULL)
		return fail(reader, line, SIM_E_NOMEM, "out of memory");
	node->text = text;
	return SIM_OK;
}

static enum sim_status open_node(struct reader *reader, enum yaml_kind kind, long line)
{
	if (key_is_due(reader))
		return fail(reader, line, SIM_E_PARSE, "a key must be text, not a map or a list");
	if (reader->depth == DEEPEST)
		return fail(reader, line, SIM_E_PARSE, "nested deeper than 32 levels");
	struct yaml_node *node = node_add(reader, kind, line);
	if (node == NULL)
		return fail(reader, line, SIM_E_NOMEM, "out of memory");
	reader->open[reader->depth++] = node;
	return SIM_OK;
}

static int compare_keys(const void *a, const void *b)
{
	const struct yaml_node *left = *(const struct yaml_node *const *)a;
	const struct yaml_node *right = *(const struct yaml_node *const *)b;
	int order = strcmp(left->key, right->key);
	if (order != 0)
		return order;
	return left->key_line < right->key_line ? -1 : left->key_line > right->key_line;
}

/* Sorted, so that a hostile map of many keys costs n log n. */
static enum sim_status check_keys(const struct reader *reader, const struct yaml_node *map)
{
	const struct yaml_node **sorted, *twice = NULL;
	size_t count = 0;
	if (map->count < 2)
		return SIM_OK;
	sorted = malloc(map->count * sizeof(*sorted));
	if (sorted == NULL)
		return fail(reader, map->line, SIM_E_NOMEM, "out of memory");
	for (const struct yaml_node *at = map->first; at != NULL; at = at->next)
		sorted[count++] = at;
	qsort(sorted, count, sizeof(*sorted), compare_keys);
	for (size_t i = 1; i < count; i++)
		if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0 &&
		    (twice == NULL || sorted[i]->key_line < twice->key_line))
			twice = sorted[i];
	free(sorted);
	if (twice == NULL)
		return SIM_OK;
	return diag_fail_at(reader->diag, SIM_E_DUPLICATE, reader->file->name, twice->key_line,
			    "key given twice: '%s'", twice->key);
}

static enum sim_status take_document(const struct reader *reader, const yaml_event_t *event,
				     long line)
{
	if (reader->file->root != NULL)
		return fail(reader, line, SIM_E_PARSE, "more than one document: remove the '---'");
	if (event->data.document_start.version_directive != NULL ||
	    event->data.document_start.tag_directives.start !=
		    event->data.document_start.tag_directives.end)
		return fail(reader, line, SIM_E_PARSE,
			    "directives are not allowed: remove the '%'");
	return SIM_OK;
}

static enum sim_status take_event(struct reader *reader, const yaml_event_t *event)
{
	long line = (long)event->start_mark.line + 1;
	if (++reader->nodes > MOST_NODES)
		return fail(reader, line, SIM_E_RANGE, "more than 262144 values");
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return take_document(reader, event, line);
	case YAML_SCALAR_EVENT:
		return take_scalar(reader, event, line);
	case YAML_ALIAS_EVENT:
		return fail(reader, line, SIM_E_PARSE,
			    "aliases are not allowed: write the value out");
	case YAML_MAPPING_START_EVENT:
		TRY(check_plain(reader, event->data.mapping_start.anchor,
				event->data.mapping_start.tag, line));
		return open_node(reader, YAML_MAP, line);
	case YAML_SEQUENCE_START_EVENT:
		TRY(check_plain(reader, event->data.sequence_start.anchor,
				event->data.sequence_start.tag, line));
		return open_node(reader, YAML_SEQUENCE, line);
	case YAML_MAPPING_END_EVENT:
		reader->depth--;
		return check_keys(reader, reader->open[reader->depth]);
	case YAML_SEQUENCE_END_EVENT:
		reader->depth--;
		return SIM_OK;
	default:
		return SIM_OK;
	}
}

static enum sim_status fail_parser(const struct reader *reader, const char *text, size_t length)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem == NULL ? "unreadable" : parser->problem;
	long line = (long)parser->problem_mark.line + 1;
	if (parser->error == YAML_MEMORY_ERROR)
		return fail(reader, 0, SIM_E_NOMEM, "out of memory");
	if (parser->error == YAML_READER_ERROR)
		line = line_of_byte(text, length, parser->problem_offset);
	return diag_fail_at(reader->diag, SIM_E_PARSE, reader->file->name, line,
			    "not valid YAML: %s", problem);
}

static enum sim_status read_events(struct reader *reader, const char *text, size_t length)
{
	bool more = true;
	while (more) {
		yaml_event_t event;
		if (!yaml_parser_parse(&reader->parser, &event))
			return fail_parser(reader, text, length);
		more = event.type != YAML_STREAM_END_EVENT;
		enum sim_status status = take_event(reader, &event);
		yaml_event_delete(&event);
		TRY(status);
	}
	if (reader->file->root == NULL)
		return fail(reader, 0, SIM_E_PARSE, "empty: nothing to read");
	return SIM_OK;
}

enum sim_status yaml_file_parse(const char *name, const char *text, size_t length,
				struct yaml_file *file, struct sim_diag *diag)
{
	struct reader reader = {.file = file, .diag = diag};
	const char *nul = length == 0 ? NULL : memchr(text, '\0', length);
	memset(file, 0, sizeof(*file));
	arena_init(&file->arena);
	file->name = arena_copy_text(&file->arena, name, strlen(name));
	if (file->name == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	if (length > MOST_BYTES)
		return fail(&reader, 0, SIM_E_RANGE, "file larger than 16 MiB");
	if (nul != NULL)
		return fail(&reader, line_of_byte(text, length, (size_t)(nul - text)), SIM_E_PARSE,
			    "NUL byte: this is not a text file");
	if (!yaml_parser_initialize(&reader.parser))
		return fail(&reader, 0, SIM_E_NOMEM, "out of memory");
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, length);
	enum sim_status status = read_events(&reader, text, length);
	yaml_parser_delete(&reader.parser);
	return status;
}

/* The whole of IN, in a buffer no larger than it takes; one byte past the most is enough to see. */
static enum sim_status read_all(FILE *in, const char *path, char **text, size_t *length,
				struct sim_diag *diag)
{
	size_t room = 0, got = 1;
	while (got > 0 && *length <= MOST_BYTES) {
		if (*length == room) {
			room = room == 0 ? FIRST_BYTES : room * 2;
			char *grown = realloc(*text, room);
			if (grown == NULL)
				return diag_fail_at(diag, SIM_E_NOMEM, path, 0, "out of memory");
			*text = grown;
		}
		got = fread(*text + *length, 1, room - *length, in);
		*length += got;
	}
	if (ferror(in))
		return diag_fail_at(diag, SIM_E_IO, path, 0, "cannot read: %s", strerror(errno));
	return SIM_OK;
}

enum sim_status yaml_file_read(const char *path, struct yaml_file *file, struct sim_diag *diag)
{
	size_t length = 0;
	char *text = NULL;
	memset(file, 0, sizeof(*file));
	FILE *in = fopen(path, "rb");
	if (in == NULL)
		return diag_fail_at(diag, SIM_E_IO, path, 0, "cannot open: %s", strerror(errno));
	enum sim_status status = read_all(in, path, &text, &length, diag);
	fclose(in);
	if (status == SIM_OK)
		status = yaml_file_parse(path, text, length, file, diag);
	free(text);
	return status;
}

void yaml_file_fini(struct yaml_file *file)
{
	arena_fini(&file->arena);
	file->root = NULL;
}
