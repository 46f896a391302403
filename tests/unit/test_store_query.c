/* Queries: what they print in each format, what they refuse, where they stop. */
#include "tests/unit/store_fixture.h"

#include "sim/report/query.h"
#include "sim/store/migrate.h"

static enum sim_status query(struct store *store, const char *sql, enum query_format format,
			     char **text, struct sim_diag *diag)
{
	size_t length;
	FILE *out = open_memstream(text, &length);
	assert_non_null(out);
	diag_init(diag);
	enum sim_status status = query_print(store, sql, format, out, diag);
	fclose(out);
	return status;
}

static void assert_prints(struct store *store, const char *sql, enum query_format format,
			  const char *expected)
{
	char *text = NULL;
	struct sim_diag diag;
	if (query(store, sql, format, &text, &diag) != SIM_OK)
		fail_msg("%s: %s", sql, diag.text);
	assert_string_equal(text, expected);
	free(text);
}

static void assert_fails(struct store *store, const char *sql, enum sim_status expected,
			 const char *message)
{
	char *text = NULL;
	struct sim_diag diag;
	enum sim_status status = query(store, sql, QUERY_CSV, &text, &diag);
	free(text);
	if (status != expected)
		fail_msg("%s: status %d '%s'", sql, status, diag.text);
	if (strstr(diag.text, message) == NULL)
		fail_msg("%s: '%s' does not say '%s'", sql, diag.text, message);
}

static const char all_types[] = "SELECT 1 AS a, -9223372036854775808 AS b, 0.1 AS c, 'x,\"y\"' AS "
				"d, x'00ff' AS e, NULL AS f,"
				" '' AS g, 9e999 AS h, 'two' || char(10) || 'lines' AS a";

static void each_format_shows_every_type(void **state)
{
	struct fixture_place *place = *state;
	struct store *store = fixture_open(place->db, STORE_WRITE);
	assert_prints(store, all_types, QUERY_CSV,
		      "a,b,c,d,e,f,g,h,a\n"
		      "1,-9223372036854775808,0.1,\"x,\"\"y\"\"\",00ff,,\"\",inf,\"two\nlines\"\n");
	assert_prints(store, all_types, QUERY_JSON,
		      "[\n  {\n    \"a\": 1,\n    \"b\": -9223372036854775808,\n    \"c\": 0.1,\n"
		      "    \"d\": \"x,\\\"y\\\"\",\n    \"e\": \"00ff\",\n    \"f\": null,\n"
		      "    \"g\": \"\",\n    \"h\": null,\n    \"a:2\": \"two\\nlines\"\n  }\n]\n");
	assert_prints(store, all_types, QUERY_TABLE,
		      "a                     b    c  d      e        f  g  h    a\n"
		      "-  --------------------  ---  -----  -------  -  -  ---  ------------\n"
		      "1  -9223372036854775808  0.1  x,\"y\"  x'00ff'        inf  two\\x0alines\n");
	store_close(store);
}

static void empty_results_keep_their_form(void **state)
{
	struct fixture_place *place = *state;
	struct store *store = fixture_open(place->db, STORE_WRITE);
	assert_prints(store, "SELECT id, trace FROM runs", QUERY_CSV, "id,trace\n");
	assert_prints(store, "SELECT id, trace FROM runs", QUERY_JSON, "[]\n");
	assert_prints(store, "SELECT id, trace FROM runs", QUERY_TABLE, "id  trace\n--  -----\n");
	store_close(store);
}

/* Bytes that no terminal and no JSON parser should see. */
static void hostile_text_is_made_safe(void **state)
{
	struct fixture_place *place = *state;
	struct store *store = fixture_open(place->db, STORE_WRITE);
	static const char sql[] = "SELECT CAST(x'1b5d303b07ff00c3a9' AS TEXT) AS \"\x1b[2J\"";
	assert_prints(store, sql, QUERY_TABLE,
		      "\\x1b[2J\n--------------------\n\\x1b]0;\\x07\\xff\\x00\xc3\xa9\n");
	assert_prints(
		store, sql, QUERY_JSON,
		"[\n  {\n    \"\\u001b[2J\": \"\\u001b]0;\\u0007\\ufffd\\u0000\xc3\xa9\"\n  }\n"
		"]\n");
	store_close(store);
}

