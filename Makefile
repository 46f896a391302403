# decodesim: build, test, check. `make help` lists the targets and knobs.

CC      ?= gcc
ifeq ($(origin CC),default)
CC      := gcc
endif
# sweeps over the ranks of an MPI run; the plain build has none of it
ifeq ($(MPI),1)
CC      := mpicc
endif
OPT     ?= -O2
SAN     ?=
V       ?= 0

PKGS    := yaml-0.1 libcjson sqlite3 gsl zlib
EMPTY   :=
COMMA   := ,
BUILD   := build/$(notdir $(CC))$(OPT)$(if $(SAN),-$(subst $(COMMA),+,$(SAN)))
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
           -Wmissing-prototypes -Wvla -Werror
CFLAGS  := -std=c11 $(OPT) -g -ffp-contract=off -fno-common -fno-omit-frame-pointer $(WARN)
CPPFLAGS:= -I. -D_GNU_SOURCE -MMD -MP $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LDLIBS  := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lpthread -lm
ifeq ($(MPI),1)
CPPFLAGS+= -DDECODESIM_MPI
endif
ifneq ($(SAN),)
CFLAGS  += -fsanitize=$(SAN) -fno-sanitize-recover=all
LDFLAGS += -fsanitize=$(SAN)
endif
Q       := $(if $(filter 1,$(V)),,@)

