#!/usr/bin/env bash
# Bad input through the command line: exit 1 (2 for wrong usage), one message that names the file, no
# byte on the terminal that could drive it, and the database as it was.
. "$(dirname "$0")/expect.bash"
sample=$samples/llama-3.2-1b-b1-c2048-compiled-graph.json.gz
good=tests/data/valid/kineto_eager.json
succeeds import "$good"
succeeds replay kineto_eager --hw l4
"$decodesim" sql 'SELECT 1' >/dev/null
before=$(sha256sum <"$DECODESIM_DB")
rows() { for table in $(query "SELECT name FROM sqlite_schema WHERE type = 'table'"); do query "SELECT '$table', * FROM $table"; done; }
rows_before=$(rows | sha256sum)

unchanged() {
	checks=$((checks + 1))
	[ "$(sha256sum <"$DECODESIM_DB")" = "$before" ] && return
	[ "$(rows | sha256sum)" = "$rows_before" ] || fail "database changed by $1"
}

# bad_trace PATTERN FILE: what every command that takes a trace says of it
bad_trace() {
	refuses 1 "$1" import "$2"
	refuses 1 "$1" replay "$2" --hw l4
	refuses 1 "$1" validate "$2" --hw l4
	refuses 1 "$1" replay kineto_eager --shapes "$2" --hw l4
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail "more than one line about $2: $(cat "$work/err")"
	unchanged "$2"
}

# ---- files that are no traces -----------------------------------------------------------------------
bad=$work/bad
mkdir "$bad"
bad_trace 'missing.json: No such file' "$bad/missing.json"
bad_trace "no such trace file: 'missing'" missing
bad_trace "no such trace.*did you mean 'kineto_eager'" kineto_eagre
bad_trace 'bad: is a directory' "$bad"
: >"$bad/empty.json"
bad_trace 'empty.json: .*empty' "$bad/empty.json"
gzip -c "$bad/empty.json" >"$bad/empty.json.gz"
bad_trace 'empty.json.gz: .*empty' "$bad/empty.json.gz"
echo 'Dear diary, this is no JSON' >"$bad/diary.json"
bad_trace 'diary.json: not a trace' "$bad/diary.json"
head -c 100000 /dev/zero >"$bad/zero.json"
bad_trace 'zero.json: ' "$bad/zero.json"
python3 -c 'import random, sys; random.seed(1); sys.stdout.buffer.write(random.randbytes(100000))' >"$bad/random.json"
bad_trace 'random.json: ' "$bad/random.json"
{ printf '\x1f\x8b\x08\x00'; head -c 3000 "$bad/random.json"; } >"$bad/random.json.gz"
bad_trace 'random.json.gz: ' "$bad/random.json.gz"
for file in tests/data/invalid/kineto_*.json; do
	bad_trace "$(basename "$file"):" "$file"
done

# ---- cut short at each sixteenth, as text and as gz ---------------------------------------------------
gzip -dc "$sample" >"$bad/whole.json"
for i in {1..15}; do
	head -c $(($(stat -c %s "$bad/whole.json") * i / 16)) "$bad/whole.json" >"$bad/cut.json"
	bad_trace 'cut\.json:[0-9]+: ' "$bad/cut.json"
	head -c $(($(stat -c %s "$sample") * i / 16)) "$sample" >"$bad/cut.json.gz"
	bad_trace 'cut\.json\.gz: .*(cut short|truncated|ends)' "$bad/cut.json.gz"
done
head -c -4 "$sample" >"$bad/cut.json.gz"
bad_trace 'cut\.json\.gz: ' "$bad/cut.json.gz"

