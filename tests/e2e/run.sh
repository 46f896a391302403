#!/usr/bin/env bash
# A model on a runtime on a machine without a trace: run and lower, as a new user would call them, and wrong input.
. "$(dirname "$0")/expect.bash"

field() { python3 -c "import json,sys; d=json.load(open('$work/out')); print(eval('d' + sys.argv[1]))" "$1"; }

# ---- run --json keeps its contract ----------------------------------------------------------------
succeeds run --model llama-3.2-1b --hw h100-sxm --context 2048 --json
for key in model hw runtime launch batch context kernels step_ms device_span_ms floor_ms floor_fraction \
	tokens_per_s fits memory_bytes error_band_pct digest attribution; do
	field "['$key']" >/dev/null 2>&1 || fail "run --json lacks '$key'"
done
equal 'kernels of a step' "$(field "['kernels']")" 831
equal 'it fits' "$(field "['fits']")" True
equal 'parts sum to the step' "$(field "['step_ms'] - sum(d['attribution'].values()) < 1e-9")" True
equal 'not below the floor' "$(field "['step_ms'] >= d['floor_ms']")" True
digest=$(field "['digest']")
equal 'runs stored' "$(query 'SELECT count(*) FROM run')" 1

# ---- the lowered step is a trace: replayed it is the same run -------------------------------------
succeeds lower --model llama-3.2-1b --hw h100-sxm --context 2048 -o "$work/step.json.gz"
succeeds replay "$work/step.json.gz" --hw h100-sxm --launch graph --json
equal 'digest of the replayed step' "$(field "['digest']")" "$digest"
succeeds import "$work/step.json.gz"
succeeds replay step --hw l4 --launch eager --json
succeeds lower --model llama-3.2-1b --hw h100-sxm --json
equal 'layers of a kind are one segment' "$(field "['forwards'][0][1]['repeat']")" 16

# ---- a scenario file says all of it, and --dump prints one ---------------------------------------
cat >"$work/mine.yaml" <<'Y'
scenario: mine
model: llama-3.2-1b
hw: h100-sxm
context: {value: 2048, source: "a test"}
Y
succeeds run "$work/mine.yaml" --json
equal 'digest by file' "$(field "['digest']")" "$digest"
succeeds run "$work/mine.yaml" --set weights.bits=4 --set weights.group=128 --dump
cp "$work/out" "$work/dumped.yaml"
succeeds run "$work/mine.yaml" --set weights.bits=4 --set weights.group=128 --json --no-store
narrow=$(field "['digest']")
succeeds run "$work/dumped.yaml" --json --no-store
equal 'digest of what --dump printed' "$(field "['digest']")" "$narrow"
[ "$narrow" != "$digest" ] || fail 'weights of 4 bits change nothing'

# ---- generations: the first step is the step, the same tokens give the same digest ----------------
succeeds run "$work/mine.yaml" --tokens 50 --json --no-store
equal 'steps' "$(field "['generation']['steps']")" 50
equal 'the first step' "$(field "['generation']['first_step_ms'] == d['step_ms']")" True
generated=$(field "['generation']['digest']")
succeeds run "$work/mine.yaml" --tokens 50 --json --no-store
equal 'the same again' "$(field "['generation']['digest']")" "$generated"

# ---- memory: what does not fit is no number -------------------------------------------------------
refuses 1 'out of memory: .* are needed' run --model llama-3.1-70b --hw l4
refuses 1 'out of memory' run --model llama-3.1-8b --hw h100-sxm --batch 4096 --json
equal 'fits' "$(field "['fits']")" False
equal 'no time' "$(field ".get('step_ms')")" None
equal 'a batch that fits is told' "$(field "['memory']['largest_batch'] > 1")" True
most=$(field "['memory']['largest_batch']")
succeeds run --model llama-3.1-8b --hw h100-sxm --batch "$most" --no-store
refuses 1 'out of memory' run --model llama-3.1-8b --hw h100-sxm --batch $((most + 1)) --no-store

# ---- wrong input ----------------------------------------------------------------------------------
refuses 2 'no model' run --hw l4
refuses 2 'no machine' run --model llama-3.2-1b
refuses 1 "unknown model 'lama-3.2-1b' \(did you mean 'llama-3.2-1b'\?\)" run --model lama-3.2-1b --hw l4
refuses 1 "unknown runtime 'hf-statik' \(did you mean 'hf-static'\?\)" run --model llama-3.2-1b --hw l4 --runtime hf-statik
refuses 1 "unknown scenario 'int4-marlni'" run --model llama-3.2-1b --hw l4 --scenario int4-marlni
refuses 2 "'batch' out of range: '0'" run --model llama-3.2-1b --hw l4 --batch 0
refuses 2 "'launch' is not known: 'grahp'" run --model llama-3.2-1b --hw l4 --launch grahp
refuses 1 "runtime 'megakernel' knows no latent attention \(no published megakernel has it\): model 'deepseek-v3'" run --model deepseek-v3 --hw h200-sxm --runtime megakernel
refuses 1 'plays recorded times' run --model llama-3.2-1b --hw recorded:h100-sxm
printf 'scenario: x\nmodel: llama-3.2-1b\nhw: l4\nwieghts.bits: 4\n' >"$work/bad.yaml"
refuses 1 "bad.yaml:4: unknown scenario key: 'wieghts.bits' \(did you mean 'weights.bits'\?\)" run "$work/bad.yaml"
printf 'scenario: x\ninherits: %s\n' "$work/loop.yaml" >"$work/loop.yaml"
refuses 1 'inherit in a circle' run "$work/loop.yaml"
printf 'runtime: r\nsummary: s\nsource: t\nlayer:\n  - {kernel: a, kind: raw, op: gemm, family: gemm, weights: 1 / (batch - 1)}\n' >"$work/r.yaml"
refuses 1 "r.yaml:5: division by zero" run --model llama-3.2-1b --hw l4 --runtime "$work/r.yaml"
sed -i 's/1 \/ (batch - 1)/hiden/' "$work/r.yaml"
refuses 1 "r.yaml:5: unknown name 'hiden' \(did you mean 'hidden'\?\)" run --model llama-3.2-1b --hw l4 --runtime "$work/r.yaml"
printf '{"decodesim_lowered":1,"steps":[2],"kernels":[["a","gemm","gemm","bf16",1,1,0,0,0,0,1,1,1,0,0,0,0,0,0,0,0]]}' >"$work/short.json"
refuses 1 'the steps do not cover the kernels' replay "$work/short.json" --hw l4
printf '{"decodesim_lowered":9}' >"$work/newer.json"
refuses 1 'a newer version' replay "$work/newer.json" --hw l4
finish
