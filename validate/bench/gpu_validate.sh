#!/usr/bin/env bash
# gpu-validate: measures the model's error on the GPU of this machine. `make gpu-validate` runs it.
#
#   1 builds decodesim, the tracer, microbench and the decode run
#   2 decode --check: the decode run's kernels against the CPU
#   3 microbench
#   4 every model, eager and as a CUDA graph: an unprofiled run, a traced run and, of graphs, a run with
#     one record a replay (--graph-level)
#   5 imports the traces; an eager one with the unprofiled step time, a graph with its graph-level run
#   6 for every model: calibrates a device on the other models and predicts this one with it; then
#     calibrates on all (device.yaml) and validates with each left out
#   7 where python3 has torch: kernel counts of the tracer against torch.profiler's
#   8 the report: unprofiled, traced and predicted step times, what tracing costs, PASS or FAIL
#
# Leaves in OUT: decodesim.db device.yaml report.txt report.json microbench.json steps.json log.txt, and
# the pieces in cells/ traces/ devices/. A piece that is done is not done again; FRESH=1 begins anew.
# Exit codes: 0 all holds; 1 something does not, failed, or there is no GPU (nothing was measured).
#
# Variables (make gpu-validate MODELS='...' GPU=1):
#   MODELS        MODEL:BATCH:CONTEXT ..., two models or more; default by the memory of the GPU
#   GPU           which one, as CUDA_VISIBLE_DEVICES has it; default the first
#   OUT           folder of the results; default build/gpu
#   BASE_HW       device to start from; default by the name of the GPU
#   STEPS WARMUP  steps of a run (30) and before it (8)
#   BOUND_MODELS  comma-separated: whose graphs must not stretch by more than 3 % (qwen2.5-7b)
#   MAX_ERROR     percent: fail where a predicted step is further off; default: only told
#   CHECK_MODEL   model of --check (qwen2.5-0.5b)
#   PIECE_SECONDS longest that one program may run (240)
#   TORCH=0       leave out 7
# Programs, so that tests can put others in their place: DECODESIM TRACE MICROBENCH DECODE GPU_REPORT
# TORCH_COUNTS PROBE BUILD_COMMAND; SUFFIX of the traces.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LC_ALL=C

BUILD=${BUILD:-build/gcc-O2}
OUT=${OUT:-build/gpu}
STEPS=${STEPS:-30}
WARMUP=${WARMUP:-8}
SUFFIX=${SUFFIX:-.dslog}
BOUND_MODELS=${BOUND_MODELS:-qwen2.5-7b}
CHECK_MODEL=${CHECK_MODEL:-qwen2.5-0.5b}
PIECE_SECONDS=${PIECE_SECONDS:-240}
DECODESIM=${DECODESIM:-./decodesim}
TRACE=${TRACE:-$DECODESIM trace}
MICROBENCH=${MICROBENCH:-$BUILD/microbench}
DECODE=${DECODE:-$BUILD/decode}
GPU_REPORT=${GPU_REPORT:-$BUILD/gpu-report}
TORCH_COUNTS=${TORCH_COUNTS:-python3 tests/gpu/torch_counts.py}
BUILD_COMMAND=${BUILD_COMMAND:-${MAKE:-make} --no-print-directory all microbench decode $BUILD/gpu-report}
read -ra trace_words <<<"$TRACE"
log=$OUT/log.txt

# ---- saying and running -----------------------------------------------------------------------------

say() {
	printf '[%4d s] %s\n' "$SECONDS" "$*" | tee -a "$log"
}

die() {
	printf 'gpu-validate: %s\n' "$*" | tee -a "$log" >&2
	exit 1
}

failed() { # failed COMMAND...: what went wrong is at the end of the log
	tail -n 15 "$log" >&2
	die "failed: $* (all of it is in $log)"
}

echo_command() {
	{ printf '+'; printf ' %q' "$@"; echo; } >>"$log"
}