static void long_tables_are_printed_in_parts(void **state)
{
	struct fixture_place *place = *state;
	struct store *store = fixture_open(place->db, STORE_WRITE);
	char *text = NULL;
	struct sim_diag diag;
	assert_int_equal(
		query(store,
		      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE"
		      " i < 2500) SELECT i FROM n",
		      QUERY_TABLE, &text, &diag),
		SIM_OK);
	size_t lines = 0, titles = 0;
	for (const char *at = text; *at != '\0'; at++) {
		lines += *at == '\n';
		titles += *at == 'i';
	}
	assert_int_equal(lines, 2502);
	assert_int_equal(titles, 1);
	assert_non_null(strstr(text, "   1\n"));
	assert_non_null(strstr(text, "2500\n"));
	free(text);
	store_close(store);
}

static void only_one_reading_statement_is_run(void **state)
{
	struct fixture_place *place = *state;
	static const char *const writes[] = {
		"DELETE FROM trace",
		"INSERT INTO trace_name VALUES (1, 1, 'x', NULL)",
		"UPDATE trace SET name = 'x'",
		"DROP TABLE trace",
		"CREATE TABLE x(a)",
		"CREATE TEMP TABLE x(a)",
		"CREATE VIRTUAL TABLE x USING fts5(a)",
		"ALTER TABLE trace RENAME TO x",
		"CREATE INDEX i ON trace(name)",
		"REINDEX",
		"ANALYZE",
		"VACUUM",
		"VACUUM INTO '/tmp/decodesim-test-stolen.db'",
		"ATTACH '/tmp/decodesim-test-attached.db' AS x",
		"DETACH main",
		"BEGIN",
		"COMMIT",
		"SAVEPOINT a",
		"PRAGMA user_version = 7",
		"PRAGMA journal_mode = DELETE",
		"PRAGMA writable_schema = ON",
		"PRAGMA wal_checkpoint",
		"PRAGMA optimize",
		"PRAGMA case_sensitive_like = 1",
		"SELECT load_extension('/tmp/x.so')",
		"WITH x AS (SELECT 1) DELETE FROM trace",
		"DELETE FROM trace RETURNING *",
		"EXPLAIN DELETE FROM trace",
		"SELECT 1; DELETE FROM trace",
		"SELECT 1; SELECT 2",
		"SELECT 1; nonsense",
		"/* x */ ; DELETE FROM trace",
	};
	struct trace trace;
	fixture_trace(&trace, "llama", 7, 1, 20, 10);
	struct store *store = fixture_open(place->db, STORE_WRITE);
	fixture_write_trace(store, &trace, true);
	/* also on a connection that could write */
	for (int mode = 0; mode < 2; mode++) {
		for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++)
			assert_fails(store, writes[i], SIM_E_UNSUPPORTED, "refused");
		store_close(store);
		store = fixture_open(place->db, STORE_READ);
	}
	store_close(store);
	assert_int_equal(access("/tmp/decodesim-test-stolen.db", F_OK), -1);
	assert_int_equal(access("/tmp/decodesim-test-attached.db", F_OK), -1);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace_kernel"), 20);
	trace_fini(&trace);
}

