//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const namespace = "demo"

// podTemplate asks for little and names an image that nobody will ever pull.
func podTemplate(app, restart string) object {
	return object{
		"metadata": object{"labels": object{"app": app}},
		"spec": object{
			"restartPolicy": restart,
			"containers": []object{{
				"name": "main", "image": "registry.example/" + app + ":1",
				"resources": object{"requests": object{"cpu": "10m"}},
			}},
		},
	}
}

func meta(name string) object { return object{"name": name, "namespace": namespace} }

func deployment(name string, replicas int) object {
	return object{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta(name),
		"spec": object{
			"replicas": replicas, "selector": object{"matchLabels": object{"app": name}},
			"template": podTemplate(name, "Always"),
		},
	}
}

func job(name string) object {
	return object{
		"apiVersion": "batch/v1", "kind": "Job", "metadata": meta(name),
		"spec": object{"template": podTemplate(name, "Never")},
	}
}

func cronJob(name string) object {
	return object{
		"apiVersion": "batch/v1", "kind": "CronJob", "metadata": meta(name),
		"spec": object{
			"schedule": "* * * * *", "concurrencyPolicy": "Allow",
			"jobTemplate": object{"spec": object{"template": podTemplate(name, "Never")}},
		},
	}
}

// allowPods lets in so many Pods and no more, and waits until the API server
// holds to it, which it does some time after the quota was made.
func (c *cluster) allowPods(t *testing.T, pods int) {
	t.Helper()
	c.create(t, "/api/v1/namespaces/"+namespace+"/resourcequotas", object{
		"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta("q"),
		"spec": object{"hard": object{"pods": fmt.Sprint(pods)}},
	})
	pod := podTemplate("one-too-many", "Never")
	pod["apiVersion"], pod["kind"], pod["metadata"] = "v1", "Pod", meta("one-too-many")
	body, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "the quota holds", func() error {
		status, answer := c.do(t, http.MethodPost, "/api/v1/namespaces/"+namespace+"/pods?dryRun=All", "application/json", body)
		if status != http.StatusForbidden || !strings.Contains(string(answer), "exceeded quota") {
			return fmt.Errorf("a Pod too many is answered %d", status)
		}
		return nil
	})
}

func autoscaler(name, of string) object {
	return object{
		"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": meta(name),
		"spec": object{
			"minReplicas": 1, "maxReplicas": 5,
			"scaleTargetRef": object{"apiVersion": "apps/v1", "kind": "Deployment", "name": of},
			"metrics": []object{{"type": "Resource", "resource": object{
				"name": "cpu", "target": object{"type": "Utilization", "averageUtilization": 50},
			}}},
		},
	}
}

func claim(name, class string) object {
	return object{
		"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta(name),
		"spec": object{
			"accessModes": []string{"ReadWriteOnce"}, "storageClassName": class,
			"resources": object{"requests": object{"storage": "1Gi"}},
		},
	}
}

// coreEvent is an Event as the older recorders write it.
func coreEvent(name, kind, of, eventType, reason, message string, count int) object {
	now := time.Now().UTC().Format(time.RFC3339)
	return object{
		"apiVersion": "v1", "kind": "Event", "metadata": meta(name),
		"involvedObject": object{"apiVersion": "v1", "kind": kind, "namespace": namespace, "name": of},
		"type":           eventType, "reason": reason, "message": message, "count": count,
		"firstTimestamp": now, "lastTimestamp": now, "source": object{"component": "e2e", "host": "node-1"},
	}
}

// newEvent is an Event as the newer recorders write it.
func newEvent(name, kind, of, eventType, reason, note string) object {
	return object{
		"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": meta(name),
		"regarding": object{"apiVersion": "v1", "kind": kind, "namespace": namespace, "name": of},
		"type":      eventType, "reason": reason, "note": note, "action": "Testing",
		"eventTime":           time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"),
		"reportingController": "e2e.example/new", "reportingInstance": "e2e-0",
	}
}

const (
	coreEvents = "/api/v1/namespaces/" + namespace + "/events"
	newEvents  = "/apis/events.k8s.io/v1/namespaces/" + namespace + "/events"
)

// repeat raises an Event's count, as a recorder does.
func (c *cluster) repeat(t *testing.T, name string, count int) {
	t.Helper()
	patch := fmt.Sprintf(`{"count":%d,"lastTimestamp":%q}`, count, time.Now().UTC().Format(time.RFC3339))
	if status, answer := c.do(t, http.MethodPatch, coreEvents+"/"+name, "application/strategic-merge-patch+json", []byte(patch)); status != http.StatusOK {
		t.Fatalf("patch Event %s: %d %s", name, status, answer)
	}
}

// prepare makes the namespace and waits for its service account, without which
// no Pod may be made.
func (c *cluster) prepare(t *testing.T) {
	t.Helper()
	c.create(t, "/api/v1/namespaces", object{"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": namespace}})
	eventually(t, 30*time.Second, "service account", func() error {
		if status, _ := c.do(t, http.MethodGet, "/api/v1/namespaces/"+namespace+"/serviceaccounts/default", "", nil); status != http.StatusOK {
			return errMissing
		}
		return nil
	})
}
