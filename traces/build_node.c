/*
 * Nodes of CUDA graphs: from a kernel's node through clones to the node that was captured.
 *
 * Instantiation clones every node, and so does adding a graph to another; what a profiler sees of a
 * replay are nodes of the last clone.
 */
#include <stdlib.h>

#include "traces/build.h"

enum { MOST_CLONES = 16 };

enum sim_status build_add_node(struct build *build, const struct build_node *node,
			       struct sim_diag *diag)
{
	void *nodes = build->nodes;
	enum sim_status status = budget_grow(&build->budget, &nodes, &build->node_capacity,
					     build->node_count + 1, sizeof(*build->nodes), diag);
	build->nodes = nodes;
	TRY(status);
	build->nodes[build->node_count++] = *node;
	return SIM_OK;
}

/* Records of one node that name no original before those that do. */
static int by_node_and_time(const void *left, const void *right)
{
	const struct build_node *a = left, *b = right;
	if (a->node != b->node)
		return a->node < b->node ? -1 : 1;
	if ((a->original != 0) != (b->original != 0))
		return a->original == 0 ? -1 : 1;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->original != b->original)
		return a->original < b->original ? -1 : 1;
	return (a->thread > b->thread) - (a->thread < b->thread);
}

/* The last record like WANTED (node, original or none) up to its time; NULL: none. */
static const struct build_node *last_node(const struct build *build,
					  const struct build_node *wanted)
{
	size_t low = 0, high = build->node_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (by_node_and_time(&build->nodes[middle], wanted) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	const struct build_node *found = low > 0 ? &build->nodes[low - 1] : NULL;
	bool fits = found != NULL && found->node == wanted->node &&
		    (found->original != 0) == (wanted->original != 0);
	return fits ? found : NULL;
}

/*
 * What is known of NODE at LIMIT, for ids may be used again; NULL: nothing. A clone may be recorded
 * as created, too: where it comes from counts.
 */
static const struct build_node *find_node(const struct build *build, uint64_t node,
					  int64_t limit_ns)
{
	struct build_node wanted = {
		.time_ns = limit_ns, .node = node, .original = UINT64_MAX, .thread = UINT32_MAX};
	const struct build_node *clone = last_node(build, &wanted);
	wanted.original = 0;
	return clone != NULL ? clone : last_node(build, &wanted);
}

const struct build_node *build_captured_node(const struct build *build, uint64_t node,
					     int64_t limit_ns)
{
	const struct build_node *at = NULL;
	for (unsigned i = 0; i < MOST_CLONES && node != 0; i++) {
		at = find_node(build, node, limit_ns);
		if (at == NULL)
			return NULL;
		node = at->original;
		limit_ns = at->time_ns;
	}
	return node == 0 ? at : NULL;
}

void build_sort_nodes(struct build *build)
{
	if (build->node_count > 0)
		qsort(build->nodes, build->node_count, sizeof(*build->nodes), by_node_and_time);
}
