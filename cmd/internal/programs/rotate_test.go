package programs

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
	"github.com/edgebell/edgebell/k3s/process"
)

// turning is a program whose token stands in a file.
type turning struct {
	*running
	file    string
	address string
	turns   int
}

// turn starts a program at an address that it keeps.
func turn(t *testing.T, program, variable, token string, env ...string) *turning {
	t.Helper()
	p := &turning{file: filepath.Join(t.TempDir(), "token"), address: process.FreeAddress(), turns: 1}
	p.put(t, token)
	p.running = start(t, program, append(env, "LISTEN_ADDRESS="+p.address, variable+"_FILE="+p.file), "")
	p.says(`"msg":"listening"`, p.turns)
	return p
}

func (p *turning) put(t *testing.T, tokens ...string) {
	t.Helper()
	err := errors.Join(os.WriteFile(p.file+".new", []byte(strings.Join(tokens, "\n")+"\n"), 0o600), os.Rename(p.file+".new", p.file))
	if err != nil {
		t.Fatal(err)
	}
}

// change gives the program other tokens and waits until it has taken them up.
func (p *turning) change(t *testing.T, tokens ...string) {
	t.Helper()
	p.put(t, tokens...)
	p.signal(syscall.SIGHUP)
	p.turns++
	p.says(`"msg":"listening"`, p.turns)
}

func function(t *testing.T, token string) *turning {
	t.Helper()
	return turn(t, "notify", "SINK_TOKEN", token, "CHANNEL=log", "DATA_DIR="+filepath.Join(t.TempDir(), "data"), "DATA_MAX_BYTES=4194304")
}

// kept is how many occurrences a notify's ledger holds.
func (p *turning) kept() (n int, err error) {
	status, answer, err := ask(p.t.Context(), http.MethodGet, "http://"+p.address+"/status", "", nil, "")
	var st struct{ Ledger struct{ Occurrences int } }
	if err == nil {
		err = json.Unmarshal([]byte(answer[strings.IndexByte(answer, '\n')+1:]), &st)
	}
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d", status)
	}
	return st.Ledger.Occurrences, err
}

func (p *turning) keeps(want int) {
	p.t.Helper()
	late := time.After(patience)
	for again := time.Tick(20 * time.Millisecond); ; {
		n, err := p.kept()
		if n == want {
			return
		}
		select {
		case <-again:
		case <-late:
			p.t.Fatalf("the ledger holds %d occurrences, %v; want %d", n, err, want)
		}
	}
}

// entry posts one audit entry as an API server does.
func (p *turning) entry(name, token string) (status int, header string, err error) {
	body := strings.NewReplacer(`"web.1"`, `"`+name+`.1"`, `"uid":"u1"`, `"uid":"`+name+`"`, "web-0", name+"-0").Replace(audit)
	return ask(p.t.Context(), http.MethodPost, "http://"+p.address+"/", bearer(token), map[string]string{"Content-Type": "application/json"}, body)
}

// insists posts entries one after another until told to stop, each until it is
// answered; an API server would give up some time, so an answer of 401 is a
// loss.
func (p *turning) insists(token string, stop <-chan struct{}, prefix string) (taken int, err error) {
	for {
		select {
		case <-stop:
			return taken, nil
		default:
		}
		status, answer, err := p.entry(fmt.Sprint(prefix, taken), token)
		switch {
		case err == nil && status == http.StatusOK:
			taken++
		case err == nil && status != http.StatusServiceUnavailable:
			return taken, fmt.Errorf("answered %d: %s", status, answer)
		case p.t.Context().Err() != nil:
			return taken, errors.New("never answered")
		}
	}
}

