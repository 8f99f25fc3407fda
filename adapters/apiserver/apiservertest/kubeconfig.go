package apiservertest

import (
	"encoding/base64"
	"fmt"
)

// Kubeconfig is a file that names a server at url; ca (PEM) and token may be
// empty.
func Kubeconfig(url string, ca []byte, token string) []byte {
	cluster := fmt.Sprintf("server: %q", url)
	if len(ca) > 0 {
		cluster += fmt.Sprintf(", certificate-authority-data: %q", base64.StdEncoding.EncodeToString(ca))
	}
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
current-context: test
contexts:
- {name: test, context: {cluster: test, user: test}}
clusters:
- {name: test, cluster: {%s}}
users:
- {name: test, user: {token: %q}}
`, cluster, token)
}
