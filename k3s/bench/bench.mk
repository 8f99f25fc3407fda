# The measurements. Included by the Makefile at the root; the paths start there.
# BENCH=full is the run of the README; BENCH_SECONDS is the storm's length, and
# BENCH_ARGS goes to the program (such as -only storm).
BENCH_BIN     := .cache/bench/bin
BENCH         ?= quick
BENCH_ARGS    ?=
BENCH_quick   := -seconds 15 -idle 30 -samples 15 -rounds 1
BENCH_full    := -seconds 60 -idle 600 -samples 60 -rounds 3
BENCH_SECONDS ?=

## bench: memory, CPU, bytes, throughput, latency beside the smallest program for each job; BENCH=full (an hour), BENCH_ARGS='-only ^hub' (one part)
.PHONY: bench
bench: bench-build $(wildcard .cache/bin/controlplane)
	GOTOOLCHAIN=$(RELEASE_GO) $(BENCH_BIN)/bench $(BENCH_$(BENCH)) $(if $(BENCH_SECONDS),-seconds $(BENCH_SECONDS)) $(BENCH_ARGS)
	@echo 'figures: .cache/bench.json; to keep them: cp .cache/bench.json k3s/bench/bench.json'

.PHONY: bench-build
bench-build: release-go
	@mkdir -p $(BENCH_BIN)
	$(BUILD) -o $(BENCH_BIN)/ ./cmd/notify ./cmd/event-source ./cmd/audit-webhook ./k3s/bench
	$(BUILD) -o $(BENCH_BIN)/baseline-sink ./k3s/bench/baseline/sink
	$(BUILD) -o $(BENCH_BIN)/baseline-watch ./k3s/bench/baseline/watch

## bench-plot: draw k3s/bench/growth.svg from k3s/bench/bench.json
.PHONY: bench-plot
bench-plot:
	$(GO) run ./k3s/bench/plot -in k3s/bench/bench.json -out k3s/bench/growth.svg
