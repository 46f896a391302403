/* The file of a lowered step: one line a kernel. */
#include "sim/report/lowered.h"

#include "sim/report/json.h"
#include "sim/report/out_file.h"

static void write_kernel(struct json_writer *json, const struct trace *trace, size_t i)
{
	const struct sim_kernel *kernel = &trace->kernels[i];
	const struct trace_detail *detail = &trace->details[i];
	const uint64_t numbers[] = {
		kernel->flops,
		kernel->weight_bytes,
		kernel->kv_read_bytes,
		kernel->kv_write_bytes,
		kernel->act_read_bytes,
		kernel->act_write_bytes,
		kernel->blocks,
		kernel->threads,
		kernel->blocks_per_sm,
		kernel->stream,
		kernel->flags,
		kernel->host_ns,
		detail->m,
		detail->n,
		detail->k,
		detail->heads,
		detail->kv_heads,
	};
	json_open_array(json, NULL);
	json_text(json, NULL, names_text(&trace->names, detail->name));
	json_text(json, NULL, sim_op_text(kernel->op));
	json_text(json, NULL, sim_family_text(kernel->family));
	json_text(json, NULL, sim_dtype_text(kernel->dtype));
	for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
		json_uint(json, NULL, numbers[n]);
	json_close_array(json);
}

enum sim_status lowered_write(const char *path, const struct trace *trace, struct sim_diag *diag)
{
	struct out_file out;
	struct json_writer json;
	TRY(out_file_open(&out, path, diag));
	json_init(&json, out.file, 0);
	json_open_object(&json, NULL);
	json_int(&json, "decodesim_lowered", 1);
	json_text(&json, "name", trace->name);
	json_open_array(&json, "steps");
	for (size_t i = 0; i < trace->step_count; i++)
		json_uint(&json, NULL, trace->steps[i].count);
	json_close_array(&json);
	json_open_array(&json, "kernels");
	for (size_t i = 0; i < trace->kernel_count; i++)
		write_kernel(&json, trace, i);
	json_close_array(&json);
	json_close_object(&json);
	enum sim_status status = json_finish(&json, diag);
	return out_file_close(&out, status, diag);
}
