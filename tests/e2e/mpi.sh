#!/usr/bin/env bash
# Sweeps over MPI ranks: one and three give the digest of threads, and a lost rank leaves what --resume continues.
command -v mpicc >/dev/null && command -v mpirun >/dev/null || { echo "SKIP: no mpicc (apt-get install openmpi-bin libopenmpi-dev)"; exit 77; }
. "$(dirname "$0")/expect.bash"
make --no-print-directory MPI=1 build/mpicc-O2/decodesim >"$work/make" 2>&1 || { tail "$work/make"; exit 1; }
plain=$decodesim decodesim=$root/build/mpicc-O2/decodesim
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 # containers
ranks() { timeout 120 mpirun --oversubscribe -n "$@" 2>"$work/err"; }
digest() { sed -nE 's/^digest //p'; }

cat >"$work/few.yaml" <<'Y'
sweep: few
base: {model: llama-3.2-1b, hw: h100-sxm}
axes:
  hw.hbm.bandwidth: {from: 2 TB/s, to: 8 TB/s, points: 100, scale: log}
  batch: [1, 2, 4, 8]
objectives: [step_ms, joules_per_token]
method: {screen: 5 %}
Y
want=$("$plain" sweep "$work/few.yaml" -j 2 --no-store | digest)
equal 'alone' "$("$decodesim" sweep "$work/few.yaml" --no-store | digest)" "$want"
for n in 1 3; do
	equal "$n ranks" "$(ranks "$n" "$decodesim" sweep "$work/few.yaml" --db "$work/$n.db" | digest)" "$want"
	DECODESIM_DB=$work/$n.db
	equal "rows of $n ranks" "$(query "SELECT count(*) FROM sweep_points WHERE method = 'closed'")" 400
done

# a wrong file is told once, and nobody hangs
sed 's/hbm.bandwidth/hbm.bandwith/' "$work/few.yaml" >"$work/wrong.yaml"
ranks 3 "$decodesim" sweep "$work/wrong.yaml" >"$work/out"
equal 'exit code of a wrong file is not 0' "$(($? != 0))" 1
equal 'told once' "$(grep -c "did you mean 'hw.hbm.bandwidth'" "$work/err")" 1

# a rank is killed once rows are there
sed -E 's/sweep: few/sweep: long/; s/points: 100/points: 3000/; s/^method.*/method: simulate/' "$work/few.yaml" >"$work/long.yaml"
DECODESIM_DB=$work/long.db
ranks 3 "$decodesim" sweep "$work/long.yaml" >"$work/out" &
launcher=$!
for _ in $(seq 600); do
	rows=$("$decodesim" sql --csv 'SELECT count(*) FROM sweep_point' 2>"$work/none" | tail -1)
	[ "${rows:-0}" -gt 0 ] 2>"$work/none" && break
	sleep 0.05
done
victim=$(pgrep -f "^$decodesim sweep $work/long.yaml" | tail -1)
kill -9 "$victim"
wait "$launcher"
equal 'a lost rank ends the run' "$(($? != 0))" 1
grep -qE 'signal 9|rank .* lost' "$work/err" || fail "a lost rank is not told: $(head -c 300 "$work/err")"
rows=$(query 'SELECT count(*) FROM sweep_point')
equal 'rows are left' "$((rows > 0 && rows < 12000))" 1
equal 'the first ones' "$(query 'SELECT max(point) + 1 FROM sweep_point')" "$rows"
refuses 1 'not finished.*--resume goes on' sweep "$work/long.yaml"
want=$("$plain" sweep "$work/long.yaml" -j 2 --no-store | digest)
equal 'resumed by three ranks' "$(ranks 3 "$decodesim" sweep "$work/long.yaml" --resume | digest)" "$want"
equal 'all rows' "$(query 'SELECT count(*) FROM sweep_point')" 12000
finish
