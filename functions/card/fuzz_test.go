package card

import (
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// FuzzRender holds checkSafe for any group, in every schema and language, alone
// and in a digest.
func FuzzRender(f *testing.F) {
	for _, name := range recorded(f) {
		s := storyOf(f, name)
		a := s.Group.Newest
		f.Add(a.Namespace, a.Kind, a.Name, a.Type, a.Reason, a.Node, a.Component, a.Cluster, a.Message, "source",
			a.MessageBytes, a.Count, int64(3), s.Group.First.Unix(), s.Group.Last.Unix(), s.SentAt.Unix(), uint8(3))
	}
	f.Add("*", "*", "*", "", "*", "", "", "", "<\x1b[0mat id=all>\u202e\u200b\r\n\r\n\r\n\x9b", "<at",
		-1, int64(-1), int64(-1<<63), int64(-1<<63), int64(1<<62), int64(0), uint8(255))
	renderers := []*Renderer{testRenderer(f, "zh"), testRenderer(f, "en")}

	f.Fuzz(func(t *testing.T, namespace, kind, name, typ, reason, node, component, cluster, message, why string,
		size int, total, delivered, first, last, sent int64, objects uint8,
	) {
		g := alert.Group{
			Newest: alert.Alert{
				Cluster: cluster, Namespace: namespace, Kind: kind, Name: name, Type: typ, Reason: reason,
				Component: component, Node: node, Message: message, MessageBytes: size,
			},
			Folded: name, Total: total, MoreObjects: delivered, Delivered: map[string]int64{"r": delivered},
			First: time.Unix(first, 0), Last: time.Unix(last, 0),
		}
		for range objects {
			g.Objects = append(g.Objects, alert.Object{Name: name + message, Count: total})
		}
		n := Notices{
			Dropped: map[string]int64{why: total, reason: delivered},
			Gaps:    []Gap{{From: g.First, To: g.Last, Why: why}, {Why: message}},
		}
		at := time.Unix(sent, 0)
		d := Digest{Route: "r", SentAt: at, OfflineSince: g.First, Notices: n}
		for range objects {
			d.Groups = append(d.Groups, g)
		}
		for _, r := range renderers {
			for _, schema := range schemas {
				renderAll(t, r, schema, Story{Group: g, Route: "r", SentAt: at, Notices: n}, d)
			}
		}
	})
}

func renderAll(t *testing.T, r *Renderer, schema Schema, s Story, d Digest) {
	t.Helper()
	msg, err := r.Single(schema, s)
	if err != nil {
		t.Fatal(err)
	}
	checkSafe(t, schema, msg)
	if msg, err = r.Notice(schema, s.Notices); err != nil {
		t.Fatal(err)
	}
	checkSafe(t, schema, msg)
	parts, err := r.Digest(schema, d)
	if err != nil {
		t.Fatal(err)
	}
	covered := 0
	for _, p := range parts {
		checkSafe(t, schema, p.Message)
		covered += len(p.Groups)
	}
	if covered != len(d.Groups) {
		t.Errorf("%d groups covered of %d", covered, len(d.Groups))
	}
}
