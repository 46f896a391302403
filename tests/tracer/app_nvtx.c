/*
 * NVTX as it is compiled into programs: the first call loads what NVTX_INJECTION64_PATH names, and
 * functions that the library did not set do nothing.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tracer/app.h"
#include "tests/tracer/fakenvtx.h"

static nvtx_function core[NVTX_CORE_SIZE], core2[NVTX_CORE2_SIZE];
static nvtx_function *core_table[NVTX_CORE_SIZE + 1], *core2_table[NVTX_CORE2_SIZE + 1];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int get_module_table(uint32_t module, nvtx_function ***table, unsigned *size)
{
	if (module != NVTX_MODULE_CORE && module != NVTX_MODULE_CORE2)
		return 0;
	*table = module == NVTX_MODULE_CORE ? core_table : core2_table;
	if (size != NULL)
		*size = module == NVTX_MODULE_CORE ? NVTX_CORE_SIZE : NVTX_CORE2_SIZE;
	return 1;
}

static void set_injection_version(uint32_t version)
{
	(void)version;
}

static const void *get_export(uint32_t table)
{
	static const struct nvtx_export_callbacks callbacks = {sizeof(callbacks), get_module_table};
	static const struct nvtx_export_version version = {sizeof(version), 3, 0,
							   set_injection_version};
	return table == NVTX_EXPORT_CALLBACKS ? (const void *)&callbacks
	       : table == NVTX_EXPORT_VERSION ? (const void *)&version
					      : NULL;
}

/* a library that says no is unloaded again, and may have set nothing that is called */
static void initialize(void)
{
	const char *path = getenv("NVTX_INJECTION64_PATH");
	nvtx_initialize_fn start;
	for (unsigned i = 1; i < NVTX_CORE_SIZE; i++)
		core_table[i] = &core[i];
	for (unsigned i = 1; i < NVTX_CORE2_SIZE; i++)
		core2_table[i] = &core2[i];
	void *library = path != NULL ? dlopen(path, RTLD_LAZY) : NULL;
	if (library == NULL)
		return;
	void *symbol = dlsym(library, "InitializeInjectionNvtx2");
	memcpy(&start, &symbol, sizeof(start));
	if (start != NULL && start(get_export) != 0)
		return;
	memset(core, 0, sizeof(core));
	memset(core2, 0, sizeof(core2));
	dlclose(library);
}

void nvtx_push(const char *text)
{
	pthread_once(&once, initialize);
	if (core[NVTX_RANGE_PUSH_A] != NULL)
		((nvtx_push_fn)core[NVTX_RANGE_PUSH_A])(text);
}

void nvtx_push_attributes(const char *text)
{
	struct nvtx_attributes attributes = {.version = 3,
					     .size = sizeof(attributes),
					     .message_type = 1,
					     .message = {.ascii = text}};
	pthread_once(&once, initialize);
	if (core[NVTX_RANGE_PUSH_EX] != NULL)
		((nvtx_push_ex_fn)core[NVTX_RANGE_PUSH_EX])(&attributes);
}

void nvtx_pop(void)
{
	pthread_once(&once, initialize);
	if (core[NVTX_RANGE_POP] != NULL)
		((nvtx_pop_fn)core[NVTX_RANGE_POP])();
}

void nvtx_mark(const char *text)
{
	pthread_once(&once, initialize);
	if (core[NVTX_MARK_A] != NULL)
		((nvtx_mark_fn)core[NVTX_MARK_A])(text);
}

uint64_t nvtx_start(const char *text)
{
	pthread_once(&once, initialize);
	return core[NVTX_RANGE_START_A] != NULL ? ((nvtx_start_fn)core[NVTX_RANGE_START_A])(text)
						: 0;
}

void nvtx_end(uint64_t id)
{
	pthread_once(&once, initialize);
	if (core[NVTX_RANGE_END] != NULL)
		((nvtx_end_fn)core[NVTX_RANGE_END])(id);
}

void nvtx_domain(const char *domain, const char *text)
{
	struct nvtx_attributes attributes = {
		.version = 3, .size = sizeof(attributes), .message_type = 3};
	void *handle = NULL;
	pthread_once(&once, initialize);
	if (core2[NVTX_DOMAIN_CREATE_A] != NULL)
		handle = ((nvtx_domain_create_fn)core2[NVTX_DOMAIN_CREATE_A])(domain);
	if (core2[NVTX_DOMAIN_REGISTER_STRING_A] != NULL)
		attributes.message.registered =
			((nvtx_domain_register_fn)core2[NVTX_DOMAIN_REGISTER_STRING_A])(handle,
											text);
	if (core2[NVTX_DOMAIN_RANGE_PUSH_EX] != NULL)
		((nvtx_domain_push_fn)core2[NVTX_DOMAIN_RANGE_PUSH_EX])(handle, &attributes);
	if (core2[NVTX_DOMAIN_RANGE_POP] != NULL)
		((nvtx_domain_pop_fn)core2[NVTX_DOMAIN_RANGE_POP])(handle);
}
