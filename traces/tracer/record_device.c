/* Records of what the device did: kernels, copies, sets, graph replays. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "traces/tracer/loaded.h"
#include "traces/tracer/recorder.h"

/* libstdc++ may be loaded later than we are, with the first library in C++ */
enum { DEMANGLER_SEARCHES = 64 };

static recorder_demangle_fn find_demangler(struct recorder *recorder)
{
	if (recorder->demangle != NULL || recorder->demangle_searches == DEMANGLER_SEARCHES)
		return recorder->demangle;
	recorder->demangle_searches++;
	void *found = dlsym(RTLD_DEFAULT, "__cxa_demangle");
	if (found == NULL) {
		void *library = loaded_library("libstdc++.so");
		if (library != NULL)
			found = dlsym(library, "__cxa_demangle");
	}
	memcpy(&recorder->demangle, &found, sizeof(found));
	return recorder->demangle;
}

/* The id of the readable form of a mangled NAME, or 0. */
static uint32_t demangled(struct recorder *recorder, const char *name)
{
	int status = 0;
	if (name[0] != '_' || name[1] != 'Z')
		return 0;
	recorder_demangle_fn demangle = find_demangler(recorder);
	char *readable = demangle != NULL ? demangle(name, NULL, NULL, &status) : NULL;
	if (readable == NULL)
		return 0;
	uint32_t id = recorder_text(recorder, readable);
	free(readable);
	return id;
}

/* Adds NAME to the table, or finds it there, and remembers its address. */
static const struct string *intern_name(struct recorder *recorder, const char *name,
					struct recorder_name *cached)
{
	struct strings *strings = &recorder->strings;
	bool is_new;
	struct string *entry = strings_intern(strings, name, strlen(name), &is_new);
	if (entry == NULL) {
		recorder->counts.lost++;
		return NULL;
	}
	uint32_t index = (uint32_t)(entry - strings->entries);
	uint32_t generation = strings->generation;
	if (is_new) {
		log_write_string(&recorder->log, entry->id, entry->text, entry->length);
		uint32_t readable = demangled(recorder, name);
		if (strings->generation != generation) /* that started the table anew */
			return intern_name(recorder, name, cached);
		entry = &strings->entries[index];
		entry->demangled = readable;
	}
	*cached = (struct recorder_name){name, entry->text, index, generation};
	return entry;
}

static const struct string *name_of(struct recorder *recorder, const char *name)
{
	size_t at = ((uintptr_t)name >> 3 ^ (uintptr_t)name >> 15) & (RECORDER_NAMES - 1);
	struct recorder_name *cached = &recorder->names[at];
	if (name == NULL)
		return NULL;
	if (cached->pointer == name && cached->generation == recorder->strings.generation &&
	    strcmp(cached->text, name) == 0)
		return &recorder->strings.entries[cached->index];
	return intern_name(recorder, name, cached);
}

static uint32_t site_of(struct recorder *recorder, const struct cupti_kernel *kernel)
{
	const struct string *name = name_of(recorder, kernel->name);
	struct log_site site = {
		.name = name != NULL ? name->id : 0,
		.device = kernel->device,
		.context = kernel->context,
		.grid = {(uint32_t)kernel->grid[0], (uint32_t)kernel->grid[1],
			 (uint32_t)kernel->grid[2]},
		.block = {(uint16_t)kernel->block[0], (uint16_t)kernel->block[1],
			  (uint16_t)kernel->block[2]},
		.registers = kernel->registers,
		.static_shared_bytes = (uint32_t)kernel->static_shared,
		.dynamic_shared_bytes = (uint32_t)kernel->dynamic_shared,
		.shared_executed_bytes = kernel->shared_executed,
		.cluster = {(uint16_t)kernel->cluster[0], (uint16_t)kernel->cluster[1],
			    (uint16_t)kernel->cluster[2]},
		.launch_type = kernel->launch_type,
		.local_bytes = kernel->local_per_thread,
	};
	bool is_new;
	uint32_t id = sites_intern(&recorder->sites, &site, &is_new);
	if (id == 0)
		recorder->counts.lost++;
	if (is_new) {
		site.id = id;
		site.name_demangled = name != NULL ? name->demangled : 0;
		*(struct log_site *)log_write_add(&recorder->log, LOG_SITE) = site;
	}
	return id;
}

