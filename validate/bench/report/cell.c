/* Reading the pieces of a cell: see cell.h. */
#include "validate/bench/report/cell.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "validate/jsonfile.h"

enum { PATH_SIZE = 1024 };

/* The whole number that TEXT begins with, within 1..1e8; *END is behind it, NULL: none. */
static int whole_number(const char *text, const char **end)
{
	char *behind;
	*end = NULL;
	if (!isdigit((unsigned char)text[0]))
		return 0;
	long value = strtol(text, &behind, 10);
	if (value < 1 || value > 100000000)
		return 0;
	*end = behind;
	return (int)value;
}

/* NAME from AT on is -bBATCH-cCONTEXT-eager or -graph. */
static bool take_tail(const char *at, struct cell *cell)
{
	const char *end;
	cell->batch = whole_number(at + 2, &end);
	if (end == NULL || strncmp(end, "-c", 2) != 0)
		return false;
	cell->context = whole_number(end + 2, &end);
	if (end == NULL)
		return false;
	cell->graph = strcmp(end, "-graph") == 0;
	return cell->graph || strcmp(end, "-eager") == 0;
}

enum sim_status cell_name(const char *name, struct cell *cell, struct sim_diag *diag)
{
	memset(cell, 0, sizeof(*cell));
	for (const char *at = strstr(name, "-b"); at != NULL; at = strstr(at + 1, "-b")) {
		size_t length = (size_t)(at - name);
		if (length == 0 || length >= sizeof(cell->model) ||
		    strlen(name) >= sizeof(cell->name) || !take_tail(at, cell))
			continue;
		snprintf(cell->name, sizeof(cell->name), "%s", name);
		snprintf(cell->model, sizeof(cell->model), "%.*s", (int)length, name);
		return SIM_OK;
	}
	return diag_fail(diag, SIM_E_PARSE,
			 "no name of a cell: '%s' (MODEL-bBATCH-cCONTEXT-eager or -graph)", name);
}

static enum sim_status open_piece(const char *folder, const struct cell *cell, const char *file,
				  char *path, cJSON **root, struct sim_diag *diag)
{
	snprintf(path, PATH_SIZE, "%s/cells/%s/%s", folder, cell->name, file);
	return jsonfile_read(path, root, diag);
}

static enum sim_status needed(const char *path, const cJSON *object, const char *key, double *value,
			      struct sim_diag *diag)
{
	TRY(jsonfile_number(path, object, key, value, diag));
	if (!(*value > 0))
		return diag_fail(diag, SIM_E_RANGE, "%s: no positive number: '%s'", path, key);
	return SIM_OK;
}

static enum sim_status take_times(const char *path, const cJSON *root, struct cell_times *times,
				  struct sim_diag *diag)
{
	const cJSON *step = cJSON_GetObjectItemCaseSensitive(root, "wall_ms");
	const cJSON *launch = cJSON_GetObjectItemCaseSensitive(root, "launch");
	TRY(needed(path, step, "median", &times->median, diag));
	TRY(needed(path, step, "p05", &times->p05, diag));
	TRY(needed(path, step, "p95", &times->p95, diag));
	TRY(jsonfile_number(path, root, "kernels", &times->kernels, diag));
	if (!cJSON_IsString(launch) || strcmp(launch->valuestring, "graph") != 0)
		times->kernels = NAN; /* launched one by one, a GEMM counts as one there */
	return SIM_OK;
}

static enum sim_status read_times(const char *folder, const struct cell *cell, const char *file,
				  struct cell_times *times, struct sim_diag *diag)
{
	char path[PATH_SIZE];
	cJSON *root;
	TRY(open_piece(folder, cell, file, path, &root, diag));
	enum sim_status status = take_times(path, root, times, diag);
	cJSON_Delete(root);
	return status;
}

static void take_text(const cJSON *object, const char *key, char *out, size_t room)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
	if (cJSON_IsString(item))
		text_printable(out, room, item->valuestring, strlen(item->valuestring));
}

/* A number, or NaN where the row says null. */
static enum sim_status known(const char *path, const cJSON *row, const char *key, double *value,
			     struct sim_diag *diag)
{
	*value = NAN;
	if (cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(row, key)))
		return SIM_OK;
	return jsonfile_number(path, row, key, value, diag);
}

static enum sim_status take_trace(const char *path, const cJSON *rows, struct cell *cell,
				  struct sim_diag *diag)
{
	const cJSON *row = cJSON_GetArrayItem(rows, 0);
	if (!cJSON_IsObject(row) || cJSON_GetArraySize(rows) != 1)
		return diag_fail(diag, SIM_E_PARSE, "%s: not one row about one trace", path);
	take_text(row, "device", cell->device, sizeof(cell->device));
	take_text(row, "lacks", cell->lacks, sizeof(cell->lacks));
	TRY(known(path, row, "measured_span_ms", &cell->span_ms, diag));
	TRY(known(path, row, "device_overhead", &cell->device_stretch, diag));
	TRY(known(path, row, "dropped", &cell->dropped, diag));
	TRY(known(path, row, "sm_mhz", &cell->sm_mhz, diag));
	TRY(needed(path, row, "kernels_least", &cell->kernels_least, diag));
	return needed(path, row, "kernels_most", &cell->kernels_most, diag);
}

static enum sim_status take_replay(const char *path, const cJSON *root, struct cell *cell,
				   struct sim_diag *diag)
{
	TRY(needed(path, root, "step_ms", &cell->predicted_ms, diag));
	TRY(jsonfile_number(path, root, "floor_ms", &cell->floor_ms, diag));
	return jsonfile_number(path, root, "opaque_time_share", &cell->opaque_share, diag);
}

typedef enum sim_status (*take_piece)(const char *path, const cJSON *root, struct cell *cell,
				      struct sim_diag *diag);

static enum sim_status read_piece(const char *folder, struct cell *cell, const char *file,
				  take_piece take, struct sim_diag *diag)
{
	char path[PATH_SIZE];
	cJSON *root;
	TRY(open_piece(folder, cell, file, path, &root, diag));
	enum sim_status status = take(path, root, cell, diag);
	cJSON_Delete(root);
	return status;
}

enum sim_status cell_read_untraced(const char *folder, const char *name, struct cell *cell,
				   struct sim_diag *diag)
{
	TRY(cell_name(name, cell, diag));
	return read_times(folder, cell, "untraced.json", &cell->untraced, diag);
}

enum sim_status cell_read(const char *folder, const char *name, struct cell *cell,
			  struct sim_diag *diag)
{
	TRY(cell_read_untraced(folder, name, cell, diag));
	TRY(read_times(folder, cell, "traced.json", &cell->traced, diag));
	cell->graph_level = (struct cell_times){NAN, NAN, NAN, NAN};
	if (cell->graph)
		TRY(read_times(folder, cell, "graph-level.json", &cell->graph_level, diag));
	TRY(read_piece(folder, cell, "trace.json", take_trace, diag));
	return read_piece(folder, cell, "replay.json", take_replay, diag);
}
