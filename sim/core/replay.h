/*
 * Replay: kernels on a machine, in time.
 *
 * Timeline of a step (all integer ps; H is the host clock; host costs, and only they, are divided
 * by host_speed):
 *   eager       for each kernel in order: with SYNC_BEFORE, H = max(H, end of all earlier kernels
 *               + sync). H += host cost (recorded host_ns, else launch.host). While queue_depth
 *               launches are issued and not yet started, H waits for one of them to start. The
 *               kernel starts at max(H + latency, previous end on its stream + stream_gap, its
 *               edges' ends).
 *   graph       H += graph_host + n * graph_host_node, and one place in the launch queue; first
 *               node at H + graph_latency + n * graph_latency_node, after all that came before;
 *               then previous end on its stream + graph_gap (or the recorded gap, see struct
 *               sim_program); edges as above.
 *   pdl         graph, but a kernel starts min(pdl_overlap, its fixed, the previous kernel's
 *               duration) earlier, never before the previous kernel's start; never ends before it.
 *               Streaming begins at start + fixed, so streaming never overlaps on one stream.
 *   megakernel  H += graph_host; first op at H + mega_launch; then previous end + mega_sync;
 *               fixed_ps of every kernel is dropped, its streaming time is not.
 *   end         ends_in_sync: H = max(H, end of all kernels + sync). The next step begins at H.
 * A kernel's end = start + fixed + service, stretched while it shares resources with others. The
 * host time of a step's first kernel counts from the end of the step before.
 *
 * Opaque kernels, and all kernels on a machine that plays_recording, are played whole: they share
 * nothing, hide nothing under pdl and keep their duration in a megakernel. A step of one launch
 * (graph, pdl, megakernel) begins after everything before it has ended and nothing of a later step
 * begins before it has ended, as launches of one stream do. A step without kernels launches
 * nothing. Several hosts: each issues its own streams' kernels and syncs and queues for itself; a
 * step of one launch is issued by the host of its first kernel; the step ends at the latest of
 * their clocks.
 *
 * Two paths give the same bits: the event path (priority queue, any streams) and the straight-line
 * path (one stream, no edges, nothing ever overlaps). replay_run() takes the straight line where it
 * may. The closed form adds up demands without a timeline. On one stream it is never above the
 * simulation; it is equal in graph, pdl and megakernel mode (steps that do not sync: as long as the
 * launch queue never fills), and in eager mode wherever one side (host or device) is never waited
 * for by the other. On several streams it counts them as one and nothing is promised.
 */
#ifndef SIM_CORE_REPLAY_H
#define SIM_CORE_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/core/machine.h"
#include "sim/core/program.h"
#include "sim/core/status.h"

enum replay_path { REPLAY_AUTO, REPLAY_EVENT, REPLAY_STRAIGHT };

struct replay_options {
	enum sim_launch launch;
	enum replay_path
		path;	   /* REPLAY_STRAIGHT on a program that needs events: SIM_E_UNSUPPORTED */
	double host_speed; /* 2.0: host costs halve; must be > 0 */
	bool attribute;	   /* fill result->part_ps (a pass more) */
	uint64_t repeat;   /* replay the program's steps this many times in a row; 0 means 1 */
	int64_t *start_ps; /* optional, kernel_count entries each; of the first repeat; -1: in no
			      step */
	int64_t *end_ps;
	/* optional: called now and then; return false to stop with SIM_E_USAGE "interrupted" */
	bool (*progress)(void *context, uint64_t kernels_done);
	void *progress_context;
};

struct replay_result {
	uint64_t kernels;
	uint64_t steps;
	uint64_t opaque_kernels;
	int64_t total_ps;	/* from the host's start to the end of everything, syncs included */
	int64_t step_ps;	/* total / steps, rounded down */
	int64_t device_span_ps; /* first kernel start to last kernel end, mean over steps */
	int64_t device_busy_ps; /* union of kernel intervals, mean over steps */
	int64_t host_ps;	/* host time spent issuing, mean over steps */
	int64_t floor_ps;  /* byte floor of a step: floor bytes / peak bandwidth, mean over steps */
	int64_t opaque_ps; /* time of opaque kernels, mean over steps */
	int64_t part_ps[SIM_PART_COUNT]; /* mean over steps; sums to step_ps exactly */
	uint64_t digest; /* over every kernel's start and end and every step's end */
};

void replay_options_init(struct replay_options *options);

/*
 * SIM_E_RANGE: host_speed not positive, a step outside the kernels or before the step before it, an
 * edge outside the kernels, simulated time past 2^62 ps, one duration or launch cost past 2^60 ps;
 * SIM_E_UNSUPPORTED: see path; SIM_E_PARSE: edges that form a cycle, with each other or with what
 * streams and hosts wait for; SIM_E_USAGE: stopped by progress; SIM_E_NOMEM.
 */
SIM_MUST_CHECK enum sim_status replay_run(const struct sim_program *program,
					  const struct machine *machine,
					  const struct replay_options *options,
					  struct replay_result *result, struct sim_diag *diag);

/*
 * Sum of the closed form over all steps; see above for where it equals the simulation. Fills RESULT
 * but its parts and digest; edges, path, attribute, start_ps, end_ps and progress are not looked
 * at. Passes that leave H - D as they found it are multiplied: with syncs, two are added up.
 */
SIM_MUST_CHECK enum sim_status closed_form_run(const struct sim_program *program,
					       const struct machine *machine,
					       const struct replay_options *options,
					       struct replay_result *result, struct sim_diag *diag);

/*
 * The closed form of one step that ends in a sync, told as runs of kernels that repeat: what
 * closed_form_run() gives for the step written out, to the bit, at the cost of the kernels that are
 * told. KERNELS are none that wait (SIM_KERNEL_SYNC_BEFORE: SIM_E_UNSUPPORTED) and none of them is
 * opaque. The launch mode must not be as-traced; at most 2^32 - 1 kernels written out.
 */
SIM_MUST_CHECK enum sim_status closed_form_runs(const struct sim_kernel *kernels, size_t count,
						const struct sim_run *runs, size_t run_count,
						const struct machine *machine,
						const struct replay_options *options,
						struct replay_result *result,
						struct sim_diag *diag);

#endif
