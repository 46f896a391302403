/*
 * What `decodesim trace` asks of the tracer, through the environment of the traced program.
 *
 * DECODESIM_TRACE_LOG      path of the log; %p becomes the process id, %% a percent sign. A file that
 *                          another live process writes is left alone: the id is appended.
 * DECODESIM_TRACE_OPTIONS  words, comma-separated, in any order; unknown ones are told on stderr
 *                          and ignored:
 *     calls       launches and other API calls (left out: --kernels-only)
 *     ranges      NVTX ranges, and which captured call each node of a graph comes from
 *     syncs       synchronization records
 *     all-calls   every API call, not only those that launch, copy, wait, allocate
 *     graph-level one record a graph replay instead of one a node
 *     timing      no CUPTI at all: only NVTX ranges that name steps, and the clocks
 *     steps=N     stop after N steps (ranges that name a step, else graph launches)
 *     verbose     what is going on, on stderr
 * DECODESIM_TRACE_CUPTI    path of a libcupti to load instead of the process's own or the system's
 * DECODESIM_TRACE_COMMAND  the command line, kept in the log as a fact
 *
 * The driver loads the tracer when CUDA_INJECTION64_PATH names it, the NVTX headers when
 * NVTX_INJECTION64_PATH does; under LD_PRELOAD it sets both itself. Whatever goes wrong inside the
 * tracer, the traced program runs on and ends with its own exit code.
 */
#ifndef TRACES_TRACER_OPTIONS_H
#define TRACES_TRACER_OPTIONS_H

#define TRACER_ENV_LOG "DECODESIM_TRACE_LOG"
#define TRACER_ENV_OPTIONS "DECODESIM_TRACE_OPTIONS"
#define TRACER_ENV_CUPTI "DECODESIM_TRACE_CUPTI"
#define TRACER_ENV_COMMAND "DECODESIM_TRACE_COMMAND"

/* file name of the library, beside the program or named by $DECODESIM_TRACER */
#define TRACER_LIBRARY "libdecodesim-tracer.so"
#define TRACER_ENV_LIBRARY "DECODESIM_TRACER"

/* X(NAME, word, what) */
/* clang-format off */
#define TRACER_OPTION_LIST(X) \
	X(CALLS,       "calls",       "launches and other API calls") \
	X(RANGES,      "ranges",      "NVTX ranges, and where graph nodes were captured") \
	X(SYNCS,       "syncs",       "synchronization records") \
	X(ALL_CALLS,   "all-calls",   "every API call") \
	X(GRAPH_LEVEL, "graph-level", "one record a graph replay") \
	X(TIMING,      "timing",      "step ranges alone, without CUPTI") \
	X(VERBOSE,     "verbose",     "messages on stderr")
/* clang-format on */
#define TRACER_STEPS_WORD "steps="

#endif
