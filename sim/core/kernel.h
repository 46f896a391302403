/*
 * Kernel record: what one kernel does, never when it did it.
 *
 * The record is the unit of modelling: 64 bytes, one cache line, in one contiguous array per trace.
 * Names, shapes, grids and everything measured live in side tables of the trace under the same
 * index. A step is a range of records (struct sim_step), so the record does not repeat its step.
 */
#ifndef SIM_CORE_KERNEL_H
#define SIM_CORE_KERNEL_H

#include <assert.h>
#include <stdint.h>

/* clang-format off */
/* What the kernel computes, whoever wrote it. */
#define SIM_OP_LIST(X) \
	X(UNKNOWN,     "unknown") \
	X(GEMM,        "gemm")          /* mm, addmm, bmm, linear; GEMV is M = 1 */ \
	X(GROUPED_GEMM,"grouped_gemm")  /* one GEMM per mixture-of-experts expert */ \
	X(ATTENTION,   "attention")     /* QK^T, softmax, PV of one layer, and its combine kernel */ \
	X(KV_WRITE,    "kv_write")      /* appends to or copies a KV cache */ \
	X(NORM,        "norm") \
	X(ROPE,        "rope") \
	X(ELEMENTWISE, "elementwise") \
	X(COPY,        "copy")          /* copy, cast, cat of activations */ \
	X(GATHER,      "gather")        /* embedding, index, index_select, scatter */ \
	X(REDUCE,      "reduce") \
	X(SOFTMAX,     "softmax") \
	X(SAMPLING,    "sampling")      /* argmax, topk, sort, multinomial */ \
	X(ROUTING,     "routing")       /* mixture-of-experts book-keeping: histogram, scan, setup */ \
	X(COLLECTIVE,  "collective") \
	X(MEMCPY,      "memcpy") \
	X(MEMSET,      "memset") \
	X(STATE,       "state")         /* reads and writes a recurrent state of constant size */

/*
 * Implementation family: kernels that share a cost curve. Coefficients are calibrated per family and
 * a prediction's error band comes from the residuals of its family. New ones go to the end: the
 * identity of stored traces is a hash over these numbers.
 */
