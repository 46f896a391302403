UPDATE trace_step SET first=first+1,count=count-1,launch='graph',ends_in_sync=1 WHERE step=1;UPDATE trace_step SET host_start_ns=NULL,first_start_ns=1,last_end_ns=2;
