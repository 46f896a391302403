#!/usr/bin/env bash
# Runs test programs and scripts one after another and closes with one line: N passed, N failed, N skipped.
# A cmocka program counts by its own summary, a script as one test (exit 77: skipped).
set -uo pipefail
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for test in "$@"; do
	start=$SECONDS
	timeout "${TEST_SECONDS:-280}" "$test" >"$log" 2>&1 </dev/null
	code=$?
	if grep -qE '^\[  PASSED  \] [0-9]+ test' "$log"; then
		p=$(sed -nE 's/^\[  PASSED  \] ([0-9]+) test.*/\1/p' "$log" | tail -1)
		s=$(grep -cE '^\[  SKIPPED \] [^0-9]' "$log")
		f=$(sed -nE 's/^\[  FAILED  \] ([0-9]+) test.*/\1/p' "$log" | tail -1)
		[ "$code" -ne 0 ] && [ -z "$f" ] && f=1
	else
		p=0 s=0 f=0
		case $code in
		0) p=1 ;;
		77) s=1 ;;
		*) f=1 ;;
		esac
	fi
	printf '%-58s %4d passed %3d failed %3d skipped %4d s\n' "${test#build/}" "$p" "${f:-0}" "$s" $((SECONDS - start))
	[ "$code" -ne 0 ] && [ "$code" -ne 77 ] && { cat "$log"; echo "exit code $code"; }
	grep -hE '^(skipped|SKIP)' "$log"
	passed=$((passed + p)) failed=$((failed + ${f:-0})) skipped=$((skipped + s))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