#define SIM_FAMILY_LIST(X) \
	X(UNKNOWN,          "unknown",          "no family recognised") \
	X(GEMM,             "gemm",             "tensor-core GEMM/GEMV, one pass over the weights") \
	X(GEMM_SHALLOW,     "gemm_shallow",     "the same with 2 pipeline stages or more, but not 3, per block of a cluster") \
	X(GEMM_TIGHT,       "gemm_tight",       "the same with fewer than 2 stages per block of a cluster") \
	X(GEMM_SIMT,        "gemm_simt",        "GEMM on the vector units (fp32 cutlass simt)") \
	X(GEMM_GROUPED,     "gemm_grouped",     "grouped GEMM over experts") \
	X(GEMM_SETUP,       "gemm_setup",       "pointer and problem-size setup of a grouped GEMM") \
	X(SPLITK_REDUCE,    "splitk_reduce",    "sums the partial results of a split-K GEMM") \
	X(ATTN,             "attn",             "fused attention over a KV cache (flash, efficient, cuDNN)") \
	X(ATTN_COMBINE,     "attn_combine",     "combines split-KV partial results") \
	X(NORM,             "norm",             "fused RMS or layer norm") \
	X(ROPE,             "rope",             "fused rotary embedding") \
	X(ELEMENTWISE,      "elementwise",      "vectorized pointwise kernel, contiguous operands") \
	X(ELEMENTWISE_PARTIAL, "elementwise_partial", "the same with a partly filled last block, which goes element by element") \
	X(ELEMENTWISE_MATH, "elementwise_math", "the same with divisions, roots or transcendental functions") \
	X(ELEMENTWISE_CAST, "elementwise_cast", "unrolled pointwise kernel that casts on load or store") \
	X(ELEMENTWISE_STRIDED, "elementwise_strided", "pointwise kernel with index arithmetic per element") \
	X(FUSED,            "fused",            "compiler-generated pointwise or reduction kernel (Triton)") \
	X(CAT,              "cat",              "concatenation, element-wise addressing") \
	X(CAT_VECTOR,       "cat_vector",       "concatenation, vectorized") \
	X(GATHER,           "gather",           "rows by index: embedding, index, index_select") \
	X(GATHER_VECTOR,    "gather_vector",    "rows by index, vectorized loads and stores") \
	X(SCATTER,          "scatter",          "writes by index: index_put, index_copy, scatter") \
	X(REDUCE,           "reduce",           "row reduction: mean, sum, max") \
	X(ARGMAX,           "argmax",           "reduction that carries an index") \
	X(SOFTMAX,          "softmax",          "row softmax") \
	X(TOPK,             "topk",             "selects the k largest") \
	X(SORT,             "sort",             "sorts keys with values") \
	X(SCAN,             "scan",             "prefix sum") \
	X(HISTOGRAM,        "histogram",        "counts per bin") \
	X(FILL,             "fill",             "writes without reading: arange, fill, zeros") \
	X(MEMSET,           "memset",           "memset node") \
	X(MEMCPY_DEVICE,    "memcpy_device",    "device-to-device copy") \
	X(MEMCPY_HOST,      "memcpy_host",      "copy over the host link") \
	X(COLLECTIVE,       "collective",       "communication between devices") \
	X(SAMPLING,         "sampling",         "fused sampling") \
	X(COPY_STRIDED,     "copy_strided",     "copy with index arithmetic per element: expands, permutes") \
	X(GEMM_DEQUANT,     "gemm_dequant",     "GEMM that unpacks its weights on the way, implementation not named") \
	X(GEMM_TINYGEMM,    "gemm_tinygemm",    "int4 GEMM of PyTorch: unpacks for every row of activations") \
	X(GEMM_MARLIN,      "gemm_marlin",      "MARLIN: unpacking hidden behind the loads") \
	X(GEMM_AWQ,         "gemm_awq",         "GEMV and GEMM of AWQ") \
	X(GEMM_EXLLAMA,     "gemm_exllama",     "ExLlamaV2: GPTQ and EXL2 weights") \
	X(GEMM_NF4,         "gemm_nf4",         "bitsandbytes, 4-bit weights by a table") \
	X(GEMM_TRELLIS,     "gemm_trellis",     "trellis- or vector-coded weights (QTIP, Q-Palette)") \
	X(GEMM_FACTOR,      "gemm_factor",      "factor of a Monarch or BLAST matrix, with its permuted access") \
	X(ATTN_PACKED,      "attn_packed",      "attention that unpacks a quantized or sparse KV cache on the way") \
	X(ATTN_EFFICIENT,   "attn_efficient",   "memory-efficient attention (cutlass): a block walks all of a head's cache") \
	X(GEMV_BATCHED,     "gemv_batched",     "products of one row each in a batch, weights and all their own (cuBLAS gemv)") \
	X(CAT_LOOP,         "cat_loop",         "concatenation of large tensors in a loop of single elements (PyTorch before 2.7)") \
	X(GEMV_ROWS,        "gemv_rows",        "GEMV of a warp a row that loads the activations anew (llama.cpp's dequantize_mul_mat_vec)")

/* name, text, bits per element (4 for packed int4/fp4) */
#define SIM_DTYPE_LIST(X) \
	X(UNKNOWN, "unknown", 0) X(F64, "f64", 64) X(F32, "f32", 32) X(F16, "f16", 16) \
	X(BF16, "bf16", 16) X(FP8, "fp8", 8) X(FP4, "fp4", 4) X(I64, "i64", 64) X(I32, "i32", 32) \
	X(I16, "i16", 16) X(I8, "i8", 8) X(U8, "u8", 8) X(INT4, "int4", 4) X(BOOL, "bool", 8)
/* clang-format on */

enum sim_op {
#define X(name, text) SIM_OP_##name,
	SIM_OP_LIST(X)
#undef X
		SIM_OP_COUNT
};

enum sim_family {
#define X(name, text, what) SIM_FAMILY_##name,
	SIM_FAMILY_LIST(X)
#undef X
		SIM_FAMILY_COUNT
};

enum sim_dtype {
#define X(name, text, bits) SIM_DTYPE_##name,
	SIM_DTYPE_LIST(X)
#undef X
		SIM_DTYPE_COUNT
};

