package process

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func shell(t *testing.T, script string, line func(string)) *Process {
	t.Helper()
	p, err := Start(exec.Command("sh", "-c", script), line)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

// busy is a program that has begun and does not end by itself.
func busy(t *testing.T, first string) *Process {
	t.Helper()
	p := shell(t, first+"\n"+`echo ready; while :; do sleep 0.01; done`, nil)
	if _, err := p.Says(t.Context(), regexp.MustCompile("ready\n"), 1); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestOutput(t *testing.T) {
	var lines []string
	p := shell(t, `echo one; echo two >&2; printf three; exit 3`, func(line string) { lines = append(lines, line) })
	<-p.Done
	if diff := cmp.Diff([]string{"one", "two", "three"}, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if got := p.Output(); got != "one\ntwo\nthree" {
		t.Errorf("output %q", got)
	}
	var exit *exec.ExitError
	if !errors.As(p.Err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("ended with %v, want code 3", p.Err)
	}
	if err := p.Alive(); err == nil || !strings.Contains(err.Error(), "exit status 3; it said: one\ntwo") {
		t.Errorf("%v does not say how it ended", err)
	}
}

func TestSays(t *testing.T) {
	p := shell(t, `echo at 1; read wait; echo at 2; exit`, nil)
	at := regexp.MustCompile(`at (\d)\n`)
	if found, err := p.Says(t.Context(), at, 1); err != nil || found[1] != "1" {
		t.Errorf("first: %q, %v", found, err)
	}
	if found, err := p.Says(t.Context(), at, 2); err != nil || found[1] != "2" {
		t.Errorf("second: %q, %v", found, err)
	}
	if _, err := p.Says(t.Context(), at, 3); err == nil || !strings.Contains(err.Error(), "ended by itself") {
		t.Errorf("third: %v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := shell(t, `exec sleep 60`, nil).Says(over, at, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("when the time is over: %v", err)
	}
}

func TestEnd(t *testing.T) {
	p := busy(t, `trap 'echo asked; exit' TERM`)
	if err := p.Stop(time.Minute); err != nil || !strings.HasSuffix(p.Output(), "asked\n") {
		t.Errorf("stopped with %v after %q", err, p.Output())
	}
	deaf := busy(t, `trap '' TERM`)
	if err := deaf.Stop(time.Millisecond); err == nil {
		t.Error("a program that does not end on SIGTERM is no error")
	}
	if err := syscall.Kill(int(deaf.PID), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestReady(t *testing.T) {
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked < 3 {
			http.Error(w, "not yet", http.StatusServiceUnavailable)
		}
	}))
	defer srv.Close()
	if err := shell(t, `exec sleep 60`, nil).Ready(t.Context(), nil, srv.URL); err != nil || asked != 3 {
		t.Errorf("asked %d times: %v", asked, err)
	}
	if err := shell(t, `echo no room; exit 1`, nil).Ready(t.Context(), nil, "http://"+FreeAddress()); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("%v does not say why it ended", err)
	}
}

func TestEventually(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		tries := 0
		try := func() error { tries++; return broken }
		if err := Eventually(t.Context(), time.Second, 3500*time.Millisecond, "it works", try); !errors.Is(err, broken) || tries != 4 {
			t.Errorf("%d tries: %v, want 4", tries, err)
		}
		tries = 0
		if err := Eventually(t.Context(), time.Second, time.Minute, "it works", func() error { return Final(try()) }); !errors.Is(err, broken) || tries != 1 {
			t.Errorf("%d tries after the final error: %v", tries, err)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := Eventually(over, time.Second, time.Minute, "it works", try); !errors.Is(err, context.Canceled) || !errors.Is(err, broken) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

func TestFreeAddress(t *testing.T) {
	one, two := FreeAddress(), FreeAddress()
	if one == two {
		t.Errorf("%s twice", one)
	}
	ln, err := net.Listen("tcp", one)
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
}

func TestMemory(t *testing.T) {
	p := busy(t, "")
	m, err := p.Memory()
	if err != nil || m.RSS <= 0 || m.Peak < m.RSS || m.PSS <= 0 {
		t.Errorf("%+v, %v", m, err)
	}
	p.Kill()
	if m, err := p.Memory(); err == nil {
		t.Errorf("of a process that has ended: %+v", m)
	}
}

func TestCPUIn(t *testing.T) {
	// The name may hold spaces and parentheses.
	got, err := cpuIn("12 (a) b) (c) S 1 12 12 0 -1 4194560 500 0 0 0 150 30 7 8 20 0 5 0 999")
	if err != nil || got != 1800*time.Millisecond {
		t.Errorf("got %s, %v, want 1.8s", got, err)
	}
	if _, err := cpuIn("12 (x) S 1"); err == nil {
		t.Error("takes a line that is cut off")
	}
}
