#!/usr/bin/env bash
# Two runs that the prototype tracer recorded on an H100 (eager decode, CUDA-graph decode), played through the fake CUPTI:
# the tracer's log, imported, has the same kernels, and takes at most 64 bytes for each, its launch included.
. "$(dirname "$0")/expect.bash"
data=../shared/data/h100
[ -e "$data/tracer-eager.jsonl.gz" ] || { echo "skipped: $data is not there"; exit 77; }
fake=$(cd "${DECODESIM_BUILD:-build/gcc-O2}/tests/tracer" && pwd) || exit 1
unset FAKE_CUPTI FAKE_CUDA CUDA_INJECTION64_PATH NVTX_INJECTION64_PATH DECODESIM_TRACER

for kind in eager graph; do
	log=$data/tracer-$kind.jsonl.gz
	python3 tests/tracer/recorded.py events "$log" >"$work/$kind.txt" || fail "events of $log"
	checks=$((checks + 1))
	# libstdc++ demangles, as it does inside of PyTorch
	LD_LIBRARY_PATH=$fake "$decodesim" trace -o "$work/$kind.dslog" --cupti "$fake/libcupti.so.13" -- \
		env LD_PRELOAD=libstdc++.so.6 "$fake/fakeapp" "recorded:$work/$kind.txt" >/dev/null 2>"$work/err" ||
		fail "trace of $kind: $(cat "$work/err")"
	succeeds import "$work/$kind.dslog"
	"$decodesim" sql --csv "SELECT name, start_ns + (SELECT base_ns FROM trace WHERE name = '$kind') AS start_ns, duration_ns, grid, block,
		registers, shared_bytes, correlation, graph, node FROM kernels WHERE trace = '$kind'" >"$work/rows.csv"
	checks=$((checks + 1))
	python3 tests/tracer/recorded.py compare "$log" "$work/rows.csv" || fail "kernels of $kind differ"
	kernels=$(($(wc -l <"$work/rows.csv") - 1)) bytes=$(stat -c %s "$work/$kind.dslog")
	echo "$kind: $bytes bytes, $kernels device records"
	checks=$((checks + 1))
	[ "$bytes" -le $((64 * kernels)) ] || fail "$kind: $((bytes / kernels)) bytes a kernel"
	succeeds show trace "$kind"
done
equal 'steps of the graph run' "$(query "SELECT steps FROM traces WHERE name = 'graph'")" 64
finish
