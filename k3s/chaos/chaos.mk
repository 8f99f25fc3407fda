# The fault matrix. Included by the Makefile at the root; the paths start there.

CHAOS := .cache/bin/chaos
# Of kill-notify; the other rows follow in proportion.
CHAOS_ROUNDS ?= 500
# 0 takes a new one; it is printed.
CHAOS_SEED   ?= 0
# Names separated by commas; empty: all.
CHAOS_ROWS   ?=
# How many stories fingerprint-flood makes up; a million take about ten minutes.
CHAOS_FINGERPRINTS ?= 60000
export CHAOS_FINGERPRINTS
# The rows on a real API server need the control plane, which needs gcc.
CHAOS_CLUSTER_ROWS := api-restart api-compaction api-down api-token api-ttl
CHAOS_NEEDS  := $(if $(CHAOS_ROWS),$(if $(filter $(CHAOS_CLUSTER_ROWS),$(subst $(comma), ,$(CHAOS_ROWS))),controlplane),controlplane)

## chaos: the fault matrix as a table; CHAOS_ROWS=kill-notify,storm CHAOS_ROUNDS=50 for a part of it
.PHONY: chaos
chaos: build $(CHAOS_NEEDS)
	$(BUILD) -o $(CHAOS) ./k3s/chaos
	@$(CHAOS) -rounds $(CHAOS_ROUNDS) -seed $(CHAOS_SEED) -rows '$(CHAOS_ROWS)'
