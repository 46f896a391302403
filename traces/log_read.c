/* From blocks to records: tables, strings, and who takes a record of which kind. */
#include "traces/log_read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum sim_status log_list_add(struct log_read *read, struct log_list *list, const void *item,
			     size_t size, struct sim_diag *diag)
{
	list->size = size;
	TRY(budget_grow(read->budget, &list->items, &list->capacity, list->count + 1, size, diag));
	memcpy((char *)list->items + list->count++ * size, item, size);
	return SIM_OK;
}

static void list_fini(struct log_read *read, struct log_list *list)
{
	budget_free(read->budget, &list->items, &list->capacity, list->size);
}

enum sim_status log_text_find(struct log_read *read, uint32_t id, const struct log_text **text,
			      struct sim_diag *diag)
{
	static const struct log_text none = {.text = ""};
	*text = &none;
	if (id == 0)
		return SIM_OK;
	if (id > read->text_count)
		return log_read_fail(read, SIM_E_RANGE, diag,
				     "string '%" PRIu32 "' is not there; the last one is %zu", id,
				     read->text_count);
	*text = &read->texts[id - 1];
	return SIM_OK;
}

enum sim_status log_text_intern(struct log_read *read, uint32_t id, uint32_t *name,
				struct sim_diag *diag)
{
	const struct log_text *text;
	TRY(log_text_find(read, id, &text, diag));
	if (text->name > 0) {
		*name = text->name - 1;
		return SIM_OK;
	}
	if (names_add(&read->build->trace->names, text->text, text->length, name) != SIM_OK)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	if (id > 0)
		read->texts[id - 1].name = *name + 1;
	return SIM_OK;
}

enum sim_status log_times(struct log_read *read, uint64_t start_ns, uint64_t duration_ns,
			  int64_t *start, int64_t *duration, struct sim_diag *diag)
{
	if (start_ns > INT64_MAX / 2)
		return log_read_fail(read, SIM_E_RANGE, diag,
				     "an impossible time: '%" PRIu64 " ns'", start_ns);
	if (duration_ns > BUILD_LONGEST_NS)
		return log_read_fail(read, SIM_E_RANGE, diag,
				     "longer than an hour: '%" PRIu64 " ns'", duration_ns);
	*start = (int64_t)start_ns;
	*duration = (int64_t)duration_ns;
	return SIM_OK;
}

/* Strings of a block: id, length, bytes, zeros up to a multiple of 8. */
static enum sim_status take_strings(struct log_read *read, struct sim_diag *diag)
{
	const struct log_block *block = read->file.block;
	const unsigned char *at = read->file.payload, *end = at + block->payload_bytes;
	size_t reserved = read->arena.reserved_bytes;
	for (uint32_t i = 0; i < block->record_count; i++) {
		struct log_string head;
		void *texts = read->texts;
		read->record++;
		if ((size_t)(end - at) < sizeof(head))
			return log_read_fail(read, SIM_E_PARSE, diag,
					     "the block ends before its '%" PRIu32 "' strings",
					     block->record_count);
		memcpy(&head, at, sizeof(head));
		at += sizeof(head);
		if (head.id != read->text_count + 1)
			return log_read_fail(read, SIM_E_PARSE, diag,
					     "string id '%" PRIu32 "' follows %zu", head.id,
					     read->text_count);
		if (head.length > LOG_LONGEST_STRING || head.length > (size_t)(end - at))
			return log_read_fail(read, SIM_E_RANGE, diag,
					     "a string of '%" PRIu32 "' bytes; at most %d, and not "
					     "past its block",
					     head.length, LOG_LONGEST_STRING);
		enum sim_status status =
			budget_grow(read->budget, &texts, &read->text_capacity,
				    read->text_count + 1, sizeof(*read->texts), diag);
		read->texts = texts;
		TRY(status);
		struct log_text *text = &read->texts[read->text_count++];
		text->length = (uint32_t)strnlen((const char *)at, head.length);
		text->text = arena_copy_text(&read->arena, (const char *)at, text->length);
		if (text->text == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
		size_t padded = ((size_t)head.length + 7) / 8 * 8;
		at += padded < (size_t)(end - at) ? padded : (size_t)(end - at);
	}
	budget_take(read->budget, read->arena.reserved_bytes - reserved);
	return SIM_OK;
}

#define KEEP(kind, list)                                                                           \
	static enum sim_status keep_##list(struct log_read *read, const void *record,              \
					   struct sim_diag *diag)                                  \
	{                                                                                          \
		return log_list_add(read, &read->list, record, sizeof(struct kind), diag);         \
	}
KEEP(log_graph_launch, launches)
KEEP(log_overhead, overheads)
KEEP(log_context, contexts)
KEEP(log_device, devices)
KEEP(log_attribute, attributes)
KEEP(log_sample, samples)
KEEP(log_fact, facts)

