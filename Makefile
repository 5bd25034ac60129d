# SPDX-License-Identifier: MIT
#
# The one Makefile of sigslot. `make` builds into build/release, `make deps test` is
# what the continuous integration runs. Every object is compiled once, as position
# independent code: the shared library needs it, and in a static program the linker
# turns it back into direct accesses.
#
#   BUILD=release|asan|tsan|cov   what to build, into build/$(BUILD) or O=
#   V=1                           shows the commands
#   STRICT=1                      warnings are errors, skipped tests are failures
#   DESTDIR= PREFIX=/usr/local    where `make install` puts it

BUILD   ?= release
O       ?= build/$(BUILD)
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
LIBDIR  ?= $(PREFIX)/lib
LIBEXECDIR ?= $(PREFIX)/libexec/sigslot
INCDIR  ?= $(PREFIX)/include
MANDIR  ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/sigslot
PCDIR   ?= $(LIBDIR)/pkgconfig
STRICT  ?= 0
CC      := $(if $(filter fuzz,$(BUILD)),clang,$(if $(filter default,$(origin CC)),gcc,$(CC)))

VERSION := $(shell sed -n 's/^\#define SIGSLOT_VERSION "\(.*\)"/\1/p' lib/sigslot.h)

# A -j on the command line wins.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:

# --- flags -----------------------------------------------------------------------

FLAGS_release := -O2 -D_FORTIFY_SOURCE=2
FLAGS_asan    := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined
FLAGS_tsan    := -O1 -fno-omit-frame-pointer -fsanitize=thread
FLAGS_cov     := -O0 --coverage
FLAGS_fuzz    := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link \
	-fno-sanitize-recover=undefined
ifeq ($(FLAGS_$(BUILD)),)
$(error BUILD=$(BUILD) is not one of release, asan, tsan, cov)
endif

WARNINGS := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wpointer-arith -Wvla -Werror=implicit-function-declaration $(if $(filter 1,$(STRICT)),-Werror)
CODE_FLAGS := -std=gnu11 -g -D_GNU_SOURCE -Ilib -fPIC -fvisibility=hidden \
	-fno-semantic-interposition -fstack-protector-strong -ffunction-sections \
	-fdata-sections $(FLAGS_$(BUILD)) $(WARNINGS) $(CPPFLAGS) $(CFLAGS)
LINK_FLAGS := $(filter -fsanitize% --coverage,$(FLAGS_$(BUILD))) -Wl,--gc-sections \
	$(LDFLAGS)
LIBS := -lyaml -ljansson -ldl -lm

# Sanitizers cannot be linked statically: there the front is a dynamic program.
STATIC := $(if $(filter release cov,$(BUILD)),yes)
# of the program, for all that plugins need, too: hence no RUNPATH
RPATH  ?= -Wl,--disable-new-dtags,-rpath,'$$ORIGIN/../../lib'

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-5s %s\n' $(1) $(2))

# --- what there is ---------------------------------------------------------------

