-- Version 3: what a run costs besides time, and which unit of a system ran what.

-- Energy, power and price of a step (mean over steps). NULL: not known.
CREATE TABLE run_energy (
	run_id INTEGER PRIMARY KEY REFERENCES run ON DELETE CASCADE,
	energy_j REAL,                    -- static power included
	energy_low_j REAL, energy_high_j REAL, -- range over what the device says of its constants
	memory_j REAL,                    -- of kernels: main memory
	compute_j REAL,                   -- arithmetic
	link_j REAL,                      -- links
	static_j REAL,                    -- drawn whatever runs
	average_w REAL,                   -- energy / step
	peak_w REAL,                      -- of the kernel that draws most
	joules_per_token REAL,
	usd_per_mtoken REAL,              -- per million tokens, at the device's price per hour
	area_mm2 REAL                     -- of the device
) STRICT;

-- Kernels by unit and op, of all steps, in runs on systems.
CREATE TABLE run_placement (
	run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
	unit TEXT NOT NULL,
	op TEXT NOT NULL,
	kernels INTEGER NOT NULL,
	ps INTEGER NOT NULL,              -- alone on the machine, summed
	PRIMARY KEY (run_id, unit, op)
) WITHOUT ROWID, STRICT;
