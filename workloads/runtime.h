/*
 * Runtime profile: which kernels a software stack launches for a model, as data.
 *
 * Read from YAML (workloads/runtimes/NAME.yaml or a path):
 *
 *   runtime    name               summary    one line        source   what it rests on
 *   inherits   another profile, whose keys stand where this file has none of its own
 *   host       what eager launches cost the host (see struct runtime_host): keys with unit and source
 *   partial    true: leaves out parts of the model on purpose; else a model that it takes for a
 *              simpler one is refused (workload_complete)
 *   workspace  memory the software takes for itself (context, libraries, graphs): "1.2 GB"
 *   lacks      FEATURE: "why": what the software does not know of an architecture (feature.h)
 *   cache      EXPRESSION: elements of the KV cache that a layer holds of a token, where that is not
 *              what the architecture needs (latent attention with its keys and values expanded)
 *   state      EXPRESSION: bytes of state that a layer holds of a sequence (default: 16 bits each)
 *   prefix     what the software does of a prompt that sequences share: apart (default), held, one,
 *              groups (workloads/transform_shared_prefix.c)
 *   slots      EXPRESSION: KV slots held of a sequence, where a scenario does not say (default:
 *              length, the tokens there are after the forward)
 *   let        NAME: EXPRESSION, in order, over the scope below and the names before
 *   blocks     NAME: [ENTRY ...]: runs of kernels that are used by name
 *   prologue, layer, epilogue   [ENTRY ...]
 *
 * An ENTRY is either `{use: BLOCK, as: PREFIX, with: {NAME: EXPRESSION}, when:, repeat:, role:}` (the
 * block's kernels in its place, named PREFIX.NAME, with NAMEs bound inside), or a kernel:
 *
 *   kernel     its name in listings: "q_proj"; letters, digits, '_', '.', '-', '/'
 *   kind       how the record comes from the fields (workloads/kind.h): raw, gemm, pointwise, ...
 *   role       enum workload_role (default: none)
 *   ops        EXPRESSION: framework operations that the host dispatches for it (default 1): 0 where
 *              the operation before it launches this kernel, too; more where some before it launch
 *              nothing (empty operands, views). See struct runtime_host
 *   waits      EXPRESSION: not 0 where the host waits for all before it, to read a result; the copy to
 *              the host is in the machine's time of a wait
 *   when       EXPRESSION: left out where it is 0       repeat     EXPRESSION: that many times
 *   and the fields of its kind, each an EXPRESSION or a word
 *
 * Scope of every expression: the model's keys with '.' and '-' as '_' and the section dropped where
 * that is unique (layers, hidden, heads, kv_heads, head_dim, qkv_bias, ...; struct workload_model's
 * field names), and what workload_scope_names() lists beside them: batch, width, context, ...
 */
#ifndef WORKLOADS_RUNTIME_H
#define WORKLOADS_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/arena.h"
#include "sim/core/status.h"
#include "workloads/expr.h"
#include "workloads/feature.h"

struct runtime_entry; /* internal to runtime*.c and lower*.c: workloads/runtime_parts.h */

/*
 * Host time of an eager step at host speed 1, ns. A launch: return to return of the calls. Of a kernel
 *   kernel_ns + (ops - 1) op_ns,   not below 0
 */
struct runtime_host {
	double kernel_ns; /* of every kernel that says nothing else: an operation and its launch */
	double op_ns;	  /* of an operation without a launch; 0: `ops` of entries does not count */
	double gemm_ns;	  /* of matrix products; 0: kernel_ns */
	double layer_ns;  /* more, before the first kernel of a layer */
	double step_ns;	  /* more, before the first kernel of a step (sampling, python loop) */
	char source[256];
};

enum runtime_prefix {
	RUNTIME_PREFIX_APART,
	RUNTIME_PREFIX_HELD,
	RUNTIME_PREFIX_ONE,
	RUNTIME_PREFIX_GROUPS
};

struct workload_runtime {
	struct arena arena;
	char name[64];
	char summary[128];
	char source[512];
	struct runtime_host host;
	struct runtime_entry *prologue, *layer, *epilogue; /* lists */
	const char **let_names;				   /* beside the scope of every profile */
	struct expr *lets;
	size_t let_count;
	size_t first_let;  /* slot of the first of them */
	struct expr slots; /* KV slots held of a sequence, where the scenario does not say */
	struct expr cache; /* elements of a token and layer; no text: as the architecture says */
	struct expr state; /* bytes of a sequence and layer; no text: the same */
	const char *lacks[FEATURE_COUNT]; /* why it lacks a feature; NULL: it does not say so */
	unsigned prefix;		  /* enum runtime_prefix */
	bool partial;
	bool tells_mixers;	  /* some expression of it looks at `mixer` */
	double workspace_bytes;	  /* memory that the software takes for itself */
	bool first_layer_differs; /* some expression of a layer looks at `first_layer` */
	size_t scope_count;	  /* slots in use: the common scope, lets, bindings of blocks */
};

/* RUNTIME is initialized in any case: call runtime_fini also after a failure. */
SIM_MUST_CHECK enum sim_status
runtime_load(const char *name_or_path, struct workload_runtime *runtime, struct sim_diag *diag);
void runtime_fini(struct workload_runtime *runtime);

/* Names of the built-in profiles, sorted. */
SIM_MUST_CHECK enum sim_status runtime_list(struct arena *arena, const char ***names, size_t *count,
					    struct sim_diag *diag);

#endif
