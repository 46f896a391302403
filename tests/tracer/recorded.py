#!/usr/bin/env python3
"""Logs of the prototype tracer, which ran on an H100, against this one's.

recorded.py events LOG.jsonl.gz            what app_recorded.c plays, on stdout
recorded.py compare LOG.jsonl.gz ROWS.csv  exit 1 when the kernels of the trace are not those of the log; the rows are of
                                           SELECT name, start_ns, duration_ns, grid, block, registers, shared_bytes, correlation,
                                           graph, node FROM kernels, times absolute
"""
import csv, gzip, json, sys

CALLS = {"rt": 2, "drv": 1}
KNOWN = {(2, n) for n in (41, 51, 131, 165, 211, 311, 430)} | {(1, 307), (1, 652)}
COPY = ["unknown", "HtoD", "DtoH", "HtoA", "AtoH", "AtoA", "AtoD", "DtoA", "DtoD", "HtoH", "PtoP"]
MEMORY = ["unknown", "pageable", "pinned", "device", "array", "managed", "device_static", "managed_static"]


def read(path):
    names, records = {}, []
    with gzip.open(path, "rt") as lines:
        for record in map(json.loads, lines):
            if record["t"] == "str":
                names[record["id"]] = record
            else:
                records.append(record)
    return names, records


def events(path):
    names, records = read(path)
    for r in records:
        kind = r["t"]
        if kind in CALLS and (CALLS[kind], r["cbid"]) in KNOWN:
            print("call", CALLS[kind], r["cbid"], r["s"], r["e"] - r["s"], r["corr"], r.get("ret", 0))
        elif kind == "k":
            print("kernel", r["s"], r["e"] - r["s"], r.get("gnode", 0), r.get("gid", 0), r["st"], r["corr"], *r["grid"], *r["block"],
                  r["ssm"], r["dsm"], *r.get("cluster", [0, 0, 0]), r["regs"], r.get("lt", 0), names[r["n"]]["s"])
        elif kind == "mc":
            print("copy", r["s"], r["e"] - r["s"], r["bytes"], r["st"], r["corr"], COPY.index(r["kind"]), MEMORY.index(r["src"]),
                  MEMORY.index(r["dst"]), r["async"])
        elif kind == "ms":
            print("set", r["s"], r["e"] - r["s"], r["bytes"], r["val"], r["st"], r["corr"])


def compare(path, rows):
    names, records = read(path)
    def text(number):
        return names[number].get("d") or names[number]["s"]
    want = sorted([text(r["n"]), str(r["s"]), str(r["e"] - r["s"]), ",".join(map(str, r["grid"])), ",".join(map(str, r["block"])),
                   str(r["regs"]), str(r["ssm"] + r["dsm"]), str(r["corr"]), str(r.get("gid", "")), str(r.get("gnode", ""))]
                  for r in records if r["t"] == "k")
    with open(rows, newline="") as file:
        got = sorted(row for row in list(csv.reader(file))[1:] if not row[0].startswith(("Memcpy", "Memset")))
    differ = [pair for pair in zip(want, got) if pair[0] != pair[1]]
    print(f"{len(want)} kernels in the log, {len(got)} in the trace, {len(differ)} differ")
    for pair in differ[:3]:
        print(*pair, sep="\n")
    return len(want) != len(got) or bool(differ)


if __name__ == "__main__":
    sys.exit(events(sys.argv[2]) if sys.argv[1] == "events" else compare(sys.argv[2], sys.argv[3]))
