package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	databaseAuto   = "auto"
	databaseModule = "module"

	// officialDatabase is the one that govulncheck asks by itself;
	// https://go.dev/security/vuln/database tells its endpoints.
	officialDatabase = "https://vuln.go.dev"

	// vulndbModule is the repository from which it is made. Its data/osv has one
	// file an advisory, which govulncheck reads as a database too. The checksum
	// database vouches for it as for any module.
	vulndbModule = "golang.org/x/vulndb"

	probeTimeout = 10 * time.Second
)

// chooseDatabase gives the URL of the database that name stands for.
func chooseDatabase(ctx context.Context, name string, out io.Writer) (string, error) {
	switch {
	case name == databaseAuto:
		err := probe(ctx, officialDatabase)
		if err == nil {
			return officialDatabase, nil
		}
		if _, err := fmt.Fprintf(out, "%s cannot be reached (%v): taking the database from the module %s\n", officialDatabase, err, vulndbModule); err != nil {
			return "", err
		}
		return fromModule(ctx, out)
	case name == databaseModule:
		return fromModule(ctx, out)
	case strings.HasPrefix(name, "https://"), strings.HasPrefix(name, "file://"):
		return name, nil
	}
	return "", fmt.Errorf("-db %q: must be %s, %s, https://… or file:///…", name, databaseAuto, databaseModule)
}

// probe asks for the smallest file of a database.
func probe(ctx context.Context, base string) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/index/db.json", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	var about struct {
		Modified time.Time `json:"modified"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&about); err != nil || about.Modified.IsZero() {
		return errors.New("answer is not a database's")
	}
	return nil
}

func fromModule(ctx context.Context, out io.Writer) (string, error) {
	// Elsewhere than in this module, of whose go.sum it is no part.
	dir, err := os.MkdirTemp("", "edgebell-vuln-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", vulndbModule+"@latest")
	cmd.Dir = dir
	raw, err := cmd.Output()
	var m struct{ Version, Dir, Error string }
	if jsonErr := json.Unmarshal(raw, &m); err != nil || jsonErr != nil || m.Dir == "" {
		return "", fmt.Errorf("download %s: %w: %s", vulndbModule, errors.Join(err, jsonErr), m.Error)
	}
	osv := filepath.Join(m.Dir, "data", "osv")
	if found, err := filepath.Glob(filepath.Join(osv, "GO-*.json")); err != nil || len(found) < 1000 {
		return "", fmt.Errorf("%s %s holds %d advisories in data/osv: want thousands", vulndbModule, m.Version, len(found))
	}
	_, err = fmt.Fprintf(out, "database: %s %s\n", vulndbModule, m.Version)
	return "file://" + filepath.ToSlash(osv), err
}
