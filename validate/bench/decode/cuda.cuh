/*
 * CUDA, cuBLAS and NVTX, or what stands for them in tests without a GPU (DECODE_EMULATED, compiled
 * as C++), and how their errors become statuses.
 */
#ifndef VALIDATE_BENCH_DECODE_CUDA_CUH
#define VALIDATE_BENCH_DECODE_CUDA_CUH

#ifdef DECODE_EMULATED
#include "tests/gpu/cuda_emulate.h"
#include "tests/gpu/cuda_runtime_emulate.h"
#else
#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <nvtx3/nvToolsExt.h>

/* KERNEL without template arguments: those have commas. */
#define CUDA_LAUNCH(kernel, grid, threads, stream, ...)                                            \
	(kernel<<<grid, threads, 0, stream>>>(__VA_ARGS__), cudaGetLastError())
#endif

extern "C" {
#include "sim/core/status.h"
}

static inline enum sim_status cuda_status(cudaError_t error)
{
	switch (error) {
	case cudaSuccess:
		return SIM_OK;
	case cudaErrorMemoryAllocation:
		return SIM_E_NOMEM;
	case cudaErrorNoDevice:
	case cudaErrorInsufficientDriver:
		return SIM_E_UNSUPPORTED;
	default:
		return SIM_E_INTERNAL;
	}
}

/* Leaves the calling function with a message unless EXPR succeeds. */
#define TRY_CUDA(expr, diag)                                                                       \
	do {                                                                                       \
		cudaError_t error_ = (expr);                                                       \
		if (error_ != cudaSuccess)                                                         \
			return diag_fail_at(diag, cuda_status(error_), __FILE__, __LINE__,         \
					    "%s: %s", #expr, cudaGetErrorString(error_));          \
	} while (0)

#define TRY_CUBLAS(expr, diag)                                                                     \
	do {                                                                                       \
		cublasStatus_t status_ = (expr);                                                   \
		if (status_ != CUBLAS_STATUS_SUCCESS)                                              \
			return diag_fail_at(diag, SIM_E_INTERNAL, __FILE__, __LINE__, "%s: %s",    \
					    #expr, cublasGetStatusString(status_));                \
	} while (0)

#endif
