# A decode run without Python (validate/bench/decode): with CUDA the program decode, and in any case the
# same sources emulated on the CPU, which the tests run.

CUDA       ?= $(firstword $(wildcard /usr/local/cuda /opt/cuda))
NVCC       ?= $(if $(wildcard $(CUDA)/bin/nvcc),$(CUDA)/bin/nvcc,$(shell command -v nvcc 2>/dev/null))
# Ampere, Ada, Hopper, and what comes after from PTX
CUDA_ARCHS ?= 80 89 90
CUDA_PTX   ?= 90
DECODE     := validate/bench/decode
DECODE_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(filter-out %/main.c,$(wildcard $(DECODE)/*.c)))
DECODE_CU  := $(wildcard $(DECODE)/*.cu)
DECODE_HDR := $(wildcard $(DECODE)/*.cuh $(DECODE)/*.h)
NVCCFLAGS  := -std=c++17 -O3 -I. --Werror all-warnings -Xcompiler -Wall,-Wextra,-O2 \
              $(foreach a,$(CUDA_ARCHS),-gencode arch=compute_$(a),code=sm_$(a)) \
              -gencode arch=compute_$(CUDA_PTX),code=compute_$(CUDA_PTX)

.PHONY: decode
decode: $(if $(NVCC),$(BUILD)/decode)
	$(if $(NVCC),,@echo 'decode: skipped: no nvcc (set CUDA to the toolkit)')

$(BUILD)/$(DECODE)/%.cu.o: $(DECODE)/%.cu $(DECODE_HDR) Makefile
	@mkdir -p $(@D)
	$(if $(Q),@echo "  NVCC    $<")
	$(Q)$(NVCC) $(NVCCFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/decode: $(DECODE_CU:%.cu=$(BUILD)/%.cu.o) $(BUILD)/$(DECODE)/main.o $(DECODE_OBJ) $(LIB)
	$(Q)$(NVCC) $(foreach s,$(subst $(COMMA), ,$(SAN)),-Xcompiler -fsanitize=$(s)) $^ -o $@ -L$(CUDA)/lib64 \
	  -Xlinker -rpath=$(CUDA)/lib64 -lcublas $(LDLIBS)

# ---- without a GPU ------------------------------------------------------------------------------

CXX          ?= g++
EMULATED     := $(DECODE_CU:%.cu=$(BUILD)/%.emulated.o)
EMULATED_HDR := $(wildcard tests/gpu/*.h)
CXXFLAGS     := -std=c++17 $(OPT) -g -DDECODE_EMULATED -I. -Wall -Wextra -Werror \
                -fno-omit-frame-pointer $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)
GPU_TESTS    := $(patsubst %.cpp,$(BUILD)/%,$(wildcard tests/gpu/test_*.cpp))

$(BUILD)/$(DECODE)/%.emulated.o: $(DECODE)/%.cu $(DECODE_HDR) $(EMULATED_HDR) Makefile
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CXX     $<")
	$(Q)$(CXX) -x c++ $(CXXFLAGS) -MMD -MP -c $< -o $@

-include $(EMULATED:.o=.d) $(DECODE_CU:%.cu=$(BUILD)/%.cu.d)

$(BUILD)/decode-emulated: $(EMULATED) $(BUILD)/$(DECODE)/main.o $(DECODE_OBJ) $(LIB)
	$(Q)$(CXX) $(CXXFLAGS) $(LDFLAGS) $^ -o $@ $(LDLIBS)

$(BUILD)/tests/gpu/%: tests/gpu/%.cpp $(EMULATED) $(DECODE_OBJ) $(LIB) $(DECODE_HDR) $(EMULATED_HDR)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CXXFLAGS) $(LDFLAGS) $< $(EMULATED) $(DECODE_OBJ) $(LIB) -o $@ -lcmocka $(LDLIBS)

# a test in C of the parts in C
$(BUILD)/tests/unit/test_decode_%: tests/unit/test_decode_%.c $(DECODE_OBJ) $(LIB) Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< $(DECODE_OBJ) $(LIB) -o $@ -lcmocka $(LDLIBS)

# tests/e2e/decode.sh runs it
export DECODE_EMULATED := $(BUILD)/decode-emulated
TESTS += $(GPU_TESTS)
tests run-unit: $(GPU_TESTS)
run-tests: $(GPU_TESTS) $(BUILD)/decode-emulated
