# What the project can be asked to do. Everything that is needed and missing is
# installed: as root, or through sudo; otherwise an error says what to run.

GO     ?= go
# The kind of guest for the tests and the demonstration.
KERNEL ?= uml

# Programs without C: one file each, for any distribution. A program that lives for
# milliseconds gains nothing by huge pages in its heap (to clear two or three of 2 MiB
# takes a fifth of a small listing's time), nor by looking for a container's limits. The
# variable is what go sets for go:debug lines, which do not know the first of these.
# They do not contain the state of the repository, which a shallow clone or an archive of
# the same sources does not have: their bytes would not be the same.
RUNTIME := disablethp=1,containermaxprocs=0,updatemaxprocs=0
STATIC  := CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w -X runtime.godebugDefault=$(RUNTIME)'
GUEST  := $(CURDIR)/bin/guest -kernel $(KERNEL)

# The tests that need a kernel with IPVS have the build tag kernel, and names that begin
# with TestKernel; those that take minutes each begin with TestLong.
KERNEL_PACKAGES := $(addprefix ./internal/,cli dist genl host ipvs kernel lab lab/difftest lab/experiments names top)
KERNEL_TEST     := $(GO) test -tags kernel -count=1 -v -timeout 30m
# Those that also run on the newest kernel in make test; make test-full runs all of them there.
NEWEST_PACKAGES := $(addprefix ./internal/,dist host kernel lab lab/difftest names)

# The race detector needs a C compiler.
RACE := $(if $(shell command -v gcc),-race)

# The processor that the programs are for, by the name of Go, Debian or rpm: make deb
# ARCH=arm64. What is run on the way is for this machine's. armhf is ARMv7 there.
HOSTARCH := $(shell $(GO) env GOHOSTARCH)
ARCH     ?= $(HOSTARCH)
ALIASES  := armhf:arm armv7hl:arm aarch64:arm64 i386:386 ppc64el:ppc64le x86_64:amd64
TARGET   := $(or $(patsubst $(ARCH):%,%,$(filter $(ARCH):%,$(ALIASES))),$(ARCH))
CROSS     = GOARCH=$(TARGET) GOARM=7
# Programs for another processor do not replace those of this machine.
BIN      := bin$(if $(filter-out $(HOSTARCH),$(TARGET)),/$(ARCH))

.PHONY: help build test test-plain test-arch test-machine test-kernel packages test-full test-kernels test-lines test-long test-dropin test-archs test-machines test-installed
.PHONY: demo bench fuzz lint cover mutants

# Lists the targets: what follows "## " behind them.
help:
	@sed -n 's/^\([a-z][a-z -]*\):.*## /\1: /p' Makefile

build: ## the programs, in bin; takes ARCH
	$(CROSS) $(STATIC) -o $(BIN)/ ./cmd/...

test: lint test-plain test-kernel ## all that has to pass, on Linux 6.1 and 7.2: some minutes

# Needs no kernel and no privilege.
test-plain: ## the tests that need no kernel
	$(GO) test $(RACE) ./...

# The same for another processor, emulated: s390x has the other byte order, armhf 32 bits.
# Tag mutants is for a slow machine: fewer values are checked against the schema.
ARCH_PACKAGES := $(addprefix ./internal/,cli command doctor doctorcli format genl host ipvs kernel names netns ruleset top)
EMULATOR = qemu-$(subst 386,i386,$(subst arm64,aarch64,$(TARGET)))
test-arch: bin/guest ## the tests that need no kernel, for another processor; takes ARCH
	$(GUEST) -install $(EMULATOR)=qemu-user
	$(CROSS) CGO_ENABLED=0 $(GO) test -tags mutants -exec $(EMULATOR) $(ARCH_PACKAGES)

# In guests, beside the reference program: on the kernel of Debian 12, and on the newest.
test-kernel: build bin/guest packages ## the tests in guests
	$(KERNEL_TEST) -run '^TestKernel' -exec '$(GUEST) -timeout 25m' $(KERNEL_PACKAGES)
	$(KERNEL_TEST) -run '^TestKernel' -exec '$(CURDIR)/bin/guest -kernel uml:sid -timeout 25m' $(NEWEST_PACKAGES)

# What the guests need of Debian.
packages: bin/guest
	$(GUEST) -install

# What takes longer: the other kernels, every generated command line, every combination of
# the listing options on a busy table, tables that are resized, and other people's programs
# (a test that installs them and boots its guest itself). More than an hour, less with
# make -j2: a guest of User-Mode Linux has one processor. The longest part is first.
LISTINGS ?= 1000
test-full: test-lines test test-kernels test-long test-dropin test-archs test-packages test-installed ## also Linux 5.10 and 6.12, and tests that take minutes each