static enum sim_status take_counts(struct log_read *read, const void *record, struct sim_diag *diag)
{
	(void)diag;
	memcpy(&read->counts, record, sizeof(read->counts));
	return SIM_OK;
}

static enum sim_status take_end(struct log_read *read, const void *record, struct sim_diag *diag)
{
	(void)record;
	(void)diag;
	read->ended = true;
	return SIM_OK;
}

/* What is done with a record; kinds that are not here are passed over. */
static const struct {
	log_take_fn *take;
	bool without_build; /* also when only ranges and graph launches are wanted */
} takers[] = {
	[LOG_SITE] = {log_take_site, false},
	[LOG_KERNEL] = {log_take_kernel, false},
	[LOG_GRAPH_KERNEL] = {log_take_graph_kernel, false},
	[LOG_CALL] = {log_take_call, false},
	[LOG_CALL_NAME] = {log_take_call_name, false},
	[LOG_CALL_FAILED] = {log_take_call_failed, false},
	[LOG_THREAD] = {log_take_thread, true},
	[LOG_COPY] = {log_take_copy, false},
	[LOG_SET] = {log_take_set, false},
	[LOG_SYNC] = {log_take_sync, false},
	[LOG_RANGE] = {log_take_range, true},
	[LOG_OVERHEAD] = {keep_overheads, false},
	[LOG_GRAPH_LAUNCH] = {keep_launches, true},
	[LOG_CONTEXT] = {keep_contexts, false},
	[LOG_DEVICE] = {keep_devices, false},
	[LOG_ATTRIBUTE] = {keep_attributes, false},
	[LOG_SAMPLE] = {keep_samples, false},
	[LOG_FACT] = {keep_facts, false},
	[LOG_COUNTS] = {take_counts, false},
	[LOG_END] = {take_end, true},
	[LOG_GRAPH_NODE] = {log_take_graph_node, false},
};

static enum sim_status take_block(struct log_read *read, struct sim_diag *diag)
{
	const struct log_block *block = read->file.block;
	const unsigned char *at = read->file.payload;
	log_take_fn *take = NULL;
	if (block->kind == LOG_STRING)
		return take_strings(read, diag);
	if (block->kind < sizeof(takers) / sizeof(takers[0]) &&
	    (read->build != NULL || takers[block->kind].without_build))
		take = takers[block->kind].take;
	if (take == NULL)
		read->record += block->record_count;
	for (uint32_t i = 0; take != NULL && i < block->record_count; i++) {
		read->record++;
		TRY(take(read, at, diag));
		at += block->record_bytes;
	}
	return SIM_OK;
}

static enum sim_status expect(struct log_read *read, struct sim_diag *diag)
{
	uint64_t counts[LOG_GRAPH_NODE + 1];
	if (read->build == NULL)
		return SIM_OK;
	log_file_count(&read->file, counts, LOG_GRAPH_NODE + 1);
	return build_expect(read->build,
			    counts[LOG_KERNEL] + counts[LOG_GRAPH_KERNEL] + counts[LOG_COPY] +
				    counts[LOG_SET],
			    counts[LOG_CALL], diag);
}

enum sim_status log_read_blocks(struct log_read *read, const char *path, struct build *build,
				struct budget *budget, struct sim_diag *diag)
{
	bool more = true;
	memset(read, 0, sizeof(*read));
	read->build = build;
	read->budget = budget;
	arena_init(&read->arena);
	enum sim_status status = log_file_open(&read->file, path, budget, diag);
	if (status == SIM_OK)
		status = expect(read, diag);
	while (status == SIM_OK && more) {
		status = log_file_next(&read->file, &more, diag);
		if (status == SIM_OK && more)
			status = take_block(read, diag);
	}
	log_file_close(&read->file);
	return status;
}

void log_read_fini(struct log_read *read)
{
	void *texts = read->texts, *sites = read->sites;
	void *calls = read->calls, *threads = read->threads;
	struct log_list *const lists[] = {
		&read->range_ends, &read->syncs,    &read->failed,  &read->launches,
		&read->overheads,  &read->contexts, &read->devices, &read->attributes,
		&read->samples,	   &read->facts,
	};
	budget_free(read->budget, &texts, &read->text_capacity, sizeof(*read->texts));
	budget_free(read->budget, &sites, &read->site_capacity, sizeof(*read->sites));
	budget_free(read->budget, &calls, &read->call_capacity, sizeof(*read->calls));
	budget_free(read->budget, &threads, &read->thread_capacity, sizeof(*read->threads));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		list_fini(read, lists[i]);
	budget_give(read->budget, read->arena.reserved_bytes);
	arena_fini(&read->arena);
}
