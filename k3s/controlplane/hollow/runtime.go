package hollow

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	cri "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	critest "k8s.io/cri-api/pkg/apis/testing"
	utilexec "k8s.io/utils/exec"
)

// The annotations of a Pod that say what befalls it. All its containers share
// them; without any, they run until they are stopped.
const (
	prefix = "hollow.edgebell.io/"

	SandboxError = prefix + "sandbox-error" // no sandbox: the text of the error
	PullError    = prefix + "pull-error"    // no image: the text of the error
	StartError   = prefix + "start-error"   // no container: the text of the error
	ExitAfter    = prefix + "exit-after"    // containers end after this duration
	ExitCode     = prefix + "exit-code"     // with this code (default 0)
	ExitReason   = prefix + "exit-reason"   // for this reason: Error, OOMKilled
	ExecError    = prefix + "exec-error"    // exec probes and hooks end with 1 and say this
	StopError    = prefix + "stop-error"    // containers cannot be stopped: the text of the error
)

// Runtime is a container runtime without containers.
type Runtime struct {
	*critest.FakeRuntimeService
	pods sync.Map // sandbox id or container id → the Pod's annotations
}

var _ cri.RuntimeService = (*Runtime)(nil)

// NewRuntime returns a runtime that is ready, whose Pods live at 127.0.0.1: the
// kubelet's network probes must not leave the machine.
func NewRuntime() *Runtime {
	critest.FakePodSandboxIPs = []string{"127.0.0.1"}
	fake := critest.NewFakeRuntimeService()
	fake.FakeStatus = &runtimeapi.RuntimeStatus{Conditions: []*runtimeapi.RuntimeCondition{
		{Type: runtimeapi.RuntimeReady, Status: true},
		{Type: runtimeapi.NetworkReady, Status: true},
	}}
	return &Runtime{FakeRuntimeService: fake}
}

// RunPodSandbox refuses a Pod with SandboxError.
func (r *Runtime) RunPodSandbox(ctx context.Context, config *runtimeapi.PodSandboxConfig, handler string) (string, error) {
	if text := config.Annotations[SandboxError]; text != "" {
		return "", status.Error(codes.Unknown, text)
	}
	id, err := r.FakeRuntimeService.RunPodSandbox(ctx, config, handler)
	if err == nil {
		r.pods.Store(id, config.Annotations)
	}
	return id, err
}

// CreateContainer remembers whose the container is.
func (r *Runtime) CreateContainer(ctx context.Context, sandbox string, config *runtimeapi.ContainerConfig, pod *runtimeapi.PodSandboxConfig) (string, error) {
	id, err := r.FakeRuntimeService.CreateContainer(ctx, sandbox, config, pod)
	if err == nil {
		r.pods.Store(id, pod.GetAnnotations())
	}
	return id, err
}

// StartContainer refuses a container with StartError and plans the end of one
// with ExitAfter.
func (r *Runtime) StartContainer(ctx context.Context, id string) error {
	pod := r.annotations(id)
	if text := pod[StartError]; text != "" {
		r.exit(id, 128, "StartError", text)
		return status.Error(codes.Unknown, text)
	}
	if err := r.FakeRuntimeService.StartContainer(ctx, id); err != nil {
		return err
	}
	if pod[ExitAfter] == "" {
		return nil
	}
	after, err := time.ParseDuration(pod[ExitAfter])
	if err != nil {
		return status.Errorf(codes.InvalidArgument, "annotation %s: %v", ExitAfter, err)
	}
	code := int32(0)
	if text := pod[ExitCode]; text != "" {
		if _, err := fmt.Sscanf(text, "%d", &code); err != nil {
			return status.Errorf(codes.InvalidArgument, "annotation %s: %v", ExitCode, err)
		}
	}
	time.AfterFunc(after, func() { r.exit(id, code, pod[ExitReason], "") })
	return nil
}

// StopContainer leaves a container with StopError running; another one ends as
// one that heeds SIGTERM does.
func (r *Runtime) StopContainer(ctx context.Context, id string, timeout int64) error {
	if text := r.annotations(id)[StopError]; text != "" {
		return status.Error(codes.DeadlineExceeded, text)
	}
	r.exit(id, 143, "Error", "")
	return nil
}

// ExecSync succeeds, or fails with ExecError in the words of a CRI client.
func (r *Runtime) ExecSync(_ context.Context, id string, command []string, _ time.Duration) (stdout, stderr []byte, err error) {
	text := r.annotations(id)[ExecError]
	if text == "" {
		return nil, nil, nil
	}
	return nil, []byte(text), utilexec.CodeExitError{
		Err:  fmt.Errorf("command '%s' exited with 1: %s", strings.Join(command, " "), text),
		Code: 1,
	}
}

func (r *Runtime) exit(id string, code int32, reason, message string) {
	r.Lock()
	defer r.Unlock()
	container, ok := r.Containers[id]
	if !ok || container.State == runtimeapi.ContainerState_CONTAINER_EXITED {
		return
	}
	container.State = runtimeapi.ContainerState_CONTAINER_EXITED
	container.FinishedAt = time.Now().UnixNano()
	container.ExitCode, container.Reason, container.Message = code, reason, message
}

func (r *Runtime) annotations(id string) map[string]string {
	pod, _ := r.pods.Load(id)
	annotations, _ := pod.(map[string]string)
	return annotations
}

// images is the image service of a Runtime.
type images struct{ *critest.FakeImageService }

// Images returns the image service, which refuses the images of a Pod with
// PullError and has all others.
func (r *Runtime) Images() cri.ImageManagerService {
	return images{critest.NewFakeImageService()}
}

func (i images) PullImage(ctx context.Context, image *runtimeapi.ImageSpec, auth *runtimeapi.AuthConfig, pod *runtimeapi.PodSandboxConfig) (string, error) {
	if text := pod.GetAnnotations()[PullError]; text != "" {
		return "", status.Error(codes.Unknown, text)
	}
	return i.FakeImageService.PullImage(ctx, image, auth, pod)
}