# ---- one thing wrong inside a good trace ----------------------------------------------------------------
# broken NAME PATTERN OLD NEW: the sample with the first OLD made NEW
broken() {
	python3 - "$good" "$bad/$1.json" "$3" "$4" <<'P' || fail "$1 was not made"
import sys
text, old, new = open(sys.argv[1]).read(), sys.argv[3], sys.argv[4]
assert old in text, old
open(sys.argv[2], "w").write(text.replace(old, new, 1))
P
	bad_trace "$1\\.json:[0-9]+: $2" "$bad/$1.json"
}
broken negative '.*negative duration' '"dur": 2.112' '"dur": -2.112'
broken nan '.*not a number' '"dur": 2.112' '"dur": NaN'
broken infinite '.*does not fit' '"dur": 2.112' '"dur": 1e999'
broken text '.*number' '"dur": 2.112' '"dur": "soon"'
broken duplicate '.*correlation id' '"stream": 7, "correlation": 2,' '"stream": 7, "correlation": 1,'
broken overlap '.*overlaps' '"ts": 130.000, "dur": 10.000' '"ts": 130.000, "dur": 90.000'
broken comma '.*' '"ph": "X",' '"ph": "X"'

# ---- names that mean harm: read, kept, and never printed raw ---------------------------------------------
cp "$DECODESIM_DB" "$work/clean.db"
python3 - "$good" "$bad" <<'P'
import sys
data = open(sys.argv[1], "rb").read()
def made(name, new):
    assert b"gemv_split" in data
    open(sys.argv[2] + "/" + name, "wb").write(data.replace(b"gemv_split", new))
made("utf8.json", b"gemv_\xff\xfe\xc0\xaf_split")
made("escape.json", b"gemv\\u001b[31m\\u001b]0;title\\u0007\\u009b2J\\u0000_split")
made("raw.json", b"gemv\x1b[2J\x9b31m_split")
made("sql.json", b"'); DROP TABLE trace; --")
made("x'); DROP TABLE run; --.json", b"gemv_split")
made("\x1b[31mred\x1b]0;t\x07.json", b"gemv_split2")
made("percent%s%n%d.json", b"%s%n%d%s%s%s")
P
for file in "$bad"/{utf8,escape,raw,sql,x*,*red*,percent*}.json; do
	name=$(basename "$file" .json)
	for db in "$DECODESIM_DB" "$work/names.db"; do
		run import "$file" --db "$db"
		no_escapes "import $(printf %q "$name")"
		[ "$code" -eq 0 ] || { [ "$code" -eq 1 ] && grep -q "raw.json:[0-9]*: " "$work/err"; } ||
			fail "exit $code: import $(printf %q "$name") $(cat "$work/err")"
	done
	run replay "$file" --hw l4 --kernels --no-store
	no_escapes "replay $(printf %q "$name")"
	run replay "$file" --hw l4 --kernels --json --db "$work/names.db"
	no_escapes "replay --json $(printf %q "$name")"
	[ "$code" -ne 0 ] || python3 -m json.tool <"$work/out" >/dev/null || fail "no JSON for $(printf %q "$name")"
	run validate "$file" --hw l4 --no-store
	no_escapes "validate $(printf %q "$name")"
	run validate "$file" --hw l4 --no-store --json
	[ "$code" -ne 0 ] || python3 -m json.tool <"$work/out" >/dev/null || fail "no JSON for $(printf %q "$name")"
done
for query in 'SELECT * FROM traces' 'SELECT * FROM trace' 'SELECT * FROM kernels' 'SELECT * FROM run_kernels' 'SELECT * FROM trace_name'; do
	for format in '' --json; do
		succeeds sql "$query" $format --db "$work/names.db"
		no_escapes "sql $format $query"
	done
	succeeds sql "$query" --csv --db "$work/names.db"
done
succeeds list traces --db "$work/names.db"
no_escapes 'list traces'
succeeds list runs --db "$work/names.db"
no_escapes 'list runs'
equal 'tables that stand after harmful names' "$(query "SELECT count(*) FROM sqlite_schema WHERE name IN ('trace', 'run')")" 2
cp "$work/clean.db" "$DECODESIM_DB"
rm -f "$DECODESIM_DB"-*

