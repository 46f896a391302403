#!/usr/bin/env bash
# Dependencies point one way: checks every #include "..." of the sources against the layers of the design.
# sim/core <- hwmodels, workloads, traces <- sim/store <- sim/report, validate <- sim/explore, sim/serve <- sim/cli
set -euo pipefail
cd "$(dirname "$0")/.."
rank() { # rank NAME PATH: into the variable NAME
	case $2 in
	sim/core/*) printf -v "$1" 0 ;;
	hwmodels/* | workloads/* | traces/*) printf -v "$1" 1 ;;
	sim/store/*) printf -v "$1" 2 ;;
	validate/* | sim/report/*) printf -v "$1" 3 ;;
	sim/explore/* | sim/serve/*) printf -v "$1" 4 ;;
	sim/cli/*) printf -v "$1" 5 ;;
	*) printf -v "$1" 9 ;;
	esac
}
bad=0
while IFS=: read -r file include; do
	included=${include#*\"}
	included=${included%%\"*}
	rank from "$file"
	rank to "$included"
	if [ "$to" -eq 9 ]; then
		echo "$file: include is not path-qualified from the root: \"$included\""
		bad=1
		continue
	fi
	# within ranks 1, 3 and 4 the folders do not know each other, but a folder knows the one it is in
	if [ "$to" -gt "$from" ] || { [ "$to" -eq "$from" ] && [[ "${file%/*}/" != "${included%/*}/"* ]] && { [ "$from" -eq 1 ] || [ "$from" -eq 3 ] || [ "$from" -eq 4 ]; }; }; then
		echo "$file: includes \"$included\" of a layer above or beside it"
		bad=1
	fi
done < <(grep -rnE '^#include "' sim hwmodels workloads traces validate --include='*.c' --include='*.h' | sed -E 's/:[0-9]+:/:/')
exit $bad
