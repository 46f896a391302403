#!/usr/bin/env bash
# microbench where nvcc built it: the list and wrong usage without a GPU, a message where there is none,
# and where there is one a file that calibrate takes.
. "$(dirname "$0")/expect.bash"
program=
for found in build/*/microbench; do
	[ ! "$found" -nt "${program:-/dev/null}" ] || program=$found
done
[ -x "$program" ] || { echo 'skipped: no nvcc, so no microbench'; exit 77; }

bench() { # bench CODE WORD...
	checks=$((checks + 1))
	timeout 120 "$program" "${@:2}" >"$work/out" 2>"$work/err" </dev/null
	code=$?
	[ "$code" -eq "$1" ] || fail "exit $code, not $1: microbench ${*:2} $(cat "$work/err")"
}

bench 0 --list
equal 'measurements listed' "$(wc -l <"$work/out")" "$(grep -cE '^	X\(' validate/bench/micro/measurements.h)"
while read -r name _; do
	[ -f "validate/bench/micro/$name.cu" ] || fail "no file of its own: $name"
done <"$work/out"
bench 0 --help
grep -q 'usage: microbench' "$work/out" || fail '--help does not tell the usage'
bench 2 --only nothing
grep -q "no such measurement: 'nothing'" "$work/err" || fail 'a wrong name is not told'
bench 2 --fast
if ls /dev/nvidia[0-9]* >/dev/null 2>&1; then
	bench 0 --only launch,graph --quick --json "$work/micro.json"
	succeeds calibrate --hw l4 --microbench "$work/micro.json" -o "$work/device.yaml"
	grep -q 'launch.host:.*micro.json (launch_host_us)' "$work/device.yaml" || fail 'calibrate does not take the file'
else
	bench 1 --json "$work/micro.json"
	grep -qE '^microbench: no GPU: .*: nothing was measured$' "$work/err" || fail 'no message without a GPU'
	[ ! -e "$work/micro.json" ] || fail 'a file without a GPU'
fi
finish
