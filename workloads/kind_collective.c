/*
 * collective: an exchange with other devices, by the equations of workloads/collective.h. It has no
 * meaning on a device without a link to others (peer.bandwidth), which refuses to run it.
 */
#include "workloads/collective.h"
#include "workloads/kind.h"

enum { KIND, BYTES, RECEIVED, DEVICES, TOPOLOGY, ALGORITHM, SMS, STREAM };

static const struct kind_field fields[] = {
	[KIND] = {"what", "all_reduce", collective_kind_words, "what is exchanged"},
	[BYTES] = {"bytes", NULL, NULL,
		   "of the whole tensor; all_to_all and send: that this device gives away"},
	[RECEIVED] = {"received", "0", NULL,
		      "all_to_all: bytes that come in; 0: as many as go out"},
	[DEVICES] = {"devices", NULL, NULL, "that take part, 2 or more"},
	[TOPOLOGY] = {"topology", "switch", collective_topology_words, "of their links"},
	[ALGORITHM] = {"algorithm", "auto", collective_algorithm_words, "how it is done"},
	[SMS] = {"sms", "0", NULL, "multiprocessors it holds; 0: as the device says"},
	[STREAM] = {"stream", "0", NULL, "stream it runs on; what is on another overlaps"},
	{0},
};

static enum sim_status append(const struct kind_call *call, struct workload_step *step,
			      struct sim_diag *diag)
{
	const double *v = call->values;
	const struct collective collective = {
		.kind = (unsigned)v[KIND],
		.topology = (unsigned)v[TOPOLOGY],
		.algorithm = (unsigned)v[ALGORITHM],
		.bytes = v[BYTES],
		.received = v[RECEIVED],
		.devices = v[DEVICES],
		.sms = v[SMS],
	};
	struct lowered_kernel *kernel = kind_kernel(call, step);
	if (kernel == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	kernel->kernel.dtype = SIM_DTYPE_BF16;
	kernel->kernel.stream = (uint8_t)kind_limit(v[STREAM], UINT8_MAX);
	return collective_fill(&collective, &kernel->kernel, diag);
}

const struct workload_kind workload_kind_collective = {
	.name = "collective",
	.what = "an exchange with other devices over their link",
	.fields = fields,
	.append = append,
};