# ---- Nsight Compute's tables ---------------------------------------------------------------------------
for file in tests/data/invalid/ncu_*.csv; do
	refuses 1 "$file:" validate --no-store --hw l4 tests/data/valid/kineto_eager.json --bytes "$file"
done
refuses 1 'cannot open' validate --no-store --hw l4 tests/data/valid/kineto_eager.json --bytes "$bad/nope.csv"
refuses 1 'none of its kernels is in a step' validate --no-store --hw l4 tests/data/valid/kineto_eager.json \
	--bytes tests/data/valid/ncu_wide.csv
for file in "$bad"/{utf8,escape,sql}.json; do
	run show trace "$file"
	no_escapes "show trace $(basename "$file")"
done

# ---- language models ------------------------------------------------------------------------------------
for file in tests/data/invalid/model_*.yaml tests/data/invalid/hf/*.json; do
	refuses 1 "$file" show model "$file"
done
refuses 1 "unknown model 'llama-3.1-8' \\(did you mean 'llama-3.1-8b'" show model llama-3.1-8
refuses 1 'cannot open' show model "$bad/nope/config.json"
for file in "$bad"/{utf8,escape,sql}.json; do
	run show model "$file"
	no_escapes "show model $(basename "$file")"
done

# ---- device files and values ---------------------------------------------------------------------------
for file in tests/data/invalid/*.yaml; do
	refuses 1 '(invalid|absent).*\.yaml:' show hw "$file"
	refuses 1 '(invalid|absent).*\.yaml:' replay kineto_eager --hw "$file"
	refuses 1 '(invalid|absent).*\.yaml:' validate kineto_eager --hw "$file"
done
for pair in 'unknown_key .*:6: unknown parameter .*did you mean' 'missing_key .*:3: missing parameter' \
	'wrong_unit .*:6: .*wrong unit' 'duplicate_key .*:10: key given twice' 'alias_bomb .*:4: anchors are not allowed'; do
	refuses 1 "${pair#* }" replay kineto_eager --hw "tests/data/invalid/${pair%% *}.yaml"
done
refuses 1 "did you mean 'h100-sxm'" replay kineto_eager --hw h100-smx
refuses 1 'nope.yaml: .*No such file' replay kineto_eager --hw "$bad/nope.yaml"
refuses 1 'diary.yaml' replay kineto_eager --hw "$bad/diary.yaml"
refuses 1 'is a directory|cannot read|Is a directory' replay kineto_eager --hw "$bad/"
refuses 1 "unknown model 'rofline'" replay kineto_eager --hw rofline:l4
refuses 1 "unknown parameter 'hbm.bandwith'.*did you mean 'hbm.bandwidth'" replay kineto_eager --hw l4 --set 'hbm.bandwith=1 TB/s'
refuses 1 'wrong unit' replay kineto_eager --hw l4 --set 'hbm.bandwidth=8 TB'
refuses 1 'unit missing' replay kineto_eager --hw l4 --set hbm.bandwidth=8
refuses 1 'out of range' replay kineto_eager --hw l4 --set 'hbm.bandwidth=-8 TB/s'
refuses 1 'out of range' replay kineto_eager --hw l4 --set 'hbm.bandwidth=0 TB/s'
refuses 1 'not a number' replay kineto_eager --hw l4 --set 'hbm.bandwidth=nan TB/s'
refuses 1 'not a number' replay kineto_eager --hw l4 --set 'hbm.bandwidth='
refuses 1 'not a whole number|out of range' replay kineto_eager --hw l4 --set sm.count=1.5
refuses 2 'not of the form key=value' replay kineto_eager --hw l4 --set hbm.bandwidth
refuses 2 'not of the form key=value' replay kineto_eager --hw l4 --set '=8 TB/s'
refuses 2 "unknown mode: 'bogus'" replay kineto_eager --hw l4 --launch bogus
refuses 2 "unknown mode: ''" replay kineto_eager --hw l4 --launch ''
for speed in 0 -1 nan inf 1x '' 1e-9 0x10; do
	refuses 2 '--host-speed' replay kineto_eager --hw l4 --host-speed "$speed"
done
refuses 2 '--max-step-error' validate kineto_eager --hw l4 --max-step-error=-1
refuses 1 'missing.json' calibrate --hw l4 --microbench "$bad/missing.json"
refuses 1 'diary.json' calibrate --hw l4 --microbench "$bad/diary.json"
refuses 1 'diary.json' validate kineto_eager --hw l4 --steps "$bad/diary.json"
refuses 1 'no/such' calibrate --hw l4 --microbench validate/cases/h100/microbench.json -o "$bad/no/such.yaml"
unchanged 'bad devices and values'

# ---- sweeps, serving, plans: names, expressions, files without an end, loads without an end ------------------
printf 'sweep: "s\\e[31m%%s"\nbase: {model: llama-3.2-1b, hw: l4, runtime: hf-static, launch: graph, context: 64}\naxes: {batch: [1, 4]}\nobjectives: [step_ms]\n' >"$bad/escape.yaml"
succeeds sweep "$bad/escape.yaml" --db "$work/names.db"
no_escapes 'sweep of a name with escapes'
succeeds pareto 's\x1b[31m%s' --db "$work/names.db"
no_escapes 'pareto of a name with escapes'
for where in '1; DROP TABLE run' '(SELECT 1)' "batch > 1' OR 1" 'PRAGMA user_version' ''; do
	refuses 1 'where: ' pareto 1 --where "$where" --db "$work/names.db"
done
for objectives in 'step_ms; DROP TABLE run' '(SELECT 1)' 'max max'; do
	refuses 1 'unknown result' pareto 1 --objectives "$objectives" --db "$work/names.db"
done
for id in nope '1 OR 1=1' 99999999999999999999 'last~' 0x1; do
	refuses 2 'no run: ' diff "$id" last
	refuses 1 'no sweep ' pareto "$id" --db "$work/names.db"
done
for command in sweep serve plan 'show hw' 'show model' 'run'; do
	refuses 1 '/dev/zero: .*larger' $command /dev/zero
	refuses 1 '/dev/null: .*empty' $command /dev/null
	refuses 1 'bad: .*directory' $command "$bad"
done
serving='serve: c
deployment: {model: llama-3.2-1b, hw: l4, runtime: vllm, launch: graph}'
printf '%s\nload: {arrivals: trace, trace: /dev/zero}\n' "$serving" >"$bad/endless.yaml"
refuses 1 '/dev/zero:1: NUL byte' serve "$bad/endless.yaml"
printf '%s\nload: {arrivals: at_once, prompt: 64, output: 16777216, requests: 2000000, samples: 256, rounds: 4096}\n' "$serving" >"$bad/huge.yaml"
refuses 1 'tokens of answers are asked for, at most 1e\+10' serve "$bad/huge.yaml"
for words in --help --version 'help serve' 'serve --help' 'list hw'; do
	checks=$((checks + 1))
	"$decodesim" $words >/dev/full 2>"$work/err" && fail "exit 0 on a full disk: $words"
	grep -q 'cannot write' "$work/err" || fail "a full disk is not told: $words"
done
unchanged 'sweeps and serving'

# ---- SQL that is more than a look ------------------------------------------------------------------------
for statement in "DELETE FROM run" "INSERT INTO run_part VALUES (1, 'x', 1)" "UPDATE trace SET name = 'x'" \
	'DROP TABLE trace' 'CREATE TABLE t (x)' 'PRAGMA user_version = 7' 'PRAGMA journal_mode = DELETE' 'VACUUM' \
	"VACUUM INTO '$bad/copy.db'" "ATTACH '$bad/other.db' AS other" "SELECT load_extension('x')" 'BEGIN' \
	'SELECT 1; SELECT 2' 'SELECT 1; DROP TABLE run' 'WITH x AS (SELECT 1) DELETE FROM run' "SELECT writefile('$bad/w', 'x')" \
	'REINDEX' 'ANALYZE'; do
	refuses 1 . sql "$statement"
	unchanged "sql '$statement'"
done
refuses 1 'syntax error' sql 'SELEC 1'
refuses 1 'no such table' sql 'SELECT * FROM nowhere'
refuses 1 . sql ''
refuses 1 . sql $'SELECT \e[31m'
[ -e "$bad/copy.db" ] || [ -e "$bad/other.db" ] || [ -e "$bad/w" ] && fail 'sql wrote a file'

# ---- databases that are none -----------------------------------------------------------------------------
foreign=$bad/foreign.db
python3 -c 'import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute("CREATE TABLE trace (name)"); db.commit()' "$foreign"
echo 'Dear diary' >"$bad/text.db"
head -c 8192 "$bad/random.json" >"$bad/random.db"
head -c $(($(stat -c %s "$work/clean.db") / 2)) "$work/clean.db" >"$bad/half.db"
for db in foreign text random; do
	sum=$(sha256sum <"$bad/$db.db")
	refuses 1 "$db.db: " import "$good" --db "$bad/$db.db"
	refuses 1 "$db.db: " replay "$good" --hw l4 --db "$bad/$db.db"
	refuses 1 "$db.db: " replay kineto_eager --hw l4 --db "$bad/$db.db"
	refuses 1 "$db.db: " sql 'SELECT 1' --db "$bad/$db.db"
	refuses 1 "$db.db: " list runs --db "$bad/$db.db"
	equal "$db.db left as it was" "$(sha256sum <"$bad/$db.db")" "$sum"
done
refuses 1 'half.db: ' sql 'SELECT count(*) FROM trace_kernel, run_group, trace_name, device_value' --db "$bad/half.db"
refuses 1 'half.db: ' import "$sample" --db "$bad/half.db"
refuses 1 "$(basename "$bad"): a directory" import "$good" --db "$bad"
refuses 1 'none.db: ' list runs --db "$bad/none.db"
refuses 1 'none.db' replay kineto_eager --hw l4 --db "$bad/none.db"
refuses 1 'no/such.db' import "$good" --db "$bad/no/such.db"
[ -e "$bad/none.db" ] && fail 'reading made a database'

# ---- a folder that may not be written: as another user where this one is root ---------------------------
mkdir "$bad/closed"
cp "$work/clean.db" "$bad/closed/kept.db"
chmod a-w "$bad/closed" "$bad/closed/kept.db"
if [ "$(id -u)" -eq 0 ]; then
	chmod a+rx "$work" "$bad"
	printf '#!/bin/sh\nexec setpriv --reuid 65534 --regid 65534 --clear-groups %q "$@"\n' "$decodesim" >"$work/nobody"
	chmod a+rx "$work/nobody"
	"$work/nobody" --version >/dev/null 2>&1 && decodesim=$work/nobody
fi
if [ "$(id -u)" -ne 0 ] || [ "$decodesim" = "$work/nobody" ]; then
	refuses 1 'new.db: ' import "$good" --db "$bad/closed/new.db"
	refuses 1 'kept.db: ' import "$sample" --db "$bad/closed/kept.db"
	refuses 1 'kept.db: ' replay kineto_eager --hw l4 --db "$bad/closed/kept.db"
	succeeds sql 'SELECT count(*) FROM trace' --db "$bad/closed/kept.db"
	cmp -s "$work/clean.db" "$bad/closed/kept.db" || fail 'a database in a closed folder changed'
else
	echo 'not checked: a folder that may not be written (root, and no setpriv)'
fi
decodesim=$root/decodesim
unchanged 'everything above'

# the comparison used above sees a run that is added
succeeds replay kineto_eager --hw l4
[ "$(rows | sha256sum)" != "$rows_before" ] || fail 'a run was added and the database looks unchanged'
finish
