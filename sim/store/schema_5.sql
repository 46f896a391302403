-- Version 5: serving. A deployment under a load, and plans over many of them. New to look at:
--   serves     runs with their latencies side by side, in milliseconds
--   plans      what each plan answered
-- NULL: not known, or nothing was there to measure.

CREATE TABLE serve_run (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	definition_hash TEXT NOT NULL,    -- over the definition and the rows of its trace
	definition TEXT NOT NULL,         -- every key that has a value, on one line
	digest TEXT NOT NULL,             -- over all steps and times
	version TEXT,                     -- of the program
	model TEXT NOT NULL, runtime TEXT NOT NULL, hw TEXT NOT NULL,
	batching TEXT NOT NULL,           -- 'static', 'continuous', 'chunked', 'split'
	seed INTEGER NOT NULL,
	replicas INTEGER NOT NULL,        -- of 'split': that decode
	kv_blocks INTEGER NOT NULL,       -- of a replica; 0: no limit
	requests INTEGER NOT NULL,        -- that came
	completed INTEGER NOT NULL,
	refused INTEGER NOT NULL,         -- out of memory
	output_tokens INTEGER NOT NULL,   -- of completed requests
	prompt_tokens INTEGER NOT NULL,   -- the same
	computed_prompt_tokens INTEGER NOT NULL, -- prefixes save, preemption repeats
	steps INTEGER NOT NULL,
	preemptions INTEGER NOT NULL,
	swaps INTEGER NOT NULL,           -- preempted to memory over a link
	transfers INTEGER NOT NULL,       -- caches that went from prefill to decode
	prefix_hits INTEGER NOT NULL, prefix_misses INTEGER NOT NULL,
	met INTEGER NOT NULL,             -- 1: every objective, and nothing was refused
	devices REAL,                     -- in all
	span_s REAL,                      -- from the first arrival to the last end
	offered_per_s REAL, completed_per_s REAL, -- requests
	good_per_s REAL,                  -- requests within every limit of one request
	output_tokens_per_s REAL,
	utilization REAL,                 -- time of steps over span, mean over replicas
	mean_batch REAL,                  -- sequences of a decode step
	mean_queue REAL, most_queue REAL, -- waiting requests
	mean_in_system REAL,
	kv_mean REAL, kv_most REAL,       -- share of the blocks in use
	average_w REAL, joules_per_mtoken REAL, -- of all devices; per million output tokens
	usd_per_hour REAL, usd_per_mtoken REAL,
	band_low REAL, band_high REAL,    -- relative, of a step's device time
	UNIQUE (definition_hash, digest),
	CHECK (met IN (0, 1))
) STRICT;

CREATE TABLE serve_latency (
	serve_id INTEGER NOT NULL REFERENCES serve_run ON DELETE CASCADE,
	metric TEXT NOT NULL,             -- 'wait', 'ttft' to the first token, 'tpot' per output token, 'e2e'
	mean_s REAL, p50_s REAL, p90_s REAL, p99_s REAL, most_s REAL,
	mean_half_s REAL, p50_half_s REAL, p90_half_s REAL, p99_half_s REAL, -- half widths at 95 %
	requests INTEGER NOT NULL,        -- that it is over
	PRIMARY KEY (serve_id, metric)
) WITHOUT ROWID, STRICT;

CREATE TABLE serve_objective (
	serve_id INTEGER NOT NULL REFERENCES serve_run ON DELETE CASCADE,
	objective TEXT NOT NULL,          -- 'ttft.p99'
	bound REAL NOT NULL,              -- seconds, or a share
	value REAL,
	half REAL,                        -- half width at 95 %
	margin REAL,                      -- relative; positive: room is left
	met INTEGER NOT NULL,
	PRIMARY KEY (serve_id, objective),
	CHECK (met IN (0, 1))
) WITHOUT ROWID, STRICT;

CREATE TABLE plan_run (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	definition_hash TEXT NOT NULL,
	definition TEXT NOT NULL,
	digest TEXT NOT NULL,             -- over all of its simulations and what came of each candidate
	version TEXT,
	runs INTEGER NOT NULL,            -- loads that were simulated
	UNIQUE (definition_hash, digest)
) STRICT;

CREATE TABLE plan_candidate (
	plan_id INTEGER NOT NULL REFERENCES plan_run ON DELETE CASCADE,
	candidate INTEGER NOT NULL,       -- its place, from 0
	keys TEXT NOT NULL,               -- JSON: {"hw": "h100-sxm", "tp": "2"}
	outcome TEXT NOT NULL,            -- 'meets', 'fails', 'out of memory', 'cannot be deployed'
	replicas INTEGER NOT NULL,        -- the least that meet; where none do the most
	devices REAL,
	why TEXT NOT NULL,                -- it does not meet; '' where it does
	fewer TEXT NOT NULL,              -- why one count less does not; '': it is the least asked for
	usd_per_hour REAL, usd_per_mtoken REAL, average_w REAL, utilization REAL,
	ttft_p99_s REAL, tpot_mean_s REAL, e2e_p99_s REAL,
	binding TEXT,                     -- the objective with the least margin
	margin REAL,                      -- its own, relative
	PRIMARY KEY (plan_id, candidate)
) WITHOUT ROWID, STRICT;

CREATE TABLE plan_answer (
	plan_id INTEGER NOT NULL REFERENCES plan_run ON DELETE CASCADE,
	goal TEXT NOT NULL,               -- 'cheapest', 'least power', 'fewest devices'
	candidate INTEGER,                -- NULL: none meets
	band_low REAL, band_high REAL,    -- relative, of a step's device time
	meets_at_slow_end INTEGER,        -- of that band; NULL: no band is known
	load_growth REAL,                 -- that is still met, of the load
	next_failure TEXT NOT NULL,       -- what fails above; '': nothing was found
	PRIMARY KEY (plan_id, goal)
) WITHOUT ROWID, STRICT;

CREATE VIEW serves AS
SELECT r.id, r.name, r.model, r.runtime, r.hw, r.batching, r.replicas, r.devices, r.requests, r.refused, r.met,
	t.mean_s * 1e3 AS ttft_ms, t.p99_s * 1e3 AS ttft_p99_ms, o.mean_s * 1e3 AS tpot_ms,
	o.p99_s * 1e3 AS tpot_p99_ms, e.p99_s * 1e3 AS e2e_p99_ms, r.output_tokens_per_s, r.utilization,
	r.kv_most, r.average_w, r.joules_per_mtoken, r.usd_per_hour, r.usd_per_mtoken, r.digest
FROM serve_run r LEFT JOIN serve_latency t ON t.serve_id = r.id AND t.metric = 'ttft'
	LEFT JOIN serve_latency o ON o.serve_id = r.id AND o.metric = 'tpot'
	LEFT JOIN serve_latency e ON e.serve_id = r.id AND e.metric = 'e2e';

CREATE VIEW plans AS
SELECT p.id, p.name, a.goal, c.keys, c.replicas, c.devices, c.usd_per_hour, c.usd_per_mtoken, c.average_w,
	c.binding, c.margin, a.meets_at_slow_end, a.load_growth, a.next_failure
FROM plan_run p JOIN plan_answer a ON a.plan_id = p.id
	LEFT JOIN plan_candidate c ON c.plan_id = p.id AND c.candidate = a.candidate;
