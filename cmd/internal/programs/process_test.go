package programs

import (
	"bytes"
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
	"sync"
	"syscall"
	"testing"
	"time"
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

// process is one life of a program.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended

	mu   sync.Mutex
	said bytes.Buffer
	more chan struct{} // closed and replaced when it has said something
}

// Write takes the program's output, of both kinds.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.more)
	p.more = make(chan struct{})
	return p.said.Write(b)
}

func (p *process) output() (string, chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String(), p.more
}

// start runs a program with no more than the given environment. It is killed at
// the test's end.
func start(t *testing.T, program string, env []string, input string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(filepath.Join(bin, program), args...), done: make(chan struct{}), more: make(chan struct{})}
	p.cmd.Env = env
	p.cmd.Stdin = strings.NewReader(input)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in ProcessState
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // an error says that it has ended
		<-p.done
		if out, _ := p.output(); t.Failed() {
			t.Logf("%s said:\n%s", program, out[max(0, len(out)-8000):])
		}
	})
	return p
}

// says waits until the program has said a text n times.
func (p *process) says(text string, n int) {
	p.t.Helper()
	late := time.After(patience)
	for {
		out, more := p.output()
		if strings.Count(out, text) >= n {
			return
		}
		select {
		case <-more:
		case <-p.done:
			if out, _ := p.output(); strings.Count(out, text) < n {
				p.t.Fatalf("it ended and did not say %q %d times", text, n)
			}
			return
		case <-late:
			p.t.Fatalf("it does not say %q %d times", text, n)
		}
	}
}

var listening = regexp.MustCompile(`"msg":"listening".*"address":"([^"]+)"`)

// address is where the program listens in its nth turn.
func (p *process) address(n int) string {
	p.t.Helper()
	p.says(`"msg":"listening"`, n)
	p.says("\n", 1) // a line is written at once
	out, _ := p.output()
	return listening.FindAllStringSubmatch(out, n)[n-1][1]
}

// ends waits for the program and gives its exit code.
func (p *process) ends() int {
	p.t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatal("it does not end")
		return 0
	}
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// proc reads one of the files that the kernel has of the process.
func (p *process) proc(name string) string {
	p.t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, name))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(raw)
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
