# The scenarios, in groups of what could go wrong. Sourced after play.bash.

# Runs that wait for what a killed process leaves come first: they sleep beside the others. What is
# older than a second must be in the log: 1.5 s pass, and the rest may be there or not.
play_lost() {
	bounds=kernel=100:150 scenario sigkill eager:1:100 sleep:1500 eager:1:50 raise:9
	bounds=kernel=100:150 scenario os_exit eager:1:100 sleep:1500 eager:1:50 _exit:4
	bounds=kernel=100:150 scenario abort eager:1:100 sleep:1500 eager:1:50 abort
	bounds=kernel=100:150 scenario sigsegv eager:1:100 sleep:1500 eager:1:50 raise:11
	bounds=graph_kernel=2000:4000 scenario sigkill_graph graph:1:2000 sleep:1500 replay:1 raise:9
	bounds=kernel=100:150 scenario sigkill_in_flight eager:1:100 sleep:1500 inflight:50 raise:9
	bounds=kernel=1:1 scenario exec_in_place eager:1:100 'exec:eager:1:1+exit:3'
	options=calls,ranges,steps=2 scenario steps_ranges decode:2:10 sleep:1200 decode:3:10 say:on
	options=calls,steps=3 scenario steps_graph graph:3:10 sleep:1200 replay:3
	options=timing,steps=2 scenario steps_timing decode:2:10 sleep:1200 decode:3:10
	bounds=sample=2:50 scenario samples eager:1:10 sleep:500
	poll=1 scenario daemon daemonize eager:1:10
	# TSan, rightly, calls it a race that the program closes what the tracer's threads use
	[ "${sanitized-}" = thread ] || scenario close_all eager:1:10 sleep:1500 closefds eager:1:10 exit:5
	[ "${sanitized-}" = thread ] || loose=1 scenario close_all_at_once eager:1:10 closefds exit:5
}

# A profiler that takes over when no buffer of ours is out: told once some canaries were read and then
# none for 5 flushes and 3 s (with steps=N a flush each 100 ms), where canaries there are.
play_taken_over() {
	local often=calls,ranges,syncs,steps=1000 old=$fake/old/libcupti.so.13
	local first='eager:1:10 sleep:1500' then='profiler:20:1 eager:1:10 sleep:5500'
	sleeps=1 scenario taken_over eager:1:10 sleep:2500 profiler:20:1 sleep:8500
	sleeps=1 options=$often scenario taken_over_often $first $then
	sleeps=1 options=$often bounds=kernel=10:10 scenario taken_over_killed $first $then raise:9
	sleeps=1 options=steps=1000 scenario taken_over_kernels_only $first $then
	sleeps=1 options=$often cupti=$old scenario taken_over_old $first $then
	sleeps=1 options=steps=1000 cupti=$old scenario taken_over_old_kernels_only $first $then
	sleeps=1 options=$often FAKE_CUPTI=mute scenario taken_over_mute $first $then
}

# Nobody is there, and nobody is accused, although the program is silent for long.
play_quiet() {
	local often=calls,ranges,syncs,steps=1000 old=$fake/old/libcupti.so.13
	local words='eager:1:10 sleep:5000 eager:1:10'
	sleeps=1 scenario quiet eager:1:10 sleep:7500 eager:1:10
	sleeps=1 options=$often,all-calls scenario quiet_often $words
	sleeps=1 options=steps=1000 scenario quiet_kernels_only $words
	sleeps=1 options=$often cupti=$old scenario quiet_old $words
	sleeps=1 options=$often FAKE_CUPTI=mute scenario quiet_mute $words
	sleeps=1 options=$often scenario quiet_in_flight inflight:10 sleep:5000 sync
	sleeps=1 options=calls,steps=2 scenario quiet_after_steps eager:1:10 sleep:1000 graph:2:10 \
		sleep:4500 eager:1:10
}

# What a decode run does.
play_device() {
	scenario nothing init
	scenario eager eager:3:20
	scenario decode decode:2:10
	scenario graph graph:3:2000
	scenario graph_ranges graph:2:12:3 replay:2
	scenario graph_twice graph:1:10 graph:2:20
	scenario pdl pdl:50
	scenario streams streams:4:25
	scenario threads threads:8:2000
	scenario calls calls:7
	scenario failed failed
	scenario memory memory
	scenario ranges ranges:40
	scenario long_range longrange:40000
	scenario in_flight inflight:10 sync inflight:5
	scenario unload eager:1:10 unload eager:1:10
	log='log%%-%p' bounds=kernel=20:20 scenario log_name eager:1:20
	demangled=1 with='env LD_PRELOAD=libstdc++.so.6' scenario demangled eager:1:5
}

# What the options ask for.
play_options() {
	options='' scenario kernels_only decode:2:10 graph:1:10 memory
	options=ranges scenario ranges_only decode:2:10
	options=calls,all-calls scenario all_calls calls:7 eager:1:1
	options=graph-level,calls scenario graph_level graph:3:2000 eager:1:5
	options=timing scenario timing decode:2:10 ranges:3 replay:1
	options=calls,steps=9 scenario steps_fewer graph:2:10
	options=calls,nonsense,steps=many scenario options_unknown eager:1:5
}

