/*
 * recorded:FILE: what a real run did, event by event, as tests/tracer/recorded.py wrote it down:
 *
 *	call    DOMAIN CBID START DURATION CORRELATION RESULT
 *	kernel  START DURATION NODE GRAPH STREAM CORRELATION GRID*3 BLOCK*3 STATIC DYNAMIC CLUSTER*3
 *	        REGISTERS LAUNCH_TYPE NAME
 *	copy    START DURATION BYTES STREAM CORRELATION KIND SOURCE DESTINATION ASYNCHRONOUS
 *	set     START DURATION BYTES VALUE STREAM CORRELATION
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tracer/app.h"

static void malformed(const char *line)
{
	fprintf(stderr, "fake program: not a recorded event: %s", line);
	exit(99);
}

static void replay_call(const char *line)
{
	static const struct {
		uint32_t domain, cbid;
	} known[] = {
#define X(name, domain, cbid, text) {domain, cbid},
		FAKE_CALL_LIST(X)
#undef X
	};
	uint32_t domain, cbid;
	struct fake_call call;
	if (sscanf(line, "%" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu32 " %" SCNu32,
		   &domain, &cbid, &call.start_ns, &call.duration_ns, &call.correlation,
		   &call.result) != 6)
		malformed(line);
	for (unsigned i = 0; i < FAKE_CALLS; i++) {
		if (known[i].domain != domain || known[i].cbid != cbid)
			continue;
		call.id = (enum fake_call_id)i;
		cuda_hooks()->call(&call);
		return;
	}
	malformed(line);
}

/* Names of kernels must outlive their records. */
static const char *keep_name(const char *name)
{
	static char *names[512];
	size_t count = 0;
	for (; count < 512 && names[count] != NULL; count++)
		if (strcmp(names[count], name) == 0)
			return names[count];
	if (count == 512)
		malformed(name);
	names[count] = strdup(name);
	return names[count];
}

static void replay_kernel(const char *line)
{
	struct fake_kernel kernel = {0};
	int used = 0, launch_type;
	if (sscanf(line,
		   "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu32 " %" SCNu32 " %" SCNu32
		   " %d %d %d %d %d %d %d %d %" SCNu32 " %" SCNu32 " %" SCNu32 " %hu %d %n",
		   &kernel.start_ns, &kernel.duration_ns, &kernel.node, &kernel.graph,
		   &kernel.stream, &kernel.correlation, &kernel.grid[0], &kernel.grid[1],
		   &kernel.grid[2], &kernel.block[0], &kernel.block[1], &kernel.block[2],
		   &kernel.static_shared, &kernel.dynamic_shared, &kernel.cluster[0],
		   &kernel.cluster[1], &kernel.cluster[2], &kernel.registers, &launch_type,
		   &used) != 19 ||
	    used == 0)
		malformed(line);
	kernel.launch_type = (uint8_t)launch_type;
	kernel.name = keep_name(line + used);
	cuda_hooks()->kernel(&kernel);
}

static void replay_copy(const char *line)
{
	struct fake_copy copy = {0};
	int asynchronous;
	if (sscanf(line,
		   "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu32 " %" SCNu32 " %hhu %hhu %hhu %d",
		   &copy.start_ns, &copy.duration_ns, &copy.bytes, &copy.stream, &copy.correlation,
		   &copy.copy_kind, &copy.source_kind, &copy.destination_kind, &asynchronous) != 9)
		malformed(line);
	copy.asynchronous = asynchronous != 0;
	cuda_hooks()->copy(&copy);
}

static void replay_set(const char *line)
{
	struct fake_set set;
	if (sscanf(line, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu32 " %" SCNu32 " %" SCNu32,
		   &set.start_ns, &set.duration_ns, &set.bytes, &set.value, &set.stream,
		   &set.correlation) != 6)
		malformed(line);
	cuda_hooks()->set(&set);
}

void app_recorded(const struct app_word *word)
{
	static const struct {
		const char *name;
		void (*replay)(const char *line);
	} kinds[] = {{"call ", replay_call},
		     {"kernel ", replay_kernel},
		     {"copy ", replay_copy},
		     {"set ", replay_set}};
	static char line[64 << 10];
	FILE *file = fopen(word->text, "re");
	cuda_init();
	if (file == NULL || cuda_hooks() == NULL)
		malformed("no file, or nobody traces\n");
	while (fgets(line, sizeof(line), file) != NULL) {
		size_t i = 0;
		line[strcspn(line, "\n")] = '\0';
		while (i < 4 && strncmp(line, kinds[i].name, strlen(kinds[i].name)) != 0)
			i++;
		if (i == 4)
			malformed(line);
		kinds[i].replay(line + strlen(kinds[i].name));
	}
	fclose(file);
}
