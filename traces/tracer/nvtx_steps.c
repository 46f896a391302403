/*
 * NVTX without CUPTI: functions for NVTX's tables that record ranges that name a step and forget all
 * others. They run in the program's threads, so a range that is no step costs a look at its name.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "traces/step_names.h"
#include "traces/tracer/clocks.h"
#include "traces/tracer/nvtx.h"
#include "traces/tracer/nvtx_names.h"
#include "traces/tracer/queue.h"
#include "traces/tracer/tracer.h"

/* Domains that a thread pushes ranges in, and steps in steps, beyond which ranges are not told. */
enum { DOMAINS = 8, NESTED_STEPS = 8 };

struct level {
	const struct nvtx_name *domain; /* NULL the default one */
	int depth;
};

/* Per thread: pushes and pops pair within a thread and a domain. */
struct levels {
	struct level domains[DOMAINS];
	size_t domain_count;
	struct {
		const struct nvtx_name *domain;
		int depth;
		uint32_t id;
	} steps[NESTED_STEPS];
	size_t step_count;
};

static _Thread_local struct levels levels;
static _Atomic uint32_t last_id;

static void note_range(enum log_phase phase, uint32_t id, const char *text,
		       const struct nvtx_name *domain)
{
	tracer_start();
	if (!tracer_is_running())
		return;
	struct note note = {.kind = LOG_RANGE, .system_thread = (uint32_t)syscall(SYS_gettid)};
	note.range = (struct log_range){
		.time_ns = trace_clock_ns(NULL),
		.id = id,
		.phase = (uint16_t)phase,
	};
	note.texts[0] = text != NULL ? strndup(text, NVTX_TEXT_BYTES) : NULL;
	note.texts[1] = domain != NULL ? strndup(domain->text, NVTX_TEXT_BYTES) : NULL;
	queue_push_note(&note);
}

static uint32_t begin_step(const char *text, const struct nvtx_name *domain)
{
	uint32_t id = atomic_fetch_add(&last_id, 1) + 1;
	note_range(LOG_PHASE_START, id, text, domain);
	return id;
}

static struct level *level_of(const struct nvtx_name *domain)
{
	for (size_t i = 0; i < levels.domain_count; i++)
		if (levels.domains[i].domain == domain)
			return &levels.domains[i];
	if (levels.domain_count == DOMAINS)
		return NULL;
	struct level *level = &levels.domains[levels.domain_count++];
	*level = (struct level){.domain = domain};
	return level;
}

static int push(const char *text, const struct nvtx_name *domain)
{
	struct level *level = level_of(domain);
	if (level == NULL)
		return NVTX_UNTRACKED;
	if (text != NULL && steps_name_is_step(text, strlen(text)) &&
	    levels.step_count < NESTED_STEPS) {
		size_t at = levels.step_count++;
		levels.steps[at].domain = domain;
		levels.steps[at].depth = level->depth;
		levels.steps[at].id = begin_step(text, domain);
	}
	return level->depth++;
}

static int pop(const struct nvtx_name *domain)
{
	struct level *level = level_of(domain);
	if (level == NULL || level->depth == 0)
		return NVTX_UNTRACKED;
	level->depth--;
	for (size_t i = levels.step_count; i-- > 0;)
		if (levels.steps[i].domain == domain && levels.steps[i].depth == level->depth) {
			note_range(LOG_PHASE_END, levels.steps[i].id, NULL, domain);
			levels.steps[i] = levels.steps[--levels.step_count];
			break;
		}
	return level->depth;
}

/* A range that may end in another thread: its id says whether it is a step. */
static uint64_t start(const char *text, const struct nvtx_name *domain)
{
	const uint64_t no_step = 0, step = 1;
	if (text == NULL || !steps_name_is_step(text, strlen(text)))
		return (uint64_t)(atomic_fetch_add(&last_id, 1) + 1) << 1 | no_step;
	return (uint64_t)begin_step(text, domain) << 1 | step;
}

static void end(uint64_t range, const struct nvtx_name *domain)
{
	if (range & 1)
		note_range(LOG_PHASE_END, (uint32_t)(range >> 1), NULL, domain);
}

static uint64_t range_start_ex(const struct nvtx_event *event)
{
	char buffer[NVTX_TEXT_BYTES];
	return start(nvtx_event_text(event, buffer), NULL);
}

static uint64_t range_start_a(const char *text)
{
	return start(text, NULL);
}

static uint64_t range_start_w(const wchar_t *text)
{
	char buffer[NVTX_TEXT_BYTES];
	return start(nvtx_narrow(buffer, text), NULL);
}

