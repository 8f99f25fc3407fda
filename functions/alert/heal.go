package alert

import "time"

// Healing maps the reasons of the troubles that a Normal Event may end to how
// long it must stay quiet after it until the trouble counts as over.
type Healing map[string]time.Duration

// The hold-downs. A recorder lets 25 Events of one object through and then one
// in five minutes, a container in a crash loop is started every five minutes,
// and controllers try again after up to a quarter of an hour: where trouble is
// told again and again, less than ten quiet minutes say nothing. What is told
// once, at a change, needs no more than to keep flapping out.
const (
	atChange = time.Minute
	retried  = 10 * time.Minute
)

func after(hold time.Duration, reasons ...string) Healing {
	h := Healing{}
	for _, r := range reasons {
		h[r] = hold
	}
	return h
}

func (h Healing) and(hold time.Duration, reasons ...string) Healing {
	for _, r := range reasons {
		h[r] = hold
	}
	return h
}

// healings goes by kind and reason of a Normal Event. The reasons are those of
// the kubelet (pkg/kubelet/events), the scheduler, the controllers and, for
// Addon, K3S.
//
// Not in it, because they prove nothing: Pulled for Failed (a container whose
// Secret is missing is Pulled at every try; Failed is also what a failed pull
// is called), Normal BackOff (the wait after a failed pull), NodeReady for a
// node that was cordoned or rebooted, and any good news about another object,
// such as the next Job of a CronJob.
var healings = map[[2]string]Healing{
	{"Node", "NodeReady"}:               after(atChange, "NodeNotReady", "KubeletSetupFailed"),
	{"Node", "NodeSchedulable"}:         after(atChange, "NodeNotSchedulable"),
	{"Node", "NodeHasSufficientMemory"}: after(atChange, "NodeHasInsufficientMemory").and(retried, "EvictionThresholdMet"),
	{"Node", "NodeHasNoDiskPressure"}: after(atChange, "NodeHasDiskPressure").
		and(retried, "EvictionThresholdMet", "FreeDiskSpaceFailed", "ImageGCFailed"),
	{"Node", "NodeHasSufficientPID"}: after(atChange, "NodeHasInsufficientPID").and(retried, "EvictionThresholdMet"),

	{"Pod", "Scheduled"}: after(atChange, "FailedScheduling"),
	{"Pod", "Pulled"}:    after(retried, "ErrImageNeverPull", "InspectFailed"),
	{"Pod", "Started"}: after(retried, "BackOff", "Failed", "Unhealthy", "ErrImageNeverPull", "InspectFailed",
		"FailedCreatePodSandBox", "FailedCreatePodContainer", "FailedPodSandBoxStatus", "FailedPostStartHook",
		"FailedMount", "FailedMapVolume", "FailedAttachVolume", "NetworkNotReady", "FailedPrepareDynamicResources"),
	{"Pod", "SuccessfulAttachVolume"}: after(retried, "FailedAttachVolume"),
	{"Pod", "SuccessfulMountVolume"}:  after(retried, "FailedMount", "FailedMapVolume"),

	{"ReplicaSet", "SuccessfulCreate"}:            after(retried, "FailedCreate"),
	{"ReplicationController", "SuccessfulCreate"}: after(retried, "FailedCreate"),
	{"StatefulSet", "SuccessfulCreate"}:           after(retried, "FailedCreate", "RecreatingFailedPod"),
	{"DaemonSet", "SuccessfulCreate"}:             after(retried, "FailedCreate", "FailedDaemonPod"),
	{"Job", "SuccessfulCreate"}:                   after(retried, "FailedCreate"),
	{"Job", "Completed"}:                          after(atChange, "FailedCreate"),
	{"CronJob", "SuccessfulCreate"}: after(atChange, "FailedCreate", "MissSchedule", "TooManyMissedTimes",
		"UnparseableSchedule", "UnknownTimeZone", "InvalidSchedule"),

	{"PersistentVolumeClaim", "ProvisioningSucceeded"}:      after(atChange, "ProvisioningFailed", "FailedBinding"),
	{"PersistentVolumeClaim", "VolumeResizeSuccessful"}:     after(atChange, "VolumeResizeFailed"),
	{"PersistentVolumeClaim", "FileSystemResizeSuccessful"}: after(atChange, "FileSystemResizeFailed", "VolumeResizeFailed"),
	{"HorizontalPodAutoscaler", "SuccessfulRescale"}: after(retried, "FailedGetResourceMetric", "FailedComputeMetricsReplicas",
		"FailedGetScale", "FailedRescale"),
	{"Addon", "AppliedManifest"}: after(atChange, "ApplyManifestFailed"),
}

// Heals says what trouble with the same object the Alert ends; nil when it is
// no good news, or when whoever wrote it may not speak for the object: nobody
// shall end another's trouble.
func (a Alert) Heals() Healing {
	if a.Type != "Normal" || a.Foreign() {
		return nil
	}
	return healings[[2]string{a.Kind, a.Reason}]
}
