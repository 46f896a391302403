/* Kernels of a log beside those of a trace: see ncu.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traces/ncu.h"

/* A kernel of the log under what it is found by. */
struct entry {
	uint32_t key[7]; /* name, grid, block */
	uint32_t index;	 /* in the log; orders equal keys */
	uint32_t group;	 /* first entry with this key */
};

struct joining {
	const struct ncu_log *log;
	const struct trace *trace;
	struct ncu_join *join;
	struct entry *entries;
	uint32_t *met;	 /* by group: kernels of the present step */
	uint32_t *step;	 /* by group: the step that met[] counts, from 1 */
	bool *used;	 /* by entry */
	uint32_t *names; /* by name of the trace: name of the log, or UINT32_MAX */
};

static int order_keys(const uint32_t *a, const uint32_t *b)
{
	for (size_t i = 0; i < 7; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

static int order_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = order_keys(a->key, b->key);
	return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static void index_log(struct joining *it)
{
	size_t count = it->log->kernel_count;
	for (size_t i = 0; i < count; i++) {
		const struct ncu_kernel *kernel = &it->log->kernels[i];
		struct entry *entry = &it->entries[i];
		entry->key[0] = kernel->name;
		memcpy(entry->key + 1, kernel->grid, sizeof(kernel->grid));
		memcpy(entry->key + 4, kernel->block, sizeof(kernel->block));
		entry->index = (uint32_t)i;
	}
	qsort(it->entries, count, sizeof(*it->entries), order_entries);
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = &it->entries[i];
		bool same = i > 0 && order_keys(entry[-1].key, entry->key) == 0;
		entry->group = same ? entry[-1].group : (uint32_t)i;
	}
}

static void index_names(struct joining *it)
{
	const struct name_table *names = &it->trace->names;
	char base[256];
	for (uint32_t i = 0; i < names->count; i++) {
		const char *name = ncu_function_name(names_text(names, i), base, sizeof(base));
		it->names[i] = names_find(&it->log->names, name, strlen(name));
	}
}

/* First entry with KEY, or NULL. */
static const struct entry *find_group(const struct joining *it, const uint32_t *key)
{
	size_t low = 0, high = it->log->kernel_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (order_keys(it->entries[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < it->log->kernel_count && order_keys(it->entries[low].key, key) == 0;
	return found ? &it->entries[low] : NULL;
}

/* The log's entry for kernel AT of step STEP, or SIZE_MAX. */
static size_t find_entry(struct joining *it, size_t at, uint32_t step)
{
	const struct trace_detail *detail = &it->trace->details[at];
	uint32_t key[7] = {it->names[detail->name]};
	if (key[0] == UINT32_MAX)
		return SIZE_MAX;
	memcpy(key + 1, detail->grid, sizeof(detail->grid));
	memcpy(key + 4, detail->block, sizeof(detail->block));
	const struct entry *group = find_group(it, key);
	if (group == NULL)
		return SIZE_MAX;
	size_t first = group->group;
	if (it->step[first] != step) {
		it->step[first] = step;
		it->met[first] = 0;
	}
	size_t place = first + it->met[first]++;
	bool there = place < it->log->kernel_count && it->entries[place].group == first;
	return there ? place : SIZE_MAX;
}

static void join_kernel(struct joining *it, size_t at, uint32_t step)
{
	unsigned op = it->trace->kernels[at].op;
	struct ncu_join *join = it->join;
	if (op == SIM_OP_MEMCPY || op == SIM_OP_MEMSET)
		return;
	size_t place = find_entry(it, at, step);
	if (place == SIZE_MAX) {
		join->unjoined++;
		return;
	}
	const struct ncu_kernel *kernel = &it->log->kernels[it->entries[place].index];
	join->dram_read_bytes[at] = kernel->dram_read_bytes;
	join->dram_write_bytes[at] = kernel->dram_write_bytes;
	join->lts_bytes[at] = kernel->lts_bytes;
	join->found[at] = true;
	it->used[place] = true;
	join->joined++;
}

static void join_all(struct joining *it)
{
	const struct trace *trace = it->trace;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		it->join->dram_read_bytes[i] = NAN;
		it->join->dram_write_bytes[i] = NAN;
		it->join->lts_bytes[i] = NAN;
	}
	index_log(it);
	index_names(it);
	for (size_t s = 0; s < trace->step_count; s++) {
		size_t first = trace->steps[s].first;
		for (size_t i = 0; i < trace->steps[s].count; i++)
			join_kernel(it, first + i, (uint32_t)s + 1);
	}
	for (size_t i = 0; i < it->log->kernel_count; i++)
		it->join->unused += !it->used[i];
}

enum sim_status ncu_join(const struct ncu_log *log, const struct trace *trace,
			 struct ncu_join *join, struct sim_diag *diag)
{
	size_t kernels = trace->kernel_count + 1, rows = log->kernel_count + 1;
	*join = (struct ncu_join){
		.found = calloc(kernels, sizeof(bool)),
		.dram_read_bytes = calloc(kernels, sizeof(double)),
		.dram_write_bytes = calloc(kernels, sizeof(double)),
		.lts_bytes = calloc(kernels, sizeof(double)),
	};
	struct joining it = {
		.log = log,
		.trace = trace,
		.join = join,
		.entries = calloc(rows, sizeof(*it.entries)),
		.met = calloc(rows, sizeof(*it.met)),
		.step = calloc(rows, sizeof(*it.step)),
		.used = calloc(rows, sizeof(*it.used)),
		.names = calloc((size_t)trace->names.count + 1, sizeof(*it.names)),
	};
	bool whole = join->found != NULL && join->dram_read_bytes != NULL &&
		     join->dram_write_bytes != NULL && join->lts_bytes != NULL &&
		     it.entries != NULL && it.met != NULL && it.step != NULL && it.used != NULL &&
		     it.names != NULL;
	if (whole)
		join_all(&it);
	else
		ncu_join_fini(join);
	free(it.entries);
	free(it.met);
	free(it.step);
	free(it.used);
	free(it.names);
	return whole ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

void ncu_join_fini(struct ncu_join *join)
{
	free(join->found);
	free(join->dram_read_bytes);
	free(join->dram_write_bytes);
	free(join->lts_bytes);
	*join = (struct ncu_join){0};
}
