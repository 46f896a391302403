# The bundled GPU programs and `make gpu-validate`. Included by the Makefile.
#
#   make microbench      build/.../microbench: measures one GPU (needs nvcc; says so where there is none)
#   make gpu-validate    on a machine with a GPU: build, measure, trace, calibrate, validate, report; see
#                        validate/bench/gpu_validate.sh for what it does and the variables it takes
#
# Knobs: CUDA=/usr/local/cuda   the toolkit; where it has no nvcc, the one on PATH
#        ARCH='-gencode ...'    what to compile for; default sm_80, sm_89, sm_90 and PTX of the newest

CUDA    ?= /usr/local/cuda
NVCC    := $(or $(wildcard $(CUDA)/bin/nvcc),$(shell command -v nvcc 2>/dev/null))
ARCH    ?= -gencode arch=compute_80,code=sm_80 -gencode arch=compute_89,code=sm_89 \
           -gencode arch=compute_90,code=sm_90 -gencode arch=compute_90,code=compute_90

MICRO     := validate/bench/micro
MICRO_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(MICRO)/*.c))
MICRO_CU  := $(patsubst %.cu,$(BUILD)/%.cu.o,$(wildcard $(MICRO)/*.cu))
MICRO_NVCC := -std=c++17 -O2 -I. -D_GNU_SOURCE --Werror all-warnings \
              -Xcompiler -Wall,-Wextra,-Wshadow,-Wno-unused-parameter,-fno-omit-frame-pointer

.PHONY: microbench gpu-validate

ifeq ($(NVCC),)
microbench:
	@echo 'no nvcc (CUDA=$(CUDA)): microbench was not built'
else
microbench: $(BUILD)/microbench
endif

$(BUILD)/microbench: $(MICRO_CU) $(MICRO_OBJ) $(LIB)
	$(if $(Q),@echo "  NVLINK  $@")
	$(Q)$(NVCC) $(ARCH) $(if $(SAN),-Xcompiler -fsanitize=$(SAN)) $^ -o $@ $(LDLIBS)

$(BUILD)/$(MICRO)/%.cu.o: $(MICRO)/%.cu validate/bench/bench.mk
	@mkdir -p $(@D)
	$(if $(Q),@echo "  NVCC    $<")
	$(Q)$(NVCC) $(MICRO_NVCC) $(ARCH) -MMD -MF $(@:.o=.d) -c $< -o $@

# its test links what it tests
$(BUILD)/tests/unit/test_micro: $(MICRO_OBJ)
$(BUILD)/tests/unit/test_micro: LDLIBS := $(MICRO_OBJ) $(LDLIBS)

# ---- the report and gpu-validate --------------------------------------------------------------------

REPORT     := validate/bench/report
REPORT_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(REPORT)/main.c,$(wildcard $(REPORT)/*.c)))

$(BUILD)/gpu-report: $(BUILD)/$(REPORT)/main.o $(REPORT_OBJ) $(LIB)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LDLIBS)

$(BUILD)/tests/unit/test_gpu_report: $(REPORT_OBJ)
$(BUILD)/tests/unit/test_gpu_report: LDLIBS := $(REPORT_OBJ) $(LDLIBS)

run-tests: $(BUILD)/gpu-report $(if $(NVCC),$(BUILD)/microbench)

gpu-validate:
	$(Q)BUILD=$(BUILD) MAKE='$(MAKE)' validate/bench/gpu_validate.sh

run-lint: lint-cu

.PHONY: lint-cu
lint-cu:
	@echo '  FORMAT (CUDA)'; clang-format --dry-run -Werror $$(git ls-files '*.cu')

-include validate/bench/decode/decode.mk
