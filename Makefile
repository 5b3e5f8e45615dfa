# exhibit: one binary, three static libraries, no file lists kept by hand.
#
#   make            build/exhibit            make test       all suites
#   make demo       analyse corpus/packages/inventory and say where the report is
#   make replay     every fuzz seed once     make fuzz       FUZZ_SECONDS each
#   make bench      ratios to other tools    make profile    where the time goes, by stage
#   make layers     the direction of includes
#   make cases      how many packages of other tools' making verify is held to
#   make thousand   1,000 cases by batch, killed ten times, against an undisturbed run
#   make lint       clang-format, clang-tidy, cppcheck
#   make install    PREFIX, DESTDIR          make deb        a Debian package
#   make tarball     one that runs where nothing is installed
#   make clean
#   SAN=1           address and undefined-behaviour sanitizers, in build/san
#   CC=clang        any target with clang, in build/clang

SHELL      := /bin/bash
.DEFAULT_GOAL := all
# V=1 shows the commands.
Q          := $(if $(V),,@)
say         = $(if $(V),@:,@echo '  $(1)')
PREFIX     ?= /usr/local
VERSION    := 0.1.0
CC         := $(if $(filter default,$(origin CC)),gcc,$(CC))
CXX        := $(subst gcc,g++,$(subst clang,clang++,$(CC)))
OUT        := build$(if $(findstring clang,$(CC)),/clang)$(if $(SAN),/san)
FUZZ_SECONDS ?= 60

# -- what Debian 12 must have; `make deps` installs what is missing ------------------
BUILD_DEPS := gcc g++ pkg-config libarchive-dev libssl-dev libjansson-dev libsimdjson-dev \
              libyaml-dev libprotobuf-c-dev protobuf-c-compiler libmagic-dev libzstd-dev \
              liblzma-dev libisal-dev libsqlite3-dev libpcre2-dev libyara-dev tzdata
TEST_DEPS  := libcriterion-dev clang libclang-rt-14-dev python3 jq openssl zstd xz-utils \
              bzip2 lz4 zip p7zip-full cpio sqlite3 gdb gdb-multiarch binutils openssh-client \
              gnupg minisign signify-openbsd criu chromium chromium-driver sleuthkit cmark-gfm hashdeep \
              libarchive-tools slurmctld slurmd slurm-client munge strace \
              python3-jsonschema
LINT_DEPS  := clang-format clang-tidy cppcheck shellcheck
BENCH_DEPS := python3 rhash hashdeep libarchive-tools openssl jq gzip pigz isal zstd

# -- flags ---------------------------------------------------------------------------
LIBS     := libarchive libcrypto jansson simdjson yaml-0.1 libprotobuf-c libmagic libzstd \
            liblzma libisal sqlite3 libpcre2-8 yara
comma    := ,
WARN     := -Wall -Wextra -Wshadow -Wconversion -Werror
OPT      := -O2 -g $(if $(SAN),-O1 -fsanitize=address$(comma)undefined \
            -fno-sanitize-recover=all -fno-omit-frame-pointer,-fstack-protector-strong \
            -D_FORTIFY_SOURCE=2)
CPPFLAGS := -I. -I$(OUT) -D_GNU_SOURCE -DEXHIBIT_VERSION='"$(VERSION)"'
CFLAGS   := -std=c17 $(WARN) -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wcast-qual $(OPT)
# The C++ part of the sanitizer is not linked: one file of C++ does not need it.
CXXFLAGS := -std=c++17 $(WARN) $(OPT) \
            $(if $(findstring clang,$(CC)),-fno-sanitize=vptr$(comma)function)
DEPFLAGS  = -MMD -MP -MF $(@:.o=.d)
LDFLAGS  := $(if $(SAN),-fsanitize=address$(comma)undefined)
LDLIBS    = $(shell pkg-config --libs $(LIBS)) -lstdc++ -lm -lpthread

# -- files ---------------------------------------------------------------------------
find      = $(sort $(shell find $(1) -name '$(2)' 2>/dev/null))
PROTO    := $(call find,formats,*.proto)
PROTO_C  := $(PROTO:%.proto=$(OUT)/%.pb-c.c)
objects   = $(patsubst %,$(OUT)/%.o,$(call find,$(1),*.c) $(call find,$(1),*.cc))
FORMATS  := $(call objects,formats) $(PROTO_C:.c=.o)
VERIFY   := $(call objects,verify)
ANALYZE  := $(filter-out $(OUT)/analyze/main.c.o,$(call objects,analyze))
# Rules, schema and the report's page are compiled in as data, from the files as they are.
DATA     := $(call find,analyze/rules/builtin,*.yml) $(call find,analyze/report,*.html) \
            $(call find,analyze/report,*.css) $(call find,analyze/report,*.js) \
            $(call find,analyze/layer,*.yar) \
            $(call find,analyze/report/schema,*.json) $(call find,analyze/casefile,*.sql)
