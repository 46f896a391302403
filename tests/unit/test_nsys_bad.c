/* Nsight Systems import of hostile files: clear words, nothing run, nothing written, no crash. */
#include "tests/unit/nsys_fixture.h"

#define ONE KERNEL("1000", "1", "1", "0", PID, "NULL")
#define UPDATE(change) BASE ONE "UPDATE CUPTI_ACTIVITY_KIND_KERNEL SET " change ";"

static void each_fault_has_its_message(void **state)
{
	static const struct {
		const char *sql;
		enum sim_status status;
		const char *part;
	} cases[] = {
		{"CREATE TABLE a (b);", SIM_E_UNSUPPORTED, "no Nsight Systems export"},
		{"CREATE TABLE StringIds (id, value);", SIM_E_UNSUPPORTED, "no primary key 'id'"},
		{"CREATE TABLE StringIds (id INTEGER PRIMARY KEY);", SIM_E_UNSUPPORTED,
		 "no 'value'"},
		{STRINGS, SIM_E_UNSUPPORTED, "has no kernels; capture again"},
		{BASE, SIM_E_UNSUPPORTED, "has no kernels; capture again"},
		{STRINGS "CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (a); INSERT INTO"
			 " CUPTI_ACTIVITY_KIND_KERNEL VALUES (1);",
		 SIM_E_UNSUPPORTED, "has no column 'deviceId'"},
		{UPDATE("start = NULL"), SIM_E_PARSE,
		 ":1: CUPTI_ACTIVITY_KIND_KERNEL has no start"},
		{UPDATE("start = 'soon'"), SIM_E_PARSE, "KERNEL.start is not a whole number"},
		{UPDATE("end = 1.5"), SIM_E_PARSE, "KERNEL.end is not a whole number"},
		{UPDATE("start = -9223372036854775807 - 1"), SIM_E_RANGE, "start is out of range"},
		{UPDATE("end = 9223372036854775807"), SIM_E_RANGE, "end is out of range"},
		{UPDATE("end = 999"), SIM_E_RANGE, "a kernel with a negative duration"},
		{UPDATE("deviceId = -1"), SIM_E_RANGE, "deviceId is out of range: '-1'"},
		{UPDATE("gridX = 4294967296"), SIM_E_RANGE, "gridX is out of range"},
		{UPDATE("blockZ = x'00'"), SIM_E_PARSE, "blockZ is not a whole number"},
		{UPDATE("correlationId = 4294967296"), SIM_E_RANGE,
		 "correlationId is out of range"},
		{UPDATE("dynamicSharedMemory = -5"), SIM_E_RANGE, "dynamicSharedMemory is out"},
		{UPDATE("globalPid = 'me'"), SIM_E_PARSE, "globalPid is not a whole number"},
		{BASE ONE ONE "UPDATE CUPTI_ACTIVITY_KIND_KERNEL SET start = rowid * 1000, end ="
			      " rowid * 1000 + 9;" CALL("900", "1", "3", TID),
		 SIM_E_DUPLICATE, "two kernels have the correlation id '1'"},
		{BASE ONE CALL("900", "1", "3", TID) CALL("901", "1", "3", TID), SIM_E_DUPLICATE,
		 "two launches have the correlation id '1'"},
		{BASE ONE CALL("900", "'x'", "3", TID), SIM_E_PARSE,
		 "RUNTIME.correlationId is not"},
		{BASE ONE CALL("NULL", "1", "3", TID), SIM_E_PARSE, "RUNTIME has no start"},
		{BASE
		 "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i <"
		 " 300) INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL (start, end, deviceId) SELECT i,"
		 " i, i FROM n;",
		 SIM_E_UNSUPPORTED, "more than 256 devices and processes"},
		{BASE "INSERT INTO StringIds VALUES (50, replace(hex(zeroblob(600000)), '0', "
		      "'n'));" KERNEL("1000", "1", "50", "0", PID, "NULL"),
		 SIM_E_RANGE, "a name longer than"},
		/* what the file would compute is no data */
		{STRINGS
		 "CREATE VIEW CUPTI_ACTIVITY_KIND_KERNEL AS SELECT 0 AS start, 5 AS end, 0 AS"
		 " deviceId;",
		 SIM_E_UNSUPPORTED, "has no kernels"},
		{"CREATE VIEW StringIds AS SELECT 1 AS id, 'a' AS value;", SIM_E_UNSUPPORTED,
		 "no Nsight Systems export"},
		{STRINGS "CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER, end INTEGER, x"
			 " INTEGER, deviceId INTEGER GENERATED ALWAYS AS (x + 1) VIRTUAL); INSERT"
			 " INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (1, 2, 3);",
		 SIM_E_UNSUPPORTED, "has no column 'deviceId'"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_trace_refused(nsys_made(cases[i].sql), cases[i].status, cases[i].part);
}

static void rows_that_do_not_matter_may_be_wrong(void **state)
{
	struct trace trace;
	(void)state;
	nsys_read(
		nsys_made(BASE ONE RANGES CALL("'x'", "1", "9", TID) CALL(
			"1", "1", "404",
			TID) "INSERT INTO NVTX_EVENTS VALUES ('x', 'y', 'z', 'forward', 'a', 'b'),"
			     " (NULL, NULL, NULL, x'00', NULL, NULL);"
			     "CREATE TABLE TARGET_INFO_GPU (id, name, smCount, clockRate);"
			     "INSERT INTO TARGET_INFO_GPU VALUES (0, x'ff', 'many', -1);"
			     "CREATE TABLE TARGET_INFO_SESSION_START_TIME (utcEpochNs);"
			     "INSERT INTO TARGET_INFO_SESSION_START_TIME VALUES ('noon');"),
		&trace);
	assert_int_equal(trace.kernel_count, 1);
	assert_int_equal(trace.device.sm_count, 0);
	assert_true(nsys_lacks(&trace, TRACE_LACK_CLOCKS));
	assert_int_equal(trace.base_ns, 1000);
	trace_fini(&trace);
}

/* Also in a folder and under a name that a URI would take apart. */
static void the_file_is_left_alone(void **state)
{
	const char *made = nsys_made(BASE ONE "PRAGMA journal_mode = WAL;");
	struct bytes before = file_load_raw(made), after;
	char path[128], beside[160];
	struct trace trace;
	(void)state;
	snprintf(path, sizeof(path), "/tmp/decodesim-test-%ld-a?mode=rwc&b#c%%41.sqlite",
		 (long)getpid());
	file_store(path, before.data, before.length);
	nsys_read(path, &trace);
	assert_int_equal(trace.kernel_count, 1);
	trace_fini(&trace);
	after = file_load_raw(path);
	assert_int_equal(after.length, before.length);
	assert_memory_equal(after.data, before.data, before.length);
	snprintf(beside, sizeof(beside), "%s-wal", path);
	assert_int_equal(access(beside, F_OK), -1);
	file_store(beside, "pending", 7);
	assert_trace_refused(path, SIM_E_UNSUPPORTED, "a '-wal' file lies beside it");
	unlink(beside);
	file_store_gz(path, before.data, before.length);
	assert_trace_refused(path, SIM_E_UNSUPPORTED, "a compressed database; unpack it");
	unlink(path);
	free(before.data);
	free(after.data);
}

/* Read it or refuse it with words; which of the two depends on where the damage lies. */
static void read_or_refuse(const char *path, unsigned *refused)
{
	struct trace trace;
	struct sim_diag diag;
	diag_init(&diag);
	if (trace_read(path, &trace, &diag) == SIM_OK) {
		trace_fini(&trace);
		return;
	}
	assert_true(strlen(diag.text) > 0);
	++*refused;
}

static void damage_never_crashes(void **state)
{
	struct bytes whole = file_load_raw(
		nsys_made(BASE RANGES GRAPHS "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i"
					     " + 1 FROM n WHERE i < 400) INSERT INTO"
					     " CUPTI_ACTIVITY_KIND_KERNEL (start, end, deviceId,"
					     " demangledName, correlationId) SELECT i * 100, i *"
					     " 100 + 50, 0, 1 + i % 2, i + 1 FROM n;"));
	uint64_t random = UINT64_C(88172645463325252);
	const char *path = file_temporary("damaged.sqlite");
	unsigned refused = 0, cut = 0;
	(void)state;
	for (unsigned round = 0; round < 1500; round++) {
		char *copy = malloc(whole.length);
		memcpy(copy, whole.data, whole.length);
		for (unsigned i = 0; i <= round % 8; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			/* half of the damage to the heads of pages, where the structure is */
			size_t at = random % whole.length;
			if (random >> 60 & 1)
				at = at / 4096 * 4096 + at % 64;
			copy[at] = (char)(random >> 40);
		}
		memcpy(copy, whole.data, 16);
		file_store(path, copy, whole.length);
		read_or_refuse(path, &refused);
		free(copy);
	}
	assert_in_range(refused, 100, 1499);
	for (size_t part = 1; part < 32; part++) {
		file_store(path, whole.data, whole.length * part / 32);
		read_or_refuse(path, &cut);
	}
	assert_int_equal(cut, 31);
	unlink(path);
	free(whole.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_has_its_message),
		cmocka_unit_test(rows_that_do_not_matter_may_be_wrong),
		cmocka_unit_test(the_file_is_left_alone),
		cmocka_unit_test(damage_never_crashes),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(file_temporary("nsys.sqlite"));
	return failed;
}
