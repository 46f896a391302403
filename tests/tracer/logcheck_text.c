/* What a log holds, as text: lines of a kind are counted, sorted, and never name a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tracer/logcheck.h"

/* a line of its own the first time; after that its numbers add up */
void check_line_add(struct check *check, const char *text, uint64_t ns, uint64_t bytes)
{
	struct check_line *line = NULL;
	for (size_t i = check->line_count; i > 0 && line == NULL; i--)
		if (strcmp(check->lines[i - 1].text, text) == 0)
			line = &check->lines[i - 1];
	if (line == NULL) {
		if (check->line_count == CHECK_MOST_LINES)
			check_fail(check, 0, "more kinds of lines than the checker has room for");
		line = &check->lines[check->line_count++];
		line->text = strdup(text);
	}
	line->count++;
	line->ns += ns;
	line->bytes += bytes;
}

uint64_t check_total(const struct check *check, const char *name)
{
	static const struct {
		const char *name;
		unsigned kind;
	} kinds[] = {
#define X(number, name, type) {#name, number},
		LOG_KIND_LIST(X)
#undef X
	};
	if (strcmp(name, "dropped") == 0)
		return check->counts.dropped;
	if (strcmp(name, "all_kernel") == 0)
		return check->kind_count[LOG_KERNEL] + check->kind_count[LOG_GRAPH_KERNEL];
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcasecmp(kinds[i].name, name) == 0)
			return check->kind_count[kinds[i].kind];
	return UINT64_MAX;
}

static void print_features(uint32_t features)
{
	static const char *const words[] = {"kernels", "calls",	      "ranges",
					    "syncs",   "graph-level", "timing"};
	printf("log %d.%d:", LOG_MAJOR, LOG_MINOR);
	for (unsigned i = 0; i < 32; i++)
		if (features >> i & 1)
			printf(" %s", i < sizeof(words) / sizeof(words[0]) ? words[i] : "?");
	printf("\n");
}

void check_print_head(const struct check *check)
{
	static const char *const reasons[] = {"exit", "signal", "steps"};
	print_features(check->features);
	printf("end: %s\n", !check->has_end	     ? "none"
			    : check->end.reason <= 2 ? reasons[check->end.reason]
						     : "?");
	if (check->torn > 0)
		printf("torn tail\n");
}

static void add_site_lines(struct check *check)
{
	char text[640];
	for (uint32_t i = 1; i <= check->site_count; i++)
		for (int graph = 0; graph < 2; graph++) {
			const struct log_site *site = &check->sites[i].site;
			const struct check_string *name = &check->strings[site->name];
			const struct check_string *plain = &check->strings[site->name_demangled];
			const bool told = check->tells_demangled && site->name_demangled > 0;
			if (check->sites[i].count[graph] == 0)
				continue;
			snprintf(text, sizeof(text),
				 "%s %.*s%s%.*s grid %ux%ux%u block %ux%ux%u cluster %ux%ux%u "
				 "registers %u shared %u+%u of %u device %u context %u",
				 graph ? "graph kernel" : "kernel", (int)name->length,
				 site->name > 0 ? name->bytes : "", told ? " = " : "",
				 (int)plain->length, told ? plain->bytes : "", site->grid[0],
				 site->grid[1], site->grid[2], site->block[0], site->block[1],
				 site->block[2], site->cluster[0], site->cluster[1],
				 site->cluster[2], site->registers, site->static_shared_bytes,
				 site->dynamic_shared_bytes, site->shared_executed_bytes,
				 site->device, site->context);
			check_line_add(check, text, check->sites[i].ns[graph], 0);
			check->lines[check->line_count - 1].count = check->sites[i].count[graph];
		}
}

static int by_text(const void *one, const void *other)
{
	const struct check_line *left = one, *right = other;
	return strcmp(left->text, right->text);
}

static void print_lines(struct check *check)
{
	qsort(check->lines, check->line_count, sizeof(check->lines[0]), by_text);
	for (size_t i = 0; i < check->line_count; i++) {
		const struct check_line *line = &check->lines[i];
		printf("%s", line->text);
		if (line->count > 1)
			printf(": %llu", (unsigned long long)line->count);
		if (line->ns > 0)
			printf(", %llu ns", (unsigned long long)line->ns);
		if (line->bytes > 0)
			printf(", %llu bytes", (unsigned long long)line->bytes);
		printf("\n");
	}
}

static int by_stream_and_start(const void *one, const void *other)
{
	const struct check_kernel *left = one, *right = other;
	if (left->stream != right->stream)
		return left->stream < right->stream ? -1 : 1;
	if (left->start_ns != right->start_ns)
		return left->start_ns < right->start_ns ? -1 : 1;
	return left->end_ns < right->end_ns ? -1 : left->end_ns > right->end_ns;
}

