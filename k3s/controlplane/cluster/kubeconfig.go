package cluster

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	adminKubeconfig     = "admin.kubeconfig"
	kcmKubeconfig       = "controller-manager.kubeconfig"
	schedulerKubeconfig = "scheduler.kubeconfig"
	serverFile          = "server" // the API server's URL, for those who come later
)

const kubeconfigText = `apiVersion: v1
kind: Config
clusters:
- name: controlplane
  cluster:
    server: %s
    certificate-authority-data: %s
users:
- name: %s
  user:
    client-certificate-data: %s
    client-key-data: %s
contexts:
- name: controlplane
  context:
    cluster: controlplane
    user: %[3]s
current-context: controlplane
`

// writeFiles puts certificates, keys and kubeconfigs into dir. The leaf
// certificates are new at each start, so they never run out.
func writeFiles(dir, server string) error {
	authority, err := openAuthority(dir)
	if err != nil {
		return err
	}
	if err := writeServiceAccountKey(dir); err != nil {
		return err
	}
	certificate, key, err := authority.server()
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{servingCert: certificate, servingKey: key, serverFile: []byte(server + "\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	for name, who := range map[string]identity{
		adminKubeconfig:     {user: "admin", groups: []string{"system:masters"}},
		kcmKubeconfig:       {user: "system:kube-controller-manager"},
		schedulerKubeconfig: {user: "system:kube-scheduler"},
	} {
		if err := authority.writeKubeconfig(filepath.Join(dir, name), server, who); err != nil {
			return err
		}
	}
	return nil
}

// WriteNodeKubeconfig makes the kubeconfig of a kubelet for the cluster in dir
// and returns its path. The Node authorizer knows it by the user's name.
func WriteNodeKubeconfig(dir, node string) (string, error) {
	authority, err := LoadAuthority(dir)
	if err != nil {
		return "", err
	}
	server, err := os.ReadFile(filepath.Join(dir, serverFile))
	if err != nil {
		return "", fmt.Errorf("read server address: %w", err)
	}
	path := filepath.Join(dir, "node-"+node+".kubeconfig")
	who := identity{user: "system:node:" + node, groups: []string{"system:nodes"}}
	return path, authority.writeKubeconfig(path, strings.TrimSpace(string(server)), who)
}

func (a *Authority) writeKubeconfig(path, server string, who identity) error {
	certificate, key, err := a.client(who)
	if err != nil {
		return err
	}
	encode := base64.StdEncoding.EncodeToString
	text := fmt.Sprintf(kubeconfigText, server, encode(a.pem), `"`+who.user+`"`, encode(certificate), encode(key))
	// Whoever waits for the file must never read half of it.
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return fmt.Errorf("write kubeconfig of %s: %w", who.user, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write kubeconfig of %s: %w", who.user, err)
	}
	return nil
}
