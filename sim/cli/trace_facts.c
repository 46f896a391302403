/* Sums and order statistics over the measured half of a trace: see trace_facts.h. */
#include "sim/cli/trace_facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A launch call of the host. */
struct call {
	int64_t start_ns, end_ns;
	uint32_t thread;
};

/* A node of a CUDA graph. */
struct node {
	uint32_t graph;
	uint64_t node;
};

struct samples {
	double *values; /* room for every kernel and every step, as the other two have */
	size_t count;
	struct call *calls;
	struct node *nodes;
};

static int order_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

static double ranked(const struct samples *samples, double share)
{
	size_t rank = (size_t)ceil(share * (double)samples->count);
	return samples->values[rank > 0 ? rank - 1 : 0];
}

/* Of the samples so far, which are forgotten. */
static struct spread take_spread(struct samples *samples)
{
	struct spread spread = {samples->count, NAN, NAN, NAN, NAN};
	if (samples->count == 0)
		return spread;
	qsort(samples->values, samples->count, sizeof(*samples->values), order_doubles);
	spread.least = samples->values[0];
	spread.median = ranked(samples, 0.5);
	spread.p95 = ranked(samples, 0.95);
	spread.most = samples->values[samples->count - 1];
	samples->count = 0;
	return spread;
}

static void add(struct samples *samples, double value)
{
	samples->values[samples->count++] = value;
}

static void find_steps(const struct trace *trace, struct samples *samples,
		       struct trace_facts *facts)
{
	double span = 0, busy = 0;
	facts->outside = trace->kernel_count;
	for (size_t s = 0; s < trace->step_count; s++) {
		bool graph = trace->steps[s].traced_launch == SIM_LAUNCH_GRAPH;
		facts->graph_steps += graph;
		facts->eager_steps += !graph;
		facts->outside -= trace->steps[s].count;
		add(samples, trace->steps[s].count);
	}
	facts->kernels = take_spread(samples);
	for (size_t s = 0; s < trace->step_count; s++) {
		const struct trace_step_measured *step = &trace->step_measured[s];
		double step_span = (double)(step->last_end_ns - step->first_start_ns);
		span += step_span;
		add(samples, step_span * 1e-6);
	}
	facts->span_ms = take_spread(samples);
	for (size_t s = 0; s < trace->step_count; s++) {
		double step_busy = (double)trace_step_busy_ns(trace, s);
		busy += step_busy;
		add(samples, step_busy * 1e-6);
	}
	facts->busy_ms = take_spread(samples);
	facts->idle_share = span > 0 ? 1 - busy / span : NAN;
}

static void step_gaps(const struct trace *trace, const struct sim_step *step,
		      struct samples *samples, struct trace_facts *facts)
{
	int64_t latest = INT64_MIN;
	for (size_t i = step->first; i < (size_t)step->first + step->count; i++) {
		const struct trace_measured *kernel = &trace->measured[i];
		int64_t end = kernel->start_ns + kernel->duration_ns;
		if (latest != INT64_MIN) {
			int64_t gap = kernel->start_ns - latest;
			facts->overlaps += gap < 0;
			add(samples, gap > 0 ? (double)gap * 1e-3 : 0);
		}
		latest = end > latest ? end : latest;
	}
}

static int order_calls(const void *left, const void *right)
{
	const struct call *a = left, *b = right;
	if (a->start_ns != b->start_ns)
		return a->start_ns < b->start_ns ? -1 : 1;
	return (a->thread > b->thread) - (a->thread < b->thread);
}

/* A graph's kernels all carry the one call that launched it. */
static void find_calls(const struct trace *trace, struct samples *samples,
		       struct trace_facts *facts)
{
	size_t count = 0;
	for (size_t s = 0; s < trace->step_count; s++) {
		size_t first = trace->steps[s].first, end = first + trace->steps[s].count;
		for (size_t i = first; i < end; i++) {
			const struct trace_measured *kernel = &trace->measured[i];
			if (kernel->launch_start_ns == INT64_MIN)
				continue;
			samples->calls[count++] = (struct call){
				kernel->launch_start_ns, kernel->launch_end_ns, kernel->thread};
		}
	}
	qsort(samples->calls, count, sizeof(*samples->calls), order_calls);
	for (size_t i = 0; i < count; i++) {
		const struct call *call = &samples->calls[i];
		if (i == 0 || order_calls(call - 1, call) != 0)
			add(samples, (double)(call->end_ns - call->start_ns) * 1e-3);
	}
	facts->call_us = take_spread(samples);
}

