/* Host records of a log: API calls that launch or wait, syncs, NVTX ranges, nodes of graphs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/log_read.h"
#include "traces/steps.h"

enum { DOMAIN_DRIVER = 1, SYNC_STREAM_WAITS = 2 };

/* Make room for entry INDEX of a table whose indices have 16 bits. */
static enum sim_status reach(struct log_read *read, void **items, size_t *capacity, size_t *count,
			     uint16_t index, size_t size, struct sim_diag *diag)
{
	if (index < *count)
		return SIM_OK;
	TRY(budget_grow(read->budget, items, capacity, (size_t)index + 1, size, diag));
	*count = (size_t)index + 1;
	return SIM_OK;
}

enum sim_status log_take_call_name(struct log_read *read, const void *record, struct sim_diag *diag)
{
	const struct log_call_name *taken = record;
	const struct log_text *text;
	void *calls = read->calls;
	TRY(log_text_find(read, taken->name, &text, diag));
	enum sim_status status = reach(read, &calls, &read->call_capacity, &read->call_count,
				       taken->call, sizeof(*read->calls), diag);
	read->calls = calls;
	TRY(status);
	read->calls[taken->call] = (struct log_call_kind){
		.call = call_of_name(text->text, text->length),
		.known = true,
		.of_driver = taken->domain == DOMAIN_DRIVER,
	};
	return SIM_OK;
}

/* A thread may be told again, once its name is known. */
enum sim_status log_take_thread(struct log_read *read, const void *record, struct sim_diag *diag)
{
	const struct log_thread *taken = record;
	void *threads = read->threads;
	enum sim_status status = reach(read, &threads, &read->thread_capacity, &read->thread_count,
				       taken->thread, sizeof(*read->threads), diag);
	read->threads = threads;
	TRY(status);
	read->threads[taken->thread] = (struct log_thread_kind){taken->system_id, true};
	return SIM_OK;
}

enum sim_status log_thread_find(struct log_read *read, uint32_t index, uint32_t *system_id,
				struct sim_diag *diag)
{
	if (index >= read->thread_count || !read->threads[index].known)
		return log_read_fail(read, SIM_E_RANGE, diag, "thread '%" PRIu32 "' is not there",
				     index);
	*system_id = read->threads[index].system_id;
	return SIM_OK;
}

enum sim_status log_take_call(struct log_read *read, const void *record, struct sim_diag *diag)
{
	const struct log_call *taken = record;
	struct build_launch launch = {.correlation = taken->correlation};
	int64_t duration_ns;
	if (taken->call >= read->call_count || !read->calls[taken->call].known)
		return log_read_fail(read, SIM_E_RANGE, diag, "call name '%u' is not there",
				     taken->call);
	const struct log_call_kind *kind = &read->calls[taken->call];
	if (!kind->call.launches && !kind->call.waits)
		return SIM_OK;
	TRY(log_thread_find(read, taken->thread, &launch.thread, diag));
	TRY(log_times(read, taken->start_ns, taken->duration_ns, &launch.start_ns, &duration_ns,
		      diag));
	launch.end_ns = launch.start_ns + duration_ns;
	if (kind->call.waits) {
		struct build_sync sync = {launch.start_ns, launch.end_ns, launch.thread};
		return build_add_sync(read->build, &sync, diag);
	}
	if (launch.correlation == BUILD_NO_CORRELATION)
		return SIM_OK;
	launch.flags = kind->call.flags;
	if (kind->of_driver)
		launch.flags |= BUILD_LAUNCH_DRIVER;
	launch.line = read->record > UINT32_MAX ? UINT32_MAX : (uint32_t)read->record;
	return build_add_launch(read->build, &launch, diag);
}

enum sim_status log_take_call_failed(struct log_read *read, const void *record,
				     struct sim_diag *diag)
{
	const struct log_call_failed *taken = record;
	if (taken->correlation == BUILD_NO_CORRELATION)
		return SIM_OK;
	return log_list_add(read, &read->failed, &taken->correlation, sizeof(taken->correlation),
			    diag);
}

/* Waits of one stream for another are not the host's. */
enum sim_status log_take_sync(struct log_read *read, const void *record, struct sim_diag *diag)
{
	const struct log_sync *taken = record;
	int64_t start_ns, duration_ns;
	if (taken->sync_kind == SYNC_STREAM_WAITS)
		return SIM_OK;
	TRY(log_times(read, taken->start_ns, taken->duration_ns, &start_ns, &duration_ns, diag));
	return log_list_add(read, &read->syncs, taken, sizeof(*taken), diag);
}

