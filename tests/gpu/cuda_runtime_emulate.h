/*
 * The calls of CUDA's runtime, cuBLAS and NVTX that the decode run makes, on the CPU: device memory is
 * the heap, a stream runs at once, a capturing stream records, a graph plays its records. A GEMM is
 * three loops over cuBLAS's column-major arguments. Mistakes that a GPU would show end the program:
 * a launch that no device could take, a copy while a stream captures, ranges that do not nest.
 */
#ifndef TESTS_GPU_CUDA_RUNTIME_EMULATE_H
#define TESTS_GPU_CUDA_RUNTIME_EMULATE_H

#include <map>
#include <string>

#include "tests/gpu/cuda_emulate.h"

enum cudaError_t {
	cudaSuccess,
	cudaErrorInvalidValue,
	cudaErrorMemoryAllocation,
	cudaErrorInsufficientDriver,
	cudaErrorNoDevice,
	cudaErrorStreamCaptureUnsupported,
};

static inline const char *cudaGetErrorString(cudaError_t error)
{
	static const char *const texts[] = {
		"no error",	 "invalid value",
		"out of memory", "insufficient driver",
		"no device",	 "not permitted while a stream captures"};
	return texts[error];
}

struct emulated_graph {
	std::vector<std::function<void()>> nodes;
};
typedef emulated_graph *cudaGraph_t;
typedef emulated_graph *cudaGraphExec_t;

struct emulated_stream {
	cudaGraph_t capture;
};
typedef emulated_stream *cudaStream_t;

inline size_t emulated_memory = size_t(1) << 30, emulated_used;
const size_t emulated_poisoned = size_t(32) << 20;
inline std::map<void *, size_t> emulated_blocks;
inline std::vector<std::string> emulated_ranges, emulated_launches;

enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 };
enum { cudaStreamNonBlocking = 1, cudaStreamCaptureModeThreadLocal = 1 };

struct cudaDeviceProp {
	char name[256];
	int multiProcessorCount, major, minor;
	size_t totalGlobalMem;
};

static inline cudaError_t cudaGetDevice(int *device)
{
	*device = 0;
	return cudaSuccess;
}

static inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int device)
{
	(void)device;
	*properties = cudaDeviceProp();
	strcpy(properties->name, "emulated on the CPU");
	properties->multiProcessorCount = 4;
	properties->totalGlobalMem = emulated_memory;
	return cudaSuccess;
}

static inline cudaError_t cudaDriverGetVersion(int *version)
{
	*version = 0;
	return cudaSuccess;
}

static inline cudaError_t cudaRuntimeGetVersion(int *version)
{
	*version = 0;
	return cudaSuccess;
}

static inline cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *all)
{
	*free_bytes = emulated_memory - emulated_used;
	*all = emulated_memory;
	return cudaSuccess;
}

template <typename T> cudaError_t cudaMalloc(T **at, size_t bytes)
{
	if (bytes > emulated_memory - emulated_used)
		return cudaErrorMemoryAllocation;
	*at = static_cast<T *>(aligned_alloc(256, (bytes + 255) / 256 * 256));
	if (*at == nullptr)
		return cudaErrorMemoryAllocation;
	emulated_used += bytes;
	emulated_blocks[*at] = bytes;
	if (bytes < emulated_poisoned)			       /* a workspace is only claimed */
		memset(static_cast<void *>(*at), 0xff, bytes); /* bf16 and float NaN */
	return cudaSuccess;
}

static inline cudaError_t cudaFree(void *at)
{
	if (at != nullptr && emulated_blocks.count(at) == 0)
		emulate::fail("memory is freed that is not held");
	emulated_used -= emulated_blocks[at];
	emulated_blocks.erase(at);
	free(at);
	return cudaSuccess;
}

static inline cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes,
					  cudaMemcpyKind kind, cudaStream_t stream)
{
	(void)kind;
	if (stream->capture != nullptr)
		return cudaErrorStreamCaptureUnsupported;
	memcpy(to, from, bytes);
	return cudaSuccess;
}

static inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags)
{
	(void)flags;
	*stream = new emulated_stream();
	return cudaSuccess;
}

static inline cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
	delete stream;
	return cudaSuccess;
}

static inline cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
	return stream->capture != nullptr ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}

static inline cudaError_t cudaStreamBeginCapture(cudaStream_t stream, int mode)
{
	(void)mode;
	stream->capture = new emulated_graph();
	return cudaSuccess;
}

static inline cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph)
{
	*graph = stream->capture;
	stream->capture = nullptr;
	return cudaSuccess;
}

static inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph,
					       unsigned long long flags)
{
	(void)flags;
	*exec = new emulated_graph(*graph);
	return cudaSuccess;
}

static inline cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
	delete graph;
	return cudaSuccess;
}

static inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec)
{
	delete exec;
	return cudaSuccess;
}

static inline cudaError_t cudaGraphUpload(cudaGraphExec_t exec, cudaStream_t stream)
{
	(void)exec;
	(void)stream;
	return cudaSuccess;
}

static inline cudaError_t cudaGraphGetNodes(cudaGraph_t graph, void *nodes, size_t *count)
{
	(void)nodes;
	*count = graph->nodes.size();
	return cudaSuccess;
}

