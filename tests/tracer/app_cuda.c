/*
 * The CUDA runtime inside the fake program, as a statically linked one: loads libcuda.so.1 at run
 * time and says to it what happens. Durations are fixed, so that sums over a log are exact: kernel
 * number i takes 1000 + 100 (i mod 5) ns, a call 2000 ns, and a kernel starts at least 5 us after
 * its launch and 500 ns after its predecessor on the stream.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/tracer/app.h"

enum { NAMES = 5, STREAMS = 64, LAUNCH_NS = 2000, LATENCY_NS = 5000, GAP_NS = 500 };

static char names[NAMES][64] = {
	"_ZN4fake4gemvEPfi", "_ZN4fake9attentionEPfi", "fake_norm",
	"fake_rope",	     "_ZN4fake4copyEPKcPci",
};

static fake_get_hooks_fn get_hooks;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_uint correlation;
static atomic_ullong stream_free_ns[STREAMS];
static uint32_t graph_id; /* of the graph that was captured last; its instance has the next id */
static unsigned graph_nodes;

static void *symbol_of(void *library, const char *name)
{
	void *symbol = dlsym(library, name);
	if (symbol != NULL)
		return symbol;
	fprintf(stderr, "fake program: %s\n", dlerror());
	exit(99);
}

static void initialize(void)
{
	void *library = dlopen("libcuda.so.1", RTLD_NOW), *symbol;
	int (*init)(unsigned flags);
	if (library == NULL) {
		fprintf(stderr, "fake program: %s\n", dlerror());
		exit(99);
	}
	symbol = symbol_of(library, FAKE_GET_HOOKS);
	memcpy(&get_hooks, &symbol, sizeof(get_hooks));
	symbol = symbol_of(library, "cuInit");
	memcpy(&init, &symbol, sizeof(init));
	int result = init(0);
	if (result != 0)
		app_say("cuInit: %d\n", result);
	if (result == 0 && get_hooks() != NULL)
		get_hooks()->context(FAKE_CONTEXT, FAKE_DEVICE);
}

void cuda_init(void)
{
	pthread_once(&once, initialize);
}

const struct fake_hooks *cuda_hooks(void)
{
	cuda_init();
	return get_hooks();
}

uint32_t cuda_correlation(void)
{
	return atomic_fetch_add(&correlation, 1) + 1;
}

