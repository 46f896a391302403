-- Version 2: how a trace was captured, what another run says of its step times, and the bytes that
-- its kernels really moved. Brings a database of version 1 (schema.sql) here in one transaction;
-- nothing that stood there changes. New to look at:
--   traces                        also tracing's cost: the step's time without it and with it
--   kernels                       also graph and node, and measured bytes beside the derived ones
--   bytes_measured_vs_derived     the same summed by kernel family
--   validation_summary            also step times: not profiled, traced, predicted
-- Comments inside a column's definition stand in the file, too (SELECT sql FROM sqlite_schema).

ALTER TABLE trace ADD COLUMN device_l2_bytes INTEGER /* L2 cache; NULL unknown */;
ALTER TABLE trace ADD COLUMN device_max_sm_hz REAL /* highest SM clock */;
ALTER TABLE trace ADD COLUMN device_max_memory_hz REAL /* highest memory clock */;
ALTER TABLE trace ADD COLUMN device_memory_bytes_per_s REAL /* peak bandwidth */;
ALTER TABLE trace ADD COLUMN graph_kernels INTEGER /* kernels with a graph or a node; NULL none */;
ALTER TABLE trace ADD COLUMN bytes_source TEXT /* file that measured the bytes; NULL unknown */;
ALTER TABLE trace ADD COLUMN bytes_count INTEGER /* rows in trace_bytes; NULL: not measured */;

ALTER TABLE trace_kernel ADD COLUMN graph INTEGER /* CUDA graph by number; NULL none or unknown */;
ALTER TABLE trace_kernel ADD COLUMN node INTEGER /* of the graph: 64 bits, the highest is the sign */;

ALTER TABLE validation ADD COLUMN unprofiled_step_ms REAL /* of another run, trace_timing */;
ALTER TABLE validation ADD COLUMN traced_step_ms REAL /* of the trace; host included */;
ALTER TABLE validation ADD COLUMN predicted_step_ms REAL /* launched as traced; host included */;

-- How the capture went; no row: unknown.
CREATE TABLE trace_capture (
	trace_id INTEGER PRIMARY KEY REFERENCES trace ON DELETE CASCADE,
	tool TEXT NOT NULL,               -- with its version; '' unknown
	dropped INTEGER NOT NULL,         -- records that the profiler lost
	zero_times INTEGER NOT NULL,      -- records without time stamps, left out
	foreign_buffers INTEGER NOT NULL, -- buffers of another profiler in the same run
	overheads INTEGER NOT NULL,       -- times the profiler worked for itself inside steps
	overhead_ns INTEGER NOT NULL      -- and how long
) STRICT;

-- The device's state while steps ran; no row: unknown.
CREATE TABLE trace_clocks (
	trace_id INTEGER PRIMARY KEY REFERENCES trace ON DELETE CASCADE,
	samples INTEGER NOT NULL,         -- how many readings
	throttle_reasons INTEGER NOT NULL, -- NVML's bits, all that were seen
	sm_hz_low REAL,                   -- SM clock: lowest, median and highest reading
	sm_hz_median REAL,
	sm_hz_high REAL,
	memory_hz_median REAL,
	power_w_mean REAL,                -- of the board
	temperature_c_high REAL           -- of the GPU
) STRICT;

-- Step times of another run of the same program that was traced less or not at all; no row: none.
-- The last one given replaces the one before.
CREATE TABLE trace_timing (
	trace_id INTEGER PRIMARY KEY REFERENCES trace ON DELETE CASCADE,
	source TEXT NOT NULL,             -- its file, or 'given'
	kind TEXT NOT NULL,               -- 'ranges', 'graph level', 'kernels', 'given'
	step_count INTEGER NOT NULL,      -- steps it was taken from; 0 unknown
	step_ns INTEGER NOT NULL,         -- median from step to step
	step_low_ns INTEGER,              -- 5 and 95 % of the steps
	step_high_ns INTEGER,
	traced_step_ns INTEGER,           -- the same median in the trace
	device_ns INTEGER,                -- median device span of a step
	traced_device_ns INTEGER          -- the same in the trace
) STRICT;

-- Bytes that a profiler with counters measured, of the kernels for which it knows any.
CREATE TABLE trace_bytes (
	trace_id INTEGER NOT NULL REFERENCES trace ON DELETE CASCADE,
	kernel INTEGER NOT NULL,          -- index in the trace: trace_kernel.id - trace.first_kernel
	dram_read_bytes REAL,
	dram_write_bytes REAL,
	l2_bytes REAL,                    -- through L2, reads and writes
	PRIMARY KEY (trace_id, kernel)
) WITHOUT ROWID, STRICT;

-- Traces in readable units. Overheads are fractions: traced / not profiled - 1.
DROP VIEW traces;
CREATE VIEW traces AS
SELECT t.id, t.name, t.format, t.device_name AS device, t.step_count AS steps,
	t.kernel_count AS kernels, t.kind_count AS kinds, s.launch,
	s.span_ms AS measured_span_ms, s.busy_ms AS measured_busy_ms, t.steps_by, t.lacks,
	t.warnings, t.content_hash, t.source,
	u.step_ns / 1e6 AS unprofiled_step_ms, u.traced_step_ns / 1e6 AS traced_step_ms,
	CASE WHEN u.step_ns > 0 THEN 1.0 * u.traced_step_ns / u.step_ns - 1 END
		AS tracing_overhead,
	CASE WHEN u.device_ns > 0 THEN 1.0 * u.traced_device_ns / u.device_ns - 1 END
		AS device_overhead,
	u.kind AS timed_by, c.sm_hz_median / 1e6 AS sm_mhz, c.throttle_reasons, p.tool, p.dropped,
	t.bytes_count AS kernels_with_bytes
