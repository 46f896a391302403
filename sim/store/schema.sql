-- decodesim's store: traces (what ran, when it ran), devices, runs (what was predicted) and
-- validations, side by side in one SQLite file. This is version 1 and stays as it is: databases of it
-- exist. schema_2.sql brings it to version 2. Start with the views at the end:
--   traces, steps, kernels                  what was imported, in readable units
--   runs, run_kernels                       what was predicted, with attribution
--   prediction_vs_measurement               a run's step against the traced one
--   kernel_prediction_vs_measurement        the same per kernel name and shape
--   validation_summary                      error of a device's model per trace
-- Units are in the names: _ps _ns _ms _bytes; a fraction is 1 = 100 %. Hashes are 16 hex digits.
-- NULL always means "not known". Text is printable UTF-8: other bytes stand as \xNN.
-- application_id is 0x4443534d ("DCSM"), user_version the version of this schema.

-- A trace: one capture of decode steps. Replaced whole or not at all.
CREATE TABLE trace (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,        -- file name without directory and extension
	content_hash TEXT NOT NULL,       -- FNV-1a 64 of the uncompressed file
	work_hash TEXT NOT NULL,          -- over all that is stored: same file, other derivation differs
	format TEXT NOT NULL,             -- reader that made it: 'kineto'
	source TEXT NOT NULL,             -- path as given at import
	steps_by TEXT NOT NULL,           -- how steps were found: 'annotation', 'graph launch', ...
	lacks TEXT NOT NULL,              -- what the import lacks, comma-separated; '' nothing
	warnings INTEGER NOT NULL,        -- malformed events skipped at import
	warning TEXT NOT NULL,            -- the first of them
	base_ns INTEGER NOT NULL,         -- absolute time of time 0 of this trace
	kernel_count INTEGER NOT NULL,    -- rows in trace_kernel
	kind_count INTEGER NOT NULL,      -- rows in trace_kind
	step_count INTEGER NOT NULL,      -- rows in trace_step
	name_count INTEGER NOT NULL,      -- rows in trace_name
	first_kernel INTEGER NOT NULL,    -- trace_kernel.id of kernel 0; the others follow without a hole
	device_name TEXT NOT NULL,        -- device it ran on; '' unknown
	device_memory_bytes INTEGER NOT NULL,
	device_sm_count INTEGER NOT NULL,
	device_cc_major INTEGER NOT NULL, -- compute capability
	device_cc_minor INTEGER NOT NULL,
	device_max_threads_per_sm INTEGER NOT NULL,
	device_registers_per_sm INTEGER NOT NULL,
	device_shared_bytes_per_sm INTEGER NOT NULL,
	driver_version INTEGER NOT NULL,
	runtime_version INTEGER NOT NULL
) STRICT;

-- Texts of a trace: kernel names, op names, shapes. Id 0 is the empty text.
CREATE TABLE trace_name (
	trace_id INTEGER NOT NULL REFERENCES trace ON DELETE CASCADE,
	id INTEGER NOT NULL,
	text TEXT NOT NULL,
	bytes BLOB,                       -- as recorded, only where it is not what text says
	PRIMARY KEY (trace_id, id)
) WITHOUT ROWID, STRICT;