test-kernels: build bin/guest packages
	$(KERNEL_TEST) -run '^TestKernel' -exec '$(CURDIR)/bin/guest -kernel uml:bullseye -timeout 25m' $(KERNEL_PACKAGES)
	$(KERNEL_TEST) -run '^TestKernel' -exec '$(CURDIR)/bin/guest -kernel uml:trixie -timeout 25m' $(KERNEL_PACKAGES)
	$(KERNEL_TEST) -run '^TestKernel' -exec '$(CURDIR)/bin/guest -kernel uml:sid -timeout 25m' ./internal/cli ./internal/lab/experiments

test-lines: build bin/guest packages
	$(KERNEL_TEST) -run '^TestKernelLines$$' -exec '$(GUEST) -timeout 90m' -timeout 90m ./internal/cli -full

test-long: build bin/guest packages
	$(GUEST) -install ansible=ansible-core
	$(KERNEL_TEST) -run '^TestLong' -exec '$(GUEST) -timeout 30m' ./internal/lab/experiments -full
	$(KERNEL_TEST) -run '^TestLong' -exec '$(CURDIR)/bin/guest -kernel uml:sid -mem 1500 -timeout 60m' -timeout 60m ./internal/cli -listings $(LISTINGS)

# Installs the package in systems with systemd, which have disks of their own: about twelve minutes.
test-installed: deb
	$(KERNEL_TEST) -tags 'kernel installed' -run '^TestLongInstalled' ./internal/lab/installed

test-dropin:
	$(KERNEL_TEST) -tags 'kernel dropin' -run '^TestDropIn' ./internal/lab/experiments

# On Debian's kernel for another processor, in an emulated machine: ARCH is s390x or arm64.
# 32-bit programs run on a 64-bit kernel, too: ARCH=armhf MACHINE=qemu-arm64.
MACHINE          ?= qemu-$(ARCH)
MACHINE_PACKAGES ?= $(addprefix ./internal/,genl host ipvs kernel lab/difftest names)
test-machine: build bin/guest ## the tests in guests, with another processor; takes ARCH
	$(CURDIR)/bin/guest -kernel $(MACHINE) -install
	$(CROSS) CGO_ENABLED=0 $(KERNEL_TEST) -p 1 -run '^TestKernel' \
		-exec '$(CURDIR)/bin/guest -kernel $(MACHINE) -timeout 25m' $(MACHINE_PACKAGES)

test-archs: packages
	$(MAKE) test-arch ARCH=s390x
	$(MAKE) test-arch ARCH=armhf

# Not in make test-full: all processors of these guests are emulated.
test-machines: packages ## the tests in guests, with other processors: half an hour
	$(MAKE) test-machine ARCH=s390x
	$(MAKE) test-machine ARCH=arm64 MACHINE_PACKAGES=./internal/lab/difftest
	$(MAKE) test-machine ARCH=armhf MACHINE=qemu-arm64 MACHINE_PACKAGES=./internal/kernel

demo: build bin/guest bin/traffic ## a director's session with traffic, in a guest
	$(GUEST) internal/lab/scripts/demo.sh $(CURDIR)/bin

# Speed and memory beside the reference program, as a table; some minutes. For
# figures: the distribution kernel, KERNEL=qemu, and nothing else at the same time.
bench: build bin/guest bin/bench packages ## speed and memory beside the reference program; KERNEL=qemu for figures
	$(GUEST) -mem 1500 -timeout 1h bin/bench $(BENCH) bin

# Every fuzz target for FUZZTIME.
FUZZTIME ?= 10s
fuzz: ## every fuzz target for FUZZTIME (10s)
	@grep -rn --include='*_test.go' '^func Fuzz' internal | sed 's/:.*func \(Fuzz[A-Za-z0-9_]*\).*/ \1/' | \
	while read -r file target; do \
		$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")" || exit 1; \
	done

# Makes one fault at a time in a package, and fails if the plain tests notice too few: 95
# in 100 of those in lines that the tests run, and 90 in 100 must be in such lines. For
# gremlins, nothing runs the conditions of a switch without an expression. With its option
# --test-cpu, go test fails at once, and every fault counts as noticed. MUTANTS run at a time.
GREMLINS = $(GO) run github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0
MUTATED ?= command ipvs format ruleset
MUTANTS ?= 2
mutants: ## which faults the plain tests do not notice
	for package in $(MUTATED); do \
		$(GREMLINS) unleash --tags mutants --workers $(MUTANTS) --timeout-coefficient 20 --output-statuses lct \
			--threshold-efficacy 95 --threshold-mcover 90 ./internal/$$package || exit 1; \
	done

