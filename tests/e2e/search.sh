#!/usr/bin/env bash
# A sweep that searches: the same for any threads, front and points as those of the whole sweep.
. "$(dirname "$0")/expect.bash"

field() { python3 -c "import json,sys; d=json.load(open('$work/out')); print(eval(sys.argv[1]))" "$1"; }
cat >"$work/all.yaml" <<'Y'
sweep: all
base: {model: qwen2.5-0.5b, hw: h100-sxm, context: 700}
axes:
  batch: [1, 2, 4, 8]
  hw.hbm.bandwidth: {from: 0.5 TB/s, to: 8 TB/s, points: 40, scale: log}
  hw.fixed.scale: {from: 0.25, to: 1.5, points: 16}
constraints: ['fits = 1']
objectives: [step_ms, joules_per_token]
Y
sed 's/^sweep: .*/sweep: searched/' "$work/all.yaml" >"$work/search.yaml"
echo 'sampling: {search: 256, population: 32, seed: 3}' >>"$work/search.yaml"

succeeds sweep "$work/search.yaml" --dry-run
grep -q 'searched: 256 points, searched, closed' "$work/out" || fail "--dry-run: $(head -1 "$work/out")"
succeeds sweep "$work/search.yaml" --no-store -j 1 --json
digest=$(field "d['digest']")
succeeds sweep "$work/search.yaml" -j 3 --json
equal 'digest with three threads' "$(field "d['digest']")" "$digest"
equal 'designs' "$(field "d['points'], d['computed']")" '(256, 256)'
succeeds sweep "$work/all.yaml" --json
equal 'points taken from the search' "$(field "d['reused']")" 256
equal 'points are numbered alike' \
	"$(query "SELECT count(*) FROM sweep_points a JOIN sweep_points b USING (point, key, digest)
		WHERE a.sweep = 'searched' AND b.sweep = 'all'")" 256
succeeds pareto all --json
cp "$work/out" "$work/whole"
succeeds pareto searched --json
equal 'the fastest design is found' \
	"$(python3 - "$work/out" "$work/whole" <<'P'
import json, sys
found, whole = (json.load(open(f)) for f in sys.argv[1:])
best = lambda d: min(p["results"]["step_ms"] for p in d["front"])
print(best(found) == best(whole))
P
)" True
sed -i 's/search: 256/search: none/' "$work/search.yaml"
refuses 1 'search.yaml:[0-9]+: ' sweep "$work/search.yaml"
finish
