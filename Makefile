# Edgebell. `make help` lists what there is.
SHELL       := /bin/sh
GO          ?= go
BIN         := .cache/bin
GOFLAGS     := -buildvcs=false
export GOFLAGS
# What ships is built by exactly the Go release of go.mod's toolchain line,
# whatever is installed: the go command fetches it. Tests and demonstrations take
# the machine's own.
RELEASE_GO  := $(shell sed -n 's/^toolchain //p' go.mod)
# A static, stripped, reproducible program.
BUILD_HERE   = CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -buildid='
BUILD        = GOTOOLCHAIN=$(RELEASE_GO) $(BUILD_HERE)
EVENTS      := $(wildcard adapters/kubeevent/testdata/quota-storm.json adapters/kubeevent/testdata/kubelet-events.json)
comma       := ,
space       := $(subst ,, )
# The race detector needs a C compiler.
CC_FOUND    := $(shell command -v gcc cc clang 2>/dev/null | head -1)
RACE        := $(if $(CC_FOUND),-race,)
MODULES     := . $(patsubst %/go.mod,%,$(wildcard k3s/controlplane/go.mod deploy/*/go.mod))

.DEFAULT_GOAL := help

## help: this table
.PHONY: help
help:
	@sed -n 's/^## \([a-z0-9-]*\): \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | awk -F'\t' '{printf "%-17s %s\n", $$1, $$2}'

# That release, or a word on what to do without it.
.PHONY: release-go
release-go:
	@GOTOOLCHAIN=$(RELEASE_GO) $(GO) version >/dev/null || { \
		echo 'release-go: $(RELEASE_GO) (toolchain in go.mod) builds what ships, and the go command can neither find nor fetch it.' >&2; \
		echo 'release-go: run this once with network or a GOPROXY; or add RELEASE_GO=local to build with the Go that is here: the digests will differ.' >&2; exit 1; }

## build: the programs, into .cache/bin
.PHONY: build
build: release-go
	@mkdir -p $(BIN)
	$(BUILD) -o $(BIN)/ ./cmd/notify ./cmd/event-source ./cmd/audit-webhook

.PHONY: build-demo
build-demo:
	@mkdir -p $(BIN)
	$(BUILD_HERE) -o $(BIN)/ ./cmd/notify ./cmd/event-source ./cmd/internal/demo ./functions/feishu/feishutest/bot
	$(BUILD_HERE) -o $(BIN)/apiserver ./adapters/apiserver/apiservertest/server

## run: everything on this machine, with recorded Events and a stand-in bot; KUBECONFIG=… and FEISHU_WEBHOOK_URL=… for real ones
.PHONY: run
run: build-demo
	@KUBECONFIG='$(KUBECONFIG)' $(BIN)/demo -bin $(BIN) -events '$(subst $(space),$(comma),$(strip $(EVENTS)))'

## screenshots: pictures of the cards for the README (needs chromium and curl)
.PHONY: screenshots
screenshots: build-demo
	functions/card/pictures/make.sh $(BIN) '$(subst $(space),$(comma),$(strip $(EVENTS)))'

## test: unit and integration tests and the manifests, with Go and make alone
.PHONY: test
test:
	$(if $(RACE),,@echo 'no C compiler found: testing without the race detector')
	$(if $(RACE),CGO_ENABLED=1) $(GO) test -shuffle=on $(RACE) ./...
	$(if $(RACE),CGO_ENABLED=1) $(GO) test $(RACE) -tags shoutrrr ./functions/longtail ./functions/channel
	$(GO) test -tags shoutrrr -run 'LeaksNothing/shoutrrr' ./cmd/internal/programs
	$(MAKE) --no-print-directory manifests-check

## test-fast: the same without the race detector
.PHONY: test-fast
test-fast:
	$(GO) test -shuffle=on ./...
	$(GO) test -tags shoutrrr ./functions/longtail ./functions/channel

## check: format, tidy, vet, staticcheck, shell scripts, image tests
.PHONY: check
check: check-format check-tidy check-lint check-shell
	cd deploy/image && CGO_ENABLED=0 $(GO) test ./...

.PHONY: check-format
check-format:
	@bad=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$bad" ]; then echo "not gofmt-ed:"; echo "$$bad"; exit 1; fi

.PHONY: check-tidy
check-tidy:
	@for m in $(MODULES); do echo "tidy and verify $$m"; (cd $$m && $(GO) mod tidy -diff && $(GO) mod verify) || exit 1; done

# staticcheck and vet are what `make check` asks for: golangci-lint bundles a
# hundred linters and takes longer to build than all tests to run.
# What reads Go code must be built by the Go that compiles it.
TOOL_GO              = GOTOOLCHAIN=$$($(GO) env GOVERSION)
STATICCHECK_VERSION := v0.8.2
STATICCHECK         := $(BIN)/staticcheck-$(STATICCHECK_VERSION)
$(STATICCHECK):
	@mkdir -p $(BIN)
	GOBIN=$(abspath $(BIN)) $(TOOL_GO) CGO_ENABLED=0 $(GO) install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION)
	@mv $(BIN)/staticcheck $@

.PHONY: check-lint
check-lint: $(STATICCHECK)
	$(GO) vet -tags 'e2e record' ./...
	$(STATICCHECK) -tags 'e2e record' ./...
	$(GO) vet -tags shoutrrr ./functions/longtail ./functions/channel ./cmd/internal/programs
	$(STATICCHECK) -tags shoutrrr ./functions/longtail ./functions/channel ./cmd/internal/programs

VULN_VERSION := v1.9.0
# auto: vuln.go.dev where it can be reached, else the database as a Go module.
VULNDB       ?= auto
## vuln: known vulnerabilities in what the programs call, but those that SECURITY.md accepts; VULNDB=module or file:///path names the database
.PHONY: vuln
vuln: release-go
	GOTOOLCHAIN=$(RELEASE_GO) $(GO) run ./cmd/internal/vuln -db '$(VULNDB)' -accepted SECURITY.md \
		-scanner golang.org/x/vuln/cmd/govulncheck@$(VULN_VERSION) -tags shoutrrr ./cmd/...

## licences: what is linked into the programs against the table in SECURITY.md (part of `make test`)
.PHONY: licences
licences:
	$(GO) test -count=1 -run 'TestDependenciesAreAccountedFor' ./cmd

LINT_VERSION := v2.15.0
## lint: golangci-lint with .golangci.yml, which takes minutes to build
.PHONY: lint
lint:
	$(TOOL_GO) $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION) run ./...

.PHONY: check-shell
check-shell:
	@if command -v shellcheck >/dev/null; then shellcheck $$(git ls-files '*.sh' .ci/run); else echo 'shellcheck is not installed: shell scripts are not checked (apt-get install shellcheck)'; test -z "$(CI)"; fi

## e2e: end to end: a real control plane (needs gcc), real kubelet, images under qemu and in containerd where installed
.PHONY: e2e
e2e: build controlplane
	$(GO) test -tags e2e -count=1 -timeout 20m ./k3s/e2e ./k3s
	$(MAKE) --no-print-directory deploy-e2e

FUZZTIME ?= 10m
## fuzz: every fuzz target for FUZZTIME (10m) each
.PHONY: fuzz
fuzz:
	@git grep -n '^func Fuzz' -- '*_test.go' | sed 's/^\(.*\)\/[^/]*:[0-9]*:func \(Fuzz[A-Za-z]*\).*/\1 \2/' | while read -r pkg target; do \
		echo "== $$pkg $$target"; \
		$(GO) test ./$$pkg -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x || exit 1; \
	done

-include k3s/controlplane/controlplane.mk
-include k3s/chaos/chaos.mk
-include k3s/bench/bench.mk
-include deploy/deploy.mk

## clean: what was built
.PHONY: clean
clean:
	rm -rf .cache bin dist
