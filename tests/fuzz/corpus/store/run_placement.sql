UPDATE run_placement SET kernels = -1, ps = 9223372036854775807;
