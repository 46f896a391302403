#!/usr/bin/env bash
# The machine `recorded`, launched as traced, gives back what was traced: the device span of every
# bundled graph trace within 1 %, the whole step of every eager trace within 3 %.
. "$(dirname "$0")/expect.bash"
succeeds import $samples/*.json.gz
for trace in $(query 'SELECT name FROM traces'); do
	succeeds replay "$trace" --hw recorded --launch as-traced
done
figures="SELECT r.trace, s.launch, s.span, r.device_span_ms, 100 * (r.device_span_ms / s.span - 1) AS span_error,
	s.step, r.step_ms, 100 * (r.step_ms / s.step - 1) AS step_error
	FROM runs r JOIN (SELECT trace, launch, avg(span_ms) AS span, avg(host_to_end_ms) AS step FROM steps GROUP BY trace) s
		ON s.trace = r.trace"
"$decodesim" sql --csv "SELECT printf('%-38s %-6s span %9.3f ms replayed %9.3f %+7.3f %%   step %9.3f replayed %9.3f %+8.3f %%',
	trace, launch, span, device_span_ms, span_error, step, step_ms, step_error) AS line FROM ($figures) ORDER BY launch, trace" |
	grep '%'
equal 'traces replayed' "$(query "SELECT count(*) FROM ($figures)")" "$(ls $samples/*.json.gz | wc -l)"
equal 'graph traces' "$(query "SELECT count(*) > 5 FROM ($figures) WHERE launch = 'graph'")" 1
equal 'eager traces' "$(query "SELECT count(*) > 5 FROM ($figures) WHERE launch = 'eager'")" 1
for trace in $(query "SELECT trace FROM ($figures) WHERE launch = 'graph' AND abs(span_error) > 1"); do
	fail "$trace: device span more than 1 % off"
done
for trace in $(query "SELECT trace FROM ($figures) WHERE launch = 'eager' AND abs(step_error) > 3"); do
	fail "$trace: step more than 3 % off"
done
finish