-- What ran: kernels of a trace that do the same work with the same geometry are one kind.
CREATE TABLE trace_kind (
	trace_id INTEGER NOT NULL REFERENCES trace ON DELETE CASCADE,
	kind INTEGER NOT NULL,            -- 0, 1, ... in order of first sight
	name_id INTEGER NOT NULL,         -- kernel name, trace_name.id
	op_name_id INTEGER NOT NULL,      -- framework op that launched it; 0 unknown
	shape_id INTEGER NOT NULL,        -- 'dims|types|strides|concrete inputs' of the op; 0 unknown
	op TEXT NOT NULL,                 -- what it computes: 'gemm', 'attention', ...
	family TEXT NOT NULL,             -- implementation family that shares a cost curve
	dtype TEXT NOT NULL,              -- main operand
	flops INTEGER,                    -- multiply and add are two; NULL: work unknown, see recorded_ps
	weight_bytes INTEGER NOT NULL,    -- read
	kv_read_bytes INTEGER NOT NULL,
	kv_write_bytes INTEGER NOT NULL,
	act_read_bytes INTEGER NOT NULL,  -- activations and all else
	act_write_bytes INTEGER NOT NULL,
	blocks INTEGER NOT NULL,          -- thread blocks; 0 unknown
	threads INTEGER NOT NULL,         -- per block; 0 unknown
	blocks_per_sm INTEGER NOT NULL,   -- resident; 0 unknown
	flags INTEGER NOT NULL,           -- 1 sync before, 2 opaque, 4 copy engine, 8 host time recorded,
	                                  -- 16 input hot in L2
	grid_x INTEGER NOT NULL, grid_y INTEGER NOT NULL, grid_z INTEGER NOT NULL,
	block_x INTEGER NOT NULL, block_y INTEGER NOT NULL, block_z INTEGER NOT NULL,
	registers INTEGER NOT NULL,       -- per thread; 0 unknown
	shared_bytes INTEGER NOT NULL,    -- per block
	m INTEGER NOT NULL,               -- GEMM M, N, K; attention: query tokens * batch, KV length,
	n INTEGER NOT NULL,               -- head dimension
	k INTEGER NOT NULL,
	heads INTEGER NOT NULL,           -- attention: query heads
	kv_heads INTEGER NOT NULL,        -- attention: KV heads
	op_part INTEGER NOT NULL,         -- 0 first kernel of its op, 1 second, ...
	PRIMARY KEY (trace_id, kind)
) WITHOUT ROWID, STRICT;

-- When it ran: one row per kernel, ids of a trace contiguous in order of start (fast to append, and
-- a range of ids is a trace). Times are ns since trace.base_ns.
CREATE TABLE trace_kernel (
	id INTEGER PRIMARY KEY,           -- trace.first_kernel + index in the trace
	trace_id INTEGER NOT NULL REFERENCES trace ON DELETE CASCADE,
	kind INTEGER NOT NULL,            -- trace_kind.kind of the same trace
	stream INTEGER NOT NULL,          -- dense, 0 first seen
	host_ns INTEGER NOT NULL,         -- host time between the previous launch call and this one's end
	recorded_ps INTEGER,              -- duration that is played where the work is unknown
	start_ns INTEGER NOT NULL,
	duration_ns INTEGER NOT NULL,
	launch_start_ns INTEGER,          -- launch call on the host
	launch_end_ns INTEGER,
	correlation INTEGER NOT NULL,     -- id that joins kernel and launch
	thread INTEGER NOT NULL           -- host thread of the launch; 0 unknown
) STRICT;

-- One decode step: kernels first .. first + count - 1 of its trace.
CREATE TABLE trace_step (
	trace_id INTEGER NOT NULL REFERENCES trace ON DELETE CASCADE,
	step INTEGER NOT NULL,
	first INTEGER NOT NULL,
	count INTEGER NOT NULL,
	launch TEXT NOT NULL,             -- 'eager' or 'graph': what the trace ran
	ends_in_sync INTEGER NOT NULL,    -- 1: the host waits for the device at its end
	host_start_ns INTEGER,            -- end of the sync before, else first launch
	first_start_ns INTEGER NOT NULL,
	last_end_ns INTEGER NOT NULL,
	busy_ns INTEGER NOT NULL,         -- union of its kernels' intervals
	PRIMARY KEY (trace_id, step)
) WITHOUT ROWID, STRICT;
CREATE INDEX trace_step_first ON trace_step (trace_id, first);

-- A device as it was used by a run or a validation: same name and same values are one row.
CREATE TABLE device (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	content_hash TEXT NOT NULL,       -- over model, keys and values
	model TEXT NOT NULL,              -- model class: 'gpu', 'roofline', ...
	summary TEXT NOT NULL,
	path TEXT NOT NULL,               -- file it came from
	inherits TEXT NOT NULL,           -- device it takes missing values from; '' none
	calibrated INTEGER NOT NULL,      -- 1: coefficients were fitted on this device
	UNIQUE (content_hash, name)
) STRICT;

CREATE TABLE device_value (
	device_id INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,
	key TEXT NOT NULL,                -- 'hbm.bandwidth'
	value REAL,                       -- in unit
	unit TEXT NOT NULL,               -- SI: 'B/s', 's', '1', ...
	low REAL, high REAL,              -- interval of a calibrated value
	origin TEXT NOT NULL,             -- 'file', 'inherited', 'fallback', 'set'
	source TEXT NOT NULL,             -- datasheet, paper or calibration
	PRIMARY KEY (device_id, key)
) WITHOUT ROWID, STRICT;

