# What the project can be asked to do. Everything that is needed and missing is
# installed: as root, or through sudo; otherwise an error says what to run.

GO     ?= go
# The kind of guest for the tests and the demonstration.
KERNEL ?= uml

# Programs without C: one file each, for any distribution.
STATIC := CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w'
GUEST  := $(CURDIR)/bin/guest -kernel $(KERNEL)

# The tests that want a kernel with IPVS have the build tag kernel.
KERNEL_FILES = $(shell grep -rl --include='*_test.go' '^//go:build kernel' internal)
KERNEL_DIRS  = $(addprefix ./,$(sort $(patsubst %/,%,$(dir $(KERNEL_FILES)))))
KERNEL_NAMES = $(shell grep -ho '^func Test[A-Za-z0-9_]*' $(KERNEL_FILES) | cut -d' ' -f2 | paste -sd '|')

# The race detector needs a C compiler.
RACE := $(if $(shell command -v gcc),-race)

.PHONY: build test test-plain test-kernel test-full demo fuzz lint

build:
	$(STATIC) -o bin/ ./cmd/...

test: lint test-plain test-kernel

# Needs no kernel and no privilege.
test-plain:
	$(GO) test $(RACE) ./...

# In a guest, beside the reference program.
test-kernel: build bin/guest
	$(GUEST) -install
	$(GO) test -tags kernel -count=1 -v -run '^($(KERNEL_NAMES))$$' -exec '$(GUEST)' $(KERNEL_DIRS)

# What takes longer: every generated command line.
test-full: test
	$(GO) test -tags kernel -count=1 -v -timeout 40m -run '^TestKernelLines$$' -exec '$(GUEST) -timeout 40m' ./internal/cli -full

# The lecture's session, with traffic, as at a terminal.
demo: build bin/guest bin/traffic
	$(GUEST) testdata/lab/demo.sh $(CURDIR)/bin

# Every fuzz target for FUZZTIME.
FUZZTIME ?= 10s
fuzz:
	@grep -rn --include='*_test.go' '^func Fuzz' internal | sed 's/:.*func \(Fuzz[A-Za-z0-9_]*\).*/ \1/' | \
	while read -r file target; do \
		$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")" || exit 1; \
	done

lint:
	@files=$$(gofmt -l cmd internal); test -z "$$files" || { echo "gofmt: $$files"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags kernel ./...

# The guest's wrapper and the traffic are built each time: go knows what changed.
.PHONY: bin/guest bin/traffic
bin/guest bin/traffic:
	$(STATIC) -o $@ ./internal/lab/$(@F)
