/*
 * Experts over devices: the fullest one, before and after a spill.
 *
 * Expert e of E lies on device e / (E / P) of P and has the share w_e of all choices (they sum to 1).
 *   plain    most = P max over devices of the sum of their w_e    (1: balanced)
 *   spill    least-loaded assignment, as LLEP (arXiv 2601.17111) tells it: experts by falling w; each
 *            gives its own device what is left there of capacity / P beyond what is assigned and what its
 *            other experts will bring; the rest goes to the device with the least so assigned and to
 *            come, in pieces of at least `chunk`, with a copy of the expert's weights each. Where most
 *            is below `threshold` (1.3 there) nothing is moved
 * Ties: the lower index.
 */
#ifndef WORKLOADS_EXPERT_BALANCE_H
#define WORKLOADS_EXPERT_BALANCE_H

#include <stddef.h>

enum { BALANCE_MOST_EXPERTS = 4096, BALANCE_MOST_DEVICES = 1024 };

struct expert_balance {
	double most;   /* of a device, over the mean */
	double copies; /* experts' weights that the busiest device sends, or receives */
};

struct expert_spill {
	double capacity;  /* of a device, over the mean; >= 1 */
	double chunk;	  /* least piece, share of all choices */
	double threshold; /* most, below which nothing moves */
};

/* EXPERTS a multiple of DEVICES; SPILL NULL: plain. */
struct expert_balance expert_balance(const double *shares, size_t experts, size_t devices,
				     const struct expert_spill *spill);

#endif
