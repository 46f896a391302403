UPDATE sweep_axis SET count = 1; UPDATE sweep_point SET a0 = 1e300, a1 = -1, a0 = -9;
