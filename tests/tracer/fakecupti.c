/*
 * Entries of the fake libcupti.so.13; see fakecupti.h for what it does and what FAKE_CUPTI says.
 * Built a second time with FAKE_OLD, without the entries that an older CUPTI lacks.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/tracer/fakecupti.h"

#define X(name, parameters) int name parameters;
CUPTI_ENTRY_LIST(X)
#ifndef FAKE_OLD
int cuptiSubscribe_v2(cupti_subscriber *subscriber, cupti_callback_fn callback, void *user,
		      struct cupti_subscriber_params *params);
int cuptiActivityEnableRuntimeApi(uint32_t cbid, uint8_t enable);
int cuptiActivityEnableDriverApi(uint32_t cbid, uint8_t enable);
int cuptiEnableCallback(uint32_t enable, cupti_subscriber subscriber, uint32_t domain,
			uint32_t cbid);
int cuptiGetGraphNodeId(void *node, uint64_t *id);
int cuptiGetGraphId(void *graph, uint32_t *id);
#endif
#undef X

enum { CALLBACK_DOMAIN_RESOURCE = 3, RESOURCE_CALLBACKS = 32 };

struct fake_options fake_options = {.version = CUPTI_ABI_VERSION};

static atomic_bool forked;
static atomic_bool kinds[FAKE_KINDS];
static atomic_bool call_enabled[3][FAKE_CBIDS]; /* by domain */
static atomic_bool resource_enabled[RESOURCE_CALLBACKS];
static atomic_bool system_thread_ids;
static cupti_callback_fn subscriber_callback;
static void *subscriber_user;
static int subscription; /* its address is the handle */

/* every entry begins so */
static bool fails(const char *entry)
{
	if (atomic_load(&forked)) {
		fprintf(stderr, "fake libcupti: %s called in a forked child\n", entry);
		abort();
	}
	return strcmp(fake_options.fail, entry) == 0;
}

#define ENTER(entry)                                                                               \
	do {                                                                                       \
		if (fails(entry))                                                                  \
			return CUPTI_E_UNKNOWN;                                                    \
	} while (0)

static void in_child(void)
{
	atomic_store(&forked, true);
}

static void options_read(void)
{
	static const struct {
		const char *word;
		bool *option;
	} flags[] = {
		{"taken", &fake_options.taken},	    {"wide", &fake_options.wide},
		{"unknown", &fake_options.unknown}, {"invalid", &fake_options.invalid},
		{"zero", &fake_options.zero},	    {"drop", &fake_options.drop},
		{"slow", &fake_options.slow},	    {"one", &fake_options.one},
		{"mute", &fake_options.mute},
	};
	char words[256], *rest = words, *word;
	const char *given = getenv("FAKE_CUPTI");
	snprintf(words, sizeof(words), "%s", given != NULL ? given : "");
	while ((word = strsep(&rest, ",")) != NULL) {
		if (strncmp(word, "fail=", 5) == 0)
			snprintf(fake_options.fail, sizeof(fake_options.fail), "%s", word + 5);
		if (strncmp(word, "version=", 8) == 0)
			fake_options.version = (uint32_t)strtoul(word + 8, NULL, 10);
		for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
			if (strcmp(word, flags[i].word) == 0)
				*flags[i].option = true;
	}
}

/* From now on the driver tells what the program does; it may be loaded later than CUPTI is. */
static void hook_into_driver(void)
{
	void *driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
	void *symbol = driver != NULL ? dlsym(driver, FAKE_SET_HOOKS) : NULL;
	fake_set_hooks_fn set_hooks;
	memcpy(&set_hooks, &symbol, sizeof(set_hooks));
	if (set_hooks != NULL)
		set_hooks(&fake_cupti_hooks);
	if (driver != NULL)
		dlclose(driver);
}

__attribute__((constructor)) static void load(void)
{
	options_read();
	pthread_atfork(NULL, NULL, in_child);
	hook_into_driver();
}

bool fake_kind_enabled(uint32_t kind)
{
	return kind < FAKE_KINDS && atomic_load(&kinds[kind]);
}

bool fake_call_enabled(uint32_t domain, uint32_t cbid)
{
	return atomic_load(&call_enabled[domain][cbid]);
}

