/*
 * fuse: runs of kernels become one, and what went between them never reaches memory.
 *
 * A rule is a sequence of roles, "norm+qkv"; rules are told as a list separated by commas and tried
 * in order at each place. Each role of a rule takes all kernels in a row that have it (at least one),
 * all on one stream, within one layer. Of the fused kernel:
 *
 *   reads      sum of what they read, less what an earlier one wrote just before
 *   writes     sum of what they write, less what the next one read:
 *              between two neighbours min(written, read) is gone on both sides
 *   flops, weights, KV   sums
 *   family, dims, blocks, threads   of the kernel with most bytes of weights and KV, then flops
 *   host time  of the longest: one launch instead of many
 *
 * What a kernel wrote and somebody other than the next reads must not vanish: a rule is a claim that
 * nobody does (the residual stream is why "residual+norm" keeps the residual's output: roles residual
 * and kv_write keep their writes).
 * Examples: norm+qkv, mlp_up+activation, rope+kv_write+attention (Q-Palette, CODA arXiv 2605.19269,
 * TokenWeave arXiv 2505.11329).
 */
#include <string.h>

#include "workloads/transform_parts.h"

enum { FUSE_RULES, FUSE_KEY_COUNT };
enum { MOST_RULES = 32, MOST_ROLES = 12 };

static const struct scenario_key keys[FUSE_KEY_COUNT + 1] = {
	[FUSE_RULES] = {"fuse.rules", SCENARIO_TEXT, UNIT_RATIO, 0, 0, NULL, NULL,
			"kernels that become one: roles in a row, \"norm+qkv, mlp_up+activation\""},
	{0},
};

struct rule {
	unsigned roles[MOST_ROLES];
	size_t count;
};

static enum sim_status take_role(struct rule *rule, const char *text, size_t length,
				 struct sim_diag *diag)
{
	char name[32];
	while (length > 0 && *text == ' ')
		text++, length--;
	while (length > 0 && text[length - 1] == ' ')
		length--;
	if (length == 0 || length >= sizeof(name) || rule->count == MOST_ROLES)
		return diag_fail(diag, SIM_E_PARSE, "'fuse.rules': not a role: '%.*s'",
				 (int)(length < 40 ? length : 40), text);
	memcpy(name, text, length);
	name[length] = '\0';
	int role = workload_role_from_text(name);
	if (role < 0)
		return diag_fail(diag, SIM_E_NOT_FOUND, "'fuse.rules': not a role: '%s'", name);
	rule->roles[rule->count++] = (unsigned)role;
	return SIM_OK;
}

static enum sim_status read_rules(const char *text, struct rule *rules, size_t *count,
				  struct sim_diag *diag)
{
	*count = 0;
	while (*text != '\0') {
		if (*count == MOST_RULES)
			return diag_fail(diag, SIM_E_RANGE, "'fuse.rules': more than %d rules",
					 MOST_RULES);
		struct rule *rule = &rules[(*count)++];
		rule->count = 0;
		for (;;) {
			size_t length = strcspn(text, "+,");
			TRY(take_role(rule, text, length, diag));
			text += length;
			if (*text != '+')
				break;
			text++;
		}
		text += *text == ',';
		if (rule->count < 2)
			return diag_fail(diag, SIM_E_PARSE,
					 "'fuse.rules': a rule needs two roles or more");
	}
	return SIM_OK;
}

/* Kernels from POSITION on that RULE covers; 0: none. */
static uint32_t match(const struct rule *rule, const struct workload_step *step,
		      const struct lowered_segment *segment, uint32_t position)
{
	const struct lowered_kernel *kernels = &step->kernels[segment->first];
	uint8_t stream = kernels[position].kernel.stream;
	uint32_t at = position;
	for (size_t i = 0; i < rule->count; i++) {
		uint32_t begin = at;
		while (at < segment->count && kernels[at].role == rule->roles[i] &&
		       kernels[at].kernel.stream == stream)
			at++;
		if (at == begin)
			return 0;
	}
	return at - position;
}

