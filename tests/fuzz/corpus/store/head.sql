UPDATE trace SET kernel_count=3,kind_count=2,step_count=1,name_count=4,lacks='shapes, clocks',warnings=2,warning='x',base_ns=-1;UPDATE trace SET device_sm_count=1,first_kernel=2 WHERE id=1;
