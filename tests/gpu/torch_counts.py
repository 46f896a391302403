#!/usr/bin/env python3
"""Kernel counts of the tracer against torch.profiler's, on the same loop.

The loop is a small decode with random weights, run eagerly and as a CUDA graph, each twice in processes
of its own: once under torch.profiler, once under `decodesim trace`. Both count the kernels of STEPS
steps. Names may be written differently by the two, so what must be equal is the number of kernels and
how often each of them ran.

  torch_counts.py --trace './decodesim trace' --decodesim ./decodesim --out FOLDER
  torch_counts.py loop MODE [--profile FILE]      one process of it

Exit codes: 0 equal, 1 not, 77 no torch or no GPU.
"""
import argparse
import collections
import json
import os
import shlex
import subprocess
import sys

STEPS = 8
LAYERS, HIDDEN, HEADS, CONTEXT, VOCABULARY = 4, 512, 8, 128, 1024
MODES = ("eager", "graph")


def make_step(torch):
    """A step of a decode with a static cache, in place on tensors of its own."""
    torch.manual_seed(1)
    options = {"device": "cuda", "dtype": torch.bfloat16}
    head = HIDDEN // HEADS
    layers = [{
        "qkv": torch.randn(3 * HIDDEN, HIDDEN, **options) * 0.02,
        "out": torch.randn(HIDDEN, HIDDEN, **options) * 0.02,
        "up": torch.randn(4 * HIDDEN, HIDDEN, **options) * 0.02,
        "down": torch.randn(HIDDEN, 4 * HIDDEN, **options) * 0.02,
        "keys": torch.randn(1, HEADS, CONTEXT, head, **options),
        "values": torch.randn(1, HEADS, CONTEXT, head, **options),
    } for _ in range(LAYERS)]
    embedding = torch.randn(VOCABULARY, HIDDEN, **options)
    token = torch.zeros(1, dtype=torch.long, device="cuda")
    functional = torch.nn.functional

    def step():
        hidden = embedding[token]
        for layer in layers:
            normed = functional.rms_norm(hidden, (HIDDEN,))
            query, key, value = functional.linear(normed, layer["qkv"]).view(3, 1, HEADS, 1, head)
            layer["keys"][:, :, -1:].copy_(key)
            layer["values"][:, :, -1:].copy_(value)
            mixed = functional.scaled_dot_product_attention(query, layer["keys"], layer["values"])
            hidden = hidden + functional.linear(mixed.reshape(1, HIDDEN), layer["out"])
            wide = functional.silu(functional.linear(functional.rms_norm(hidden, (HIDDEN,)), layer["up"]))
            hidden = hidden + functional.linear(wide, layer["down"])
        token.copy_(functional.linear(hidden, embedding).argmax(dim=-1))

    return step


def captured(torch, step):
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        step()
    return graph.replay


def loop(mode, profile):
    import torch
    with torch.no_grad():
        step = make_step(torch)
        for _ in range(3):
            step()
        if mode == "graph":
            step = captured(torch, step)
            step()
        torch.cuda.synchronize()

        def steps():
            for i in range(STEPS):
                torch.cuda.nvtx.range_push(f"decode_step {i}")
                step()
                torch.cuda.synchronize()
                torch.cuda.nvtx.range_pop()

        if profile is None:
            steps()
            return
        from torch.profiler import ProfilerActivity, profile as profiler
        with profiler(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as result:
            steps()
        result.export_chrome_trace(profile)


def profiler_counts(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        events = json.load(file)["traceEvents"]
    return collections.Counter(e["name"] for e in events
                               if str(e.get("cat", "")).lower() == "kernel" and e.get("ph") == "X")


def tracer_counts(decodesim, log, database):
    name = os.path.basename(log)
    for suffix in (".gz", ".json", ".dslog"):
        name = name.removesuffix(suffix)
    subprocess.run([decodesim, "import", log, "--db", database], check=True, stdout=sys.stderr)
    text = subprocess.run(
        [decodesim, "sql", "--json", "--db", database,
         "SELECT name, count(*) AS count FROM kernels WHERE step IS NOT NULL AND trace = "
         f"'{name}' AND family NOT IN ('memset', 'memcpy_device', 'memcpy_host') GROUP BY name"],
        check=True, capture_output=True, text=True).stdout
    return collections.Counter({row["name"]: row["count"] for row in json.loads(text)})


def compare(mode, ours, theirs):
    """One line; true when equal."""
    total, wanted = sum(ours.values()), sum(theirs.values())
    equal = total > 0 and sorted(ours.values()) == sorted(theirs.values())
    print(f"{'PASS' if equal else 'FAIL'}  torch {mode}: {total} kernels traced in {STEPS} steps, "
          f"{wanted} by torch.profiler; {len(ours)} and {len(theirs)} names")
    if not equal:
        for name in sorted(set(ours) | set(theirs)):
            if ours[name] != theirs[name]:
                print(f"      {ours[name]} traced, {theirs[name]} by torch.profiler: {name[:100]}")
    return equal


def run(words):
    subprocess.run(words, check=True, stdout=sys.stderr)


def have_gpu():
    try:
        import torch
    except ImportError:
        print("skipped: python3 has no torch")
        return False
    if not torch.cuda.is_available():
        print("skipped: torch sees no GPU")
        return False
    return True


def compare_all(arguments):
    if not have_gpu():
        return 77
    os.makedirs(arguments.out, exist_ok=True)
    equal = True
    for mode in MODES:
        this = [sys.executable, os.path.abspath(__file__), "loop", mode]
        profile = os.path.join(arguments.out, f"profile-{mode}.json")
        log = os.path.join(arguments.out, f"torch-{mode}{arguments.suffix}")
        database = os.path.join(arguments.out, "torch.db")
        for old in (profile, log):
            if os.path.exists(old):
                os.remove(old)
        run(this + ["--profile", profile])
        run(shlex.split(arguments.trace) + ["-o", log, "--ranges", "--"] + this)
        equal &= compare(mode, tracer_counts(arguments.decodesim, log, database), profiler_counts(profile))
    return 0 if equal else 1


def main():
    parser = argparse.ArgumentParser()
    if len(sys.argv) > 1 and sys.argv[1] == "loop":
        parser.add_argument("verb")
        parser.add_argument("mode", choices=MODES)
        parser.add_argument("--profile")
        arguments = parser.parse_args()
        loop(arguments.mode, arguments.profile)
        return 0
    parser.add_argument("--trace", required=True)
    parser.add_argument("--decodesim", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--suffix", default=".dslog")
    return compare_all(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