uint64_t fake_now_ns(void)
{
	struct timespec at;
	clock_gettime(CLOCK_REALTIME, &at);
	return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

uint32_t fake_thread_id(void)
{
	return atomic_load(&system_thread_ids) ? (uint32_t)syscall(SYS_gettid)
					       : (uint32_t)(uintptr_t)pthread_self();
}

void fake_resource_callback(uint32_t cbid, const void *data)
{
	fake_lock_shared();
	if (subscriber_callback != NULL && atomic_load(&resource_enabled[cbid]))
		subscriber_callback(subscriber_user, CALLBACK_DOMAIN_RESOURCE, cbid, data);
	fake_unlock();
}

int cuptiActivityRegisterCallbacks(cupti_request_fn request, cupti_complete_fn complete)
{
	ENTER("cuptiActivityRegisterCallbacks");
	if (request == NULL || complete == NULL)
		return CUPTI_E_INVALID_PARAMETER;
	hook_into_driver();
	fake_lock_exclusive();
	fake_buffer_client(request, complete);
	fake_unlock();
	return CUPTI_OK;
}

static int enable(uint32_t kind, bool on)
{
	if (fake_record_bytes(kind) == 0)
		return CUPTI_E_INVALID_KIND;
	if (on && kind == CUPTI_KIND_KERNEL)
		fprintf(stderr, "fake libcupti: kind KERNEL serialises kernels\n");
	fake_lock_exclusive();
	atomic_store(&kinds[kind], on);
	uint32_t domain = kind == CUPTI_KIND_DRIVER    ? CUPTI_DOMAIN_DRIVER
			  : kind == CUPTI_KIND_RUNTIME ? CUPTI_DOMAIN_RUNTIME
						       : 0;
	for (size_t i = 0; domain != 0 && i < FAKE_CBIDS; i++)
		atomic_store(&call_enabled[domain][i], on); /* overrides what was chosen */
	fake_unlock();
	return CUPTI_OK;
}

int cuptiActivityEnable(uint32_t kind)
{
	ENTER("cuptiActivityEnable");
	return enable(kind, true);
}

int cuptiActivityDisable(uint32_t kind)
{
	ENTER("cuptiActivityDisable");
	return enable(kind, false);
}

int cuptiActivityFlushAll(uint32_t flags)
{
	ENTER("cuptiActivityFlushAll");
	fake_lock_exclusive();
	fake_buffer_flush((flags & CUPTI_FLUSH_FORCED) != 0);
	fake_unlock();
	return CUPTI_OK;
}

int cuptiActivityGetNextRecord(uint8_t *buffer, size_t valid, struct cupti_record **record)
{
	ENTER("cuptiActivityGetNextRecord");
	int result = fake_buffer_next(buffer, valid, record);
	if (result != CUPTI_OK)
		fake_buffer_walked();
	return result;
}

int cuptiActivityGetNumDroppedRecords(void *context, uint32_t stream, size_t *dropped)
{
	ENTER("cuptiActivityGetNumDroppedRecords");
	(void)context;
	(void)stream;
	fake_lock_exclusive();
	*dropped = fake_buffer_dropped();
	fake_unlock();
	return CUPTI_OK;
}

int cuptiActivitySetAttribute(uint32_t attribute, size_t *size, void *value)
{
	ENTER("cuptiActivitySetAttribute");
	return attribute < 32 && size != NULL && value != NULL ? CUPTI_OK
							       : CUPTI_E_INVALID_PARAMETER;
}

int cuptiGetTimestamp(uint64_t *timestamp)
{
	ENTER("cuptiGetTimestamp");
	*timestamp = fake_now_ns();
	return CUPTI_OK;
}

int cuptiGetVersion(uint32_t *version)
{
	ENTER("cuptiGetVersion");
	*version = fake_options.version;
	return CUPTI_OK;
}

int cuptiGetCallbackName(uint32_t domain, uint32_t cbid, const char **name)
{
	static const struct {
		uint32_t domain, cbid;
		const char *text;
	} known[] = {
#define X(id, domain, cbid, text) {domain, cbid, text},
		FAKE_CALL_LIST(X)
#undef X
	};
	ENTER("cuptiGetCallbackName");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].domain == domain && known[i].cbid == cbid) {
			*name = known[i].text;
			return CUPTI_OK;
		}
	*name = NULL;
	return CUPTI_E_INVALID_PARAMETER;
}

