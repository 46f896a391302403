#!/usr/bin/env bash
# `decodesim trace` as a launcher: what it hands to the program, whose exit code it gives back, what it refuses before
# it runs anything. What the tracer then records is tests/e2e/tracer.sh's matter: no program here starts CUDA.
. "$(dirname "$0")/expect.bash"
cd "$work" || exit 1
touch tracer.so
export DECODESIM_TRACER=$work/tracer.so
unset CUDA_INJECTION64_PATH NVTX_INJECTION64_PATH

# ends CODE ARG...: exits with the program's CODE
ends() {
	local want=$1
	shift
	run "$@"
	equal "exit code of trace ${*:2:4}" "$code" "$want"
}

ends 0 trace true
grep -q 'no log: the program never started CUDA' "$work/err" || fail 'no word about the missing log'
ends 7 trace -- sh -c 'exit 7'
ends 255 trace sh -c 'exit 255'
ends 137 trace -- sh -c 'kill -9 $$'
ends 141 trace -- sh -c 'kill -PIPE $$' # this program ignores SIGPIPE, the traced one must not
refuses 127 "cannot run 'no-such-program': No such file" trace no-such-program
refuses 126 "cannot run '/etc/passwd': Permission denied" trace /etc/passwd
refuses 126 "cannot run '/'" trace /

# options behind the program's name are the program's
succeeds trace echo --help -o x --steps
equal 'output of the program' "$(cat "$work/out")" '--help -o x --steps'

# what the tracer is told: $1 the words, the others the options of the command
told() {
	local want=$1
	shift
	succeeds trace "$@" -- sh -c 'echo "$DECODESIM_TRACE_OPTIONS|$DECODESIM_TRACE_LOG|$CUDA_INJECTION64_PATH|$NVTX_INJECTION64_PATH|$LD_PRELOAD"'
	equal "environment by trace $*" "$(cat "$work/out")" "$want"
}
library=$work/tracer.so
told "calls|$work/sh-%p.dslog|$library||"
told "|$work/sh-%p.dslog|$library||" --kernels-only
told "calls,ranges|$work/run.dslog|$library|$library|" --ranges -o run.dslog
told "calls,syncs,all-calls,steps=12|$work/a%%b-%p|$library||" --syncs --all-calls --steps 12 -o 'a%%b-%p'
told "graph-level,ranges|/tmp/x.dslog|$library|$library|" --graph-level -o /tmp/x.dslog
told "timing|$work/sh-%p.dslog|$library|$library|" --timing
mkdir -p 'fifty%'
cd 'fifty%' || exit 1
told "calls|${work}/fifty%%/l|$library||" -o l
cd ..
run trace --preload -- sh -c 'echo "$LD_PRELOAD|$CUDA_INJECTION64_PATH"'
grep -q "^$library|$" "$work/out" || fail "--preload: $(cat "$work/out")"
grep -q "^calls: " <<<"$(CUPTI=x "$decodesim" trace --cupti tracer.so -- sh -c 'echo "calls: $DECODESIM_TRACE_CUPTI"' 2>/dev/null)" ||
	fail '--cupti is not handed on'

# refused before anything runs
for wrong in '--steps 0' '--steps 1.5' '--steps many' '--then twice' '--timing --ranges' '--timing --graph-level' \
	'--timing --then timing' '--graph-level --then timing' '--kernels-only --all-calls' '-o a%x' '-o d%p/a' '-o there/'; do
	# shellcheck disable=SC2086
	refuses 2 "${wrong%% *}|the log" trace $wrong -- touch ran
done
refuses 2 'no PROGRAM given' trace
refuses 1 'absent/: No such file' trace -o absent/log touch ran
refuses 1 'absent.so: No such file' trace --cupti absent.so touch ran
echo kept >there.dslog
refuses 1 'there.dslog: is there already .--force' trace -o there.dslog touch ran
equal 'the log that was there' "$(cat there.dslog)" kept
CUDA_INJECTION64_PATH=/x refuses 2 'another tool traces this program' trace touch ran
DECODESIM_TRACER=/absent refuses 1 '/absent: No such file' trace touch ran
[ -e ran ] && fail 'a refused command ran its program'

# the program's log is found and told; one that cannot be read is told, and the program's exit code stands
ends 3 trace -o bad.dslog --json told.json -- sh -c 'echo no log >"$DECODESIM_TRACE_LOG"; exit 3'
grep -q 'bad.dslog: not a trace' "$work/err" || fail "a bad log: $(cat "$work/err")"
python3 - told.json <<'PY' || fail 'told.json'
import json, sys
told = json.load(open(sys.argv[1]))
assert told["exit_code"] == 3 and told["command"][0] == "sh" and told["logs"][0]["log"] == "bad.dslog"
PY
equal 'logs by %p' "$("$decodesim" trace -o 'many-%p.dslog' -- sh -c 'for p in 1 22; do echo >"$(dirname "$DECODESIM_TRACE_LOG")/many-$p.dslog"; done' 2>&1 | grep -c 'many-[0-9]*.dslog: 0.0 MB')" 2

# --then: the program runs again, after success only
succeeds trace -o twice.dslog --then graph-level -- sh -c 'echo "$DECODESIM_TRACE_LOG"'
equal 'logs of --then' "$(xargs -n1 basename <"$work/out" | tr '\n' ' ')" 'twice.dslog twice-graph-level.dslog '
ends 4 trace -o once.dslog --then timing -- sh -c 'echo ran; exit 4'
equal 'runs after a failure' "$(grep -c ran "$work/out")" 1

# signals: SIGTERM is passed on, SIGINT left to the program
"$decodesim" trace -- sh -c 'trap "exit 9" TERM; while :; do sleep 0.05; done' 2>/dev/null &
sleep 0.5
kill -TERM $!
wait $!
equal 'exit code after SIGTERM' $? 9
finish
