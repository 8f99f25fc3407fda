// Package e2e tests the real programs against a real control plane (built by
// k3s/controlplane) and a stand-in for the Feishu bot. Its tests stand behind
// the build tag e2e; begin with `make e2e`.
package e2e
