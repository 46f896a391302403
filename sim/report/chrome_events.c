/* Kernels, launches and the flows between them as Chrome events. */
#include "sim/report/chrome_parts.h"

void chrome_begin_event(struct chrome *chrome, const char *phase, const char *category,
			const char *name, int64_t process, int64_t track)
{
	struct json_writer *json = &chrome->json;
	fputc('\n', json->out);
	json_open_object(json, NULL);
	json_text(json, "ph", phase);
	if (category != NULL)
		json_text(json, "cat", category);
	json_text(json, "name", name);
	json_int(json, "pid", process);
	json_int(json, "tid", track);
}

void chrome_begin_slice(struct chrome *chrome, const char *category, const char *name,
			int64_t process, int64_t track, int64_t start_ns, int64_t end_ns)
{
	chrome_begin_event(chrome, "X", category, name, process, track);
	json_milli(&chrome->json, "ts", start_ns);
	json_milli(&chrome->json, "dur", end_ns - start_ns);
}

static void put_extent(struct json_writer *json, const char *key, const uint32_t extent[3])
{
	json_open_array(json, key);
	for (unsigned i = 0; i < 3; i++)
		json_uint(json, NULL, extent[i]);
	json_close_array(json);
}

static void put_kernel_args(struct chrome *chrome, size_t index)
{
	const struct trace *trace = chrome->trace;
	const struct trace_detail *detail = &trace->details[index];
	const struct trace_measured *measured = &trace->measured[index];
	struct json_writer *json = &chrome->json;
	json_open_object(json, "args");
	json_int(json, "device", 0);
	json_int(json, "stream", trace->kernels[index].stream);
	if (chrome->launch_ids[index] != 0)
		json_uint(json, "correlation", chrome->launch_ids[index]);
	if (chrome_is_copy(trace, index) || chrome_is_set(trace, index)) {
		json_uint(json, "bytes", trace->kernels[index].act_write_bytes);
	} else {
		json_uint(json, "registers per thread", detail->registers);
		json_uint(json, "shared memory", detail->shared_bytes);
		put_extent(json, "grid", detail->grid);
		put_extent(json, "block", detail->block);
	}
	if (measured->graph != 0)
		json_uint(json, "graph id", measured->graph);
	if (measured->node != 0)
		json_uint(json, "graph node id", measured->node);
	if (detail->op_name != 0)
		json_text(json, "op", names_text(&trace->names, detail->op_name));
	json_text(json, "family", sim_family_text(trace->kernels[index].family));
	json_close_object(json);
}

void chrome_put_kernels(struct chrome *chrome)
{
	const struct trace *trace = chrome->trace;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		const struct trace_measured *measured = &trace->measured[i];
		const char *category = chrome_is_copy(trace, i)	 ? "gpu_memcpy"
				       : chrome_is_set(trace, i) ? "gpu_memset"
								 : "kernel";
		chrome_begin_slice(chrome, category,
				   names_text(&trace->names, trace->details[i].name), CHROME_DEVICE,
				   chrome_track_of(trace->kernels[i].stream, chrome->overlaps[i]),
				   measured->start_ns, chrome_end_of(measured));
		put_kernel_args(chrome, i);
		json_close_object(&chrome->json);
		chrome->counts->kernels++;
	}
}

static void put_flow_end(struct chrome *chrome, const char *phase, uint32_t id, int64_t process,
			 int64_t track, int64_t time_ns)
{
	chrome_begin_event(chrome, phase, "ac2g", "ac2g", process, track);
	json_milli(&chrome->json, "ts", time_ns);
	json_uint(&chrome->json, "id", id);
	if (process == CHROME_DEVICE)
		json_text(&chrome->json, "bp", "e");
	json_close_object(&chrome->json);
}

/* What COUNT kernels of one launch tell of the call. */
static const char *launch_name(const struct chrome *chrome, const uint32_t *indices, size_t count)
{
	const struct trace *trace = chrome->trace;
	bool overlaps = false, in_graph = false;
	size_t kernels = 0;
	for (size_t i = 0; i < count; i++) {
		bool kernel =
			!chrome_is_copy(trace, indices[i]) && !chrome_is_set(trace, indices[i]);
		overlaps |= chrome->overlaps[indices[i]];
		in_graph |= trace->measured[indices[i]].graph != 0;
		kernels += kernel;
	}
	if (in_graph || kernels > 1 || (kernels > 0 && count > 1))
		return "GraphLaunch";
	if (chrome_is_copy(trace, indices[0]))
		return "MemcpyAsync";
	if (chrome_is_set(trace, indices[0]))
		return "MemsetAsync";
	return overlaps ? "LaunchKernelEx" : "Launch";
}

static void put_launch(struct chrome *chrome, const uint32_t *indices, size_t count)
{
	uint32_t first = indices[0];
	const struct trace_measured *measured = &chrome->trace->measured[first];
	uint32_t id = chrome->launch_ids[first];
	chrome_begin_slice(chrome, "cuda_runtime", launch_name(chrome, indices, count), CHROME_HOST,
			   measured->thread, measured->launch_start_ns, measured->launch_end_ns);
	json_open_object(&chrome->json, "args");
	json_uint(&chrome->json, "correlation", id);
	json_uint(&chrome->json, "kernels", count);
	json_close_object(&chrome->json);
	json_close_object(&chrome->json);
	put_flow_end(chrome, "s", id, CHROME_HOST, measured->thread, measured->launch_start_ns);
	put_flow_end(chrome, "f", id, CHROME_DEVICE,
		     chrome_track_of(chrome->trace->kernels[first].stream, chrome->overlaps[first]),
		     measured->start_ns);
	chrome->counts->launches++;
	chrome->counts->flows++;
}

void chrome_put_launches(struct chrome *chrome)
{
	size_t first = 0;
	for (size_t i = 1; i <= chrome->order_count; i++) {
		if (i < chrome->order_count &&
		    chrome_same_launch(chrome->trace, chrome->order[first], chrome->order[i]))
			continue;
		put_launch(chrome, &chrome->order[first], i - first);
		first = i;
	}
}
