# Plays scenarios: the fake program under the tracer, with what it printed, how it ended and what its
# log holds held against a golden text. Sourced; `play_begin BUILD_FOLDER`, then `scenario` for each,
# then `play_wait` and `finish`. GOLDEN=update writes the golden texts anew (from the plain build).
#
#   scenario NAME WORD...      WORDs: see fakeapp; its golden text is tests/tracer/golden/NAME.txt
#
# set before the call, for it alone:
#   options=WORDS   of the tracer, default calls,ranges,syncs      log=PATH    default DIR/log
#   bounds=KIND=LOW:HIGH  instead of the whole summary             preload=1   by LD_PRELOAD
#   cupti=PATH      of the libcupti to load                        poll=1      the log ends later
#   with=COMMAND    that runs the program (prlimit ...)            loose=1     any log that is whole
#   FAKE_CUPTI, FAKE_CUDA: see there
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/expect.bash"
golden=$root/tests/tracer/golden
jobs_at_once=${jobs_at_once:-4}

play_begin() {
	local folder
	folder=$(cd "$1" && pwd)
	fake=$folder/tests/tracer
	tracer=$folder/libdecodesim-tracer.so
	for file in "$tracer" "$fake/fakeapp" "$fake/libcuda.so.1"; do
		[ -e "$file" ] || { echo "no $file: run make tracer-tests first"; exit 1; }
	done
	# a program that dies by a signal is what is tested, and a sanitizer's exit code is its finding
	export ASAN_OPTIONS=handle_segv=0:handle_abort=0:verify_asan_link_order=0:detect_leaks=1
	export UBSAN_OPTIONS=print_stacktrace=1
	export TSAN_OPTIONS=handle_segv=0:handle_abort=0:die_after_fork=0
	ulimit -c 0
	unset FAKE_CUPTI FAKE_CUDA LD_PRELOAD CUDA_INJECTION64_PATH NVTX_INJECTION64_PATH
	export LD_LIBRARY_PATH=$fake
}

# replaces TEXT's folders by names, so that texts are the same in every run
plain_names() {
	local text=${1//"$dir"/DIR}
	text=${text//"$work"/WORK}
	printf '%s\n' "${text//"$fake"/FAKE}"
}

# what the logs in the folder hold; of several processes in the order of what they hold
play_logs() {
	local file name texts=()
	for file in "$dir"/log*; do
		[ -f "$file" ] || continue
		name=${file##*/}
		texts+=("== ${name//[0-9]*/PID}"$'\n'"$("$fake/logcheck" ${bounds:+-b "$bounds"} "$file" 2>&1)")
	done
	if [ ${#texts[@]} -gt 1 ]; then
		printf '%s\0' "${texts[@]}" | sort -z | tr '\0' '\n'
	elif [ ${#texts[@]} -eq 1 ]; then
		printf '%s\n' "${texts[0]}"
	fi
}

# play_run FOLDER WORD...: the program there; prints its exit code and what it printed
play_run() {
	local code err
	(
		cd "$1" || exit
		shift
		exec timeout 30 ${with-} "$fake/fakeapp" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	)
	code=$?
	printf 'exit %s\n%s\n' "$code" "$(<"$dir/out")"
}

play_traced() {
	local err
	(
		export DECODESIM_TRACE_LOG=${log:-$dir/log} DECODESIM_TRACE_CUPTI=${cupti-}
		export DECODESIM_TRACE_OPTIONS=${options-calls,ranges,syncs}
		# not into `timeout` itself, which has no sanitizer
		if [ -n "${preload-}" ]; then
			with="env LD_PRELOAD=$tracer"
		else
			export CUDA_INJECTION64_PATH=$tracer NVTX_INJECTION64_PATH=$tracer
		fi
		play_run "$dir" "$@"
	)
	err=$(<"$dir/err")
	[ -n "$err" ] && plain_names "$err"
	[ -n "${poll-}" ] && for _ in {1..100}; do
		[[ $(play_logs) == *$'\nend: exit'* ]] && break
		sleep 0.05
	done
	plain_names "$(play_logs)"
}

play_check() {
	local traced alone
	traced=$(play_traced "$@")
	if [ -z "${sanitized-}" ]; then
		mkdir "$dir/untraced"
		alone=$(play_run "$dir/untraced" "$@")
		[[ $traced == "$alone"* ]] ||
			printf 'the program does something else when it is traced; alone:\n%s\n' "$alone"
	fi
	if [ -n "${loose-}" ]; then
		grep -E 'Sanitizer|byte [0-9]+:|libcupti: |exit 124' <<<"$traced"
		return
	fi
	[ "${GOLDEN-}" = update ] && [ -z "${sanitized-}" ] && printf '%s\n' "$traced" >"$golden/$name.txt"
	[ "$traced" = "$(<"$golden/$name.txt")" ] || diff -u "$golden/$name.txt" - <<<"$traced"
}

scenario() {
	local name=$1 dir=$work/$1
	shift
	checks=$((checks + 1))
	mkdir "$dir"
	while [ "$(jobs -rp | wc -l)" -ge "$jobs_at_once" ]; do
		wait -n
	done
	play_check "$@" >"$dir/failed" 2>/dev/null &
}

# waits for what was begun and tells what failed; the folder is free for another build after that
play_wait() {
	wait
	for file in "$work"/*/failed; do
		[ -s "$file" ] && fail "${1:+$1: }$(basename "$(dirname "$file")")" && head -60 "$file"
		rm -rf "$(dirname "$file")"
	done
}
