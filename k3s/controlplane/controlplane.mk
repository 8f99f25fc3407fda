# The control plane for tests. Included by the Makefile at the root; the paths
# start there. The binary is built once and kept; the first build takes minutes.

CONTROLPLANE_DIR     := k3s/controlplane
CONTROLPLANE         := .cache/bin/controlplane
CONTROLPLANE_SOURCES := $(CONTROLPLANE_DIR)/go.mod $(CONTROLPLANE_DIR)/go.sum $(CONTROLPLANE_DIR)/controlplane.mk \
	$(shell find $(CONTROLPLANE_DIR) -name '*.go' ! -name '*_test.go')

# Without these, clients would see Kubernetes v0.0.0. The version is go.mod's.
KUBERNETES_VERSION := $(shell awk '$$1 == "k8s.io/kubernetes" && $$2 ~ /^v/ {print $$2}' $(CONTROLPLANE_DIR)/go.mod)
CONTROLPLANE_MAJOR := $(patsubst v%,%,$(word 1,$(subst ., ,$(KUBERNETES_VERSION))))
CONTROLPLANE_MINOR := $(word 2,$(subst ., ,$(KUBERNETES_VERSION)))
CONTROLPLANE_LDFLAGS = -s -w $(foreach package,k8s.io/component-base/version k8s.io/client-go/pkg/version,\
	-X $(package).gitVersion=$(KUBERNETES_VERSION) -X $(package).gitMajor=$(CONTROLPLANE_MAJOR) \
	-X $(package).gitMinor=$(CONTROLPLANE_MINOR) -X $(package).gitCommit=unknown -X $(package).gitTreeState=clean)

## controlplane: build a real Kubernetes control plane for tests (minutes the first time)
.PHONY: controlplane
controlplane: $(CONTROLPLANE)

$(CONTROLPLANE): $(CONTROLPLANE_SOURCES)
	@cc="$$(go env CC)"; command -v "$${cc%% *}" >/dev/null || { \
		echo "controlplane: no C compiler ($$cc) found: kine, the datastore, compiles SQLite with cgo." >&2; \
		echo "controlplane: install gcc, or name another compiler with CC=..." >&2; exit 1; }
	@echo "controlplane: building Kubernetes $(KUBERNETES_VERSION); the first time takes 6 to 15 minutes on two cores"
	@mkdir -p $(@D)
	cd $(CONTROLPLANE_DIR) && CGO_ENABLED=1 go build -trimpath -ldflags "$(CONTROLPLANE_LDFLAGS)" -o $(abspath $(CONTROLPLANE)) .
	@touch $(CONTROLPLANE)

## controlplane-test: test the control plane itself
.PHONY: controlplane-test
controlplane-test: $(CONTROLPLANE)
	cd $(CONTROLPLANE_DIR) && CONTROLPLANE=$(abspath $(CONTROLPLANE)) go test -count=1 ./cluster
