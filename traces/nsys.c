/*
 * Nsight Systems reader: the SQLite file of `nsys export --type sqlite`, schema 2 and 3.
 *
 * Tables are made only when something was captured, and columns come and go between versions, so
 * both are looked up by name. Times are whole ns of the session. A trace is of one device and one
 * process: those with the most kernels.
 */
#include "traces/nsys.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "traces/input.h"
#include "traces/trace.h"
#include "traces/work.h"

static const char magic[16] = "SQLite format 3"; /* with the zero */

enum {
	LONGEST_VALUE = 16 << 20, /* SQLite gives up on a longer text or row */
	CACHE_KIB = 2048,
	CHUNK = 64 << 10
};

static bool nsys_accepts(const char *head, size_t length)
{
	return length >= sizeof(magic) && memcmp(head, magic, sizeof(magic)) == 0;
}

/* Hash and size of the file; SQLite reads it again by page. */
static enum sim_status hash_file(struct nsys *nsys, struct sim_diag *diag)
{
	struct trace *trace = nsys->build->trace;
	struct budget *budget = &nsys->build->budget;
	struct input input;
	size_t got = 1;
	char *chunk = malloc(CHUNK);
	if (chunk == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	enum sim_status status = input_open(&input, nsys->path, budget, diag);
	if (status == SIM_OK) {
		if (input.compressed)
			status = diag_fail_at(diag, SIM_E_UNSUPPORTED, nsys->path, 0,
					      "a compressed database; unpack it with gunzip");
		while (status == SIM_OK && got > 0)
			status = input_read(&input, chunk, CHUNK, &got, diag);
		trace->content_hash = input.hash;
		trace->text_bytes = nsys->file_bytes = input.bytes;
		input_close(&input, budget);
	}
	free(chunk);
	return status;
}

/* Changes that were not yet written into the file would be missed. */
static enum sim_status check_companions(const struct nsys *nsys, struct sim_diag *diag)
{
	static const char *const ends[] = {"-wal", "-journal"};
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct stat info;
		char *name = sqlite3_mprintf("%s%s", nsys->path, ends[i]);
		if (name == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
		bool pending = stat(name, &info) == 0 && info.st_size > 0;
		sqlite3_free(name);
		if (pending)
			return diag_fail_at(diag, SIM_E_UNSUPPORTED, nsys->path, 0,
					    "a '%s' file lies beside it: another program has it "
					    "open or left it half written; close that, or export "
					    "it again",
					    ends[i]);
	}
	return SIM_OK;
}

/* PATH as a URI that says: read only, and nobody else changes it, so make no lock or journal. */
static char *make_uri(const char *path)
{
	static const char tail[] = "?mode=ro&immutable=1";
	char *uri = malloc(strlen(path) * 3 + sizeof("file://") + sizeof(tail));
	if (uri == NULL)
		return NULL;
	size_t at = (size_t)sprintf(uri, "%s", path[0] == '/' ? "file://" : "file:");
	for (; *path != '\0'; path++) {
		unsigned char byte = (unsigned char)*path;
		bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
			     (byte >= '0' && byte <= '9') || strchr("/._-", byte) != NULL;
		at += (size_t)sprintf(uri + at, plain ? "%c" : "%%%02X", byte);
	}
	memcpy(uri + at, tail, sizeof(tail));
	return uri;
}

/* Nothing that the file itself brings along is run or trusted. */
static int harden(sqlite3 *db)
{
	static const int off[] = {SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_ENABLE_TRIGGER,
				  SQLITE_DBCONFIG_ENABLE_VIEW};
	int code = sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	for (size_t i = 0; code == SQLITE_OK && i < sizeof(off) / sizeof(off[0]); i++)
		code = sqlite3_db_config(db, off[i], 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LONGEST_VALUE);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db,
				    "PRAGMA query_only = 1; PRAGMA automatic_index = 0; "
				    "PRAGMA mmap_size = 0; PRAGMA cell_size_check = 1; "
				    "PRAGMA cache_size = -2048",
				    NULL, NULL, NULL);
	return code;
}

static enum sim_status open_database(struct nsys *nsys, struct sim_diag *diag)
{
	char *uri = make_uri(nsys->path);
	if (uri == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	int code = sqlite3_open_v2(
		uri, &nsys->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	free(uri);
	if (code == SQLITE_OK)
		code = harden(nsys->db);
	return code == SQLITE_OK ? SIM_OK : nsys_fail(nsys, code, "open it", diag);
}

static enum sim_status read_tables(struct nsys *nsys, struct sim_diag *diag)
{
	TRY(open_database(nsys, diag));
	TRY(nsys_check_strings(nsys, diag));
	TRY(nsys_choose(nsys, diag));
	TRY(nsys_facts_read(nsys, diag));
	TRY(nsys_device_events_read(nsys, diag));
	return nsys_host_events_read(nsys, diag);
}

static enum sim_status read_into(struct nsys *nsys, struct sim_diag *diag)
{
	struct budget *budget = &nsys->build->budget;
	TRY(hash_file(nsys, diag));
	TRY(check_companions(nsys, diag));
	budget_take(budget, (size_t)CACHE_KIB << 10);
	enum sim_status status = read_tables(nsys, diag);
	sqlite3_close(nsys->db);
	nsys->db = NULL;
	budget_give(budget, (size_t)CACHE_KIB << 10);
	return status;
}

static enum sim_status nsys_read(const char *path, struct trace *trace, struct sim_diag *diag)
{
	struct build *build = malloc(sizeof(*build));
	if (build == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	build_init(build, trace, path);
	trace->lacks |= 1U << TRACE_LACK_CLOCKS;
	struct nsys nsys = {.path = path, .build = build};
	enum sim_status status = read_into(&nsys, diag);
	if (status == SIM_OK)
		status = build_finish(build, diag);
	build_fini(build);
	free(build);
	TRY(status);
	return work_derive_all(trace, diag);
}

const struct trace_reader trace_reader_nsys = {
	.name = "nsys",
	.what = "Nsight Systems SQLite export (.sqlite)",
	.accepts = nsys_accepts,
	.read = nsys_read,
};
