package cluster

import (
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseOptionsRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no folder":        {nil, "--dir is required"},
		"port too high":    {[]string{"--dir=d", "--port=70000"}, "--port 70000"},
		"unknown part":     {[]string{"--dir=d", "--without=kubelet"}, `--without "kubelet": want controller-manager or scheduler`},
		"no value":         {[]string{"--dir=d", "--apiserver-arg=profiling"}, `"profiling": want key=value`},
		"batch too small":  {[]string{"--dir=d", "--compact-batch-size=10"}, "at least 100"},
		"nothing retained": {[]string{"--dir=d", "--compact-min-retain=0"}, "--compact-min-retain 0: want at least 1"},
		"stray argument":   {[]string{"--dir=d", "now"}, `unexpected argument "now"`},
		"unknown flag":     {[]string{"--dir=d", "--address=0.0.0.0"}, "not defined: -address"},
		"not a duration":   {[]string{"--dir=d", "--event-ttl=1"}, "event-ttl"},
		"all faults named": {[]string{"--port=-1"}, "--port -1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseOptions(test.args, io.Discard)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("ParseOptions(%q) error is %v, want it to say %q", test.args, err, test.want)
			}
		})
	}
}

func TestArgumentsReachTheComponents(t *testing.T) {
	o, err := ParseOptions([]string{
		"--dir=d", "--event-ttl=1m", "--audit-policy-file=p.yaml", "--audit-webhook-config-file=w.yaml",
		"--apiserver-arg=v=4", "--apiserver-arg=--audit-webhook-mode=batch", "--without=controller-manager,scheduler",
		"--controller-manager-arg=node-monitor-grace-period=16s", "--scheduler-arg=v=3",
		"--compact-interval=1s", "--compact-min-retain=7",
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for what, test := range map[string]struct{ got, want []string }{
		"apiserver": {apiserverArgs(o, 1234), []string{
			"--bind-address=127.0.0.1", "--secure-port=1234", "--event-ttl=1m0s", "--authorization-mode=Node,RBAC",
			"--audit-policy-file=" + here + "/p.yaml", "--audit-webhook-config-file=" + here + "/w.yaml", "--v=4", "--audit-webhook-mode=batch",
		}},
		"controller manager": {controllerManagerArgs(o, 1), []string{"--node-monitor-grace-period=16s", "--bind-address=127.0.0.1"}},
		"scheduler":          {schedulerArgs(o, 1), []string{"--v=3", "--bind-address=127.0.0.1"}},
		"kine":               {kineArgs(o), []string{"--compact-interval=1s", "--compact-min-retain=7"}},
	} {
		line := " " + strings.Join(test.got, " ") + " "
		for _, want := range test.want {
			if !strings.Contains(line, " "+want+" ") {
				t.Errorf("%s: %s is missing in%s", what, want, line)
			}
		}
	}
	if o.runs(controllerManager) || o.runs(scheduler) {
		t.Error("--without did not leave out both")
	}
}

func TestReserveKeepsOthersOut(t *testing.T) {
	first, err := reserve(0)
	if err != nil {
		t.Fatal(err)
	}
	defer first.release()
	second, err := reserve(0)
	if err != nil {
		t.Fatal(err)
	}
	defer second.release()
	if first.port == second.port || first.port == 0 {
		t.Errorf("ports %d and %d, want two", first.port, second.port)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	if _, err := reserve(listener.Addr().(*net.TCPAddr).Port); err == nil {
		t.Error("reserved a port that somebody listens on")
	}
}

func TestLockDirRefusesASecond(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockDir(dir); err == nil || !strings.Contains(err.Error(), "another cluster runs in") {
		t.Errorf("second lock: %v, want a refusal", err)
	}
	unlock()
	again, err := lockDir(dir)
	if err != nil {
		t.Fatalf("lock after unlock: %v", err)
	}
	again()
}
