#!/usr/bin/env bash
# Two processes on one database both succeed, and a killed one leaves it whole.
. "$(dirname "$0")/expect.bash"
traces=($samples/llama-3.2-1b-b1-c512-{graph,shapes}.json.gz $samples/llama-3.2-3b-b1-c1024-{graph,shapes}.json.gz)

# exit codes of two commands run at once
both() {
	"$decodesim" "${first[@]}" >"$work/out1" 2>"$work/err1" &
	local one=$!
	"$decodesim" "${second[@]}" >"$work/out2" 2>"$work/err2" &
	local two=$!
	wait $one || { fail "exit $?: decodesim ${first[*]} $(head -c 300 "$work/err1")"; }
	wait $two || { fail "exit $?: decodesim ${second[*]} $(head -c 300 "$work/err2")"; }
}

# whole: integrity, every trace with all its kernels, every run with all its parts
whole() {
	equal "integrity_check $1" "$(sqlite3 "$DECODESIM_DB" 'PRAGMA integrity_check' 2>&1)" ok
	equal "foreign_key_check $1" "$(sqlite3 "$DECODESIM_DB" 'PRAGMA foreign_key_check' 2>&1)" ''
	equal "traces not whole $1" "$(query 'SELECT count(*) FROM trace t WHERE
		kernel_count <> (SELECT count(*) FROM trace_kernel k WHERE k.trace_id = t.id) OR
		step_count <> (SELECT count(*) FROM trace_step s WHERE s.trace_id = t.id) OR
		kind_count <> (SELECT count(*) FROM trace_kind w WHERE w.trace_id = t.id)')" 0
	equal "runs not whole $1" "$(query 'SELECT count(*) FROM run r WHERE
		step_ps <> (SELECT sum(ps) FROM run_part p WHERE p.run_id = r.id) OR
		group_count <> (SELECT count(*) FROM run_group g WHERE g.run_id = r.id) OR
		r.kernel_count <> (SELECT count(*) FROM run_kernel k WHERE k.run_id = r.id)')" 0
}

for round in 1 2 3; do
	rm -f "$DECODESIM_DB"*
	first=(import "${traces[0]}" "${traces[1]}") second=(import "${traces[2]}" "${traces[3]}")
	both
	equal "traces of two imports into a new database, round $round" "$(query 'SELECT count(*) FROM trace')" 4
	first=(import "${traces[@]}") second=(import "${traces[@]}")
	both
	equal "traces after the same imports at once, round $round" "$(query 'SELECT count(*) FROM trace')" 4
	first=(replay "${traces[1]}" --hw l4 --kernels) second=(replay "${traces[3]}" --hw h100-sxm --kernels)
	both
	equal "runs of two replays, round $round" "$(query 'SELECT count(*) FROM run')" 2
	whole "after writing at once, round $round"
done

# killed at ever later moments, in import and in replay; then the same command succeeds
command -v sqlite3 >/dev/null || { echo 'skipped: sqlite3 is not installed'; exit 77; }
killed=0
set +m
for round in 1 2 3 4 5 6 7 8 9 10; do
	rm -f "$DECODESIM_DB"*
	for command in import replay; do
		arguments=(import "${traces[@]}")
		[ $command = replay ] && arguments=(replay "${traces[3]}" --hw l4 --kernels)
		"$decodesim" "${arguments[@]}" >/dev/null 2>&1 &
		victim=$!
		sleep "0.0$(printf '%02d' $((round * 7)))"
		kill -9 $victim 2>/dev/null
		wait $victim 2>/dev/null
		[ $? -eq 137 ] && killed=$((killed + 1))
		# killed before its schema stood: an empty file, or one that recovery empties, is no harm
		if [ ! -s "$DECODESIM_DB" ] || [ "$(sqlite3 "$DECODESIM_DB" 'SELECT count(*) FROM sqlite_master')" = 0 ]; then
			succeeds "${arguments[@]}"
			continue
		fi
		succeeds list traces
		whole "after kill in $command, round $round"
		succeeds "${arguments[@]}"
		whole "after $command again, round $round"
	done
	equal "traces after round $round" "$(query 'SELECT count(*) FROM trace')" 4
done
echo "$killed of 20 killed before their end"
[ $killed -ge 3 ] || fail 'too few were killed in the middle'
finish
