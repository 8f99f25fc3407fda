# Images, manifests and the air-gap bundle. Included by the Makefile at the root;
# the paths start there. Needs Go; bundle and sizes need zstd too.

PROGRAMS ?= event-source notify audit-webhook
ARCHES   ?= arm64 armv7 amd64
# Images of notify with more in it, each named after the build tag that adds it.
# None is in the bundle: make images VARIANTS=shoutrrr builds notify-shoutrrr.
VARIANTS ?=
DIST     ?= dist

# The version stands in one place.
VERSION_FILE := deploy/components/release/kustomization.yaml
VERSION      := $(shell sed -n 's/.*newTag: &version *//p' $(VERSION_FILE))

# The commit's time, so that a second build of it gives the same digests.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
REVISION          ?= $(shell git rev-parse HEAD 2>/dev/null)
export SOURCE_DATE_EPOCH

IMAGE      := $(DIST)/tools/image
KUSTOMIZE  := $(DIST)/tools/manifests
ARCHIVES   := $(PROGRAMS:%=$(DIST)/images/%.oci.tar)
VARIED     := $(VARIANTS:%=notify-%)

# What is linked in depends on these and on nothing else of the machine. The tools
# that write images and manifests are built by the same Go release: how well it
# compresses shows in the digests.
STATIC_BUILD := GOTOOLCHAIN=$(RELEASE_GO) CGO_ENABLED=0 GOOS=linux GOFLAGS= go build -trimpath -buildvcs=false -ldflags '-s -w -buildid='
GOENV_arm64  := GOARCH=arm64 GOARM64=v8.0
GOENV_armv7  := GOARCH=arm GOARM=7
GOENV_amd64  := GOARCH=amd64 GOAMD64=v1

.PHONY: images binaries push bundle install-k3s uninstall-k3s sizes manifests manifests-check deploy-test deploy-e2e arm-test deploy-tools

deploy-tools: release-go
	@mkdir -p $(DIST)/tools
	cd deploy/image && GOTOOLCHAIN=$(RELEASE_GO) GOFLAGS= go build -o $(abspath $(IMAGE)) .
	cd deploy/validate && GOTOOLCHAIN=$(RELEASE_GO) GOFLAGS= go build -o $(abspath $(KUSTOMIZE)) ./cmd/manifests

binaries: release-go
	@for arch in $(ARCHES); do for program in $(PROGRAMS) $(VARIED); do \
		case $$arch in \
			arm64) env='$(GOENV_arm64)' ;; armv7) env='$(GOENV_armv7)' ;; amd64) env='$(GOENV_amd64)' ;; \
			*) echo "binaries: unknown architecture $$arch: must be arm64, armv7 or amd64" >&2; exit 1 ;; \
		esac; \
		case $$program in notify-*) command=notify tags=$${program#notify-} ;; *) command=$$program tags= ;; esac; \
		echo "build $$program for linux-$$arch"; \
		env $$env $(STATIC_BUILD) -tags "$$tags" -o $(DIST)/bin/linux-$$arch/$$program ./cmd/$$command || exit 1; \
	done; done

## images: the images (OCI archives of arm64, armv7 and amd64) and their SBOMs into dist/
images: binaries deploy-tools
	@mkdir -p $(DIST)/images
	@$(IMAGE) build -dist $(DIST) -version $(VERSION) -revision '$(REVISION)' -created $(SOURCE_DATE_EPOCH) \
		-arches '$(ARCHES)' $(PROGRAMS) $(VARIED) >$(DIST)/images/digests.txt
	@cat $(DIST)/images/digests.txt

## push: push the images: make push REGISTRY=registry.example.com/edgebell
push:
	@test -n "$(REGISTRY)" || { echo 'push: say where to: make push REGISTRY=registry.example.com/edgebell' >&2; exit 1; }
	@test -x $(IMAGE) || { echo 'push: no images yet: run make images' >&2; exit 1; }
	@$(IMAGE) push -registry $(REGISTRY) $(ARCHIVES) $(VARIED:%=$(DIST)/images/%.oci.tar)

## bundle: pack an air-gap bundle per architecture: images, manifests, installer
bundle: images
	@for arch in $(ARCHES); do \
		sh deploy/bundle/pack.sh $(DIST) $(VERSION) $$arch $(abspath $(IMAGE)) $(abspath $(KUSTOMIZE)) $(ARCHIVES) || exit 1; \
	done

# On the node itself, or with ARGS='--root DIR' into a folder.
NODE_ARCH := $(subst x86_64,amd64,$(subst aarch64,arm64,$(subst armv7l,armv7,$(shell uname -m))))

## install-k3s: install the bundle on this K3S node: make install-k3s ARGS='--secret secret.env'
install-k3s:
	@test -d $(DIST)/edgebell-$(VERSION)-$(NODE_ARCH) || $(MAKE) bundle ARCHES=$(NODE_ARCH)
	@sh $(DIST)/edgebell-$(VERSION)-$(NODE_ARCH)/install.sh install $(ARGS)

## uninstall-k3s: remove it from this K3S node, with its ledger
uninstall-k3s:
	@sh deploy/bundle/install.sh uninstall $(ARGS)

## sizes: hold binaries and bundles against their budgets
sizes:
	@$(IMAGE) sizes -dist $(DIST)

## manifests: render an overlay: make manifests OVERLAY=deploy/overlays/dev
manifests: deploy-tools
	@$(KUSTOMIZE) render $(or $(OVERLAY),deploy/overlays/dev)

## manifests-check: every overlay against the oldest and newest Kubernetes
manifests-check:
	cd deploy/validate && go test ./...

## deploy-test: manifests-check, and the tests of the images
deploy-test: manifests-check
	cd deploy/image && CGO_ENABLED=0 go test ./...
	sh deploy/bundle/install_test.sh

## deploy-e2e: images under qemu-user and in containerd, manifests on a real control plane (root)
deploy-e2e: bundle
	cd deploy/validate && go test -count=1 -timeout 20m -tags e2e -v ./e2e

# The packages that count bytes and lay out memory, on the architectures that run
# them: Debian's qemu-user-static.
ARM_PACKAGES ?= ./functions/... ./adapters/kubeevent/... ./adapters/sink/... ./adapters/auditwebhook/...

# These start strace, or mount, which an emulated program cannot; they are of the
# file system and not of the processor.
ARM_SKIP := PowerCut|FailedSyncs|FullAndReadOnlyDisks
ARM_TEST  = CGO_ENABLED=0 EDGEBELL_TEST_EMULATOR=$(1) go test -short -skip '$(ARM_SKIP)' -exec $(1) $(ARM_PACKAGES)

## arm-test: test the core packages on arm64 and 32-bit arm under qemu-user
arm-test:
	GOARCH=arm64 $(call ARM_TEST,qemu-aarch64-static)
	GOARCH=arm GOARM=7 $(call ARM_TEST,qemu-arm-static)
