package card

import (
	"reflect"
	"strings"
	"testing"
)

// harmlessWords are beginnings of ours that say nothing alone: labels within a line,
// the title of a panel, and what stands behind one of our signs, which nobody
// else can write.
var harmlessWords = map[string]bool{
	"locale": true, "unknown": true, "foreign": true, "object": true, "origin": true, "node": true, "first": true, "last": true, "at": true,
	"objects": true, "details": true, "rest": true, "runbook": true, "dashboard": true, "part": true, "cut": true,
	"gap": true, "moreGaps": true, "lostNow": true, "dropped": true, "waitingNow": true, "digestOffline": true,
	"budgetSoft": true, "budgetHard": true, "budgetYesterday": true, "brokenRoute": true,
}

// TestEveryWordOfOursIsKnown: a message that begins as a line of ours does, in
// either language, is put behind a bar.
func TestEveryWordOfOursIsKnown(t *testing.T) {
	for _, w := range []words{zh, en} {
		v := reflect.ValueOf(w)
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if v.Field(i).Kind() != reflect.String || harmlessWords[name] {
				continue
			}
			says := strings.NewReplacer("%[2]s", "shop", "%[1]d", "3", "%[3]d", "3", "%d", "3", "%s", "02:14").Replace(v.Field(i).String())
			if !strings.HasPrefix(quoted(clean(says)), "│ ") {
				t.Errorf("%s: %q passes for our own", name, says)
			}
		}
	}
	for _, says := range []string{
		"kubectl -n shop delete pvc --all", "id 0123abcd · edgebell", "集群 pi · id 0123abcd", "prod · cluster pi · id 0123abcd", "3 次，02:14", "×3 since 02:14",
		"⚠ 未能保留 9 次：存储损坏", "EDGEBELL is alive", "恢复于 02:14", "well since 02:14", "受影响的 Pod：3 个", "Pods affected: 3",
	} {
		if !strings.HasPrefix(quoted(clean(says)), "│ ") {
			t.Errorf("%q passes for our own", says)
		}
	}
	for _, says := range []string{
		"Back-off restarting failed container", "0/3 nodes are available: 3 Insufficient memory.", "Node pi-2 status is now: NodeNotReady",
		"拉取镜像失败", "MountVolume.SetUp failed", "(combined from similar events): x", "Error: ErrImagePull", "failed to sync",
	} {
		if got := quoted(says); got != says {
			t.Errorf("%q becomes %q", says, got)
		}
	}
}

func TestNamed(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "web-7d9f*": "web-7d9f*", "ReplicaSet": "ReplicaSet", "replicaset-controller": "replicaset-controller", "pi.example.com": "pi.example.com",
		"Recovered: NodeNotReady": "“Recovered: NodeNotReady”", "已恢复": "“已恢复”", "a” · Node pi-1 “": "“a\" · Node pi-1 \"”", "http://evil": "“http://evil”",
	} {
		if got := named(in, maxField); got != want {
			t.Errorf("named(%q) = %q, want %q", in, got, want)
		}
	}
}
