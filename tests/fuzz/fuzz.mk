# Fuzzing of every reader: libFuzzer targets (clang), and the replay of their corpora in `make test`.
# A target is a tests/fuzz/fuzz_NAME.c with a folder corpus/NAME and, if it has words, a NAME.dict.

FUZZ_NAMES   := $(sort $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SHARED  := file check check_replay database made
FUZZ_OBJ     := $(FUZZ_SHARED:%=$(BUILD)/tests/fuzz/%.o)
FUZZ_REPLAYS := $(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/replay_%)
FUZZ         ?= $(FUZZ_NAMES)
SECONDS_EACH ?= 60
FUZZ_SAN     := fuzzer-no-link,address,undefined
FUZZ_OUT     := build/fuzz

.PHONY: fuzz fuzz-deps run-fuzz fuzz-replay fuzz-binaries

$(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(FUZZ_OBJ) $(LIB)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LDLIBS)

$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/fuzz_%.o $(FUZZ_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer $^ -o $@ $(LDLIBS)

# the log's own: no other target may see its mutations
$(BUILD)/tests/fuzz/replay_log $(BUILD)/fuzz/log: $(addprefix $(BUILD)/tests/fuzz/log_,seal.o mutate.o)

fuzz-deps:
	@.ci/deps fuzz

# Inputs that are found go to build/fuzz/NAME, findings to build/fuzz/findings/NAME-*.
fuzz: fuzz-deps
	$(Q)$(MAKE) --no-print-directory CC=clang OPT=-O1 SAN=$(FUZZ_SAN) FUZZ="$(FUZZ)" run-fuzz

fuzz-binaries: $(FUZZ:%=$(BUILD)/fuzz/%)

FUZZ_MAX_LEN ?= 8192
# freed memory is kept for a while, to be seen when used: 16 MiB of it; shadow memory stays mapped
FUZZ_ASAN    := quarantine_size_mb=16:clear_shadow_mmap_threshold=1000000000

run-fuzz: fuzz-binaries
	$(Q)for name in $(FUZZ); do \
	  mkdir -p $(FUZZ_OUT)/$$name $(FUZZ_OUT)/findings && \
	  dict=tests/fuzz/$$name.dict && \
	  ASAN_OPTIONS=$(FUZZ_ASAN) $(BUILD)/fuzz/$$name -max_total_time=$(SECONDS_EACH) -max_len=$(FUZZ_MAX_LEN) -timeout=10 \
	    -rss_limit_mb=2048 -print_final_stats=1 -verbosity=1 \
	    $$([ -f $$dict ] && echo -dict=$$dict) -artifact_prefix=$(FUZZ_OUT)/findings/$$name- \
	    $(FUZZ_FLAGS) $(FUZZ_OUT)/$$name tests/fuzz/corpus/$$name || exit 1; done

fuzz-replay: $(FUZZ_REPLAYS)
	$(Q)tests/run.sh $(FUZZ:%=$(BUILD)/tests/fuzz/replay_%)

# part of `make test`, `make unit` and `make test-sanitized`
TESTS += $(FUZZ_REPLAYS)
tests run-tests run-unit: $(FUZZ_REPLAYS)