# What of the programs the tests run, by package: those anywhere and those in a
# guest, which writes what it counted to the one directory it may change.
COVERED   := command cli format ipvs names genl kernel
COVERPKG   = $(shell echo $(COVERED:%=./internal/%) | tr ' ' ,)
COVERDATA := $(CURDIR)/bin/cover
COVERAGE   = -covermode=atomic -coverpkg=$(COVERPKG)
cover: build bin/guest packages ## coverage, with the tests in a guest counted in
	rm -rf $(COVERDATA) && mkdir -p $(COVERDATA)/plain $(COVERDATA)/kernel
	$(GO) test $(COVERAGE) $(COVERED:%=./internal/%) -args -test.gocoverdir=$(COVERDATA)/plain
	$(GO) test $(COVERAGE) -tags kernel -run '^TestKernel' -exec '$(GUEST) -write $(COVERDATA)/kernel' \
		./internal/cli ./internal/kernel -args -test.gocoverdir=$(COVERDATA)/kernel
	@$(GO) tool covdata percent -i=$(COVERDATA)/plain,$(COVERDATA)/kernel
	@$(GO) tool covdata textfmt -i=$(COVERDATA)/plain,$(COVERDATA)/kernel -o $(COVERDATA)/profile
	@$(GO) tool cover -func=$(COVERDATA)/profile | tail -n 1

STATICCHECK = $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2

