package kubeevent_test

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/edgebell/edgebell/adapters/kubeevent"
)

func Example() {
	ev := &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Namespace: "shop", Name: "web-0.18eaef18f94ba362", UID: "45e5e6ee", ResourceVersion: "4628"},
		InvolvedObject: corev1.ObjectReference{Namespace: "shop", Kind: "Pod", Name: "web-0"},
		Reason:         "BackOff",
		Type:           corev1.EventTypeWarning,
		Message:        "Back-off restarting failed container",
		Count:          17,
		LastTimestamp:  metav1.NewTime(time.Date(2026, 11, 24, 2, 14, 0, 0, time.UTC)),
		Source:         corev1.EventSource{Component: "kubelet", Host: "pi-2"},
	}

	// The adapter's side.
	ce, err := kubeevent.FromCore("edge-07", kubeevent.OriginWatch, ev)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ce.ID(), ce.Type())
	fmt.Println(ce.Source(), ce.Subject(), ce.Time().Format(time.RFC3339))
	fmt.Println(ce.Extensions()["eventtype"], ce.Extensions()["reason"], ce.Extensions()["origin"])

	// The function's side.
	got, err := kubeevent.Decode(&ce)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(kubeevent.Cluster(ce.Source()), kubeevent.Component(got), kubeevent.Count(got), got.Message)
	// Output:
	// 45e5e6ee.4628 io.edgebell.kubernetes.event.v1
	// /clusters/edge-07 shop/Pod/web-0 2026-11-24T02:14:00Z
	// Warning BackOff watch
	// edge-07 kubelet 17 Back-off restarting failed container
}
