package cluster

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const patience = 60 * time.Second

// binary is the built control plane: named by CONTROLPLANE, else where make puts it.
func binary(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("CONTROLPLANE"); path != "" {
		return path
	}
	path, err := filepath.Abs("../../../.cache/bin/controlplane")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skip("no control plane built: run make controlplane, or name one with CONTROLPLANE=PATH")
	}
	return path
}

// up is one running `controlplane up`.
type up struct {
	t          *testing.T
	dir        string
	cmd        *exec.Cmd
	stdout     *bytes.Buffer
	kubeconfig string
	ended      chan struct{}
	err        error
}

// start runs up in dir; it returns when the kubeconfig is printed.
func start(t *testing.T, dir string, args ...string) *up {
	t.Helper()
	u := &up{t: t, dir: dir, ended: make(chan struct{}), stdout: &bytes.Buffer{}}
	u.cmd = exec.Command(binary(t), append([]string{"up", "--dir=" + dir}, args...)...)
	out, err := u.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	u.cmd.Stderr = t.Output()
	if err := u.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 1)
	go func() {
		defer close(u.ended)
		first, err := io.ReadAll(io.LimitReader(out, int64(len("KUBECONFIG=")+len(dir)+len("/admin.kubeconfig\n"))))
		if err == nil {
			lines <- string(first)
		}
		_, _ = io.Copy(u.stdout, out)
		u.err = u.cmd.Wait()
	}()
	t.Cleanup(u.stop)
	select {
	case line := <-lines:
		path, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "KUBECONFIG=")
		if !ok {
			t.Fatalf("up printed %q, want KUBECONFIG=PATH", line)
		}
		u.kubeconfig = path
	case <-time.After(2 * patience):
		t.Fatal("up is not ready")
	}
	return u
}

func (u *up) stop() {
	_ = u.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-u.ended:
	case <-time.After(patience):
		_ = u.cmd.Process.Kill()
		u.t.Error("up did not stop")
	}
}

// eventually fails the test when try goes on failing.
func eventually(t *testing.T, what string, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := until(ctx, nil, try); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func (u *up) pid(name string) (int, error) {
	text, err := os.ReadFile(filepath.Join(u.dir, name+".pid"))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

func (u *up) pids(names ...string) map[string]int {
	u.t.Helper()
	all := map[string]int{}
	for _, name := range names {
		pid, err := u.pid(name)
		if err != nil {
			u.t.Fatal(err)
		}
		if !alive(pid) {
			u.t.Fatalf("%s with pid %d does not run", name, pid)
		}
		all[name] = pid
	}
	return all
}

// alive is false for a zombie, too: an orphan's end may go unnoticed for long.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

// api is a client of a cluster's raw API.
type api struct {
	t      *testing.T
	server string
	token  string
	client *http.Client
}

// admin reads the printed kubeconfig, as a client of up would.
func (u *up) admin() api {
	u.t.Helper()
	text, err := os.ReadFile(u.kubeconfig)
	if err != nil {
		u.t.Fatal(err)
	}
	field := func(name string) string {
		match := regexp.MustCompile(name + `: (\S+)`).FindSubmatch(text)
		if match == nil {
			u.t.Fatalf("no %s in the kubeconfig", name)
		}
		return string(match[1])
	}
	data := func(name string) []byte {
		decoded, err := base64.StdEncoding.DecodeString(field(name))
		if err != nil {
			u.t.Fatal(err)
		}
		return decoded
	}
	pair, err := tls.X509KeyPair(data("client-certificate-data"), data("client-key-data"))
	if err != nil {
		u.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(data("certificate-authority-data"))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}}
	return api{t: u.t, server: field("server"), client: &http.Client{Transport: transport, Timeout: 10 * time.Second}}
}

// bearer is the same client with a token in place of the certificate.
func (a api) bearer(token string) api {
	config := a.client.Transport.(*http.Transport).TLSClientConfig.Clone()
	config.Certificates = nil
	a.token, a.client = token, &http.Client{Transport: &http.Transport{TLSClientConfig: config}, Timeout: 10 * time.Second}
	return a
}

// try sends a request and decodes the answer into into, unless that is nil.
func (a api) try(method, path, body string, into any) (int, error) {
	request, err := http.NewRequest(method, a.server+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || into == nil {
		return response.StatusCode, err
	}
	return response.StatusCode, json.Unmarshal(text, into)
}

// do is try that must be answered with want.
func (a api) do(method, path, body string, want int, into any) {
	a.t.Helper()
	code, err := a.try(method, path, body, into)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	if code != want {
		a.t.Fatalf("%s %s answers %d, want %d", method, path, code, want)
	}
}

func (a api) ready() error {
	code, err := a.try(http.MethodGet, "/readyz", "", nil)
	if err == nil && code != http.StatusOK {
		err = fmt.Errorf("readyz answers %d", code)
	}
	return err
}
