/* Lengths of prompts and answers. */
#include "sim/serve/load.h"
#include "sim/serve/variate.h"

static uint32_t cut(const struct lengths *lengths, double tokens)
{
	if (!(tokens > (double)lengths->least))
		return lengths->least;
	return tokens < (double)lengths->most ? (uint32_t)(tokens + 0.5) : lengths->most;
}

uint32_t lengths_draw(const struct lengths *lengths, uint64_t seed, unsigned stream, uint64_t index)
{
	struct variate variate = variate_at(seed, (enum variate_stream)stream, index);
	uint64_t span = (uint64_t)lengths->most - lengths->least + 1;
	switch (lengths->kind) {
	case LENGTHS_UNIFORM:
		return lengths->least + (uint32_t)variate_below(&variate, span);
	case LENGTHS_LOGNORMAL:
		return cut(lengths, lengths->median *
					    variate_exp(lengths->sigma * variate_normal(&variate)));
	case LENGTHS_EMPIRICAL:
		return lengths->values[variate_below(&variate, lengths->count)];
	case LENGTHS_FIXED:
	default:
		return lengths->fixed;
	}
}

uint32_t lengths_most(const struct lengths *lengths)
{
	uint32_t most = 0;
	switch (lengths->kind) {
	case LENGTHS_UNIFORM:
	case LENGTHS_LOGNORMAL:
		return lengths->most;
	case LENGTHS_EMPIRICAL:
		for (size_t i = 0; i < lengths->count; i++)
			most = lengths->values[i] > most ? lengths->values[i] : most;
		return most;
	case LENGTHS_FIXED:
	default:
		return lengths->fixed;
	}
}
