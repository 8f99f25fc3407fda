package cluster

import (
	"fmt"
	"strconv"
)

// The components by the names of their pid and log files.
const (
	kineName          = "kine"
	apiserverName     = "apiserver"
	controllerManager = "controller-manager"
	scheduler         = "scheduler"
)

// serviceRange and issuer are K3S' own.
const (
	serviceRange = "10.43.0.0/16"
	issuer       = "https://kubernetes.default.svc.cluster.local"
	kineSocket   = "kine.sock"
)

// The children run in DIR, so these paths are relative; a unix socket's path
// could not be longer than 107 bytes.

func kineArgs(o Options) []string {
	return []string{
		"kine",
		"--socket=" + kineSocket,
		"--compact-interval=" + o.CompactInterval.String(),
		"--compact-min-retain=" + strconv.FormatInt(o.CompactMinRetain, 10),
		"--compact-batch-size=" + strconv.FormatInt(o.CompactBatchSize, 10),
		"--notify-interval=" + o.KineNotifyEvery.String(),
	}
}

func apiserverArgs(o Options, port int) []string {
	args := []string{
		"apiserver",
		"--bind-address=127.0.0.1",
		// Nothing must reach it from elsewhere, so there is no address to
		// announce; the endpoints of the kubernetes Service stay empty, as
		// loopback addresses are refused there.
		"--advertise-address=127.0.0.1",
		"--endpoint-reconciler-type=none",
		fmt.Sprintf("--secure-port=%d", port),
		"--permit-port-sharing=true", // with our reservation of the port
		"--etcd-servers=unix://" + kineSocket,
		"--etcd-compaction-interval=0", // kine compacts by itself
		"--tls-cert-file=" + servingCert,
		"--tls-private-key-file=" + servingKey,
		"--client-ca-file=" + caCertFile,
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--service-account-issuer=" + issuer,
		"--service-account-key-file=" + saPublicFile,
		"--service-account-signing-key-file=" + saKeyFile,
		"--service-cluster-ip-range=" + serviceRange,
		"--event-ttl=" + o.EventTTL.String(),
		"--profiling=false",
	}
	if o.AuditPolicyFile != "" {
		args = append(args, "--audit-policy-file="+o.AuditPolicyFile)
	}
	if o.AuditWebhookFile != "" {
		args = append(args, "--audit-webhook-config-file="+o.AuditWebhookFile)
	}
	return appendFlags(args, o.APIServerArgs)
}

func controllerManagerArgs(o Options, port int) []string {
	args := []string{
		"kcm",
		"--kubeconfig=" + kcmKubeconfig,
		"--use-service-account-credentials=true",
		"--service-account-private-key-file=" + saKeyFile,
		"--root-ca-file=" + caCertFile,
		"--cluster-signing-cert-file=" + caCertFile,
		"--cluster-signing-key-file=" + caKeyFile,
	}
	return appendFlags(append(args, servingFlags(port)...), o.KCMArgs)
}

func schedulerArgs(o Options, port int) []string {
	args := []string{"scheduler", "--kubeconfig=" + schedulerKubeconfig}
	return appendFlags(append(args, servingFlags(port)...), o.SchedulerArgs)
}

// servingFlags are for a component that stands alone, so has no leader to
// elect, and shows its health on loopback.
func servingFlags(port int) []string {
	return []string{
		"--leader-elect=false",
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", port),
		"--permit-port-sharing=true",
		"--tls-cert-file=" + servingCert, // for the same address
		"--tls-private-key-file=" + servingKey,
		"--profiling=false",
	}
}

func appendFlags(args, more []string) []string {
	for _, flag := range more {
		args = append(args, "--"+flag)
	}
	return args
}
