# attune: build, tests, lint, benchmarks, installation.  `make help` lists all.

PREFIX ?= /usr/local
CFLAGS ?= -O3 -march=native
FLAVOUR ?= release
SANITIZE ?=
VERSION := 0.1.0

packages := sndfile samplerate fftw3 openblas jansson libutf8proc
# A missing package is named, with the command that installs it, before the
# compiler trips over its header.  Targets that need no package skip the check.
bare := clean help setup lint format quickstart
ifneq ($(filter-out $(bare),$(or $(MAKECMDGOALS),all)),)
missing := $(shell command -v pkg-config >/dev/null || echo pkg-config; \
    for p in $(packages); do pkg-config --exists $$p 2>/dev/null || echo $$p; done)
endif

floors := audio model/kernel model/layer model/text model/encoder \
    model/pretrain model/ctc model/store model/data model/train model
sources := $(foreach f,$(floors),$(wildcard $(f)/*.c))
commands := $(wildcard recipes/commands/*.c)
test_support := $(wildcard tests/*.c)
unit_tests := $(shell find tests -name 'test_*.c' 2>/dev/null | sort)
gradient_tests := $(shell find tests -name 'grad_*.c' 2>/dev/null | sort)
shell_tests := $(shell find tests -name 'test_*.sh' 2>/dev/null | sort)
benches := $(shell find tests -name 'bench_*.c' 2>/dev/null | sort)

build := build/$(FLAVOUR)
sanitize_flags := $(if $(SANITIZE),-fsanitize=$(SANITIZE) \
    -fno-omit-frame-pointer -fno-sanitize-recover=all)
double_flags := $(if $(filter double%,$(FLAVOUR)),-DATTUNE_DOUBLE)
all_cflags := -std=c11 -D_GNU_SOURCE -DATTUNE_VERSION='"$(VERSION)"' -I. \
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
    -fno-math-errno -fno-trapping-math -fopenmp-simd -pthread \
    $(shell pkg-config --cflags $(packages) 2>/dev/null) \
    $(CFLAGS) $(sanitize_flags) $(double_flags)
libraries := $(shell pkg-config --libs $(packages) 2>/dev/null) -lm -pthread

objects := $(sources:%.c=$(build)/%.o)
command_objects := $(commands:%.c=$(build)/%.o)
support_objects := $(test_support:%.c=$(build)/%.o)

.PHONY: all check-packages
.SECONDARY:
.DELETE_ON_ERROR:

all: build/$(FLAVOUR)/attune ## build the program (build/release/attune)

check-packages:
ifneq ($(missing),)
	@echo "attune: missing: $(missing)" >&2
	@echo "attune: install what is missing with: make setup" >&2
	@false
endif

$(build)/attune: $(command_objects) $(build)/libattune.a
	$(CC) $(all_cflags) $(LDFLAGS) -o $@ $^ $(libraries)

$(build)/libattune.a: $(objects)
	rm -f $@
	$(AR) rcs $@ $^

$(build)/%.o: %.c Makefile | check-packages
	@mkdir -p $(@D)
	$(CC) $(all_cflags) -MMD -MP -c -o $@ $<

# Any one C test or benchmark: make build/release/tests/audio/test_fbank
$(build)/tests/%: $(build)/tests/%.o $(support_objects) $(build)/libattune.a
	$(CC) $(all_cflags) $(LDFLAGS) -o $@ $^ -lcmocka $(libraries)

-include $(shell find build -name '*.d' 2>/dev/null)
