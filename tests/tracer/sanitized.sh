#!/usr/bin/env bash
# The tracer, the fakes and the program under ASan with UBSan, and under TSan: builds each into its own
# folder and plays the scenarios there. The program is built with the same sanitizer, so that nothing
# has to be preloaded. Arguments: the sanitizers, default address,undefined and thread.
. "$(dirname "$0")/play.bash"
. "$root/tests/tracer/scenarios.bash"
compiler=${CC:-gcc}
unset MAKEFLAGS MFLAGS MAKELEVEL SAN OPT BUILD

# usable SANITIZER: the compiler has it, and it runs on this kernel
usable() {
	echo 'int main(void) { return 0; }' >"$work/try.c"
	"$compiler" -fsanitize="$1" "$work/try.c" -o "$work/try" 2>/dev/null && "$work/try" 2>/dev/null
}

[ $# -gt 0 ] || set -- address,undefined thread
for sanitizer in "$@"; do
	usable "$sanitizer" || { echo "skipped: $compiler has no usable -fsanitize=$sanitizer"; continue; }
	make -s CC="$compiler" OPT=-O1 SAN="$sanitizer" tracer-tests || { fail "build with $sanitizer"; continue; }
	sanitized=$sanitizer
	play_begin "build/$(basename "$compiler")-O1-${sanitizer//,/+}"
	if [ "$sanitizer" = thread ]; then
		play_concurrent
	else
		exit_codes='0 255' play_all
	fi
	play_wait "$sanitizer"
done
finish
