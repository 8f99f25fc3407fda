package cluster

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const eventText = `{"metadata":{"name":"made-by-hand","namespace":"shop"},
	"involvedObject":{"kind":"Pod","namespace":"shop","name":"till"},
	"reason":"Tested","type":"Warning","message":"the drawer is stuck"}`

var everything = []string{kineName, apiserverName, controllerManager, scheduler}

func TestTwoSideBySide(t *testing.T) {
	first := start(t, t.TempDir())
	second := start(t, t.TempDir(), "--without=controller-manager,scheduler")
	pids := first.pids(everything...)
	one, two := first.admin(), second.admin()
	if one.server == two.server {
		t.Fatalf("both serve at %s", one.server)
	}
	if _, err := second.pid(scheduler); !os.IsNotExist(err) {
		t.Errorf("the second has a scheduler: %v", err)
	}

	var version struct{ GitVersion, Major, Minor string }
	one.do(http.MethodGet, "/version", "", http.StatusOK, &version)
	if strings.HasPrefix(version.GitVersion, "v0.0.0") || version.Major == "" || version.Minor == "" {
		t.Errorf("version is %+v, want a real one: was it built with make controlplane?", version)
	}

	one.do(http.MethodPost, "/api/v1/namespaces", `{"metadata":{"name":"shop"}}`, http.StatusCreated, nil)
	one.do(http.MethodPost, "/api/v1/namespaces/shop/events", eventText, http.StatusCreated, nil)
	two.do(http.MethodGet, "/api/v1/namespaces/shop", "", http.StatusNotFound, nil)
	// The controller manager works: a namespace gets its service account.
	eventually(t, "default service account", func() error {
		code, err := one.try(http.MethodGet, "/api/v1/namespaces/shop/serviceaccounts/default", "", nil)
		if err == nil && code != http.StatusOK {
			err = fmt.Errorf("answers %d", code)
		}
		return err
	})
	accessIsByRBAC(t, one)

	first.stop()
	if first.err != nil {
		t.Errorf("up ended with %v", first.err)
	}
	if first.stdout.Len() > 0 {
		t.Errorf("up printed more than one line: %q", first.stdout)
	}
	for name, pid := range pids {
		if alive(pid) {
			t.Errorf("%s with pid %d still runs", name, pid)
		}
		if _, err := first.pid(name); !os.IsNotExist(err) {
			t.Errorf("%s left its pid file: %v", name, err)
		}
	}
	if err := two.ready(); err != nil {
		t.Errorf("the second cluster after the end of the first: %v", err)
	}
}

func accessIsByRBAC(t *testing.T, admin api) {
	t.Helper()
	const events = "/api/v1/namespaces/shop/events"
	account := admin.bearer(admin.newToken("shop", "default"))
	account.do(http.MethodGet, events, "", http.StatusForbidden, nil)
	admin.bearer("nonsense").do(http.MethodGet, events, "", http.StatusUnauthorized, nil)
	admin.bearer("").do(http.MethodGet, events, "", http.StatusForbidden, nil)

	const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/"
	admin.do(http.MethodPost, rbac+"roles", `{"metadata":{"name":"events"},
		"rules":[{"apiGroups":[""],"resources":["events"],"verbs":["list"]}]}`, http.StatusCreated, nil)
	admin.do(http.MethodPost, rbac+"rolebindings", `{"metadata":{"name":"events"},
		"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"events"},
		"subjects":[{"kind":"ServiceAccount","name":"default","namespace":"shop"}]}`, http.StatusCreated, nil)
	eventually(t, "list with a role", func() error {
		var list struct{ Items []struct{ Message string } }
		code, err := account.try(http.MethodGet, events, "", &list)
		if err == nil && (code != http.StatusOK || len(list.Items) != 1 || list.Items[0].Message != "the drawer is stuck") {
			err = fmt.Errorf("answers %d with %v", code, list.Items)
		}
		return err
	})
}

// newToken asks the issuer for a token of a service account.
func (a api) newToken(namespace, account string) string {
	a.t.Helper()
	var answer struct{ Status struct{ Token string } }
	a.do(http.MethodPost, "/api/v1/namespaces/"+namespace+"/serviceaccounts/"+account+"/token",
		`{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}`, http.StatusCreated, &answer)
	if answer.Status.Token == "" {
		a.t.Fatal("the issuer gave no token")
	}
	return answer.Status.Token
}

