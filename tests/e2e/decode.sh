#!/usr/bin/env bash
# The decode run, emulated on the CPU where there is no GPU: its check, both ways of launching, what it writes, what it
# refuses. `tests/e2e/decode.sh --update` rewrites the golden plan of a step.
. "$(dirname "$0")/expect.bash"
decodesim=$root/${DECODE_EMULATED:-$(ls -t build/*/decode-emulated 2>/dev/null | head -1)}
[ -f "$decodesim" ] || { echo 'skipped: no emulated decode run (make run-tests builds it)'; exit 77; }
model=tests/data/valid/model_tiny.yaml
golden=tests/golden/decode_plan.txt

says() { # says PATTERN: on one line of what the last command printed
	checks=$((checks + 1))
	grep -qE -- "$1" "$work/out" || { fail "not printed: $1"; head -20 "$work/out"; }
}

succeeds $model --check --context 97 --batch 2 --layers 2
says '^56 checks of 2 sequences, 0 wrong$'
succeeds $model --check --context 0 --seed 9
says '^28 checks of 1 sequences, 0 wrong$'
for launch in eager graph; do
	succeeds $model --$launch --nvtx --context 40 --steps 3 --warmup 1 --json "$work/$launch.json"
	says "^tiny, 3 layers, batch 1, context 40 to 43, $launch, on emulated on the CPU \(4 SMs\)$"
	says '^step +[0-9]'
	for field in '"wall_ms"' '"host_launch_ms"' '"kernels":	32' '"ctx":	40' '"batch":	1' '"model":	"tiny"' \
		'"step_weight_bytes":	1873200' "\"launch\":	\"$launch\""; do
		checks=$((checks + 1))
		grep -qF -- "$field" "$work/$launch.json" || fail "$launch.json lacks $field"
	done
done

succeeds llama-3.2-1b --dry-run --layers 1 --context 2047 --steps 1
checks=$((checks + 1))
if [ "${1:-}" = --update ]; then
	cp "$work/out" $golden
elif ! diff -u $golden "$work/out"; then
	fail "the plan differs from $golden"
fi

succeeds --help
says '--dry-run'
refuses 2 'which model' --batch 3
refuses 1 "unknown model 'llama-3.2-1' \(did you mean 'llama-3.2-1b'\?\)" llama-3.2-1
refuses 1 "does not fit: 'llama-3.2-1b' .* needs 2.35 GiB .* 1.00 of 1.00 GiB are free" llama-3.2-1b
refuses 1 "no kernel for 'experts.count' of model 'mixtral-8x7b'" mixtral-8x7b
refuses 1 "no kernel for 'position: learned' of model 'gpt2'" tests/data/hf/gpt2.json
refuses 1 "unknown key 'mlp.experts'" tests/data/invalid/model_unknown_key.yaml
refuses 1 'cannot write: No such file or directory' $model --steps 1 --context 1 --json "$work/absent/x.json"
finish
