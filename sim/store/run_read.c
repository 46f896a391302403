/* Runs out of the store; rows are checked as nobody vouches for them. */
#include "sim/store/run_read.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/store/db.h"
#include "sim/store/row.h"

enum { MOST_GROUPS = 1 << 20, MOST_VALUES = 1 << 16 };

/* "last" and "last~N" as how many runs before the last; -1: neither. */
static int64_t before_last(const char *word)
{
	char *end;
	if (strncmp(word, "last", 4) != 0)
		return -1;
	if (word[4] == '\0')
		return 0;
	if (word[4] != '~' || word[5] < '0' || word[5] > '9')
		return -1;
	errno = 0;
	long long back = strtoll(word + 5, &end, 10);
	return *end == '\0' && errno == 0 ? back : -1;
}

enum sim_status store_find_run(struct store *store, const char *word, int64_t *id,
			       struct sim_diag *diag)
{
	char *end;
	bool found;
	int64_t back = before_last(word), number = 0;
	errno = 0;
	if (back < 0)
		number = strtoll(word, &end, 10);
	if (back < 0 && (word[0] < '0' || word[0] > '9' || *end != '\0' || errno != 0))
		return diag_fail(diag, SIM_E_USAGE,
				 "no run: '%s' (a number, last, or last~1; 'decodesim list runs' "
				 "shows them)",
				 word);
	TRY(db_integer(store,
		       back < 0 ? "SELECT id FROM run WHERE id = ?1"
				: "SELECT id FROM run ORDER BY id DESC LIMIT 1 OFFSET ?1",
		       back < 0 ? number : back, id, &found, diag));
	if (found)
		return SIM_OK;
	return diag_fail(diag, SIM_E_NOT_FOUND, "%s: no such run: '%s'", store_path(store), word);
}

static const char *take_text(struct stored_run *run, struct db_row *row)
{
	size_t length;
	const char *bytes = row_bytes(row, &length);
	const char *copy = arena_copy_text(&run->arena, bytes, length);
	return copy != NULL ? copy : "";
}

static const char *take_text_or_empty(struct stored_run *run, struct db_row *row)
{
	if (sqlite3_column_type(row->stmt, row->column) != SQLITE_NULL)
		return take_text(run, row);
	row->column++;
	return "";
}

static int64_t take_count(struct db_row *row)
{
	return row_integer(row, 0, INT64_MAX);
}

static void take_head(struct stored_run *run, struct db_row *row)
{
	run->trace = take_text(run, row);
	run->trace_hash = take_text(run, row);
	run->hw = take_text(run, row);
	run->hw_hash = take_text(run, row);
	run->model = take_text(run, row);
	run->launch = take_text(run, row);
	run->version = take_text_or_empty(run, row);
	run->digest = take_text(run, row);
	run->host_speed = row_real_or_null(row, 1);
	run->kernels = take_count(row);
	run->steps = take_count(row);
	run->step_ps = take_count(row);
	run->device_span_ps = take_count(row);
	run->device_busy_ps = take_count(row);
	run->host_ps = take_count(row);
	run->floor_ps = take_count(row);
	run->energy_j = row_real_or_null(row, NAN);
	run->average_w = row_real_or_null(row, NAN);
	run->joules_per_token = row_real_or_null(row, NAN);
	run->usd_per_mtoken = row_real_or_null(row, NAN);
}

static void take_part(struct stored_run *run, struct db_row *row)
{
	struct stored_part *part = &run->parts[run->part_count++];
	part->name = take_text(run, row);
	part->ps = row_integer(row, INT64_MIN / 4, INT64_MAX / 4);
}

static void take_group(struct stored_run *run, struct db_row *row)
{
	struct stored_group *group = &run->groups[run->group_count++];
	group->name = take_text(run, row);
	group->op_name = take_text(run, row);
	group->shape = take_text(run, row);
	group->grid = take_text(run, row);
	group->block = take_text(run, row);
	group->op = take_text(run, row);
	group->family = take_text(run, row);
	group->dtype = take_text(run, row);
	group->count = take_count(row);
	group->predicted_ps = row_integer(row, 0, INT64_MAX / 4);
}

