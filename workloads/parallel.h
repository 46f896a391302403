/*
 * Groups of devices: what one of them holds and runs of a model that is shared out. One device stands
 * for all: the one with the most to do.
 *
 * Tensor parallel, tp (Megatron-LM, arXiv 1909.08053):
 *   heads / tp query heads, kv_heads / tp key heads, at least 1: beyond that they are copies; columns of
 *   gate and up, rows of down and of the output projection, rows of embedding and vocabulary projection
 *   are divided, norms and routers are not. Kernels are those of the profile for the smaller shapes.
 *     all-reduce of rows x hidden   after the embedding, the output projection, the (last) down projection
 *     all-gather of the logits      after the vocabulary projection; sampling sees the whole vocabulary
 *   tp.fuse norm: additions and norms right behind an all-reduce are done by it, on 1 / tp of the rows
 *   (TokenWeave, arXiv 2505.11329): their kernels are gone, their operations / tp stay.
 *   tp.overlap split2: the layers run two halves of the tokens in turn, of the sequences where they are
 *   even in number, else of each sequence's tokens; the all-reduce of one half is on a stream of its own
 *   beside the kernels of the other (TokenWeave). What cannot be halved runs whole.
 *
 * Pipeline parallel, pp (GPipe, arXiv 1811.06965): layers / pp on each stage, rounded up, and a send of
 * rows x hidden between two. A batch goes through in pp.micro parts of equal size, rounded up. With t the time of one part on the
 * longest stage, a decode iteration of all of them takes
 *     micro < pp     pp t + sends: each part waits for its own last token; stages idle for the rest
 *     micro >= pp    micro (t + send): every stage is busy
 * A prompt goes through as one part. In the first case all layers are lowered, in the second one stage.
 *
 * Expert parallel, ep: experts / ep on each device, whole; attention and the rest by tp, so that
 * dp = ep / tp devices bring batches of their own: `batch` is that of one of them. With A = dp rows K
 * choices of the group (K experts a token), T = dp rows tokens, E experts:
 *     load of a device   A (h s / H + (E/ep - h) (1 - s) / (E - H)),   h = min(H, E/ep)
 *       of the fullest: s of the choices go to the H hot experts, which lie together on as few devices as
 *       hold them, the rest evenly; without skew A / ep. Chance is not in it
 *     experts read       of its experts, as many as T independent tokens choose
 *     all-to-all         rows K / tp (1 - 1/ep) hidden out, load (1 - 1/ep) hidden in, before the experts,
 *                        and back behind them; with dp = 1 all have all tokens: an all-reduce behind
 *   ep.spill (LLEP, arXiv 2601.17111): choices beyond `ep.capacity` times the mean go to the least loaded
 *   devices with the weights of their experts, which are sent before (expert_balance.h)
 *
 * Collectives: workloads/collective.h, by collective.topology, .algorithm and .sms; the link's bandwidth
 * and latency are the device's (peer.*), a pipeline's may be another (pp.bandwidth, pp.latency).
 *
 * Limits: devices of a group are alike and start together; drafts of a model of their own run whole on
 * every device; 16-bit activations travel; stages of a pipeline are charged as if all were the last.
 */
#ifndef WORKLOADS_PARALLEL_H
#define WORKLOADS_PARALLEL_H

#include "workloads/workload.h"

enum parallel_key {
	PARALLEL_TP,
	PARALLEL_FUSE,
	PARALLEL_OVERLAP,
	PARALLEL_PP,
	PARALLEL_MICRO,
	PARALLEL_PP_BANDWIDTH,
	PARALLEL_PP_LATENCY,
	PARALLEL_EP,
	PARALLEL_SKEW,
	PARALLEL_HOT,
	PARALLEL_SPILL,
	PARALLEL_CAPACITY,
	PARALLEL_CHUNK,
	PARALLEL_TOPOLOGY,
	PARALLEL_ALGORITHM,
	PARALLEL_SMS,
	PARALLEL_KEY_COUNT
};

/* A scenario's keys as numbers, with what follows from them. */
struct parallel {
	double tp, pp, micro, ep;
	double dp; /* ep / tp, 1 without ep */
	bool fuses, overlaps, spills;
	double skew, hot; /* 0: none */
	double capacity, chunk;
	double pp_bandwidth, pp_latency; /* 0: the device's link */
	unsigned topology, algorithm;
	double sms;
};

struct parallel parallel_of(const struct workload *workload);

/* Devices of the group; 1 where nothing is shared out, or nothing loaded. */
double parallel_devices(const struct workload *workload);

/* Stages of a pipeline that an iteration is lowered through, one after another; 1: one of them. */
double parallel_stages_in_a_row(const struct workload *workload);

/*
 * Check the keys of WORKLOAD, which is loaded, against its model and each other, and leave of the
 * model what one device has by tp. Part of workload_load; tp of a loaded workload is not to change.
 */
SIM_MUST_CHECK enum sim_status parallel_load(struct workload *workload, struct sim_diag *diag);

/* Do ep and its keys fit the model? The keys may have changed since it was loaded. */
SIM_MUST_CHECK enum sim_status parallel_check_experts(const struct workload *workload,
						      struct sim_diag *diag);

/* What the layers of FORWARD are lowered of: it, or the half that tp.overlap makes of it. */
struct workload_forward parallel_part(const struct workload *workload,
				      const struct workload_forward *forward);

/* Does parallel_part() halve FORWARD? */
bool parallel_halves(const struct workload *workload, const struct workload_forward *forward);

/* After parallel_check_experts(). Of the fullest device of a layer of ROWS tokens: choices that its experts take, distinct experts
 * that they read, and what a spill sends of weights, in experts. */
struct parallel_experts {
	double choices, unique, sent_experts;
};
struct parallel_experts parallel_experts(const struct workload *workload, double rows);

#endif
