/* Device records of a log to the builder: kernels by their sites, copies, memsets. */
#include <inttypes.h>
#include <string.h>

#include "traces/copy_name.h"
#include "traces/log_read.h"

/* Two contexts of a process may both have a stream 7. */
static int64_t stream_of(uint32_t context, uint32_t stream)
{
	return (int64_t)((uint64_t)context << 32 | stream);
}

static enum sim_status fill_detail(struct log_read *read, const struct log_site *site,
				   struct trace_detail *detail, struct sim_diag *diag)
{
	static const char unnamed[] = "(no name)";
	uint32_t name = site->name_demangled != 0 ? site->name_demangled : site->name;
	uint64_t shared = (uint64_t)site->static_shared_bytes + site->dynamic_shared_bytes;
	TRY(log_text_intern(read, name, &detail->name, diag));
	if (detail->name == 0 && names_add(&read->build->trace->names, unnamed, strlen(unnamed),
					   &detail->name) != SIM_OK)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (unsigned i = 0; i < 3; i++) {
		detail->grid[i] = site->grid[i];
		detail->block[i] = site->block[i];
	}
	detail->registers = site->registers;
	detail->shared_bytes = shared > UINT32_MAX ? UINT32_MAX : (uint32_t)shared;
	return SIM_OK;
}

enum sim_status log_take_site(struct log_read *read, const void *record, struct sim_diag *diag)
{
	const struct log_site *site = record;
	void *sites = read->sites;
	if (site->id != read->site_count + 1)
		return log_read_fail(read, SIM_E_PARSE, diag, "site id '%" PRIu32 "' follows %zu",
				     site->id, read->site_count);
	enum sim_status status = budget_grow(read->budget, &sites, &read->site_capacity,
					     read->site_count + 1, sizeof(*read->sites), diag);
	read->sites = sites;
	TRY(status);
	struct build_kernel *kernel = &read->sites[read->site_count];
	*kernel = (struct build_kernel){
		.device = site->device,
		.stream = stream_of(site->context, 0),
		.external_id = BUILD_NO_ID,
		.op = SIM_OP_UNKNOWN,
	};
	TRY(fill_detail(read, site, &kernel->detail, diag));
	read->site_count++;
	return SIM_OK;
}

static uint32_t line_of(const struct log_read *read)
{
	return read->record > UINT32_MAX ? UINT32_MAX : (uint32_t)read->record;
}

/* A kernel that the device had no time stamps for is counted and left out. */
static bool has_no_times(struct log_read *read, uint64_t start_ns, uint64_t duration_ns)
{
	bool none = start_ns == 0 && duration_ns == 0;
	read->zero_times += none;
	return none;
}

enum sim_status log_take_kernel(struct log_read *read, const void *record, struct sim_diag *diag)
{
	const struct log_kernel *taken = record;
	if (taken->site == 0 || taken->site > read->site_count)
		return log_read_fail(read, SIM_E_RANGE, diag,
				     "site '%" PRIu32 "' is not there; the last one is %zu",
				     taken->site, read->site_count);
	if (has_no_times(read, taken->start_ns, taken->duration_ns))
		return SIM_OK;
	struct build_kernel *kernel = &read->sites[taken->site - 1];
	TRY(log_times(read, taken->start_ns, taken->duration_ns, &kernel->start_ns,
		      &kernel->duration_ns, diag));
	kernel->stream = stream_of((uint32_t)(kernel->stream >> 32), taken->stream);
	kernel->correlation = taken->correlation;
	kernel->graph = 0;
	kernel->node = 0;
	kernel->line = line_of(read);
	return build_add_kernel(read->build, kernel, diag);
}

enum sim_status log_take_graph_kernel(struct log_read *read, const void *record,
				      struct sim_diag *diag)
{
	const struct log_graph_kernel *taken = record;
	if (taken->site == 0 || taken->site > read->site_count)
		return log_read_fail(read, SIM_E_RANGE, diag,
				     "site '%" PRIu32 "' is not there; the last one is %zu",
				     taken->site, read->site_count);
	if (has_no_times(read, taken->start_ns, taken->duration_ns))
		return SIM_OK;
	struct build_kernel *kernel = &read->sites[taken->site - 1];
	TRY(log_times(read, taken->start_ns, taken->duration_ns, &kernel->start_ns,
		      &kernel->duration_ns, diag));
	kernel->stream = stream_of((uint32_t)(kernel->stream >> 32), taken->stream);
	kernel->correlation = taken->correlation;
	kernel->graph = taken->graph;
	kernel->node = taken->node;
	kernel->line = line_of(read);
	return build_add_kernel(read->build, kernel, diag);
}

static enum sim_status intern(struct log_read *read, const char *name, size_t length,
			      uint32_t *index, struct sim_diag *diag)
{
	if (names_add(&read->build->trace->names, name, length, index) != SIM_OK)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	return SIM_OK;
}

static enum sim_status check_bytes(struct log_read *read, uint64_t bytes, struct sim_diag *diag)
{
	if (bytes > INT64_MAX / 2)
		return log_read_fail(read, SIM_E_RANGE, diag, "'%" PRIu64 "' bytes", bytes);
	return SIM_OK;
}

/* CUPTI's kind of memory: 0 unknown, then from 1. */
static int64_t memory_of(uint32_t kind)
{
	return kind == 0 ? MEMORY_UNKNOWN : (int64_t)kind - 1;
}

enum sim_status log_take_copy(struct log_read *read, const void *record, struct sim_diag *diag)
{
	const struct log_copy *taken = record;
	char name[COPY_NAME_SIZE];
	struct build_kernel kernel = {
		.op = SIM_OP_MEMCPY,
		.device = taken->device,
		.stream = stream_of(taken->context, taken->stream),
		.external_id = BUILD_NO_ID,
		.bytes = taken->bytes,
		.node = taken->node,
		.graph = taken->graph,
		.correlation = taken->correlation,
		.line = line_of(read),
		.host_copy = copy_is_of_host(taken->copy_kind),
	};
	if (has_no_times(read, taken->start_ns, taken->duration_ns))
		return SIM_OK;
	TRY(check_bytes(read, taken->bytes, diag));
	TRY(log_times(read, taken->start_ns, taken->duration_ns, &kernel.start_ns,
		      &kernel.duration_ns, diag));
	size_t length = copy_name(name, taken->copy_kind, memory_of(taken->source_kind),
				  memory_of(taken->destination_kind));
	TRY(intern(read, name, length, &kernel.detail.name, diag));
	return build_add_kernel(read->build, &kernel, diag);
}

enum sim_status log_take_set(struct log_read *read, const void *record, struct sim_diag *diag)
{
	const struct log_set *taken = record;
	char name[COPY_NAME_SIZE];
	struct build_kernel kernel = {
		.op = SIM_OP_MEMSET,
		.device = taken->device,
		.stream = stream_of(taken->context, taken->stream),
		.external_id = BUILD_NO_ID,
		.bytes = taken->bytes,
		.node = taken->node,
		.graph = taken->graph,
		.correlation = taken->correlation,
		.line = line_of(read),
	};
	if (has_no_times(read, taken->start_ns, taken->duration_ns))
		return SIM_OK;
	TRY(check_bytes(read, taken->bytes, diag));
	TRY(log_times(read, taken->start_ns, taken->duration_ns, &kernel.start_ns,
		      &kernel.duration_ns, diag));
	size_t length = set_name(name, memory_of(taken->memory_kind));
	TRY(intern(read, name, length, &kernel.detail.name, diag));
	return build_add_kernel(read->build, &kernel, diag);
}