run() { # run COMMAND...: into the log
	echo_command "$@"
	timeout "$PIECE_SECONDS" "$@" >>"$log" 2>&1 </dev/null || failed "$@"
}

save() { # save FILE COMMAND...: its standard output becomes FILE when it succeeds
	local file=$1
	shift
	echo_command "$@"
	timeout "$PIECE_SECONDS" "$@" >"$file.part" 2>>"$log" </dev/null || failed "$@"
	mv "$file.part" "$file"
}

piece() { # piece NAME WHAT FUNCTION ARG...: once
	local name=$1 what=$2
	shift 2
	if [ -e "$OUT/done/$name" ]; then
		say "$what: done before"
		return
	fi
	say "$what"
	"$@"
	: >"$OUT/done/$name"
}

# ---- what there is ------------------------------------------------------------------------------------

default_probe() {
	local node
	for node in /dev/nvidia[0-9]* /dev/dxg; do
		[ -e "$node" ] && return 0
	done
	return 1
}

preflight() {
	${PROBE:-default_probe} || die 'no GPU: nothing was measured'
	[ -z "${GPU:-}" ] || export CUDA_VISIBLE_DEVICES=$GPU
}

build() {
	local words
	read -ra words <<<"$BUILD_COMMAND"
	echo_command "${words[@]}"
	"${words[@]}" >>"$log" 2>&1 </dev/null || failed "${words[@]}"
	local program
	for program in "$DECODESIM" "$MICROBENCH" "$DECODE" "$GPU_REPORT"; do
		[ -x "$program" ] || die "not built: $program (no nvcc? CUDA=/path/to/toolkit tells where it is); nothing was measured"
	done
}

from_microbench() { # from_microbench KEY: the first value of it
	sed -nE "s/.*\"$1\":[[:space:]]*\"?([^\",}]*)\"?[,}]?.*/\1/p" "$OUT/microbench.json" | head -n 1
}

choose_base() {
	local gpu
	gpu=$(from_microbench gpu)
	[ -n "${BASE_HW:-}" ] || case $gpu in
	*H200*) BASE_HW=h200-sxm ;;
	*H100*PCIe*) BASE_HW=h100-pcie ;;
	*H100*) BASE_HW=h100-sxm ;;
	*A100*40GB*) BASE_HW=a100-40gb ;;
	*A100*) BASE_HW=a100-80gb-sxm ;;
	*B200*) BASE_HW=b200 ;;
	*L40S*) BASE_HW=l40s ;;
	*L4) BASE_HW=l4 ;;
	*4090*) BASE_HW=rtx4090 ;;
	*) die "no device file for '$gpu': set BASE_HW to the nearest of decodesim list hw" ;;
	esac
	say "$gpu, starting from $BASE_HW"
}

choose_models() {
	local bytes
	bytes=$(from_microbench memory_bytes)
	[[ $bytes =~ ^[0-9]+$ ]] || bytes=0
	if [ -z "${MODELS:-}" ]; then
		MODELS='llama-3.2-1b:1:2048 llama-3.2-3b:1:2048'
		# 15.2 GB of weights in bf16, and room for the rest
		[ "$bytes" -lt 20000000000 ] || MODELS+=' qwen2.5-7b:1:2048'
	fi
	cells=()
	model_names=()
	local entry name batch context
	for entry in $MODELS; do
		IFS=: read -r name batch context <<<"$entry"
		[[ $name =~ ^[A-Za-z0-9._-]+$ && ${batch:-} =~ ^[1-9][0-9]*$ && ${context:-} =~ ^[1-9][0-9]*$ ]] ||
			die "MODELS: not MODEL:BATCH:CONTEXT: '$entry'"
		cells+=("$name-b$batch-c$context-eager" "$name-b$batch-c$context-graph")
		[[ " ${model_names[*]-} " == *" $name "* ]] || model_names+=("$name")
	done
	[ "${#model_names[@]}" -ge 2 ] ||
		die 'MODELS: two models or more are needed: each is predicted by a fit on the others'
	say "models: $MODELS"
}

