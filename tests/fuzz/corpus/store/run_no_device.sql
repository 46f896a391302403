DELETE FROM run_energy; INSERT INTO run_energy(run_id, energy_j) VALUES (1, NULL); DELETE FROM device;
