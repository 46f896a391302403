/*
 * Lowered steps: the JSON that `decodesim lower -o` writes. Work only, nothing measured.
 *
 *   {"decodesim_lowered": 1, "name": TEXT, "steps": [COUNT, ...], "kernels": [KERNEL, ...]}
 *   KERNEL: [name, op, family, dtype, flops, weight, kv_read, kv_write, act_read, act_write (bytes),
 *            blocks, threads, blocks_per_sm, stream, flags, host_ns, m, n, k, heads, kv_heads]
 *
 * The version comes first; steps come before kernels. Anything else is refused.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "traces/decimal.h"
#include "traces/input.h"
#include "traces/json.h"
#include "traces/trace.h"

enum { VERSION = 1, MOST_STEPS = 1 << 20 };
enum { NUMBERS = 17, OP = 0, FAMILY, DTYPE, WORDS };

static const struct json_word version_key = JSON_WORD("decodesim_lowered");

struct lowered {
	struct json json;
	struct budget budget;
	struct budget_text text;
	struct trace *trace;
	size_t kernel_room, step_room;
	struct sim_diag *diag;
};

static bool lowered_accepts(const char *head, size_t length)
{
	size_t at = 0;
	while (at < length && (head[at] == '{' || head[at] == ' ' || head[at] == '\n'))
		at++;
	return length - at > version_key.length + 2 && head[at] == '"' &&
	       memcmp(head + at + 1, version_key.text, version_key.length) == 0;
}

static enum sim_status fail(struct lowered *file, const char *what)
{
	return json_fail(&file->json, SIM_E_PARSE, file->diag, "%s", what);
}

static enum sim_status next(struct lowered *file, enum json_kind kind, const char *what,
			    struct json_token *token)
{
	TRY(json_next(&file->json, token, file->diag));
	return token->kind == kind ? SIM_OK : fail(file, what);
}

static enum sim_status take_number(struct lowered *file, const struct json_token *token,
				   uint64_t most, uint64_t *number)
{
	int64_t value;
	if (token->kind != JSON_NUMBER ||
	    decimal_parse(token->text, token->length, 0, &value) != SIM_OK || value < 0 ||
	    (uint64_t)value > most)
		return fail(file, "a whole number in range is expected");
	*number = (uint64_t)value;
	return SIM_OK;
}

static enum sim_status next_number(struct lowered *file, uint64_t most, uint64_t *number)
{
	struct json_token token;
	TRY(json_next(&file->json, &token, file->diag));
	return take_number(file, &token, most, number);
}

static enum sim_status next_text(struct lowered *file, const char **text, size_t *length)
{
	struct json_token token;
	TRY(next(file, JSON_STRING, "a text is expected", &token));
	file->text.length = 0;
	TRY(json_decode(&file->json, &token, &file->text, file->diag));
	*text = file->text.data;
	*length = file->text.length;
	return SIM_OK;
}

/* One of the words of op, family or dtype. */
static enum sim_status next_word(struct lowered *file, int (*from_text)(const char *),
				 uint8_t *word)
{
	char name[64];
	const char *text;
	size_t length;
	TRY(next_text(file, &text, &length));
	if (length >= sizeof(name))
		return fail(file, "unknown op, family or dtype");
	memcpy(name, text, length);
	name[length] = '\0';
	int index = from_text(name);
	if (index < 0)
		return fail(file, "unknown op, family or dtype");
	*word = (uint8_t)index;
	return SIM_OK;
}

static enum sim_status grow(struct lowered *file, void **array, size_t count, size_t size)
{
	void *grown = count <= SIZE_MAX / size ? realloc(*array, count * size) : NULL;
	if (grown == NULL)
		return diag_fail(file->diag, SIM_E_NOMEM, "out of memory");
	*array = grown;
	return SIM_OK;
}

