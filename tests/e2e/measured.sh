#!/usr/bin/env bash
# What other runs measured of a trace's program (--bytes, --timing): taken with the import or later,
# kept, replaced, shown, compared, stored with validations; and clocks that differ are told.
. "$(dirname "$0")/expect.bash"
eager=tests/data/valid/kineto_eager.json graph=tests/data/valid/kineto_graph.json
csv=tests/data/valid/ncu_eager.csv
device=roofline:tests/data/valid/rates.yaml
says() {
	checks=$((checks + 1))
	grep -qE -- "$1" "$work/out" "$work/err" || fail "no '$1' in: $(head -c 400 "$work/out" "$work/err")"
}
silent() {
	checks=$((checks + 1))
	grep -qE -- "$1" "$work/out" "$work/err" && fail "'$1' in the output"
	return 0
}

# ---- in both orders of words, from a file and by name: always one row, which keeps its runs ---------------
succeeds import "$eager"
succeeds replay kineto_eager --hw "$device"
succeeds import --bytes "$csv" "$eager"
says 'bytes: 4 kernels joined with .*ncu_eager.csv, 2 unjoined; 1 of its rows unused'
silent 'already there'
succeeds import "$eager" --bytes "$csv"
says 'already there'
succeeds import kineto_eager --timing '800 us'
says 'step: 0.800 ms without tracing \(given\); 1.000 ms traced: tracing stretches it by 25.0 %'
succeeds import "$eager"
says 'already there'
succeeds import --timing=0.9ms kineto_eager
silent 'already there'
gzip -c "$csv" >"$work/ncu.csv.gz"
succeeds import kineto_eager --bytes "$work/ncu.csv.gz"
silent 'already there'
equal 'rows after six imports' "$(query 'SELECT count(*), max(id) FROM trace')" 1,1
equal 'run of the trace' "$(query 'SELECT count(*) FROM run WHERE trace_id = 1')" 1
equal 'timing' "$(query 'SELECT kind, step_ns, traced_step_ns FROM trace_timing')" given,900000,1000000
equal 'kernels with bytes' "$(query 'SELECT count(*) FROM trace_bytes')" 4
equal 'bytes of gemm kernels' "$(query "SELECT DISTINCT measured_read_bytes, derived_read_bytes FROM kernels WHERE family = 'gemm'")" \
	2101248,2101248
equal 'ratio of gemm kernels' "$(query "SELECT derived_per_measured_read FROM bytes_measured_vs_derived WHERE family = 'gemm'")" 1

# ---- stored or given anew, show and validate say the same ---------------------------------------------------
for command in 'show trace' 'validate --no-store --hw '"$device"; do
	succeeds $command kineto_eager
	sed 's/, 1 rows unused//' "$work/out" >"$work/stored"
	succeeds $command "$eager" --bytes "$work/ncu.csv.gz" --timing '0.9 ms'
	sed 's/, 1 rows unused//' "$work/out" >"$work/given"
	checks=$((checks + 1))
	cmp -s "$work/stored" "$work/given" || fail "$command: stored and given differ: $(diff "$work/stored" "$work/given")"
	for part in '0\.900 +1\.000|0\.900 ms without tracing' '^DRAM bytes measured in .*ncu.csv.gz: 66.7 %'; do
		grep -qE "$part" "$work/stored" || fail "$command does not say '$part'"
	done
done
succeeds validate --hw "$device" kineto_eager --json
python3 - "$work/out" <<'P' || fail 'validate --json: step times'
import json, sys
row, = json.load(open(sys.argv[1]))["traces"]
assert row["unprofiled_step_ms"] == 0.9 and row["traced_step_ms"] == 1 and 0 < row["predicted_step_ms"] < 1, row
P
equal 'stored step times' "$(query 'SELECT unprofiled_step_ms, traced_step_ms, predicted_step_ms > 0 FROM validation_summary')" 0.9,1,1
succeeds validate --hw "$device" "$graph"
equal 'stored where nothing is known' \
	"$(query 'SELECT unprofiled_step_ms IS NULL, traced_step_ms IS NULL, predicted_step_ms > 0 FROM validation ORDER BY id DESC LIMIT 1')" 1,1,1
silent 'step, host included'
# of several traces those with bytes are summed
succeeds import "$graph"
succeeds validate --no-store --hw "$device" kineto_eager kineto_graph
says '^DRAM bytes measured in .*66.7 % .*4 of 6'
says '^kineto_eager +given +0.900'
silent '^kineto_graph +given'