# govulncheck is left out: its database is not on the Go module proxy, and where
# only that can be reached, the check would fail for want of it.
TAGS := kernel dropin installed packages
lint: ## gofmt, go vet and staticcheck
	@files=$$(gofmt -l cmd internal); test -z "$$files" || { echo "gofmt: $$files"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags '$(TAGS)' ./...
	$(STATICCHECK) -tags '$(TAGS)' ./...

# The tools of the lab are built each time: go knows what changed.
.PHONY: bin/guest bin/traffic bin/bench
bin/guest bin/traffic bin/bench:
	$(STATIC) -o $@ ./internal/lab/$(@F)

# Installing, and packages. The rules are in the distribution's file for them: on
# Fedora that is /etc/sysconfig/ipvsadm, which has shell variables in it on openSUSE.
PREFIX   ?= /usr
RULES    ?= $(if $(wildcard /etc/redhat-release),/etc/sysconfig/ipvsadm,/etc/ipvsadm.rules)
SETTINGS ?= /etc/default/ipvsadm-go
ZSH      ?= $(PREFIX)/share/zsh/site-functions
FILES    ?= $(CURDIR)/bin/dist/files
PACKAGES ?= $(CURDIR)/bin

.PHONY: dist install uninstall deb rpm reproducible test-packages

PROGRAMS := ipvsadm ipvsadm-save ipvsadm-restore ipvsadm-top ipvsadm-doctor
SCHEMAS  := ipvsadm ipvsadm-rules ipvsadm-doctor
# The programs with completions of their own, and those that share the ones of ipvsadm.
COMPLETE := ipvsadm ipvsadm-doctor
SHARING  := ipvsadm-save ipvsadm-restore ipvsadm-top

# Where things are installed.
UNIT  = $(PREFIX)/lib/systemd/system/ipvsadm.service
LIB   = $(PREFIX)/lib/ipvsadm-go
SHARE = $(PREFIX)/share/ipvsadm-go
MAN8  = $(PREFIX)/share/man/man8
BASH_COMPLETIONS = $(PREFIX)/share/bash-completion/completions
FISH_COMPLETIONS = $(PREFIX)/share/fish/vendor_completions.d
MODULE = $(PREFIX)/share/ansible/plugins/modules/ipvsadm_rules.py

# Manuals, completions and the service, from the table of options.
dist: ## manual pages, completions and the unit, in bin/dist/files
	rm -rf $(FILES)
	$(GO) run ./internal/dist/generate -dir $(FILES) \
		-sbin $(PREFIX)/sbin -lib $(LIB) -share $(SHARE) -rules $(RULES) -settings $(SETTINGS)

install: build dist ## installs all of it; takes PREFIX, DESTDIR, RULES, SETTINGS, ZSH and ARCH
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(MAN8)
	install $(PROGRAMS:%=$(BIN)/%) $(DESTDIR)$(PREFIX)/sbin
	install -D $(FILES)/service/rules $(DESTDIR)$(LIB)/rules
	install -D -m 644 $(FILES)/service/ipvsadm.service $(DESTDIR)$(UNIT)
	test -e $(DESTDIR)$(SETTINGS) || install -D -m 644 $(FILES)/service/settings $(DESTDIR)$(SETTINGS)
	for page in $(PROGRAMS); do \
		gzip -9nc $(FILES)/manual/$$page.8 > $(DESTDIR)$(MAN8)/$$page.8.gz || exit 1; done
	for schema in $(SCHEMAS); do \
		install -D -m 644 $(FILES)/schema/$$schema.json $(DESTDIR)$(SHARE)/$$schema.json || exit 1; done
	install -D -m 644 internal/dist/ansible/ipvsadm_rules.py $(DESTDIR)$(MODULE)
	for program in $(COMPLETE); do \
		install -D -m 644 $(FILES)/completion/$$program.bash $(DESTDIR)$(BASH_COMPLETIONS)/$$program && \
		install -D -m 644 $(FILES)/completion/$$program.zsh $(DESTDIR)$(ZSH)/_$$program && \
		install -D -m 644 $(FILES)/completion/$$program.fish $(DESTDIR)$(FISH_COMPLETIONS)/$$program.fish || exit 1; done
	for other in $(SHARING); do \
		ln -sf ipvsadm $(DESTDIR)$(BASH_COMPLETIONS)/$$other && \
		ln -sf ipvsadm.fish $(DESTDIR)$(FISH_COMPLETIONS)/$$other.fish || exit 1; done

# Everything that install has installed, but never the rules, and the settings only if they
# are as they were installed. Directories stay unless no other package can have files there.
uninstall: dist ## removes what install installed; takes PREFIX, DESTDIR, SETTINGS and ZSH
	rm -f $(PROGRAMS:%=$(DESTDIR)$(PREFIX)/sbin/%) $(PROGRAMS:%=$(DESTDIR)$(MAN8)/%.8.gz)
	rm -f $(DESTDIR)$(LIB)/rules $(DESTDIR)$(UNIT) $(SCHEMAS:%=$(DESTDIR)$(SHARE)/%.json) $(DESTDIR)$(MODULE)
	rm -f $(foreach program,$(COMPLETE) $(SHARING),$(DESTDIR)$(BASH_COMPLETIONS)/$(program) $(DESTDIR)$(FISH_COMPLETIONS)/$(program).fish)
	rm -f $(COMPLETE:%=$(DESTDIR)$(ZSH)/_%)
	! cmp -s $(FILES)/service/settings $(DESTDIR)$(SETTINGS) || rm $(DESTDIR)$(SETTINGS)
	for directory in $(DESTDIR)$(LIB) $(DESTDIR)$(SHARE); do \
		test ! -d $$directory || rmdir --ignore-fail-on-non-empty $$directory || exit 1; done

# The packages are in bin. nfpm has no newer version that the Go module proxy can
# give all parts of.
NFPM = $(GO) run github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2

deb rpm: DESTDIR = $(CURDIR)/bin/dist/$@
deb rpm: FILES = $(CURDIR)/bin/dist/$@-files
deb: RULES = /etc/ipvsadm.rules
deb: ZSH = /usr/share/zsh/vendor-completions
rpm: RULES = /etc/sysconfig/ipvsadm
rpm: SETTINGS = /etc/sysconfig/ipvsadm-go
# Packages have other names than Go for some processors; nfpm knows most of them.
deb rpm: ## packages, in bin; takes ARCH, VERSION, RULES and PACKAGES
	rm -rf $(DESTDIR) && mkdir -p $(PACKAGES)
	umask 022 && $(MAKE) install DESTDIR=$(DESTDIR) FILES=$(FILES) PREFIX=/usr RULES=$(RULES) SETTINGS=$(SETTINGS) ZSH=$(ZSH)
	umask 022 && gzip -9nc $(FILES)/changelog > $(FILES)/changelog.gz
	cd $(DESTDIR) && export ARCH=$(patsubst arm,arm7,$(TARGET)) VERSION=$${VERSION:-$$(cat $(FILES)/version)} \
		SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)} && \
	for package in ipvsadm-go ipvsadm-doctor; do \
		$(NFPM) package -f $(CURDIR)/internal/dist/package/$$package.yaml -p $@ -t $(PACKAGES) || exit 1; done

# Tests of built packages: what they contain, that they are reproducible, and that rpm and
# dnf install, upgrade and remove them, in a guest. They build in the directory of deb, too.
PACKAGES_TEST = $(GO) test -tags packages -count=1 -v -timeout 30m ./internal/dist
test-packages: deb ## tests of the packages as they are built, installed, upgraded and removed
	$(PACKAGES_TEST) -run '^TestLong'

reproducible: ## builds the packages in two places, and fails if they differ
	$(PACKAGES_TEST) -run '^TestLongReproducible$$'
