/*
 * Types in kernel names. Names are demangled C++, as CUPTI or c++filt write them, or a library's own:
 *
 *   nvjet_[smNN_]tst_    cuBLAS, operands and result bf16: every such kernel of the bundled traces,
 *                        whose ops have recorded types (traces/samples/h100)
 *   nvjet_[smNN_]hsh_    the same with f16; public traces have them beside kernels of __half
 *   ..._sgemm_.., gemm<float ..  f32
 *   __nv_bfloat16, c10::BFloat16, cutlass::bfloat16_t, bfloat16, bf16        bf16
 *   __half, c10::Half, cutlass::half_t, fp16, f16 (but not in a cuDNN engine's name, where
 *                        `wmma_f16` stands for either)                      f16
 *   MMA_.._F32BF16BF16_  a CUTLASS instruction's operands: bf16; F32F16F16 f16
 *   OpaqueType<N>        moves N bytes of any type: traces/work_infer.c
 *
 * Pointwise kernels of torch (aten/src/ATen/native/cuda/Loops.cuh, CUDALoops.cuh, 2.x):
 * vectorized_elementwise_kernel, unrolled_elementwise_kernel with LoadWithoutCast and
 * gpu_kernel_impl_nocast take operands of the types of their functor; all others may cast.
 */
#include <ctype.h>
#include <string.h>

#include "traces/work_infer.h"

static bool is_type_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == ':' || c == ' ';
}

static enum sim_dtype type_of(const char *text, size_t length)
{
	static const struct {
		const char *text;
		uint8_t dtype;
	} others[] = {
		{"__nv_bfloat16", SIM_DTYPE_BF16},	 {"__half", SIM_DTYPE_F16},
		{"cutlass::bfloat16_t", SIM_DTYPE_BF16}, {"cutlass::half_t", SIM_DTYPE_F16},
		{"nv_bfloat16", SIM_DTYPE_BF16},	 {"half", SIM_DTYPE_F16},
	};
	while (length > 0 && *text == ' ') {
		text++;
		length--;
	}
	while (length > 0 && text[length - 1] == ' ')
		length--;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strlen(others[i].text) == length && memcmp(others[i].text, text, length) == 0)
			return others[i].dtype;
	return work_dtype_from_text(text, length);
}

unsigned work_name_types(const char *name, const char *marker, uint8_t *types)
{
	const char *at = strstr(name, marker);
	unsigned count = 0;
	if (at == NULL)
		return 0;
	at += strlen(marker);
	while (count < WORK_NAME_TYPES) {
		const char *end = at;
		while (is_type_char(*end))
			end++;
		enum sim_dtype type = type_of(at, (size_t)(end - at));
		if (type == SIM_DTYPE_UNKNOWN || (*end != ',' && *end != '>' && *end != ')'))
			break;
		types[count++] = (uint8_t)type;
		if (*end != ',')
			break;
		at = end + 1;
	}
	return count;
}

bool work_name_is_plain(const char *name)
{
	if (strstr(name, "WithCast") != NULL)
		return false;
	return strstr(name, "::vectorized_elementwise_kernel<") != NULL ||
	       strstr(name, "gpu_kernel_impl_nocast<") != NULL ||
	       strstr(name, "LoadWithoutCast") != NULL;
}

/* The first lambda with arguments; those of the launchers come after the functor's. */
unsigned work_name_lambda_types(const char *name, uint8_t *types)
{
	static const char word[] = "{lambda(";
	for (const char *at = strstr(name, word); at != NULL; at = strstr(at + 1, word))
		if (at[sizeof(word) - 1] != ')') {
			const char *end = strchr(at, ')');
			unsigned count = work_name_types(at, word, types), wanted = 1;
			for (const char *c = at; end != NULL && c < end; c++)
				wanted += *c == ',';
			return count == wanted ? count : 0;
		}
	return 0;
}

bool work_name_signature(const char *name, struct work_signature *signature)
{
	static const struct {
		const char *marker;
		uint8_t kind, types; /* so many of the first count */
	} functors[] = {
		{"::AUnaryFunctor<", WORK_SECOND, 2},
		{"::BUnaryFunctor<", WORK_ALL_SAME, 1},
		{"::BinaryFunctor<", WORK_OPERANDS, 2},
		{"CUDAFunctor_add<", WORK_ALL_SAME, 1},
		{"CUDAFunctorOnSelf_add<", WORK_ALL_SAME, 1},
		{"CUDAFunctorOnOther_add<", WORK_ALL_SAME, 1},
		{"pow_tensor_scalar_kernel_impl<", WORK_ALL_SAME, 1},
		{"compare_scalar_kernel<", WORK_ALL_SAME, 1},
		{"FillFunctor<", WORK_ALL_SAME, 1},
	};
	if (!work_name_is_plain(name))
		return false;
	for (size_t i = 0; i < sizeof(functors) / sizeof(functors[0]); i++) {
		if (strstr(name, functors[i].marker) == NULL)
			continue;
		signature->kind = functors[i].kind;
		signature->count = functors[i].types;
		unsigned count = work_name_types(name, functors[i].marker, signature->types);
		return count >= signature->count;
	}
	signature->kind = WORK_OPERANDS;
	signature->count = work_name_lambda_types(name, signature->types);
	return signature->count > 0;
}