static void take_value(struct stored_run *run, struct db_row *row)
{
	struct stored_value *value = &run->values[run->value_count++];
	value->key = take_text(run, row);
	value->unit = take_text(run, row);
	value->value = row_real_or_null(row, NAN);
}

/* Every row of SQL, at most MOST. */
static enum sim_status read_rows(struct store *store, struct stored_run *run, const char *table,
				 const char *sql, size_t most,
				 void (*take)(struct stored_run *, struct db_row *),
				 struct sim_diag *diag)
{
	struct db_row row;
	bool more = true;
	enum sim_status status = row_open(&row, store, table, sql, run->id, diag);
	for (size_t count = 0; status == SIM_OK; count++) {
		status = row_next(&row, &more);
		if (status != SIM_OK || !more)
			break;
		if (count == most) {
			status = row_wrong(&row, "more rows than one run has");
			break;
		}
		take(run, &row);
		status = row_end(&row);
	}
	row_close(&row);
	return status;
}

static enum sim_status count_rows(struct store *store, const char *sql, int64_t id, int64_t most,
				  size_t *count, struct sim_diag *diag)
{
	int64_t value;
	bool found;
	TRY(db_integer(store, sql, id, &value, &found, diag));
	*count = (size_t)value;
	if (found && value >= 0 && value <= most)
		return SIM_OK;
	return db_damaged(store, diag, "run %lld has too many rows", (long long)id);
}

static enum sim_status make_room(struct store *store, struct stored_run *run, size_t *groups,
				 size_t *values, struct sim_diag *diag)
{
	TRY(count_rows(store, "SELECT count(*) FROM run_group WHERE run_id = ?1", run->id,
		       MOST_GROUPS, groups, diag));
	TRY(count_rows(store,
		       "SELECT count(*) FROM device_value WHERE device_id ="
		       " (SELECT device_id FROM run WHERE id = ?1)",
		       run->id, MOST_VALUES, values, diag));
	run->groups = calloc(*groups + 1, sizeof(*run->groups));
	run->values = calloc(*values + 1, sizeof(*run->values));
	return run->groups != NULL && run->values != NULL
		       ? SIM_OK
		       : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

static const char head_sql[] =
	"SELECT r.trace, r.trace_hash, d.name, d.content_hash, d.model, r.launch, r.version,"
	" r.digest, r.host_speed, r.kernels, r.steps, r.step_ps, r.device_span_ps,"
	" r.device_busy_ps, r.host_ps, r.floor_ps, e.energy_j, e.average_w, e.joules_per_token,"
	" e.usd_per_mtoken FROM run r JOIN device d ON d.id = r.device_id"
	" LEFT JOIN run_energy e ON e.run_id = r.id WHERE r.id = ?1";

static enum sim_status read_all(struct store *store, struct stored_run *run, struct sim_diag *diag)
{
	size_t groups, values;
	TRY(make_room(store, run, &groups, &values, diag));
	TRY(read_rows(store, run, "run", head_sql, 1, take_head, diag));
	if (run->trace == NULL)
		return db_damaged(store, diag, "run %lld has no device", (long long)run->id);
	TRY(read_rows(store, run, "run_part", "SELECT part, ps FROM run_part WHERE run_id = ?1",
		      STORE_MOST_PARTS, take_part, diag));
	TRY(read_rows(store, run, "run_group",
		      "SELECT name, op_name, shape, grid, block, op, family, dtype, count,"
		      " predicted_ps FROM run_group WHERE run_id = ?1 ORDER BY grp",
		      groups, take_group, diag));
	return read_rows(store, run, "device_value",
			 "SELECT key, unit, value FROM device_value WHERE device_id ="
			 " (SELECT device_id FROM run WHERE id = ?1) ORDER BY key",
			 values, take_value, diag);
}

enum sim_status store_read_run(struct store *store, int64_t id, struct stored_run *run,
			       struct sim_diag *diag)
{
	memset(run, 0, sizeof(*run));
	arena_init(&run->arena);
	run->id = id;
	/* one moment of the database, whoever writes meanwhile */
	TRY(db_begin_read(store, diag));
	return db_end(store, read_all(store, run, diag), diag);
}

void stored_run_fini(struct stored_run *run)
{
	arena_fini(&run->arena);
	free(run->groups);
	free(run->values);
	memset(run, 0, sizeof(*run));
}