LIB_SRC := $(wildcard sim/core/*.c hwmodels/*.c workloads/*.c traces/*.c sim/store/*.c \
             validate/*.c sim/report/*.c sim/explore/*.c sim/serve/*.c)
CLI_SRC := $(wildcard sim/cli/*.c)
TEST_SRC:= $(wildcard tests/unit/test_*.c tests/conformance/test_*.c)
SCHEMAS := $(patsubst %.sql,$(BUILD)/%.o,$(wildcard sim/store/*.sql))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o) $(SCHEMAS)
CLI_OBJ := $(CLI_SRC:%.c=$(BUILD)/%.o)
TESTS   := $(TEST_SRC:%.c=$(BUILD)/%)
SCRIPTS := tests/layers.sh $(wildcard tests/e2e/*.sh)
# T=name: only those are built and run
CHOSEN   = $(if $(T),$(filter %$(T),$(TESTS)),$(TESTS))
SHELL   := /bin/bash
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
DB      ?= build/demo.db
HW      := h100-sxm h200-sxm l4 hypothetical
SAMPLES := traces/samples/h100
LIB     := $(BUILD)/libdecodesim.a

.PHONY: all tests unit help deps test-deps lint-deps test run-tests test-sanitized run-unit lint \
        run-lint format repeat run-repeat digests bench run-bench calibrate demo run-demo clean FORCE
.DELETE_ON_ERROR:
# no object is removed after the build
.SECONDARY:

all: decodesim

# of the build asked for, whichever was copied there last
decodesim: $(BUILD)/decodesim FORCE
	$(Q)cmp -s $< $@ || cp -f $< $@

$(BUILD)/decodesim: $(CLI_OBJ) $(LIB)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LDLIBS)

$(LIB): $(LIB_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC      $<")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

# the schema's versions are built in as bytes
$(BUILD)/sim/store/%.c: sim/store/%.sql Makefile
	@mkdir -p $(@D)
	$(Q){ echo 'extern const char store_$*_sql[]; const char store_$*_sql[] ='; \
	  sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $<; echo ';'; } > $@

$(SCHEMAS): %.o: %.c
	$(Q)$(CC) -std=c11 $(OPT) -Wno-overlength-strings -c $< -o $@

$(BUILD)/tests/%: tests/%.c $(LIB) Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< $(LIB) -o $@ -lcmocka $(LDLIBS)

tests: $(TESTS)

# ---- front door ---------------------------------------------------------------------------------

help:
	@echo 'make                build ./decodesim'
	@echo 'make demo           install what is missing, build, import, validate and replay the bundled traces'
	@echo 'make test           install what is missing, build, run all tests (T=name: only those)'
	@echo 'make test-sanitized the test programs under ASan and UBSan (SAN=thread for another)'
	@echo 'make lint           clang-format, clang-tidy, layer check'
	@echo 'make repeat         digests of every trace x device x launch mode, sweeps, plans: gcc, clang, -O0, -O3'
	@echo 'make bench          rates of engine, import and store beside the limits of this machine'
	@echo 'make fuzz           fuzz every reader with libFuzzer (FUZZ=name, SECONDS_EACH=60); fuzz-replay: its corpora'
	@echo 'make microbench     build the GPU microbenchmarks; make decode: the bundled decode run (both need nvcc)'
	@echo 'make gpu-validate   on a machine with a GPU: measure, trace, calibrate, validate, report'
	@echo 'make calibrate      make the device files h100-sxm and h200-sxm anew from the bundled data'
	@echo 'make format         clang-format every source in place'
	@echo 'make clean'
	@echo 'knobs: CC=gcc|clang  OPT=-O2  SAN=address,undefined  MPI=1  V=1  T=test  DB=file'

deps:
	@.ci/deps build

test-deps:
	@.ci/deps test

lint-deps:
	@.ci/deps lint

# pkg-config may only just have been installed, so the flags are read anew by a second make
test: test-deps
	$(Q)$(MAKE) --no-print-directory run-tests

run-tests: decodesim $(CHOSEN)
	$(Q)tests/run.sh $(if $(T),$(filter %$(T).sh,$(SCRIPTS)),$(SCRIPTS)) $(CHOSEN)

test-sanitized: test-deps
	$(Q)$(MAKE) --no-print-directory SAN=$(or $(SAN),address$(COMMA)undefined) OPT=-O1 run-unit

run-unit: $(CHOSEN)
	$(Q)tests/run.sh $(CHOSEN)

unit: run-unit

lint: lint-deps
	$(Q)$(MAKE) --no-print-directory run-lint

# paths that the analyzer follows in a function: a third of its default, a third of the time
TIDY_LIMIT = $(foreach a,-Xclang -analyzer-config -Xclang max-nodes=40000,--extra-arg=$(a))

C_FILES = $(shell git ls-files '*.c' '*.h')

run-lint:
	@echo '  FORMAT'; clang-format --dry-run -Werror $(C_FILES)
	@echo '  LAYERS'; tests/layers.sh
	@echo '  TIDY'; printf '%s\n' $(filter-out tests/%,$(filter %.c,$(C_FILES))) | \
	  xargs -P 2 -I{} clang-tidy --quiet $(TIDY_LIMIT) {} -- -std=c11 $(CPPFLAGS) 2>/dev/null

format:
	clang-format -i $(C_FILES)

repeat: test-deps
	$(Q)$(MAKE) --no-print-directory run-repeat

REPEAT := gcc:-O0 gcc:-O3 clang:-O0 clang:-O3

run-repeat:
	$(Q)for b in $(REPEAT); do \
	  $(MAKE) --no-print-directory CC=$${b%%:*} OPT=$${b#*:} digests || exit 1; done
	$(Q)sums=$$(for b in $(REPEAT); do sha256sum < build/$${b%%:*}$${b#*:}/digests.txt; done | sort -u); \
	  lines=$$(wc -l < build/gcc-O0/digests.txt); \
	  if [ $$(echo "$$sums" | wc -l) -eq 1 ] && [ $$lines -gt 0 ]; then \
	    echo "$$lines digests equal across $(REPEAT)"; \
	  else echo 'digests differ:'; diff build/gcc-O0/digests.txt build/clang-O3/digests.txt | head; exit 1; fi

digests: $(BUILD)/tests/bench/digests $(BUILD)/decodesim
	$(Q)$< $(SAMPLES)/*.json.gz > $(BUILD)/digests.txt
	$(Q)for file in workloads/sweeps/*.yaml; do \
	  $(BUILD)/decodesim sweep $$file --no-store | grep digest || exit 1; done >> $(BUILD)/digests.txt
	$(Q)$(BUILD)/decodesim serve workloads/serving/chat.yaml --no-store >> $(BUILD)/digests.txt
	$(Q)$(BUILD)/decodesim plan workloads/plans/chat.yaml --no-store >> $(BUILD)/digests.txt
	$(Q)$(BUILD)/decodesim sensitivity --model llama-3.1-8b --hw h100-sxm --global \
	  >> $(BUILD)/digests.txt

bench: deps
	$(Q)$(MAKE) --no-print-directory OPT=-O3 run-bench

BENCHES := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/bench_*.c))

run-bench: $(BENCHES)
	$(Q)for b in $(BENCHES); do $$b || exit 1; done

calibrate: decodesim
	./decodesim calibrate --hw h100-sxm --microbench validate/cases/h100/microbench.json \
	  --steps validate/cases/h100/steps.json --lowered hf-static,compiled $(SAMPLES)/*.json.gz -o build/h100-sxm.yaml
	cp build/h100-sxm.yaml hwmodels/devices/h100-sxm.yaml
	./decodesim calibrate --hw h200-sxm --microbench validate/cases/h200/microbench.json -o build/h200-sxm.yaml
	cp build/h200-sxm.yaml hwmodels/devices/h200-sxm.yaml

demo: deps
	$(Q)$(MAKE) --no-print-directory run-demo

run-demo: decodesim
	@mkdir -p $(dir $(DB)) && rm -f $(DB) $(DB)-wal $(DB)-shm
	@echo '== import: real H100 decode traces'
	./decodesim import --db $(DB) $(SAMPLES)/*-shapes.json.gz
	./decodesim import --db $(DB) $(SAMPLES)/llama-3.1-8b-b1-c2048-graph.json.gz --shapes llama-3.1-8b-b1-c2048-shapes
	@echo; echo '== validate: each model predicted by a fit that has not seen it'
	./decodesim validate --db $(DB) --hw h100-sxm --leave-one-out $(notdir $(basename $(basename $(wildcard $(SAMPLES)/*-shapes.json.gz))))
	@echo; echo '== replay: one step of llama-3.1-8b on real and imagined GPUs'
	$(Q)for hw in $(HW); do for launch in eager graph; do \
	  ./decodesim replay --db $(DB) llama-3.1-8b-b1-c2048-shapes --hw $$hw --launch $$launch || exit 1; done; done
	@echo; echo '== the traced CUDA graph itself, and the model on it'
	./decodesim replay --db $(DB) llama-3.1-8b-b1-c2048-graph --hw recorded --launch as-traced
	@echo; echo '== all of it is in $(DB)'
	./decodesim sql --db $(DB) 'SELECT trace, hw, launch, round(step_ms, 3) AS step_ms, round(100 * floor_fraction, 1) AS floor_pct, round(host_part_ms, 2) AS host, round(gap_ms, 2) AS gap, round(fixed_ms, 2) AS fixed, round(hbm_ms, 2) AS hbm, round(compute_ms, 2) AS compute FROM runs'

clean:
	rm -rf build decodesim

# parts with build rules of their own: the tracer, CUDA programs, fuzzing
-include traces/tracer/tracer.mk validate/bench/bench.mk tests/fuzz/fuzz.mk tests/tracer/tracer_tests.mk

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
