package alert

import "testing"

func TestWriter(t *testing.T) {
	tests := map[string]struct {
		event, namespace, kind string
		writer                 string
		foreign                bool
	}{
		"about its own object":                       {"shop", "shop", "Pod", "shop", false},
		"about another's":                            {"evil", "shop", "Pod", "evil", true},
		"about a node, as recorders write":           {"default", "", "Node", "", false},
		"about a node, from kube-system":             {"kube-system", "", "Node", "", false},
		"about a node, which the API server refuses": {"evil", "", "Node", "evil", true},
		"about a node that it puts into its own":     {"evil", "evil", "Node", "evil", true},
		"about a node put into another's":            {"evil", "shop", "Node", "evil", true},
		"default about another's":                    {"default", "shop", "Pod", "default", true},
		"about what has no namespace":                {"default", "", "PersistentVolume", "", false},
		"from a sender that names none":              {"", "shop", "Pod", "shop", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := Alert{EventNamespace: tt.event, Namespace: tt.namespace, Kind: tt.kind, Name: "x", Type: "Normal", Reason: "NodeNotReady"}
			if a.Writer() != tt.writer || a.Foreign() != tt.foreign {
				t.Errorf("writer %q, foreign %t; want %q, %t", a.Writer(), a.Foreign(), tt.writer, tt.foreign)
			}
			if want := tt.kind == "Node" && !tt.foreign; a.NodeDown() != want {
				t.Errorf("NodeDown is %t, want %t", a.NodeDown(), want)
			}
		})
	}
}

// TestNobodySpeaksForAnother: a foreign Event is a story apart and ends nothing.
func TestNobodySpeaksForAnother(t *testing.T) {
	own := Alert{EventNamespace: "shop", Namespace: "shop", Kind: "Pod", Name: "web-0", Type: "Normal", Reason: "Started"}
	foreign := own
	foreign.EventNamespace = "evil"
	if own.Heals() == nil || foreign.Heals() != nil {
		t.Errorf("heals: own %v, foreign %v", own.Heals(), foreign.Heals())
	}
	other := foreign
	other.EventNamespace = "worse"
	if own.Fingerprint() == foreign.Fingerprint() || foreign.Fingerprint() == other.Fingerprint() {
		t.Error("what three namespaces say of one Pod is one story")
	}
	if a, b := foreign.Overflow(), (Alert{EventNamespace: "evil", Namespace: "evil", Kind: "Job", Type: "Normal"}).Overflow(); a.Fingerprint() != b.Fingerprint() {
		t.Error("a flood of one writer is two lines")
	}
}

// TestManyStoriesStandForThemselves: the group of what found no room does not
// pass for the story that came last.
func TestManyStoriesStandForThemselves(t *testing.T) {
	a := Alert{Cluster: "pi", EventNamespace: "evil", Namespace: "shop", Kind: "Pod", Name: "web-0", Type: "Warning", Reason: "BackOff", Message: "newest"}
	g := NewGroup(a.Overflow())
	g.Add(a, 3)
	if n := g.Newest; !g.Overflow || n.Kind != "*" || n.Name != "*" || n.Reason != "*" || n.Namespace != "evil" || n.Message != "newest" || g.Total != 3 {
		t.Errorf("group %+v", g)
	}
	all := a.Overflow()
	all.Cluster, all.Namespace = "*", "*"
	g = NewGroup(all)
	g.Add(a, 1)
	if n := g.Newest; n.Cluster != "*" || n.Namespace != "*" {
		t.Errorf("of all: %+v", n)
	}
}
