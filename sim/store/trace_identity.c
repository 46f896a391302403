/* Which row a trace is, and under which name: see trace_identity.h. */
#include "sim/store/trace_identity.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/store/db.h"
#include "sim/store/distinct.h"
#include "sim/store/trace_rows.h"

/* Structures with padding are hashed field by field. */
static uint64_t hash_steps(uint64_t hash, const struct trace *trace)
{
	for (size_t i = 0; i < trace->step_count; i++) {
		const struct sim_step *step = &trace->steps[i];
		uint32_t fields[4] = {step->first, step->count, step->traced_launch,
				      step->ends_in_sync};
		hash = distinct_hash(hash, fields, sizeof(fields));
		hash = distinct_hash(hash, &trace->step_measured[i],
				     sizeof(trace->step_measured[i]));
	}
	return hash;
}

/* The measured fields that version 1 knew, in its layout. */
struct measured_1 {
	int64_t start_ns, duration_ns, launch_start_ns, launch_end_ns;
	uint32_t correlation, thread;
};
static_assert(sizeof(struct measured_1) == 40, "hashed whole: no padding");

struct node_of {
	uint64_t node, graph;
};

static uint64_t hash_measured(uint64_t hash, const struct trace *trace, struct measured_1 *rows)
{
	for (size_t i = 0; i < trace->kernel_count; i++) {
		const struct trace_measured *at = &trace->measured[i];
		rows[i] =
			(struct measured_1){at->start_ns,      at->duration_ns, at->launch_start_ns,
					    at->launch_end_ns, at->correlation, at->thread};
	}
	return distinct_hash(hash, rows, trace->kernel_count * sizeof(*rows));
}

/* A trace without graphs hashes as if there were no such thing. */
static uint64_t hash_nodes(uint64_t hash, const struct trace *trace)
{
	if (trace_graph_kernels(trace) == 0)
		return hash;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		const struct node_of at = {trace->measured[i].node, trace->measured[i].graph};
		hash = distinct_hash(hash, &at, sizeof(at));
	}
	return hash;
}

enum sim_status trace_work_hash(const struct trace *trace, uint64_t *out, struct sim_diag *diag)
{
	uint32_t lacks = trace->lacks & ~(1u << TRACE_LACK_TIMING);
	uint64_t hash = distinct_hash(lacks, trace->steps_by, strlen(trace->steps_by));
	struct measured_1 *rows = malloc((trace->kernel_count + 1) * sizeof(*rows));
	if (rows == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (uint32_t i = 0; i < trace->names.count; i++)
		hash = distinct_hash(hash, trace->names.entries[i].text,
				     trace->names.entries[i].length);
	hash = distinct_hash(hash, trace->kernels, trace->kernel_count * sizeof(*trace->kernels));
	hash = distinct_hash(hash, trace->details, trace->kernel_count * sizeof(*trace->details));
	hash = hash_measured(hash, trace, rows);
	free(rows);
	*out = hash_nodes(hash_steps(hash, trace), trace);
	return SIM_OK;
}

enum found { FOUND_NONE, FOUND_SAME, FOUND_FREE, FOUND_IN_USE };

/* Is there a trace of this name, and may it be replaced? */
static enum sim_status look_up(struct store *store, const struct trace *trace,
			       struct trace_identity *is, enum found *found, struct sim_diag *diag)
{
	char content[STORE_HASH_TEXT], work[STORE_HASH_TEXT];
	sqlite3_stmt *stmt;
	bool row;
	TRY(db_prepare(store,
		       "SELECT id, content_hash = ?2 AND work_hash = ?3,"
		       " EXISTS (SELECT 1 FROM run WHERE trace_id = trace.id) OR"
		       " EXISTS (SELECT 1 FROM validation WHERE trace_id = trace.id)"
		       " FROM trace WHERE name = ?1",
		       &stmt, diag));
	hash_format(trace->content_hash, content);
	hash_format(is->work_hash, work);
	sqlite3_bind_text(stmt, 1, is->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, content, 16, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, work, 16, SQLITE_STATIC);
	enum sim_status status = db_step(store, stmt, &row, diag);
	*found = FOUND_NONE;
	if (status == SIM_OK && row) {
		is->id = sqlite3_column_int64(stmt, 0);
		*found = sqlite3_column_int(stmt, 1)   ? FOUND_SAME
			 : sqlite3_column_int(stmt, 2) ? FOUND_IN_USE
						       : FOUND_FREE;
	}
	sqlite3_finalize(stmt);
	return status;
}

static void append_hash(char *name, size_t room, uint64_t hash)
{
	char text[STORE_HASH_TEXT];
	size_t length = strlen(name), most = room - 1 - STORE_HASH_TEXT;
	if (length > most) {
		/* cut between characters */
		for (length = most; length > 0 && (name[length] & 0xc0) == 0x80;)
			length--;
	}
	snprintf(name + length, room - length, "@%s", hash_format(hash, text));
}

enum sim_status trace_identity_settle(struct store *store, const struct trace *trace,
				      struct trace_identity *is, struct sim_diag *diag)
{
	enum found found;
	for (int attempt = 0;; attempt++) {
		text_printable(is->name, sizeof(is->name), trace->name, strlen(trace->name));
		if (attempt > 0)
			append_hash(is->name, sizeof(is->name),
				    attempt == 1 ? trace->content_hash : is->work_hash);
		TRY(look_up(store, trace, is, &found, diag));
		if (found != FOUND_IN_USE)
			break;
		if (attempt == 2)
			return db_damaged(store, diag, "trace '%s' is not what it says", is->name);
	}
	is->same = found == FOUND_SAME;
	if (found != FOUND_FREE)
		return SIM_OK;
	sqlite3_stmt *stmt;
	bool row;
	TRY(db_prepare(store, "DELETE FROM trace WHERE id = ?1", &stmt, diag));
	sqlite3_bind_int64(stmt, 1, is->id);
	enum sim_status status = db_step(store, stmt, &row, diag);
	sqlite3_finalize(stmt);
	return status;
}
