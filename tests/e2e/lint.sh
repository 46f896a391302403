#!/usr/bin/env bash
# decodesim lint over every bundled file, and over files that are wrong in one thing each.
. "$(dirname "$0")/expect.bash"

# finds PATTERN FILE [OPTION]: lint exits 1 and says so on stdout
finds() {
	local pattern=$1
	shift
	checks=$((checks + 1))
	run lint "$@"
	[ "$code" -eq 1 ] || fail "exit $code, not 1: lint $*"
	grep -aqE -- "$pattern" "$work/out" || fail "no '$pattern' in: lint $*"
	no_escapes "lint $*"
}

succeeds lint hwmodels/devices/*.yaml workloads/*/*.yaml validate/cases/*.yaml
equal 'errors in what is bundled' "$(sed -nE 's/.* ([0-9]+) errors.*/\1/p' "$work/out")" 0
cat >"$work/odd.yaml" <<'YAML'
device: odd
model: gpu
inherits: h100-sxm
parameters:
  static.power: {value: 900 W, source: wished}
  sm.clock: 2 GHz
YAML
finds 'odd.yaml:5: error: static.power: .* above power.limit' "$work/odd.yaml"
finds 'odd.yaml:6: note: sm.clock: no source' "$work/odd.yaml"
finds '"severity":.*"error"' "$work/odd.yaml" --json
echo 'device: [' >"$work/torn.yaml"
finds 'torn.yaml' "$work/torn.yaml"
printf 'device: \033[31mred\nmodel: gpu\n' >"$work/red.yaml"
finds 'error' "$work/red.yaml"
echo 'colour: red' >"$work/other.yaml"
finds 'neither device' "$work/other.yaml"
refuses 2 'at least one FILE' lint
sed -i 's/900 W/100 W/' "$work/odd.yaml"
succeeds lint "$work/odd.yaml"
finds 'no source' "$work/odd.yaml" --strict
finish