# How a program ends, and its exit code.
play_ends() {
	for code in ${exit_codes-0 1 2 77 126 127 128 130 255}; do
		bounds=kernel=10:10 scenario exit_$code eager:1:10 exit:$code
	done
	bounds=kernel=10:10 scenario sigterm eager:1:10 raise:15
	bounds=kernel=10:10 scenario sigint eager:1:10 raise:2
	bounds=kernel=10:10 scenario sighup eager:1:10 raise:1
	scenario sigterm_handled handle:15 eager:1:10 raise:15 eager:1:10
	scenario sigterm_handled_later init handle:15 eager:1:10 raise:15 eager:1:10
	loose=1 scenario sigterm_exits init handle:15:1 eager:1:10 raise:15
	scenario sigterm_ignored ignore:15 eager:1:10 raise:15 eager:1:10
	scenario sigterm_ignored_later init ignore:15 eager:1:10 raise:15 eager:1:10
	bounds=kernel=10:10 scenario thread_exit eager:1:10 threadexit:9
	bounds=kernel=10:10 scenario main_leaves eager:1:10 threadexit:9:1
	scenario at_exit_before atexit eager:1:10
	scenario at_exit_after eager:1:10 atexit
	loose=1 scenario exit_while_launching background:4 eager:1:100 exit:6
	loose=1 scenario exit_while_launching_graph background:4 graph:1:1000 exit:6
	loose=1 scenario sigterm_while_launching background:4 eager:1:100 raise:15
}

# Processes.
play_processes() {
	# a child that was forked beside threads may find the allocator of ASan locked by one that fork() does not
	# copy, and hang in it: a limit of that runtime; they are played plain
	if [[ ${sanitized:-} != address* ]]; then
		scenario fork_exit eager:1:10 fork:0 eager:1:10
		scenario fork_os_exit eager:1:10 fork:1 eager:1:10
		scenario fork_abort eager:1:10 fork:2 eager:1:10
		scenario fork_sigterm eager:1:10 fork:3 eager:1:10
	fi
	scenario fork_before fork:0 eager:1:10
	log='log.%p' scenario spawn eager:1:10 'spawn:eager:1:7+exit:3' eager:1:10
	scenario spawn_same_log eager:1:10 'spawn:eager:1:7+exit:3' eager:1:10
	scenario spawn_no_cuda eager:1:10 'spawn:say:hello' eager:1:10
	scenario dlclose eager:1:10 dlclose eager:1:10 ranges:2
}

# Who else is there, and who is not.
play_company() {
	preload=1 scenario preload decode:2:10
	preload=1 scenario preload_no_cuda say:hello exit:3
	preload=1 scenario preload_nvtx_only ranges:3
	preload=1 log='log.%p' scenario preload_spawn 'spawn:eager:1:7+exit:3' eager:1:10
	scenario nvtx_first ranges:3 eager:1:10 ranges:3
	options=calls scenario nvtx_not_asked ranges:3 eager:1:10 dlclose ranges:3
	FAKE_CUDA=no-device scenario no_gpu eager:1:10 exit:3
	scenario no_cuda say:hello
	cupti=/nowhere/libcupti.so.13 scenario no_cupti eager:1:10 ranges:2 exit:3
	cupti=$fake/libnvidia-ml.so.1 scenario not_cupti eager:1:10 exit:3
	cupti=$fake/old/libcupti.so.13 scenario old_cupti decode:1:10 graph:1:10:2 calls:3
	FAKE_CUPTI=version=120000 scenario version_old eager:1:10
	FAKE_CUPTI=version=140000 scenario version_new eager:1:10
	FAKE_CUPTI=taken scenario taken eager:1:10
	# nothing is recorded: no empty log stays
	FAKE_CUPTI=fail=cuptiActivityRegisterCallbacks scenario refused eager:1:10 exit:3
	FAKE_CUPTI=fail=cuptiActivityEnable scenario refused_kinds eager:1:10 exit:3
	# in flight: a buffer of ours is out when the profiler takes over
	scenario profiler inflight:10 profiler:20 eager:1:10
	FAKE_CUPTI=one loose=1 scenario profiler_again threads:4:300 profiler:20 eager:1:150 profiler:150
	scenario foreign eager:1:10 foreign eager:1:10 foreign
}

# What CUPTI delivers.
play_records() {
	FAKE_CUPTI=wide scenario wide decode:2:10 graph:1:10 memory
	FAKE_CUPTI=unknown scenario unknown eager:1:100
	FAKE_CUPTI=invalid scenario invalid inflight:30
	FAKE_CUPTI=zero scenario zero eager:1:100
	FAKE_CUPTI=drop scenario drop eager:1:100
	FAKE_CUPTI=one scenario small_buffers threads:8:500
	FAKE_CUPTI=one,slow scenario slow_lock threads:8:500 graph:1:10
	bounds='kernel=3600:3600 call=4000:4000 dropped=400:400' FAKE_CUPTI=one,wide,unknown,zero,drop \
		scenario everything threads:4:1000
}

# Entries that fail.
play_entries() {
	for entry in $(grep -oE 'X\(cupti\w+' "$root/traces/tracer/cupti_abi.h" | cut -c3-); do
		FAKE_CUPTI=fail=$entry loose=1 scenario "fail_$entry" decode:1:10 graph:1:10:2 ranges:2 exit:3
	done
}

# Where the log cannot go.
play_disk() {
	log=/nowhere/log scenario no_folder eager:1:10 exit:3
	log=/proc/self/mem/log scenario not_a_folder eager:1:10 exit:3
	log=$work scenario log_is_folder eager:1:10 exit:3
	log=/dev/full scenario dev_full eager:1:10 exit:3
	loose=1 scenario file_size filesize:16384 threads:4:2000 eager:1:10 exit:3
	loose=1 scenario file_size_0 filesize:0 eager:1:10 exit:3
}

play_all() {
	play_lost
	play_device
	play_taken_over
	play_options
	play_ends
	play_quiet
	play_processes
	play_company
	play_records
	play_entries
	play_disk
}

# Where threads meet, and processes end.
play_concurrent() {
	play_lost
	play_device
	play_taken_over
	exit_codes=0 play_ends
	play_quiet
	play_processes
	play_company
	play_records
}
