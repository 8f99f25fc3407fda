package card

import (
	"strings"
	"testing"
	"unicode"

	"github.com/edgebell/edgebell/functions/alert"
)

// TestMeanings holds that both languages are complete, that no entry stands in
// another's shadow, and that the most common reasons have words and hints.
func TestMeanings(t *testing.T) {
	reasons, hinted := map[string]bool{}, map[string]bool{}
	shadows := map[[2]string]bool{} // reasons and kinds whose general entry is passed
	for _, table := range [][]meaning{podMeanings, nodeMeanings, workMeanings} {
		for _, m := range table {
			reasons[m.reason] = true
			if m.zh == "" || m.en == "" || (m.hintZH == "") != (m.hintEN == "") {
				t.Errorf("%s %q: a language is missing", m.reason, m.match)
			}
			if !hasHan(m.zh) || hasHan(m.en) || m.hintZH != "" && !hasHan(m.hintZH) || hasHan(m.hintEN) {
				t.Errorf("%s %q: the languages are mixed up", m.reason, m.match)
			}
			if m.match != strings.ToLower(m.match) {
				t.Errorf("%s %q: must be in lower case", m.reason, m.match)
			}
			if shadows[[2]string{m.reason, ""}] || shadows[[2]string{m.reason, m.kind}] {
				t.Errorf("%s %q %q is never reached", m.reason, m.kind, m.match)
			}
			if m.match == "" {
				shadows[[2]string{m.reason, m.kind}] = true
			}
			if m.hintEN != "" {
				hinted[m.reason] = true
			}
		}
	}
	if len(reasons) < 60 || len(hinted) < 30 {
		t.Errorf("%d reasons, %d with hints; want at least 60 and 30", len(reasons), len(hinted))
	}
}

func hasHan(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0
}

func TestSay(t *testing.T) {
	tests := []struct {
		kind, reason, message string
		want                  string
		severity              Severity
	}{
		{"Pod", "BackOff", "Back-off restarting failed container", "Container keeps crashing, waiting to restart", Warning},
		{"Pod", "BackOff", `Back-off pulling image "x"`, "Image pull failing, waiting to retry", Warning},
		{"Pod", "Failed", "Error: ErrImagePull", "Image pull failed", Warning},
		{"Pod", "Failed", "write /var/lib: no space left on device", "Disk full, container cannot start", Critical},
		{"Pod", "Failed", "Error: failed to start container", "Container failed to start", Warning},
		{"Build", "Failed", "it did", "Failed", Warning},
		{"Pod", "Unhealthy", "Readiness probe failed: not alive", "Readiness probe failed, no traffic goes to it", Warning},
		{"Job", "FailedCreate", "pods is forbidden: exceeded quota: q", "Quota used up, cannot create", Warning},
		{"Pod", "FailedScheduling", "0/1 nodes are available: 1 Insufficient memory.", "Cannot be scheduled, memory is short", Warning},
		{"Node", "NodeHasDiskPressure", "", "Node is short of disk", Critical},
		{"Pod", "NodeNotReady", "Node is not ready", "Its node is not ready", Critical},
		{"Pod", "Evicted", "low on resource: memory", "Evicted from its node", Critical},
		{"Pod", "FailedMount", `secret "a" not found`, "Volume mount failed: what it names is missing", Critical},
		{"Node", "Unheard", "", "Unheard", Critical},
		{"Thing", "<at id=all>", "", "“＜at id=all>”", Warning},
	}
	r := testRenderer(t, "en")
	for _, tt := range tests {
		a := alert.Alert{Kind: tt.kind, Reason: tt.reason, Message: tt.message, Type: "Warning"}
		if got := r.say(a); got != tt.want {
			t.Errorf("say(%s %s %q) = %q, want %q", tt.kind, tt.reason, tt.message, got, tt.want)
		}
		if got := SeverityOf(a); got != tt.severity {
			t.Errorf("SeverityOf(%s %s) = %d, want %d", tt.kind, tt.reason, got, tt.severity)
		}
	}
	for reason, want := range map[string]Severity{"NodeNotReady": Critical, "Pulled": Info, "Unheard": Info} {
		if got := SeverityOf(alert.Alert{Type: "Normal", Reason: reason}); got != want {
			t.Errorf("SeverityOf(Normal %s) = %d, want %d", reason, got, want)
		}
	}
}

func TestCommand(t *testing.T) {
	tests := []struct{ namespace, kind, name, want string }{
		{"edge", "Pod", "camera-0", "kubectl -n edge describe pod/camera-0"},
		{"edge", "Pod", "a.b-c", "kubectl -n edge describe pod/a.b-c"},
		{"", "Node", "pi-1", "kubectl describe node/pi-1"},
		{"", "Endpoints", "svc", "kubectl get events -A --field-selector involvedObject.name=svc"},
		{"edge", "*", "*", "kubectl -n edge get events --field-selector type=Warning"},
		{"", "*", "*", digestCommand},
		{"$(reboot)", "*", "*", digestCommand},
		{"edge", "Pod", "$(reboot)", ""},
		{"edge", "Pod", "a;b", ""},
		{"edge", "Pod", "a b", ""},
		{"edge", "Pod", "a\nb", ""},
		{"edge", "Pod", "camera-0\n", ""},
		{"edge", "Pod", "-rf", ""},
		{"edge", "Pod", "", ""},
		{"-A", "Pod", "a", ""},
		{"a b", "Pod", "a", ""},
		{"edge", "Pod/x", "a", ""},
		{"edge", "-f", "a", ""},
		{"edge", "", "a", ""},
		{"edge", "Pod", "Camera", ""},
		{"edge", "Pod", "相机", ""},
	}
	for _, tt := range tests {
		a := alert.Alert{Namespace: tt.namespace, Kind: tt.kind, Name: tt.name}
		if got := command(a); got != tt.want {
			t.Errorf("command(%q %q %q) = %q, want %q", tt.namespace, tt.kind, tt.name, got, tt.want)
		}
	}
}
