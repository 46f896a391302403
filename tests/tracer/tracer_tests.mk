# The tracer's tests: a fake libcuda, libcupti and libnvidia-ml, the program that runs on them, and
# the checker of logs. tests/e2e/tracer.sh plays the scenarios, tests/tracer/sanitized.sh under ASan,
# UBSan and TSan.

FAKE := $(BUILD)/tests/tracer
FAKE_HEADERS := $(wildcard tests/tracer/*.h) traces/log.h traces/tracer/cupti_abi.h Makefile \
                tests/tracer/tracer_tests.mk
FAKE_CUPTI_SRC := tests/tracer/fakecupti.c tests/tracer/fakebuffer.c tests/tracer/fakerecord.c \
                  tests/tracer/fakemarker.c
FAKE_APP_SRC := tests/tracer/fakeapp.c tests/tracer/app_cuda.c tests/tracer/app_nvtx.c \
                tests/tracer/app_device.c tests/tracer/app_process.c tests/tracer/app_profiler.c \
                tests/tracer/app_recorded.c
FAKES := $(FAKE)/libcuda.so.1 $(FAKE)/libnvidia-ml.so.1 $(FAKE)/libcupti.so.13 \
         $(FAKE)/old/libcupti.so.13 $(FAKE)/fakeapp $(FAKE)/logcheck
# a library that is loaded at run time: its name inside is its file's
FAKE_CC = $(CC) $(filter-out -MMD -MP,$(CPPFLAGS)) $(CFLAGS) $(LDFLAGS)
FAKE_LINK = $(FAKE_CC) -fPIC -shared -Wl,-soname,$(@F) $(filter %.c,$^) -o $@ -ldl -lpthread

.PHONY: tracer-tests

tracer-tests: $(FAKES) $(BUILD)/libdecodesim-tracer.so

$(FAKE)/libcuda.so.1: tests/tracer/fakecuda.c $(FAKE_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(FAKE_LINK)

$(FAKE)/libnvidia-ml.so.1: tests/tracer/fakenvml.c $(FAKE_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(FAKE_LINK)

$(FAKE)/libcupti.so.13: $(FAKE_CUPTI_SRC) $(FAKE_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(FAKE_LINK)

$(FAKE)/old/libcupti.so.13: $(FAKE_CUPTI_SRC) $(FAKE_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(FAKE_LINK) -DFAKE_OLD

$(FAKE)/fakeapp: $(FAKE_APP_SRC) $(FAKE_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(FAKE_CC) $(filter %.c,$^) -o $@ -ldl -lpthread

# a tool of the tests: without the sanitizers, which cost more than it does
$(FAKE)/logcheck: tests/tracer/logcheck.c tests/tracer/logcheck_take.c tests/tracer/logcheck_text.c \
                 $(FAKE_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(filter-out -fsanitize% -fno-sanitize%,$(FAKE_CC)) $(filter %.c,$^) -o $@ -lz

# the scripts find what they run beside the program that they were built with
run-tests run-unit: export DECODESIM_BUILD := $(BUILD)
run-tests run-bench: tracer-tests
# with `make test-sanitized`, whose builds it shares in part
ifneq ($(SAN),)
TESTS += tests/tracer/sanitized.sh
endif
