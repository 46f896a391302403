/* Writing runs of deployments and plans; see serving.h. */
#include "sim/store/serving.h"

#include "sim/store/db.h"

/* The row of TABLE that has this definition and digest, or the id of the next one. */
static enum sim_status identify(struct store *store, const char *find, const char *next,
				const struct store_identity *identity, int64_t *id, bool *found,
				struct sim_diag *diag)
{
	char definition[STORE_HASH_TEXT], digest[STORE_HASH_TEXT];
	sqlite3_stmt *stmt;
	TRY(db_prepare(store, find, &stmt, diag));
	sqlite3_bind_text(stmt, 1, hash_format(identity->definition_hash, definition), -1,
			  SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, hash_format(identity->digest, digest), -1, SQLITE_STATIC);
	enum sim_status status = db_step(store, stmt, found, diag);
	if (status == SIM_OK && *found)
		*id = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	bool any;
	return status != SIM_OK || *found ? status : db_integer(store, next, 0, id, &any, diag);
}

static void insert_identity(struct db_insert *in, int64_t id, const struct store_identity *identity)
{
	insert_integer(in, id);
	insert_text(in, identity->name);
	insert_hash(in, identity->definition_hash);
	insert_text(in, identity->definition);
	insert_hash(in, identity->digest);
	insert_text(in, identity->version);
}

#define IDENTITY "id, name, definition_hash, definition, digest, version"

static enum sim_status write_serve(struct db_insert *in, int64_t id, const void *what,
				   struct sim_diag *diag)
{
	const struct store_serve *serve = what;
	insert_identity(in, id, &serve->identity);
	insert_text(in, serve->model);
	insert_text(in, serve->runtime);
	insert_text(in, serve->hw);
	insert_text(in, serve->batching);
	insert_integer(in, serve->met);
#define X(name) TRY(insert_unsigned(in, serve->name, #name, diag));
	STORE_SERVE_COUNTS(X)
#undef X
#define X(name) insert_real(in, serve->name);
	STORE_SERVE_NUMBERS(X)
#undef X
	return insert_row(in, diag);
}

static enum sim_status write_latencies(struct db_insert *in, int64_t id, const void *what,
				       struct sim_diag *diag)
{
	const struct store_serve *serve = what;
	for (size_t i = 0; i < serve->latency_count; i++) {
		const struct store_latency *latency = &serve->latencies[i];
		const double numbers[] = {
			latency->mean_s,     latency->p50_s,	  latency->p90_s,
			latency->p99_s,	     latency->most_s,	  latency->mean_half_s,
			latency->p50_half_s, latency->p90_half_s, latency->p99_half_s,
		};
		insert_integer(in, id);
		insert_text(in, latency->metric);
		for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
			insert_real(in, numbers[n]);
		TRY(insert_unsigned(in, latency->requests, "requests", diag));
		TRY(insert_row(in, diag));
	}
	return SIM_OK;
}

static enum sim_status write_objectives(struct db_insert *in, int64_t id, const void *what,
					struct sim_diag *diag)
{
	const struct store_serve *serve = what;
	for (size_t i = 0; i < serve->objective_count; i++) {
		const struct store_objective *objective = &serve->objectives[i];
		insert_integer(in, id);
		insert_text(in, objective->objective);
		insert_real(in, objective->bound);
		insert_real(in, objective->value);
		insert_real(in, objective->half);
		insert_real(in, objective->margin);
		insert_integer(in, objective->met);
		TRY(insert_row(in, diag));
	}
	return SIM_OK;
}

static enum sim_status write_plan(struct db_insert *in, int64_t id, const void *what,
				  struct sim_diag *diag)
{
	const struct store_plan *plan = what;
	insert_identity(in, id, &plan->identity);
	TRY(insert_unsigned(in, plan->runs, "runs", diag));
	return insert_row(in, diag);
}

static enum sim_status write_candidates(struct db_insert *in, int64_t id, const void *what,
					struct sim_diag *diag)
{
	const struct store_plan *plan = what;
	for (size_t i = 0; i < plan->candidate_count; i++) {
		const struct store_candidate *candidate = &plan->candidates[i];
		const double numbers[] = {
			candidate->usd_per_hour, candidate->usd_per_mtoken, candidate->average_w,
			candidate->utilization,	 candidate->ttft_p99_s,	    candidate->tpot_mean_s,
			candidate->e2e_p99_s,
		};
		insert_integer(in, id);
		insert_integer(in, (int64_t)i);
		insert_text(in, candidate->keys);
		insert_text(in, candidate->outcome);
		TRY(insert_unsigned(in, candidate->replicas, "replicas", diag));
		insert_real(in, candidate->devices);
		insert_text(in, candidate->why);
		insert_text(in, candidate->fewer);
		for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
			insert_real(in, numbers[n]);
		insert_text(in, candidate->binding);
		insert_real(in, candidate->margin);
		TRY(insert_row(in, diag));
	}
	return SIM_OK;
}

