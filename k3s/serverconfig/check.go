package serverconfig

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"sigs.k8s.io/yaml"

	"github.com/edgebell/edgebell/k3s/auditpolicy"
)

// Files answers where a file of the server is: first in Stage, where what is
// to be put in place waits, then in Root.
type Files struct{ Root, Stage string }

func (f Files) path(name string) string {
	if f.Stage != "" {
		if staged := filepath.Join(f.Stage, name); exists(staged) {
			return staged
		}
	}
	return filepath.Join(f.Root, name)
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

const (
	policyFlag  = "audit-policy-file"
	webhookFlag = "audit-webhook-config-file"
)

// Policy is the audit policy in effect, "" without one.
func (a Args) Policy() string { return a.Last(policyFlag) }

// Webhook is the audit webhook's kubeconfig in effect, "" without one.
func (a Args) Webhook() string { return a.Last(webhookFlag) }

// Check says why the API server would not start with args, or would not post
// to the webhook that the kubeconfig webhook names.
func (f Files) Check(args Args, webhook string, rule auditv1.PolicyRule) error {
	if got := args.Webhook(); got != webhook {
		return fmt.Errorf("kube-apiserver-arg %s is %q in effect, not %q: a configuration file that comes later sets or replaces it", webhookFlag, got, webhook)
	}
	if mode := args.Last("audit-webhook-mode"); mode != "" && mode != "batch" {
		return fmt.Errorf("kube-apiserver-arg audit-webhook-mode is %q: must be batch, or the API server waits for the webhook", mode)
	}
	if err := f.checkKubeconfig(webhook); err != nil {
		return err
	}
	return f.checkPolicy(args.Policy(), rule)
}

func (f Files) checkPolicy(name string, rule auditv1.PolicyRule) error {
	if name == "" {
		return fmt.Errorf("kube-apiserver-arg %s is not set: a configuration file that comes later replaces it", policyFlag)
	}
	raw, err := os.ReadFile(f.path(name))
	if err != nil {
		return fmt.Errorf("read audit policy: %w", err)
	}
	policy, err := auditpolicy.Parse(raw)
	if err != nil {
		return fmt.Errorf("audit policy %s: %w", name, err)
	}
	if !reflect.DeepEqual(policy.Rules[0], rule) {
		return fmt.Errorf("audit policy %s: its first rule is not the one that tells of Events", name)
	}
	return nil
}

// kubeconfig is the part of a kubeconfig that an audit webhook has use for.
type kubeconfig struct {
	APIVersion     string `json:"apiVersion"`
	Kind           string `json:"kind"`
	CurrentContext string `json:"current-context"`
	Clusters       []struct {
		Name    string `json:"name"`
		Cluster struct {
			Server string `json:"server"`
			CA     string `json:"certificate-authority"`
		} `json:"cluster"`
	} `json:"clusters"`
	Contexts []struct {
		Name    string `json:"name"`
		Context struct {
			Cluster string `json:"cluster"`
			User    string `json:"user"`
		} `json:"context"`
	} `json:"contexts"`
	Users []struct {
		Name string         `json:"name"`
		User map[string]any `json:"user"`
	} `json:"users"`
}

func (f Files) checkKubeconfig(name string) error {
	raw, err := os.ReadFile(f.path(name))
	if err != nil {
		return fmt.Errorf("read webhook kubeconfig: %w", err)
	}
	var k kubeconfig
	if err := yaml.UnmarshalStrict(raw, &k); err != nil {
		// The parser's words may quote the URL, which holds the token.
		return fmt.Errorf("webhook kubeconfig %s: is not a kubeconfig as the installer writes it", name)
	}
	if err := f.checkServer(&k); err != nil {
		return fmt.Errorf("webhook kubeconfig %s: %w", name, err)
	}
	return nil
}

func (f Files) checkServer(k *kubeconfig) error {
	if k.APIVersion != "v1" || k.Kind != "Config" || len(k.Clusters) != 1 || len(k.Contexts) != 1 || len(k.Users) != 1 {
		return errors.New("must be v1 Config with one cluster, one context and one user")
	}
	at, cluster := k.Contexts[0], k.Clusters[0]
	if k.CurrentContext != at.Name || at.Context.Cluster != cluster.Name || at.Context.User != k.Users[0].Name {
		return errors.New("current-context, context, cluster and user do not name each other")
	}
	u, err := url.Parse(cluster.Cluster.Server)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.RawQuery != "" {
		return errors.New("server: must be a URL with http or https, a host and no query")
	}
	if ca := cluster.Cluster.CA; ca != "" && !exists(f.path(ca)) {
		return fmt.Errorf("certificate-authority %s: is not there", ca)
	}
	return nil
}