# ---- clocks ---------------------------------------------------------------------------------------------
clocks() { # TRACE LOW MEDIAN MAXIMUM REASONS
	python3 - "$DECODESIM_DB" "$@" <<'P'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
name, low, median, maximum, reasons = sys.argv[2], *map(float, sys.argv[3:])
trace, = db.execute("SELECT id FROM trace WHERE name = ?", (name,)).fetchone()
db.execute("UPDATE trace SET device_max_sm_hz = ? WHERE id = ?", (maximum, trace))
db.execute("REPLACE INTO trace_clocks VALUES (?, 9, ?, ?, ?, ?, NULL, NULL, NULL)", (trace, int(reasons), low, median, median))
db.commit()
P
}
validates() { succeeds validate --no-store --hw "$device" kineto_eager kineto_graph; }
clocks kineto_eager 1.9e9 1.98e9 1.98e9 0
clocks kineto_graph 1.9e9 1.965e9 1.98e9 0
validates
silent 'SM clock' # 0.8 % apart: one step of the clock
clocks kineto_graph 1.2e9 1.922e9 1.98e9 4
validates
says 'kineto_graph: traced at an SM clock of 1922 MHz, kineto_eager at 1980 MHz'
silent 'below the device' # 2.9 %
clocks kineto_graph 1.2e9 1.919e9 1.98e9 4
validates
says 'kineto_graph: traced at an SM clock of 1919 MHz, 3.1 % below the device.s 1980 MHz \(throttle reasons: power cap\)'
grep -q 'SM clock' "$work/out" && fail 'the warning is not on stderr'
clocks kineto_eager 0 0 0 1536
validates
silent 'kineto_graph: traced.*kineto_eager at'
succeeds show trace kineto_eager
says 'clocks: SM unknown; throttle reasons: unknown \(0x600\); 9 samples'

# ---- a database of version 1 is brought up to date by what writes, and refused by what reads -------------------
python3 - "$work/v1.db" tests/data/valid/store_v1.sql <<'P'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.executescript(open(sys.argv[2]).read())
P
refuses 1 'v1.db: made by an older decodesim' list traces --db "$work/v1.db"
refuses 1 'v1.db: made by an older decodesim' show trace kineto_eager --db "$work/v1.db"
succeeds import kineto_eager --bytes "$csv" --db "$work/v1.db"
succeeds show trace kineto_eager --db "$work/v1.db"
says '^DRAM bytes measured in'
equal 'rows that were there' "$("$decodesim" sql --csv 'SELECT count(*), (SELECT count(*) FROM run WHERE trace_id = 1) FROM trace' --db "$work/v1.db" | tail -1)" 2,1

# ---- what is refused leaves the database as it was ------------------------------------------------------------
before=$(query 'SELECT * FROM trace_timing, trace_bytes, trace' | sha256sum)
time='--timing: '
refuses 1 "${time}no such file: 'nope.dslog' .*8.31 ms" import kineto_eager --timing nope.dslog
refuses 1 "${time}no such file: ''" import kineto_eager --timing ''
refuses 2 "${time}unit missing: '8.31'" import kineto_eager --timing 8.31
refuses 2 "${time}wrong unit: '8.31 GB'" show trace kineto_eager --timing '8.31 GB'
for text in '0 ms' '-1 ms' '1e-12 s' '3601 s' '1e300 s' '0'; do
	refuses 2 "${time}no time of a step: '$text'" validate --hw "$device" kineto_eager --timing "$text"
done
refuses 1 'is a directory' import kineto_eager --timing "$work"
refuses 1 'its steps cannot be told as those of the trace' import "$eager" --timing "$graph"
refuses 1 'not a trace of a known format' import kineto_eager --timing "$csv"
refuses 1 "no such trace file: 'nope'" import nope --timing '8 ms'
refuses 1 'cannot open' import kineto_eager --bytes "$work/nope.csv"
refuses 1 'none of its kernels is in a step' show trace kineto_eager --bytes tests/data/valid/ncu_wide.csv
for file in tests/data/invalid/ncu_*.csv; do
	refuses 1 "$file:" import kineto_eager --bytes "$file"
	refuses 1 "$file:" show trace kineto_eager --bytes "$file"
done
for file in tests/data/invalid/log_*.dslog tests/data/invalid/kineto_deep.json; do
	refuses 1 "$file" import kineto_eager --timing "$file"
done
equal 'database after refusals' "$(query 'SELECT * FROM trace_timing, trace_bytes, trace' | sha256sum)" "$before"
refuses 1 'none.db: no such database' import kineto_eager --timing '8 ms' --db "$work/none.db"
[ -e "$work/none.db" ] && fail 'a name that is not stored made a database'

# the file's name is input, too
cp "$csv" "$work/"$'\e[31mncu'
succeeds import kineto_eager --bytes "$work/"$'\e[31mncu'
no_escapes 'import --bytes'
succeeds show trace kineto_eager
no_escapes 'show trace with bytes'
succeeds import kineto_eager --bytes "$work/"$'\e[31mncu'
says 'already there'
finish
