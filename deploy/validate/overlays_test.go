// Package validate holds the manifests to what a cluster would ask of them,
// without one.
package validate

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/edgebell/edgebell/deploy/validate/check"
	"github.com/edgebell/edgebell/deploy/validate/render"
)

const (
	repository = "../.."
	deploy     = ".."
)

// The oldest and the newest Kubernetes that is supported, as Go modules with
// their hashes.
var kubernetes = []module{
	{"k8s.io/kubernetes", "v1.32.13", "h1:5TGYdZ6YZqdp6h/Rp1vX/4TIoybMPdgv97LCZCtPuNQ="},
	{"k8s.io/kubernetes", "v1.37.2", "h1:A2VDEiObzkYqFTKhSsn0ZEb0RlLEXpHWj93gi2HqEwE="},
}

var serving = module{"knative.dev/serving", "v0.51.0", "h1:yN2Q7eYqJgoPfZkATjoBZyGbZ2P1Qhns9HIMU4mF+to="}

// overlays are all that there are to be applied; core holds no secrets, since
// the installer on the node adds them.
var overlays = []string{"overlays/edge", "overlays/edge-audit", "overlays/dev", "overlays/knative"}

type module struct{ path, version, sum string }

// dir downloads a module, of which only data files are used, and checks it.
func (m module) dir(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", m.path+"@"+m.version)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.Output()
	var got struct{ Dir, Sum, Error string }
	if jerr := json.Unmarshal(out, &got); err != nil || jerr != nil || got.Error != "" {
		t.Fatalf("download %s@%s: %v %s", m.path, m.version, err, got.Error)
	}
	if got.Sum != m.sum {
		t.Fatalf("download %s@%s: sum is %s, want %s", m.path, m.version, got.Sum, m.sum)
	}
	return got.Dir
}

var wanted = sync.OnceValue(func() []schema.GroupVersionKind {
	set := map[schema.GroupVersionKind]bool{{Group: "extensions", Version: "v1beta1", Kind: "Deployment"}: true}
	var all []byte
	for _, o := range overlays {
		out, err := render.WithExamples(deploy, o, nil)
		if err != nil {
			panic(err)
		}
		all = append(append(all, "\n---\n"...), out...)
	}
	objects, _ := check.Read(all)
	for _, gvk := range check.Kinds(objects) {
		set[gvk] = true
	}
	var list []schema.GroupVersionKind
	for gvk := range set {
		list = append(list, gvk)
	}
	return list
})

var loaded struct {
	sync.Once
	against check.Against
}

func against(t *testing.T) check.Against {
	t.Helper()
	loaded.Do(func() {
		a := &loaded.against
		for _, m := range kubernetes {
			s, err := check.Swagger(m.version, filepath.Join(m.dir(t), "api/openapi-spec/swagger.json"), wanted())
			if err != nil {
				t.Fatal(err)
			}
			a.Kubernetes = append(a.Kubernetes, s)
		}
		crd, err := check.CRDs("serving "+serving.version, filepath.Join(serving.dir(t), "config/core/300-resources/service.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		a.CRDs, a.Code = crd, map[string]check.Variables{}
		for _, program := range []string{"event-source", "notify", "audit-webhook"} {
			if a.Code[program], err = check.Code(repository, program); err != nil {
				t.Fatal(err)
			}
		}
	})
	if len(loaded.against.Code) == 0 {
		t.Skip("what to compare with could not be loaded; see the first test")
	}
	return loaded.against
}

func rendered(t *testing.T, dir string, extra map[string]string) []byte {
	t.Helper()
	out, err := render.WithExamples(deploy, dir, extra)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func expectNone(t *testing.T, problems []check.Problem) {
	t.Helper()
	for _, p := range problems {
		t.Error(p)
	}
}

func TestOverlays(t *testing.T) {
	for _, dir := range overlays {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			expectNone(t, check.All(rendered(t, dir, nil), against(t)))
		})
	}
}

// To try it beside an installation takes nothing of that away, nor does removing
// it again: they have no object in common.
func TestDevStandsBesideAnother(t *testing.T) {
	names := func(dir string) map[string]bool {
		objects, problems := check.Read(rendered(t, dir, nil))
		expectNone(t, problems)
		all := map[string]bool{}
		for _, o := range objects {
			all[o.String()] = true
		}
		return all
	}
	dev := names("overlays/dev")
	for _, dir := range overlays {
		if dir == "overlays/dev" {
			continue
		}
		for name := range names(dir) {
			if dev[name] {
				t.Errorf("%s has %s, as overlays/dev does", dir, name)
			}
		}
	}
}

// Components that no overlay lists are checked in one that a user might write.
func TestComponentsOnTop(t *testing.T) {
	out := rendered(t, "overlays/mine", map[string]string{"overlays/mine/kustomization.yaml": `
resources: [../edge]
components: [../../components/monitoring, ../../components/networkpolicy/scrape, ../../components/networkpolicy/mail, ../../components/registry-mirror]
`})
	expectNone(t, check.All(out, against(t)))
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "image: ") && !strings.Contains(line, "registry.example.internal/edgebell/") {
			t.Errorf("not from the mirror: %s", line)
		}
	}
}