FROM trace t LEFT JOIN (
	SELECT trace_id, group_concat(DISTINCT launch) AS launch,
		avg(last_end_ns - first_start_ns) / 1e6 AS span_ms, avg(busy_ns) / 1e6 AS busy_ms
	FROM trace_step GROUP BY trace_id) s ON s.trace_id = t.id
	LEFT JOIN trace_timing u ON u.trace_id = t.id
	LEFT JOIN trace_clocks c ON c.trace_id = t.id
	LEFT JOIN trace_capture p ON p.trace_id = t.id;

-- Kernels of all traces: what and when in one row. step is NULL outside every step, derived bytes
-- are NULL where work is unknown, measured ones where nobody measured.
DROP VIEW kernels;
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
	k.correlation, k.thread, k.graph, k.node,
	CASE WHEN w.flags & 2 = 0 THEN w.weight_bytes + w.kv_read_bytes + w.act_read_bytes END
		AS derived_read_bytes,
	b.dram_read_bytes AS measured_read_bytes,
	CASE WHEN w.flags & 2 = 0 THEN w.kv_write_bytes + w.act_write_bytes END
		AS derived_write_bytes,
	b.dram_write_bytes AS measured_write_bytes, b.l2_bytes AS measured_l2_bytes
FROM trace t -- cross joins fix the order: a range of kernels first, then what each looks up
	CROSS JOIN trace_kernel k
		ON k.id BETWEEN t.first_kernel AND t.first_kernel + t.kernel_count - 1
	CROSS JOIN trace_kind w ON w.trace_id = t.id AND w.kind = k.kind
	CROSS JOIN trace_name n ON n.trace_id = t.id AND n.id = w.name_id
	CROSS JOIN trace_name o ON o.trace_id = t.id AND o.id = w.op_name_id
	CROSS JOIN trace_name h ON h.trace_id = t.id AND h.id = w.shape_id
	LEFT JOIN trace_bytes b ON b.trace_id = t.id AND b.kernel = k.id - t.first_kernel;

-- Bytes over all steps of the traces that have measured ones, copies and memsets left out. Sums are
-- over the compared kernels: measured reads and known work (writes: measured writes, too).
CREATE VIEW bytes_measured_vs_derived AS
SELECT t.name AS trace, w.family, count(*) AS kernels, count(b.kernel) AS measured,
	count(b.dram_read_bytes) FILTER (WHERE w.flags & 2 = 0) AS compared,
	sum(1.0 * w.weight_bytes + w.kv_read_bytes + w.act_read_bytes)
		FILTER (WHERE w.flags & 2 = 0 AND b.dram_read_bytes IS NOT NULL)
		AS derived_read_bytes,
	sum(b.dram_read_bytes) FILTER (WHERE w.flags & 2 = 0) AS measured_read_bytes,
	sum(1.0 * w.kv_write_bytes + w.act_write_bytes)
		FILTER (WHERE w.flags & 2 = 0 AND b.dram_read_bytes IS NOT NULL
			AND b.dram_write_bytes IS NOT NULL) AS derived_write_bytes,
	sum(b.dram_write_bytes) FILTER (WHERE w.flags & 2 = 0 AND b.dram_read_bytes IS NOT NULL)
		AS measured_write_bytes,
	sum(b.l2_bytes) FILTER (WHERE w.flags & 2 = 0 AND b.dram_read_bytes IS NOT NULL)
		AS measured_l2_bytes,
	sum(1.0 * w.weight_bytes + w.kv_read_bytes + w.act_read_bytes)
		FILTER (WHERE w.flags & 2 = 0 AND b.dram_read_bytes IS NOT NULL)
		/ nullif(sum(b.dram_read_bytes) FILTER (WHERE w.flags & 2 = 0), 0)
		AS derived_per_measured_read,
	t.bytes_source AS measured_by
FROM trace t
	CROSS JOIN trace_step s ON s.trace_id = t.id
	CROSS JOIN trace_kernel k ON k.id BETWEEN t.first_kernel + s.first
		AND t.first_kernel + s.first + s.count - 1
	CROSS JOIN trace_kind w ON w.trace_id = t.id AND w.kind = k.kind
	LEFT JOIN trace_bytes b ON b.trace_id = t.id AND b.kernel = k.id - t.first_kernel
WHERE t.bytes_count IS NOT NULL AND w.op NOT IN ('memcpy', 'memset')
GROUP BY t.id, w.family;

-- Validations with the device's name, errors in percent. A step's time counts from step to step,
-- host included; the device's is the union of its kernels' intervals.
DROP VIEW validation_summary;
CREATE VIEW validation_summary AS
SELECT v.id, v.trace, d.name AS hw, v.method, v.in_fit, v.measured_device_ms,
	v.predicted_device_ms, 100 * v.step_error AS step_error_pct,
	100 * v.kernel_weighted_error AS kernel_weighted_error_pct, v.modelled_time_share,
	v.version, d.content_hash AS hw_hash, v.unprofiled_step_ms, v.traced_step_ms,
	v.predicted_step_ms
FROM validation v JOIN device d ON d.id = v.device_id;
