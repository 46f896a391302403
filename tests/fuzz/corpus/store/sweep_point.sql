UPDATE sweep_point SET step_ms = 9e999, feasible = 1, failed = NULL, method = x'ff';
