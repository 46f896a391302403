/* The sweep over started kernels, and the split of one kernel's time: see attribute.h. */
#include "sim/core/attribute.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 64 };

static struct attribution_split split_of(const struct machine *machine,
					 const struct machine_demand *demand)
{
	struct attribution_split split = {.part = SIM_PART_COMPUTE};
	split.service_ps = demand_service_ps(machine, demand);
	for (uint32_t r = 0; r < machine->resource_count; r++) {
		int64_t ps = time_from_ps(demand->work[r] * machine->resources[r].ps_per_unit);
		if (ps > split.bound_ps) {
			split.bound_ps = ps;
			split.part = machine->resources[r].part;
		}
	}
	int64_t rest_ps = split.service_ps - split.bound_ps;
	split.tail_ps = rest_ps < demand->tail_ps ? rest_ps : demand->tail_ps;
	return split;
}

/* Without memory each kernel is split anew: slower, the same. */
static void split_distinct(struct attribution *attribution)
{
	const struct sim_program *program = attribution->program;
	struct machine_demand demands[AT_ONCE];
	if (program->distinct_of == NULL || program->distinct_count == 0)
		return;
	attribution->splits = malloc(program->distinct_count * sizeof(*attribution->splits));
	for (size_t at = 0; attribution->splits != NULL && at < program->distinct_count;
	     at += AT_ONCE) {
		size_t left = program->distinct_count - at, count = left < AT_ONCE ? left : AT_ONCE;
		machine_demand(attribution->machine, program->distinct + at, count, demands);
		for (size_t i = 0; i < count; i++)
			attribution->splits[at + i] = split_of(attribution->machine, &demands[i]);
	}
}

void attribution_init(struct attribution *attribution, const struct machine *machine,
		      const struct sim_program *program)
{
	memset(attribution, 0, sizeof(*attribution));
	attribution->machine = machine;
	attribution->program = program;
	if (machine != NULL)
		split_distinct(attribution);
}

void attribution_fini(struct attribution *attribution)
{
	free(attribution->splits);
	free(attribution->items);
	attribution->splits = NULL;
	attribution->items = NULL;
	attribution->capacity = 0;
}

/* PART of WHOLE in proportion, CREDIT for all of it; exact where CREDIT is WHOLE. */
static int64_t proportion(int64_t part, int64_t whole, int64_t credit)
{
	if (credit == whole || whole == 0)
		return part;
	int64_t share = time_from_ps((double)part / (double)whole * (double)credit);
	return share < credit ? share : credit;
}

static void add_split(struct attribution *attribution, const struct attribution_split *split,
		      int64_t credit_ps, int64_t times)
{
	int64_t *part_ps = attribution->part_ps;
	int64_t bound_credit = proportion(split->bound_ps, split->service_ps, credit_ps);
	int64_t tail_credit = proportion(split->tail_ps, split->service_ps, credit_ps);
	if (tail_credit > credit_ps - bound_credit)
		tail_credit = credit_ps - bound_credit;
	int64_t rest_ps = credit_ps - bound_credit - tail_credit;
	/* without a limit what is left is rounding, and the bound's */
	bool limited = split->bound_ps != split->service_ps;
	part_ps[split->part] += bound_credit * times;
	part_ps[SIM_PART_TAIL] += tail_credit * times;
	part_ps[limited ? SIM_PART_COMPUTE : split->part] += rest_ps * times;
}

static void split_service(struct attribution *attribution, const struct sim_kernel *kernel,
			  int64_t credit_ps)
{
	const struct sim_program *program = attribution->program;
	if (attribution->splits != NULL) {
		struct attribution_split *split =
			&attribution->splits[program->distinct_of[kernel - program->kernels]];
		if (credit_ps == split->service_ps)
			split->times++;
		else
			add_split(attribution, split, credit_ps, 1);
		return;
	}
	struct machine_demand demand;
	machine_demand(attribution->machine, kernel, 1, &demand);
	const struct attribution_split split = split_of(attribution->machine, &demand);
	add_split(attribution, &split, credit_ps, 1);
}

static int64_t between(int64_t low, int64_t value, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

void attribution_add(struct attribution *attribution, const struct attribution_item *item)
{
	int64_t at = attribution->covered_ps, *part_ps = attribution->part_ps;
	if (item->start_ps > at) {
		int64_t ready_ps = between(at, item->ready_ps, item->start_ps);
		part_ps[SIM_PART_GAP] += ready_ps - at;
		part_ps[SIM_PART_HOST] += item->start_ps - ready_ps;
		at = item->start_ps;
	}
	if (item->end_ps <= at) {
		attribution->covered_ps = at;
		return;
	}
	attribution->covered_ps = item->end_ps;
	if (item->kernel->flags & SIM_KERNEL_OPAQUE) {
		part_ps[SIM_PART_OPAQUE] += item->end_ps - at;
		return;
	}
	int64_t begin_ps = between(at, item->begin_ps, item->end_ps);
	part_ps[SIM_PART_FIXED] += begin_ps - at;
	if (begin_ps < item->end_ps)
		split_service(attribution, item->kernel, item->end_ps - begin_ps);
}

static enum sim_status grow(struct attribution *attribution)
{
	size_t capacity = attribution->capacity ? attribution->capacity * 2 : 64;
	struct attribution_item *items = malloc(capacity * sizeof(*items));
	if (items == NULL)
		return SIM_E_NOMEM;
	for (uint64_t t = attribution->first; t < attribution->last; t++)
		items[t & (capacity - 1)] = attribution->items[t & (attribution->capacity - 1)];
	free(attribution->items);
	attribution->items = items;
	attribution->capacity = capacity;
	return SIM_OK;
}

enum sim_status attribution_start(struct attribution *attribution,
				  const struct attribution_item *item, uint64_t *ticket)
{
	if (attribution->last - attribution->first == attribution->capacity)
		TRY(grow(attribution));
	*ticket = attribution->last++;
	struct attribution_item *kept = &attribution->items[*ticket & (attribution->capacity - 1)];
	*kept = *item;
	kept->end_ps = -1;
	return SIM_OK;
}

void attribution_end(struct attribution *attribution, uint64_t ticket, int64_t end_ps)
{
	size_t mask = attribution->capacity - 1;
	attribution->items[ticket & mask].end_ps = end_ps;
	while (attribution->first < attribution->last) {
		const struct attribution_item *item =
			&attribution->items[attribution->first & mask];
		if (item->end_ps < 0)
			return;
		attribution_add(attribution, item);
		attribution->first++;
	}
}

void attribution_finish(struct attribution *attribution, int64_t total_ps, uint64_t steps,
			int64_t part_ps[SIM_PART_COUNT])
{
	int64_t left_ps = total_ps / (int64_t)steps;
	int largest = 0;
	for (size_t i = 0; attribution->splits != NULL && i < attribution->program->distinct_count;
	     i++) {
		const struct attribution_split *split = &attribution->splits[i];
		if (split->times > 0)
			add_split(attribution, split, split->service_ps, split->times);
	}
	attribution->part_ps[SIM_PART_HOST] += total_ps - attribution->covered_ps;
	for (int part = 0; part < SIM_PART_COUNT; part++) {
		part_ps[part] = attribution->part_ps[part] / (int64_t)steps;
		left_ps -= part_ps[part];
		if (attribution->part_ps[part] > attribution->part_ps[largest])
			largest = part;
	}
	part_ps[largest] += left_ps;
}
