# Plays scenarios: the fake program under the tracer, with what it printed, how it ended and what its
# log holds held against a golden text. Sourced; `play_begin BUILD_FOLDER`, then `scenario` for each,
# then `play_wait` and `finish`. GOLDEN=update writes the golden texts anew (from the plain build).
#
#   scenario NAME WORD...      WORDs: see fakeapp; its golden text is tests/tracer/golden/NAME.txt
#
# set before the call, for it alone:
#   options=WORDS  of the tracer, default calls,ranges,syncs
#   log=PATH       default DIR/log
#   preload=1      by LD_PRELOAD instead of CUDA_INJECTION64_PATH
#   cupti=PATH     of the libcupti to load
#   with=COMMAND   that runs the program
#   bounds='KIND=LOW:HIGH...'  of numbers of records, instead of the whole summary
#   demangled=1    readable names, too
#   poll=1         the log ends later than the program
#   sleeps=1       it waits more than it works: takes none of the places of those that run at once,
#                  and is not played again without the tracer
#   loose=1        no golden text: any log that is whole will do
#   FAKE_CUPTI, FAKE_CUDA      see there
without_decodesim=1
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/expect.bash"
golden=$root/tests/tracer/golden
jobs_at_once=${jobs_at_once:-4} running=0

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
	export TSAN_OPTIONS=suppressions=$root/tests/tracer/tsan.supp:print_suppressions=0:handle_segv=0:handle_abort=0:die_after_fork=0
	ulimit -c 0
	unset FAKE_CUPTI FAKE_CUDA LD_PRELOAD CUDA_INJECTION64_PATH NVTX_INJECTION64_PATH
	export LD_LIBRARY_PATH=$fake
}

# Processes are what a scenario costs, so what follows runs in the scenario's own, and starts few.

# slurp NAME FILE: the file's text without newlines at its end
slurp() {
	local -n into=$1
	IFS= read -rd '' into <"$2"
	while [[ $into == *$'\n' ]]; do into=${into%$'\n'}; done
}

# leaves in $logs what the logs in the folder hold; of several in the order of what they hold
play_logs() {
	local file name text texts=() flags=()
	[ -n "${demangled-}" ] && flags=(-d)
	[ -n "${bounds-}" ] && printf -v text -- '-b %s ' $bounds && read -ra flags <<<"$text"
	for file in "$dir"/log*; do
		[ -f "$file" ] || continue
		"$fake/logcheck" ${flags[@]+"${flags[@]}"} "$file" >"$dir/text" 2>&1
		slurp text "$dir/text"
		name=${file##*/}
		texts+=("== ${name//[0-9]*/PID}"$'\n'"$text")
	done
	logs=${texts[0]-}
	[ ${#texts[@]} -gt 1 ] && logs=$(printf '%s\0' "${texts[@]}" | sort -z | tr '\0' '\n')
}

# play_run WORD...: the program; leaves in $program how it ended, what it printed, what it wrote
play_run() {
	local code out file whole=0
	timeout 30 ${with-} "$fake/fakeapp" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	code=$?
	slurp out "$dir/out"
	program="exit $code${out:+$'\n'}$out"
	for file in own-*; do
		[ -f "$file" ] || continue
		slurp out "$file"
		[ "$out" = own ] && whole=$((whole + 1))
		rm "$file"
	done
	[ "$whole" -gt 0 ] && program+=$'\n'"$whole files of its own are as it wrote them"
}

play_untraced() {
	local traced=$program
	play_run "$@"
	[ "$program" = "$traced" ] ||
		printf 'traced, the program does something else:\n%s\nalone:\n%s\n' "$traced" "$program"
	program=$traced
}

play_traced() {
	export DECODESIM_TRACE_LOG=${log:-$dir/log} DECODESIM_TRACE_CUPTI=${cupti-}
	export DECODESIM_TRACE_OPTIONS=${options-calls,ranges,syncs}
	# a preload not into `timeout` itself, which has no sanitizer
	[ -n "${preload-}" ] && local with="env LD_PRELOAD=$tracer"
	[ -z "${preload-}" ] && export CUDA_INJECTION64_PATH=$tracer NVTX_INJECTION64_PATH=$tracer
	play_run "$@"
	unset CUDA_INJECTION64_PATH NVTX_INJECTION64_PATH
}

play_check() {
	local program logs said text want i
	cd "$dir" || exit
	play_traced "$@"
	slurp said err
	# of LeakSanitizer in a forked child, about threads that only the parent has
	[[ $said == *'was not suspended'* ]] && said=$(grep -v 'thread [0-9]* was not suspended' <<<"$said")
	play_logs
	for ((i = 0; i < 100; i++)); do
		[ -z "${poll-}" ] || [[ $logs == *$'\nend: exit'* ]] && break
		sleep 0.05
		play_logs
	done
	[ -z "${sanitized-}${sleeps-}" ] && play_untraced "$@"
	text=$program${said:+$'\n'}$said${logs:+$'\n'}$logs
	text=${text//"$dir"/DIR}
	text=${text//"$work"/WORK}
	text=${text//"$fake"/FAKE}
	if [ -n "${loose-}" ]; then
		grep -E 'Sanitizer|byte ([1-9]|0: [^a])|libcupti: |exit 124' <<<"$text"
		return
	fi
	[ "${GOLDEN-}" = update ] && [ -z "${sanitized-}" ] && printf '%s\n' "$text" >"$golden/$name.txt"
	slurp want "$golden/$name.txt"
	[ "$text" = "$want" ] || diff -u "$golden/$name.txt" - <<<"$text"
}

scenario() {
	local name=$1 dir=$work/$1
	shift
	checks=$((checks + 1))
	mkdir "$dir"
	if [ -n "${sleeps-}" ]; then
		play_check "$@" >"$dir/failed" 2>/dev/null &
		return
	fi
	if [ "$running" -ge "$jobs_at_once" ]; then
		wait -n
		running=$((running - 1))
	fi
	running=$((running + 1))
	play_check "$@" >"$dir/failed" 2>/dev/null &
}

# waits for what was begun and tells what failed; the folder is free for another build after that
play_wait() {
	wait
	running=0
	for file in "$work"/*/failed; do
		[ -s "$file" ] && fail "${1:+$1: }$(basename "$(dirname "$file")")" && head -60 "$file"
		rm -rf "$(dirname "$file")"
	done
}
