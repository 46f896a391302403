/* Loads of devices that share experts. Law: workloads/expert_balance.h. */
#include "workloads/expert_balance.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct device {
	double assigned;     /* share of all choices */
	double to_come;	     /* of its own experts that are not assigned yet */
	double sent, copied; /* copies of weights */
};

struct assignment {
	struct device devices[BALANCE_MOST_DEVICES];
	size_t count;
	double capacity; /* share of all choices */
	double chunk;
};

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static size_t least_loaded(const struct assignment *to, size_t but)
{
	size_t least = but == 0 ? 1 : 0;
	for (size_t d = 0; d < to->count; d++) {
		const struct device *at = &to->devices[d], *best = &to->devices[least];
		if (d != but && at->assigned + at->to_come < best->assigned + best->to_come)
			least = d;
	}
	return least;
}

/* REST of an expert of OWNER to others, each up to its capacity, or to one past it. */
static void spill(struct assignment *to, size_t owner, double rest)
{
	const double dust = 1e-12;
	while (rest > dust) {
		struct device *at = &to->devices[least_loaded(to, owner)];
		double room = to->capacity - at->assigned - at->to_come;
		double piece = smaller(rest, larger(room, to->chunk));
		if (piece <= dust || rest - piece < to->chunk)
			piece = rest;
		at->assigned += piece;
		at->copied++;
		to->devices[owner].sent++;
		rest -= piece;
	}
}

static void assign(struct assignment *to, size_t owner, double share)
{
	struct device *at = &to->devices[owner];
	at->to_come -= share;
	double room = to->capacity - at->assigned - larger(0, at->to_come);
	double kept = smaller(share, larger(0, room));
	if (share - kept < to->chunk || to->count < 2)
		kept = share;
	else if (kept < to->chunk)
		kept = 0;
	at->assigned += kept;
	spill(to, owner, share - kept);
}

static struct expert_balance measure(const struct assignment *to)
{
	struct expert_balance balance = {0};
	for (size_t d = 0; d < to->count; d++) {
		const struct device *at = &to->devices[d];
		balance.most = larger(balance.most, at->assigned * (double)to->count);
		balance.copies = larger(balance.copies, larger(at->sent, at->copied));
	}
	return balance;
}

/* Indices of SHARES by falling share; equal ones stay in order. */
static void order(const double *shares, size_t experts, size_t *index)
{
	for (size_t i = 0; i < experts; i++) {
		size_t at = i;
		for (; at > 0 && shares[index[at - 1]] < shares[i]; at--)
			index[at] = index[at - 1];
		index[at] = i;
	}
}

struct expert_balance expert_balance(const double *shares, size_t experts, size_t devices,
				     const struct expert_spill *with)
{
	struct assignment to = {.count = devices};
	size_t index[BALANCE_MOST_EXPERTS];
	size_t each = experts / devices;
	assert(devices >= 1 && devices <= BALANCE_MOST_DEVICES && each * devices == experts &&
	       experts <= BALANCE_MOST_EXPERTS);
	for (size_t e = 0; e < experts; e++)
		to.devices[e / each].assigned += shares[e];
	struct expert_balance plain = measure(&to);
	if (with == NULL || plain.most < with->threshold)
		return plain;
	to.capacity = with->capacity / (double)devices;
	to.chunk = with->chunk;
	for (size_t d = 0; d < devices; d++)
		to.devices[d] = (struct device){.to_come = to.devices[d].assigned};
	order(shares, experts, index);
	for (size_t i = 0; i < experts; i++)
		assign(&to, index[i] / each, shares[index[i]]);
	return measure(&to);
}