LIB_F    := $(OUT)/libformats.a
LIB_V    := $(OUT)/libverify.a
LIB_A    := $(OUT)/libanalyze.a
BIN      := $(OUT)/exhibit

UNIT_F   := $(patsubst tests/%.c,$(OUT)/tests/%,$(call find,tests/formats,*.c))
UNIT_V   := $(patsubst tests/%.c,$(OUT)/tests/%,$(call find,tests/verify,*.c))
UNIT_A   := $(patsubst tests/%.c,$(OUT)/tests/%,$(call find,tests/analyze,*.c))
FUZZ_H   := $(wildcard tests/fuzz/*.h)
FUZZERS  := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAYS  := $(FUZZERS:%=$(OUT)/replay/%)

.PHONY: all cases demo test check unit cli browser replay fuzz fuzz-build bench thousand layers lint \
        format install deb tarball clean deps deps-build deps-test profile
.SECONDARY:
.DELETE_ON_ERROR:

# `demo` and `test` are the only commands a fresh machine needs: they install first.
demo: deps-build
	@$(MAKE) --no-print-directory all
	@tests/demo.sh $(BIN) $(OUT)/demo

test: deps-test
	@$(MAKE) --no-print-directory check

all: $(BIN)

# -- dependencies --------------------------------------------------------------------
deps: deps-test
deps-build: ; @tests/deps.sh $(BUILD_DEPS)
deps-test:  ; @tests/deps.sh $(BUILD_DEPS) $(TEST_DEPS)

# -- build ---------------------------------------------------------------------------
# Static libraries in this order make the linker prove that dependencies point down.
$(BIN): $(OUT)/analyze/main.c.o $(LIB_A) $(LIB_V) $(LIB_F)
	$(call say,LINK $@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIB_F): $(FORMATS)
$(LIB_V): $(VERIFY)
$(LIB_A): $(ANALYZE) $(OUT)/data.o
%.a:
	$(call say,AR   $@)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(OUT)/%.c.o: %.c
	@mkdir -p $(@D)
	$(call say,CC   $<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(OUT)/%.cc.o: %.cc
	@mkdir -p $(@D)
	$(call say,CXX  $<)
	$(Q)$(CXX) $(CPPFLAGS) $(CXXFLAGS) $(DEPFLAGS) -c -o $@ $<

# Generated code is not ours to warn about.
$(OUT)/%.pb-c.o: $(OUT)/%.pb-c.c
	$(Q)$(CC) $(CPPFLAGS) -std=c17 $(OPT) -w -c -o $@ $<
$(OUT)/%.pb-c.c: %.proto
	@mkdir -p $(@D)
	$(call say,PROTO $<)
	$(Q)protoc-c --c_out=$(OUT) $<
# Generated headers are there before anything that may include them is compiled.
$(FORMATS) $(VERIFY) $(ANALYZE) $(UNIT_F) $(UNIT_A) $(REPLAYS): | $(PROTO_C)

# data.c: a table of {name, bytes} over $(DATA) (analyze/data.h).
$(OUT)/data.c: $(DATA) tests/embed.sh
	@mkdir -p $(@D)
	@tests/embed.sh $(DATA) > $@
$(OUT)/data.o: $(OUT)/data.c
	$(Q)$(CC) $(CPPFLAGS) -std=c17 -c -o $@ $<

# -- tests ---------------------------------------------------------------------------
UNIT_LINK = $(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $<
$(UNIT_F): $(OUT)/tests/%: tests/%.c $(LIB_F)
	@mkdir -p $(@D)
	$(UNIT_LINK) $(LIB_F) -lcriterion $(LDLIBS)
$(UNIT_V): $(OUT)/tests/%: tests/%.c $(LIB_V) $(LIB_F)
	@mkdir -p $(@D)
	$(UNIT_LINK) $(LIB_V) $(LIB_F) -lcriterion $(LDLIBS)
$(UNIT_A): $(OUT)/tests/%: tests/%.c $(LIB_A) $(LIB_V) $(LIB_F)
	@mkdir -p $(@D)
	$(UNIT_LINK) $(LIB_A) $(LIB_V) $(LIB_F) -lcriterion $(LDLIBS)

unit-build: $(UNIT_F) $(UNIT_V) $(UNIT_A)
# All suites; the last line is "N passed, N failed".
check: $(BIN) unit-build replay-build
	@tests/run.sh $(OUT)
# One kind of suite: make unit, make cli, make browser, make replay.
unit: unit-build ; @tests/run.sh $(OUT) unit
cli: $(BIN) ; @tests/run.sh $(OUT) cli
browser: $(BIN) ; @tests/run.sh $(OUT) browser

# -- fuzzing: replay with any compiler, fuzz with clang's libFuzzer -------------------
$(OUT)/replay/%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(FUZZ_H) $(LIB_A) $(LIB_V) $(LIB_F)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(filter-out %.h,$^) $(LDLIBS)
replay-build: $(REPLAYS)
replay: replay-build ; @tests/run.sh $(OUT) replay
# The libraries are built with clang and the sanitizers so that coverage guides.
fuzz-build:
	@$(MAKE) --no-print-directory CC="$(if $(findstring ccache,$(CC)),ccache )clang" SAN=1 OUT=build/fuzz \
	    OPT='-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' \
	    LDFLAGS=-fsanitize=address,undefined $(FUZZERS:%=build/fuzz/fuzz/%)
$(OUT)/fuzz/%: tests/fuzz/fuzz_%.c $(FUZZ_H) $(LIB_A) $(LIB_V) $(LIB_F)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -fsanitize=fuzzer,address,undefined -o $@ $(filter-out %.h,$^) $(LDLIBS)
fuzz: deps-test fuzz-build ; @tests/fuzz/run.sh build/fuzz/fuzz $(FUZZ_SECONDS) $(FUZZERS)

# -- quality -------------------------------------------------------------------------
layers: ; @tests/layers.sh $(LIB_F)
lint: deps-build $(PROTO_C) ; @tests/deps.sh $(LINT_DEPS) && tests/lint.sh $(OUT)
format: ; clang-format -i $$(git ls-files '*.c' '*.h' '*.cc' ':!corpus')
bench: deps-build all $(OUT)/bench/limits $(OUT)/bench/image_limit
	@tests/deps.sh $(BENCH_DEPS) && python3 tests/bench/bench.py $(OUT)
# Where the time goes, by stage.
profile: deps-build all
	@tests/deps.sh python3 zstd linux-perf && python3 tests/bench/profile.py $(OUT)
$(OUT)/bench/limits: tests/bench/limits.c $(LIB_F)
	@mkdir -p $(@D)
	$(UNIT_LINK) $(LIB_F) $(LDLIBS)
# What a comparison of images cannot be faster than: ISA-L and OpenSSL alone.
$(OUT)/bench/image_limit: tests/bench/image_limit.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -O2 -o $@ $< -lisal -lcrypto -lpthread
cases: deps-build all ; @EXHIBIT=$(abspath $(BIN)) tests/cases.py
thousand: deps-build all ; @tests/deps.sh python3 sqlite3 && tests/batch/thousand.py $(BIN)

install: all
	install -D -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/exhibit
	packaging/man.sh $(BIN) $(DESTDIR)$(PREFIX)/share/man/man1
	install -D -m 644 packaging/exhibit.bash-completion \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/exhibit
	install -D -m 644 packaging/exhibit.zsh-completion \
	    $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_exhibit
	install -d $(DESTDIR)$(PREFIX)/share/exhibit/schema
	install -m 644 analyze/report/schema/*.json $(DESTDIR)$(PREFIX)/share/exhibit/schema
	install -m 644 analyze/casefile/schema.sql $(DESTDIR)$(PREFIX)/share/exhibit/schema/case.sql
	packaging/batch.sh $(PREFIX) $(PREFIX)/lib/systemd/system $(DESTDIR)
# A package for machines without a network.
deb: all ; @tests/deps.sh dpkg-dev && packaging/deb.sh $(BIN) $(OUT)
# The same as a tarball that brings its libraries.
tarball: $(OUT)/carried/exhibit ; @packaging/tarball.sh $< $(OUT)
$(OUT)/carried/exhibit: $(BIN)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -Wl,--disable-new-dtags,-rpath,'$$ORIGIN/../lib/exhibit' -o $@ \
	    $(OUT)/analyze/main.c.o $(LIB_A) $(LIB_V) $(LIB_F) $(LDLIBS)
clean: ; rm -rf build

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
