/* Ranges and replays of a log: see log_marks.h. */
#include "traces/log_marks.h"

#include <stdlib.h>
#include <string.h>

#include "traces/log_read.h"

struct collector {
	struct log_read read;
	struct log_marks *marks;
	struct budget budget;
	size_t range_capacity;
};

static enum sim_status take_range(const struct log_range_end *start, int64_t end_ns, void *context,
				  struct sim_diag *diag)
{
	struct collector *collector = context;
	struct log_marks *marks = collector->marks;
	const struct log_text *text;
	void *ranges = marks->ranges;
	TRY(log_text_find(&collector->read, start->text, &text, diag));
	enum sim_status status =
		budget_grow(&collector->budget, &ranges, &collector->range_capacity,
			    marks->range_count + 1, sizeof(*marks->ranges), diag);
	marks->ranges = ranges;
	TRY(status);
	marks->ranges[marks->range_count++] = (struct log_marks_range){
		.start_ns = start->time_ns,
		.end_ns = end_ns,
		.thread = start->thread,
		.text = text->text,
	};
	return SIM_OK;
}

static enum sim_status take_replays(struct collector *collector, struct sim_diag *diag)
{
	const struct log_graph_launch *launches = collector->read.launches.items;
	struct log_marks *marks = collector->marks;
	size_t count = collector->read.launches.count;
	marks->replays = calloc(count + 1, sizeof(*marks->replays));
	if (marks->replays == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		struct log_marks_replay *replay = &marks->replays[marks->replay_count];
		int64_t duration_ns;
		if (launches[i].start_ns == 0 && launches[i].duration_ns == 0)
			continue; /* without time stamps */
		TRY(log_times(&collector->read, launches[i].start_ns, launches[i].duration_ns,
			      &replay->start_ns, &duration_ns, diag));
		replay->end_ns = replay->start_ns + duration_ns;
		replay->graph = launches[i].graph;
		replay->device = launches[i].device;
		marks->replay_count++;
	}
	return SIM_OK;
}

static int by_start(const void *left, const void *right)
{
	const struct log_marks_range *a = left, *b = right;
	if (a->start_ns != b->start_ns)
		return a->start_ns > b->start_ns ? 1 : -1;
	if (a->end_ns != b->end_ns)
		return a->end_ns < b->end_ns ? 1 : -1;
	if (a->thread != b->thread)
		return a->thread > b->thread ? 1 : -1;
	return strcmp(a->text, b->text);
}

static int by_replay_start(const void *left, const void *right)
{
	const struct log_marks_replay *a = left, *b = right;
	if (a->start_ns != b->start_ns)
		return a->start_ns > b->start_ns ? 1 : -1;
	if (a->graph != b->graph)
		return a->graph > b->graph ? 1 : -1;
	return (a->end_ns > b->end_ns) - (a->end_ns < b->end_ns);
}

static enum sim_status collect(struct collector *collector, const char *path, struct sim_diag *diag)
{
	struct log_marks *marks = collector->marks;
	struct log_read *read = &collector->read;
	TRY(log_read_blocks(read, path, NULL, &collector->budget, diag));
	marks->features = read->file.header.features;
	TRY(log_join_ranges(read, take_range, collector, diag));
	TRY(take_replays(collector, diag));
	if (marks->range_count > 1)
		qsort(marks->ranges, marks->range_count, sizeof(*marks->ranges), by_start);
	if (marks->replay_count > 1)
		qsort(marks->replays, marks->replay_count, sizeof(*marks->replays),
		      by_replay_start);
	marks->arena = read->arena; /* the texts live on */
	arena_init(&read->arena);
	return SIM_OK;
}

enum sim_status log_marks_read(const char *path, struct log_marks *marks, struct sim_diag *diag)
{
	struct collector *collector = calloc(1, sizeof(*collector));
	memset(marks, 0, sizeof(*marks));
	arena_init(&marks->arena);
	if (collector == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	collector->marks = marks;
	enum sim_status status = collect(collector, path, diag);
	log_read_fini(&collector->read);
	free(collector);
	if (status != SIM_OK)
		log_marks_fini(marks);
	return status;
}

void log_marks_fini(struct log_marks *marks)
{
	free(marks->ranges);
	free(marks->replays);
	arena_fini(&marks->arena);
	memset(marks, 0, sizeof(*marks));
}

enum sim_status log_marks_is_log(const char *path, bool *is_log, struct sim_diag *diag)
{
	struct budget budget = {0};
	struct input input;
	char head[4];
	size_t got, more = 1;
	enum sim_status status = SIM_OK;
	*is_log = false;
	TRY(input_open(&input, path, &budget, diag));
	for (got = 0; status == SIM_OK && got < sizeof(head) && more > 0; got += more)
		status = input_read(&input, head + got, sizeof(head) - got, &more, diag);
	input_close(&input, &budget);
	*is_log = status == SIM_OK && log_file_accepts(head, got);
	return status;
}
