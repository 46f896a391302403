/* `decodesim validate --bytes`: derived DRAM bytes beside those that Nsight Compute measured. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/validation.h"
#include "traces/ncu.h"

static const char cold_note[] =
	"ncu flushes the caches before each kernel unless told --cache-control none: small kernels "
	"then read from DRAM what L2 serves in a live run, and what they write stays in L2";

static void add_kernel(struct bytes_family *family, const struct sim_kernel *kernel,
		       const struct ncu_join *join, size_t at)
{
	double read = join->dram_read_bytes[at], write = join->dram_write_bytes[at];
	double l2 = join->lts_bytes[at];
	if ((kernel->flags & SIM_KERNEL_OPAQUE) || isnan(read))
		return;
	family->compared++;
	family->derived_read +=
		(double)(kernel->weight_bytes + kernel->kv_read_bytes + kernel->act_read_bytes);
	family->measured_read += read;
	if (!isnan(write)) {
		family->derived_write += (double)(kernel->kv_write_bytes + kernel->act_write_bytes);
		family->measured_write += write;
	}
	family->measured_l2 += isnan(l2) ? 0 : l2;
}

static void sum_families(const struct trace *trace, const struct ncu_join *join,
			 struct validation_bytes *bytes)
{
	for (size_t s = 0; s < trace->step_count; s++) {
		size_t first = trace->steps[s].first, end = first + trace->steps[s].count;
		for (size_t i = first; i < end; i++) {
			const struct sim_kernel *kernel = &trace->kernels[i];
			struct bytes_family *family = &bytes->families[kernel->family];
			if (kernel->op == SIM_OP_MEMCPY || kernel->op == SIM_OP_MEMSET)
				continue;
			family->kernels++;
			family->joined += join->found[i];
			add_kernel(family, kernel, join, i);
		}
	}
	bytes->joined = join->joined;
	bytes->unjoined = join->unjoined;
	bytes->unused = join->unused;
}

enum sim_status validation_bytes_read(struct validation *job, const char *path,
				      struct sim_diag *diag)
{
	struct ncu_log log;
	struct ncu_join join;
	const struct trace *trace = job->traces.pointers[0];
	job->bytes = calloc(1, sizeof(*job->bytes));
	if (job->bytes == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	job->bytes->path = path;
	TRY(ncu_read(path, &log, diag));
	enum sim_status status = ncu_join(&log, trace, &join, diag);
	if (status == SIM_OK) {
		sum_families(trace, &join, job->bytes);
		ncu_join_fini(&join);
	}
	ncu_fini(&log);
	if (status == SIM_OK && job->bytes->joined == 0)
		return diag_fail(diag, SIM_E_NOT_FOUND,
				 "%s: none of its kernels is in a step of the trace by name, grid "
				 "and block: '%s'; was it made with another model or batch?",
				 path, trace->name);
	return status;
}

static double joined_share(const struct validation_bytes *bytes)
{
	uint64_t all = bytes->joined + bytes->unjoined;
	return all > 0 ? (double)bytes->joined / (double)all : 0;
}

void validation_bytes_json(cJSON *root, const struct validation_bytes *bytes)
{
	cJSON *rows = cJSON_CreateArray(), *log = cJSON_CreateObject();
	cli_json_text(log, "file", bytes->path);
	cJSON_AddNumberToObject(log, "joined_kernels", (double)bytes->joined);
	cJSON_AddNumberToObject(log, "unjoined_kernels", (double)bytes->unjoined);
	cJSON_AddNumberToObject(log, "joined_share", joined_share(bytes));
	cJSON_AddNumberToObject(log, "unused_rows", (double)bytes->unused);
	cJSON_AddStringToObject(log, "note", cold_note);
	for (unsigned i = 0; i < SIM_FAMILY_COUNT; i++) {
		const struct bytes_family *family = &bytes->families[i];
		if (family->kernels == 0)
			continue;
		cJSON *row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "family", sim_family_text(i));
		cJSON_AddNumberToObject(row, "kernels", (double)family->kernels);
		cJSON_AddNumberToObject(row, "joined", (double)family->joined);
		cJSON_AddNumberToObject(row, "compared", (double)family->compared);
		cJSON_AddNumberToObject(row, "derived_read_bytes", family->derived_read);
		cJSON_AddNumberToObject(row, "measured_read_bytes", family->measured_read);
		/* a cached operand can make it 0, and JSON has no infinity: null then */
		cJSON_AddNumberToObject(row, "read_ratio",
					family->derived_read / family->measured_read);
		cJSON_AddNumberToObject(row, "derived_write_bytes", family->derived_write);
		cJSON_AddNumberToObject(row, "measured_write_bytes", family->measured_write);
		cJSON_AddNumberToObject(row, "measured_l2_bytes", family->measured_l2);
		cJSON_AddItemToArray(rows, row);
	}
	cJSON_AddItemToObject(root, "bytes", rows);
	cJSON_AddItemToObject(root, "bytes_log", log);
}

void validation_bytes_print(const struct validation_bytes *bytes)
{
	enum { MEGA = 1000000 };
	char path[640];
	printf("\nDRAM bytes measured in %s: %.1f %% of the steps' kernels joined (%" PRIu64
	       " of %" PRIu64 "), %" PRIu64 " rows unused\n",
	       text_printable(path, sizeof(path), bytes->path, strlen(bytes->path)),
	       100 * joined_share(bytes), bytes->joined, bytes->joined + bytes->unjoined,
	       bytes->unused);
	printf("%-22s %8s %8s %13s %13s %8s %13s %13s\n", "MB over all steps", "kernels", "joined",
	       "derived read", "measured", "ratio", "derived write", "measured");
	for (unsigned i = 0; i < SIM_FAMILY_COUNT; i++) {
		const struct bytes_family *family = &bytes->families[i];
		if (family->kernels == 0)
			continue;
		printf("%-22s %8" PRIu64 " %8" PRIu64, sim_family_text(i), family->kernels,
		       family->joined);
		if (family->compared == 0) {
			printf(" %13s\n", family->joined > 0 ? "work unknown" : "not joined");
			continue;
		}
		printf(" %13.3f %13.3f", family->derived_read / MEGA, family->measured_read / MEGA);
		if (family->measured_read > 0)
			printf(" %8.4f", family->derived_read / family->measured_read);
		else
			printf(" %8s", "-");
		printf(" %13.3f %13.3f\n", family->derived_write / MEGA,
		       family->measured_write / MEGA);
	}
	printf("%s\n", cold_note);
}
