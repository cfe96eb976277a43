# attune: build, tests, lint, benchmarks, installation.  `make help` lists all.

PREFIX ?= /usr/local
CFLAGS ?= -O3 -march=native
OBJCOPY ?= objcopy
MPI ?=
FLAVOUR ?= $(if $(MPI),mpi,release)
SANITIZE ?=
VERSION := 0.1.0
DATE := 2026-11-25

packages := sndfile samplerate fftw3 openblas jansson libutf8proc zlib \
    $(if $(MPI),ompi-c)
# A missing package is named, with the command that installs it, before the
# compiler trips over its header.  Targets that need no package skip the check.
bare := clean help setup lint format quickstart test uninstall
ifneq ($(filter-out $(bare),$(or $(MAKECMDGOALS),all)),)
missing := $(shell command -v pkg-config >/dev/null || echo pkg-config; \
    for p in $(packages); do pkg-config --exists $$p 2>/dev/null || echo $$p; done)
endif

floors := audio model/kernel model/layer model/text model/encoder \
    model/pretrain model/ctc model/store model/data model/train model
sources := $(foreach f,$(floors),$(wildcard $(f)/*.c))
commands := $(wildcard recipes/commands/*.c)
verbs := $(patsubst recipes/commands/cmd_%.c,%,$(filter \
    recipes/commands/cmd_%.c,$(commands)))
test_support := $(wildcard tests/*.c)
unit_tests := $(shell find tests -name 'test_*.c' 2>/dev/null | sort)
gradient_tests := $(shell find tests -name 'grad_*.c' 2>/dev/null | sort)
shell_tests := $(shell find tests -name 'test_*.sh' 2>/dev/null | sort)
benches := $(shell find tests -name 'bench_*.c' 2>/dev/null | sort)
fuzzers := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_SECONDS ?= 60

build := build/$(FLAVOUR)
sanitize_flags := $(if $(SANITIZE),-fsanitize=$(SANITIZE) \
    -fno-omit-frame-pointer -fno-sanitize-recover=all)
double_flags := $(if $(filter double%,$(FLAVOUR)),-DATTUNE_DOUBLE)
# (pass-failed: clang says of some `omp simd` loops that it leaves them scalar.)
all_cflags := -std=c11 -D_GNU_SOURCE -DATTUNE_VERSION='"$(VERSION)"' \
    -DATTUNE_DATE='"$(DATE)"' -I. \
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
    -Wno-pass-failed -fno-math-errno -fno-trapping-math -fopenmp-simd -pthread \
    -fPIC -fvisibility=hidden \
    $(shell pkg-config --cflags $(packages) 2>/dev/null) \
    $(CFLAGS) $(sanitize_flags) $(double_flags) $(if $(MPI),-DATTUNE_MPI)
libraries := $(shell pkg-config --libs $(packages) 2>/dev/null) -lm -pthread

objects := $(sources:%.c=$(build)/%.o)
command_objects := $(commands:%.c=$(build)/%.o)
support_objects := $(test_support:%.c=$(build)/%.o)

# The library as it is installed: model/attune.h, and nothing else is seen of it
# from outside. ($(build)/libattune.a is for the program and the tests.)
abi := 0
shared_library := $(build)/lib/libattune.so.$(abi)
static_library := $(build)/lib/libattune.a

# Pages of the manual and completion, which the program knows itself.
papers := $(build)/man/attune.1 $(verbs:%=$(build)/man/attune-%.1) \
    $(build)/completion.bash $(build)/completion.fish

.PHONY: all check-packages setup test run-tests programs gradients threads \
    fuzz fuzz-programs quickstart install uninstall lint format bench clean help
.SECONDARY:
.DELETE_ON_ERROR:

all: $(build)/attune $(shared_library) $(static_library) $(papers) ## build the program (MPI=1: for more machines) and the library

check-packages:
ifneq ($(missing),)
	@echo "attune: missing: $(missing)" >&2
	@echo "attune: install what is missing with: make setup$(if $(MPI), MPI=1)" >&2
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

$(build)/tests/fuzz/%: $(build)/tests/fuzz/%.o $(build)/libattune.a
	$(CC) $(all_cflags) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(libraries)

$(shared_library): $(build)/model/attune.o $(build)/libattune.a
	@mkdir -p $(@D)
	$(CC) $(all_cflags) $(LDFLAGS) -shared -Wl,-soname,$(@F) \
	    -Wl,--as-needed $(if $(SANITIZE),,-Wl,-z,defs) -o $@ $^ $(libraries)
	ln -sf $(@F) $(@D)/libattune.so

# One object of all that attune.o needs; what is hidden becomes its own.
$(static_library): $(build)/model/attune.o $(build)/libattune.a
	@mkdir -p $(@D)
	$(CC) -r -nostdlib -o $(@D)/attune.o $^
	$(OBJCOPY) --localize-hidden $(@D)/attune.o
	rm -f $@
	$(AR) rcs $@ $(@D)/attune.o

$(build)/man/attune.1: $(build)/attune
	@mkdir -p $(@D)
	$< help --man >$@

$(build)/man/attune-%.1: $(build)/attune
	@mkdir -p $(@D)
	$< help --man $* >$@

$(build)/completion.%: $(build)/attune
	$< help --completion $* >$@

# ---- Running ----

setup: ## install the Debian packages that the build and the recipes need
	recipes/setup.sh $(if $(MPI),mpi)

quickstart: ## all set-up, then the main job on real speech, in ten minutes
	@recipes/setup.sh
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@recipes/quickstart/run.sh

# ---- Tests ----
#
# Unit and shell tests run on two builds: as released, and under the address
# and undefined-behaviour sanitizers. Gradients are checked with real = double,
# and what threads share under the thread sanitizer. With MPI where it is there.

test_programs := $(unit_tests:%.c=$(build)/%)
gradient_programs := $(gradient_tests:%.c=$(build)/%)
thread_programs := $(patsubst %.c,$(build)/%,$(filter \
    tests/audio/test_frontend.c tests/audio/test_sound_bad.c \
    tests/model/kernel/test_team.c tests/model/pretrain/test_kmeans.c \
    tests/model/data/test_features.c \
    tests/model/train/% tests/model/test_recogniser.c \
    tests/model/test_stream.c tests/model/test_attune.c,$(unit_tests)))
checked := CFLAGS='-O1 -g' SANITIZE=address,undefined FLAVOUR=checked
threaded := CFLAGS='-O1 -g' SANITIZE=thread FLAVOUR=threaded
doubled := FLAVOUR=double
mpi := MPI=1 FLAVOUR=mpi

programs: $(build)/attune $(test_programs)
gradients: $(gradient_programs)
threads: $(build)/attune $(thread_programs)

test: ## all set-up, then all tests
	@recipes/setup.sh test
	@$(MAKE) --no-print-directory run-tests

run-tests:
	@$(MAKE) --no-print-directory -j$$(nproc) all programs
	@$(MAKE) --no-print-directory -j$$(nproc) gradients $(doubled)
	@$(MAKE) --no-print-directory -j$$(nproc) programs $(checked)
	@$(MAKE) --no-print-directory -j$$(nproc) threads $(threaded)
	@! pkg-config --exists ompi-c || \
	    $(MAKE) --no-print-directory -j$$(nproc) all $(mpi)
	@tests/run.sh build/logs $(shell_tests) \
	    $(patsubst %.c,build/double/%,$(gradient_tests)) \
	    $(patsubst %.c,build/release/%,$(unit_tests)) \
	    $(patsubst %.c,build/checked/%,$(unit_tests)) \
	    $(patsubst $(build)/%,build/threaded/%,$(thread_programs))

# tests/fuzz/fuzz_X.c begins from what is in tests/fuzz/corpus/X, and what breaks
# it is kept there; other inputs that lead somewhere new are kept in build.
fuzzed := CC=clang CFLAGS='-O1 -g' FLAVOUR=fuzz \
    SANITIZE=fuzzer-no-link,address,undefined

fuzz-programs: $(fuzzers:%.c=$(build)/%)

fuzz: ## readers meet made-up files, FUZZ_SECONDS=60 each (needs clang)
	@$(MAKE) --no-print-directory -j$$(nproc) fuzz-programs $(fuzzed)
	@for f in $(fuzzers:tests/fuzz/fuzz_%.c=%); do \
	    mkdir -p build/fuzz/corpus/$$f; \
	    build/fuzz/tests/fuzz/fuzz_$$f -max_total_time=$(FUZZ_SECONDS) \
	        -timeout=60 -print_final_stats=1 \
	        -artifact_prefix=tests/fuzz/corpus/$$f/ build/fuzz/corpus/$$f \
	        tests/fuzz/corpus/$$f || exit 1; done

bench: $(benches:%.c=$(build)/%) $(build)/attune ## benchmarks, kept in build/bench.tsv; ATTUNE_PYTHON=PYTHON: against PyTorch
	@: >build/bench.tsv
	@for b in $(benches:%.c=$(build)/%); do \
	    OPENBLAS_NUM_THREADS=1 BENCH_TABLE=build/bench.tsv $$b || exit 1; done

# ---- The source ----

lint: ## check the layout, the scripts and the format of the source
	tests/lint.sh

format: ## format the C source
	clang-format -i $$(git ls-files '*.c' '*.h')

# ---- Installation ----

prefix = $(DESTDIR)$(PREFIX)
bash_completion = $(prefix)/share/bash-completion/completions/attune
fish_completion = $(prefix)/share/fish/vendor_completions.d/attune.fish

install: all ## install program, manual and library (PREFIX, DESTDIR)
	install -D -m 755 $(build)/attune '$(prefix)/bin/attune'
	install -D -m 644 model/attune.h '$(prefix)/include/attune.h'
	install -d '$(prefix)/lib/pkgconfig'
	install -m 644 $(shared_library) $(static_library) '$(prefix)/lib'
	ln -sf libattune.so.$(abi) '$(prefix)/lib/libattune.so'
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' \
	    'includedir=$${prefix}/include' '' 'Name: attune' \
	    'Description: speech to text that learns from your recordings' \
	    'Version: $(VERSION)' 'Cflags: -I$${includedir}' \
	    'Libs: -L$${libdir} -lattune' 'Libs.private: $(libraries)' \
	    >'$(prefix)/lib/pkgconfig/attune.pc'
	install -d '$(prefix)/share/man/man1'
	install -m 644 $(filter %.1,$(papers)) '$(prefix)/share/man/man1'
	install -D -m 644 $(build)/completion.bash '$(bash_completion)'
	install -D -m 644 $(build)/completion.fish '$(fish_completion)'
	$(if $(DESTDIR),,$(if $(filter /usr /usr/local,$(PREFIX)),-ldconfig))

uninstall: ## remove them
	rm -f '$(prefix)/bin/attune' '$(bash_completion)' '$(fish_completion)' \
	    '$(prefix)/include/attune.h' '$(prefix)/lib/pkgconfig/attune.pc' \
	    $(patsubst %,'$(prefix)/lib/libattune.%',a so so.$(abi)) \
	    $(patsubst $(build)/man/%,'$(prefix)/share/man/man1/%', \
	    $(filter %.1,$(papers)))

clean: ## remove what was built
	rm -rf build

help: ## this text
	@echo 'make [TARGET] [CC=...] [CFLAGS=...] [PREFIX=...] [DESTDIR=...]'
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | \
	    while IFS=$$(printf '\t') read -r t h; do printf '  %-12s %s\n' "$$t" "$$h"; done

-include $(shell find build -name '*.d' 2>/dev/null)
