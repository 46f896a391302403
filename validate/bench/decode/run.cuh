/* A decode run on the device: its memory, and how an op of the plan becomes launches. */
#ifndef VALIDATE_BENCH_DECODE_RUN_CUH
#define VALIDATE_BENCH_DECODE_RUN_CUH

#include "validate/bench/decode/bf16.h"
#include "validate/bench/decode/cuda.cuh"

extern "C" {
#include "validate/bench/decode/gpu.h"
#include "validate/bench/decode/plan.h"
#include "validate/bench/decode/shape.h"
}

struct decode_run {
	struct decode_shape shape;
	struct decode_layout layout;
	unsigned char *memory; /* of the layout */
	void *workspace;
	cudaStream_t stream;
	cublasHandle_t blas;
};

/* Weights, cache and tokens random of SEED. decode_run_close also after a failure. */
enum sim_status decode_run_open(struct decode_run *run, const struct decode_shape *shape,
				uint64_t seed, struct sim_diag *diag);
void decode_run_close(struct decode_run *run);

/* Waits for the device. */
enum sim_status decode_set_position(struct decode_run *run, uint64_t position,
				    struct sim_diag *diag);
enum sim_status decode_read(struct decode_run *run, void *to, uint64_t offset, size_t bytes,
			    struct sim_diag *diag);

/* Issues OP's kernels on the run's stream. */
enum sim_status decode_launch(struct decode_run *run, const struct decode_op *op,
			      struct sim_diag *diag);

template <typename T> static inline T *decode_at(const struct decode_run *run, uint64_t offset)
{
	return reinterpret_cast<T *>(run->memory + offset);
}

#endif
