#!/usr/bin/env bash
# What the program prints, held against reviewed text in tests/golden. `tests/e2e/golden.sh --update`
# rewrites the texts; the commit that changes one says why. Only devices that no calibration changes
# stand in them: models of peaks (ideal, roofline) on tests/data/valid, and `recorded`; launch costs are set here.
. "$(dirname "$0")/expect.bash"
shopt -s lastpipe # golden at the end of a pipe counts in this shell
update=${1:-}
golden=tests/golden
device=tests/data/valid/rates.yaml
costs=(--set 'launch.host=4 us' --set 'launch.latency=1 us' --set 'launch.sync=3 us' --set 'launch.stream_gap=0'
	--set 'launch.queue_depth=1024' --set 'graph.host=2 us' --set 'graph.host_node=2 ns'
	--set 'graph.latency=3 us' --set 'graph.gap=400 ns' --set 'mega.launch=4 us')

# golden NAME: standard input against $golden/NAME.txt
golden() {
	checks=$((checks + 1))
	cat >"$work/$1.txt"
	if [ "$update" = --update ]; then
		cp "$work/$1.txt" "$golden/$1.txt"
	elif ! diff -u "$golden/$1.txt" "$work/$1.txt"; then
		fail "$1: differs from $golden/$1.txt"
	fi
}

# shown ARG...: command line and both outputs, as they stand in a golden text
shown() {
	run "$@"
	echo "\$ decodesim $(printf '%q ' "$@" | sed 's/ $//')"
	cat "$work/out"
	sed 's/^/! /' "$work/err"
	[ "$code" -eq 0 ] || echo "exit $code"
	echo
}

shown list classes | golden list_classes
"$decodesim" list models | grep -E '^(model|deepseek-v2-lite|gpt-oss-20b|llama-3.1-8b|mamba-2-370m) ' |
	tr -s ' ' | golden list_models # columns are as wide as the longest name
{
	shown show model gpt-oss-20b
	shown show model tests/data/hf/mamba-2-370m.json
} | golden show_model
shown list hw | golden list_hw
{
	shown show hw tests/data/valid/full.yaml
	shown show hw tests/data/valid/full.yaml --set 'hbm.bandwidth=8 TB/s' --yaml
} | golden show_hw

# of the device to copy only what its own file says
"$decodesim" show hw hypothetical | grep -E '^hypothetical:|^inherits|^not calibrated|^  parameter| file ' |
	golden show_hypothetical

# a device file written and read back says the same, but for its path
for name in hypothetical h100-sxm l4 recorded tests/data/valid/heir.yaml tests/data/valid/full.yaml; do
	"$decodesim" show hw "$name" --yaml >"$work/back.yaml"
	values='import json,sys; d=json.load(sys.stdin); [p.pop("origin") for p in d["parameters"]]; print(d["hw"], d["model"], d["summary"], d["parameters"])'
	equal "show hw $name --yaml read back" \
		"$("$decodesim" show hw "$work/back.yaml" --json | python3 -c "$values")" \
		"$("$decodesim" show hw "$name" --json | python3 -c "$values")"
done

# one line per replay: what was replayed, its times in us, its digest, the parts of its step
row='import json, sys
r = json.load(sys.stdin)
us = lambda ms: format(1e3 * ms, ".3f")
print(format(r["hw"] + " " + r["launch"], "28"), *(format(us(r[k + "_ms"]), ">9") for k in
	("step", "device_span", "device_busy", "host", "floor")), r["digest"],
	*(k + "=" + us(v) for k, v in r["attribution"].items() if v))'

for trace in eager graph; do
	file=tests/data/valid/kineto_$trace.json
	{
		shown replay --no-store "$file" --hw "roofline:$device"
		shown replay --no-store "$file" --hw "roofline:$device" --json
		printf '%-28s %9s %9s %9s %9s %9s %s\n' 'hw launch, times in us' step span busy host floor 'digest, parts'
		for launch in as-traced eager graph pdl megakernel; do
			for hw in recorded "ideal:$device" "roofline:$device"; do
				case $hw in ideal:*) set -- ;; *) set -- "${costs[@]}" ;; esac
				"$decodesim" replay --no-store "$file" --hw "$hw" --launch "$launch" "$@" --json |
					python3 -c "$row"
			done
		done
	} | golden "replay_$trace"
done

for trace in eager graph; do
	shown show trace "tests/data/valid/kineto_$trace.json"
done | golden show_trace