// TestAuditTokenIsReplaced: an API server knows but the token that it started
// with, and drops what is refused. With the new and the old token in the file
// none of its entries is refused; without the old one it is.
func TestAuditTokenIsReplaced(t *testing.T) {
	f := function(t, sinkToken)
	p := turn(t, "audit-webhook", "AUDIT_TOKEN", auditToken, "K_SINK=http://"+f.address+"/", "SINK_TOKEN="+sinkToken)
	all := 0
	during := func(token string, what func()) {
		t.Helper()
		stop, done := make(chan struct{}), make(chan error, 1)
		prefix := fmt.Sprintf("turn%d-%d-", p.turns, all)
		go func() {
			n, err := p.insists(token, stop, prefix)
			all += n
			done <- err
		}()
		what()
		close(stop)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	good := func(token string, want int) {
		t.Helper()
		status, _, err := p.entry(fmt.Sprintf("good-%d-%.4s", p.turns, token), token)
		if err != nil || status != want {
			t.Errorf("turn %d: %.4s… is answered %d, %v; want %d", p.turns, token, status, err, want)
		}
		if status == http.StatusOK {
			all++
		}
	}
	good(outToken, http.StatusUnauthorized)
	during(auditToken, func() { p.change(t, outToken, auditToken) })
	good(auditToken, http.StatusOK)
	good(outToken, http.StatusOK)
	during(outToken, func() { p.change(t, outToken) })
	good(auditToken, http.StatusUnauthorized)
	good(outToken, http.StatusOK)
	f.keeps(all)
	out := p.Output()
	leaks(t, "output", out)
}

// TestSinkTokenIsReplaced: whichever of notify and its source has the new token
// first, what happens meanwhile is told when both have it, without a restart;
// with the old one left beside it in notify, nothing even waits.
func TestSinkTokenIsReplaced(t *testing.T) {
	for name, turns := range map[string]struct {
		change func(t *testing.T, f, source *turning, between func())
		waits  bool
	}{
		"notify first": {func(t *testing.T, f, source *turning, between func()) {
			f.change(t, outToken)
			between()
			source.change(t, outToken)
		}, true},
		"source first": {func(t *testing.T, f, source *turning, between func()) {
			source.change(t, outToken)
			between()
			f.change(t, outToken)
		}, true},
		"both are good": {func(t *testing.T, f, source *turning, between func()) {
			f.change(t, outToken, sinkToken)
			between()
			source.change(t, outToken, sinkToken)
			f.change(t, outToken)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := apiservertest.New()
			srv := httptest.NewServer(api)
			t.Cleanup(srv.Close) // after the source has ended, which watches
			f := function(t, sinkToken)
			source := turn(t, "event-source", "SINK_TOKEN", sinkToken, "KUBECONFIG="+kubeconfig(t, srv.URL), "K_SINK=http://"+f.address+"/")
			happens(api, "before", 5)
			f.keeps(5)
			turns.change(t, f, source, func() {
				happens(api, "between", 5)
				if turns.waits {
					source.matches(refused, 1) // before it, notify may not have listened
					if n, err := f.kept(); n != 5 || err != nil {
						t.Errorf("the ledger holds %d occurrences, %v; want the 5 of before", n, err)
					}
					return
				}
				f.keeps(10)
			})
			f.keeps(10)
			happens(api, "after", 5)
			f.keeps(15)
			out := source.Output()
			if was := refused.MatchString(out); was != turns.waits || strings.Contains(out, "event dropped") {
				t.Errorf("refused: %v, want %v; or dropped:\n%s", was, turns.waits, out)
			}
			leaks(t, "output", out)
		})
	}
}

// refused is said of a sink that wants another token.
var refused = regexp.MustCompile(`"level":"WARN","msg":"sink (still )?unreachable".*status 401`)

// happens writes n Warnings.
func happens(api *apiservertest.Server, name string, n int) {
	for i := range n {
		pod := fmt.Sprintf("%s-%d", name, i)
		api.Add(&corev1.Event{
			ObjectMeta:     metav1.ObjectMeta{Namespace: "shop", Name: pod + ".1"},
			InvolvedObject: corev1.ObjectReference{Kind: "Pod", Namespace: "shop", Name: pod},
			Type:           "Warning", Reason: "BackOff", Message: "m", Count: 1,
		})
	}
}