static void find_host(const struct trace *trace, struct samples *samples, struct trace_facts *facts)
{
	for (size_t s = 0; s < trace->step_count; s++) {
		size_t first = trace->steps[s].first, end = first + trace->steps[s].count;
		bool graph = trace->steps[s].traced_launch == SIM_LAUNCH_GRAPH;
		for (size_t i = first; !graph && i < end; i++)
			if (trace->kernels[i].flags & SIM_KERNEL_HOST_RECORDED)
				add(samples, trace->kernels[i].host_ns * 1e-3);
	}
	facts->host_us = take_spread(samples);
}

static int order_nodes(const void *left, const void *right)
{
	const struct node *a = left, *b = right;
	if (a->graph != b->graph)
		return a->graph < b->graph ? -1 : 1;
	return (a->node > b->node) - (a->node < b->node);
}

/* Nodes of each graph that were seen to run: a graph is replayed many times. */
static void find_nodes(const struct trace *trace, struct samples *samples,
		       struct trace_facts *facts)
{
	size_t count = 0, nodes = 0;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		const struct trace_measured *kernel = &trace->measured[i];
		if (kernel->graph != 0)
			samples->nodes[count++] = (struct node){kernel->graph, kernel->node};
	}
	qsort(samples->nodes, count, sizeof(*samples->nodes), order_nodes);
	for (size_t i = 0; i < count; i++) {
		const struct node *node = &samples->nodes[i];
		bool last = i + 1 == count || node[1].graph != node->graph;
		nodes += last || order_nodes(node, node + 1) != 0;
		if (last) {
			add(samples, (double)nodes);
			nodes = 0;
		}
	}
	facts->nodes = take_spread(samples);
}

static int order_families(const void *left, const void *right)
{
	const struct family_facts *a = left, *b = right;
	if (a->time_ns != b->time_ns)
		return a->time_ns > b->time_ns ? -1 : 1;
	return (a->family > b->family) - (a->family < b->family);
}

static void find_families(const struct trace *trace, struct trace_facts *facts)
{
	struct family_facts all[SIM_FAMILY_COUNT] = {{0}};
	int64_t known[SIM_FAMILY_COUNT] = {0}, total = 0;
	for (size_t s = 0; s < trace->step_count; s++) {
		size_t first = trace->steps[s].first, end = first + trace->steps[s].count;
		for (size_t i = first; i < end; i++) {
			unsigned family = trace->kernels[i].family;
			int64_t duration = trace->measured[i].duration_ns;
			all[family].kernels++;
			all[family].time_ns += duration;
			total += duration;
			if (!(trace->kernels[i].flags & SIM_KERNEL_OPAQUE))
				known[family] += duration;
		}
	}
	for (unsigned i = 0; i < SIM_FAMILY_COUNT; i++) {
		struct family_facts *family = &all[i];
		if (family->kernels == 0)
			continue;
		family->family = i;
		family->share = total > 0 ? (double)family->time_ns / (double)total : 0;
		family->known_share =
			family->time_ns > 0 ? (double)known[i] / (double)family->time_ns : 0;
		facts->families[facts->family_count++] = *family;
	}
	qsort(facts->families, facts->family_count, sizeof(*facts->families), order_families);
}

enum sim_status trace_facts_find(const struct trace *trace, struct trace_facts *facts,
				 struct sim_diag *diag)
{
	size_t room = trace->kernel_count + trace->step_count + 1;
	struct samples samples = {
		.values = malloc(room * sizeof(*samples.values)),
		.calls = malloc(room * sizeof(*samples.calls)),
		.nodes = malloc(room * sizeof(*samples.nodes)),
	};
	memset(facts, 0, sizeof(*facts));
	bool whole = samples.values != NULL && samples.calls != NULL && samples.nodes != NULL;
	if (whole) {
		find_steps(trace, &samples, facts);
		for (size_t s = 0; s < trace->step_count; s++)
			step_gaps(trace, &trace->steps[s], &samples, facts);
		facts->gap_us = take_spread(&samples);
		find_calls(trace, &samples, facts);
		find_host(trace, &samples, facts);
		find_nodes(trace, &samples, facts);
		find_families(trace, facts);
	}
	free(samples.values);
	free(samples.calls);
	free(samples.nodes);
	return whole ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}
