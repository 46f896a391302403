UPDATE run_energy SET energy_j = NULL, average_w = -1e308, peak_w = 9e999;