void record_kernel(struct recorder *recorder, const struct cupti_kernel *kernel)
{
	uint32_t site = site_of(recorder, kernel);
	uint64_t start;
	uint64_t duration = recorder_duration(recorder, kernel->start, kernel->end, &start);
	recorder->counts.kernels++;
	if (kernel->graph_node == 0 && kernel->graph == 0) {
		*(struct log_kernel *)log_write_add(&recorder->log, LOG_KERNEL) =
			(struct log_kernel){
				.start_ns = start,
				.duration_ns = duration,
				.site = site,
				.stream = kernel->stream,
				.correlation = kernel->correlation,
			};
		return;
	}
	step_limit_graph(&recorder->steps, kernel->correlation);
	*(struct log_graph_kernel *)log_write_add(&recorder->log, LOG_GRAPH_KERNEL) =
		(struct log_graph_kernel){
			.start_ns = start,
			.duration_ns = duration,
			.site = site,
			.stream = kernel->stream,
			.correlation = kernel->correlation,
			.graph = kernel->graph,
			.node = kernel->graph_node,
		};
}

void record_copy(struct recorder *recorder, const struct cupti_memcpy *copy)
{
	uint64_t start;
	uint64_t duration = recorder_duration(recorder, copy->start, copy->end, &start);
	recorder->counts.copies++;
	*(struct log_copy *)log_write_add(&recorder->log, LOG_COPY) = (struct log_copy){
		.start_ns = start,
		.duration_ns = duration,
		.bytes = copy->bytes,
		.node = copy->graph_node,
		.device = copy->device,
		.context = copy->context,
		.stream = copy->stream,
		.correlation = copy->correlation,
		.graph = copy->graph,
		.copy_kind = copy->copy_kind,
		.source_kind = copy->source_kind,
		.destination_kind = copy->destination_kind,
		.flags = copy->flags & CUPTI_MEMCPY_ASYNC,
		.source_device = copy->device,
		.destination_device = copy->device,
	};
}

void record_peer_copy(struct recorder *recorder, const struct cupti_memcpy_peer *copy)
{
	uint64_t start;
	uint64_t duration = recorder_duration(recorder, copy->start, copy->end, &start);
	recorder->counts.copies++;
	*(struct log_copy *)log_write_add(&recorder->log, LOG_COPY) = (struct log_copy){
		.start_ns = start,
		.duration_ns = duration,
		.bytes = copy->bytes,
		.node = copy->graph_node,
		.device = copy->device,
		.context = copy->context,
		.stream = copy->stream,
		.correlation = copy->correlation,
		.graph = copy->graph,
		.copy_kind = copy->copy_kind,
		.source_kind = copy->source_kind,
		.destination_kind = copy->destination_kind,
		.flags = copy->flags & CUPTI_MEMCPY_ASYNC,
		.source_device = copy->source_device,
		.destination_device = copy->destination_device,
	};
}

void record_set(struct recorder *recorder, const struct cupti_memset *set)
{
	uint64_t start;
	uint64_t duration = recorder_duration(recorder, set->start, set->end, &start);
	recorder->counts.sets++;
	*(struct log_set *)log_write_add(&recorder->log, LOG_SET) = (struct log_set){
		.start_ns = start,
		.duration_ns = duration,
		.bytes = set->bytes,
		.node = set->graph_node,
		.device = set->device,
		.context = set->context,
		.stream = set->stream,
		.correlation = set->correlation,
		.graph = set->graph,
		.value = set->value,
		.memory_kind = set->memory_kind,
		.flags = set->flags,
	};
}

void record_graph_launch(struct recorder *recorder, const struct cupti_graph_trace *launch)
{
	uint64_t start;
	uint64_t duration = recorder_duration(recorder, launch->start, launch->end, &start);
	recorder->counts.graph_launches++;
	step_limit_graph(&recorder->steps, launch->correlation);
	*(struct log_graph_launch *)log_write_add(&recorder->log, LOG_GRAPH_LAUNCH) =
		(struct log_graph_launch){
			.start_ns = start,
			.duration_ns = duration,
			.device = launch->device,
			.context = launch->context,
			.stream = launch->stream,
			.correlation = launch->correlation,
			.graph = launch->graph,
		};
}

void record_context(struct recorder *recorder, const struct cupti_context *context)
{
	*(struct log_context *)log_write_add(&recorder->log, LOG_CONTEXT) = (struct log_context){
		.context = context->context,
		.device = context->device,
		.null_stream = context->null_stream,
	};
}
