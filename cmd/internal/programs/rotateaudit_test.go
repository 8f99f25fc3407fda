package programs

import (
	"net/http"
	"strings"
	"testing"
)

// TestAuditEntriesWaitForTheSinkToken: as long as notify refuses its token the
// webhook answers 503 and asks for another try, which an API server then makes
// for minutes.
func TestAuditEntriesWaitForTheSinkToken(t *testing.T) {
	f := function(t, outToken)
	p := turn(t, "audit-webhook", "SINK_TOKEN", sinkToken, "K_SINK=http://"+f.address+"/")
	status, answer, err := p.entry("waits", "")
	if err != nil || status != http.StatusServiceUnavailable || !strings.Contains(answer, "Retry-After:[10]") {
		t.Errorf("with the old token: %d %s, %v", status, answer, err)
	}
	p.change(t, outToken)
	if status, answer, err = p.entry("waits", ""); err != nil || status != http.StatusOK {
		t.Errorf("with the new token: %d %s, %v", status, answer, err)
	}
	f.keeps(1)
}