static void range_end(uint64_t range)
{
	end(range, NULL);
}

static int range_push_ex(const struct nvtx_event *event)
{
	char buffer[NVTX_TEXT_BYTES];
	return push(nvtx_event_text(event, buffer), NULL);
}

static int range_push_a(const char *text)
{
	return push(text, NULL);
}

static int range_push_w(const wchar_t *text)
{
	char buffer[NVTX_TEXT_BYTES];
	return push(nvtx_narrow(buffer, text), NULL);
}

static int range_pop(void)
{
	return pop(NULL);
}

static uint64_t domain_range_start_ex(const struct nvtx_name *domain,
				      const struct nvtx_event *event)
{
	char buffer[NVTX_TEXT_BYTES];
	return start(nvtx_event_text(event, buffer), domain);
}

static void domain_range_end(const struct nvtx_name *domain, uint64_t range)
{
	end(range, domain);
}

static int domain_range_push_ex(const struct nvtx_name *domain, const struct nvtx_event *event)
{
	char buffer[NVTX_TEXT_BYTES];
	return push(nvtx_event_text(event, buffer), domain);
}

static int domain_range_pop(const struct nvtx_name *domain)
{
	return pop(domain);
}

static struct nvtx_name *register_string_a(const struct nvtx_name *domain, const char *text)
{
	(void)domain;
	return nvtx_string_name(text);
}

static struct nvtx_name *register_string_w(const struct nvtx_name *domain, const wchar_t *text)
{
	char buffer[NVTX_TEXT_BYTES];
	(void)domain;
	return nvtx_string_name(nvtx_narrow(buffer, text));
}

static struct nvtx_name *domain_create_a(const char *text)
{
	return nvtx_domain_name(text);
}

static struct nvtx_name *domain_create_w(const wchar_t *text)
{
	char buffer[NVTX_TEXT_BYTES];
	return nvtx_domain_name(nvtx_narrow(buffer, text));
}

struct entry {
	unsigned number;
	nvtx_function function;
};

#define ENTRY(number, function)                                                                    \
	{                                                                                          \
		number, (nvtx_function)(function)                                                  \
	}

static const struct entry core[] = {
	ENTRY(NVTX_CORE_RANGE_START_EX, range_start_ex),
	ENTRY(NVTX_CORE_RANGE_START_A, range_start_a),
	ENTRY(NVTX_CORE_RANGE_START_W, range_start_w),
	ENTRY(NVTX_CORE_RANGE_END, range_end),
	ENTRY(NVTX_CORE_RANGE_PUSH_EX, range_push_ex),
	ENTRY(NVTX_CORE_RANGE_PUSH_A, range_push_a),
	ENTRY(NVTX_CORE_RANGE_PUSH_W, range_push_w),
	ENTRY(NVTX_CORE_RANGE_POP, range_pop),
};

static const struct entry core2[] = {
	ENTRY(NVTX_CORE2_RANGE_START_EX, domain_range_start_ex),
	ENTRY(NVTX_CORE2_RANGE_END, domain_range_end),
	ENTRY(NVTX_CORE2_RANGE_PUSH_EX, domain_range_push_ex),
	ENTRY(NVTX_CORE2_RANGE_POP, domain_range_pop),
	ENTRY(NVTX_CORE2_REGISTER_STRING_A, register_string_a),
	ENTRY(NVTX_CORE2_REGISTER_STRING_W, register_string_w),
	ENTRY(NVTX_CORE2_DOMAIN_CREATE_A, domain_create_a),
	ENTRY(NVTX_CORE2_DOMAIN_CREATE_W, domain_create_w),
};

static bool fill(const struct nvtx_callbacks_table *callbacks, int module,
		 const struct entry *entries, size_t count)
{
	nvtx_function **table = NULL;
	unsigned size = 0;
	if (callbacks->module_functions(module, &table, &size) == 0 || table == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		if (entries[i].number < size && table[entries[i].number] != NULL)
			*table[entries[i].number] = entries[i].function;
	return true;
}

int nvtx_steps_attach(nvtx_export_table_fn export_table)
{
	const struct nvtx_callbacks_table *callbacks = export_table(NVTX_TABLE_CALLBACKS);
	if (callbacks == NULL || callbacks->struct_size < sizeof(*callbacks))
		return 0;
	bool attached = fill(callbacks, NVTX_MODULE_CORE, core, sizeof(core) / sizeof(core[0]));
	fill(callbacks, NVTX_MODULE_CORE2, core2, sizeof(core2) / sizeof(core2[0]));
	return attached;
}
