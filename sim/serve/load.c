/* Loads: requests from arrivals, lengths, prefixes. */
#include "sim/serve/load.h"

#include <stdlib.h>
#include <string.h>

#include "sim/core/units.h"
#include "sim/serve/variate.h"

#define LATEST_PS (INT64_C(1) << 61)

void load_init(struct load *load)
{
	memset(load, 0, sizeof(*load));
	load->rate = 1;
	load->cv = 1;
	load->requests = 1000;
	load->seed = 1;
	load->samples = load->rounds = 1;
	load->prefix_groups = 1;
	load->prompt.fixed = 1024;
	load->output.fixed = 256;
	load->prompt.least = load->output.least = 1;
	load->prompt.most = load->output.most = LOAD_MOST_TOKENS;
}

static enum sim_status check_lengths(const struct lengths *lengths, const char *what,
				     struct sim_diag *diag)
{
	bool ok = true;
	switch (lengths->kind) {
	case LENGTHS_FIXED:
		ok = lengths->fixed >= 1 && lengths->fixed <= LOAD_MOST_TOKENS;
		break;
	case LENGTHS_LOGNORMAL:
		ok = lengths->median >= 1 && lengths->sigma >= 0 && lengths->sigma <= 10 &&
		     lengths->median <= LOAD_MOST_TOKENS;
		/* fall through */
	case LENGTHS_UNIFORM:
		ok = ok && lengths->least >= 1 && lengths->least <= lengths->most &&
		     lengths->most <= LOAD_MOST_TOKENS;
		break;
	case LENGTHS_EMPIRICAL:
		ok = lengths->count >= 1;
		for (size_t i = 0; i < lengths->count; i++)
			ok = ok && lengths->values[i] >= 1 &&
			     lengths->values[i] <= LOAD_MOST_TOKENS;
	}
	return ok ? SIM_OK
		  : diag_fail(diag, SIM_E_RANGE, "load: '%s' is not 1 to %d tokens, least to most",
			      what, LOAD_MOST_TOKENS);
}

static enum sim_status check_count(const char *what, double value, double low, double high,
				   struct sim_diag *diag)
{
	return value >= low && value <= high
		       ? SIM_OK
		       : diag_fail(diag, SIM_E_RANGE, "load: '%s' is %g, not %g to %g", what, value,
				   low, high);
}

/* Tokens of an answer on average, or less: a long tail is not counted. */
static double mean_tokens(const struct lengths *lengths)
{
	double sum = 0;
	switch (lengths->kind) {
	case LENGTHS_UNIFORM:
		return ((double)lengths->least + lengths->most) / 2;
	case LENGTHS_LOGNORMAL:
		return lengths->median < lengths->most ? lengths->median : lengths->most;
	case LENGTHS_EMPIRICAL:
		for (size_t i = 0; i < lengths->count; i++)
			sum += lengths->values[i];
		return sum / (double)lengths->count;
	case LENGTHS_FIXED:
	default:
		return lengths->fixed;
	}
}

/* A step makes a token of each lane at most: this is what time a run takes, and it is told before. */
static enum sim_status check_answers(const struct load *load, struct sim_diag *diag)
{
	double rounds = load->rounds, rows = 0;
	if (load->arrivals == LOAD_TRACE) {
		for (size_t i = 0; i < load->requests; i++)
			rows += load->trace.rows[i].output;
		rounds -= 1;
	}
	double each = rounds > 0 ? rounds * mean_tokens(&load->output) : 0;
	double tokens = load->samples * (rows + (double)load->requests * each);
	return tokens <= LOAD_MOST_ANSWERED
		       ? SIM_OK
		       : diag_fail(diag, SIM_E_RANGE,
				   "load: %.3g tokens of answers are asked for, at most %.0e are "
				   "computed (fewer requests, samples or rounds, or shorter "
				   "answers)",
				   tokens, LOAD_MOST_ANSWERED);
}

