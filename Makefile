# decodesim: build, test, check. `make help` lists the targets and knobs.

CC      ?= gcc
ifeq ($(origin CC),default)
CC      := gcc
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
ifneq ($(SAN),)
CFLAGS  += -fsanitize=$(SAN) -fno-sanitize-recover=all
LDFLAGS += -fsanitize=$(SAN)
endif
Q       := $(if $(filter 1,$(V)),,@)

LIB_SRC := $(wildcard sim/core/*.c hwmodels/*.c workloads/*.c traces/*.c sim/store/*.c \
             validate/*.c sim/report/*.c)
CLI_SRC := $(wildcard sim/cli/*.c)
TEST_SRC:= $(wildcard tests/unit/test_*.c tests/conformance/test_*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o) $(BUILD)/sim/store/schema.o
CLI_OBJ := $(CLI_SRC:%.c=$(BUILD)/%.o)
TESTS   := $(TEST_SRC:%.c=$(BUILD)/%)
LIB     := $(BUILD)/libdecodesim.a

.PHONY: all tests unit
.DELETE_ON_ERROR:

all: decodesim

decodesim: $(BUILD)/decodesim
	$(Q)cp -f $< $@

$(BUILD)/decodesim: $(CLI_OBJ) $(LIB)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LDLIBS)

$(LIB): $(LIB_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC      $<")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

# the schema is built in as bytes
$(BUILD)/sim/store/schema.c: sim/store/schema.sql
	@mkdir -p $(@D)
	$(Q){ echo 'extern const char store_schema_sql[]; const char store_schema_sql[] ='; \
	  sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $<; echo ';'; } > $@

$(BUILD)/sim/store/schema.o: $(BUILD)/sim/store/schema.c
	$(Q)$(CC) -std=c11 $(OPT) -Wno-overlength-strings -c $< -o $@

$(BUILD)/tests/%: tests/%.c $(LIB) Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< $(LIB) -o $@ -lcmocka $(LDLIBS)

tests: $(TESTS)

# T=name runs one
unit: $(TESTS)
	$(Q)fail=0; for t in $(if $(T),$(filter %$(T),$(TESTS)),$(TESTS)); do $$t || fail=1; done; exit $$fail

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
