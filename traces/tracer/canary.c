/* Whether the activity records still come to us: see canary.h. */
#include "traces/tracer/canary.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "traces/tracer/clocks.h"
#include "traces/tracer/lend.h"
#include "traces/tracer/loaded.h"
#include "traces/tracer/queue.h"
#include "traces/tracer/say.h"

#define NS_PER_MS UINT64_C(1000000)

/* The helper thread's, but for the two that the writer looks at. */
static struct {
	bool is_on;
	const struct cupti *cupti;
	int (*version)(int *version); /* cuDriverGetVersion(), NULL: not looked for */
	struct lend_counts before;    /* the call that is out */
	struct canary_watch watch;
	bool told;
	_Atomic uint32_t thread; /* system id of the helper's, 0: not there */
	atomic_bool seen;
} canary;

void canary_watch_call(struct canary_watch *watch, uint64_t now_ns)
{
	watch->is_out = true;
	watch->called_ns = now_ns;
}

bool canary_watch_judge(struct canary_watch *watch, uint64_t now_ns, bool sign)
{
	const uint64_t age_ns = now_ns - watch->called_ns;
	if (sign) {
		watch->is_out = false;
		watch->silent = 0;
		return false;
	}
	if (!watch->is_out || age_ns < CANARY_CALL_MS * NS_PER_MS)
		return false;
	watch->is_out = false;
	if (watch->silent++ == 0)
		watch->silent_since_ns = watch->called_ns;
	return watch->silent >= CANARY_CALLS &&
	       now_ns - watch->silent_since_ns >= CANARY_SILENCE_MS * NS_PER_MS;
}

void canary_start(const struct cupti *cupti, bool records_calls)
{
	canary.cupti = cupti;
	canary.is_on = cupti->cuptiActivityEnableDriverApi != NULL || records_calls;
}

/* Has CUPTI record the call, or not. */
static void choose_call(uint8_t enable)
{
	if (canary.cupti->cuptiActivityEnableDriverApi != NULL)
		canary.cupti->cuptiActivityEnableDriverApi(CUPTI_CBID_DRIVER_GET_VERSION, enable);
}

void canary_stop(void)
{
	if (canary.is_on && canary.version != NULL)
		choose_call(0);
	canary.is_on = false;
}

void canary_enter(void)
{
	atomic_store(&canary.thread, (uint32_t)syscall(SYS_gettid));
}

/* In the driver that the process has; the first time CUPTI learns of it. */
static bool find_call(void)
{
	if (canary.version != NULL)
		return true;
	void *library = loaded_library("libcuda.so");
	void *entry = library != NULL ? dlsym(library, "cuDriverGetVersion") : NULL;
	memcpy(&canary.version, &entry, sizeof(entry));
	if (canary.version != NULL)
		choose_call(1);
	return canary.version != NULL;
}

void canary_tick(void)
{
	int version;
	canary_judge();
	if (!canary.is_on || canary.told || canary.watch.is_out || !find_call())
		return;
	canary.before = lend_counted();
	if (canary.version(&version) == 0)
		canary_watch_call(&canary.watch, clock_ns(CLOCK_MONOTONIC));
}

static bool has_left_sign(void)
{
	struct lend_counts now = lend_counted();
	return now.requested != canary.before.requested || now.returned != canary.before.returned ||
	       now.unreturned > 0;
}

void canary_judge(void)
{
	static const char text[] = "another profiler took over the activity records";
	if (!canary.is_on || canary.told)
		return;
	if (!canary_watch_judge(&canary.watch, clock_ns(CLOCK_MONOTONIC), has_left_sign()) ||
	    !atomic_load(&canary.seen))
		return;
	canary.told = true;
	tracer_say("%s; the trace is not reliable", text);
	queue_push_fact("unreliable", text);
}

bool canary_is_own(const struct cupti_api *call)
{
	const uint32_t thread = atomic_load(&canary.thread);
	if (thread == 0 || call->thread != thread)
		return false;
	if (call->kind == CUPTI_KIND_DRIVER && call->cbid == CUPTI_CBID_DRIVER_GET_VERSION)
		atomic_store(&canary.seen, true);
	return true;
}