static inline cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream)
{
	(void)stream;
	for (const auto &node : exec->nodes)
		node();
	return cudaSuccess;
}

static inline void emulated_run(cudaStream_t stream, const std::function<void()> &work)
{
	if (stream->capture != nullptr)
		stream->capture->nodes.push_back(work);
	else
		work();
}

/* What is launched, under which range: tests read both. */
static inline cudaError_t emulated_launch(const char *name, dim3 grid, dim3 threads,
					  cudaStream_t stream, const std::function<void()> &body)
{
	unsigned count = threads.x * threads.y * threads.z;
	if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.y > 65535 || grid.z > 65535 ||
	    count == 0 || count > 1024)
		return cudaErrorInvalidValue;
	char text[128];
	snprintf(text, sizeof(text), "%s %ux%ux%u of %u", name, grid.x, grid.y, grid.z, count);
	emulated_launches.push_back(
		std::string(text) + " in " +
		(emulated_ranges.empty() ? "no range" : emulated_ranges.back()));
	emulated_run(stream, [=] { emulate::run_grid(grid, threads, body); });
	return cudaSuccess;
}

#define CUDA_LAUNCH(kernel, grid, threads, stream, ...)                                            \
	emulated_launch(#kernel, grid, threads, stream, [=] { kernel(__VA_ARGS__); })

enum cublasStatus_t { CUBLAS_STATUS_SUCCESS, CUBLAS_STATUS_INVALID_VALUE };
enum cublasOperation_t { CUBLAS_OP_N, CUBLAS_OP_T };
enum cudaDataType { CUDA_R_16BF };
enum cublasComputeType_t { CUBLAS_COMPUTE_32F };
enum cublasGemmAlgo_t { CUBLAS_GEMM_DEFAULT };
struct emulated_cublas {
	cudaStream_t stream;
};
typedef emulated_cublas *cublasHandle_t;

static inline const char *cublasGetStatusString(cublasStatus_t status)
{
	return status == CUBLAS_STATUS_SUCCESS ? "success" : "invalid value";
}

static inline cublasStatus_t cublasCreate(cublasHandle_t *handle)
{
	*handle = new emulated_cublas();
	return CUBLAS_STATUS_SUCCESS;
}

static inline cublasStatus_t cublasDestroy(cublasHandle_t handle)
{
	delete handle;
	return CUBLAS_STATUS_SUCCESS;
}

static inline cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream)
{
	handle->stream = stream;
	return CUBLAS_STATUS_SUCCESS;
}

static inline cublasStatus_t cublasSetWorkspace(cublasHandle_t handle, void *at, size_t bytes)
{
	(void)handle;
	return at != nullptr && bytes > 0 ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

static inline float emulated_wide(const uint16_t *at, size_t i)
{
	uint32_t bits = (uint32_t)at[i] << 16;
	float value;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline uint16_t emulated_narrow(float value)
{
	uint32_t bits;
	memcpy(&bits, &value, sizeof(bits));
	return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t op_a,
					  cublasOperation_t op_b, int m, int n, int k,
					  const void *alpha, const void *a, cudaDataType a_type,
					  int lda, const void *b, cudaDataType b_type, int ldb,
					  const void *beta, void *c, cudaDataType c_type, int ldc,
					  cublasComputeType_t compute, cublasGemmAlgo_t algo)
{
	float scale = *static_cast<const float *>(alpha), keep = *static_cast<const float *>(beta);
	const uint16_t *x = static_cast<const uint16_t *>(a), *y = static_cast<const uint16_t *>(b);
	uint16_t *z = static_cast<uint16_t *>(c);
	(void)a_type, (void)b_type, (void)c_type, (void)compute, (void)algo;
	if (lda < (op_a == CUBLAS_OP_N ? m : k) || ldb < (op_b == CUBLAS_OP_N ? k : n) || ldc < m ||
	    keep != 0)
		return CUBLAS_STATUS_INVALID_VALUE;
	emulated_launches.push_back(
		"gemm in " + (emulated_ranges.empty() ? "no range" : emulated_ranges.back()));
	emulated_run(handle->stream, [=] {
		for (size_t j = 0; j < (size_t)n; j++)
			for (size_t i = 0; i < (size_t)m; i++) {
				float sum = 0;
				for (size_t l = 0; l < (size_t)k; l++)
					sum += emulated_wide(x, op_a == CUBLAS_OP_N ? i + l * lda
										    : l + i * lda) *
					       emulated_wide(y, op_b == CUBLAS_OP_N ? l + j * ldb
										    : j + l * ldb);
				z[i + j * ldc] = emulated_narrow(scale * sum);
			}
	});
	return CUBLAS_STATUS_SUCCESS;
}

static inline int nvtxRangePushA(const char *text)
{
	emulated_ranges.push_back(text);
	return (int)emulated_ranges.size();
}

static inline int nvtxRangePop()
{
	if (emulated_ranges.empty())
		emulate::fail("a range is closed that was not opened");
	emulated_ranges.pop_back();
	return (int)emulated_ranges.size();
}

#endif
