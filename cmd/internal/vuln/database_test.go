package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestProbe(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
		says   string
	}{
		"a database":   {200, `{"modified":"2026-11-05T23:49:57Z"}`, ""},
		"a login page": {200, "<html>", "not a database's"},
		"another JSON": {200, `{}`, "not a database's"},
		"refused":      {403, "", "403 Forbidden"},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/index/db.json" {
				t.Errorf("%s: asked for %s", name, r.URL.Path)
			}
			w.WriteHeader(tc.status)
			_, _ = w.Write([]byte(tc.body))
		}))
		err := probe(t.Context(), srv.URL)
		srv.Close()
		if (err == nil) != (tc.says == "") || (err != nil && !strings.Contains(err.Error(), tc.says)) {
			t.Errorf("%s: %v, want %q", name, err, tc.says)
		}
		if probe(t.Context(), srv.URL) == nil {
			t.Errorf("%s: a server that is gone was reached", name)
		}
	}
}

func TestChooseDatabase(t *testing.T) {
	for name, ok := range map[string]bool{
		"file:///srv/vulndb": true, "https://vuln.example": true,
		"": false, "modul": false, "/srv/vulndb": false, "http://vuln.example": false,
	} {
		var out bytes.Buffer
		got, err := chooseDatabase(t.Context(), name, &out)
		if (err == nil) != ok || (ok && got != name) {
			t.Errorf("-db %q gave %q, %v", name, got, err)
		}
	}
}
