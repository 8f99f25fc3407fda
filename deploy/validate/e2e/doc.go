// Package e2e tries images and manifests on the real things: a Kubernetes
// control plane, containerd, and the arm binaries under qemu. Its tests have
// the build tag e2e, need root, and skip what the machine lacks; begin with
// make deploy-e2e.
package e2e
