#!/usr/bin/env bash
# `decodesim export`: what Python's json and our own reader make of the file, and what it refuses.
. "$(dirname "$0")/expect.bash"
file=$samples/llama-3.2-1b-b1-c512-graph.json.gz
python3 - "$work/run.dslog" <<'P'
# a log of two steps with NVTX ranges, names of any bytes among them
import struct, sys, zlib
head = b"\x89DSL\r\n\x1a\n" + struct.pack("<HHIIIqI6I", 1, 0, 64, 7, 0, 1000, 77, *[0] * 6)
out, sequence, strings = [head + struct.pack("<I", zlib.crc32(head))], 0, 0
def block(kind, size, count, payload):
	global sequence
	h = struct.pack("<IHHIIQI", 0x4B4C4244, kind, size, count, len(payload), sequence, zlib.crc32(payload))
	out.append(h + struct.pack("<I", zlib.crc32(h)) + payload)
	sequence += 1
def string(text):
	global strings
	strings += 1
	block(1, 0, 1, struct.pack("<II", strings, len(text)) + text + b"\0" * (-len(text) % 8))
	return strings
gemm, call = string(b'gemm<"a\\b">\x01\xff\xc3\xa9'), string(b"cudaLaunchKernel_v7000")
step, layer = string(b"decode_step"), string(b"layer \xfe")
block(8, 16, 1, struct.pack("<HHIII", 0, 0, 77, 78, 0))
block(6, 16, 1, struct.pack("<HHIII", 0, 2, 211, call, 0))
block(2, 64, 1, struct.pack("<IIII3I3HHIII3HHII", 1, gemm, 0, 1, 8, 1, 1, 64, 1, 1, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0))
for i in range(2):
	at = 1790000000000000000 + i * 100000
	for id, text, start, end in ((i + 1, step, 0, 90000), (9 + i, layer, 500, 3000)):
		block(12, 32, 2, b"".join(struct.pack("<QIIIHHQ", t, id, s, 0, 0, p, 0) for t, s, p in
			((at + start, text, 1), (at + end, 0, 2))))
	block(5, 24, 1, struct.pack("<QQIHH", at + 1000, 500, i + 1, 0, 0))
	block(3, 32, 1, struct.pack("<QQIIII", at + 5000, 700, 1, 7, i + 1, 0))
block(22, 16, 1, struct.pack("<QII", 1, 0, 0))
open(sys.argv[1], "wb").write(b"".join(out))
P

# facts FILE: what a viewer would see of it
facts() {
	python3 - "$1" <<'P'
import gzip, json, sys
open_ = gzip.open if sys.argv[1].endswith(".gz") else open
trace = json.load(open_(sys.argv[1], "rb"))
events = trace["traceEvents"]
kernels = [e for e in events if e.get("cat") == "kernel"]
launches = {e["args"]["correlation"]: e for e in events if e.get("cat") == "cuda_runtime"}
starts = {e["id"]: e for e in events if e["ph"] == "s"}
ends = {e["id"]: e for e in events if e["ph"] == "f"}
assert trace["displayTimeUnit"] == "ns" and starts.keys() == ends.keys() == launches.keys()
for id, flow in starts.items():
	assert launches[id]["ts"] == flow["ts"] and launches[id]["tid"] == flow["tid"], flow
	assert any(k["ts"] == ends[id]["ts"] and k["tid"] == ends[id]["tid"] for k in events if k["ph"] == "X")
named = {(e["pid"], e["tid"]) for e in events if e["name"] == "thread_name"}
assert all((e["pid"], e["tid"]) in named for e in events if e["ph"] == "X")
assert {e["args"]["name"] for e in events if e["name"] == "process_name"} >= {"host"}
# slices of a track nest or follow each other
tracks = {}
for e in events:
	if e["ph"] == "X" and e["dur"] > 0:
		tracks.setdefault((e["pid"], e["tid"]), []).append((round(e["ts"] * 1000), -round(e["dur"] * 1000)))
for track in tracks.values():
	stack = []
	for start, minus in sorted(track):
		while stack and stack[-1] <= start:
			stack.pop()
		assert not stack or start - minus <= stack[-1], (start, minus, stack)
		stack.append(start - minus)
print(len(kernels), len(launches), sum(e.get("cat") == "user_annotation" for e in events))
P
}

succeeds export "$file" --chrome "$work/graph.json.gz"
grep -q 'graph.json.gz: 1662 kernels, 2 launches, 0 ranges, 2 steps' "$work/out" || fail "summary: $(cat "$work/out")"
equal 'exported graph' "$(facts "$work/graph.json.gz")" '1658 2 2' # and 4 copies
succeeds export "$work/run.dslog" --chrome "$work/run.json" --json
equal 'summary of the log' "$(python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["kernels"], d["launches"], d["flows"], d["ranges"], d["steps"])' <"$work/out")" '2 2 2 4 2'
equal 'exported log' "$(facts "$work/run.json")" '2 2 4'
equal 'name with any bytes' "$(python3 -c 'import json,sys; print(ascii([e["name"] for e in json.load(open(sys.argv[1]))["traceEvents"] if e.get("cat") == "kernel"][0]))' "$work/run.json")" "'gemm<\"a\\\\b\">\\x01\\ufffd\\xe9'"

# to standard output the same bytes, and from the database the same kernels
succeeds export "$work/run.dslog" --chrome -
checks=$((checks + 1))
cmp -s "$work/out" "$work/run.json" || fail 'standard output differs from the file'
succeeds import "$file" "$work/run.dslog"
succeeds export llama-3.2-1b-b1-c512-graph --chrome "$work/stored.json"
equal 'exported from the database' "$(facts "$work/stored.json" | cut -d' ' -f1,2)" '1658 2'
succeeds import "$work/run.json" --db "$work/again.db"

before=$(sha256sum <"$work/run.json")
refuses 1 'nonexistent/x.json: cannot make it' export "$file" --chrome "$work/nonexistent/x.json"
refuses 1 'is a directory' export "$file" --chrome "$work"
refuses 1 'cannot write all of it' export "$file" --chrome /dev/full
refuses 1 'no such trace file' export nope --chrome "$work/run.json"
refuses 2 '--chrome FILE is missing' export "$file"
refuses 2 'exactly one TRACE' export --chrome x
refuses 2 'both write to stdout' export "$file" --chrome - --json
equal 'the file after failures' "$(sha256sum <"$work/run.json")" "$before"
equal 'temporary files left' "$(find "$work" -name '*.json.*' ! -name '*.gz' | wc -l)" 0
finish