enum sim_status log_take_range(struct log_read *read, const void *record, struct sim_diag *diag)
{
	const struct log_range *taken = record;
	struct log_range_end end = {.id = taken->id, .starts = taken->phase == LOG_PHASE_START};
	const struct log_text *text;
	int64_t none;
	if (taken->phase != LOG_PHASE_START && taken->phase != LOG_PHASE_END)
		return SIM_OK; /* a mark */
	TRY(log_times(read, taken->time_ns, 0, &end.time_ns, &none, diag));
	if (end.starts) {
		TRY(log_text_find(read, taken->text, &text, diag));
		TRY(log_thread_find(read, taken->thread, &end.thread, diag));
		end.text = taken->text;
	}
	return log_list_add(read, &read->range_ends, &end, sizeof(end), diag);
}

enum sim_status log_take_graph_node(struct log_read *read, const void *record,
				    struct sim_diag *diag)
{
	const struct log_graph_node *taken = record;
	struct build_node node = {
		.node = taken->node,
		.original = taken->original,
		.graph = taken->graph,
	};
	int64_t none;
	TRY(log_times(read, taken->time_ns, 0, &node.time_ns, &none, diag));
	TRY(log_thread_find(read, taken->thread, &node.thread, diag));
	return build_add_node(read->build, &node, diag);
}

static int by_id_and_time(const void *left, const void *right)
{
	const struct log_range_end *a = left, *b = right;
	if (a->id != b->id)
		return a->id > b->id ? 1 : -1;
	if (a->time_ns != b->time_ns)
		return a->time_ns > b->time_ns ? 1 : -1;
	if (a->starts != b->starts)
		return a->starts > b->starts ? -1 : 1;
	return (a->text > b->text) - (a->text < b->text);
}

static bool names_step(const struct log_read *read, const struct log_range_end *start)
{
	const struct log_text *text = start->text > 0 ? &read->texts[start->text - 1] : NULL;
	return text != NULL && steps_name_is_step(text->text, text->length);
}

/* A range that is open when the log ends is no error: the program may have been killed in it. */
enum sim_status log_join_ranges(struct log_read *read,
				enum sim_status (*take)(const struct log_range_end *start,
							int64_t end_ns, void *context,
							struct sim_diag *diag),
				void *context, struct sim_diag *diag)
{
	struct log_range_end *ends = read->range_ends.items;
	size_t count = read->range_ends.count;
	if (count > 1)
		qsort(ends, count, sizeof(*ends), by_id_and_time);
	for (size_t i = 0; i < count; i++) {
		if (!ends[i].starts)
			continue;
		bool joined = i + 1 < count && ends[i + 1].id == ends[i].id && !ends[i + 1].starts;
		if (joined)
			TRY(take(&ends[i], ends[i + 1].time_ns, context, diag));
		else if (read->build != NULL && names_step(read, &ends[i]))
			build_warn(read->build, "range %" PRIu32 ": a step that does not end",
				   ends[i].id);
	}
	return SIM_OK;
}

static enum sim_status give_range(const struct log_range_end *start, int64_t end_ns, void *context,
				  struct sim_diag *diag)
{
	struct log_read *read = context;
	struct build_nvtx range = {
		.start_ns = start->time_ns, .end_ns = end_ns, .thread = start->thread};
	const struct log_text *text;
	TRY(log_text_find(read, start->text, &text, diag));
	return build_add_nvtx_text(read->build, &range, text->text, text->length, diag);
}

static int by_number(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

/* A call that failed launched nothing. */
static void drop_failed(struct log_read *read)
{
	struct build *build = read->build;
	uint32_t *failed = read->failed.items;
	size_t count = read->failed.count, kept = 0;
	if (count == 0)
		return;
	qsort(failed, count, sizeof(*failed), by_number);
	for (size_t i = 0; i < build->launch_count; i++)
		if (bsearch(&build->launches[i].correlation, failed, count, sizeof(*failed),
			    by_number) == NULL)
			build->launches[kept++] = build->launches[i];
	build->launch_count = kept;
}

/* Only where no calls were recorded: a call says which thread waited as well. */
static enum sim_status give_syncs(struct log_read *read, struct sim_diag *diag)
{
	const struct log_sync *syncs = read->syncs.items;
	struct build *build = read->build;
	if (build->launch_count > 0 || build->sync_count > 0)
		return SIM_OK;
	for (size_t i = 0; i < read->syncs.count; i++) {
		struct build_sync sync = {
			.start_ns = (int64_t)syncs[i].start_ns,
			.end_ns = (int64_t)(syncs[i].start_ns + syncs[i].duration_ns),
		};
		TRY(build_add_sync(build, &sync, diag));
	}
	return SIM_OK;
}

enum sim_status log_give_host(struct log_read *read, struct sim_diag *diag)
{
	drop_failed(read);
	TRY(give_syncs(read, diag));
	return log_join_ranges(read, give_range, read, diag);
}