static enum sim_status room_for_kernel(struct lowered *file)
{
	struct trace *trace = file->trace;
	if (trace->kernel_count < file->kernel_room)
		return SIM_OK;
	size_t room = file->kernel_room ? file->kernel_room * 2 : 1024;
	if (room > UINT32_MAX)
		return fail(file, "too many kernels");
	TRY(grow(file, (void **)&trace->kernels, room, sizeof(*trace->kernels)));
	TRY(grow(file, (void **)&trace->details, room, sizeof(*trace->details)));
	TRY(grow(file, (void **)&trace->measured, room, sizeof(*trace->measured)));
	file->kernel_room = room;
	return SIM_OK;
}

static enum sim_status read_numbers(struct lowered *file, struct sim_kernel *kernel,
				    struct trace_detail *detail)
{
	static const uint64_t most[NUMBERS] = {
		INT64_MAX,
		INT64_MAX,
		INT64_MAX,
		INT64_MAX,
		INT64_MAX,
		INT64_MAX,
		UINT32_MAX,
		UINT16_MAX,
		UINT8_MAX,
		UINT8_MAX,
		SIM_KERNEL_COPY_ENGINE | SIM_KERNEL_HOST_RECORDED | SIM_KERNEL_INPUT_HOT |
			SIM_KERNEL_SYNC_BEFORE | SIM_KERNEL_DRAFT | SIM_KERNEL_PEER,
		UINT32_MAX,
		UINT32_MAX,
		UINT32_MAX,
		UINT32_MAX,
		UINT16_MAX,
		UINT16_MAX};
	uint64_t v[NUMBERS];
	for (size_t i = 0; i < NUMBERS; i++)
		TRY(next_number(file, most[i], &v[i]));
	if (v[10] & SIM_KERNEL_OPAQUE)
		return fail(file, "a lowered kernel cannot be opaque");
	kernel->flops = v[0];
	kernel->weight_bytes = v[1];
	kernel->kv_read_bytes = v[2];
	kernel->kv_write_bytes = v[3];
	kernel->act_read_bytes = v[4];
	kernel->act_write_bytes = v[5];
	kernel->blocks = (uint32_t)v[6];
	kernel->threads = (uint16_t)v[7];
	kernel->blocks_per_sm = (uint8_t)v[8];
	kernel->stream = (uint8_t)v[9];
	kernel->flags = (uint8_t)v[10];
	kernel->host_ns = (uint32_t)v[11];
	detail->m = (uint32_t)v[12];
	detail->n = (uint32_t)v[13];
	detail->k = (uint32_t)v[14];
	detail->heads = (uint16_t)v[15];
	detail->kv_heads = (uint16_t)v[16];
	detail->grid[0] = kernel->blocks;
	detail->block[0] = kernel->threads;
	detail->grid[1] = detail->grid[2] = detail->block[1] = detail->block[2] = 1;
	return SIM_OK;
}

static enum sim_status read_kernel(struct lowered *file)
{
	struct trace *trace = file->trace;
	struct sim_kernel kernel = {0};
	struct trace_detail detail = {0};
	struct json_token token;
	const char *name;
	size_t length;
	TRY(next_text(file, &name, &length));
	if (names_add(&trace->names, name, length, &detail.name) != SIM_OK)
		return diag_fail(file->diag, SIM_E_NOMEM, "out of memory");
	TRY(next_word(file, sim_op_from_text, &kernel.op));
	TRY(next_word(file, sim_family_from_text, &kernel.family));
	TRY(next_word(file, sim_dtype_from_text, &kernel.dtype));
	TRY(read_numbers(file, &kernel, &detail));
	TRY(next(file, JSON_ARRAY_END, "a kernel of 21 values is expected", &token));
	TRY(room_for_kernel(file));
	trace->kernels[trace->kernel_count] = kernel;
	trace->details[trace->kernel_count] = detail;
	trace->measured[trace->kernel_count++] =
		(struct trace_measured){.launch_start_ns = INT64_MIN, .launch_end_ns = INT64_MIN};
	return SIM_OK;
}

static enum sim_status read_kernels(struct lowered *file)
{
	struct json_token token;
	TRY(next(file, JSON_ARRAY, "a list of kernels is expected", &token));
	for (;;) {
		TRY(json_next(&file->json, &token, file->diag));
		if (token.kind == JSON_ARRAY_END)
			return SIM_OK;
		if (token.kind != JSON_ARRAY)
			return fail(file, "a kernel is a list");
		TRY(read_kernel(file));
	}
}

