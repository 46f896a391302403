#!/usr/bin/env bash
# serve and plan: answers, timeline, digests, errors with file and line, exit codes.
. "$(dirname "$0")/expect.bash"

spec() { # spec NAME DEPLOYMENT LOAD OBJECTIVES
	cat >"$work/$1.yaml" <<S
serve: $1
deployment: {model: llama-3.2-1b, hw: h100-sxm, runtime: vllm, launch: graph, $2}
load: {$3}
objectives: {$4}
S
}
field() { python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$work/out" "$1"; }

spec chat 'replicas: 2, batch.limit: 32' 'rate: 30, prompt: {lognormal: 300, sigma: 0.7, most: 2000}, output: {uniform: [8, 80]}, requests: 400' 'ttft.p99: 1 s, good.tpot: 20 ms'
succeeds serve "$work/chat.yaml"
grep -q 'ttft.p99 .* met' "$work/out" || fail 'serve: no line of an objective'
succeeds serve "$work/chat.yaml" --json
equal 'serve --json' "$(field '(r["completed"], r["met"], r["ttft"]["p50_ms"] <= r["ttft"]["p99_ms"], 0 < r["utilization"] <= 1, len(r["digest"]))')" '(400, True, True, True, 16)'
equal 'kept once' "$(query "SELECT count(*) || ' ' || requests || ' ' || met || ' ' || (ttft_p99_ms > ttft_ms) FROM serves")" '1 400 1 1'
cp "$work/out" "$work/first"
succeeds serve "$work/chat.yaml" --json
cmp -s "$work/out" "$work/first" || fail 'serve: two runs differ'

succeeds serve "$work/chat.yaml" --timeline "$work/t.json"
cp "$work/t.json" "$work/out"
equal 'timeline' "$(field '(len({e["tid"] for e in r["traceEvents"] if e["ph"] == "X"}), all(e["dur"] > 0 for e in r["traceEvents"] if e["ph"] == "X"), len([e for e in r["traceEvents"] if e["ph"] == "C"]) > 100)')" '(2, True, True)'

spec slow 'batch.limit: 1' 'rate: 300, prompt: 900, output: 50, requests: 100' 'ttft.p50: 1 ms'
refuses 1 'slow: an objective is not met' serve "$work/slow.yaml"
spec big 'weights.bits: 16, hw.hbm.capacity: 2 GB' 'rate: 3, prompt: 9, output: 5' ''
refuses 1 'out of memory: .* are needed' serve "$work/big.yaml"
spec typo 'replica: 2' 'rate: 3, prompt: 9, output: 5' ''
refuses 1 "typo.yaml:2: no such key of 'deployment': 'replica' \(did you mean 'replicas'\?\)" serve "$work/typo.yaml"
refuses 2 'serve takes one SERVE.yaml' serve
succeeds serve --keys

printf 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,374,44\n2023-11-16 18:17:04.0319600,396,9\n' >"$work/azure.csv"
spec trace 'batch.limit: 8' 'arrivals: trace, trace: azure.csv' ''
succeeds serve "$work/trace.yaml" --json
equal 'a trace' "$(field '(r["completed"], r["output_tokens"])')" '(2, 53)'
printf 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,374,x\n' >"$work/azure.csv"
refuses 1 "azure.csv:2: no count of tokens .*: 'x'" serve "$work/trace.yaml"

cat >"$work/plan.yaml" <<S
plan: p
deployment: {model: llama-3.1-8b, runtime: vllm, launch: graph}
load: {rate: 20, prompt: 300, output: 100, requests: 300}
objectives: {ttft.p90: 300 ms, tpot.mean: 25 ms}
search: {hw: [h100-sxm, l4, jetson-orin-nano], replicas: {from: 1, to: 4}, batch.limit: [2, 64]}
prices: {h100-sxm: 2.5 USD/h, l4: 0.7 USD/h}
S
succeeds plan "$work/plan.yaml"
grep -q 'jetson-orin-nano.*out of memory' "$work/out" || fail 'plan: out of memory is not said'
succeeds plan "$work/plan.yaml" --json
equal 'plan --json' "$(field '(r["candidates"][r["cheapest"]["candidate"]]["keys"]["hw"], len(r["candidates"]), r["cheapest"]["margin"] > 0)')" "('h100-sxm', 6, True)"
equal 'plan kept once' "$(query "SELECT count(*) || ' ' || (SELECT count(*) FROM plan_candidate) FROM plan_run")" '1 6'
succeeds plan "$work/plan.yaml" --no-store -j 1
grep -q stored "$work/out" && fail 'plan --no-store stores'
digest=$(sed -nE 's/ *digest //p' "$work/out")
for threads in 2 4; do
	succeeds plan "$work/plan.yaml" --no-store -j $threads
	equal "plan -j $threads" "$(sed -nE 's/ *digest //p' "$work/out")" "$digest"
done
refuses 2 "j" plan "$work/plan.yaml" -j 0
sed -i 's/tpot.mean: 25 ms/tpot.mean: 1 us/' "$work/plan.yaml"
refuses 1 'p: no candidate meets the objectives' plan "$work/plan.yaml"
sed -i 's/from: 1, to: 4/from: 4, to: 1/' "$work/plan.yaml"
refuses 1 "plan.yaml:5: 'replicas': empty range" plan "$work/plan.yaml"
finish
