/* NVTX in the fake libcupti: what the program marks becomes records of kind MARKER. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tracer/fakecupti.h"
#include "tests/tracer/fakenvtx.h"

int InitializeInjectionNvtx2(nvtx_get_export_fn get_export);

enum { DEEPEST = 64 };

/* texts and domains live as long as the process: records point to them */
struct text {
	struct text *next;
	char bytes[];
};

static pthread_mutex_t text_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct text *texts;
static atomic_uint next_id = 1;

static _Thread_local struct {
	uint32_t id;
	const char *domain;
} pushed[DEEPEST];
static _Thread_local int level;

static const char *kept(const char *bytes)
{
	pthread_mutex_lock(&text_mutex);
	struct text *text = texts;
	while (text != NULL && strcmp(text->bytes, bytes) != 0)
		text = text->next;
	if (text == NULL && (text = malloc(sizeof(*text) + strlen(bytes) + 1)) != NULL) {
		strcpy(text->bytes, bytes);
		text->next = texts;
		texts = text;
	}
	pthread_mutex_unlock(&text_mutex);
	return text != NULL ? text->bytes : NULL;
}

static void record(uint32_t flags, uint32_t id, const char *name, const char *domain)
{
	if (!fake_kind_enabled(CUPTI_KIND_MARKER))
		return;
	fake_lock_shared();
	struct cupti_marker *marker = fake_buffer_put(CUPTI_KIND_MARKER, false);
	if (marker != NULL) {
		marker->flags = flags;
		marker->timestamp = fake_now_ns();
		marker->id = id;
		marker->object_kind = CUPTI_OBJECT_THREAD;
		marker->process = 4321;
		marker->thread = fake_thread_id();
		marker->name = name;
		marker->domain = domain;
	}
	fake_unlock();
}

static uint32_t start(const char *text, const char *domain)
{
	uint32_t id = atomic_fetch_add(&next_id, 1);
	record(CUPTI_MARKER_START, id, kept(text), domain);
	return id;
}

static int push(const char *text, const char *domain)
{
	uint32_t id = start(text, domain);
	if (level < DEEPEST) {
		pushed[level].id = id;
		pushed[level].domain = domain;
	}
	return level++;
}

static int pop(void)
{
	if (level == 0)
		return -1;
	if (--level < DEEPEST)
		record(CUPTI_MARKER_END, pushed[level].id, NULL, pushed[level].domain);
	return level;
}

static const char *text_of(const struct nvtx_attributes *attributes)
{
	return attributes->message_type == 3 ? attributes->message.registered
					     : attributes->message.ascii;
}

static void on_mark(const char *text)
{
	record(CUPTI_MARKER_INSTANT, atomic_fetch_add(&next_id, 1), kept(text), NULL);
}

static int on_push(const char *text)
{
	return push(text, NULL);
}

static int on_push_ex(const struct nvtx_attributes *attributes)
{
	return push(text_of(attributes), NULL);
}

static int on_pop(void)
{
	return pop();
}

static uint64_t on_start(const char *text)
{
	return start(text, NULL);
}

static void on_end(uint64_t id)
{
	record(CUPTI_MARKER_END, (uint32_t)id, NULL, NULL);
}

static int on_domain_push(void *domain, const struct nvtx_attributes *attributes)
{
	return push(text_of(attributes), domain);
}

static int on_domain_pop(void *domain)
{
	(void)domain;
	return pop();
}

static void *on_domain_create(const char *name)
{
	return (void *)(uintptr_t)kept(name);
}

static void *on_register(void *domain, const char *text)
{
	(void)domain;
	return (void *)(uintptr_t)kept(text);
}

int InitializeInjectionNvtx2(nvtx_get_export_fn get_export)
{
	static const struct {
		uint32_t module;
		unsigned id;
		nvtx_function function;
	} functions[] = {
		{NVTX_MODULE_CORE, NVTX_MARK_A, (nvtx_function)on_mark},
		{NVTX_MODULE_CORE, NVTX_RANGE_PUSH_A, (nvtx_function)on_push},
		{NVTX_MODULE_CORE, NVTX_RANGE_PUSH_EX, (nvtx_function)on_push_ex},
		{NVTX_MODULE_CORE, NVTX_RANGE_POP, (nvtx_function)on_pop},
		{NVTX_MODULE_CORE, NVTX_RANGE_START_A, (nvtx_function)on_start},
		{NVTX_MODULE_CORE, NVTX_RANGE_END, (nvtx_function)on_end},
		{NVTX_MODULE_CORE2, NVTX_DOMAIN_RANGE_PUSH_EX, (nvtx_function)on_domain_push},
		{NVTX_MODULE_CORE2, NVTX_DOMAIN_RANGE_POP, (nvtx_function)on_domain_pop},
		{NVTX_MODULE_CORE2, NVTX_DOMAIN_CREATE_A, (nvtx_function)on_domain_create},
		{NVTX_MODULE_CORE2, NVTX_DOMAIN_REGISTER_STRING_A, (nvtx_function)on_register},
	};
	const struct nvtx_export_callbacks *callbacks = get_export(NVTX_EXPORT_CALLBACKS);
	if (callbacks == NULL || callbacks->struct_size < sizeof(*callbacks))
		return 0;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		nvtx_function **table = NULL;
		unsigned size = 0;
		if (callbacks->get_module_table(functions[i].module, &table, &size) != 1 ||
		    functions[i].id >= size)
			return 0;
		*table[functions[i].id] = functions[i].function;
	}
	return 1;
}
