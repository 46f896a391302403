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
finish
