/*
 * Popularity: how often items (experts of a mixture) are asked for, which of them a batch of draws
 * touches, and what a cache of them serves.
 *
 *   weight    w_i = (i + 1)^-s / sum               Zipf; s 0: all alike
 *   chance    q_i = 1 - exp(-c w_i), sum q_i = K   of item i to be among K different ones chosen
 *   touched   sum 1 - (1 - f q_i)^n                different items in n such choices, each item kept
 *                                                  with chance f (1: all of them)
 *   LRU       h = sum w_i (1 - exp(-w_i T)), sum 1 - exp(-w_i T) = slots
 *
 * The last is Che's approximation: Che, Tung, Wang, IEEE JSAC 20(7), 2002; why it is so good: Fricker,
 * Robert, Roberts, "A versatile and accurate approximation for LRU cache performance", ITC 24, 2012
 * (arXiv 1202.3974). Exponentials and logarithms are the file's own, of + - * / alone, so that every
 * compiler and library gives the same bits.
 */
#ifndef SIM_CORE_POPULARITY_H
#define SIM_CORE_POPULARITY_H

#include <stddef.h>

/* e^X and ln X (X > 0), relative error below 1e-12; e^X for X in -700 .. 700, 0 below that. */
double popularity_exp(double x);
double popularity_log(double x);

/* WEIGHTS of COUNT > 0 items, EXPONENT 0 .. 20. */
void popularity_zipf(double exponent, size_t count, double *weights);

/* CHANCES of COUNT items to be among TAKEN; TAKEN >= COUNT: all 1. */
void popularity_chances(const double *weights, size_t count, double taken, double *chances);

/* Different items in DRAWS choices, of which a share KEPT counts. */
double popularity_touched(const double *chances, size_t count, double draws, double kept);

/* Share of the requests that an LRU cache of SLOTS serves. */
double popularity_lru_hit(const double *weights, size_t count, double slots);

#endif
