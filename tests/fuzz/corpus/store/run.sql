UPDATE run SET step_ps=-1,floor_ps=9223372036854775807,device_id=7;UPDATE run_part SET ps=-5;UPDATE device SET name=x'ff';DELETE FROM device_value;