static enum sim_status write_answers(struct db_insert *in, int64_t id, const void *what,
				     struct sim_diag *diag)
{
	const struct store_plan *plan = what;
	for (size_t i = 0; i < plan->answer_count; i++) {
		const struct store_answer *answer = &plan->answers[i];
		insert_integer(in, id);
		insert_text(in, answer->goal);
		insert_integer_or_null(in, answer->candidate, -1);
		insert_real(in, answer->band_low);
		insert_real(in, answer->band_high);
		insert_integer_or_null(in, answer->meets_at_slow_end, -1);
		insert_real(in, answer->load_growth);
		insert_text(in, answer->next_failure);
		TRY(insert_row(in, diag));
	}
	return SIM_OK;
}

/* A table's rows of one run. */
struct part {
	const char *into;
	uint64_t rows;
	enum sim_status (*write)(struct db_insert *in, int64_t id, const void *what,
				 struct sim_diag *diag);
};

static enum sim_status write_parts(struct store *store, const struct part *parts, size_t count,
				   int64_t id, const void *what, struct sim_diag *diag)
{
	enum sim_status status = SIM_OK;
	for (size_t i = 0; i < count && status == SIM_OK; i++) {
		struct db_insert in;
		status = insert_open(&in, store, parts[i].into, parts[i].rows, diag);
		if (status == SIM_OK)
			status = parts[i].write(&in, id, what, diag);
		insert_close(&in);
	}
	return status;
}

static enum sim_status put_serve(struct store *store, const struct store_serve *serve, int64_t *id,
				 bool *found, struct sim_diag *diag)
{
#define X(name) ", " #name
	const struct part parts[] = {
		{"serve_run(" IDENTITY ", model, runtime, hw, batching, met" STORE_SERVE_COUNTS(X)
			 STORE_SERVE_NUMBERS(X) ")",
		 1, write_serve},
		{"serve_latency(serve_id, metric, mean_s, p50_s, p90_s, p99_s, most_s, "
		 "mean_half_s, p50_half_s, p90_half_s, p99_half_s, requests)",
		 serve->latency_count, write_latencies},
		{"serve_objective(serve_id, objective, bound, value, half, margin, met)",
		 serve->objective_count, write_objectives},
	};
#undef X
	TRY(identify(store, "SELECT id FROM serve_run WHERE definition_hash = ?1 AND digest = ?2",
		     "SELECT ifnull(max(id), 0) + 1 FROM serve_run", &serve->identity, id, found,
		     diag));
	return *found ? SIM_OK
		      : write_parts(store, parts, sizeof(parts) / sizeof(parts[0]), *id, serve,
				    diag);
}

static enum sim_status put_plan(struct store *store, const struct store_plan *plan, int64_t *id,
				bool *found, struct sim_diag *diag)
{
	const struct part parts[] = {
		{"plan_run(" IDENTITY ", runs)", 1, write_plan},
		{"plan_candidate(plan_id, candidate, keys, outcome, replicas, devices, why, fewer, "
		 "usd_per_hour, usd_per_mtoken, average_w, utilization, ttft_p99_s, tpot_mean_s, "
		 "e2e_p99_s, binding, margin)",
		 plan->candidate_count, write_candidates},
		{"plan_answer(plan_id, goal, candidate, band_low, band_high, meets_at_slow_end, "
		 "load_growth, next_failure)",
		 plan->answer_count, write_answers},
	};
	TRY(identify(store, "SELECT id FROM plan_run WHERE definition_hash = ?1 AND digest = ?2",
		     "SELECT ifnull(max(id), 0) + 1 FROM plan_run", &plan->identity, id, found,
		     diag));
	return *found ? SIM_OK
		      : write_parts(store, parts, sizeof(parts) / sizeof(parts[0]), *id, plan,
				    diag);
}

enum sim_status store_write_serve(struct store *store, const struct store_serve *serve, int64_t *id,
				  bool *added, struct sim_diag *diag)
{
	bool found = false;
	TRY(db_begin(store, diag));
	TRY(db_end(store, put_serve(store, serve, id, &found, diag), diag));
	*added = !found;
	return SIM_OK;
}

enum sim_status store_write_plan(struct store *store, const struct store_plan *plan, int64_t *id,
				 bool *added, struct sim_diag *diag)
{
	bool found = false;
	TRY(db_begin(store, diag));
	TRY(db_end(store, put_plan(store, plan, id, &found, diag), diag));
	*added = !found;
	return SIM_OK;
}