func TestAPIServerComesBack(t *testing.T) {
	u := start(t, t.TempDir(), "--without=controller-manager,scheduler")
	admin := u.admin()
	admin.do(http.MethodPost, "/api/v1/namespaces", `{"metadata":{"name":"kept"}}`, http.StatusCreated, nil)
	for name, strike := range map[string]func(pid int) error{
		"killed":    func(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) },
		"hanged up": func(int) error { return u.cmd.Process.Signal(syscall.SIGHUP) },
	} {
		before := u.pids(kineName, apiserverName)
		if err := strike(before[apiserverName]); err != nil {
			t.Fatal(err)
		}
		eventually(t, name+": another API server", func() error {
			pid, err := u.pid(apiserverName)
			if err == nil && pid == before[apiserverName] {
				err = fmt.Errorf("still pid %d", pid)
			}
			return err
		})
		eventually(t, name+": ready at the same address", admin.ready)
		admin.do(http.MethodGet, "/api/v1/namespaces/kept", "", http.StatusOK, nil)
		if now := u.pids(kineName); now[kineName] != before[kineName] {
			t.Errorf("%s: kine was restarted too", name)
		}
	}
}

func TestCompactionIsFastWhenAsked(t *testing.T) {
	u := start(t, t.TempDir(), "--without=controller-manager,scheduler",
		"--compact-interval=500ms", "--compact-min-retain=1")
	admin := u.admin()
	var list struct {
		Metadata struct{ ResourceVersion string }
	}
	admin.do(http.MethodGet, "/api/v1/events", "", http.StatusOK, &list)
	turn := 0
	eventually(t, "watch from an old version is 410 Gone", func() error {
		turn++ // a compaction needs something to compact
		body := fmt.Sprintf(`{"metadata":{"name":"n%d"}}`, turn)
		admin.do(http.MethodPost, "/api/v1/namespaces", body, http.StatusCreated, nil)
		var event struct {
			Type   string
			Object struct{ Code int }
		}
		code, err := admin.try(http.MethodGet, "/api/v1/events?watch=1&timeoutSeconds=1&resourceVersion="+list.Metadata.ResourceVersion, "", &event)
		if err != nil || code == http.StatusGone || event.Object.Code == http.StatusGone {
			return err
		}
		return fmt.Errorf("answers %d, %+v", code, event)
	})
}

func TestNoChildOutlivesUp(t *testing.T) {
	u := start(t, t.TempDir())
	pids := u.pids(everything...)
	if err := u.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-u.ended
	for name, pid := range pids {
		eventually(t, name+" ends with up", func() error {
			if alive(pid) {
				return fmt.Errorf("pid %d runs", pid)
			}
			return nil
		})
	}
	// What a killed cluster left behind does not keep the next one from starting.
	again := start(t, u.dir)
	again.admin().do(http.MethodGet, "/api/v1/namespaces/kube-system", "", http.StatusOK, nil)
}

func TestUpSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	began := time.Now()
	text, err := exec.Command(binary(t), "up", "--dir="+dir, "--apiserver-arg=no-such-flag=1").CombinedOutput()
	if err == nil || !strings.Contains(string(text), "unknown flag: --no-such-flag") {
		t.Errorf("up with a wrong flag: %v\n%s", err, text)
	}
	if took := time.Since(began); took > patience {
		t.Errorf("up took %s to notice", took)
	}
	if strings.Contains(string(text), "KUBECONFIG=") {
		t.Errorf("up claimed to be ready: %s", text)
	}
}

// The kubelet of a hollow node is the real one: it says of a Pod without an
// image what it would say anywhere.
func TestHollowNode(t *testing.T) {
	u := start(t, t.TempDir())
	admin := u.admin()
	node := exec.Command(binary(t), "hollow-node", "--dir="+u.dir, "--name=edge-1")
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = node.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = node.Wait()
	})
	admin.do(http.MethodPost, "/api/v1/namespaces/default/pods", `{
		"metadata":{"name":"kiosk","annotations":{"hollow.edgebell.io/pull-error":"no such image"}},
		"spec":{"containers":[{"name":"kiosk","image":"registry.invalid/kiosk:1"}]}}`, http.StatusCreated, nil)

	missing := map[string]bool{
		`Failed to pull image "registry.invalid/kiosk:1": rpc error: code = Unknown desc = no such image`: true,
		"Error: ErrImagePull":                               true,
		`Back-off pulling image "registry.invalid/kiosk:1"`: true,
	}
	eventually(t, "the kubelet's Events", func() error {
		var list struct {
			Items []struct {
				Message string
				Source  struct{ Component, Host string }
			}
		}
		if _, err := admin.try(http.MethodGet, "/api/v1/namespaces/default/events", "", &list); err != nil {
			return err
		}
		for _, event := range list.Items {
			if event.Source.Component == "kubelet" && event.Source.Host == "edge-1" {
				delete(missing, event.Message)
			}
		}
		if len(missing) > 0 {
			return fmt.Errorf("still missing %v in %+v", missing, list.Items)
		}
		return nil
	})
}