static void reading_in_all_its_forms_is_allowed(void **state)
{
	struct fixture_place *place = *state;
	store_close(fixture_open(place->db, STORE_WRITE));
	struct store *store = fixture_open(place->db, STORE_READ);
	assert_prints(store, "-- a comment\n ; SELECT 1 ; -- the end\n ;", QUERY_CSV, "1\n1\n");
	assert_prints(store, "VALUES (1), (2)", QUERY_CSV, "column1\n1\n2\n");
	assert_prints(store, "PRAGMA integrity_check", QUERY_CSV, "integrity_check\nok\n");
	char version[40];
	snprintf(version, sizeof(version), "user_version\n%d\n", store_schema.version);
	assert_prints(store, "PRAGMA user_version", QUERY_CSV, version);
	assert_prints(store, "SELECT name FROM pragma_table_info('run_part')", QUERY_CSV,
		      "name\nrun_id\npart\nps\n");
	assert_prints(store, "SELECT value FROM json_each('[1, 2]')", QUERY_CSV, "value\n1\n2\n");
	assert_prints(store,
		      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3)"
		      " SELECT sum(i) AS s, upper('a') AS u FROM n",
		      QUERY_CSV, "s,u\n6,A\n");
	store_close(store);
}

static void bad_statements_get_sqlites_message(void **state)
{
	struct fixture_place *place = *state;
	struct store *store = fixture_open(place->db, STORE_WRITE);
	assert_fails(store, "SELEC 1", SIM_E_PARSE, "syntax error");
	assert_fails(store, "SELECT nosuch FROM run", SIM_E_PARSE, "no such column: nosuch");
	assert_fails(store, "SELECT * FROM rnus", SIM_E_PARSE, "no such table: rnus");
	assert_fails(store, "", SIM_E_PARSE, "no statement");
	assert_fails(store, " ;; -- nothing", SIM_E_PARSE, "no statement");
	assert_fails(store, "UPDATE sqlite_schema SET sql = ''", SIM_E_PARSE,
		     "may not be modified");
	assert_fails(store, "SELECT 'open", SIM_E_PARSE, "unrecognized token");
	assert_fails(store, "SELECT abs(-9223372036854775808)", SIM_E_PARSE, "overflow");
	assert_fails(store, "SELECT zeroblob(1000000000)", SIM_E_PARSE, "too big");
	store_close(store);
}

static void what_does_not_end_is_stopped(void **state)
{
	struct fixture_place *place = *state;
	struct store *store = fixture_open(place->db, STORE_WRITE);
	static const char endless[] =
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
		" SELECT count(*) FROM n";
	store_limit_query(store, 2000000);
	assert_fails(store, endless, SIM_E_RANGE, "after 2000000 steps");
	/* the limit is a query's own: the next one has it whole again, and writing has none */
	assert_prints(store, "SELECT 1", QUERY_CSV, "1\n1\n");
	assert_fails(store, endless, SIM_E_RANGE, "LIMIT");
	struct trace trace;
	store_limit_query(store, 0);
	fixture_trace(&trace, "llama", 7, 5, 4000, 10);
	fixture_write_trace(store, &trace, true);
	store_close(store);
	trace_fini(&trace);
}

static void a_full_device_is_told(void **state)
{
	struct fixture_place *place = *state;
	struct store *store = fixture_open(place->db, STORE_WRITE);
	for (int format = QUERY_TABLE; format <= QUERY_JSON; format++) {
		struct sim_diag diag;
		FILE *full = fopen("/dev/full", "w");
		if (full == NULL)
			skip();
		diag_init(&diag);
		assert_int_equal(
			query_print(store, "SELECT 1", (enum query_format)format, full, &diag),
			SIM_E_IO);
		assert_non_null(strstr(diag.text, "cannot write"));
		fclose(full);
	}
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(each_format_shows_every_type),
		STORE_TEST(empty_results_keep_their_form),
		STORE_TEST(hostile_text_is_made_safe),
		STORE_TEST(long_tables_are_printed_in_parts),
		STORE_TEST(only_one_reading_statement_is_run),
		STORE_TEST(reading_in_all_its_forms_is_allowed),
		STORE_TEST(bad_statements_get_sqlites_message),
		STORE_TEST(what_does_not_end_is_stopped),
		STORE_TEST(a_full_device_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