enum sim_status load_check(const struct load *load, struct sim_diag *diag)
{
	TRY(check_lengths(&load->prompt, "prompt", diag));
	TRY(check_lengths(&load->output, "output", diag));
	TRY(check_count("requests", (double)load->requests, 1, LOAD_MOST_REQUESTS, diag));
	TRY(check_count("samples", load->samples, 1, LOAD_MOST_SAMPLES, diag));
	TRY(check_count("rounds", load->rounds, 1, LOAD_MOST_ROUNDS, diag));
	TRY(check_count("prefix.groups", load->prefix_groups, 1, LOAD_MOST_GROUPS, diag));
	TRY(check_count("prefix.share", load->prefix_share, 0, 1, diag));
	TRY(check_count("prefix.tokens", load->prefix_tokens, 0, LOAD_MOST_TOKENS, diag));
	TRY(check_count("cv", load->cv, 0.01, 100, diag));
	bool rated = load->arrivals != LOAD_AT_ONCE && load->arrivals != LOAD_TRACE;
	TRY(check_count("rate", load->rate, rated ? 1e-6 : 0, 1e9, diag));
	if (load->arrivals == LOAD_TRACE && load->trace.count == 0)
		return diag_fail(diag, SIM_E_RANGE, "load: the trace has no requests");
	if (load->arrivals == LOAD_TRACE)
		TRY(check_count("requests", (double)load->requests, 1, (double)load->trace.count,
				diag));
	return check_answers(load, diag);
}

double load_gap(const struct load *load, uint64_t index)
{
	struct variate variate = variate_at(load->seed, VARIATE_ARRIVAL, index);
	double shape = 1 / (load->cv * load->cv);
	switch (load->arrivals) {
	case LOAD_POISSON:
		return variate_exponential(&variate) / load->rate;
	case LOAD_GAMMA:
		return variate_gamma(&variate, shape) / (shape * load->rate);
	case LOAD_FIXED:
		return index == 0 ? 0 : 1 / load->rate;
	case LOAD_AT_ONCE:
	case LOAD_TRACE:
	default:
		return 0;
	}
}

/* Seconds of a trace's clock, stretched to the rate that is asked for. */
static int64_t trace_arrival(const struct load *load, uint64_t index)
{
	const struct load_row *rows = load->trace.rows;
	int64_t span_ps = rows[load->requests - 1].arrival_ps;
	double seconds = seconds_from_ps(rows[index].arrival_ps);
	if (load->rate <= 0 || span_ps <= 0)
		return rows[index].arrival_ps;
	double own = (double)(load->requests - 1) / seconds_from_ps(span_ps);
	return ps_from_seconds(seconds * own / load->rate);
}

uint32_t load_output(const struct load *load, uint64_t index, uint32_t sample, uint32_t round)
{
	if (load->arrivals == LOAD_TRACE && round == 0)
		return load->trace.rows[index].output;
	uint64_t draw = (index * load->samples + sample) * load->rounds + round;
	return lengths_draw(&load->output, load->seed, VARIATE_OUTPUT, draw);
}

static uint32_t group_of(const struct load *load, uint64_t index)
{
	struct variate variate = variate_at(load->seed, VARIATE_PREFIX, index);
	if (load->prefix_tokens == 0 || variate_uniform(&variate) > load->prefix_share)
		return LOAD_NO_GROUP;
	return (uint32_t)variate_below(&variate, load->prefix_groups);
}

enum sim_status load_request(const struct load *load, uint64_t index, int64_t previous_ps,
			     struct load_request *request, struct sim_diag *diag)
{
	if (load->arrivals == LOAD_TRACE) {
		request->arrival_ps = trace_arrival(load, index);
		request->prompt = load->trace.rows[index].prompt;
	} else {
		int64_t gap_ps = ps_from_seconds(load_gap(load, index));
		request->arrival_ps = gap_ps > LATEST_PS ? LATEST_PS + 1 : previous_ps + gap_ps;
		request->prompt = lengths_draw(&load->prompt, load->seed, VARIATE_PROMPT, index);
	}
	if (request->arrival_ps > LATEST_PS)
		return diag_fail(diag, SIM_E_RANGE, "request %llu comes after 26 days",
				 (unsigned long long)index);
	request->output = load_output(load, index, 0, 0);
	request->group = group_of(load, index);
	/* a prompt is longer than its prefix: its own question follows */
	if (request->group != LOAD_NO_GROUP && request->prompt <= load->prefix_tokens)
		request->prompt = load->prefix_tokens + 1;
	return SIM_OK;
}
