/* Whole-file JSON through cJSON: size limit, line of the error, finite numbers only. */
#include "validate/jsonfile.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 64 << 10, LARGEST_FILE = 16 << 20 };

/* The whole of FILE and a zero, in a buffer that grows with it. */
static enum sim_status read_bytes(FILE *file, const char *path, char **text, size_t *length,
				  struct sim_diag *diag)
{
	size_t room = 0, got = 1;
	while (got > 0 && *length <= LARGEST_FILE) {
		if (*length + 1 >= room) {
			room = room == 0 ? FIRST_BYTES : room * 2;
			char *grown = realloc(*text, room);
			if (grown == NULL)
				return diag_fail(diag, SIM_E_NOMEM, "%s: out of memory", path);
			*text = grown;
		}
		got = fread(*text + *length, 1, room - *length - 1, file);
		*length += got;
	}
	(*text)[*length] = '\0';
	return ferror(file) ? diag_fail(diag, SIM_E_IO, "%s: cannot read", path) : SIM_OK;
}

static enum sim_status read_text(const char *path, char **text, size_t *length,
				 struct sim_diag *diag)
{
	FILE *file = fopen(path, "rb");
	*length = 0;
	if (file == NULL)
		return diag_fail(diag, SIM_E_IO, "%s: %s", path, strerror(errno));
	enum sim_status status = read_bytes(file, path, text, length, diag);
	fclose(file);
	TRY(status);
	if (*length > LARGEST_FILE)
		return diag_fail(diag, SIM_E_RANGE, "%s: file over 16 MiB", path);
	if (*length == 0)
		return diag_fail(diag, SIM_E_PARSE, "%s: file is empty", path);
	return SIM_OK;
}

static long line_of(const char *text, size_t length, const char *error)
{
	long line = 1;
	if (error < text || error > text + length)
		return 0;
	for (const char *at = text; at < error; at++)
		line += *at == '\n';
	return line;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* SIM_E_DUPLICATE when two members of OBJECT have one key. */
static enum sim_status check_keys(const char *path, const cJSON *object, struct sim_diag *diag)
{
	const cJSON *item;
	size_t count = 0;
	enum sim_status status = SIM_OK;
	cJSON_ArrayForEach(item, object) count++;
	const char **keys = calloc(count + 1, sizeof(*keys));
	if (keys == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "%s: out of memory", path);
	count = 0;
	cJSON_ArrayForEach(item, object) keys[count++] = item->string;
	qsort(keys, count, sizeof(*keys), by_text);
	for (size_t i = 1; i < count && status == SIM_OK; i++)
		if (strcmp(keys[i - 1], keys[i]) == 0)
			status = diag_fail(diag, SIM_E_DUPLICATE, "%s: key given twice: '%s'", path,
					   keys[i]);
	free(keys);
	return status;
}

/* Depth is bounded by cJSON's nesting limit. */
static enum sim_status check_tree(const char *path, const cJSON *node, struct sim_diag *diag)
{
	const cJSON *item;
	if (cJSON_IsObject(node))
		TRY(check_keys(path, node, diag));
	cJSON_ArrayForEach(item, node)
	{
		if (item->child != NULL)
			TRY(check_tree(path, item, diag));
	}
	return SIM_OK;
}

enum sim_status jsonfile_read(const char *path, cJSON **root, struct sim_diag *diag)
{
	char *text = NULL;
	size_t length = 0;
	const char *end = NULL;
	*root = NULL;
	enum sim_status status = read_text(path, &text, &length, diag);
	if (status == SIM_OK && memchr(text, '\0', length) != NULL)
		status = diag_fail(diag, SIM_E_PARSE, "%s: not JSON: a zero byte", path);
	if (status == SIM_OK) {
		*root = cJSON_ParseWithOpts(text, &end, 1);
		if (*root == NULL)
			status = diag_fail_at(diag, SIM_E_PARSE, path, line_of(text, length, end),
					      "not valid JSON");
	}
	free(text);
	if (status == SIM_OK)
		status = check_tree(path, *root, diag);
	if (status != SIM_OK) {
		cJSON_Delete(*root);
		*root = NULL;
	}
	return status;
}

enum sim_status jsonfile_number(const char *path, const cJSON *object, const char *key,
				double *value, struct sim_diag *diag)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
	*value = NAN;
	if (item == NULL)
		return SIM_OK;
	if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble))
		return diag_fail(diag, SIM_E_PARSE, "%s: not a finite number: '%s'", path, key);
	*value = item->valuedouble;
	return SIM_OK;
}