uint64_t cuda_now_ns(void)
{
	struct timespec at;
	clock_gettime(CLOCK_REALTIME, &at);
	return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

static void call(enum fake_call_id id, uint32_t number, uint64_t start_ns, uint32_t result)
{
	const struct fake_call call = {id, number, result, start_ns, LAUNCH_NS};
	cuda_hooks()->call(&call);
}

void cuda_call(enum fake_call_id id, uint32_t result)
{
	uint32_t number = cuda_correlation();
	if (cuda_hooks() != NULL)
		call(id, number, cuda_now_ns(), result);
}

static struct fake_kernel kernel_of(unsigned index, uint32_t stream)
{
	unsigned kind = index % NAMES;
	return (struct fake_kernel){
		.name = names[kind],
		.duration_ns = 1000 + 100 * kind,
		.stream = stream,
		.grid = {(int32_t)(16 << kind), 1, 1},
		.block = {128, (int32_t)(1 + kind % 2), 1},
		.static_shared = 256,
		.dynamic_shared = kind == 0 ? 100 << 10 : 0,
		.cluster = {kind == 1 ? 2 : 0, kind == 1 ? 1 : 0, kind == 1 ? 1 : 0},
		.registers = (uint16_t)(32 + kind),
		.launch_type = 0,
	};
}

/* where the kernel goes on its stream; OVERLAP: it starts 400 ns before its predecessor ends */
static void place(struct fake_kernel *kernel, uint64_t earliest_ns, bool overlap)
{
	atomic_ullong *free_ns = &stream_free_ns[kernel->stream % STREAMS];
	uint64_t after = atomic_load(free_ns);
	uint64_t start = after + GAP_NS > earliest_ns ? after + GAP_NS : earliest_ns;
	if (overlap && after != 0)
		start = after - 400;
	kernel->start_ns = start;
	atomic_store(free_ns, start + kernel->duration_ns);
}

static void launch(unsigned index, uint32_t stream, bool in_flight, bool overlap)
{
	struct fake_kernel kernel = kernel_of(index, stream);
	uint64_t now = cuda_now_ns();
	kernel.correlation = cuda_correlation();
	kernel.in_flight = in_flight;
	if (cuda_hooks() == NULL)
		return;
	place(&kernel, now + LATENCY_NS, overlap);
	cuda_hooks()->kernel(&kernel);
	call(overlap ? FAKE_LAUNCH_EX : FAKE_LAUNCH, kernel.correlation, now, 0);
}

void cuda_launch(unsigned index, uint32_t stream)
{
	launch(index, stream, false, false);
}

void cuda_launch_in_flight(unsigned index, uint32_t stream)
{
	launch(index, stream, true, false);
}

void cuda_launch_overlapping(unsigned index, uint32_t stream)
{
	launch(index, stream, false, true);
}

void cuda_sync(uint32_t stream)
{
	struct fake_sync sync = {.type = 3, .stream = stream, .correlation = cuda_correlation()};
	if (cuda_hooks() == NULL)
		return;
	cuda_hooks()->finish();
	sync.start_ns = cuda_now_ns();
	sync.duration_ns = LAUNCH_NS;
	cuda_hooks()->sync(&sync);
	call(FAKE_STREAM_SYNC, sync.correlation, sync.start_ns, 0);
}

void cuda_copy(uint8_t copy_kind, uint64_t bytes)
{
	/* kinds of memory (3 is the device's) and of copies (1 HtoD, 2 DtoH) are CUPTI's */
	struct fake_copy copy = {
		.duration_ns = 700,
		.bytes = bytes,
		.stream = FAKE_NULL_STREAM,
		.correlation = cuda_correlation(),
		.destination_device = copy_kind == 10 ? 1 : 0,
		.copy_kind = copy_kind,
		.source_kind = copy_kind == 1 ? 1 : 3,
		.destination_kind = copy_kind == 2 ? 2 : 3,
		.asynchronous = true,
	};
	if (cuda_hooks() == NULL)
		return;
	copy.start_ns = cuda_now_ns();
	cuda_hooks()->copy(&copy);
	call(FAKE_COPY, copy.correlation, copy.start_ns, 0);
}

void cuda_set(uint64_t bytes)
{
	struct fake_set set = {.duration_ns = 300,
			       .bytes = bytes,
			       .value = 90,
			       .stream = FAKE_NULL_STREAM,
			       .correlation = cuda_correlation()};
	if (cuda_hooks() == NULL)
		return;
	set.start_ns = cuda_now_ns();
	cuda_hooks()->set(&set);
	call(FAKE_SET, set.correlation, set.start_ns, 0);
}

void cuda_overhead(void)
{
	/* lazy loading of a function, CUPTI's 5 << 16 */
	struct fake_overhead overhead = {.duration_ns = 40000, .overhead_kind = 5 << 16};
	if (cuda_hooks() == NULL)
		return;
	overhead.start_ns = cuda_now_ns();
	cuda_hooks()->overhead(&overhead);
}

void cuda_unload(void)
{
	if (cuda_hooks() != NULL)
		cuda_hooks()->unload();
	for (int i = 0; i < NAMES; i++)
		snprintf(names[i], sizeof(names[i]), "fake_reloaded_%d", i);
}

static void add_nodes(unsigned count, uint32_t graph, uint32_t original)
{
	for (unsigned i = 0; i < count; i++) {
		struct fake_node node = {.node = (uint64_t)graph << 32 | (i + 1),
					 .graph = graph,
					 .original_graph = original};
		if (original != 0)
			node.original = (uint64_t)original << 32 | (i + 1);
		cuda_hooks()->node(&node);
	}
}

void cuda_capture(unsigned count, unsigned nodes_per_range)
{
	char text[96];
	graph_id += 2;
	graph_nodes = count;
	cuda_call(FAKE_BEGIN_CAPTURE, 0);
	for (unsigned i = 0; i < count; i++) {
		if (nodes_per_range > 0 && i % nodes_per_range == 0) {
			snprintf(text, sizeof(text),
				 "aten::linear, op_id = %u, sizes = [[1, 64], [64, 64]]",
				 i / nodes_per_range % 8);
			nvtx_push(text);
		}
		struct fake_node node = {.node = (uint64_t)graph_id << 32 | (i + 1),
					 .graph = graph_id};
		if (cuda_hooks() != NULL)
			cuda_hooks()->node(&node);
		cuda_call(FAKE_LAUNCH, 0);
		if (nodes_per_range > 0 && (i + 1) % nodes_per_range == 0)
			nvtx_pop();
	}
	cuda_call(FAKE_END_CAPTURE, 0);
	cuda_call(FAKE_INSTANTIATE, 0);
	if (cuda_hooks() != NULL)
		add_nodes(count, graph_id + 1, graph_id);
}

void cuda_replay(void)
{
	uint64_t now = cuda_now_ns();
	struct fake_graph_launch replay = {.graph = graph_id + 1,
					   .stream = FAKE_NULL_STREAM,
					   .correlation = cuda_correlation()};
	if (cuda_hooks() == NULL)
		return;
	for (unsigned i = 0; i < graph_nodes; i++) {
		struct fake_kernel kernel = kernel_of(i, FAKE_NULL_STREAM);
		kernel.correlation = replay.correlation;
		kernel.graph = replay.graph;
		kernel.node = (uint64_t)replay.graph << 32 | (i + 1);
		place(&kernel, now + LATENCY_NS, false);
		replay.start_ns = i == 0 ? kernel.start_ns : replay.start_ns;
		replay.duration_ns = kernel.start_ns + kernel.duration_ns - replay.start_ns;
		cuda_hooks()->kernel(&kernel);
	}
	cuda_hooks()->graph_launch(&replay);
	call(FAKE_GRAPH_LAUNCH, replay.correlation, now, 0);
}
