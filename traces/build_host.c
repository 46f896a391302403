/*
 * The host's side: which waits are waits for the whole device, and how much of its own time the
 * host spent on each kernel (sim/core/kernel.h, host_ns).
 */
#include <stdlib.h>

#include "traces/build.h"
#include "traces/merge_sort.h"

/* Device and host clocks are matched to about 10 us; a sync may seem to end before its work. */
enum { CLOCK_SKEW_NS = 20000 };

static bool launch_before(const void *context, const uint32_t *a, const uint32_t *b)
{
	const struct trace_measured *measured = context;
	int64_t from_a = measured[*a].launch_start_ns, from_b = measured[*b].launch_start_ns;
	return from_a != from_b ? from_a < from_b : *a < *b;
}

static bool thread_before(const void *context, const uint32_t *a, const uint32_t *b)
{
	const struct trace_measured *measured = context;
	if (measured[*a].thread != measured[*b].thread)
		return measured[*a].thread < measured[*b].thread;
	return launch_before(context, a, b);
}

MERGE_SORT_DEFINE(sort_by_launch, uint32_t, launch_before)
MERGE_SORT_DEFINE(sort_by_thread, uint32_t, thread_before)

static int by_end(const void *left, const void *right)
{
	const struct build_sync *a = left, *b = right;
	if (a->end_ns != b->end_ns)
		return a->end_ns > b->end_ns ? 1 : -1;
	return (a->start_ns > b->start_ns) - (a->start_ns < b->start_ns);
}

static int by_start(const void *left, const void *right)
{
	const struct build_sync *a = left, *b = right;
	if (a->start_ns != b->start_ns)
		return a->start_ns > b->start_ns ? 1 : -1;
	return by_end(left, right);
}

/* Kernels with a launch, in order of launch. */
static enum sim_status
order_launched(struct build *build, bool (*sort)(uint32_t *, size_t, const void *, struct budget *),
	       struct sim_diag *diag)
{
	size_t kept = 0;
	TRY(build_order_reset(build, diag));
	for (size_t i = 0; i < build->order_count; i++)
		if (build_launch_of(build, i) != NULL)
			build->order[kept++] = (uint32_t)i;
	build->order_count = kept;
	if (!sort(build->order, kept, build->trace->measured, &build->budget))
		return diag_fail(diag, SIM_E_NOMEM, "out of memory to sort %zu launches", kept);
	return SIM_OK;
}

/*
 * A sync is full when everything launched before it has ended by its end. Waits for an event, or
 * for one stream of several, may not be: their time stays host time, as it was.
 */
enum sim_status build_keep_full_syncs(struct build *build, struct sim_diag *diag)
{
	const struct trace_measured *measured = build->trace->measured;
	size_t next = 0, kept = 0;
	int64_t latest_end = INT64_MIN;
	for (size_t i = 0; i < build->launch_count; i++) {
		const struct build_launch *launch = &build->launches[i];
		struct build_sync wait = {launch->start_ns, launch->end_ns, launch->thread};
		if (launch->flags & BUILD_LAUNCH_BLOCKING)
			TRY(build_add_sync(build, &wait, diag));
	}
	TRY(order_launched(build, sort_by_launch, diag));
	if (build->sync_count > 0)
		qsort(build->syncs, build->sync_count, sizeof(*build->syncs), by_start);
	for (size_t i = 0; i < build->sync_count; i++) {
		const struct build_sync sync = build->syncs[i];
		for (; next < build->order_count; next++) {
			const struct trace_measured *at = &measured[build->order[next]];
			if (at->launch_start_ns > sync.start_ns)
				break;
			if (at->start_ns + at->duration_ns > latest_end)
				latest_end = at->start_ns + at->duration_ns;
		}
		if (latest_end <= sync.end_ns + CLOCK_SKEW_NS)
			build->syncs[kept++] = sync;
	}
	build->sync_count = kept;
	if (kept > 0)
		qsort(build->syncs, kept, sizeof(*build->syncs), by_end);
	return SIM_OK;
}

static bool ends_by(const struct build *build, size_t sync, int64_t time_ns)
{
	return sync < build->sync_count && build->syncs[sync].end_ns <= time_ns;
}

