#!/usr/bin/env bash
# The tracer under the fake CUPTI: every scenario of tests/tracer/scenarios.bash, plain build.
. "$(dirname "$0")/../tracer/play.bash"
. "$root/tests/tracer/scenarios.bash"
play_begin "${DECODESIM_BUILD:-build/gcc-O2}"
play_all

# a disk that is full, where one can be made
disk=$work/disk
mkdir "$disk"
if unshare -m sh -c "mount -t tmpfs -o size=64k none '$disk'" 2>/dev/null; then
	loose=1 log=$disk/log with="$root/tests/tracer/on_full_disk.sh $disk" \
		scenario full_disk threads:4:5000 eager:1:10 exit:3
else
	echo 'skipped: full_disk: no tmpfs can be mounted here'
fi
play_wait

# a log that is cut anywhere is a log with a torn tail; one that is damaged before its end is not
DECODESIM_TRACE_LOG=$work/whole DECODESIM_TRACE_OPTIONS=calls,ranges CUDA_INJECTION64_PATH=$tracer \
	NVTX_INJECTION64_PATH=$tracer "$fake/fakeapp" decode:3:20 >/dev/null
size=$(stat -c %s "$work/whole")
for cut in 64 72 100 1000 $((size / 2)) $((size - 100)) $((size - 24)) $((size - 1)); do
	head -c "$cut" "$work/whole" >"$work/cut"
	checks=$((checks + 1))
	"$fake/logcheck" "$work/cut" >"$work/out" 2>&1 && grep -q '^end: none' "$work/out" ||
		fail "cut at $cut: $(head -3 "$work/out")"
done
for at in 9 70 200 $((size / 2)); do
	cp "$work/whole" "$work/cut"
	printf '\377\001' | dd of="$work/cut" bs=1 seek="$at" conv=notrunc status=none
	checks=$((checks + 1))
	"$fake/logcheck" "$work/cut" >"$work/out" 2>&1 && fail "damaged at $at, and not noticed"
done
finish
