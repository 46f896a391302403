-- A database as decodesim 0.1.0 (schema version 1) left it: two traces, a run, a validation.
-- Made by: decodesim import kineto_eager.json kineto_graph.json; decodesim replay and validate
-- kineto_eager --hw roofline:rates.yaml; then SQLite's .dump, and the marks that it leaves out.
BEGIN TRANSACTION;
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
INSERT INTO "device" VALUES(1,'roofline:rates','9fdaa6011be2b254','roofline','','tests/data/valid/rates.yaml','',0);
CREATE TABLE device_fit (
	device_id INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,
	seq INTEGER NOT NULL,             -- in the order the device file gives
	file TEXT NOT NULL,
	PRIMARY KEY (device_id, seq)
) WITHOUT ROWID, STRICT;
CREATE TABLE device_residual (
	device_id INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,
	family TEXT NOT NULL,
	kernels INTEGER NOT NULL,         -- how many
	p05 REAL, p50 REAL, p95 REAL,     -- fractions
	PRIMARY KEY (device_id, family)
) WITHOUT ROWID, STRICT;
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
INSERT INTO "device_value" VALUES(1,'graph.gap',5.00000000000000083266e-07,'s',NULL,NULL,'file','');
INSERT INTO "device_value" VALUES(1,'graph.host',0.0,'s',NULL,NULL,'fallback','');
INSERT INTO "device_value" VALUES(1,'graph.host_node',2.50000000000000046599e-09,'s',NULL,NULL,'file','');
INSERT INTO "device_value" VALUES(1,'graph.latency',0.0,'s',NULL,NULL,'fallback','');
INSERT INTO "device_value" VALUES(1,'graph.latency_node',0.0,'s',NULL,NULL,'fallback','');
INSERT INTO "device_value" VALUES(1,'hbm.bandwidth',1000000000000.0,'B/s',NULL,NULL,'file','');
INSERT INTO "device_value" VALUES(1,'hbm.capacity',10000000000.0,'B',NULL,NULL,'file','');
INSERT INTO "device_value" VALUES(1,'l2.bandwidth',NULL,'B/s',NULL,NULL,'fallback','');
INSERT INTO "device_value" VALUES(1,'l2.capacity',10000000.0,'B',NULL,NULL,'file','');
INSERT INTO "device_value" VALUES(1,'launch.host',4.0e-06,'s',NULL,NULL,'file','');
INSERT INTO "device_value" VALUES(1,'launch.latency',0.0,'s',NULL,NULL,'fallback','');
INSERT INTO "device_value" VALUES(1,'launch.queue_depth',16.0,'count',NULL,NULL,'file','');
INSERT INTO "device_value" VALUES(1,'launch.stream_gap',0.0,'s',NULL,NULL,'fallback','');
INSERT INTO "device_value" VALUES(1,'launch.sync',0.0,'s',NULL,NULL,'fallback','');
INSERT INTO "device_value" VALUES(1,'link.bandwidth',50000000000.0,'B/s',NULL,NULL,'file','');
INSERT INTO "device_value" VALUES(1,'mega.launch',0.0,'s',NULL,NULL,'fallback','');
INSERT INTO "device_value" VALUES(1,'mega.sync',0.0,'s',NULL,NULL,'fallback','');
INSERT INTO "device_value" VALUES(1,'pdl.overlap',0.0,'s',NULL,NULL,'fallback','');
INSERT INTO "device_value" VALUES(1,'power.limit',NULL,'W',NULL,NULL,'fallback','');
INSERT INTO "device_value" VALUES(1,'price',NULL,'USD',NULL,NULL,'fallback','');
INSERT INTO "device_value" VALUES(1,'sm.clock',1000000000.0,'Hz',NULL,NULL,'file','');
INSERT INTO "device_value" VALUES(1,'sm.count',100.0,'count',NULL,NULL,'file','');
INSERT INTO "device_value" VALUES(1,'tensor.bf16',100000000000000.0,'flop/s',NULL,NULL,'file','');
INSERT INTO "device_value" VALUES(1,'tensor.fp4',NULL,'flop/s',NULL,NULL,'fallback','');
INSERT INTO "device_value" VALUES(1,'tensor.fp8',200000000000000.0,'flop/s',NULL,NULL,'file','');
INSERT INTO "device_value" VALUES(1,'tensor.int8',NULL,'flop/s',NULL,NULL,'fallback','');
INSERT INTO "device_value" VALUES(1,'vector.bf16',20000000000000.0,'flop/s',NULL,NULL,'file','');
INSERT INTO "device_value" VALUES(1,'vector.fp32',10000000000000.0,'flop/s',NULL,NULL,'file','');
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
INSERT INTO "run" VALUES(1,'kineto_eager','c9c77847cbd896ed',1,1,'as-traced',1.0,'0.1.0',8,2,0,1021500160,510750080,50250080,2110808,510750000,2097280,0,NULL,NULL,'1d5a6ffa62310385',4,0,1);
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
INSERT INTO "run_group" VALUES(1,0,'embedding_kernel','aten::embedding','[[100,64],[1,1]]|["c10::BFloat16","long int"]|[[64,1],[1,1]]|["",""]','16,2,1','128,1,1','gather','gather','bf16',0,2,528,264,264,4224);
INSERT INTO "run_group" VALUES(1,1,'gemv_split','aten::mm','[[1,2048],[2048,512]]|["c10::BFloat16","c10::BFloat16"]|[[2048,1],[1,2048]]|["",""]','16,2,1','128,1,1','gemm','gemm','bf16',0,2,4210688,2105344,2105344,20000);
INSERT INTO "run_group" VALUES(1,2,'splitk_reduce','aten::mm','[[1,2048],[2048,512]]|["c10::BFloat16","c10::BFloat16"]|[[2048,1],[1,2048]]|["",""]','16,2,1','128,1,1','gemm','splitk_reduce','bf16',0,2,10240,5120,5120,6400);
INSERT INTO "run_group" VALUES(1,3,'Memcpy DtoH (Device -> Pinned)','','','0,0,0','0,0,0','memcpy','memcpy_host','unknown',0,2,160,80,80,3000);
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
CREATE TABLE run_part (
	run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
	part TEXT NOT NULL,               -- 'host', 'gap', 'fixed', 'hbm', 'l2', 'compute', ...
	ps INTEGER NOT NULL,
	PRIMARY KEY (run_id, part)
) WITHOUT ROWID, STRICT;
INSERT INTO "run_part" VALUES(1,'compute',0);
INSERT INTO "run_part" VALUES(1,'fixed',0);
INSERT INTO "run_part" VALUES(1,'gap',0);
INSERT INTO "run_part" VALUES(1,'hbm',2110728);
INSERT INTO "run_part" VALUES(1,'host',508639272);
INSERT INTO "run_part" VALUES(1,'l2',0);
INSERT INTO "run_part" VALUES(1,'link',80);
INSERT INTO "run_part" VALUES(1,'opaque',0);
INSERT INTO "run_part" VALUES(1,'tail',0);
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
INSERT INTO "trace" VALUES(1,'kineto_eager','c9c77847cbd896ed','6e5f0b1a256a96d4','kineto','tests/data/valid/kineto_eager.json','period','clocks',0,'',1790857026000100500,8,5,2,9,1,'Test GPU',85017493504,132,9,0,2048,65536,233472,13010,13000);
INSERT INTO "trace" VALUES(2,'kineto_graph','21dc31ab6c6533e0','4d13bb0a09440d55','kineto','tests/data/valid/kineto_graph.json','graph launch','shapes, clocks',0,'',1790857026000010000,10,5,2,6,9,'Test GPU',85017493504,132,9,0,2048,65536,233472,13010,13000);
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
INSERT INTO "trace_kernel" VALUES(1,1,0,0,5250,NULL,9501,2112,0,5250,1,7);
INSERT INTO "trace_kernel" VALUES(2,1,1,0,18250,NULL,29500,10000,19500,23500,2,7);
INSERT INTO "trace_kernel" VALUES(3,1,2,0,5000,NULL,39300,3200,25500,28500,3,7);
INSERT INTO "trace_kernel" VALUES(4,1,3,0,27000,NULL,59500,1500,49500,55500,4,7);
INSERT INTO "trace_kernel" VALUES(5,1,4,0,915750,NULL,1009501,2112,1000000,1005250,101,7);
INSERT INTO "trace_kernel" VALUES(6,1,1,0,18250,NULL,1029500,10000,1019500,1023500,102,7);
INSERT INTO "trace_kernel" VALUES(7,1,2,0,5000,NULL,1039300,3200,1025500,1028500,103,7);
INSERT INTO "trace_kernel" VALUES(8,1,3,0,27000,NULL,1059500,1500,1049500,1055500,104,7);
INSERT INTO "trace_kernel" VALUES(9,2,0,0,0,NULL,90000,1000,0,50000,70,7);
INSERT INTO "trace_kernel" VALUES(10,2,1,0,0,9000000,92000,9000,0,50000,70,7);
INSERT INTO "trace_kernel" VALUES(11,2,2,0,0,9000000,102000,9000,0,50000,70,7);
INSERT INTO "trace_kernel" VALUES(12,2,3,0,0,9000000,112000,9000,0,50000,70,7);
INSERT INTO "trace_kernel" VALUES(13,2,4,0,0,9000000,122000,9000,0,50000,70,7);
INSERT INTO "trace_kernel" VALUES(14,2,0,0,0,NULL,590000,1000,500000,550000,71,7);
INSERT INTO "trace_kernel" VALUES(15,2,1,0,0,9000000,592000,9000,500000,550000,71,7);
INSERT INTO "trace_kernel" VALUES(16,2,2,0,0,9000000,602000,9000,500000,550000,71,7);
INSERT INTO "trace_kernel" VALUES(17,2,3,0,0,9000000,612000,9000,500000,550000,71,7);
INSERT INTO "trace_kernel" VALUES(18,2,4,0,0,9000000,622000,9000,500000,550000,71,7);
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
INSERT INTO "trace_kind" VALUES(1,0,5,1,2,'gather','gather','bf16',0,128,0,0,8,128,32,128,16,8,16,2,1,128,1,1,32,1024,0,0,0,0,0,0);
INSERT INTO "trace_kind" VALUES(1,1,6,3,4,'gemm','gemm','bf16',2097152,2097152,0,0,4096,4096,32,128,16,24,16,2,1,128,1,1,32,1024,1,512,2048,0,0,0);
INSERT INTO "trace_kind" VALUES(1,2,7,3,4,'gemm','splitk_reduce','bf16',1024,0,0,0,4096,1024,32,128,16,24,16,2,1,128,1,1,32,1024,1,512,2048,0,0,1);
INSERT INTO "trace_kind" VALUES(1,3,8,0,0,'memcpy','memcpy_host','unknown',0,0,0,0,4,4,0,0,0,28,0,0,0,0,0,0,0,0,0,0,0,0,0,0);
INSERT INTO "trace_kind" VALUES(1,4,5,1,2,'gather','gather','bf16',0,128,0,0,8,128,32,128,16,24,16,2,1,128,1,1,32,1024,0,0,0,0,0,0);
INSERT INTO "trace_kind" VALUES(2,0,1,0,0,'memset','memset','unknown',0,0,0,0,0,16,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0);
INSERT INTO "trace_kind" VALUES(2,1,2,0,0,'unknown','unknown','unknown',NULL,0,0,0,0,0,32,128,16,2,16,2,1,128,1,1,32,1024,0,0,0,0,0,0);
INSERT INTO "trace_kind" VALUES(2,2,3,0,0,'unknown','unknown','unknown',NULL,0,0,0,0,0,32,128,16,2,16,2,1,128,1,1,32,1024,0,0,0,0,0,0);
INSERT INTO "trace_kind" VALUES(2,3,4,0,0,'unknown','unknown','unknown',NULL,0,0,0,0,0,32,128,16,2,16,2,1,128,1,1,32,1024,0,0,0,0,0,0);
INSERT INTO "trace_kind" VALUES(2,4,5,0,0,'unknown','unknown','unknown',NULL,0,0,0,0,0,32,128,16,2,16,2,1,128,1,1,32,1024,0,0,0,0,0,0);
CREATE TABLE trace_name (
	trace_id INTEGER NOT NULL REFERENCES trace ON DELETE CASCADE,
	id INTEGER NOT NULL,
	text TEXT NOT NULL,
	bytes BLOB,                       -- as recorded, only where it is not what text says
	PRIMARY KEY (trace_id, id)
) WITHOUT ROWID, STRICT;
INSERT INTO "trace_name" VALUES(1,0,'',NULL);
INSERT INTO "trace_name" VALUES(1,1,'aten::embedding',NULL);
INSERT INTO "trace_name" VALUES(1,2,'[[100,64],[1,1]]|["c10::BFloat16","long int"]|[[64,1],[1,1]]|["",""]',NULL);
INSERT INTO "trace_name" VALUES(1,3,'aten::mm',NULL);
INSERT INTO "trace_name" VALUES(1,4,'[[1,2048],[2048,512]]|["c10::BFloat16","c10::BFloat16"]|[[2048,1],[1,2048]]|["",""]',NULL);
INSERT INTO "trace_name" VALUES(1,5,'embedding_kernel',NULL);
INSERT INTO "trace_name" VALUES(1,6,'gemv_split',NULL);
INSERT INTO "trace_name" VALUES(1,7,'splitk_reduce',NULL);
INSERT INTO "trace_name" VALUES(1,8,'Memcpy DtoH (Device -> Pinned)',NULL);
INSERT INTO "trace_name" VALUES(2,0,'',NULL);
INSERT INTO "trace_name" VALUES(2,1,'Memset (Device)',NULL);
INSERT INTO "trace_name" VALUES(2,2,'layer_0',NULL);
INSERT INTO "trace_name" VALUES(2,3,'layer_1',NULL);
INSERT INTO "trace_name" VALUES(2,4,'layer_2',NULL);
INSERT INTO "trace_name" VALUES(2,5,'layer_3',NULL);
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
INSERT INTO "trace_step" VALUES(1,0,0,4,'eager',1,0,9501,61000,16612);
INSERT INTO "trace_step" VALUES(1,1,4,4,'eager',1,89500,1009501,1061000,16612);
INSERT INTO "trace_step" VALUES(2,0,0,5,'graph',1,0,90000,131000,37000);
INSERT INTO "trace_step" VALUES(2,1,5,5,'graph',1,150000,590000,631000,37000);
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
INSERT INTO "validation" VALUES(1,'kineto_eager','c9c77847cbd896ed',1,1,'as-is',0,'0.1.0',0.016612,0.002110808,-0.872934745966771,0.874446347846776,1.0);
CREATE INDEX trace_step_first ON trace_step (trace_id, first);
CREATE INDEX run_trace ON run (trace_id);
CREATE INDEX validation_trace ON validation (trace_id);
CREATE VIEW traces AS
SELECT t.id, t.name, t.format, t.device_name AS device, t.step_count AS steps,
	t.kernel_count AS kernels, t.kind_count AS kinds, s.launch,
	s.span_ms AS measured_span_ms, s.busy_ms AS measured_busy_ms, t.steps_by, t.lacks,
	t.warnings, t.content_hash, t.source
