/* Collectives as kernel records. Equations: workloads/collective.h. */
#include "workloads/collective.h"

#include "workloads/kind.h"

const char collective_kind_words[] = "all_reduce\0reduce_scatter\0all_gather\0all_to_all\0send\0";
const char collective_topology_words[] = "switch\0mesh\0ring\0";
const char collective_algorithm_words[] = "auto\0ring\0direct\0one_shot\0multimem\0";

static const char *word_at(const char *words, unsigned index)
{
	for (; index > 0 && *words != '\0'; index--)
		while (*words++ != '\0')
			;
	return words;
}

struct traffic {
	double sent, received, hops;
	unsigned route;
};

static unsigned choose(const struct collective *of)
{
	const double kib = 1024, mib = 1024 * kib;
	double n = of->devices;
	if (of->topology == COLLECTIVE_RING_OF)
		return of->kind == COLLECTIVE_SEND ? COLLECTIVE_DIRECT : COLLECTIVE_RING;
	if (of->topology == COLLECTIVE_MESH || of->kind >= COLLECTIVE_ALL_TO_ALL)
		return COLLECTIVE_DIRECT;
	if (of->kind != COLLECTIVE_ALL_REDUCE || n > 8 || of->bytes > 8 * mib)
		return COLLECTIVE_RING;
	if (n <= 2 || of->bytes < (n <= 4 ? 512 : 256) * kib)
		return COLLECTIVE_ONE_SHOT;
	return COLLECTIVE_DIRECT;
}

static enum sim_status check(const struct collective *of, unsigned algorithm, struct sim_diag *diag)
{
	bool exchanges = of->kind >= COLLECTIVE_ALL_TO_ALL;
	bool fits = true;
	if (!(of->devices >= 2))
		return diag_fail(diag, SIM_E_RANGE, "a collective of '%.9g' devices", of->devices);
	if (of->topology == COLLECTIVE_RING_OF)
		fits = algorithm ==
		       (of->kind == COLLECTIVE_SEND ? COLLECTIVE_DIRECT : COLLECTIVE_RING);
	else if (of->topology == COLLECTIVE_MESH)
		fits = algorithm == COLLECTIVE_DIRECT || algorithm == COLLECTIVE_ONE_SHOT;
	if (algorithm == COLLECTIVE_ONE_SHOT)
		fits = fits && of->kind == COLLECTIVE_ALL_REDUCE;
	if (algorithm == COLLECTIVE_MULTIMEM)
		fits = fits && !exchanges;
	if (fits && (of->kind != COLLECTIVE_SEND || algorithm == COLLECTIVE_DIRECT))
		return SIM_OK;
	return diag_fail(diag, SIM_E_RANGE, "'%s' over a %s has no algorithm '%s'",
			 word_at(collective_kind_words, of->kind),
			 word_at(collective_topology_words, of->topology),
			 word_at(collective_algorithm_words, algorithm));
}

static struct traffic multimem(const struct collective *of)
{
	double s = of->bytes, n = of->devices;
	switch (of->kind) {
	case COLLECTIVE_ALL_REDUCE:
		return (struct traffic){s + s / n, s + s / n, 2, SIM_ROUTE_MULTIMEM};
	case COLLECTIVE_REDUCE_SCATTER:
		return (struct traffic){s, s / n, 1, SIM_ROUTE_MULTIMEM};
	default:
		return (struct traffic){s / n, s, 1, SIM_ROUTE_MULTIMEM};
	}
}

static struct traffic ring(const struct collective *of)
{
	double s = of->bytes, n = of->devices, received = of->received > 0 ? of->received : s;
	double once = (n - 1) / n * s;
	switch (of->kind) {
	case COLLECTIVE_ALL_REDUCE:
		return (struct traffic){2 * once, 2 * once, 2 * (n - 1), SIM_ROUTE_RING};
	case COLLECTIVE_ALL_TO_ALL:
		return (struct traffic){n / 2 * s, n / 2 * received, n - 1, SIM_ROUTE_RING};
	default:
		return (struct traffic){once, once, n - 1, SIM_ROUTE_RING};
	}
}

static struct traffic direct(const struct collective *of, bool one_shot)
{
	double s = of->bytes, n = of->devices, received = of->received > 0 ? of->received : s;
	double once = (n - 1) / n * s, lanes = of->topology == COLLECTIVE_MESH ? n - 1 : 1;
	switch (of->kind) {
	case COLLECTIVE_ALL_REDUCE:
		if (one_shot)
			return (struct traffic){(n - 1) * s, (n - 1) * s, 1, SIM_ROUTE_DIRECT};
		return (struct traffic){2 * once, 2 * once, 2, SIM_ROUTE_DIRECT};
	case COLLECTIVE_ALL_TO_ALL:
		return (struct traffic){s, received, 1, SIM_ROUTE_DIRECT};
	case COLLECTIVE_SEND:
		return (struct traffic){lanes * s, lanes * s, 1, SIM_ROUTE_DIRECT};
	default:
		return (struct traffic){once, once, 1, SIM_ROUTE_DIRECT};
	}
}

enum sim_status collective_fill(const struct collective *collective, struct sim_kernel *kernel,
				struct sim_diag *diag)
{
	unsigned algorithm = collective->algorithm;
	struct traffic traffic;
	if (algorithm == COLLECTIVE_AUTO)
		algorithm = choose(collective);
	TRY(check(collective, algorithm, diag));
	if (algorithm == COLLECTIVE_MULTIMEM)
		traffic = multimem(collective);
	else if (algorithm == COLLECTIVE_RING)
		traffic = ring(collective);
	else
		traffic = direct(collective, algorithm == COLLECTIVE_ONE_SHOT);
	kernel->op = SIM_OP_COLLECTIVE;
	kernel->family = SIM_FAMILY_COLLECTIVE;
	kernel->flags |= SIM_KERNEL_PEER;
	kernel->act_read_bytes = kind_count(traffic.sent);
	kernel->act_write_bytes = kind_count(traffic.received);
	kernel->hops = (uint16_t)kind_limit(traffic.hops, UINT16_MAX);
	kernel->route = (uint8_t)traffic.route;
	kernel->blocks = (uint32_t)kind_limit(collective->sms, UINT32_MAX);
	return SIM_OK;
}
