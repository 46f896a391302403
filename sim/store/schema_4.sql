-- Version 4: sweeps. A sweep is a space of designs; each of its points is a row, written in the order
-- of the points, so that what a kill leaves is a sweep's beginning. New to look at:
--   sweep_points                  points with the sweep's name
--   sweep_values                  what each point's axes stand at, in SI or in words
-- Results are those of validate/case.h: NULL where there is none (it does not fit, it was not asked for,
-- the closed form does not give it) and where nobody knows it.

CREATE TABLE sweep (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	definition_hash TEXT NOT NULL UNIQUE, -- over base, axes, sampling, method, constraints, objectives
	definition TEXT NOT NULL,         -- the same as text
	method TEXT NOT NULL,             -- 'closed', 'simulate', 'screen': closed, then simulated
	points INTEGER NOT NULL,          -- how many there are to be
	first_point INTEGER NOT NULL,     -- sweep_point.id of point 0; the others follow without a hole, then
	                                  -- those that a screening simulates
	digest TEXT,                      -- over all results in order; NULL: not finished
	version TEXT                      -- of the program
) STRICT;

CREATE TABLE sweep_axis (
	sweep_id INTEGER NOT NULL REFERENCES sweep ON DELETE CASCADE,
	axis INTEGER NOT NULL,            -- its value is sweep_point.a0, a1, ...
	name TEXT NOT NULL,               -- 'hw.hbm.bandwidth'
	unit TEXT NOT NULL,               -- SI; 'word': values are sweep_word.word
	count INTEGER NOT NULL,           -- values of a grid
	low REAL, high REAL,              -- least and largest
	PRIMARY KEY (sweep_id, axis)
) WITHOUT ROWID, STRICT;

CREATE TABLE sweep_word (
	sweep_id INTEGER NOT NULL REFERENCES sweep ON DELETE CASCADE,
	axis INTEGER NOT NULL,
	word INTEGER NOT NULL,            -- what sweep_point.aN holds for it
	text TEXT NOT NULL,
	PRIMARY KEY (sweep_id, axis, word)
) WITHOUT ROWID, STRICT;

CREATE TABLE sweep_point (
	id INTEGER PRIMARY KEY,
	sweep_id INTEGER NOT NULL REFERENCES sweep ON DELETE CASCADE,
	point INTEGER NOT NULL,
	method TEXT NOT NULL,             -- 'closed' or 'simulate'
	key INTEGER NOT NULL,             -- hash of device, workload, values and method
	digest INTEGER NOT NULL,          -- over the results
	feasible INTEGER NOT NULL,        -- 1: fits, and every constraint holds
	broken INTEGER NOT NULL,          -- bit I: constraint I does not hold
	failed TEXT,                      -- why there is no such design; NULL: there is
	a0 REAL, a1 REAL, a2 REAL, a3 REAL, a4 REAL, a5 REAL, a6 REAL, a7 REAL,
	a8 REAL, a9 REAL, a10 REAL, a11 REAL, a12 REAL, a13 REAL, a14 REAL, a15 REAL,
	step_ms REAL, device_span_ms REAL, device_busy_ms REAL, host_ms REAL,
	floor_ms REAL, floor_fraction REAL, tokens_per_s REAL, tokens REAL,
	kernels REAL, forwards REAL, weight_read_bytes REAL, kv_read_bytes REAL,
	kv_write_bytes REAL, act_bytes REAL, flops REAL, prefill_ms REAL,
	prefill_kernels REAL, energy_j REAL, energy_low_j REAL, energy_high_j REAL,
	average_w REAL, peak_w REAL, joules_per_token REAL, tokens_per_joule REAL,
	usd_per_mtoken REAL, energy_memory_j REAL, energy_compute_j REAL, energy_link_j REAL,
	energy_static_j REAL, area_mm2 REAL, attribution_host_ms REAL, attribution_gap_ms REAL,
	attribution_fixed_ms REAL, attribution_hbm_ms REAL, attribution_l2_ms REAL, attribution_compute_ms REAL,
	attribution_tail_ms REAL, attribution_link_ms REAL, attribution_opaque_ms REAL, fits REAL,
	memory_bytes REAL, weight_bytes REAL, kv_bytes REAL, kv_bytes_per_token REAL,
	state_bytes REAL, activation_bytes REAL, workspace_bytes REAL, offloaded_bytes REAL,
	largest_batch REAL, largest_context REAL, power_w REAL, price_usd REAL,
	CHECK (feasible IN (0, 1))
) STRICT;
CREATE INDEX sweep_point_key ON sweep_point (key);

CREATE VIEW sweep_points AS
SELECT s.name AS sweep, p.* FROM sweep_point p JOIN sweep s ON s.id = p.sweep_id;

CREATE VIEW sweep_values AS
SELECT s.name AS sweep, p.sweep_id, p.id AS point_id, p.point, x.name AS axis, x.unit,
	CASE x.axis
		WHEN 0 THEN p.a0 WHEN 1 THEN p.a1 WHEN 2 THEN p.a2 WHEN 3 THEN p.a3
		WHEN 4 THEN p.a4 WHEN 5 THEN p.a5 WHEN 6 THEN p.a6 WHEN 7 THEN p.a7
		WHEN 8 THEN p.a8 WHEN 9 THEN p.a9 WHEN 10 THEN p.a10 WHEN 11 THEN p.a11
		WHEN 12 THEN p.a12 WHEN 13 THEN p.a13 WHEN 14 THEN p.a14 WHEN 15 THEN p.a15 END AS value,
	w.text AS word
FROM sweep s JOIN sweep_axis x ON x.sweep_id = s.id JOIN sweep_point p ON p.sweep_id = s.id
	LEFT JOIN sweep_word w ON w.sweep_id = s.id AND w.axis = x.axis AND w.word = CASE x.axis
		WHEN 0 THEN p.a0 WHEN 1 THEN p.a1 WHEN 2 THEN p.a2 WHEN 3 THEN p.a3
		WHEN 4 THEN p.a4 WHEN 5 THEN p.a5 WHEN 6 THEN p.a6 WHEN 7 THEN p.a7
		WHEN 8 THEN p.a8 WHEN 9 THEN p.a9 WHEN 10 THEN p.a10 WHEN 11 THEN p.a11
		WHEN 12 THEN p.a12 WHEN 13 THEN p.a13 WHEN 14 THEN p.a14 WHEN 15 THEN p.a15 END;
