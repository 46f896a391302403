/* Memory of a decode run: one block, filled with random numbers on the device. */
#include <cinttypes>

#include "validate/bench/decode/kernels_fill.cuh"
#include "validate/bench/decode/run.cuh"

enum { FILL_THREADS = 256 };

#define MOST_FILL_BLOCKS UINT64_C(4096)

extern "C" enum sim_status decode_gpu_find(struct decode_gpu_info *info, struct sim_diag *diag)
{
	cudaDeviceProp properties;
	size_t free_bytes, all_bytes;
	int device;
	*info = decode_gpu_info();
	TRY_CUDA(cudaGetDevice(&device), diag);
	TRY_CUDA(cudaGetDeviceProperties(&properties, device), diag);
	TRY_CUDA(cudaMemGetInfo(&free_bytes, &all_bytes), diag);
	TRY_CUDA(cudaDriverGetVersion(&info->driver_version), diag);
	TRY_CUDA(cudaRuntimeGetVersion(&info->runtime_version), diag);
	snprintf(info->name, sizeof(info->name), "%.95s", properties.name);
	info->sms = (uint32_t)properties.multiProcessorCount;
	info->cc_major = (uint32_t)properties.major;
	info->cc_minor = (uint32_t)properties.minor;
	info->memory_bytes = all_bytes;
	info->free_bytes = free_bytes;
	return SIM_OK;
}

static enum sim_status allocate(struct decode_run *run, struct sim_diag *diag)
{
	const struct decode_layout *layout = &run->layout;
	size_t free_bytes, all_bytes;
	TRY_CUDA(cudaMemGetInfo(&free_bytes, &all_bytes), diag);
	if (layout->total_bytes + DECODE_WORKSPACE_BYTES > free_bytes)
		return diag_fail(diag, SIM_E_INFEASIBLE,
				 "does not fit: '%s' at batch '%" PRIu64 "', context '%" PRIu64
				 "' needs %.2f GiB (weights %.2f, KV cache %.2f, the rest %.2f), "
				 "%.2f of %.2f GiB are free",
				 run->shape.model.name, run->shape.batch, run->shape.context,
				 (double)(layout->total_bytes + DECODE_WORKSPACE_BYTES) / (1 << 30),
				 (double)layout->weight_bytes / (1 << 30),
				 (double)layout->kv_bytes / (1 << 30),
				 (double)(layout->other_bytes + DECODE_WORKSPACE_BYTES) / (1 << 30),
				 (double)free_bytes / (1 << 30), (double)all_bytes / (1 << 30));
	TRY_CUDA(cudaMalloc(&run->memory, (size_t)layout->total_bytes), diag);
	TRY_CUDA(cudaMalloc(&run->workspace, (size_t)DECODE_WORKSPACE_BYTES), diag);
	return SIM_OK;
}

/* Tensors differ by the offset in their seed. */
static enum sim_status fill(struct decode_run *run, uint64_t offset, uint64_t count, uint64_t seed,
			    float center, float spread, struct sim_diag *diag)
{
	uint64_t blocks = (count + FILL_THREADS - 1) / FILL_THREADS;
	blocks = blocks < MOST_FILL_BLOCKS ? blocks : MOST_FILL_BLOCKS;
	if (count > 0)
		TRY_CUDA(CUDA_LAUNCH(decode_fill, dim3((unsigned)blocks), dim3(FILL_THREADS),
				     run->stream, decode_at<bf16>(run, offset), count,
				     seed * UINT64_C(0x2545f4914f6cdd1d) + offset, center, spread),
			 diag);
	return SIM_OK;
}

/* Uniform numbers of variance 1 / FAN_IN keep a matrix's results at the size of its operands. */
static enum sim_status fill_matrix(struct decode_run *run, uint64_t offset, uint64_t rows,
				   uint64_t fan_in, uint64_t seed, struct sim_diag *diag)
{
	return fill(run, offset, rows * fan_in, seed, 0, sqrtf(3.0f / (float)fan_in), diag);
}

