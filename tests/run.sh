#!/usr/bin/env bash
# Runs test programs and scripts, as many at a time as there are cores (JOBS=N), prints them in order
# and closes with one line: N passed, N failed, N skipped.
# A cmocka program counts by its own summary, a script as one test (exit 77: skipped).
set -uo pipefail
jobs=${JOBS:-$(nproc)}
logs=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$logs"' EXIT
passed=0 failed=0 skipped=0 shown=0

# one NUMBER TEST: its log, exit code and seconds into $logs
one() {
	local start=$SECONDS
	timeout "${TEST_SECONDS:-400}" "$2" >"$logs/$1.log" 2>&1 </dev/null
	echo "$? $((SECONDS - start))" >"$logs/$1.part"
	mv "$logs/$1.part" "$logs/$1.end"
}

# report NUMBER TEST: what it came to
report() {
	local log=$logs/$1.log code seconds p=0 s=0 f=0
	read -r code seconds <"$logs/$1.end"
	if grep -qE '^\[  PASSED  \] [0-9]+ test' "$log"; then
		p=$(sed -nE 's/^\[  PASSED  \] ([0-9]+) test.*/\1/p' "$log" | tail -1)
		s=$(grep -cE '^\[  SKIPPED \] [^0-9]' "$log")
		f=$(sed -nE 's/^\[  FAILED  \] ([0-9]+) test.*/\1/p' "$log" | tail -1)
		[ "$code" -ne 0 ] && [ -z "$f" ] && f=1
	else
		case $code in
		0) p=1 ;;
		77) s=1 ;;
		*) f=1 ;;
		esac
	fi
	printf '%-58s %4d passed %3d failed %3d skipped %4d s\n' "${2#build/}" "$p" "${f:-0}" "$s" "$seconds"
	[ "$code" -ne 0 ] && [ "$code" -ne 77 ] && { cat "$log"; echo "exit code $code"; }
	grep -hE '^(skipped|SKIP)' "$log"
	passed=$((passed + p)) failed=$((failed + ${f:-0})) skipped=$((skipped + s))
}

# what has ended and is next in order
show() {
	while [ "$shown" -lt "$1" ] && [ -e "$logs/$shown.end" ]; do
		report "$shown" "${tests[$shown]}"
		shown=$((shown + 1))
	done
}

tests=("$@")
for ((i = 0; i < ${#tests[@]}; i++)); do
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
		wait -n
		show "$i"
	done
	one "$i" "${tests[$i]}" &
done
wait
show "${#tests[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
