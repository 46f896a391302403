/* Inside of the Kineto reader: one event as text gives it, and what becomes of it. */
#ifndef TRACES_KINETO_H
#define TRACES_KINETO_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/build.h"
#include "traces/json.h"

/* What an event's `cat` means to us; old files spell some with a capital. */
enum kineto_category {
	KINETO_UNKNOWN, /* not met yet */
	KINETO_IGNORED,
	KINETO_KERNEL,
	KINETO_MEMCPY,
	KINETO_MEMSET,
	KINETO_RUNTIME,
	KINETO_DRIVER,
	KINETO_OP,
	KINETO_ANNOTATION,
	KINETO_SYNC,
	KINETO_COUNTER_RANGE,
	KINETO_CATEGORY_COUNT
};

enum { KINETO_LONGEST_NUMBER = 64 };

/* A number kept as text until it is known whether it matters and what it counts. */
struct kineto_number {
	char text[KINETO_LONGEST_NUMBER];
	uint8_t length; /* 0: not given */
};

enum kineto_shape_part {
	KINETO_DIMS,
	KINETO_TYPES,
	KINETO_STRIDES,
	KINETO_CONCRETE,
	KINETO_SHAPE_PARTS
};

struct kineto_event {
	enum kineto_category category;
	bool complete; /* ph is "X" */
	uint32_t line;
	struct budget_text name;
	struct kineto_number ts, dur, pid, tid;
	struct kineto_number external_id, correlation, device, stream, bytes;
	struct kineto_number registers, shared_bytes;
	struct kineto_number grid[3], block[3];
	struct budget_text shape[KINETO_SHAPE_PARTS];
	struct budget_text sync_kind;
};

struct kineto {
	const char *path;
	struct json json;
	struct build *build;
	struct kineto_event event;
	struct budget_text shape; /* the canonical text being joined */
	bool has_events;
	uint64_t seen[KINETO_CATEGORY_COUNT];
};

/* Read one element of traceEvents, whose first token is TOKEN, into kineto->event. */
SIM_MUST_CHECK enum sim_status
kineto_event_read(struct kineto *kineto, const struct json_token *token, struct sim_diag *diag);
void kineto_event_fini(struct kineto *kineto);

/* Hand kineto->event to the builder. */
SIM_MUST_CHECK enum sim_status kineto_event_take(struct kineto *kineto, struct sim_diag *diag);

/* The deviceProperties array, whose first token is TOKEN. */
SIM_MUST_CHECK enum sim_status
kineto_devices_read(struct kineto *kineto, const struct json_token *token, struct sim_diag *diag);

/* Keep a number, or a string that holds one; other kinds are passed over and leave it empty. */
SIM_MUST_CHECK enum sim_status kineto_number_read(struct kineto *kineto,
						  const struct json_token *token,
						  struct kineto_number *number,
						  struct sim_diag *diag);

/* NUMBER * 10^SCALE as WHAT, which must be given. */
SIM_MUST_CHECK enum sim_status kineto_number_value(struct kineto *kineto,
						   const struct kineto_number *number, int scale,
						   const char *what, int64_t *value,
						   struct sim_diag *diag);

#endif