-- Traces and microbenchmarks that a calibration used.
CREATE TABLE device_fit (
	device_id INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,
	seq INTEGER NOT NULL,             -- in the order the device file gives
	file TEXT NOT NULL,
	PRIMARY KEY (device_id, seq)
) WITHOUT ROWID, STRICT;

-- A calibration's residuals: predicted / measured - 1 of a family's kernels, quantiles.
CREATE TABLE device_residual (
	device_id INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,
	family TEXT NOT NULL,
	kernels INTEGER NOT NULL,         -- how many
	p05 REAL, p50 REAL, p95 REAL,     -- fractions
	PRIMARY KEY (device_id, family)
) WITHOUT ROWID, STRICT;

-- A run: one replay of a trace's work on a device. Means over steps unless said otherwise.
CREATE TABLE run (
	id INTEGER PRIMARY KEY,
	trace TEXT NOT NULL,              -- name; the trace need not be stored
	trace_hash TEXT NOT NULL,
	trace_id INTEGER REFERENCES trace, -- NULL: not stored when the run was written
	device_id INTEGER NOT NULL REFERENCES device,
	launch TEXT NOT NULL,             -- 'as-traced', 'eager', 'graph', 'pdl', 'megakernel'
	host_speed REAL NOT NULL,         -- 2: host costs halve
	version TEXT,                     -- of the program
	kernels INTEGER NOT NULL,
	steps INTEGER NOT NULL,
	opaque_kernels INTEGER NOT NULL,  -- without known work, played as recorded
	total_ps INTEGER NOT NULL,        -- all steps, from the host's start to the end of everything
	step_ps INTEGER NOT NULL,         -- total_ps / steps
	device_span_ps INTEGER NOT NULL,  -- first kernel start to last kernel end
	device_busy_ps INTEGER NOT NULL,  -- union of kernel intervals
	host_ps INTEGER NOT NULL,         -- host time spent issuing
	floor_ps INTEGER NOT NULL,        -- bytes that must move / peak bandwidth
	opaque_ps INTEGER NOT NULL,
	error_band_low REAL,              -- of the step, e.g. -0.03
	error_band_high REAL,
	digest TEXT NOT NULL,             -- over every kernel's start and end and every step's end
	group_count INTEGER NOT NULL,     -- rows in run_group
	kernel_count INTEGER NOT NULL,    -- rows in run_kernel
	first_kernel INTEGER NOT NULL     -- run_kernel.id of the first of them
) STRICT;
CREATE INDEX run_trace ON run (trace_id);

-- Where a run's step goes; the parts of a run sum to step_ps.
CREATE TABLE run_part (
	run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
	part TEXT NOT NULL,               -- 'host', 'gap', 'fixed', 'hbm', 'l2', 'compute', ...
	ps INTEGER NOT NULL,
	PRIMARY KEY (run_id, part)
) WITHOUT ROWID, STRICT;

-- A run's kernels by (name, shape, geometry), over all steps.
CREATE TABLE run_group (
	run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
	grp INTEGER NOT NULL,             -- 0, 1, ... in order of first sight
	name TEXT NOT NULL,
	op_name TEXT NOT NULL,
	shape TEXT NOT NULL,
	grid TEXT NOT NULL,               -- 'x,y,z'
	block TEXT NOT NULL,
	op TEXT NOT NULL,
	family TEXT NOT NULL,
	dtype TEXT NOT NULL,
	opaque INTEGER NOT NULL,          -- how many of count were played as recorded
	count INTEGER NOT NULL,
	predicted_ps INTEGER NOT NULL,    -- total
	predicted_min_ps INTEGER NOT NULL,
	predicted_max_ps INTEGER NOT NULL,
	measured_ns INTEGER NOT NULL,     -- total
	PRIMARY KEY (run_id, grp)
) WITHOUT ROWID, STRICT;

-- Every kernel of a run, where it was asked for. Times count from the run's start.
CREATE TABLE run_kernel (
	id INTEGER PRIMARY KEY,           -- contiguous per run
	run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
	seq INTEGER NOT NULL,             -- index in the trace
	step INTEGER NOT NULL,
	grp INTEGER NOT NULL,             -- run_group.grp of the same run
	start_ps INTEGER NOT NULL,
	end_ps INTEGER NOT NULL,
	measured_ns INTEGER NOT NULL      -- duration
) STRICT;

