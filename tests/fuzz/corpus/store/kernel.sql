UPDATE trace_kernel SET duration_ns=5,start_ns=start_ns+1 WHERE id=2;UPDATE trace_kernel SET kind=1,stream=1,host_ns=9 WHERE id=3;
