package k3s_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/sethvargo/go-envconfig"
	"sigs.k8s.io/yaml"

	"github.com/edgebell/edgebell/adapters/auditwebhook"
)

// TestBatchFitsTheReceiver: the largest batch that the API server may post is
// below what the receiver reads, or it would be dropped whole.
func TestBatchFitsTheReceiver(t *testing.T) {
	raw, err := os.ReadFile("50-edgebell.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var dropIn map[string][]string
	if err := yaml.UnmarshalStrict(raw, &dropIn); err != nil {
		t.Fatal(err)
	}
	args := dropIn["kube-apiserver-arg+"]
	if len(dropIn) != 1 || len(args) == 0 {
		t.Fatalf("%v: want kube-apiserver-arg+ alone; without the plus it replaces what others set", dropIn)
	}
	number := func(flag string) int64 {
		for _, arg := range args {
			if value, ok := strings.CutPrefix(arg, flag+"="); ok {
				n, err := strconv.ParseInt(value, 10, 64)
				if err != nil {
					t.Fatalf("%s: %v", arg, err)
				}
				return n
			}
		}
		t.Fatalf("%s is not set", flag)
		return 0
	}
	var cfg auditwebhook.Config
	if err := envconfig.ProcessWith(t.Context(), &envconfig.Config{Target: &cfg, Lookuper: envconfig.MapLookuper(nil)}); err != nil {
		t.Fatal(err)
	}
	const envelope = 1 << 10
	largest := number("audit-webhook-batch-max-size")*number("audit-webhook-truncate-max-event-size") + envelope
	if largest > cfg.MaxBodyBytes {
		t.Errorf("a batch may have %d bytes, AUDIT_MAX_BODY_BYTES is %d by default", largest, cfg.MaxBodyBytes)
	}
}
