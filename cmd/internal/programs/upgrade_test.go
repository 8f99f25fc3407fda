package programs

import (
	"compress/gzip"
	"encoding/binary"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

// oldLedger is a folder with the ledger that the notify of commit 766bf90, the
// last that knew one route, left behind: told-0 was told with a count of 3, and
// then the bot went away; waits-0 (5) and grows-0 (4) were not told.
func oldLedger(t *testing.T) (dir string) {
	t.Helper()
	in, err := os.Open("testdata/ledger-766bf90.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ledger.db"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func ledgerEnv(dir, hook string) []string {
	return []string{"LISTEN_ADDRESS=127.0.0.1:0", "DATA_DIR=" + dir, "DATA_MAX_BYTES=4194304", "GROUP_WAIT=1s", "CARD_LANGUAGE=en", "FEISHU_WEBHOOK_URL=" + hook}
}

// upgraded opens the old ledger with program, sends again all that was ever
// sent, and wants what was not told yet to be told once and nothing else.
func upgraded(t *testing.T, program, dir string) {
	t.Helper()
	bot := feishutest.NewBot(feishutest.Options{})
	bot.Start()
	defer bot.Close()
	p := start(t, program, ledgerEnv(dir, bot.URL), "")
	at := p.address(1)
	for _, ev := range []struct {
		name  string
		count int
	}{{"told", 3}, {"waits", 5}, {"grows", 2}, {"grows", 4}} {
		if status := post(t, at, "", ev.name, ev.count); status != http.StatusNoContent {
			t.Errorf("%s again: %d", ev.name, status)
		}
	}
	// What comes now is due after all that was due before it.
	post(t, at, "", "fresh", 1)
	n := 0
	for told := ""; !strings.Contains(told, "fresh-0"); {
		n++
		got, err := bot.WaitMessages(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		told += got[n-1].Plain()
	}
	p.signal(syscall.SIGTERM)
	if code := p.ends(); code != 0 {
		t.Errorf("code %d", code)
	}
	var all string
	for _, m := range bot.Messages() {
		all += m.Plain() + "\n"
	}
	for name, want := range map[string]int{"told-0": 0, "waits-0": 1, "grows-0": 1, "fresh-0": 1} {
		if (strings.Count(all, name) > 0) != (want > 0) {
			t.Errorf("%s stands %d times in what was told:\n%s", name, strings.Count(all, name), all)
		}
	}
	if len(bot.Messages()) > 4 {
		t.Errorf("%d messages: something was told twice:\n%s", len(bot.Messages()), all)
	}
	// Once more: nothing is left to tell.
	again := start(t, program, ledgerEnv(dir, bot.URL), "")
	before := len(bot.Messages())
	_, status, err := ask(t.Context(), http.MethodGet, "http://"+again.address(1)+"/status", "", nil, "")
	if err != nil || strings.Contains(status, "damaged") {
		t.Errorf("%v: %s", err, status)
	}
	again.signal(syscall.SIGTERM)
	if again.ends(); len(bot.Messages()) != before {
		t.Errorf("told again after a restart: %s", bot.Messages()[before].Plain())
	}
	if moved, err := filepath.Glob(filepath.Join(dir, "*damaged*")); err != nil || len(moved) > 0 {
		t.Errorf("a sound file was moved aside: %v, %v", moved, err)
	}
}

func TestUpgrade(t *testing.T) { upgraded(t, "notify", oldLedger(t)) }

// TestNewerLedgerIsRefused: a file of a version that this program does not know
// is left alone, and the program says what to do.
func TestNewerLedgerIsRefused(t *testing.T) {
	dir := oldLedger(t)
	path := filepath.Join(dir, "ledger.db")
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("version"), binary.BigEndian.AppendUint64(nil, 1000))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, "notify", ledgerEnv(dir, "http://127.0.0.1:1/open-apis/bot/v2/hook/"+hookToken), "")
	code := p.ends()
	if out := p.Output(); code != 1 || !strings.Contains(out, "has version 1000, this program knows up to") || !strings.Contains(out, "run the newer program again") {
		t.Errorf("code %d: %s", code, out)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("the file was changed: %v", err)
	}
}
