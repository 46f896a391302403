/* Derived DRAM bytes beside those that Nsight Compute measured: see measured_bytes.h. */
#include "sim/cli/measured_bytes.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/cli/cli.h"

static const char cold_note[] =
	"ncu flushes the caches before each kernel unless told --cache-control none: small kernels "
	"then read from DRAM what L2 serves in a live run, and what they write stays in L2";

static bool any_measured(const struct trace_bytes *bytes)
{
	return !isnan(bytes->dram_read_bytes) || !isnan(bytes->dram_write_bytes) ||
	       !isnan(bytes->l2_bytes);
}

static void compare(struct bytes_family *family, const struct sim_kernel *kernel,
		    const struct trace_bytes *bytes)
{
	double read = bytes->dram_read_bytes, write = bytes->dram_write_bytes;
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
	family->measured_l2 += isnan(bytes->l2_bytes) ? 0 : bytes->l2_bytes;
}

static void add_kernel(struct measured_bytes *bytes, const struct trace *trace, size_t at)
{
	const struct sim_kernel *kernel = &trace->kernels[at];
	struct bytes_family *family = &bytes->families[kernel->family];
	if (kernel->op == SIM_OP_MEMCPY || kernel->op == SIM_OP_MEMSET)
		return;
	bool measured = any_measured(&trace->bytes[at]);
	family->kernels++;
	family->joined += measured;
	bytes->joined += measured;
	bytes->unjoined += !measured;
	compare(family, kernel, &trace->bytes[at]);
}

void measured_bytes_add(struct measured_bytes *bytes, const struct trace *trace)
{
	if (trace->bytes == NULL)
		return;
	if (bytes->traces++ == 0)
		memcpy(bytes->source, trace->bytes_source, sizeof(bytes->source));
	for (size_t s = 0; s < trace->step_count; s++)
		for (size_t i = 0; i < trace->steps[s].count; i++)
			add_kernel(bytes, trace, trace->steps[s].first + i);
}

static double joined_share(const struct measured_bytes *bytes)
{
	uint64_t all = bytes->joined + bytes->unjoined;
	return all > 0 ? (double)bytes->joined / (double)all : 0;
}

void measured_bytes_json(cJSON *root, const struct measured_bytes *bytes)
{
	cJSON *rows = cJSON_CreateArray(), *log = cJSON_CreateObject();
	cli_json_text(log, "file", bytes->source);
	cJSON_AddNumberToObject(log, "traces", (double)bytes->traces);
	cJSON_AddNumberToObject(log, "joined_kernels", (double)bytes->joined);
	cJSON_AddNumberToObject(log, "unjoined_kernels", (double)bytes->unjoined);
	cJSON_AddNumberToObject(log, "joined_share", joined_share(bytes));
	cJSON_AddNumberToObject(log, "unused_rows",
				bytes->unused >= 0 ? (double)bytes->unused : (double)NAN);
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

static void print_head(const struct measured_bytes *bytes)
{
	char source[640];
	text_printable(source, sizeof(source), bytes->source, strlen(bytes->source));
	if (bytes->traces == 1)
		printf("\nDRAM bytes measured in %s: ", source);
	else
		printf("\nDRAM bytes measured in %" PRIu64 " traces: ", bytes->traces);
	printf("%.1f %% of the steps' kernels joined (%" PRIu64 " of %" PRIu64 ")",
	       100 * joined_share(bytes), bytes->joined, bytes->joined + bytes->unjoined);
	if (bytes->unused >= 0)
		printf(", %" PRId64 " rows unused", bytes->unused);
	printf("\n");
}

void measured_bytes_print(const struct measured_bytes *bytes)
{
	enum { MEGA = 1000000 };
	print_head(bytes);
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