/* N of "OpaqueType<N>", 0 none. */
unsigned work_name_width(const char *name)
{
	static const char word[] = "OpaqueType<";
	const char *at = strstr(name, word);
	if (at == NULL)
		return 0;
	at += sizeof(word) - 1;
	return *at >= '1' && *at <= '8' && !isdigit((unsigned char)at[1]) ? (unsigned)(*at - '0')
									  : 0;
}

static bool holds(const char *name, const char *word)
{
	return strstr(name, word) != NULL;
}

/* "f16" that is not the end of "bf16". */
static bool holds_f16(const char *name)
{
	for (const char *at = strstr(name, "f16"); at != NULL; at = strstr(at + 1, "f16"))
		if (at == name || at[-1] != 'b')
			return true;
	return false;
}

enum sim_dtype work_name_half(const char *name)
{
	/* the instruction decides: half_t stands in a copy's name for any 16 bits */
	if (holds(name, "_F32BF16BF16_") != holds(name, "_F32F16F16_"))
		return holds(name, "_F32BF16BF16_") ? SIM_DTYPE_BF16 : SIM_DTYPE_F16;
	bool bf16 = holds(name, "bfloat16") || holds(name, "BFloat16") || holds(name, "bf16");
	bool f16 = holds(name, "c10::Half") || holds(name, "__half") || holds(name, "half_t") ||
		   holds(name, "fp16") || holds_f16(name);
	if (holds(name, "cudnn") || bf16 == f16)
		return SIM_DTYPE_UNKNOWN;
	return bf16 ? SIM_DTYPE_BF16 : SIM_DTYPE_F16;
}

/* "nvjet_sm90_tst_" and "nvjet_tst_": the word before the first tile. */
static enum sim_dtype nvjet_type(const char *name)
{
	const char *at = name + strlen("nvjet_");
	if (strncmp(at, "sm", 2) == 0 && strchr(at, '_') != NULL)
		at = strchr(at, '_') + 1;
	if (strncmp(at, "tst_", 4) == 0)
		return SIM_DTYPE_BF16;
	return strncmp(at, "hsh_", 4) == 0 ? SIM_DTYPE_F16 : SIM_DTYPE_UNKNOWN;
}

enum sim_dtype work_name_gemm_type(const char *name)
{
	static const char *const narrow[] = {"e4m3", "e5m2", "float8", "fp8", "int8",  "s8",
					     "int4", "i8",   "tf32",   "f64", "double"};
	static const char *const single[] = {"sgemm", "gemmSN_NN_kernel<float",
					     "gemmSN_TN_kernel<float", "dot_kernel<float, "};
	if (strncmp(name, "nvjet_", 6) == 0)
		return nvjet_type(name);
	for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++)
		if (holds(name, narrow[i]))
			return SIM_DTYPE_UNKNOWN;
	enum sim_dtype half = work_name_half(name);
	if (half != SIM_DTYPE_UNKNOWN)
		return half;
	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		if (holds(name, single[i]))
			return SIM_DTYPE_F32;
	return SIM_DTYPE_UNKNOWN;
}

static uint64_t up(uint64_t a, uint64_t b)
{
	return (a + b - 1) / b;
}

/*
 * Does a reduction to OUTPUTS values, on the fastest dimension or not, run on this grid? From
 * setReduceConfig() of aten/src/ATen/native/cuda/Reduce.cuh (2.x): a block has at most as many rows
 * as there are values, on the fastest dimension one value a row, or one in all when its rows share
 * it; elsewhere its columns, and rows, each have VECTOR values, as many of 4 as divide the last
 * dimension.
 */
static bool grid_fits(const struct work_tensor *x, uint64_t outputs, bool fastest, unsigned vector,
		      const struct trace_detail *detail)
{
	uint64_t columns = detail->block[0], rows = detail->block[1], grid = detail->grid[0];
	uint64_t last = x->dims[x->rank - 1];
	if (fastest)
		return vector == 1 && rows <= outputs &&
		       (grid == up(outputs, rows) || grid == outputs);
	unsigned most = last % 4 == 0 ? 4 : last % 2 == 0 ? 2 : 1;
	return vector == most && (grid == up(outputs, columns * vector) ||
				  grid == up(outputs, columns * rows * vector));
}

int work_reduced_dim(const struct work_tensor *x, const char *name,
		     const struct trace_detail *detail)
{
	int found = -1;
	uint64_t outputs = 0, suffix = 1;
	const char *at = strstr(name, "reduce_kernel<");
	if (at == NULL || detail->block[0] == 0 || detail->block[1] == 0 || x->elements == 0 ||
	    detail->block[0] > 1024 || detail->block[1] > 1024)
		return -1;
	at = strchr(at, ',');
	if (at == NULL || at[1] != ' ' || !isdigit((unsigned char)at[2]))
		return -1;
	unsigned vector = (unsigned)(at[2] - '0');
	for (unsigned i = x->rank; i-- > 0;) {
		bool inner = suffix > 1; /* dimensions after this one are larger than 1 */
		uint64_t alone = x->elements / x->dims[i];
		suffix *= x->dims[i];
		if (x->dims[i] == 1)
			continue;
		if (grid_fits(x, alone, !inner, vector, detail)) {
			if (found >= 0 && alone != outputs)
				return -1;
			found = (int)i;
			outputs = alone;
		}
		/* several dimensions at once are told apart from one, not derived */
		uint64_t together = x->elements / suffix;
		if (inner && grid_fits(x, together, true, vector, detail))
			return -1;
	}
	return found;
}
