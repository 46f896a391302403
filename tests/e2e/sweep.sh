#!/usr/bin/env bash
# Sweeps and fronts as a user calls them: dry run, run, resume, pareto, and what is told of wrong ones.
. "$(dirname "$0")/expect.bash"

field() { python3 -c "import json; d=json.load(open('$work/out')); print(eval('d' + '''$1'''))"; }

cat >"$work/good.yaml" <<'Y'
sweep: good
summary: bandwidth and batch
base: {model: llama-3.2-1b, hw: h100-sxm}
axes:
  hw.hbm.bandwidth: {from: 2 TB/s, to: 8 TB/s, points: 20, scale: log}
  batch: [1, 2, 4, 8]
constraints: ['fits = 1', 'power_w < 700']
objectives: [step_ms, joules_per_token]
Y

succeeds sweep "$work/good.yaml" --dry-run
grep -q '^good: 80 points, closed' "$work/out" || fail "dry run does not say the points"
grep -q 'hw.hbm.bandwidth .* 20  2 TB/s to 8 TB/s, logarithmic' "$work/out" || fail "dry run does not show the axis"
[ -e "$DECODESIM_DB" ] && fail "a dry run made a database"

# ---- the same for any number of threads, with and without a database ------------------------------
succeeds sweep "$work/good.yaml" -j 1 --no-store --json
digest=$(field "['digest']")
succeeds sweep "$work/good.yaml" -j 4 --json
equal 'digest of four threads' "$(field "['digest']")" "$digest"
equal 'points' "$(field "['points']")" 80
equal 'computed' "$(field "['computed']")" 80
front=$(field "['front']")
equal 'rows' "$(query "SELECT count(*) FROM sweep_points WHERE sweep = 'good'")" 80
succeeds sweep "$work/good.yaml" --json
equal 'computed again' "$(field "['computed']")" 0
equal 'digest of what is stored' "$(field "['digest']")" "$digest"

# ---- a point is what run says ---------------------------------------------------------------------
succeeds run --model llama-3.2-1b --hw h100-sxm --batch 4 --set 'hbm.bandwidth=8 TB/s' --json --no-store
stored=$(query "SELECT step_ms FROM sweep_points WHERE a0 = 4 AND a1 = 8e12")
equal 'step of a point' "$(field "['step_ms'] - $stored < 1e-12 and $stored - d['step_ms'] < 1e-12")" True

# ---- fronts ----------------------------------------------------------------------------------------
succeeds pareto good
equal 'rows of the front' "$(($(wc -l <"$work/out") - 2))" "$front"
succeeds pareto good --json
equal 'front' "$(field "['front'].__len__()")" "$front"
equal 'energies' "$(field "['front'][0]['results']['joules_per_token'] > 0")" True
succeeds pareto good --objectives step_ms --where 'batch >= 4 and not (hw.hbm.bandwidth > 4e12)' --csv
equal 'header' "$(head -1 "$work/out")" 'point,batch,hw.hbm.bandwidth,step_ms'
equal 'the best that --where lets through' "$(sed -n 2p "$work/out" | cut -d, -f2)" 4
refuses 1 'no point of the sweep is feasible, satisfies --where' pareto good --where 'step_ms < 0'
refuses 1 "no sweep 'god' \(did you mean 'good'\?\)" pareto god
refuses 1 "unknown name 'step_m' .*did you mean" pareto good --where 'step_m < 1'
refuses 1 'where: ' pareto good --where "1=1; DROP TABLE sweep"
refuses 1 "unknown result: 'step_s' \(did you mean 'step_ms'\?\)" pareto good --objectives step_s
refuses 2 'exclude each other' pareto good --csv --json
refuses 2 'exactly one sweep' pareto

# ---- nothing is computed of a file that is wrong --------------------------------------------------
wrong() { # PATTERN SED
	sed -E "$2" "$work/good.yaml" >"$work/wrong.yaml"
	refuses 1 "$1" sweep "$work/wrong.yaml"
}
wrong "wrong.yaml:5: unknown parameter: 'hw.hbm.bandwith' \(did you mean 'hw.hbm.bandwidth'\?\)" 's/hbm.bandwidth/hbm.bandwith/'
wrong "wrong.yaml:5: empty range: 'hw.hbm.bandwidth'" 's/to: 8 TB/to: 1 TB/'
wrong "wrong.yaml:7: nothing can satisfy the constraint: 'batch > 8'" 's/power_w < 700/batch > 8/'
wrong "wrong.yaml:7: nothing can satisfy the constraint: 'memory_bytes < 1000'" 's/power_w < 700/memory_bytes < 1000/'
wrong '1e\+12 points: at most' 's/points: 20/points: 250000000000/'
refuses 1 'no.*such' sweep "$work/absent.yaml"
refuses 2 'exactly one sweep file' sweep
refuses 2 'exclude each other' sweep "$work/good.yaml" --resume --no-store

# ---- interrupted, it goes on ----------------------------------------------------------------------
sed -E 's/sweep: good/sweep: long/; s/points: 20/points: 1200/; $amethod: simulate' "$work/good.yaml" >"$work/long.yaml"
"$decodesim" sweep "$work/long.yaml" -j 1 >"$work/out" 2>"$work/err" &
pid=$!
for _ in $(seq 100); do
	[ "$("$decodesim" sql --csv "SELECT count(*) FROM sweep_points WHERE sweep = 'long'" 2>"$work/none" | tail -1)" -gt 0 ] 2>"$work/none" && break
	sleep 0.1
done
kill -INT "$pid" 2>"$work/none"
wait "$pid"
code=$?
checks=$((checks + 1))
if [ "$code" -ne 0 ]; then # it was not quicker than the signal
	equal 'exit code' "$code" 2
	grep -q 'interrupted at point .*--resume goes on' "$work/err" || fail "an interruption is not told"
	refuses 1 'was begun and is not finished.*--resume goes on' sweep "$work/long.yaml"
fi
succeeds sweep "$work/long.yaml" --resume --json
digest=$(field "['digest']")
succeeds sweep "$work/long.yaml" --no-store --json
equal 'digest after an interruption' "$(field "['digest']")" "$digest"

# ---- what comes with it ----------------------------------------------------------------------------
for file in workloads/sweeps/*.yaml; do
	succeeds sweep "$(basename "$file" .yaml)" --dry-run
done
finish
