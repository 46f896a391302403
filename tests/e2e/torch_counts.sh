#!/usr/bin/env bash
# tests/gpu/torch_counts.py without torch, and with a torch that does nothing: its profiler and the
# tracer each leave a bundled trace, equal or not.
. "$(dirname "$0")/expect.bash"
command -v python3 >/dev/null || { echo 'skipped: no python3'; exit 77; }

stub=$work/stub
mkdir -p "$stub/torch"
cat >"$stub/torch/__init__.py" <<'P'
class Tensor:
    def __getattr__(self, name):
        return lambda *args, **kwargs: Tensor()
    def __iter__(self):
        return iter([Tensor(), Tensor(), Tensor()])
    def __getitem__(self, at):
        return Tensor()
    def __mul__(self, other):
        return Tensor()
    __add__ = __rmul__ = __mul__
class Nothing(Tensor):
    def __enter__(self):
        return self
    def __exit__(self, *args):
        return False
class Graph:
    def replay(self):
        pass
class Cuda:
    nvtx = Tensor()
    Stream, graph, stream = Nothing, lambda self, *a, **k: Nothing(), lambda self, *a: Nothing()
    CUDAGraph = Graph
    def is_available(self):
        import os
        return os.environ.get("STUB_GPU") == "1"
    def synchronize(self):
        pass
class Nn:
    functional = Tensor()
cuda, nn, bfloat16, long = Cuda(), Nn(), "bf16", "long"
no_grad = Nothing
def randn(*args, **kwargs):
    return Tensor()
zeros = manual_seed = randn
P
cat >"$stub/torch/profiler.py" <<'P'
import os, shutil
class ProfilerActivity:
    CPU, CUDA = 1, 2
class profile:
    def __init__(self, activities):
        pass
    def __enter__(self):
        return self
    def __exit__(self, *args):
        return False
    def export_chrome_trace(self, path):
        shutil.copy(os.environ["STUB_PROFILE"], path)
P
cat >"$work/trace" <<'F'
#!/usr/bin/env bash
# -o LOG --ranges -- COMMAND...
[ "$1 $3 $4" = '-o --ranges --' ] || exit 2
"${@:5}" && cp "$STUB_LOG" "$2"
F
chmod +x "$work/trace"

counts() { # counts CODE [VARIABLE=VALUE...]
	checks=$((checks + 1))
	rm -rf "$work/torch"
	env "${@:2}" python3 tests/gpu/torch_counts.py --trace "$work/trace" --decodesim ./decodesim \
		--out "$work/torch" --suffix .json >"$work/out" 2>"$work/err"
	code=$?
	[ "$code" -eq "$1" ] || { fail "exit $code, not $1: ${*:2}"; tail -n 5 "$work/err"; }
}

good=tests/data/valid/kineto_eager.json
python3 -c 'import torch' 2>/dev/null || counts 77
counts 77 PYTHONPATH="$stub" STUB_GPU=0
grep -q '^skipped: torch sees no GPU' "$work/out" || fail 'no GPU is not told'
counts 0 PYTHONPATH="$stub" STUB_GPU=1 STUB_PROFILE=$good STUB_LOG=$good
equal 'modes compared' "$(grep -cE '^PASS  torch (eager|graph): [1-9][0-9]* kernels traced' "$work/out")" 2
# one kernel less on one side
python3 - "$good" "$work/less.json" <<'P'
import json, sys
trace = json.load(open(sys.argv[1]))
kernels = [e for e in trace["traceEvents"] if e.get("cat") == "kernel"]
trace["traceEvents"].remove(kernels[-1])
json.dump(trace, open(sys.argv[2], "w"))
P
counts 1 PYTHONPATH="$stub" STUB_GPU=1 STUB_PROFILE="$work/less.json" STUB_LOG=$good
grep -q '^FAIL  torch eager' "$work/out" || fail 'a kernel that is missing is not told'
counts 1 PYTHONPATH="$stub" STUB_GPU=1 STUB_PROFILE=$good STUB_LOG=tests/data/invalid/kineto_empty.json
finish