-- A device's model against a trace's measured kernels.
CREATE TABLE validation (
	id INTEGER PRIMARY KEY,
	trace TEXT NOT NULL,
	trace_hash TEXT NOT NULL,
	trace_id INTEGER REFERENCES trace,
	device_id INTEGER NOT NULL REFERENCES device,
	method TEXT NOT NULL,             -- 'as-is', 'leave-one-out'
	in_fit INTEGER NOT NULL,          -- 1: the trace was used to calibrate the device
	version TEXT,                     -- of the program
	measured_device_ms REAL,          -- union of kernel intervals, mean over steps
	predicted_device_ms REAL,
	step_error REAL,                  -- predicted / measured - 1
	kernel_weighted_error REAL,       -- sum |predicted - measured| / sum measured over kernels
	modelled_time_share REAL          -- share of the time whose work is known
) STRICT;
CREATE INDEX validation_trace ON validation (trace_id);

-- Traces in readable units.
CREATE VIEW traces AS
SELECT t.id, t.name, t.format, t.device_name AS device, t.step_count AS steps,
	t.kernel_count AS kernels, t.kind_count AS kinds, s.launch,
	s.span_ms AS measured_span_ms, s.busy_ms AS measured_busy_ms, t.steps_by, t.lacks,
	t.warnings, t.content_hash, t.source
FROM trace t LEFT JOIN (
	SELECT trace_id, group_concat(DISTINCT launch) AS launch,
		avg(last_end_ns - first_start_ns) / 1e6 AS span_ms, avg(busy_ns) / 1e6 AS busy_ms
	FROM trace_step GROUP BY trace_id) s ON s.trace_id = t.id;

-- Steps of all traces, measured; host_ms from the host's start to the last kernel's end.
CREATE VIEW steps AS
SELECT t.name AS trace, s.step, s.count AS kernels, s.launch,
	(s.last_end_ns - s.host_start_ns) / 1e6 AS host_to_end_ms,
	(s.last_end_ns - s.first_start_ns) / 1e6 AS span_ms, s.busy_ns / 1e6 AS busy_ms
FROM trace_step s JOIN trace t ON t.id = s.trace_id;

-- Kernels of all traces: what and when in one row. step is NULL outside every step.
CREATE VIEW kernels AS
SELECT t.name AS trace, k.id - t.first_kernel AS seq,
	(SELECT CASE WHEN k.id - t.first_kernel < s.first + s.count THEN s.step END
		FROM trace_step s
		WHERE s.trace_id = t.id AND s.first <= k.id - t.first_kernel AND s.count > 0
		ORDER BY s.first DESC LIMIT 1) AS step,
	n.text AS name, o.text AS op_name, h.text AS shape, w.op, w.family, w.dtype,
	w.flags & 2 <> 0 AS opaque, w.flops, w.weight_bytes, w.kv_read_bytes, w.kv_write_bytes,
	w.act_read_bytes, w.act_write_bytes, w.m, w.n, w.k, w.heads, w.kv_heads, w.blocks,
	w.threads, w.grid_x || ',' || w.grid_y || ',' || w.grid_z AS grid,
	w.block_x || ',' || w.block_y || ',' || w.block_z AS block, w.registers, w.shared_bytes,
	k.stream, k.host_ns, k.start_ns, k.duration_ns, k.launch_start_ns, k.launch_end_ns,
	k.correlation, k.thread
FROM trace t -- cross joins fix the order: a range of kernels first, then what each looks up
	CROSS JOIN trace_kernel k
		ON k.id BETWEEN t.first_kernel AND t.first_kernel + t.kernel_count - 1
	CROSS JOIN trace_kind w ON w.trace_id = t.id AND w.kind = k.kind
	CROSS JOIN trace_name n ON n.trace_id = t.id AND n.id = w.name_id
	CROSS JOIN trace_name o ON o.trace_id = t.id AND o.id = w.op_name_id
	CROSS JOIN trace_name h ON h.trace_id = t.id AND h.id = w.shape_id;

-- Runs in milliseconds, one column per part of the step.
CREATE VIEW runs AS
SELECT r.id, r.trace, d.name AS hw, d.model, r.launch, r.host_speed, r.kernels, r.steps,
	r.step_ps / 1e9 AS step_ms, r.device_span_ps / 1e9 AS device_span_ms,
	r.device_busy_ps / 1e9 AS device_busy_ms, r.host_ps / 1e9 AS host_ms,
	r.floor_ps / 1e9 AS floor_ms,
	CASE WHEN r.step_ps > 0 THEN 1.0 * r.floor_ps / r.step_ps END AS floor_fraction,
	r.error_band_low, r.error_band_high, p.host_part_ms, p.gap_ms, p.fixed_ms, p.hbm_ms,
	p.l2_ms, p.compute_ms, p.tail_ms, p.link_ms, p.opaque_ms, r.digest, r.version,
	r.trace_hash, d.content_hash AS hw_hash