static void print_overlap(struct check *check)
{
	size_t overlapping = 0, streams = 0;
	uint64_t last = 0;
	if (check->kernel_count > 0)
		qsort(check->kernels, check->kernel_count, sizeof(check->kernels[0]),
		      by_stream_and_start);
	for (size_t i = 0; i < check->kernel_count; i++) {
		const struct check_kernel *kernel = &check->kernels[i];
		if (i == 0 || kernel->stream != kernel[-1].stream) {
			streams++;
			last = 0;
		}
		overlapping += kernel->start_ns < last;
		last = kernel->end_ns > last ? kernel->end_ns : last;
	}
	printf("kernels with times: %zu on %zu streams, %zu start before the one before ends\n",
	       check->kernel_count, streams, overlapping);
}

static const struct log_graph_node *node_of(const struct check *check, uint64_t id)
{
	for (size_t i = 0; i < check->node_count; i++)
		if (check->nodes[i].node == id)
			return &check->nodes[i];
	return NULL;
}

/* is a range of its thread open at the node's time */
static bool in_range(const struct check *check, const struct log_graph_node *node)
{
	for (size_t i = 0; i < check->range_count; i++) {
		const struct log_range *start = &check->ranges[i];
		if (start->phase != LOG_PHASE_START || start->thread != node->thread ||
		    start->time_ns > node->time_ns)
			continue;
		for (size_t j = i + 1; j < check->range_count; j++) {
			const struct log_range *end = &check->ranges[j];
			if (end->phase == LOG_PHASE_END && end->id == start->id) {
				if (end->time_ns >= node->time_ns)
					return true;
				break;
			}
		}
	}
	return false;
}

static void print_nodes(const struct check *check)
{
	size_t captured = 0, cloned = 0, ranged = 0, known = 0, kernels = 0;
	for (size_t i = 0; i < check->node_count; i++) {
		const struct log_graph_node *node = &check->nodes[i];
		captured += node->original == 0;
		cloned += node->original != 0;
		ranged += node->original == 0 && in_range(check, node);
	}
	for (size_t i = 0; i < check->kernel_count; i++) {
		const struct log_graph_node *node = NULL, *original = NULL;
		if (check->kernels[i].node == 0)
			continue;
		node = node_of(check, check->kernels[i].node);
		if (node != NULL && node->graph == check->kernels[i].graph)
			original = node_of(check, node->original);
		kernels++;
		known += original != NULL && original->original == 0;
	}
	if (check->node_count + kernels > 0)
		printf("nodes: %zu captured, %zu of them in a range, %zu cloned; %zu of %zu graph "
		       "kernels lead to a captured node\n",
		       captured, ranged, cloned, known, kernels);
}

static void print_counts(const struct check *check)
{
	const struct log_counts *counts = &check->counts;
	const struct {
		const char *name;
		uint64_t told, found;
	} totals[] = {
		{"kernels", counts->kernels, check_total(check, "all_kernel")},
		{"calls", counts->calls, check->kind_count[LOG_CALL]},
		{"copies", counts->copies, check->kind_count[LOG_COPY]},
		{"sets", counts->sets, check->kind_count[LOG_SET]},
		{"syncs", counts->syncs, check->kind_count[LOG_SYNC]},
		{"ranges", counts->ranges, check->kind_count[LOG_RANGE]},
		{"overheads", counts->overheads, check->kind_count[LOG_OVERHEAD]},
		{"graph launches", counts->graph_launches, check->kind_count[LOG_GRAPH_LAUNCH]},
		{"without times", counts->zero_times, check->zero_times},
	};
	printf("counts:");
	for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
		if (totals[i].told > 0)
			printf(" %llu %s", (unsigned long long)totals[i].told, totals[i].name);
		/* a log that ended tells what it holds */
		if (check->has_end && totals[i].told != totals[i].found)
			check_fail(check, 0, "totals are not what the log holds");
	}
	printf("\n");
	if (counts->unknown + counts->dropped + counts->lost + counts->foreign_buffers +
		    counts->unreturned_buffers >
	    0)
		printf("missing: %llu unknown, %llu dropped, %llu lost, %llu foreign buffers, %llu "
		       "unreturned buffers\n",
		       (unsigned long long)counts->unknown, (unsigned long long)counts->dropped,
		       (unsigned long long)counts->lost,
		       (unsigned long long)counts->foreign_buffers,
		       (unsigned long long)counts->unreturned_buffers);
}

static bool pairs(const struct check *check)
{
	size_t starts = 0, ends = 0;
	for (size_t i = 0; i < check->range_count; i++) {
		starts += check->ranges[i].phase == LOG_PHASE_START;
		ends += check->ranges[i].phase == LOG_PHASE_END;
	}
	return starts == ends;
}

void check_print(struct check *check)
{
	check_print_head(check);
	print_overlap(check);
	print_nodes(check);
	if (!pairs(check))
		printf("ranges that are open, or were never opened\n");
	printf("threads: %u, clocks: %s\n", check->threads,
	       check->kind_count[LOG_CLOCK] >= 2 ? "two or more"
	       : check->kind_count[LOG_CLOCK]	 ? "one"
						 : "none");
	if (check->has_counts)
		print_counts(check);
	add_site_lines(check);
	print_lines(check);
}
