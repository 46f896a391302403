#!/usr/bin/env bash
# reproduce: its table (tests/golden/reproduce.txt, `--update` rewrites it), its JSON, its exit codes; run --graph.
. "$(dirname "$0")/expect.bash"
golden=tests/golden/reproduce.txt
valid=tests/data/valid invalid=tests/data/invalid

{
	run reproduce $valid/case_table.yaml $valid/case_missing.yaml
	cat "$work/out"
	sed 's/^/! /' "$work/err"
	echo "exit $code"
	run reproduce --list $valid/case_table.yaml $valid/case_missing.yaml
	cat "$work/out"
} >"$work/shown"
checks=$((checks + 1))
if [ "${1-}" = --update ]; then
	cp "$work/shown" $golden
elif ! diff -u $golden "$work/shown"; then
	fail "reproduce differs from $golden"
fi

# what can be computed by hand is right; what is missing is no failure
succeeds reproduce dmoe-experts des turboesm-bytes marlin-ideal-curve llm-viewer-bandwidth blr-roofline
succeeds reproduce edgecim sail draco
succeeds reproduce kv-direct packforcing stuffed-mamba trim-kv
grep -q ' 0 off' "$work/out" || fail "reproduce: no summary"

# every built-in case is read and gives lines; which are off is the program's to say, not this script's
run reproduce --json
[ "$code" -le 1 ] || fail "reproduce --json: exit $code: $(head -c 300 "$work/err")"
equal 'reproduce --json keeps its contract' "$(python3 - "$work/out" "$code" <<'P'
import json, sys
lines = json.load(open(sys.argv[1]))["cases"]
need = {"case", "system", "evidence", "expected", "got", "deviation_pct", "tolerance_pct", "status", "assumptions"}
evidence = {"measured here", "published measurement", "published simulation", "arithmetic"}
bad = [l["case"] for l in lines if need - set(l) or l["evidence"] not in evidence]
for l in lines:
	missing = l["status"] == "missing"
	if l["status"] not in ("ok", "off", "missing") or missing != (l["expected"] is None and l["got"] is None and not l["what"]):
		bad.append(l["case"])
	if missing and not l["note"]:
		bad.append(l["case"])
off = any(l["status"] == "off" for l in lines)
print(bad, len(lines) > 200, off == (sys.argv[2] == "1"), len({l["system"] for l in lines}) >= 57)
P
)" '[] True True True'

# the same answer twice
cp "$work/out" "$work/first"
run reproduce --json
cmp -s "$work/first" "$work/out" || fail 'reproduce --json: two runs differ'

refuses 1 'case_key.yaml:7: unknown key .tolerence. \(did you mean .tolerance.\?\)' reproduce $invalid/case_key.yaml
refuses 1 "case_run.yaml:7: no such run: 'a'" reproduce $invalid/case_run.yaml
refuses 1 "no such case or system: 'osdd' \(did you mean 'osd'\?\)" reproduce osdd
refuses 1 '2 of 5 lines are out of tolerance|1 of 5 lines are out of tolerance' reproduce $valid/case_table.yaml

# op graphs
succeeds run --graph stuffed-mamba --hw h100-sxm --json
equal 'graph --json' "$(python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); print(r["kernels"], r["items"], r["step_ms"] >= r["floor_ms"] > 0, abs(sum(r["attribution"].values()) - r["step_ms"]) < 1e-6)' "$work/out")" '291 1 True True'
succeeds run --graph mobilenetv3-large --hw l4 --set graph.batch=1 --set 'hbm.bandwidth=600 GB/s'
refuses 1 "no parameter 'bach' \(did you mean 'batch'\?\)" run --graph stuffed-mamba --hw l4 --set graph.bach=1
refuses 1 "graph_op.yaml:5: no such op: 'conv3d' \(did you mean 'conv2d'\?\)" run --graph $invalid/graph_op.yaml --hw l4
refuses 1 "graph_groups.yaml:5: 'a': 3 groups do not divide 8 and 8" run --graph $invalid/graph_groups.yaml --hw l4
refuses 2 'graph and --model' run --graph stuffed-mamba --model qwen2.5-7b --hw l4
refuses 1 "did you mean 'stuffed-mamba'" run --graph stufed-mamba --hw l4
refuses 1 'out of memory' run --graph streaming-frames --hw l4 --set graph.window=100000
finish
