package main

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgebell/edgebell/functions/feishu"
)

func TestParse(t *testing.T) {
	for name, tt := range map[string]struct {
		args string
		want string // part of the error; empty: taken
	}{
		"nothing":     {"", ""},
		"all":         {"-listen localhost:1 -control [::1]:2 -token t -secret s -keyword a,b -bandwidth 1000", ""},
		"open":        {"-listen 0.0.0.0:8090", "-listen: \"0.0.0.0\" is not this machine alone"},
		"all hosts":   {"-control :8091", "-control: \"\" is not this machine alone"},
		"open, meant": {"-listen 0.0.0.0:8090 -public", ""},
		"no port":     {"-listen localhost", "want host:port"},
		"argument":    {"go", `argument "go" is not taken`},
	} {
		_, err := parse(strings.Fields(tt.args))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	if _, err := parse([]string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: %v", err)
	}
}

// TestRun starts the program with TLS, sends through the client, reads the page
// and stops it.
func TestRun(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- realMain(ctx, []string{"-listen", "127.0.0.1:0", "-control", "127.0.0.1:0", "-secret", "demo", "-tls-ca", ca}, in)
		in.Close()
	}()
	lines := bufio.NewScanner(out)
	var printed []string
	for len(printed) < 2 && lines.Scan() {
		printed = append(printed, strings.Fields(lines.Text())[1])
	}
	pem, err := os.ReadFile(ca)
	if err != nil || len(printed) != 2 {
		t.Fatalf("printed %q, %v", printed, err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	client, err := feishu.New(feishu.Config{URL: printed[0], Secret: "demo"}, feishu.WithRootCAs(pool))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Send(ctx, feishu.Message{MsgType: "interactive", Payload: []byte(`{"header":{"title":{"tag":"plain_text","content":"hello"}}}`)}); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(printed[1])
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(page), "<h2>hello</h2>") {
		t.Errorf("page of %d bytes lacks the card, %v", len(page), err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("stopped with %v", err)
	}
}