/* Syncs that end at or before TIME; NEAR is what was found before, which is looked at first. */
static size_t syncs_until(const struct build *build, int64_t time_ns, size_t near)
{
	size_t low = 0, high = build->sync_count;
	for (size_t i = near; i <= near + 1 && i <= high; i++)
		if ((i == 0 || ends_by(build, i - 1, time_ns)) && !ends_by(build, i, time_ns))
			return i;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (build->syncs[middle].end_ns <= time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The last sync of THREAD (0: any) that ends in (after, until], or NULL. NEAR is kept between calls. */
static const struct build_sync *last_sync(const struct build *build, uint32_t thread,
					  int64_t after_ns, int64_t until_ns, size_t *near)
{
	*near = syncs_until(build, until_ns, *near);
	for (size_t i = *near; i-- > 0;) {
		const struct build_sync *sync = &build->syncs[i];
		if (sync->end_ns <= after_ns)
			break;
		if (thread == 0 || sync->thread == 0 || sync->thread == thread)
			return sync;
	}
	return NULL;
}

struct step_launches {
	int64_t first_ns; /* start of the first launch; INT64_MAX none */
	int64_t last_ns;
};

static struct step_launches step_launches(const struct trace *trace, const struct sim_step *step)
{
	struct step_launches launches = {INT64_MAX, INT64_MIN};
	for (size_t i = step->first; i < (size_t)step->first + step->count; i++) {
		int64_t start = trace->measured[i].launch_start_ns;
		if (start == INT64_MIN)
			continue;
		if (start < launches.first_ns)
			launches.first_ns = start;
		if (start > launches.last_ns)
			launches.last_ns = start;
	}
	return launches;
}

static void measure_device(const struct trace *trace, size_t step)
{
	const struct sim_step *range = &trace->steps[step];
	struct trace_step_measured *measured = &trace->step_measured[step];
	measured->first_start_ns = trace->measured[range->first].start_ns;
	measured->last_end_ns = INT64_MIN;
	for (size_t i = range->first; i < (size_t)range->first + range->count; i++) {
		int64_t end = trace->measured[i].start_ns + trace->measured[i].duration_ns;
		if (end > measured->last_end_ns)
			measured->last_end_ns = end;
	}
}

/* When each step began on the host and on the device, and whether the host waited for its end. */
void build_measure_steps(struct build *build)
{
	struct trace *trace = build->trace;
	struct step_launches before = {INT64_MAX, INT64_MIN};
	size_t near = 0;
	for (size_t i = 0; i < trace->step_count; i++) {
		struct step_launches now = step_launches(trace, &trace->steps[i]);
		struct trace_step_measured *measured = &trace->step_measured[i];
		const struct build_sync *sync = NULL;
		measure_device(trace, i);
		measured->host_start_ns = INT64_MIN;
		if (now.first_ns != INT64_MAX) {
			measured->host_start_ns = now.first_ns;
			if (i > 0 && before.last_ns != INT64_MIN)
				sync = last_sync(build, 0, before.last_ns, now.first_ns, &near);
		}
		if (sync != NULL) {
			measured->host_start_ns = sync->end_ns;
			trace->steps[i - 1].ends_in_sync = 1;
		}
		before = now;
	}
	if (trace->step_count > 0 && before.last_ns != INT64_MIN &&
	    last_sync(build, 0, before.last_ns, INT64_MAX, &near) != NULL)
		trace->steps[trace->step_count - 1].ends_in_sync = 1;
}

static uint32_t saturate(int64_t ns)
{
	if (ns <= 0)
		return 0;
	return ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
}

/* Host time at which a launch call is over for the host's own work: a blocking one only waits. */
static int64_t return_of(const struct build_launch *launch)
{
	return launch->flags & BUILD_LAUNCH_BLOCKING ? launch->start_ns : launch->end_ns;
}

static bool is_in_step(const struct trace *trace, size_t step, size_t index)
{
	return step < trace->step_count && trace->steps[step].first <= index &&
	       index - trace->steps[step].first < trace->steps[step].count;
}

/* The step that holds kernel INDEX, or step_count; NEAR is looked at first. */
static size_t step_of(const struct trace *trace, size_t index, size_t near)
{
	size_t low = 0, high = trace->step_count;
	if (is_in_step(trace, near, index))
		return near;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if ((size_t)trace->steps[middle].first + trace->steps[middle].count <= index)
			low = middle + 1;
		else
			high = middle;
	}
	return is_in_step(trace, low, index) ? low : trace->step_count;
}

/* Where the last kernel's step and sync were found: the next one's are there or just behind. */
struct nearby {
	size_t step, sync;
};

/* Host time of kernel INDEX whose thread returned from its previous launch at RETURNED. */
static void time_kernel(struct build *build, size_t index, int64_t returned_ns, struct nearby *near)
{
	struct trace *trace = build->trace;
	struct sim_kernel *kernel = &trace->kernels[index];
	const struct build_launch *launch = build_launch_of(build, index);
	size_t step = step_of(trace, index, near->step);
	int64_t from = returned_ns;
	const struct build_sync *sync = NULL;
	near->step = step;
	if (from == INT64_MIN)
		from = launch->start_ns;
	else
		sync = last_sync(build, launch->thread, from, launch->start_ns, &near->sync);
	if (sync != NULL)
		from = sync->end_ns;
	if (step < trace->step_count) {
		int64_t host_start = trace->step_measured[step].host_start_ns;
		if (step == 0 && from < host_start)
			from = host_start;
		if (sync != NULL && sync->end_ns > host_start)
			kernel->flags |= SIM_KERNEL_SYNC_BEFORE;
	}
	kernel->host_ns = saturate(return_of(launch) - from);
	kernel->flags |= SIM_KERNEL_HOST_RECORDED;
}

enum sim_status build_host_times(struct build *build, struct sim_diag *diag)
{
	uint32_t thread = 0;
	int64_t returned = INT64_MIN;
	struct nearby near = {0, 0};
	TRY(order_launched(build, sort_by_thread, diag));
	for (size_t i = 0; i < build->order_count; i++) {
		uint32_t index = build->order[i];
		const struct build_launch *launch = build_launch_of(build, index);
		if (i == 0 || launch->thread != thread)
			returned = INT64_MIN;
		thread = launch->thread;
		if (!build_is_graph(build, index))
			time_kernel(build, index, returned, &near);
		returned = return_of(launch);
	}
	return SIM_OK;
}
