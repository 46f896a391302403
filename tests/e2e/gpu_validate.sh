#!/usr/bin/env bash
# gpu-validate from end to end without a GPU: decode, microbench and the tracer are fakes that leave real
# H100 traces behind; importing, calibrating, predicting and the report are the real thing.
. "$(dirname "$0")/expect.bash"
script=validate/bench/gpu_validate.sh
report=
for program in build/*/gpu-report; do
	[ ! "$program" -nt "${report:-/dev/null}" ] || report=$program
done
[ -x "$report" ] || { echo 'skipped: no gpu-report built (make run-tests builds it)'; exit 77; }

fakes=$work/fakes
mkdir "$fakes"
calls=$fakes/calls
: >"$calls"

# ---- no GPU: one line, exit 1, nothing made -----------------------------------------------------------
checks=$((checks + 1))
OUT=$work/none PROBE=false $script >"$work/out" 2>"$work/err"
equal 'exit code without a GPU' $? 1
equal 'message without a GPU' "$(cat "$work/err")" 'gpu-validate: no GPU: nothing was measured'
equal 'lines printed without a GPU' "$(wc -l <"$work/out")" 0
[ ! -e "$work/none/report.txt" ] || fail 'a report without a GPU'
if ! ls /dev/nvidia[0-9]* /dev/dxg >/dev/null 2>&1; then
	make -s gpu-validate OUT="$work/none" >"$work/out" 2>"$work/err" &&
		fail 'make gpu-validate succeeds without a GPU'
	grep -q 'no GPU: nothing was measured' "$work/err" || fail 'make gpu-validate does not say what it lacks'
fi

# ---- the fakes ----------------------------------------------------------------------------------------
cat >"$fakes/decode" <<'F'
#!/usr/bin/env bash
# made-up step times; FAKE_FACTOR: what watching does to them
set -euo pipefail
echo "decode $*" >>"$CALLS"
model=$1
shift
launch=eager json='' context=''
while [ $# -gt 0 ]; do
	case $1 in
	--check) [ "${FAKE_CHECK:-pass}" = pass ] || { echo 'decode: rope differs from the CPU' >&2; exit 1; }; exit 0 ;;
	--graph) launch=graph ;;
	--eager) launch=eager ;;
	--json) json=$2; shift ;;
	--context) context=$2; shift ;;
	--batch | --steps | --warmup) shift ;;
	--nvtx) ;;
	*) echo "decode: unknown option '$1'" >&2; exit 2 ;;
	esac
	shift
done
case $model-$launch in
llama-3.2-1b-eager) ms=20 kernels=1 ;;
llama-3.2-1b-graph) ms=3.1975 kernels=831 ;;
llama-3.2-3b-eager) ms=35 kernels=1 ;;
llama-3.2-3b-graph) ms=6.5 kernels=1543 ;;
*) echo "decode: no such model: '$model'" >&2; exit 1 ;;
esac
awk -v ms=$ms -v factor="${FAKE_FACTOR:-1}" -v launch=$launch -v kernels="${FAKE_KERNELS:-$kernels}" 'BEGIN {
	printf "{\"launch\": \"%s\", \"kernels\": %d, \"wall_ms\": {\"n\": 30, \"median\": %.6f, \"p05\": %.6f, \"p95\": %.6f}}\n",
		launch, kernels, ms * factor, 0.98 * ms * factor, 1.1 * ms * factor }' >"$json"
F
cat >"$fakes/trace" <<'F'
#!/usr/bin/env bash
# stands for `decodesim trace`: runs the program, leaves a real trace of the cell
set -euo pipefail
echo "trace $*" >>"$CALLS"
[ "$1" = -o ] || { echo 'trace: no -o' >&2; exit 2; }
log=$2 mode=$3
[ "$4" = -- ] || { echo 'trace: no --' >&2; exit 2; }
shift 4
name=$(basename "$log" .json.gz)
case $mode in
--ranges)
	FAKE_FACTOR=${FAKE_TRACED:-1.04} "$@"
	[ "${FAKE_LOG:-yes}" = yes ] || exit 0
	cp "$SAMPLES/${name/%-eager/-shapes}.json.gz" "$log"
	;;
--graph-level)
	FAKE_FACTOR=${FAKE_LEVEL:-1.005} "$@"
	echo 'a graph-level log' >"$log"
	;;
*) echo "trace: unknown mode '$mode'" >&2; exit 2 ;;
esac
F
cat >"$fakes/microbench" <<'F'
#!/usr/bin/env bash
# the bundled H100's figures
echo "microbench $*" >>"$CALLS"
[ "$1" = --json ] && cp validate/cases/h100/microbench.json "$2"
F
cat >"$fakes/decodesim" <<'F'
#!/usr/bin/env bash
# the real program, but for what only a real tracer's log has: the timing run, and what tracing cost
set -euo pipefail
words=("$@")
if [ "$1" = import ]; then
	words=()
	while [ $# -gt 0 ]; do
		if [ "$1" = --timing ]; then
			echo "timing $2" >>"$CALLS"
			shift 2
		else
			words+=("$1")
			shift
		fi
	done
elif [ "$1" = sql ]; then
	text=${3/t.device_overhead/${FAKE_DEVICE:-0.012} AS device_overhead}
	text=${text/t.dropped/${FAKE_DROPPED:-0} AS dropped}
	words=("$1" "$2" "${text/t.sm_mhz/1980 AS sm_mhz}")
fi
exec ./decodesim "${words[@]}"
F
cat >"$fakes/torch" <<'F'
#!/usr/bin/env bash
echo "PASS  torch eager: made up"
exit "${FAKE_TORCH:-0}"
F
chmod +x "$fakes"/*

out=$work/gpu
validate() { # validate [VARIABLE=VALUE...]: fills $code, $work/out, $work/err
	env CALLS="$calls" SAMPLES="$samples" OUT="$out" PROBE=true BUILD_COMMAND=true SUFFIX=.json.gz \
		DECODESIM="$fakes/decodesim" TRACE="$fakes/trace" MICROBENCH="$fakes/microbench" \
		DECODE="$fakes/decode" GPU_REPORT="$report" TORCH_COUNTS="$fakes/torch" \
		MODELS='llama-3.2-1b:1:512 llama-3.2-3b:1:1024' BOUND_MODELS=llama-3.2-1b "$@" \
		$script >"$work/out" 2>"$work/err" </dev/null
	code=$?
}
says() { # says PATTERN WHAT
	checks=$((checks + 1))
	grep -qE -- "$1" "$work/out" "$work/err" || {
		fail "$2: no '$1'"
		tail -n 5 "$work/out" "$work/err"
	}
}
again() { rm -f "$out"/done/*-"$1"; } # measure that piece again

# ---- all within the limits ----------------------------------------------------------------------------
validate
equal 'exit code of a good run' "$code" 0
[ "$code" -eq 0 ] || cat "$work/err"
says 'PASS  llama-3.2-1b-b1-c512-graph +device span stretched by tracing: 1.2 % \(at most 3 %\)' 'device span'
says 'PASS  llama-3.2-1b-b1-c512-eager +wall time stretched by tracing: 4 % \(at most 15 %\)' 'eager wall'
says 'PASS  llama-3.2-3b-b1-c1024-graph +wall time stretched by --graph-level: 0.5 % \(at most 2 %\)' 'graph level'
says 'PASS  .*records dropped: 0 \(must be 0\)' 'drops'
says 'PASS  .*kernels of a step, as the graph has nodes' 'kernel counts'
says 'all within the limits' 'the end'
grep -q 'FAIL' "$work/out" && fail 'a good run has a FAIL'
grep -qE '^PASS  llama-3.2-3b-b1-c1024-graph +device span' "$out/report.txt" && fail 'a model that is not bound is held to 3 %'
equal 'cells in the table' "$(grep -cE '^llama.* %' "$out/report.txt")" 4
equal 'calls of decode' "$(grep -c '^decode' "$calls")" 11
equal 'timing of an eager cell' "$(grep -c '^timing 20.000000 ms$' "$calls")" 1
equal 'timing of the graphs' "$(grep -c '^timing .*-graph-level.json.gz$' "$calls")" 2
grep -q '^+ .*fakes/decode llama-3.2-1b --batch 1 --context 512 --steps 30' "$out/log.txt" || fail 'a command is not in the log'
python3 - "$out" <<'P' || fail 'report.json'
import json, sys
cells = json.load(open(sys.argv[1] + "/report.json"))["cells"]
assert [c["launch"] for c in cells] == ["eager", "graph"] * 2, cells
for cell in cells:
    assert abs(cell["error_pct"] - 100 * (cell["predicted_ms"] / cell["unprofiled_ms"]["median"] - 1)) < 1e-6
    assert cell["predicted_ms"] >= cell["floor_ms"] > 0 and all(check["pass"] for check in cell["checks"])
steps = json.load(open(sys.argv[1] + "/steps.json"))["cells"]
assert [(s["model"], s["ctx"], s["graph_wall_ms"]["median"]) for s in steps] == \
    [("llama-3.2-1b", 512, 3.1975), ("llama-3.2-3b", 1024, 6.5)], steps
P
checks=$((checks + 1))
# predicted by a device that has not seen the model; stored; a device file that loads
for model in llama-3.2-1b llama-3.2-3b; do
	grep -q "\"$model-b1" "$out/devices/without-$model.yaml" && fail "the fit without $model has seen it"
	grep -q '"llama-3.2-.*-graph"' "$out/devices/without-$model.yaml" || fail "the fit without $model has seen nothing"
done
export DECODESIM_DB=$out/decodesim.db
equal 'traces stored' "$(query 'SELECT count(*) FROM trace')" 4
equal 'validations stored' "$(query 'SELECT count(*) FROM validation')" 4
equal 'runs stored' "$(query 'SELECT count(*) FROM run')" 4
succeeds show hw "$out/device.yaml"

# ---- again: what is done is not done again --------------------------------------------------------------
: >"$calls"
validate
equal 'exit code of the second run' "$code" 0
equal 'programs run by the second run' "$(grep -cE '^(decode|trace|microbench)' "$calls")" 0
says 'microbenchmarks: done before' 'resuming'

# ---- out of tolerance -----------------------------------------------------------------------------------
again untraced
again traced
again level
validate FAKE_KERNELS=99 FAKE_TRACED=1.3 FAKE_LEVEL=1.05 FAKE_DEVICE=0.05 FAKE_DROPPED=7 MAX_ERROR=0.0001 FAKE_TORCH=1
equal 'exit code out of tolerance' "$code" 1
says 'FAIL  llama-3.2-1b-b1-c512-graph +device span stretched by tracing: 5 % \(at most 3 %\)' 'device span'
says 'FAIL  llama-3.2-3b-b1-c1024-eager +wall time stretched by tracing: 30 % \(at most 15 %\)' 'eager wall'
says 'FAIL  llama-3.2-3b-b1-c1024-graph +wall time stretched by --graph-level: 5 % \(at most 2 %\)' 'graph level'
says 'FAIL  .*records dropped: 7 \(must be 0\)' 'drops'
says 'FAIL  llama-3.2-1b-b1-c512-graph +kernels of a step, as the graph has nodes: 831 \(must be 99\)' 'kernel counts'
says 'FAIL  .*error of the predicted step: .*\(at most 0.0001 %\)' 'error'
says 'FAIL  kernel counts differ from torch.profiler' 'torch'
says 'out of tolerance: see FAIL' 'the end'
for file in report.json report.txt device.yaml; do
	[ -s "$out/$file" ] || fail "no $file out of tolerance"
done
validate FAKE_DEVICE=NULL FAKE_DROPPED=NULL FAKE_TORCH=77
equal 'exit code where it is not known' "$code" 1
says 'FAIL  llama-3.2-1b-b1-c512-graph +device span stretched by tracing: not known' 'unknown stretch'
says 'FAIL  .*records dropped: not known' 'unknown drops'
says 'torch was not compared: PASS  torch eager: made up' 'torch skipped'

# ---- pieces that fail -------------------------------------------------------------------------------------
refused() { # refused PATTERN [VARIABLE=VALUE...]
	local pattern=$1
	shift
	out=$work/bad
	rm -rf "$out"
	validate "$@"
	equal "exit code with $*" "$code" 1
	says "$pattern" "$*"
	[ ! -e "$out/report.txt" ] || fail "a report with $*"
}
refused 'decode: rope differs from the CPU' FAKE_CHECK=fail
refused 'the tracer left no log: .*llama-3.2-1b-b1-c512-eager' FAKE_LOG=no
refused "no such model: 'gpt-9'" MODELS='gpt-9:1:512 llama-3.2-3b:1:1024'
refused 'two models or more are needed' MODELS='llama-3.2-1b:1:512'
refused "not MODEL:BATCH:CONTEXT: 'llama-3.2-1b:1'" MODELS='llama-3.2-1b:1 llama-3.2-3b:1:1024'
refused "not MODEL:BATCH:CONTEXT: '../x:1:1'" MODELS='../x:1:1 llama-3.2-3b:1:1024'
refused 'not built: .*/nowhere' DECODE="$fakes/nowhere"
refused 'failed: false' BUILD_COMMAND=false
finish