# ---- measuring ------------------------------------------------------------------------------------------

decode_words() { # decode_words CELL JSON: fills $words
	local model=${1%-b[0-9]*-c[0-9]*-*} tail
	tail=${1#"$model-b"}
	words=("$DECODE" "$model" --batch "${tail%%-*}" --context "$(sed -E 's/.*-c([0-9]+)-(eager|graph)$/\1/' <<<"$1")"
		--steps "$STEPS" --warmup "$WARMUP" --nvtx "--${1##*-}" --json "$2")
}

check_decode() {
	run "$DECODE" "$CHECK_MODEL" --check --batch 2 --context 64
}

measure_micro() {
	run "$MICROBENCH" --json "$OUT/microbench.json"
}

measure_untraced() {
	decode_words "$1" "$OUT/cells/$1/untraced.json"
	run "${words[@]}"
}

trace_to() { # trace_to LOG COMMAND...
	rm -f "$1"
	run "${trace_words[@]}" -o "$1" "${@:2}"
	[ -s "$1" ] || die "the tracer left no log: $1"
}

measure_traced() {
	decode_words "$1" "$OUT/cells/$1/traced.json"
	trace_to "$OUT/traces/$1$SUFFIX" --ranges -- "${words[@]}"
}

measure_graph_level() {
	decode_words "$1" "$OUT/cells/$1/graph-level.json"
	trace_to "$OUT/traces/$1-level$SUFFIX" --graph-level -- "${words[@]}"
}

measure_cell() {
	local cell=$1
	mkdir -p "$OUT/cells/$cell"
	piece "$cell-untraced" "$cell, unprofiled" measure_untraced "$cell"
	piece "$cell-traced" "$cell, traced" measure_traced "$cell"
	[[ $cell != *-graph ]] ||
		piece "$cell-level" "$cell, one record a replay" measure_graph_level "$cell"
}

# ---- importing, calibrating, predicting ---------------------------------------------------------------

# a graph takes work that its capture did not name from the eager run of the same model
import_cell() {
	local cell=$1 words
	if [[ $cell == *-graph ]]; then
		words=(--timing "$OUT/traces/$cell-level$SUFFIX" --shapes "${cell%-graph}-eager")
	else
		words=(--timing "$("$GPU_REPORT" median "$OUT/cells/$cell/untraced.json") ms")
	fi
	run "$DECODESIM" import "$OUT/traces/$cell$SUFFIX" "${words[@]}"
	save "$OUT/cells/$cell/trace.json" "$DECODESIM" sql --json "
		SELECT t.device, t.lacks, t.measured_span_ms, t.device_overhead, t.dropped, t.sm_mhz,
			(SELECT min(count) FROM trace_step s WHERE s.trace_id = t.id) AS kernels_least,
			(SELECT max(count) FROM trace_step s WHERE s.trace_id = t.id) AS kernels_most
		FROM traces t WHERE t.name = '$cell'"
}

calibrate() { # calibrate NAME CELL...: devices/NAME.yaml
	run "$DECODESIM" calibrate --hw "$BASE_HW" --name "$1" --microbench "$OUT/microbench.json" \
		--steps "$OUT/steps.json" "${@:2}" -o "$OUT/devices/$1.yaml"
}

# every cell of MODEL by a device that knows the other models only
predict_model() {
	local model=$1 cell others=()
	for cell in "${cells[@]}"; do
		[[ ${cell%-b[0-9]*-c[0-9]*-*} == "$model" ]] || others+=("$cell")
	done
	calibrate "without-$model" "${others[@]}"
	for cell in "${cells[@]}"; do
		[[ ${cell%-b[0-9]*-c[0-9]*-*} == "$model" ]] || continue
		save "$OUT/cells/$cell/replay.json" "$DECODESIM" replay "$cell" \
			--hw "$OUT/devices/without-$model.yaml" --launch as-traced --json
	done
}

calibrate_all() {
	calibrate gpu "${cells[@]}"
	cp "$OUT/devices/gpu.yaml" "$OUT/device.yaml"
	save "$OUT/validation.txt" "$DECODESIM" validate --hw "$OUT/device.yaml" --leave-one-out \
		--steps "$OUT/steps.json" "${cells[@]}"
}

# ---- torch, report --------------------------------------------------------------------------------------

compare_torch() {
	local words code=0
	if [ "${TORCH:-1}" = 0 ]; then
		return
	fi
	read -ra words <<<"$TORCH_COUNTS"
	echo_command "${words[@]}" --trace "$TRACE" --decodesim "$DECODESIM" --out "$OUT/torch"
	timeout "$PIECE_SECONDS" "${words[@]}" --trace "$TRACE" --decodesim "$DECODESIM" --suffix "$SUFFIX" \
		--out "$OUT/torch" >"$OUT/torch.txt" 2>>"$log" </dev/null || code=$?
	cat "$OUT/torch.txt" >>"$log"
	case $code in
	0) say 'kernel counts equal torch.profiler'\''s' ;;
	77) say "torch was not compared: $(tail -n 1 "$OUT/torch.txt")" ;;
	*) say 'FAIL  kernel counts differ from torch.profiler'\''s, or the comparison failed'; bad=1 ;;
	esac
}

