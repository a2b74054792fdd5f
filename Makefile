# Bihuan: all binaries into build/. Targets: all demo test check install clean bench bench-quick mutants; see CONTRIBUTING.md.
CC ?= gcc
CXX ?= g++
PREFIX ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0
B := build

# `make V=1` shows whole commands.
SAY = $(if $(V),,@echo '  $(1)' $@;)

PACKAGES := libzmq libsodium yaml-0.1 jansson libmicrohttpd libcrypto libutf8proc ncursesw
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)

WARNINGS := -Wall -Wextra -Wshadow $(if $(WERROR),-Werror)
OPTIMISE ?= -O2 -g
SANITIZE ?=
# What an attacker who finds a mistake meets; tests/system/test_hardening.py looks for each in what was built. Fortified
# where it optimises only, and where no sanitizer looks closer.
FORTIFY := $(if $(SANITIZE)$(filter -O0,$(OPTIMISE)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full $(FORTIFY)
HARDEN_LINK := -Wl,-z,relro,-z,now,-z,noexecstack,-z,ibt,-z,shstk
COMMON := $(OPTIMISE) $(SANITIZE) $(HARDEN) $(WARNINGS) -D_GNU_SOURCE -DBIHUAN_VERSION='"$(VERSION)"' \
          -DBIHUAN_LOCALEDIR='"$(PREFIX)/share/locale"' -fPIC -fno-semantic-interposition \
          -I. -I$(B)/gen $(PKG_CFLAGS) -MMD -MP
ALL_CFLAGS := -std=c17 $(COMMON) -Wstrict-prototypes -Wmissing-prototypes $(CFLAGS)
ALL_CXXFLAGS := -std=c++17 $(COMMON) -Wno-shadow $(CXXFLAGS)
LDFLAGS_ALL := $(SANITIZE) $(HARDEN_LINK) $(LDFLAGS)

# --- rooms: each folder is an archive ---
FBS := $(wildcard schemas/*.fbs)
GEN := $(patsubst schemas/%.fbs,$(B)/gen/%_generated.h,$(FBS))

room_objects = $(patsubst %.c,$(B)/obj/%.o,$(wildcard $(1)/*.c)) $(patsubst %.cpp,$(B)/obj/%.o,$(wildcard $(1)/*.cpp))
ROOMS := base core store edge config place
$(foreach r,$(ROOMS),$(eval OBJ_$(r) := $(call room_objects,broker/$(r))))
OBJ_schemas := $(call room_objects,schemas)
OBJ_workers := $(filter-out $(B)/obj/workers/runner%.o,$(call room_objects,workers))
OBJ_runner := $(filter $(B)/obj/workers/runner%.o,$(call room_objects,workers))
OBJ_cli := $(call room_objects,cli)
OBJ_broker := $(filter-out $(B)/obj/broker/main.o,$(call room_objects,broker))

ARCHIVES := $(foreach r,$(ROOMS),$(B)/lib$(r).a) $(B)/libschemas.a $(B)/libbroker.a
LINK := $(B)/libbroker.a $(B)/libedge.a $(B)/libstore.a $(B)/libconfig.a $(B)/libplace.a $(B)/libcore.a \
        $(B)/libschemas.a $(B)/libbase.a
BROKER_LIBS := -lzmq -llmdb -lev -lgeos_c -lyaml -ljansson -lmicrohttpd -lsodium -lcrypto -lxxhash -lutf8proc -lpthread -lm
CLIENT_LIBS := -lzmq -lsodium -lcrypto -lutf8proc -lpthread -lm
CLI_LIBS := -lncursesw -lcsv -ljansson -lyaml

BINARIES := $(B)/bihuand $(B)/bihuan $(B)/bihuan-worker $(B)/libbihuan.a $(B)/libbihuan.so
all: $(BINARIES) $(B)/locale/zh_CN/LC_MESSAGES/bihuan.mo

$(B)/gen/%_generated.h: schemas/%.fbs $(FBS)
	@mkdir -p $(@D)
	flatc --cpp --scoped-enums -o $(@D) -I schemas $<
$(OBJ_schemas): | $(GEN)
# Only FlatBuffers asserts here, of every field that is written; the rooms' own ASSERT is always on.
$(OBJ_schemas): ALL_CXXFLAGS += -DNDEBUG

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call SAY,CC)$(CC) $(ALL_CFLAGS) -c -o $@ $<
$(B)/obj/%.o: %.cpp
	@mkdir -p $(@D)
	$(call SAY,CXX)$(CXX) $(ALL_CXXFLAGS) -c -o $@ $<

define archive
$(B)/lib$(1).a: $(OBJ_$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(call SAY,AR)ar rcs $$@ $$^
endef
$(foreach r,$(ROOMS) schemas broker,$(eval $(call archive,$(r))))

# --- binaries ---
$(B)/bihuand: $(B)/obj/broker/main.o $(LINK)
	$(call SAY,LD)$(CXX) $(LDFLAGS_ALL) -pie -o $@ $^ $(BROKER_LIBS)
$(B)/libbihuan.a: $(OBJ_workers) $(OBJ_schemas) $(OBJ_base)
	@rm -f $@
	ar rcs $@ $^
$(B)/libbihuan.so: $(OBJ_workers) $(OBJ_schemas) $(OBJ_base)
	$(call SAY,LD)$(CXX) $(LDFLAGS_ALL) -shared -Wl,-soname,libbihuan.so.0 -Wl,--version-script=workers/bihuan.map -o $@ $^ $(CLIENT_LIBS)
$(B)/bihuan: $(OBJ_cli) $(B)/libbihuan.a
	$(call SAY,LD)$(CXX) $(LDFLAGS_ALL) -pie -o $@ $^ $(CLIENT_LIBS) $(CLI_LIBS)
$(B)/bihuan-worker: $(OBJ_runner) $(B)/libbihuan.a
	$(call SAY,LD)$(CXX) $(LDFLAGS_ALL) -pie -o $@ $^ $(CLIENT_LIBS) -ljansson

$(B)/locale/%/LC_MESSAGES/bihuan.mo: cli/po/%.po
	@mkdir -p $(@D)
	msgfmt --check -o $@ $<

# --- tests: each tests/unit/test_*.c is a program of its own ---
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c)) \
        $(patsubst tests/sim/%.c,$(B)/tests/%,$(wildcard tests/sim/test_*.c))
$(B)/tests/%: tests/unit/%.c $(LINK) $(B)/libbihuan.a
	@mkdir -p $(@D)
	$(call SAY,CC)$(CC) $(ALL_CFLAGS) -c -o $(B)/tests/$*.o $<
	$(call SAY,LD)$(CXX) $(LDFLAGS_ALL) -o $@ $(B)/tests/$*.o $(LINK) $(filter-out $(B)/obj/schemas/% $(B)/obj/broker/base/%,$(OBJ_workers)) \
	    -Wl,--start-group $(LINK) -Wl,--end-group -lcmocka $(BROKER_LIBS)
# The command line's rooms are tested without their main.
$(B)/libcli.a: $(filter-out $(B)/obj/cli/main.o,$(OBJ_cli))
	@mkdir -p $(@D)
	@rm -f $@
	$(call SAY,AR)ar rcs $@ $^
$(B)/tests/test_cli_%: tests/unit/test_cli_%.c $(B)/libcli.a $(B)/libbihuan.a
	@mkdir -p $(@D)
	$(call SAY,CC)$(CC) $(ALL_CFLAGS) -c -o $@.o $<
	$(call SAY,LD)$(CXX) $(LDFLAGS_ALL) -o $@ $@.o $(B)/libcli.a $(B)/libbihuan.a -lcmocka $(CLIENT_LIBS) $(CLI_LIBS)
# The simulation has parts of its own (tests/sim/*.c that are not test_*): a world around turn.c in place of the gate.
# Figures are counted from its trails too.
SIM_PARTS := $(patsubst %.c,$(B)/obj/%.o,$(filter-out tests/sim/test_%,$(wildcard tests/sim/*.c)) \
             $(wildcard cli/figures*.c))
$(B)/tests/%: tests/sim/%.c $(SIM_PARTS) $(LINK)
	@mkdir -p $(@D)
	$(call SAY,CC)$(CC) $(ALL_CFLAGS) -c -o $(B)/tests/$*.o $<
	$(call SAY,LD)$(CXX) $(LDFLAGS_ALL) -o $@ $(B)/tests/$*.o $(SIM_PARTS) -Wl,--start-group $(LINK) -Wl,--end-group \
	    -lcmocka $(BROKER_LIBS)
unit: $(UNIT)

# --- cost: what tests/cost counts the instructions of ---
$(B)/cost/instructions: $(B)/obj/tests/cost/instructions.o $(SIM_PARTS) $(LINK)
	@mkdir -p $(@D)
	$(call SAY,LD)$(CXX) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(LINK) -Wl,--end-group $(BROKER_LIBS)
cost: $(B)/cost/instructions

# --- crashes: the programs of tests/crash, whose campaigns tests/crash/test_*.py run ---
CRASH := $(addprefix $(B)/crash/,shim.so alloc_shim.so clock_shim.so promise verify power_loss bit_rot bloat alloc_sweep tally flood bomb)
$(B)/crash/%.so: $(B)/obj/tests/crash/%.o
	@mkdir -p $(@D)
	$(call SAY,LD)$(CC) -shared -o $@ $^
$(B)/crash/promise $(B)/crash/flood: $(B)/crash/%: $(B)/obj/tests/crash/%.o $(B)/libbihuan.a
	@mkdir -p $(@D)
	$(call SAY,LD)$(CXX) $(LDFLAGS_ALL) -pie -o $@ $^ $(CLIENT_LIBS)
$(B)/crash/%: $(B)/obj/tests/crash/%.o $(B)/obj/tests/crash/oracle.o $(B)/obj/tests/sim/audit.o $(B)/obj/tests/sim/chance.o $(LINK)
	@mkdir -p $(@D)
	$(call SAY,LD)$(CXX) $(LDFLAGS_ALL) -pie -o $@ $(filter %.o,$^) -Wl,--start-group $(LINK) -Wl,--end-group $(BROKER_LIBS)
# It lives in the simulation's world.
$(B)/crash/alloc_sweep: $(addprefix $(B)/obj/tests/crash/,alloc_sweep.o alloc_life.o oracle.o) $(SIM_PARTS) $(LINK)
	@mkdir -p $(@D)
	$(call SAY,LD)$(CXX) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(LINK) -Wl,--end-group $(BROKER_LIBS)
crash: $(CRASH)
# Campaigns of the simulation.
CRASH_SIM := $(addprefix $(B)/tests/,test_sim test_misdelivery)
torture: all crash asan $(CRASH_SIM)
	/usr/bin/python3 tests/crash/torture.py --long $(ROWS)
torture-quick: all crash asan $(CRASH_SIM)
	/usr/bin/python3 tests/crash/torture.py $(ROWS)
# The short forms of those that preload nothing, over the build that looks closer.
torture-asan: asan
	+$(ASAN) crash
	BIHUAN_BUILD=build/asan /usr/bin/python3 tests/crash/torture.py kill_loop full backup bloat bit_rot

# --- fuzzing: the targets of tests/fuzz, in a build that looks closer (make asan); tests/fuzz/fuzz.py runs them ---
$(B)/crash/bomb: $(B)/obj/tests/fuzz/bomb.o $(LINK)
	@mkdir -p $(@D)
	$(call SAY,LD)$(CXX) $(LDFLAGS_ALL) -pie -o $@ $< -Wl,--start-group $(LINK) -Wl,--end-group $(BROKER_LIBS)
$(B)/obj/tests/fuzz/bomb.o: | $(GEN)
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(B)/obj/tests/fuzz/fuzz.o $(LINK) $(B)/libcli.a $(B)/libbihuan.a
	@mkdir -p $(@D)
	$(call SAY,LD)$(CXX) $(LDFLAGS_ALL) -fsanitize=fuzzer -pie -o $@ $(filter %.o,$^) $(B)/libcli.a $(B)/libbihuan.a \
	    -Wl,--start-group $(LINK) -Wl,--end-group $(BROKER_LIBS) $(CLI_LIBS)
fuzz-targets: $(FUZZ)
# Everything once more with ASan, UBSan and what libFuzzer counts. Any finding ends the program.
CLANG ?= clang
CLANGXX ?= clang++
ASAN = $(MAKE) --no-print-directory B=build/asan CC='$(CLANG)' CXX='$(CLANGXX)' OPTIMISE='-O1 -g' \
       SANITIZE='-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all'
# Of the tests those that take in what others made: the others look at what these looked at. ASAN_TESTS=unit: all of them.
ASAN_TESTS = $(addprefix build/asan/tests/test_,wire record config store_journal store_tables store_check core_replay core_task \
             core_rest gate outbox client typed cli_events scenarios)
asan:
	+$(ASAN) all fuzz-targets $(ASAN_TESTS)
fuzz: asan
	/usr/bin/python3 tests/fuzz/fuzz.py $(TARGETS)

# --- benchmarks: their programs only; ops/bench and ops/bench-quick run them ---
# A load generator for each system whose library is here; a limit for each thing that bounds us.
LOADS := bihuan beanstalk nats $(if $(wildcard /usr/include/hiredis/hiredis.h),redis) \
         $(if $(wildcard /usr/include/amqp_tcp_socket.h),rabbit) $(shell pkg-config --exists libpq && echo postgres)
LOAD_LIBS_redis := -lhiredis
LOAD_LIBS_rabbit := -lrabbitmq
LOAD_LIBS_postgres := -lpq
BENCH := $(LOADS:%=$(B)/bench/load_%) $(patsubst bench/%.c,$(B)/bench/%,$(wildcard bench/limit_*.c bench/bench_*.c))
BENCH_PARTS := $(addprefix $(B)/obj/bench/,load.o histogram.o lines.o)
$(B)/obj/bench/load_postgres.o: ALL_CFLAGS += $(shell pkg-config --cflags libpq 2>/dev/null)
$(B)/bench/load_%: $(B)/obj/bench/load_%.o $(BENCH_PARTS) $(B)/libbihuan.a
	@mkdir -p $(@D)
	$(call SAY,LD)$(CXX) $(LDFLAGS_ALL) -pie -o $@ $^ $(LOAD_LIBS_$*) $(CLIENT_LIBS)
# The others drive a room by itself, without a broker.
$(B)/bench/%: $(B)/obj/bench/%.o $(B)/obj/bench/histogram.o $(LINK)
	@mkdir -p $(@D)
	$(call SAY,LD)$(CXX) $(LDFLAGS_ALL) -pie -o $@ $(filter %.o,$^) -Wl,--start-group $(LINK) -Wl,--end-group $(BROKER_LIBS)
bench-programs: $(BENCH)

# The flags that tests/system/test_hardening.py takes away in turn.
hardening:
	@echo '$(HARDEN)' && echo '$(HARDEN_LINK)'

# --- the rest is in ops/ ---
demo test check bench-quick fresh-test mutants: %:
	ops/$*
bench:
	ROWS="$(ROWS)" ops/bench

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include \
	    $(DESTDIR)$(PREFIX)/share/locale/zh_CN/LC_MESSAGES \
	    $(addprefix $(DESTDIR)$(PREFIX)/share/bihuan/,schemas workers/departments workers/python)
	install -m 755 $(B)/bihuand $(B)/bihuan $(B)/bihuan-worker $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(B)/libbihuan.a $(DESTDIR)$(PREFIX)/lib/
	install -m 755 $(B)/libbihuan.so $(DESTDIR)$(PREFIX)/lib/libbihuan.so.0
	ln -sf libbihuan.so.0 $(DESTDIR)$(PREFIX)/lib/libbihuan.so
	install -m 644 workers/bihuan.h $(DESTDIR)$(PREFIX)/include/
	sed -e 's,@PREFIX@,$(PREFIX),' -e 's,@VERSION@,$(VERSION),' workers/bihuan.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/bihuan.pc
	install -m 644 $(B)/locale/zh_CN/LC_MESSAGES/bihuan.mo $(DESTDIR)$(PREFIX)/share/locale/zh_CN/LC_MESSAGES/
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed -e 's,/usr/local,$(PREFIX),' ops/bihuan.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/bihuan.service
	cp -r ops/cities $(DESTDIR)$(PREFIX)/share/bihuan/
	install -m 644 schemas/PROTOCOL.md $(wildcard schemas/*.fbs) $(DESTDIR)$(PREFIX)/share/bihuan/schemas/
	install -m 755 $(wildcard workers/departments/*) $(DESTDIR)$(PREFIX)/share/bihuan/workers/departments/
	install -m 755 $(wildcard workers/python/*.py) $(DESTDIR)$(PREFIX)/share/bihuan/workers/python/

clean:
	rm -rf $(B)

.PHONY: all unit hardening crash torture torture-quick bench-programs bench demo test check bench-quick fresh-test mutants install clean torture-asan fuzz-targets asan fuzz cost
.SECONDARY: $(GEN)
-include $(shell find $(B) -name '*.d' 2>/dev/null)
