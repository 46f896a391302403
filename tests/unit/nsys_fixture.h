/* Small Nsight Systems exports, made by SQLite in /tmp: the tables of schema 3, rows of our own. */
#ifndef TESTS_UNIT_NSYS_FIXTURE_H
#define TESTS_UNIT_NSYS_FIXTURE_H

#include "tests/unit/trace_files.h"

#include <sqlite3.h>

#include "traces/trace.h"

/* Process 5 of machine 1: its global id, and that of its thread 9. */
#define PID "281474976710656 + 5 * 16777216"
#define TID PID " + 9"

#define STRINGS "CREATE TABLE StringIds (id INTEGER NOT NULL PRIMARY KEY, value TEXT NOT NULL);"
#define NAMES                                                                                      \
	"INSERT INTO StringIds VALUES (1, 'gemm<float>'), (2, 'norm'),"                            \
	" (3, 'cudaLaunchKernel_v7000'), (4, 'cudaGraphLaunch_v10000'),"                           \
	" (5, 'cudaMemcpyAsync_v3020'), (6, 'cudaStreamSynchronize_v3020'),"                       \
	" (7, 'cudaMemsetAsync_v3020'), (8, 'decode_step 1'), (9, 'cudaEventCreate_v3020'),"       \
	" (10, 'cuLaunchKernel');"
#define KERNELS                                                                                    \
	"CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER, end INTEGER, deviceId INTEGER,"   \
	" contextId INTEGER, streamId INTEGER, correlationId INTEGER, globalPid INTEGER,"          \
	" demangledName INTEGER, shortName INTEGER, registersPerThread INTEGER, gridX INTEGER,"    \
	" gridY INTEGER, gridZ INTEGER, blockX INTEGER, blockY INTEGER, blockZ INTEGER,"           \
	" staticSharedMemory INTEGER, dynamicSharedMemory INTEGER, graphNodeId INTEGER,"           \
	" graphId INTEGER);"
/* one kernel of NAME at START for 50 ns */
#define KERNEL(start, correlation, name, device, pid, node)                                        \
	"INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (" start ", " start " + 50, " device        \
	", 1, 7, " correlation ", " pid ", " name ", 2, 32, 4, 5, 6, 128, 2, 1, 1000, 24, " node   \
	", " node " / 10);"
#define CALLS                                                                                      \
	"CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INTEGER, end INTEGER, eventClass"         \
	" INTEGER, globalTid INTEGER, correlationId INTEGER, nameId INTEGER, returnValue "         \
	"INTEGER);"
#define CALL(start, correlation, name, tid)                                                        \
	"INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (" start ", " start " + 20, 0, " tid       \
	", " correlation ", " name ", 0);"
#define GRAPHS                                                                                     \
	"CREATE TABLE CUPTI_ACTIVITY_KIND_GRAPH_TRACE (start INTEGER, end INTEGER, deviceId"       \
	" INTEGER, streamId INTEGER, correlationId INTEGER, globalPid INTEGER, graphId INTEGER);"
#define RANGES                                                                                     \
	"CREATE TABLE NVTX_EVENTS (start INTEGER, end INTEGER, eventType INTEGER, text TEXT,"      \
	" globalTid INTEGER, textId INTEGER);"
/* a node is created or, with an original, cloned */
#define NODES                                                                                      \
	"CREATE TABLE CUDA_GRAPH_NODE_EVENTS (start INTEGER, end INTEGER, eventClass INTEGER,"     \
	" globalTid INTEGER, nameId INTEGER, graphNodeId INTEGER, originalGraphNodeId INTEGER);"
#define NODE(start, node, original)                                                                \
	"INSERT INTO CUDA_GRAPH_NODE_EVENTS VALUES (" start ", " start ", 0, " TID ", 1, " node    \
	", " original ");"
#define BASE STRINGS NAMES KERNELS CALLS

/* A database made by SQL; its path. */
static inline const char *nsys_made(const char *sql)
{
	const char *path = file_temporary("nsys.sqlite");
	sqlite3 *db = NULL;
	char *error = NULL;
	unlink(path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	sqlite3_exec(db, sql, NULL, NULL, &error);
	if (error != NULL)
		fail_msg("%s", error);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return path;
}

static inline void nsys_read(const char *path, struct trace *trace)
{
	struct sim_diag diag;
	diag_init(&diag);
	if (trace_read(path, trace, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static inline bool nsys_lacks(const struct trace *trace, enum trace_lack lack)
{
	return trace->lacks >> lack & 1;
}

#endif
