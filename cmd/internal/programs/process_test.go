package programs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/edgebell/edgebell/k3s/process"
)

// bin is where TestMain builds the programs.
var bin string

func TestMain(m *testing.M) {
	code, err := build(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func build(m *testing.M) (code int, err error) {
	if bin, err = os.MkdirTemp("", "edgebell-programs-"); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(bin)) }()
	cmd := exec.Command("go", "build", "-buildvcs=false", "-tags", tags, "-o", bin+"/", "../../notify", "../../event-source", "../../audit-webhook")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build programs: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// patience bounds every wait; the machine may be busy with other things.
const patience = time.Minute

// running is one life of a program.
type running struct {
	*process.Process
	t *testing.T
}

// start runs a program with no more than the given environment. It is killed at
// the test's end.
func start(t *testing.T, program string, env []string, input string, args ...string) *running {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, program), args...)
	cmd.Env, cmd.Stdin = env, strings.NewReader(input)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p, err := process.Start(cmd, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%s said:\n%s", program, process.Tail(p.Output(), 8000))
		}
	})
	return &running{p, t}
}

// says waits until the program has said a text n times.
func (p *running) says(text string, n int) {
	p.t.Helper()
	p.matches(regexp.MustCompile(regexp.QuoteMeta(text)), n)
}

func (p *running) matches(pattern *regexp.Regexp, n int) []string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	found, err := p.Says(ctx, pattern, n)
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

var listening = regexp.MustCompile(`"msg":"listening".*"address":"([^"]+)".*\n`)

// address is where the program listens in its nth turn.
func (p *running) address(n int) string {
	p.t.Helper()
	return p.matches(listening, n)[1]
}

// ends waits for the program and gives its exit code.
func (p *running) ends() int {
	p.t.Helper()
	select {
	case <-p.Done:
		return p.Cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatal("it does not end")
		return 0
	}
}

func (p *running) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// proc reads one of the files that the kernel has of the process.
func (p *running) proc(name string) string {
	p.t.Helper()
	said, err := p.Read(name)
	if err != nil {
		p.t.Fatal(err)
	}
	return said
}

// ask sends one request and gives the answer whole, headers included.
func ask(ctx context.Context, method, url, authorization string, header map[string]string, body string) (status int, answer string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, fmt.Sprint(resp.Header) + "\n" + string(raw), errors.Join(err, resp.Body.Close())
}

// post hands notify one Event.
func post(t *testing.T, address, token, name string, count int) int {
	t.Helper()
	status, _, err := ask(t.Context(), http.MethodPost, "http://"+address+"/", bearer(token), map[string]string{
		"ce-specversion": "1.0", "ce-id": fmt.Sprintf("uid-%s.%d", name, count), "ce-source": "/clusters/pi",
		"ce-type": "io.edgebell.kubernetes.event.v1", "Content-Type": "application/json",
	}, eventJSON(name, count))
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func bearer(token string) string {
	if token == "" {
		return ""
	}
	return "Bearer " + token
}

// eventJSON is a Warning about the Pod <name>-0.
func eventJSON(name string, count int) string {
	reason := map[string]string{"told": "FailedScheduling", "grows": "Unhealthy"}[name]
	if reason == "" {
		reason = "BackOff"
	}
	return fmt.Sprintf(`{"metadata":{"namespace":"shop","name":"%[1]s.1","uid":"uid-%[1]s"},
		"involvedObject":{"kind":"Pod","namespace":"shop","name":"%[1]s-0"},"type":"Warning","reason":%[2]q,
		"message":"%[2]s of %[1]s-0","lastTimestamp":"2026-11-24T12:00:00Z","count":%[3]d,"source":{"component":"kubelet"}}`, name, reason, count)
}