int cuptiGetResultString(int result, const char **text)
{
	ENTER("cuptiGetResultString");
	*text = result == CUPTI_OK ? "CUPTI_SUCCESS" : "FAKE_CUPTI_ERROR";
	return CUPTI_OK;
}

int cuptiSetThreadIdType(uint32_t type)
{
	ENTER("cuptiSetThreadIdType");
	atomic_store(&system_thread_ids, type == CUPTI_THREAD_ID_SYSTEM);
	return CUPTI_OK;
}

static int subscribe(cupti_subscriber *subscriber, cupti_callback_fn callback, void *user)
{
	if (subscriber == NULL || callback == NULL)
		return CUPTI_E_INVALID_PARAMETER;
	fake_lock_exclusive();
	bool taken = fake_options.taken || subscriber_callback != NULL;
	if (!taken) {
		subscriber_callback = callback;
		subscriber_user = user;
		*subscriber = &subscription;
	}
	fake_unlock();
	return taken ? CUPTI_E_MULTIPLE_SUBSCRIBERS : CUPTI_OK;
}

int cuptiSubscribe(cupti_subscriber *subscriber, cupti_callback_fn callback, void *user)
{
	ENTER("cuptiSubscribe");
	return subscribe(subscriber, callback, user);
}

int cuptiUnsubscribe(cupti_subscriber subscriber)
{
	ENTER("cuptiUnsubscribe");
	if (subscriber != &subscription)
		return CUPTI_E_INVALID_PARAMETER;
	fake_lock_exclusive();
	subscriber_callback = NULL;
	fake_unlock();
	return CUPTI_OK;
}

#ifndef FAKE_OLD
int cuptiSubscribe_v2(cupti_subscriber *subscriber, cupti_callback_fn callback, void *user,
		      struct cupti_subscriber_params *params)
{
	ENTER("cuptiSubscribe_v2");
	if (params != NULL && params->struct_size != sizeof(*params))
		return CUPTI_E_INVALID_PARAMETER;
	int result = subscribe(subscriber, callback, user);
	if (result == CUPTI_E_MULTIPLE_SUBSCRIBERS && params != NULL && params->old_name != NULL)
		snprintf(params->old_name, params->old_name_bytes, "CUPTI for a fake tool");
	return result;
}

static int enable_call(uint32_t domain, uint32_t cbid, uint8_t on)
{
	if (cbid >= FAKE_CBIDS)
		return CUPTI_E_INVALID_PARAMETER;
	fake_lock_exclusive();
	atomic_store(&call_enabled[domain][cbid], on != 0);
	fake_unlock();
	return CUPTI_OK;
}

int cuptiActivityEnableRuntimeApi(uint32_t cbid, uint8_t on)
{
	ENTER("cuptiActivityEnableRuntimeApi");
	return enable_call(CUPTI_DOMAIN_RUNTIME, cbid, on);
}

int cuptiActivityEnableDriverApi(uint32_t cbid, uint8_t on)
{
	ENTER("cuptiActivityEnableDriverApi");
	return enable_call(CUPTI_DOMAIN_DRIVER, cbid, on);
}

int cuptiEnableCallback(uint32_t on, cupti_subscriber subscriber, uint32_t domain, uint32_t cbid)
{
	ENTER("cuptiEnableCallback");
	if (subscriber != &subscription || domain != CALLBACK_DOMAIN_RESOURCE ||
	    cbid >= RESOURCE_CALLBACKS)
		return CUPTI_E_INVALID_PARAMETER;
	fake_lock_exclusive();
	atomic_store(&resource_enabled[cbid], on != 0);
	fake_unlock();
	return CUPTI_OK;
}

int cuptiGetGraphNodeId(void *node, uint64_t *id)
{
	ENTER("cuptiGetGraphNodeId");
	fake_lock_shared();
	*id = ((const struct fake_node_object *)node)->id;
	fake_unlock();
	return CUPTI_OK;
}

int cuptiGetGraphId(void *graph, uint32_t *id)
{
	ENTER("cuptiGetGraphId");
	fake_lock_shared();
	*id = ((const struct fake_graph_object *)graph)->id;
	fake_unlock();
	return CUPTI_OK;
}
#endif