lib_src := $(wildcard lib/*/*.c)
cmd_src := $(wildcard cmd/*.c)
unit_src := $(wildcard tests/unit/*_test.c)
crash_src := $(wildcard tests/crash/*_test.c)
fuzz_src := $(wildcard tests/fuzz/*_fuzz.c)
plugin_src := $(wildcard examples/*.c)
test_plugin_src := $(wildcard tests/plugins/*.c)
bench_src := $(wildcard tests/bench/*_bench.c)
bench_common := $(filter-out $(bench_src) tests/bench/noop.c,$(wildcard tests/bench/*.c))

lib_obj := $(lib_src:%.c=$(O)/%.o)
cmd_obj := $(cmd_src:%.c=$(O)/%.o)
unit_bin := $(unit_src:%.c=$(O)/%)
crash_bin := $(crash_src:%.c=$(O)/%)
fuzz_bin := $(fuzz_src:%.c=$(O)/%)
replay_bin := $(fuzz_src:tests/fuzz/%_fuzz.c=$(O)/tests/fuzz/%_replay)
plugins := $(plugin_src:%.c=$(O)/%.so) $(test_plugin_src:%.c=$(O)/%.so)
bench_bin := $(bench_src:%.c=$(O)/%)

archive := $(O)/lib/libsigslot.a
shared  := $(O)/lib/libsigslot.so.0
front   := $(O)/sigslot
sibling := $(O)/libexec/sigslot/sigslot
programs := $(if $(cmd_src),$(front) $(sibling))

man := $(wildcard man/*.[1-8])
examples := $(wildcard examples/*)

.PHONY: all deps demo test check-san fuzz fuzz-run bench crash-long lint install \
	uninstall dist clean unit-build crash-build fuzz-build bench-build force
.SECONDARY:

all: $(archive) $(shared) $(programs) $(plugins)

# --- what people type ------------------------------------------------------------

# `make deps demo` needs less than `make deps test`, and is over sooner.
DEPS := gcc libc6-dev libyaml-dev libjansson-dev
ifeq ($(filter demo all install,$(MAKECMDGOALS))$(filter-out deps,$(MAKECMDGOALS)),)
DEPS_ALL := 1
endif
ifneq ($(DEPS_ALL)$(filter test lint check-san bench crash-long,$(MAKECMDGOALS)),)
DEPS += bats bats-support bats-assert bats-file clang-format cppcheck jq mandoc perl \
	pkg-config procps shellcheck spin
endif
ifneq ($(filter fuzz,$(MAKECMDGOALS)),)
DEPS += clang
endif

deps:
	@have=$$(dpkg-query -W -f='$${Package} $${db:Status-Abbrev}\n' $(DEPS) 2>&1 | \
		sed -n 's/ ii *$$//p'); \
	for p in $(DEPS); do \
		case " $$(echo $$have) " in *" $$p "*) ;; *) need="$$need $$p";; esac; \
	done; \
	[ -z "$$need" ] && exit 0; \
	[ "$$(id -u)" = 0 ] || sudo="sudo -E"; \
	export DEBIAN_FRONTEND=noninteractive; \
	echo "  APT  $$need"; \
	log=$$(mktemp); \
	{ $$sudo apt-get -qq update && $$sudo apt-get -qq -y --no-install-recommends \
		install $$need; } >"$$log" 2>&1 </dev/null || \
		{ cat "$$log"; rm -f "$$log"; exit 1; }; \
	rm -f "$$log"

# `make deps X`: first the one, then the other
demo test lint check-san bench crash-long fuzz: | $(filter deps,$(MAKECMDGOALS))

demo: all
	@$(front) run --until-idle examples/packages.yaml

test:
	@STRICT=$(STRICT) tests/run $(O)

check-san:
	@STRICT=$(STRICT) tests/run $(O) san

lint:
	@STRICT=$(STRICT) tests/run $(O) lint

crash-long:
	@STRICT=$(STRICT) CRASH_LONG=1 CRASH_SECONDS=$(or $(CRASH_SECONDS),3600) \
		tests/run $(O) crash

bench: all bench-build
	@SIGSLOT_BUILD=$(abspath $(O)) tests/bench/run

FUZZ_SECONDS ?= 60

fuzz:
	$(Q)$(MAKE) BUILD=fuzz fuzz-run

fuzz-run: $(fuzz_bin)
	@set -e; for bin in $^; do \
		name=$$(basename "$$bin" _fuzz); \
		new=$(O)/corpus/$$name; mkdir -p "$$new" tests/fuzz/corpus/$$name; \
		echo "  FUZZ  $$name, $(FUZZ_SECONDS) s"; \
		"$$bin" -max_total_time=$(FUZZ_SECONDS) -verbosity=0 -print_final_stats=1 \
			-artifact_prefix=$(O)/$$name- "$$new" tests/fuzz/corpus/$$name; \
	done

dist:
	@mkdir -p dist
	$(Q)git archive --format=tar --prefix=sigslot-$(VERSION)/ HEAD | gzip -n9 \
		>dist/sigslot-$(VERSION).tar.gz
	@echo dist/sigslot-$(VERSION).tar.gz

clean:
	$(Q)rm -rf build dist

# --- installing ------------------------------------------------------------------

# mode:from:to; what is installed is what is uninstalled
files := 755:$(front):$(BINDIR)/sigslot 755:$(sibling):$(LIBEXECDIR)/sigslot \
	644:$(archive):$(LIBDIR)/libsigslot.a 644:$(shared):$(LIBDIR)/libsigslot.so.0 \
	644:$(O)/sigslot.pc:$(PCDIR)/sigslot.pc 644:lib/sigslot.h:$(INCDIR)/sigslot.h \
	644:lib/sigslot-queue.h:$(INCDIR)/sigslot-queue.h \
	644:lib/sigslot-look.h:$(INCDIR)/sigslot-look.h \
	$(foreach f,$(man),644:$(f):$(MANDIR)/man$(patsubst .%,%,$(suffix $(f)))/$(notdir $(f))) \
	$(foreach f,$(examples),644:$(f):$(DATADIR)/examples/$(notdir $(f)))
own_dirs := $(LIBEXECDIR) $(DATADIR)/examples $(DATADIR)

$(O)/sigslot.pc: force
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' 'includedir=$(INCDIR)' '' \
		'Name: sigslot' 'Description: signals and slots for shell programs' \
		'Version: $(VERSION)' 'Libs: -L$${libdir} -lsigslot' \
		'Libs.private: $(LIBS)' 'Cflags: -I$${includedir}' >$@

install: all $(O)/sigslot.pc
	$(Q)set -e; for f in $(files); do \
		mode=$${f%%:*}; to=$(DESTDIR)$${f##*:}; from=$${f#*:}; from=$${from%:*}; \
		install -D -m "$$mode" "$$from" "$$to"; \
	done
	$(Q)ln -sf libsigslot.so.0 $(DESTDIR)$(LIBDIR)/libsigslot.so

uninstall:
	$(Q)for f in $(files); do rm -f "$(DESTDIR)$${f##*:}"; done
	$(Q)rm -f $(DESTDIR)$(LIBDIR)/libsigslot.so
	$(Q)for d in $(own_dirs); do \
		rmdir "$(DESTDIR)$$d" 2>/dev/null || :; \
	done

# --- rules -----------------------------------------------------------------------

$(O)/%.o: %.c Makefile | $(filter deps,$(MAKECMDGOALS))
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CODE_FLAGS) -MMD -MP -c -o $@ $<

$(archive): $(lib_obj)
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcsD $@ $^

$(shared): $(lib_obj) lib/sigslot.sym
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -Wl,-soname,libsigslot.so.0 -Wl,--version-script,lib/sigslot.sym \
		-Wl,-z,relro,-z,now $(if $(STATIC),-Wl$(,)-z$(,)defs) $(LINK_FLAGS) \
		-o $@ $(lib_obj) $(LIBS)
	$(Q)ln -sf libsigslot.so.0 $(@D)/libsigslot.so

# What the front hands over to its sibling stays out of it, and so does all that only
# this needs: each page that `sigslot emit` touches at its start costs microseconds. For
# the same reason cmd/front.ld says what lies beside what.
front_flags := -Wl,-z,noseparate-code,-z,norelro,--wrap=_dl_get_origin \
	-Wl,-T,cmd/front.ld \
	$(foreach f,sigslot_run sigslot_check sigslot_bench_queue,-Wl,--defsym=$(f)=abort)

$(front): $(cmd_obj) $(archive) $(shared) cmd/front.ld
	$(call say,LD,$@)
ifdef STATIC
	$(Q)$(CC) -static -no-pie $(LINK_FLAGS) $(front_flags) -o $@ $(cmd_obj) $(archive) \
		$(LIBS)
else
	$(Q)$(CC) $(LINK_FLAGS) -Wl,-rpath,'$$ORIGIN/lib' -o $@ $(cmd_obj) $(shared) $(LIBS)
endif

# Each worker is a fork of the sibling, and pays for every mapping that it has: so it
# holds all but libc itself, and gives plugins what libsigslot.so would. What an idle
# worker runs comes first, side by side, and then what busy ones do: the pages of the rest
# they never touch. The kernel maps what a page fault asks for by 64 KiB: wherever the
# program is loaded, its parts begin where these do. The names that the shared library
# hides are hidden here, too.
late := $(addprefix worker/,adopt circle errors fate forward stray)
idle := base/crc base/process loop/% \
	$(filter-out $(late),$(patsubst lib/%.c,%,$(filter lib/worker/%,$(lib_src)))) \
	supervisor/hand route/route base/log \
	$(addprefix queue/,queue identity site ring guard bell latch section turn counts book) \
	slot/slot slot/builtin
worker_obj := $(foreach f,$(idle) $(addsuffix /%,base object route queue slot state message),\
	$(filter $(O)/lib/$(f).o,$(lib_obj)))
whole := $(O)/libexec/sigslot/lib.o

# $^ has each of them once
$(whole): $(worker_obj) $(lib_obj)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -r -nostdlib -o $@ $^
	$(Q)objcopy --localize-hidden $@

$(sibling): $(cmd_obj) $(shared) $(if $(STATIC),$(whole))
	$(call say,LD,$@)
	@mkdir -p $(@D)
ifdef STATIC
	$(Q)$(CC) -pie -Wl,-z,relro,-z,now,-z,max-page-size=65536 \
		-Wl,--export-dynamic-symbol='sigslot_*' $(RPATH) \
		$(LINK_FLAGS) -o $@ $(whole) $(cmd_obj) -l:libyaml.a -l:libjansson.a -ldl -lm
else
	$(Q)$(CC) -pie $(RPATH) $(LINK_FLAGS) -o $@ $(cmd_obj) $(shared)
endif

$(O)/tests/%: $(O)/tests/%.o $(archive)
	$(call say,LD,$@)
	$(Q)$(CC) -rdynamic $(LINK_FLAGS) -o $@ $< $(archive) $(LIBS) -lpthread

# What the anchors need is linked if it is there.
anchor_libs := $(if $(wildcard /usr/include/zmq.h),-lzmq) \
	$(if $(wildcard /usr/include/nng/nng.h),-lnng)

$(O)/tests/bench/common.a: $(bench_common:%.c=$(O)/%.o)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcsD $@ $^

$(O)/tests/bench/%_bench: $(O)/tests/bench/%_bench.o $(O)/tests/bench/common.a $(archive)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK_FLAGS) -o $@ $^ $(LIBS) -Wl,--as-needed $(anchor_libs) -lpthread

$(O)/tests/bench/noop: $(O)/tests/bench/noop.o
	$(call say,LD,$@)
	$(Q)$(CC) -static $(LINK_FLAGS) -o $@ $<

$(O)/tests/fuzz/%_replay: $(O)/tests/fuzz/%_fuzz.o $(O)/tests/fuzz/driver.o $(archive)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK_FLAGS) -o $@ $^ $(LIBS)

# The queue once more, every access to memory a call: see tests/crash/calls.h.
woven := $(filter-out %/identity.o %/evict.o %/guard.o,$(filter $(O)/lib/queue/%,$(lib_obj)))
woven := $(woven:$(O)/lib/queue/%=$(O)/tests/crash/woven/%)

$(O)/tests/crash/woven/%.o: lib/queue/%.c Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -fsanitize%,$(CODE_FLAGS)) -U_FORTIFY_SOURCE -w \
		-fsanitize=thread -include tests/crash/calls.h -MMD -MP -c -o $@ $<

$(O)/tests/crash/woven.a: $(woven)
	$(Q)rm -f $@ && ar rcsD $@ $^

$(O)/tests/crash/weave_test: $(O)/tests/crash/weave_test.o $(O)/tests/crash/machine.o \
		$(O)/tests/crash/woven.a $(archive)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK_FLAGS) -o $@ $^ -lpthread

# This one has the linker stand between it, and libyaml, and the memory.
wrapped := malloc calloc realloc reallocarray strdup strndup free \
	arena_alloc arena_copy arena_text arena_textf
$(O)/tests/unit/oom_test: LINK_FLAGS += $(wrapped:%=-Wl,--wrap=%)
$(O)/tests/unit/oom_test: LIBS := -l:libyaml.a -ljansson -ldl -lm

# A plugin calls back into the program that loads it.
$(O)/tests/unit/plugin_test: | $(plugins)

$(O)/%.so: $(O)/%.o
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(LINK_FLAGS) -o $@ $<

unit-build: $(unit_bin)
crash-build: $(crash_bin)
$(fuzz_bin): $(O)/%: $(O)/%.o $(archive)
	$(call say,LD,$@)
	$(Q)$(CC) -fsanitize=fuzzer $(filter-out %fuzzer-no-link,$(LINK_FLAGS)) \
		-fsanitize=address,undefined -o $@ $^ $(LIBS)

fuzz-build: $(replay_bin)
bench-build: $(bench_bin) $(if $(STATIC),$(O)/tests/bench/noop)

, := ,

-include $(shell find $(O) -name '*.d' 2>/dev/null)