static enum sim_status read_steps(struct lowered *file)
{
	struct trace *trace = file->trace;
	struct json_token token;
	uint64_t count = 0, first = 0;
	TRY(next(file, JSON_ARRAY, "a list of steps is expected", &token));
	for (;;) {
		TRY(json_next(&file->json, &token, file->diag));
		if (token.kind == JSON_ARRAY_END)
			return SIM_OK;
		TRY(take_number(file, &token, UINT32_MAX, &count));
		if (trace->step_count == MOST_STEPS || first + count > UINT32_MAX)
			return fail(file, "too many steps or kernels");
		if (trace->step_count == file->step_room) {
			file->step_room = file->step_room ? 2 * file->step_room : 64;
			TRY(grow(file, (void **)&trace->steps, file->step_room,
				 sizeof(*trace->steps)));
		}
		trace->steps[trace->step_count++] = (struct sim_step){
			.first = (uint32_t)first,
			.count = (uint32_t)count,
			.traced_launch = SIM_LAUNCH_GRAPH,
			.ends_in_sync = 1,
		};
		first += count;
	}
}

static enum sim_status read_key(struct lowered *file, const struct json_token *key, bool *versioned)
{
	uint64_t version = 0;
	const char *text;
	size_t length;
	if (json_is(key, &version_key)) {
		TRY(next_number(file, INT64_MAX, &version));
		*versioned = version == VERSION;
		return *versioned ? SIM_OK : fail(file, "a newer version of the format");
	}
	if (!*versioned)
		return fail(file, "the version must come first");
	if (json_text_is(key, "name"))
		return next_text(file, &text, &length);
	if (json_text_is(key, "steps"))
		return read_steps(file);
	if (json_text_is(key, "kernels"))
		return read_kernels(file);
	return fail(file, "unknown key");
}

static enum sim_status read_document(struct lowered *file)
{
	struct json_token token;
	bool versioned = false;
	TRY(next(file, JSON_OBJECT, "an object is expected", &token));
	for (;;) {
		TRY(json_next(&file->json, &token, file->diag));
		if (token.kind == JSON_OBJECT_END)
			break;
		TRY(read_key(file, &token, &versioned));
	}
	return json_next(&file->json, &token, file->diag);
}

/* Steps cover the kernels exactly. */
static enum sim_status finish(struct lowered *file)
{
	struct trace *trace = file->trace;
	uint64_t covered = 0;
	for (size_t i = 0; i < trace->step_count; i++)
		covered += trace->steps[i].count;
	if (covered != trace->kernel_count || trace->kernel_count == 0)
		return fail(file, "the steps do not cover the kernels");
	trace->step_measured = calloc(trace->step_count, sizeof(*trace->step_measured));
	if (trace->step_measured == NULL)
		return diag_fail(file->diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < trace->step_count; i++)
		trace->step_measured[i].host_start_ns = INT64_MIN;
	strcpy(trace->steps_by, "forward");
	return SIM_OK;
}

static enum sim_status lowered_read(const char *path, struct trace *trace, struct sim_diag *diag)
{
	struct input input;
	struct lowered file = {.trace = trace, .diag = diag};
	uint32_t none;
	if (names_add(&trace->names, "", 0, &none) != SIM_OK)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	TRY(input_open(&input, path, &file.budget, diag));
	enum sim_status status = json_open(&file.json, &input, &file.budget, diag);
	if (status == SIM_OK) {
		status = read_document(&file);
		if (status == SIM_OK)
			status = finish(&file);
		json_close(&file.json);
	}
	trace->content_hash = input.hash;
	budget_text_fini(&file.budget, &file.text);
	input_close(&input, &file.budget);
	return status;
}

const struct trace_reader trace_reader_lowered = {
	.name = "lowered",
	.what = "kernels of a model, lowered by decodesim lower",
	.accepts = lowered_accepts,
	.read = lowered_read,
};
