#!/usr/bin/env bash
# A user's whole way on the bundled traces: import, list, replay, validate, query; and what every
# answer must keep: contract fields, parts that sum, no step below the byte floor, equal digests.
. "$(dirname "$0")/expect.bash"

small=llama-3.2-1b-b1-c512
traces=($small-shapes $small-graph llama-3.2-3b-b16-c4096-shapes qwen3-30b-a3b-b1-c2048-shapes)
files=("${traces[@]/#/$samples/}")
files=("${files[@]/%/.json.gz}")
succeeds import "${files[@]}"
equal 'lines printed by import' "$(wc -l <"$work/out")" 4
succeeds import "${files[0]}"
grep -q 'already there' "$work/out" || fail 'second import does not say that the trace is there'
equal 'traces stored' "$(query 'SELECT count(*) FROM trace')" 4
succeeds list traces --json
equal 'list traces --json' "$(python3 -c 'import json,sys; print(*sorted(r["name"] for r in json.load(sys.stdin)))' <"$work/out")" \
	"$(printf '%s\n' "${traces[@]}" | sort | xargs)"

# by name or from its file, twice: one digest
digest() { "$decodesim" replay "$@" --json 2>/dev/null | sed -nE 's/.*"digest":\s*"([0-9a-f]{16})".*/\1/p'; }
for launch in as-traced eager graph pdl megakernel; do
	first=$(digest $small-shapes --hw h100-sxm --launch $launch)
	[ ${#first} -eq 16 ] || fail "no digest of 16 hex digits: '$first'"
	equal "digest of the second replay, $launch" "$(digest $small-shapes --hw h100-sxm --launch $launch)" "$first"
	equal "digest from the file, $launch" "$(digest "${files[0]}" --hw h100-sxm --launch $launch --no-store)" "$first"
done
equal 'runs stored' "$(query 'SELECT count(*) FROM runs')" 10
succeeds replay $small-shapes --hw l4 --no-store
equal 'runs after --no-store' "$(query 'SELECT count(*) FROM runs')" 10
succeeds replay $small-shapes --hw l4 --kernels
equal 'kernels kept by --kernels' "$(query 'SELECT count(*) FROM run_kernel')" \
	"$(query "SELECT kernel_count FROM trace WHERE name = '$small-shapes'")"

# a stored trace shows as its file does
succeeds show trace $small-shapes
cp "$work/out" "$work/stored"
succeeds show trace "${files[0]}"
checks=$((checks + 1))
cmp -s "$work/out" "$work/stored" || fail 'show trace differs between database and file'
refuses 1 "no such trace file: 'nope'" show trace nope

# a graph trace takes its work from the shapes trace of its model
succeeds replay $small-graph --hw h100-sxm --launch graph --json
cp "$work/out" "$work/opaque"
succeeds replay $small-graph --shapes $small-shapes --hw h100-sxm --launch graph --json
python3 - "$work/opaque" "$work/out" <<'P' || fail '--shapes does not make work known'
import json, sys
opaque, known = (json.load(open(path)) for path in sys.argv[1:])
print("device time as recorded: %.3f, with --shapes %.3f" % (opaque["opaque_time_share"], known["opaque_time_share"]))
assert opaque["opaque_time_share"] > 0.9 and opaque["floor_ms"] == 0
assert known["opaque_time_share"] < 0.5 * opaque["opaque_time_share"] and known["floor_ms"] > 0
P
checks=$((checks + 1))

# contract fields, with their types
cat >"$work/contract.py" <<'P'
import json, numbers, sys
kind, path = sys.argv[1:]
answer = json.load(open(path))
number = numbers.Real
def need(record, fields, types):
    for field in fields.split():
        value = record[field]
        assert isinstance(value, types) and not isinstance(value, bool), (field, value)
if kind == "validate":
    need(answer, "hw", str), need(answer, "step_mape_pct", number), need(answer, "traces families", list)
    assert answer["traces"] and answer["families"]
    for row in answer["traces"]:
        need(row, "trace", str), need(row, "steps kernels", int)
        need(row, "modelled_time_share measured_device_ms predicted_device_ms step_error_pct "
             "kernel_weighted_error_pct", number)
        error = 100 * (row["predicted_device_ms"] / row["measured_device_ms"] - 1)
        assert abs(error - row["step_error_pct"]) < 1, (error, row)
else:
    need(answer, "trace hw launch digest", str), need(answer, "kernels", int)
    need(answer, "step_ms device_span_ms device_busy_ms host_ms floor_ms floor_fraction tokens_per_s "
         "error_band_pct", number)
    need(answer, "attribution", dict)
    parts = sum(answer["attribution"].values())
    assert abs(parts - answer["step_ms"]) <= 1e-6 * answer["step_ms"], (parts, answer["step_ms"])
    assert abs(answer["floor_fraction"] - answer["floor_ms"] / answer["step_ms"]) < 1e-9
    assert answer["device_busy_ms"] <= answer["device_span_ms"] * (1 + 1e-9) <= answer["step_ms"] * (1 + 1e-8)
P
contract() {
	checks=$((checks + 1))
	python3 "$work/contract.py" "$1" "$work/out" || fail "output contract: decodesim ${*:2}"
}
for arguments in "--hw h100-sxm" "--hw h100-sxm --leave-one-out"; do
	succeeds validate $arguments "${traces[@]}" --json
	contract validate validate $arguments
done
succeeds replay $small-shapes --hw h100-sxm --json
contract replay replay $small-shapes --hw h100-sxm
equal 'validations stored' "$(query 'SELECT count(*) FROM validation')" 8
# more bandwidth is felt: what was measured of the peak goes with it
milliseconds() { "$decodesim" replay $small-shapes --hw h100-sxm --launch graph --no-store --json "$@" 2>/dev/null |
	sed -nE 's/.*"device_busy_ms":\s*([0-9.e-]+).*/\1/p'; }
checks=$((checks + 1))
python3 -c 'import sys; half, one, two = map(float, sys.argv[1:]); assert half > 1.3 * one and one > 1.1 * two > 0' \
	"$(milliseconds --set 'hbm.bandwidth=1.6 TB/s')" "$(milliseconds)" "$(milliseconds --set 'hbm.bandwidth=6.7 TB/s')" ||
	fail '--set hbm.bandwidth is not felt'
refuses 1 'step MAPE .* is .* --max-step-error 0.0001' validate --hw l4 $small-shapes --max-step-error 0.0001
succeeds validate --hw l4 $small-shapes
grep -q "measured on 'NVIDIA H100 80GB HBM3' (132 SMs, 85 GB), which is not l4" "$work/err" ||
	fail 'validate on another device than the measured one does not say so'
succeeds validate --hw h100-sxm $small-shapes --max-step-error 100
grep -q 'which is not' "$work/err" && fail 'validate on the measured device says it is another'

# queries parse as what they say they are
succeeds sql 'SELECT name, 1.5 AS "a,b", NULL AS n FROM trace ORDER BY name' --csv
python3 - "$work/out" <<'P' || fail 'sql --csv'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
assert len(rows) == 4 and rows[0]["a,b"] == "1.5" and rows[0]["n"] == "" and rows[0]["name"].startswith("llama"), rows
P
succeeds sql 'SELECT name, 1.5 AS x, NULL AS n, 9007199254740993 AS i FROM trace ORDER BY name' --json
python3 - "$work/out" <<'P' || fail 'sql --json'
import json, sys
rows = json.load(open(sys.argv[1]))
assert len(rows) == 4 and rows[0]["x"] == 1.5 and rows[0]["n"] is None and rows[0]["i"] == 9007199254740993, rows
P
checks=$((checks + 2))
succeeds list runs --json

# no step below its byte floor, the floor computed here from the stored work and the device's peak
devices=$("$decodesim" list hw --json | python3 -c 'import json,sys; print(*(r["hw"] for r in json.load(sys.stdin)))')
replays=0 infeasible=0 refused=0
floor() { # floor TRACE HW LAUNCH [OPTION...]
	run replay "$1" --hw "$2" --launch "$3" "${@:4}" --json
	replays=$((replays + 1))
	if [ "$code" -eq 1 ] && grep -q '"infeasible"' "$work/out"; then
		infeasible=$((infeasible + 1))
	elif [ "$code" -eq 1 ] && grep -qE "cannot do '[a-z_]+' \(kernel" "$work/err"; then
		refused=$((refused + 1)) # by name of the op: a machine of one kind of unit
	elif [ "$code" -ne 0 ]; then
		fail "exit $code: replay $* $(head -c 200 "$work/err")"
	fi
}
for hw in $devices ideal:h100-sxm roofline:l4; do
	for launch in eager graph pdl megakernel; do
		floor $small-shapes "$hw" $launch
	done
	floor llama-3.2-3b-b16-c4096-shapes "$hw" graph
done
for launch in as-traced graph megakernel; do
	for set in 'hbm.bandwidth=1 GB/s' 'hbm.bandwidth=100 TB/s' 'l2.bandwidth=1000 TB/s' 'sm.count=1' \
		'l2.capacity=100 GB' 'hbm.stream=3.3 TB/s' 'fixed.scale=0' 'gemm.stream=1.5'; do
		floor $small-shapes h100-sxm $launch --set "$set" --host-speed 1000
	done
	floor $small-graph h100-sxm $launch --shapes $small-shapes
done
echo "$replays replays, $infeasible infeasible, $refused refused"
[ "$refused" -lt $((replays / 4)) ] || fail "too many refused: $refused of $replays"
[ "$infeasible" -lt $((replays / 4)) ] || fail "too many infeasible: $infeasible of $replays"
equal 'steps below the floor' "$(query 'SELECT count(*) FROM runs WHERE step_ms < floor_ms OR device_span_ms < floor_ms')" 0
equal 'runs without a floor' "$(query "SELECT count(*) FROM runs WHERE floor_ms <= 0 AND hw <> 'recorded' AND trace <> '$small-graph'")" 0
equal 'runs whose parts do not sum' "$(query 'SELECT count(*) FROM run r WHERE step_ps <> (SELECT sum(ps) FROM run_part p WHERE p.run_id = r.id)')" 0
equal 'floors that differ from stored work / peak' "$(query "
	WITH work AS (
		SELECT trace, 1.0 * sum(weight_bytes + (op = 'attention') * kv_read_bytes) / (1 + max(step)) AS bytes
		FROM kernels WHERE step IS NOT NULL AND NOT opaque GROUP BY trace)
	SELECT count(*) FROM run r JOIN work w ON w.trace = r.trace
		JOIN device_value v ON v.device_id = r.device_id AND v.key = 'hbm.bandwidth'
	WHERE r.trace LIKE '%-shapes' AND abs(r.floor_ps / (1e12 * w.bytes / v.value) - 1) > 1e-6")" 0
finish
