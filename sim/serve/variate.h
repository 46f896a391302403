/*
 * Random variates that are the same bits wherever they are drawn.
 *
 * The generator is counter-based: a number is a pure function of (seed, stream, counter), so no
 * order of events changes what a request is. Logarithm and exponential are series of + - * / over
 * the bits of a double, not libm's, whose last bit differs between versions.
 */
#ifndef SIM_SERVE_VARIATE_H
#define SIM_SERVE_VARIATE_H

#include <stdint.h>

/* What is drawn; each has numbers of its own. */
enum variate_stream {
	VARIATE_ARRIVAL,
	VARIATE_PROMPT,
	VARIATE_OUTPUT,
	VARIATE_PREFIX,
	VARIATE_ACCEPT,
	VARIATE_SERVICE,
};

/* Several draws of one thing: each takes the next counter. */
struct variate {
	uint64_t key, counter;
};

/* The draws number INDEX of STREAM: a variate has 2^24 of them before it meets INDEX + 1's. */
struct variate variate_at(uint64_t seed, enum variate_stream stream, uint64_t index);

uint64_t variate_bits(struct variate *variate);
double variate_uniform(struct variate *variate); /* in (0, 1), never its ends */
/* Whole, 0 .. COUNT - 1; COUNT >= 1. */
uint64_t variate_below(struct variate *variate, uint64_t count);
double variate_exponential(struct variate *variate); /* of mean 1 */
double variate_normal(struct variate *variate);	     /* polar method of Marsaglia */
/* Of SHAPE > 0 and scale 1 (mean SHAPE): Marsaglia and Tsang, ACM TOMS 26(3), 2000. */
double variate_gamma(struct variate *variate, double shape);

/* Natural logarithm of a positive, finite number, and its inverse; within 2 units in the last place
 * or so. exp saturates at +-700. */
double variate_log(double value);
double variate_exp(double value);

#endif