report() {
	local words=("$GPU_REPORT" report "$OUT" --bound "$BOUND_MODELS" --json "$OUT/report.json.part") code=0
	[ -z "${MAX_ERROR:-}" ] || words+=(--max-error "$MAX_ERROR")
	echo_command "${words[@]}" "${cells[@]}"
	"${words[@]}" "${cells[@]}" >"$OUT/report.txt.part" 2>>"$log" || code=$?
	[ -s "$OUT/report.json.part" ] || failed "${words[@]}"
	{
		echo "GPU validation of decodesim: $(from_microbench gpu), device file from $BASE_HW"
		echo
		cat "$OUT/report.txt.part"
		[ ! -s "$OUT/torch.txt" ] || { echo; cat "$OUT/torch.txt"; }
		echo
		echo 'kernels, models left out in turn:'
		cat "$OUT/validation.txt"
	} >"$OUT/report.txt"
	rm "$OUT/report.txt.part"
	mv "$OUT/report.json.part" "$OUT/report.json"
	tee -a "$log" <"$OUT/report.txt"
	[ "$code" -eq 0 ] || bad=1
}

main() {
	local cell model
	bad=0
	[ "${FRESH:-0}" = 0 ] || rm -rf "$OUT"/{done,cells,traces,devices,torch} "$OUT"/decodesim.db*
	mkdir -p "$OUT/done" "$OUT/cells" "$OUT/traces" "$OUT/devices"
	export DECODESIM_DB=$OUT/decodesim.db
	preflight
	say "gpu-validate: results go to $OUT"
	say 'building'
	build
	piece check 'decode --check' check_decode
	piece microbench 'microbenchmarks' measure_micro
	choose_base
	choose_models
	for cell in "${cells[@]}"; do
		measure_cell "$cell"
	done
	say 'importing'
	for cell in "${cells[@]}"; do
		import_cell "$cell"
	done
	save "$OUT/steps.json" "$GPU_REPORT" steps "$OUT" "${cells[@]}"
	for model in "${model_names[@]}"; do
		say "predicting $model from the others"
		predict_model "$model"
	done
	say 'calibrating on all, validating with each left out'
	calibrate_all
	say 'torch.profiler'
	compare_torch
	say 'report'
	report
	if [ "$bad" -eq 0 ]; then
		say "all within the limits; device file: $OUT/device.yaml"
	else
		die "out of tolerance: see FAIL above and in $OUT/report.txt"
	fi
}

main "$@"
