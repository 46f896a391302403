#!/usr/bin/env bash
# What a step depends on and what changed between two runs, as a user asks for it.
. "$(dirname "$0")/expect.bash"

field() { python3 -c "import json,sys; d=json.load(open('$work/out')); print(eval(sys.argv[1]))" "$1"; }
has() { # has PATTERN: on stdout
	checks=$((checks + 1))
	grep -qE -- "$1" "$work/out" || fail "no '$1' in: $(head -c 600 "$work/out")"
}
step=(--model llama-3.2-1b --hw h100-sxm)

# ---- elasticities -----------------------------------------------------------------------------------
succeeds sensitivity "${step[@]}"
has '^  elasticity: '
has 'hbm\.bandwidth +3\.35 TB/s +-0\.[0-9]+'
has '^  no effect: .*tensor\.\*'
equal 'lines of no effect' "$(grep -c 'no effect' "$work/out")" 1
succeeds sensitivity "${step[@]}" --json
e=$(field "[p for p in d['parameters'] if p['parameter'] == 'hbm.bandwidth'][0]['closed']['elasticity']")
succeeds run "${step[@]}" --no-store --json
before=$(field "d['step_ms']")
succeeds run "${step[@]}" --no-store --json --set 'hbm.bandwidth=3.3835 TB/s' # 1 % more
equal 'the elasticity is what 1 % more bandwidth brings' \
	"$(field "abs((d['step_ms'] / $before - 1) / 0.01 - $e) < 0.005")" True
succeeds sensitivity "${step[@]}" --launch eager
has 'host_speed .*simulated|host_speed +1 +-0\.99|host_speed +1 +-1\.00'

# ---- ranges -----------------------------------------------------------------------------------------
succeeds sensitivity "${step[@]}" --global --samples 64 --inputs 4 --json
equal 'inputs' "$(field "len(d['global']['indices'])")" 4
equal 'evaluations' "$(field "d['global']['evaluations']")" 384
equal 'indices are shares' "$(field "all(-0.2 < i['first'] < 1.2 and 0 <= i['total'] < 1.2 for i in d['global']['indices'])")" True
cp "$work/out" "$work/first"
succeeds sensitivity "${step[@]}" --global --samples 64 --inputs 4 --json
cmp -s "$work/out" "$work/first" || fail 'two runs of --global differ'
succeeds sensitivity "${step[@]}" --global --samples 16
has 'ranges: \* as the device file gives them, else \+-20 %'
refuses 2 'inputs' sensitivity "${step[@]}" --global --inputs 21
refuses 2 'samples' sensitivity "${step[@]}" --global --samples 1

# ---- what would it take --------------------------------------------------------------------------------
succeeds sensitivity "${step[@]}" --reach 3 --param hbm.bandwidth --json
equal 'found' "$(field "d['answer']")" found
equal 'parts sum to the step' "$(field "abs(d['step_ms'] - sum(d['attribution'].values())) < 1e-6")" True
value=$(field "repr(d['value'])")
succeeds run "${step[@]}" --no-store --json --set "hbm.bandwidth=$value B/s"
equal 'a run with the value takes the time' "$(field "abs(d['step_ms'] - 3) < 1e-5")" True
refuses 1 "no value of 'hbm.bandwidth' makes the step as short as 1 ms" sensitivity "${step[@]}" --reach 1 --param hbm.bandwidth
has 'where the time goes then'
has '^    fixed '
refuses 1 "did you mean 'hbm.bandwidth'" sensitivity "${step[@]}" --reach 1 --param hbm.bandwith
refuses 1 'is unknown on this device' sensitivity "${step[@]}" --reach 1 --param tensor.fp4
refuses 2 'exclude each other' sensitivity "${step[@]}" --reach 1 --param batch --global
refuses 2 'belong together' sensitivity "${step[@]}" --param batch
refuses 2 'reach' sensitivity "${step[@]}" --reach never --param batch
refuses 1 'out of memory' sensitivity --model llama-3.1-70b --hw l4
[ -e "$DECODESIM_DB" ] && fail 'sensitivity made a database'

# ---- diff -----------------------------------------------------------------------------------------------
refuses 1 'no such database' diff 1 2
succeeds run "${step[@]}"
succeeds run "${step[@]}" --set 'hbm.bandwidth=5 TB/s'
succeeds run "${step[@]}" --context 4096 --launch eager
succeeds diff 1 2
has 'hbm\.bandwidth +3\.35 TB/s -> 5 TB/s'
has '^    hbm .*-[0-9.]+ %'
has '^    unchanged:.* argmax'
has 'groups of kernels: [0-9]+ changed, 0 in A alone, 0 in B alone'
succeeds diff last~2 last~1 --json
equal 'a, b' "$(field "(d['a']['run'], d['b']['run'])")" '(1, 2)'
equal 'the parts account for the change' \
	"$(field "abs(sum(p['change_ms'] for p in d['parts']) - (d['b']['step_ms'] - d['a']['step_ms'])) < 1e-9")" True
equal 'families are the groups' \
	"$(field "abs(sum(f['change_ms'] for f in d['families']) - sum(g['change_ms'] for g in d['groups'])) < 1e-9")" True
equal 'groups by change' "$(field "(lambda c: c == sorted(c, reverse=True))([abs(g['change_ms']) for g in d['groups']])")" True
succeeds diff 1 last
has 'workload +llama-3.2-1b-hf-static-b1-c2048 -> llama-3.2-1b-hf-static-b1-c4096'
has 'launch +graph -> eager'
succeeds diff 2 2
has 'every kernel and step at the same time'
has '0 changed'
refuses 1 "no such run: '9'" diff 1 9
refuses 1 "no such run: 'last~9'" diff 1 last~9
refuses 2 "no run: 'last~x'" diff 1 last~x
refuses 2 'exactly two runs' diff 1
finish
