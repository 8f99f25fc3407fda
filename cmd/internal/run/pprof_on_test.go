//go:build pprof

package run

import (
	"net"
	"net/http"
	"testing"
)

func TestProfilesServe(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := Profiles{Address: ln.Addr().String()}
	if err := p.Serve(t.Context()); err == nil {
		t.Error("serves on an address that is taken")
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.Serve(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Serve(t.Context()); err != nil {
		t.Errorf("in the next turn: %v", err)
	}
	resp, err := http.Get("http://" + p.Address + "/debug/pprof/heap")
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("heap profile: %s, %v", resp.Status, err)
	}
}
