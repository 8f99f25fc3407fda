// Package k3s_test tests what a K3S server is set up with: the files and the
// installer, in throw-away roots.
package k3s_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apiserver/pkg/apis/audit"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/apiserver/pkg/apis/audit/validation"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"
)

const conf = "etc/rancher/k3s"

// starts says why a K3S server with this root would not start, and what its
// API server's last flags are. It shares no code with the installer: the
// kubeconfig is read by client-go, the policy by the API server's validation.
func starts(root string) (map[string]string, error) {
	flags, err := apiserverFlags(root)
	if err != nil {
		return nil, err
	}
	if name, ok := flags["audit-policy-file"]; ok {
		if err := checkPolicy(filepath.Join(root, name)); err != nil {
			return nil, fmt.Errorf("apiserver exited: loading audit policy file: %w", err)
		}
	}
	if name, ok := flags["audit-webhook-config-file"]; ok {
		if err := checkKubeconfig(filepath.Join(root, name)); err != nil {
			return nil, fmt.Errorf("apiserver exited: initializing audit webhook: %w", err)
		}
		if _, ok := flags["audit-policy-file"]; !ok {
			return nil, errors.New("an audit webhook without a policy hears nothing")
		}
	}
	return flags, nil
}

func apiserverFlags(root string) (map[string]string, error) {
	files := []string{filepath.Join(root, conf, "config.yaml")}
	for _, pattern := range []string{"*.yaml", "*.yml"} {
		more, err := filepath.Glob(filepath.Join(root, conf, "config.yaml.d", pattern))
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	slices.Sort(files[1:])
	var args []string
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		var c struct {
			Set []string `json:"kube-apiserver-arg"`
			Add []string `json:"kube-apiserver-arg+"`
		}
		if err := yaml.Unmarshal(raw, &c); err != nil {
			return nil, fmt.Errorf("config %s: %w", file, err)
		}
		if c.Set != nil {
			args = c.Set
		}
		args = append(args, c.Add...)
	}
	flags := map[string]string{}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		flags[name] = value
	}
	return flags, nil
}

func checkPolicy(name string) error {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var v1 auditv1.Policy
	if err := yaml.UnmarshalStrict(raw, &v1); err != nil {
		return err
	}
	var policy audit.Policy
	if err := auditv1.Convert_v1_Policy_To_audit_Policy(&v1, &policy, nil); err != nil {
		return err
	}
	if v1.APIVersion != "audit.k8s.io/v1" || v1.Kind != "Policy" || len(policy.Rules) == 0 {
		return fmt.Errorf("no policy: %.60q", raw)
	}
	return validation.ValidatePolicy(&policy).ToAggregate()
}

func checkKubeconfig(name string) error {
	c, err := clientcmd.BuildConfigFromFlags("", name)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(c.Host, "http") {
		return fmt.Errorf("no server: %q", c.Host)
	}
	return nil
}
