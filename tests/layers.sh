#!/usr/bin/env bash
# Dependencies point one way: checks every #include "..." of the sources against the layers of the design.
# sim/core <- hwmodels, workloads, traces <- sim/store <- sim/report, validate, sim/explore, sim/serve <- sim/cli
set -euo pipefail
cd "$(dirname "$0")/.."
rank() {
	case $1 in
	sim/core/*) echo 0 ;;
	hwmodels/* | workloads/* | traces/*) echo 1 ;;
	sim/store/*) echo 2 ;;
	validate/* | sim/explore/* | sim/serve/* | sim/report/*) echo 3 ;;
	sim/cli/*) echo 4 ;;
	*) echo 9 ;;
	esac
}
bad=0
while IFS=: read -r file include; do
	included=$(sed -E 's/.*"([^"]+)".*/\1/' <<<"$include")
	if [ "$(rank "$included")" -eq 9 ]; then
		echo "$file: include is not path-qualified from the root: \"$included\""
		bad=1
		continue
	fi
	from=$(rank "$file") to=$(rank "$included")
	# within rank 1 and rank 3 the folders do not know each other; what lies in a folder knows that folder
	if [ "$to" -gt "$from" ] || { [ "$to" -eq "$from" ] && [ "${file%/*}" != "${included%/*}" ] && [[ ${file%/*} != "${included%/*}"/* ]] && { [ "$from" -eq 1 ] || [ "$from" -eq 3 ]; }; }; then
		echo "$file: includes \"$included\" of a layer above or beside it"
		bad=1
	fi
done < <(grep -rnE '^#include "' sim hwmodels workloads traces validate --include='*.c' --include='*.h' | sed -E 's/:[0-9]+:/:/')
exit $bad
