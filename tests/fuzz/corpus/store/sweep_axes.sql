WITH RECURSIVE n(i) AS (VALUES(2) UNION ALL SELECT i + 1 FROM n WHERE i < 40) INSERT INTO sweep_axis SELECT 1, i, 'step_ms', 'word', 3, 0, 1 FROM n;
