# What the end-to-end scripts share: the program, a folder that goes away, and checks that say what
# failed. Sourced; a script ends with `finish`.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD
decodesim=$root/decodesim
samples=traces/samples/h100
export LC_ALL=C
unset DECODESIM_HW
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
export DECODESIM_DB=$work/decodesim.db
checks=0 failures=0
[ -x "$decodesim" ] || [ -n "${without_decodesim-}" ] || { echo "no ./decodesim: run make first"; exit 1; }

fail() {
	failures=$((failures + 1))
	echo "FAILED: $*"
}

# run ARG...: the program; fills $code, $work/out and $work/err
run() {
	"$decodesim" "$@" >"$work/out" 2>"$work/err" </dev/null
	code=$?
}

# succeeds ARG...: exit 0
succeeds() {
	checks=$((checks + 1))
	run "$@"
	[ "$code" -eq 0 ] && return
	local shown="$*"
	fail "exit $code: decodesim ${shown:0:300}"
	head -c 600 "$work/err"
}

# refuses CODE PATTERN ARG...: exits CODE, says PATTERN on one line of stderr, prints no raw escape
refuses() {
	local want=$1 pattern=$2
	shift 2
	checks=$((checks + 1))
	run "$@"
	local shown="decodesim $(printf '%.60q ' "$@")"
	[ "$code" -eq "$want" ] || fail "exit $code, not $want: $shown$(head -c 300 "$work/err")"
	grep -aqE -- "$pattern" "$work/err" || fail "no '$pattern' in: $shown$(head -c 300 "$work/err")"
	no_escapes "$shown"
}

no_escapes() {
	LC_ALL=C grep -aqP '[\x00-\x08\x0b-\x1f\x7f\x9b]' "$work/out" "$work/err" && fail "control bytes printed: $1"
	return 0
}

# equal WHAT GOT WANT
equal() {
	checks=$((checks + 1))
	[ "$2" = "$3" ] || fail "$1: got '$2', not '$3'"
}

# query SQL: the rows as CSV without their header
query() {
	"$decodesim" sql --csv "$1" | tail -n +2
}

finish() {
	echo "$checks checks, $failures failed"
	[ "$failures" -eq 0 ] && [ "$checks" -gt 0 ]
	exit
}