FROM trace t LEFT JOIN (
	SELECT trace_id, group_concat(DISTINCT launch) AS launch,
		avg(last_end_ns - first_start_ns) / 1e6 AS span_ms, avg(busy_ns) / 1e6 AS busy_ms
	FROM trace_step GROUP BY trace_id) s ON s.trace_id = t.id;
CREATE VIEW steps AS
SELECT t.name AS trace, s.step, s.count AS kernels, s.launch,
	(s.last_end_ns - s.host_start_ns) / 1e6 AS host_to_end_ms,
	(s.last_end_ns - s.first_start_ns) / 1e6 AS span_ms, s.busy_ns / 1e6 AS busy_ms
FROM trace_step s JOIN trace t ON t.id = s.trace_id;
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
CREATE VIEW run_kernels AS
SELECT r.id AS run, r.trace, k.seq, k.step, g.name, g.op, g.family, g.dtype, g.shape,
	k.start_ps, k.end_ps, (k.end_ps - k.start_ps) / 1e6 AS predicted_us,
	k.measured_ns / 1e3 AS measured_us
FROM run r
	CROSS JOIN run_kernel k
		ON k.id BETWEEN r.first_kernel AND r.first_kernel + r.kernel_count - 1
	CROSS JOIN run_group g ON g.run_id = r.id AND g.grp = k.grp;
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
CREATE VIEW kernel_prediction_vs_measurement AS
SELECT r.id AS run, r.trace, d.name AS hw, r.launch, g.family, g.op, g.name, g.shape, g.count,
	g.predicted_ps / 1e6 / g.count AS predicted_us, g.measured_ns / 1e3 / g.count AS measured_us,
	CASE WHEN g.measured_ns > 0 THEN g.predicted_ps / 1e3 / g.measured_ns - 1 END AS error,
	1.0 * g.measured_ns / sum(g.measured_ns) OVER (PARTITION BY r.id) AS share, g.opaque
FROM run_group g JOIN run r ON r.id = g.run_id JOIN device d ON d.id = r.device_id;
CREATE VIEW validation_summary AS
SELECT v.id, v.trace, d.name AS hw, v.method, v.in_fit, v.measured_device_ms,
	v.predicted_device_ms, 100 * v.step_error AS step_error_pct,
	100 * v.kernel_weighted_error AS kernel_weighted_error_pct, v.modelled_time_share,
	v.version, d.content_hash AS hw_hash
FROM validation v JOIN device d ON d.id = v.device_id;
PRAGMA application_id = 1145262925;
PRAGMA user_version = 1;
COMMIT;
