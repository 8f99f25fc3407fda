package k3s_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// changing are the programs through which the script changes what the server
// sees; those that only prepare it are added in the long tests.
var changing = []string{"mv", "rm", "rmdir"}

// killer puts itself in the place of the programs that the script calls: it
// counts the calls that touch the server's root and, at the one that is asked
// for, kills the script behind it, as a power cut would. The script knows
// nothing of it.
const killer = `#!/bin/sh
case " $*" in
*" $WATCH"*) ;;
*) exec %[1]s "$@" ;;
esac
n=0
[ ! -e "$COUNT" ] || read -r n <"$COUNT"
n=$((n + 1))
echo $n >"$COUNT"
%[1]s "$@"
code=$?
if [ "$n" = "$STOP" ]; then
	read -r pid <"$COUNT.pid"
	kill -9 "$pid"
fi
exit $code
`

type killers struct{ dir, binary string }

func newKillers(t *testing.T) killers {
	t.Helper()
	dir := t.TempDir()
	install := func(name, real string) {
		if err := os.WriteFile(filepath.Join(dir, name), fmt.Appendf(nil, killer, real), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range changing {
		real, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		install(name, real)
	}
	install("audit-webhook", program)
	return killers{dir, filepath.Join(dir, "audit-webhook")}
}

// run runs the script up to a step, or all of it with 0. It says whether the
// script came to its end.
func (k killers) run(t *testing.T, root string, stop int, args ...string) (finished bool) {
	t.Helper()
	count := filepath.Join(t.TempDir(), "count")
	line := append([]string{"-c", `echo $$ >"$COUNT.pid"; exec sh install.sh "$@"`, "sh", "--root", root, "--binary", k.binary}, args...)
	cmd := exec.Command("sh", line...)
	cmd.Env = append(os.Environ(), "PATH="+k.dir+":"+path, "COUNT="+count, "WATCH="+root, fmt.Sprintf("STOP=%d", stop), "TMPDIR="+t.TempDir())
	raw, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return true
	case errors.As(err, &exit) && exit.ExitCode() == -1: // by a signal
		return false
	}
	t.Fatalf("install.sh %v stopped at %d: %v\n%s", args, stop, err, raw)
	return false
}

// TestInterrupted kills the installer, and then the removal, at every point at
// which it changes anything: each time the server would start, and running it
// again comes to the same end as if it had not been stopped.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	given := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(given, []byte("t0ken"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"arguments", "policy"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			k := newKillers(t)
			whole := newRoot(t, kind)
			before := snapshot(t, whole)
			script{root: whole}.must(t, "--token-file", given)
			installed := snapshot(t, whole)

			everyStop(t, func(stop int) bool {
				root := newRoot(t, kind)
				finished := k.run(t, root, stop, "--token-file", given)
				expectStarts(t, root, fmt.Sprint("install stopped at ", stop))
				if !finished {
					script{root: root}.must(t, "--token-file", given)
					same(t, fmt.Sprint("installed again after a stop at ", stop), installed, root)
				}
				return finished
			})
			everyStop(t, func(stop int) bool {
				root := copyOf(t, whole)
				finished := k.run(t, root, stop, "uninstall")
				expectStarts(t, root, fmt.Sprint("uninstall stopped at ", stop))
				if !finished {
					script{root: root}.must(t, "uninstall")
				}
				same(t, fmt.Sprint("uninstalled after a stop at ", stop), before, root)
				return finished
			})
		})
	}
}

func everyStop(t *testing.T, one func(stop int) (finished bool)) {
	t.Helper()
	for n := 1; ; n++ {
		if n > 200 {
			t.Fatal("the script has no end")
		}
		if one(n) {
			if n < 4 {
				t.Errorf("only %d steps: the stops do not work", n)
			}
			t.Logf("%d steps", n-1)
			return
		}
	}
}

func expectStarts(t *testing.T, root, when string) {
	t.Helper()
	if _, err := starts(root); err != nil {
		t.Errorf("%s: %v", when, err)
	}
}

func same(t *testing.T, when string, want map[string]string, root string) {
	t.Helper()
	if diff := cmp.Diff(want, snapshot(t, root)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", when, diff)
	}
}

func copyOf(t *testing.T, root string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("cp", "-a", root+"/.", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// TestChangedSince: a policy that somebody has changed after the merge loses
// our rule alone.
func TestChangedSince(t *testing.T) {
	t.Parallel()
	root := newRoot(t, "policy")
	s := script{root: root}
	s.must(t)
	name := filepath.Join(root, cisPath)
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	put(t, root, cisPath, string(raw)+"  - level: None\n")
	s.must(t, "uninstall")
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(cisWords+"  - level: None\n", string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join(root, ours)); err == nil {
		t.Error("our folder is still there")
	}
}

// TestFilesStillNamed: files that the user's own configuration names are not
// taken away.
func TestFilesStillNamed(t *testing.T) {
	t.Parallel()
	root := newRoot(t, "fresh")
	s := script{root: root}
	s.must(t)
	put(t, root, conf+"/config.yaml", "kube-apiserver-arg: [audit-policy-file=/"+ours+"audit-policy.yaml]\n")
	if out, err := s.run(t, "uninstall"); err == nil || !strings.Contains(out, "still names") {
		t.Errorf("%v: %s", err, out)
	}
	expectStarts(t, root, "refused to uninstall")
}
