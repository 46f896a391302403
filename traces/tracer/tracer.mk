# The tracer: a shared library of its own, in position-independent objects beside those of the rest.

CUDA          ?= /usr/local/cuda
TRACER_SO     := libdecodesim-tracer.so
TRACER_SRC    := $(wildcard traces/tracer/*.c)
TRACER_PIC    := $(BUILD)/traces/tracer/pic
TRACER_OBJ    := $(TRACER_SRC:traces/tracer/%.c=$(TRACER_PIC)/%.o) $(TRACER_PIC)/step_names.o
TRACER_CFLAGS := -fPIC -fvisibility=hidden
# nodelete: NVTX unloads a library that it does not need, and ours has threads and handlers
TRACER_LDFLAGS:= -shared -Wl,-z,nodelete -Wl,-soname,$(TRACER_SO)
ifeq ($(SAN),)
TRACER_LDFLAGS+= -Wl,-z,defs
endif

all: $(TRACER_SO)

run-tests: $(TRACER_SO)

# of the build asked for, whichever was copied there last
$(TRACER_SO): $(BUILD)/$(TRACER_SO) FORCE
	$(Q)cmp -s $< $@ || cp -f $< $@

$(BUILD)/$(TRACER_SO): $(TRACER_OBJ) traces/tracer/tracer.mk
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(TRACER_LDFLAGS) $(TRACER_OBJ) -o $@ -lpthread -ldl

$(TRACER_PIC)/%.o: traces/tracer/%.c Makefile traces/tracer/tracer.mk
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC      $< (pic)")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(TRACER_CFLAGS) -c $< -o $@

$(TRACER_PIC)/step_names.o: traces/step_names.c Makefile traces/tracer/tracer.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(TRACER_CFLAGS) -c $< -o $@

clean: clean-tracer

.PHONY: clean-tracer
clean-tracer:
	rm -f $(TRACER_SO)

# tests of the tracer's parts; those of its interfaces look at the toolkit's headers, where there are any
TRACER_TESTS  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_tracer_*.c))
TRACER_LIB    := $(BUILD)/libtracer.a

$(TRACER_LIB): $(TRACER_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $^

$(TRACER_TESTS): $(TRACER_LIB)
$(TRACER_TESTS): LDLIBS := $(TRACER_LIB) $(LDLIBS)

ifneq ($(wildcard $(CUDA)/include/cupti.h),)
$(BUILD)/tests/unit/test_cupti_abi: CPPFLAGS += -isystem $(CUDA)/include
endif
