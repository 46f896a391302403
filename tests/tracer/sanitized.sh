#!/usr/bin/env bash
# The tracer, the fakes and the program under ASan with UBSan, and under TSan: builds each into its own
# folder and plays the scenarios there. The program is built with the same sanitizer, so that nothing
# has to be preloaded.
. "$(dirname "$0")/play.bash"
. "$root/tests/tracer/scenarios.bash"
compiler=${CC:-gcc}
unset MAKEFLAGS MFLAGS MAKELEVEL SAN OPT BUILD

# usable SANITIZER: the compiler has it, and it runs on this kernel
usable() {
	echo 'int main(void) { return 0; }' >"$work/try.c"
	"$compiler" -fsanitize="$1" "$work/try.c" -o "$work/try" 2>/dev/null && "$work/try" 2>/dev/null
}

for sanitizer in address,undefined thread; do
	usable "$sanitizer" || { echo "skipped: $compiler has no usable -fsanitize=$sanitizer"; continue; }
	make -s CC="$compiler" OPT=-O1 SAN="$sanitizer" tracer-tests || { fail "build with $sanitizer"; continue; }
	sanitized=$sanitizer
	play_begin "build/$(basename "$compiler")-O1-${sanitizer//,/+}"
	play_all
	play_wait "$sanitizer"
done
finish