// The bundle's manifests get their secrets on the node.
func TestBundleManifests(t *testing.T) {
	for dir, secrets := range map[string]string{
		"overlays/edge/core":       secret("edgebell", "edgebell"),
		"overlays/edge-audit/core": secret("edgebell", "edgebell") + secret("audit-webhook", "edgebell-audit"),
	} {
		t.Run(dir, func(t *testing.T) {
			out := rendered(t, dir, nil)
			if strings.Contains(string(out), "kind: Secret") {
				t.Error("holds a Secret: it would be packed for everybody")
			}
			expectNone(t, check.All(append(out, secrets...), against(t)))
		})
	}
}

func secret(name, namespace string) string {
	return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: " + name + ", namespace: " + namespace + "}\ndata: {SINK_TOKEN: eA==}\n"
}

// A namespace of one's own: everything moves along, K_SINK of both sources too.
func TestNamespaceMoves(t *testing.T) {
	edge, err := os.ReadFile(filepath.Join(deploy, "overlays/edge/kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	moved := strings.Replace(string(edge), "namespace: edgebell\n", "namespace: bells\n", 1)
	if moved == string(edge) {
		t.Fatal("overlays/edge has no line namespace: edgebell")
	}
	out := rendered(t, "overlays/edge-audit", map[string]string{"overlays/edge/kustomization.yaml": moved})
	expectNone(t, check.All(out, against(t)))
	text := string(out)
	if !strings.Contains(text, "value: http://notify.bells.svc\n") {
		t.Error("K_SINK of audit-webhook does not name the new namespace")
	}
	if strings.Contains(text, "namespace: edgebell\n") {
		t.Error("something stays in the old namespace")
	}
}

func TestNamespaceOfTheWhole(t *testing.T) {
	t.Run("one namespace follows", func(t *testing.T) {
		out := rendered(t, "overlays/mine", map[string]string{"overlays/mine/kustomization.yaml": "namespace: bells\nresources: [../edge]\n"})
		expectNone(t, check.All(out, against(t)))
	})
	t.Run("two are refused, not mixed", func(t *testing.T) {
		_, err := render.WithExamples(deploy, "overlays/mine", map[string]string{"overlays/mine/kustomization.yaml": "namespace: bells\nresources: [../edge-audit]\n"})
		if err == nil || !strings.Contains(err.Error(), "ID conflict") {
			t.Errorf("got %v, want a refusal", err)
		}
	})
}

// A changed secret or setting restarts the Pods, because its name changes.
func TestSecretChangesName(t *testing.T) {
	name := regexp.MustCompile(`name: (edgebell-[a-z0-9]{10})\ntype: Opaque|name: (edgebell-[a-z0-9]{10})\n  namespace: edgebell\ntype: Opaque`)
	one := name.FindString(string(rendered(t, "overlays/edge", nil)))
	two := name.FindString(string(rendered(t, "overlays/edge", map[string]string{"overlays/edge/secret.env": "FEISHU_WEBHOOK_URL=x\n"})))
	if one == "" || two == "" || one == two {
		t.Errorf("names of the Secret: %q and %q, want two different ones", one, two)
	}
}

// The source files themselves: kustomize drops a duplicate key silently.
func TestSourcesAreStrictYAML(t *testing.T) {
	err := filepath.WalkDir(deploy, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".yaml" || strings.Contains(name, "testdata") {
			return err
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for doc := range strings.SplitSeq(string(raw), "\n---\n") {
			if _, err := yaml.YAMLToJSONStrict([]byte(doc)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