static enum sim_status fill_layer(struct decode_run *run, const struct decode_layer_layout *layer,
				  uint64_t seed, struct sim_diag *diag)
{
	const struct decode_shape *shape = &run->shape;
	const struct workload_model *model = &shape->model;
	const float unit = sqrtf(3);
	uint64_t hidden = model->hidden, width = model->intermediate;
	uint64_t slots = shape->batch * model->kv_heads * shape->capacity * model->head_dim;
	uint64_t head_norm = model->qk_norm ? model->head_dim : 0;
	TRY(fill_matrix(run, layer->qkv, shape->joined, hidden, seed, diag));
	TRY(fill(run, layer->qkv_bias, model->qkv_bias ? shape->joined : 0, seed, 0, 0.5f, diag));
	TRY(fill(run, layer->query_norm, head_norm, seed, 1, 0.5f, diag));
	TRY(fill(run, layer->key_norm, head_norm, seed, 1, 0.5f, diag));
	TRY(fill_matrix(run, layer->output, hidden, shape->queries, seed, diag));
	TRY(fill_matrix(run, layer->gate_up, 2 * width, hidden, seed, diag));
	TRY(fill_matrix(run, layer->down, hidden, width, seed, diag));
	TRY(fill(run, layer->keys, slots, seed, 0, unit, diag));
	return fill(run, layer->values, slots, seed, 0, unit, diag);
}

static enum sim_status copy_in(struct decode_run *run, uint64_t offset, const void *from,
			       size_t bytes, struct sim_diag *diag)
{
	TRY_CUDA(cudaMemcpyAsync(decode_at<void>(run, offset), from, bytes, cudaMemcpyHostToDevice,
				 run->stream),
		 diag);
	TRY_CUDA(cudaStreamSynchronize(run->stream), diag);
	return SIM_OK;
}

static enum sim_status fill_all(struct decode_run *run, uint64_t seed, struct sim_diag *diag)
{
	const struct decode_shape *shape = &run->shape;
	const struct workload_model *model = &shape->model;
	const struct decode_layout *layout = &run->layout;
	float frequencies[DECODE_WIDEST_HEAD / 2];
	uint64_t vocabulary = model->vocabulary, hidden = model->hidden;
	TRY(fill_matrix(run, layout->embedding, vocabulary, hidden, seed, diag));
	if (!model->tied)
		TRY(fill_matrix(run, layout->head, vocabulary, hidden, seed, diag));
	TRY(fill(run, layout->norms, (2 * model->layers + 1) * hidden, seed, 1, 0.5f, diag));
	for (uint64_t i = 0; i < model->layers; i++)
		TRY(fill_layer(run, &layout->layers[i], seed, diag));
	TRY_CUDA(CUDA_LAUNCH(decode_fill_tokens,
			     dim3((unsigned)((shape->batch + FILL_THREADS - 1) / FILL_THREADS)),
			     dim3(FILL_THREADS), run->stream,
			     decode_at<int32_t>(run, layout->tokens), (int)shape->batch, seed,
			     vocabulary),
		 diag);
	for (uint64_t i = 0; i < model->head_dim / 2; i++)
		frequencies[i] = (float)model_rope_frequency(model, i);
	TRY(copy_in(run, layout->rope, frequencies, model->head_dim / 2 * sizeof(float), diag));
	return decode_set_position(run, shape->context, diag);
}

enum sim_status decode_run_open(struct decode_run *run, const struct decode_shape *shape,
				uint64_t seed, struct sim_diag *diag)
{
	*run = decode_run();
	run->shape = *shape;
	TRY(decode_layout_init(&run->layout, shape, diag));
	TRY(allocate(run, diag));
	TRY_CUDA(cudaStreamCreateWithFlags(&run->stream, cudaStreamNonBlocking), diag);
	TRY_CUBLAS(cublasCreate(&run->blas), diag);
	TRY_CUBLAS(cublasSetStream(run->blas, run->stream), diag);
	TRY_CUBLAS(cublasSetWorkspace(run->blas, run->workspace, DECODE_WORKSPACE_BYTES), diag);
	return fill_all(run, seed, diag);
}

/* Errors here come after all that counts. */
void decode_run_close(struct decode_run *run)
{
	if (run->blas != nullptr)
		(void)cublasDestroy(run->blas);
	if (run->stream != nullptr)
		(void)cudaStreamDestroy(run->stream);
	(void)cudaFree(run->workspace);
	(void)cudaFree(run->memory);
	decode_layout_fini(&run->layout);
}

enum sim_status decode_set_position(struct decode_run *run, uint64_t position,
				    struct sim_diag *diag)
{
	int32_t value = (int32_t)position;
	return copy_in(run, run->layout.position, &value, sizeof(value), diag);
}

enum sim_status decode_read(struct decode_run *run, void *to, uint64_t offset, size_t bytes,
			    struct sim_diag *diag)
{
	TRY_CUDA(cudaMemcpyAsync(to, decode_at<void>(run, offset), bytes, cudaMemcpyDeviceToHost,
				 run->stream),
		 diag);
	TRY_CUDA(cudaStreamSynchronize(run->stream), diag);
	return SIM_OK;
}