FROM run r JOIN device d ON d.id = r.device_id LEFT JOIN (
	SELECT run_id,
		sum(ps) FILTER (WHERE part = 'host') / 1e9 AS host_part_ms,
		sum(ps) FILTER (WHERE part = 'gap') / 1e9 AS gap_ms,
		sum(ps) FILTER (WHERE part = 'fixed') / 1e9 AS fixed_ms,
		sum(ps) FILTER (WHERE part = 'hbm') / 1e9 AS hbm_ms,
		sum(ps) FILTER (WHERE part = 'l2') / 1e9 AS l2_ms,
		sum(ps) FILTER (WHERE part = 'compute') / 1e9 AS compute_ms,
		sum(ps) FILTER (WHERE part = 'tail') / 1e9 AS tail_ms,
		sum(ps) FILTER (WHERE part = 'link') / 1e9 AS link_ms,
		sum(ps) FILTER (WHERE part = 'opaque') / 1e9 AS opaque_ms
	FROM run_part GROUP BY run_id) p ON p.run_id = r.id;

-- Every stored kernel of the runs that kept them.
CREATE VIEW run_kernels AS
SELECT r.id AS run, r.trace, k.seq, k.step, g.name, g.op, g.family, g.dtype, g.shape,
	k.start_ps, k.end_ps, (k.end_ps - k.start_ps) / 1e6 AS predicted_us,
	k.measured_ns / 1e3 AS measured_us
FROM run r
	CROSS JOIN run_kernel k
		ON k.id BETWEEN r.first_kernel AND r.first_kernel + r.kernel_count - 1
	CROSS JOIN run_group g ON g.run_id = r.id AND g.grp = k.grp;

-- Runs whose trace is stored: a step predicted and measured. Compare like with like: error says
-- something about the model only where the hardware and the launch are those of the trace.
CREATE VIEW prediction_vs_measurement AS
SELECT r.id AS run, r.trace, t.device_name AS measured_on, d.name AS hw, d.model, r.launch,
	r.device_span_ps / 1e9 AS predicted_span_ms, s.span_ms AS measured_span_ms,
	r.device_busy_ps / 1e9 AS predicted_busy_ms, s.busy_ms AS measured_busy_ms,
	CASE WHEN s.span_ms > 0 THEN r.device_span_ps / 1e9 / s.span_ms - 1 END AS span_error,
	CASE WHEN s.busy_ms > 0 THEN r.device_busy_ps / 1e9 / s.busy_ms - 1 END AS busy_error,
	r.error_band_low, r.error_band_high
FROM run r JOIN device d ON d.id = r.device_id JOIN trace t ON t.id = r.trace_id
	JOIN (SELECT trace_id, avg(last_end_ns - first_start_ns) / 1e6 AS span_ms,
		avg(busy_ns) / 1e6 AS busy_ms FROM trace_step GROUP BY trace_id) s
	ON s.trace_id = t.id;

-- The same per kernel name and shape; share is of the run's measured kernel time.
CREATE VIEW kernel_prediction_vs_measurement AS
SELECT r.id AS run, r.trace, d.name AS hw, r.launch, g.family, g.op, g.name, g.shape, g.count,
	g.predicted_ps / 1e6 / g.count AS predicted_us, g.measured_ns / 1e3 / g.count AS measured_us,
	CASE WHEN g.measured_ns > 0 THEN g.predicted_ps / 1e3 / g.measured_ns - 1 END AS error,
	1.0 * g.measured_ns / sum(g.measured_ns) OVER (PARTITION BY r.id) AS share, g.opaque
FROM run_group g JOIN run r ON r.id = g.run_id JOIN device d ON d.id = r.device_id;

-- Validations with the device's name, errors in percent.
CREATE VIEW validation_summary AS
SELECT v.id, v.trace, d.name AS hw, v.method, v.in_fit, v.measured_device_ms,
	v.predicted_device_ms, 100 * v.step_error AS step_error_pct,
	100 * v.kernel_weighted_error AS kernel_weighted_error_pct, v.modelled_time_share,
	v.version, d.content_hash AS hw_hash
FROM validation v JOIN device d ON d.id = v.device_id;