# all that a trace of the bundled tracer knows besides, put into the database here
"$decodesim" import tests/data/valid/kineto_graph.json --timing '36 us' >"$work/out" 2>&1 || fail 'import --timing'
python3 - "$DECODESIM_DB" <<'P'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
trace, first = db.execute("SELECT id, first_kernel FROM trace WHERE name = 'kineto_graph'").fetchone()
db.execute("""UPDATE trace SET device_l2_bytes = 52428800, device_max_sm_hz = 1.98e9, device_max_memory_hz = 2.619e9,
	device_memory_bytes_per_s = 3.352e12, graph_kernels = 10, bytes_source = 'ncu.csv', bytes_count = 3,
	lacks = 'shapes, records, trust'""")
db.execute("UPDATE trace_kernel SET graph = 2, node = 8589934592 + (id - ?) % 5", (first,))
db.execute("INSERT INTO trace_capture VALUES (?, 'decodesim 0.2.0, CUPTI 13.0.1', 3, 2, 1, 7, 150000)", (trace,))
db.execute("INSERT INTO trace_clocks VALUES (?, 21, 36, 1.2e9, 1.755e9, 1.98e9, 2.619e9, 412.4, 58)", (trace,))
db.execute("UPDATE trace_timing SET device_ns = 40000, step_low_ns = 35000, step_high_ns = 39000, step_count = 200")
for kernel in range(3):
	db.execute("INSERT INTO trace_bytes VALUES (?, ?, 4096, NULL, 8192)", (trace, kernel))
db.commit()
P
{
	shown show trace kineto_graph
	shown show trace kineto_graph --json
} | golden show_trace_all
{
	shown validate --no-store --hw "roofline:$device" kineto_graph
	shown import tests/data/valid/kineto_graph.json --timing '40 us'
	shown import --bytes tests/data/valid/ncu_eager.csv tests/data/valid/kineto_eager.json
	shown sql 'SELECT name, unprofiled_step_ms, traced_step_ms, tracing_overhead, sm_mhz, kernels_with_bytes FROM traces'
	shown sql 'SELECT * FROM bytes_measured_vs_derived'
} | golden measured

# measured bytes: one kernel with known work joined, one not in the log, one row unused
"$decodesim" validate --no-store --hw "roofline:$device" tests/data/valid/kineto_eager.json \
	--bytes tests/data/valid/ncu_eager.csv 2>/dev/null | sed -n '/^DRAM bytes/,$p' | golden validate_bytes

# the names of JSON fields: what scripts of users rely on
keys='import json,sys
def walk(value, path):
	if isinstance(value, dict):
		for key in value: walk(value[key], path + "." + key)
	elif isinstance(value, list):
		for item in value[:1]: walk(item, path + "[]")
		if not value: print(path + "[] empty")
	else: print(path, {int: "number", float: "number"}.get(type(value), type(value).__name__))
walk(json.load(sys.stdin), "")'
sample=$samples/llama-3.2-1b-b1-c512-shapes.json.gz
{
	echo "validate --json"
	"$decodesim" validate --hw l4 "$sample" --json | python3 -c "$keys"
	echo "validate --json --leave-one-out --steps"
	"$decodesim" validate --hw h100-sxm --leave-one-out --steps validate/cases/h100/steps.json --json "$sample" \
		$samples/llama-3.2-1b-b1-c512-graph.json.gz $samples/llama-3.2-3b-b1-c1024-shapes.json.gz |
		python3 -c "$keys" | grep -E 'method|graph'
	echo "validate --json --bytes"
	"$decodesim" validate --hw "roofline:$device" --bytes tests/data/valid/ncu_eager.csv --json \
		tests/data/valid/kineto_eager.json | python3 -c "$keys" | grep bytes
	echo "replay --json"
	"$decodesim" replay "$sample" --hw l4 --json | python3 -c "$keys"
	echo "import --json"
	"$decodesim" import "$sample" --json | python3 -c "$keys"
	for what in hw models classes traces runs; do
		echo "list $what --json"
		"$decodesim" list "$what" --json | python3 -c "$keys"
	done
	echo "show hw --json"
	"$decodesim" show hw h100-sxm --json | python3 -c "$keys"
	echo "show model --json"
	"$decodesim" show model gpt-oss-20b --json | python3 -c "$keys"
	echo "show trace --json"
	"$decodesim" show trace "$sample" --json | python3 -c "$keys"
} | golden json_fields
finish
