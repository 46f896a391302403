/* Hugging Face config.json: the file and its syntax. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/model_hf.h"

enum { LARGEST_FILE = 4 << 20 };

static enum sim_status fail_syntax(const char *name, const char *text, const char *at,
				   struct sim_diag *diag)
{
	long line = 1;
	for (const char *c = text; at != NULL && c < at; c++)
		line += *c == '\n';
	return diag_fail_at(diag, SIM_E_PARSE, name, line, "malformed JSON");
}

/*
 * Python writes an infinity (Mamba-2's time_step_limit) as no JSON has it. Outside strings it becomes
 * a number that overflows, as long as the word.
 */
static void spell_infinities(char *text, size_t length)
{
	static const char python[] = "Infinity", json[] = "1e999   ";
	size_t word = sizeof(python) - 1;
	bool inside = false;
	for (size_t i = 0; i < length; i++) {
		if (inside && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			inside = !inside;
		else if (!inside && length - i >= word && memcmp(text + i, python, word) == 0)
			memcpy(text + i, json, word);
	}
}

static enum sim_status parse_copy(const char *name, char *text, size_t length,
				  struct workload_model *model, struct sim_diag *diag)
{
	const char *end = NULL;
	spell_infinities(text, length);
	cJSON *root = cJSON_ParseWithLengthOpts(text, length, &end, false);
	if (root == NULL)
		return fail_syntax(name, text, end, diag);
	struct hf hf = {.name = name, .object = root, .model = model, .diag = diag};
	while (end < text + length && strchr(" \t\r\n", *end) != NULL)
		end++;
	enum sim_status status =
		end < text + length ? fail_syntax(name, text, end, diag) : hf_read_root(&hf);
	cJSON_Delete(root);
	return status;
}

enum sim_status model_hf_parse(const char *name, const char *text, size_t length,
			       struct workload_model *model, struct sim_diag *diag)
{
	if (length > LARGEST_FILE)
		return diag_fail(diag, SIM_E_RANGE, "%s: file over 4 MiB", name);
	if (length > 0 && memchr(text, '\0', length) != NULL)
		return diag_fail(diag, SIM_E_PARSE, "%s: holds a NUL byte", name);
	char *copy = calloc(length + 1, 1);
	if (copy == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "%s: out of memory", name);
	if (length > 0)
		memcpy(copy, text, length);
	enum sim_status status = parse_copy(name, copy, length, model, diag);
	free(copy);
	return status;
}

enum sim_status model_hf_read(const char *path, struct workload_model *model, struct sim_diag *diag)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return diag_fail(diag, SIM_E_IO, "%s: cannot open: %s", path, strerror(errno));
	enum sim_status status = SIM_OK;
	char *text = malloc(LARGEST_FILE + 1);
	size_t length = text != NULL ? fread(text, 1, LARGEST_FILE + 1, file) : 0;
	if (text == NULL)
		status = diag_fail(diag, SIM_E_NOMEM, "%s: out of memory", path);
	else if (ferror(file))
		status = diag_fail(diag, SIM_E_IO, "%s: cannot read", path);
	else
		status = model_hf_parse(path, text, length, model, diag);
	free(text);
	fclose(file);
	return status;
}
