#!/usr/bin/env bash
# Valgrind finds nothing on the commands that read input: replay, import, validate, and a refusal.
. "$(dirname "$0")/expect.bash"
command -v valgrind >/dev/null || { echo 'skipped: valgrind is not installed'; exit 77; }
trace=$samples/llama-3.2-1b-b1-c2048-compiled-graph.json.gz

# clean CODE ARG...: exit CODE, nothing found
clean() {
	checks=$((checks + 1))
	valgrind --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=all -q "$decodesim" "${@:2}" \
		>"$work/out" 2>"$work/err" </dev/null
	code=$?
	[ "$code" -eq "$1" ] && ! grep -q '^==' "$work/err" && return
	fail "exit $code, not $1: valgrind decodesim ${*:2}"
	head -40 "$work/err"
}

clean 0 replay "$trace" --hw h100-sxm --no-store
clean 0 import tests/data/valid/kineto_eager.json
for launch in eager pdl; do
	clean 0 replay kineto_eager --hw l4 --launch $launch --kernels --json
done
clean 0 validate kineto_eager --hw l4 --json
clean 0 sql 'SELECT * FROM runs' --json
clean 0 show hw hypothetical --yaml
clean 1 replay tests/data/invalid/kineto_broken.json --hw l4 --no-store
clean 1 show hw tests/data/invalid/alias_bomb.yaml
clean 1 import no-such-trace
clean 2 replay --hw
finish