enum sim_kernel_flag {
	/* The host waits for all earlier device work before it issues this kernel. */
	SIM_KERNEL_SYNC_BEFORE = 1 << 0,
	/* Work is not known: recorded_ps is played as it is, on every machine, and counted. */
	SIM_KERNEL_OPAQUE = 1 << 1,
	/* Runs on a copy engine, not on the SMs. */
	SIM_KERNEL_COPY_ENGINE = 1 << 2,
	/* host_ns comes from a recorded launch; without it the machine's own launch cost is used.
	 */
	SIM_KERNEL_HOST_RECORDED = 1 << 3,
	/* Inputs were written by the kernel just before and fit in L2. */
	SIM_KERNEL_INPUT_HOT = 1 << 4,
	/* Of a draft's forward: placements may put it elsewhere than what verifies it. */
	SIM_KERNEL_DRAFT = 1 << 5,
	/* Moves bytes between devices: hops and route stand where threads and blocks_per_sm do. */
	SIM_KERNEL_PEER = 1 << 6,
};

/* What carries the bytes of a kernel between devices. */
enum sim_route {
	SIM_ROUTE_DIRECT,   /* stores to and loads from the memory of others, barriers between */
	SIM_ROUTE_RING,	    /* from neighbour to neighbour, in pieces, as NCCL does */
	SIM_ROUTE_MULTIMEM, /* the switch adds up and copies (NVLS) */
	SIM_ROUTE_COUNT
};

struct sim_kernel {
	union {
		uint64_t flops;	      /* multiply and add count as two */
		uint64_t recorded_ps; /* when SIM_KERNEL_OPAQUE is set */
	};
	uint64_t weight_bytes;	  /* parameters read, with scales and indices of their format */
	uint64_t kv_read_bytes;	  /* KV cache read; STATE: the state */
	uint64_t kv_write_bytes;  /* KV cache written */
	uint64_t act_read_bytes;  /* activations and everything else read; PEER: sent */
	uint64_t act_write_bytes; /* activations and everything else written; PEER: received */
	uint32_t blocks;  /* thread blocks of the grid; PEER: multiprocessors it holds; 0 unknown */
	uint32_t host_ns; /* host time from the return of the previous launch call (or the end of
			     the sync before) to the return of this one; syncs not included;
			     saturating */
	union {
		uint16_t threads; /* threads per block; 0 unknown */
		uint16_t hops;	  /* PEER: messages one after another */
	};
	union {
		uint8_t blocks_per_sm; /* resident blocks an SM can hold of this kernel; 0 unknown */
		uint8_t route;	       /* PEER: enum sim_route */
	};
	uint8_t op;	/* enum sim_op */
	uint8_t family; /* enum sim_family */
	uint8_t dtype;	/* enum sim_dtype of the main operand (weights, KV, or input) */
	uint8_t stream; /* dense index of the stream, 0 first seen */
	uint8_t flags;	/* enum sim_kernel_flag */
};

static_assert(sizeof(struct sim_kernel) == 64, "a kernel record is one cache line");

const char *sim_op_text(unsigned op);
const char *sim_family_text(unsigned family);
const char *sim_family_what(unsigned family);
const char *sim_dtype_text(unsigned dtype);
unsigned sim_dtype_bits(unsigned dtype);

/* Index of TEXT in the list, or -1. */
int sim_op_from_text(const char *text);
int sim_family_from_text(const char *text);
int sim_dtype_from_text(const char *text);

/*
 * Bytes that must come from main memory once a step whatever the software: weights, the KV that
 * attention reads, and the state that a recurrent layer reads. Divided by the peak bandwidth they
 * give the byte floor; no prediction goes below it. Activations, and copies of a KV cache, may be
 * served by a cache or avoided and do not count.
 */
static inline uint64_t sim_kernel_floor_bytes(const struct sim_kernel *kernel)
{
	uint64_t weight_bytes = kernel->weight_bytes, kv_bytes = kernel->kv_read_bytes;
	int needed = kernel->op == SIM_OP_ATTENTION || kernel->op == SIM_OP_STATE;
	uint64_t bytes = weight_bytes + (needed ? kv_bytes : 0);
	return kernel->flags & SIM_KERNEL_OPAQUE ? 0 : bytes;
}

#endif
