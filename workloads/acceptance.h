/* Tokens that one iteration of speculative decoding makes, on average. */
#ifndef WORKLOADS_ACCEPTANCE_H
#define WORKLOADS_ACCEPTANCE_H

#include <stddef.h>
#include <stdint.h>

/* Chain of K drafted tokens, each accepted with RATE where those before were: (1 - a^(k+1)) / (1 - a),
 * summed up, so that a = 1 gives k + 1. */
double acceptance_chain(double rate, double k);

/*
 * Tree of NODES drafted tokens in DEPTH levels, as even as whole numbers allow: a level of w nodes
 * holds w candidates for the one accepted token before it, each accepted with RATE independently, so
 * it goes on with 1 - (1 - a)^w. An upper bound: a real tree also branches below what is rejected.
 */
double acceptance_tree(double rate, double nodes, double depth);

/* SHARES[i]: of the iterations in which i drafted tokens were accepted; they sum to 1. */
double acceptance_lengths(const double *shares, size_t count);

/* The rate that holds after MADE tokens, when each of RATES holds for PERIOD tokens, the last ever. */
double acceptance_at(const double *rates, size_t count, double period, double made);

#endif