static bool keeps_writes(unsigned role)
{
	return role == WORKLOAD_ROLE_RESIDUAL || role == WORKLOAD_ROLE_KV_WRITE;
}

static bool is_heavier(const struct lowered_kernel *a, const struct lowered_kernel *b)
{
	uint64_t bytes_a = a->kernel.weight_bytes + a->kernel.kv_read_bytes;
	uint64_t bytes_b = b->kernel.weight_bytes + b->kernel.kv_read_bytes;
	return bytes_a != bytes_b ? bytes_a > bytes_b : a->kernel.flops > b->kernel.flops;
}

/* NEXT joins SUM, which runs just before it. *PASSED: bytes SUM wrote that NEXT may have read. */
static void join(struct lowered_kernel *sum, const struct lowered_kernel *next, unsigned last_role,
		 uint64_t *passed)
{
	uint64_t read = next->kernel.act_read_bytes;
	uint64_t gone = read < *passed ? read : *passed;
	struct lowered_kernel both = is_heavier(next, sum) ? *next : *sum;
	both.kernel.flops = sum->kernel.flops + next->kernel.flops;
	both.kernel.weight_bytes = sum->kernel.weight_bytes + next->kernel.weight_bytes;
	both.kernel.kv_read_bytes = sum->kernel.kv_read_bytes + next->kernel.kv_read_bytes;
	both.kernel.kv_write_bytes = sum->kernel.kv_write_bytes + next->kernel.kv_write_bytes;
	both.kernel.act_read_bytes = sum->kernel.act_read_bytes + read - gone;
	both.kernel.act_write_bytes = sum->kernel.act_write_bytes -
				      (keeps_writes(last_role) ? 0 : gone) +
				      next->kernel.act_write_bytes;
	both.weight_elements = sum->weight_elements + next->weight_elements;
	both.kv_read_elements = sum->kv_read_elements + next->kv_read_elements;
	both.kv_write_elements = sum->kv_write_elements + next->kv_write_elements;
	both.kernel.host_ns = sum->kernel.host_ns > next->kernel.host_ns ? sum->kernel.host_ns
									 : next->kernel.host_ns;
	*passed = next->kernel.act_write_bytes;
	*sum = both;
}

static void fuse(struct workload_step *step, size_t segment, uint32_t position, uint32_t count)
{
	struct lowered_kernel *at = &step->kernels[step->segments[segment].first + position];
	struct lowered_kernel sum = at[0];
	uint64_t passed = sum.kernel.act_write_bytes;
	for (uint32_t i = 1; i < count; i++)
		join(&sum, &at[i], at[i - 1].role, &passed);
	sum.group = 0;
	at[0] = sum;
	for (uint32_t i = count; i-- > 1;)
		step_remove(step, segment, position + i);
}

static enum sim_status apply(const struct workload *workload, size_t first,
			     const struct workload_forward *forward, struct workload_step *step,
			     struct sim_diag *diag)
{
	struct rule rules[MOST_RULES];
	size_t count;
	const struct scenario_value *value = transform_value(workload, first, FUSE_RULES);
	(void)forward;
	if (!value->given || value->text[0] == '\0')
		return SIM_OK;
	TRY(read_rules(value->text, rules, &count, diag));
	for (size_t s = 0; s < step->segment_count; s++)
		for (uint32_t p = 0; p < step->segments[s].count; p++)
			for (size_t r = 0; r < count; r++) {
				uint32_t covered = match(&rules[r], step, &step->segments[s], p);
				if (covered == 0)
					continue;
				fuse(step, s, p, covered);
				break;
			}
	return SIM_OK;
}

const struct workload_transform workload_transform_fuse = {
	.name = "fuse",
	.what = "kernels in a row that become one, without the bytes between them",
	.keys = keys,
	.apply = apply,
};
