/*
 * State of the event path. Internal to the replay.
 *
 * Hosts issue kernels into the FIFO of their stream (replay_host.c), streams start and end them in
 * simulated time (replay_stream.c), and what has ended is told to the tally in program order
 * (replay_fold.c). A host runs ahead of simulated time as far as nothing can hold it up: what it
 * issues only bounds starts from below.
 */
#ifndef SIM_CORE_REPLAY_EVENT_H
#define SIM_CORE_REPLAY_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/queue.h"
#include "sim/core/replay_plan.h"
#include "sim/core/replay_tally.h"
#include "sim/core/share.h"

enum { EVENT_STREAMS = 256, EVENT_HOSTS = 256 };

/* Payload of an event: kind << 8 | stream or host. */
enum event_kind {
	EVENT_START,  /* a kernel starts on its stream */
	EVENT_STREAM, /* its fixed latency is over */
	EVENT_END,    /* it ends without having streamed */
	EVENT_HOST,   /* a host that ran far ahead goes on */
};

enum issue_flag {
	ISSUE_EAGER = 1 << 0,
	ISSUE_FIRST = 1 << 1,	 /* first kernel of its stream in a step of one launch */
	ISSUE_RECORDED = 1 << 2, /* a whole step that follows the recording */
};

/* A kernel that was issued and has not started. */
struct issue {
	int64_t arrival_ps;
	int64_t fixed_ps;
	int64_t service_ps;
	int64_t hidden_ps;
	uint64_t sequence; /* how many kernels came before it in program order, repeats included */
	uint64_t barrier;  /* it may start only after this many kernels have ended */
	uint64_t pass;
	uint32_t kernel;
	uint8_t flags;
	uint8_t host; /* that issued it */
};

struct event_stream {
	struct issue *issues; /* ring */
	size_t capacity;
	uint64_t first, last; /* of the ring, counting up */
	struct issue now;     /* running, or about to start */
	int64_t start_ps, ready_ps;
	int64_t end_ps, duration_ps; /* of the kernel before */
	int64_t edges_end_ps;	     /* of the head of the ring */
	uint64_t ticket;	     /* of its attribution */
	uint64_t launch;	     /* the newest launch that has a kernel here, + 1 */
	uint8_t host;		     /* that feeds it */
	bool used, busy, waiting;
};

enum host_state {
	HOST_RUNS,
	HOST_AHEAD,	 /* comes back by EVENT_HOST */
	HOST_WAIT_QUEUE, /* for a place in the launch queue */
	HOST_WAIT_SYNC,	 /* for its kernels to end */
	HOST_DONE,	 /* with this step */
};

struct event_host {
	int64_t clock_ps;
	int64_t last_end_ps; /* of its kernels */
	uint64_t unended;    /* kernels issued and not ended */
	uint64_t unstarted;  /* launches issued and not started */
	uint64_t backlog;    /* kernels issued and not started */
	uint32_t next;	     /* kernel */
	enum host_state state;
	bool charged; /* the host cost of NEXT is on the clock */
	struct block_cache cache;
};

struct kernel_time {
	int64_t start_ps, end_ps; /* -1: not yet */
};

struct step_record {
	uint64_t end_sequence; /* of its last kernel + 1 */
	int64_t end_ps;	       /* -1: not known yet */
	const struct sim_step *step;
};

struct events {
	const struct replay_plan *plan;
	struct replay_course *course;
	struct sim_diag *diag;
	int64_t now_ps;
	struct queue queue;
	struct share share;
	struct event_stream *streams; /* EVENT_STREAMS */
	struct event_host *hosts;
	uint32_t host_count;
	uint32_t stream_count; /* highest in use + 1 */
	uint32_t waiting;      /* streams whose head waits for an edge or a barrier */
	uint32_t active;       /* kernels between start and end */
	int64_t busy_from_ps;
	int64_t last_end_ps;
	uint64_t unended;

	/* the step that is being issued */
	uint64_t pass;
	size_t step;
	uint64_t step_sequence; /* of its first kernel */
	uint64_t barrier;
	bool step_open, hosts_ready, last_was_launched;
	uint64_t launch_started; /* the newest launch of which a kernel started, + 1 */
	int64_t clock_ps;	 /* when it began */

	/* program order */
	struct kernel_time *times; /* ring over sequence numbers */
	size_t time_capacity;
	uint64_t folded;	   /* kernels told to the tally */
	uint64_t issued;	   /* kernels issued at most so far, as a sequence number */
	struct step_record *steps; /* ring of steps that are not told yet */
	size_t step_capacity;
	uint64_t first_step, last_step;

	/* edges, when there are any */
	size_t *edge_first; /* kernel_count + 1, into edge_before */
	uint32_t *edge_before;
	uint64_t *ended_passes; /* per kernel */
	int64_t *ended_ps;
};

/* replay_edge.c */
SIM_MUST_CHECK enum sim_status edges_init(struct events *run);
/* May the head of STREAM start as far as edges go; the latest of their ends in edges_end_ps. */
bool edges_met(const struct events *run, struct event_stream *stream, const struct issue *issue);
enum sim_status edges_fail(const struct events *run);

/* replay_host.c: run every host as far as it gets. */
SIM_MUST_CHECK enum sim_status hosts_init(struct events *run);
SIM_MUST_CHECK enum sim_status hosts_run(struct events *run);
/* ISSUE starts now: its launch leaves the queue. */
void host_started(struct events *run, const struct issue *issue);
/* COUNT kernels of STREAM ended at the present time. */
void host_ended(struct events *run, const struct event_stream *stream);

/* replay_stream.c */
SIM_MUST_CHECK enum sim_status stream_push(struct events *run, uint32_t index,
					   const struct issue *issue);
SIM_MUST_CHECK enum sim_status stream_start(struct events *run, uint32_t index);
SIM_MUST_CHECK enum sim_status stream_join(struct events *run, uint32_t index);
SIM_MUST_CHECK enum sim_status stream_end(struct events *run, uint32_t index);

/*
 * replay_recorded.c: a step that follows the recording, all of it as one. It shares nothing, so its
 * end is known when it starts.
 */
SIM_MUST_CHECK enum sim_status recorded_end(struct events *run, const struct event_stream *stream,
					    int64_t *end_ps);
SIM_MUST_CHECK enum sim_status recorded_close(struct events *run,
					      const struct event_stream *stream);

/* replay_fold.c */
SIM_MUST_CHECK enum sim_status fold_reserve(struct events *run, uint64_t end_sequence);
SIM_MUST_CHECK enum sim_status fold_open_step(struct events *run, const struct sim_step *step);
SIM_MUST_CHECK enum sim_status fold_close_step(struct events *run, int64_t end_ps);
SIM_MUST_CHECK enum sim_status fold_ended(struct events *run);

static inline struct kernel_time *fold_time(const struct events *run, uint64_t sequence)
{
	return &run->times[sequence & (run->time_capacity - 1)];
}

static inline enum sim_status events_nomem(const struct events *run)
{
	return diag_fail(run->diag, SIM_E_NOMEM, "out of memory");
}

#endif
