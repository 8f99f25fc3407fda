package card

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// customFields are the values that CARD_TEMPLATE may use.
var customFields = []string{
	"What", "Where", "Cluster", "Namespace", "Kind", "Name", "Folded", "Node", "Reason", "Type", "Component",
	"Message", "Hint", "Command", "Count", "New", "Times", "First", "Last", "Sent", "Late",
	"Severity", "Color", "Mark", "Recovered", "Objects", "MoreObjects", "Notices",
	"Title", "ID", "Keyword", "Runbook", "Dashboard",
}

// single is a story on the operator's card, its message cut as far as it must.
func (r *Renderer) single(s Story, strict bool) (Message, error) {
	if r.custom == nil {
		return Message{}, errors.New("render card: there is no CARD_TEMPLATE")
	}
	for limit := maxMessage; ; limit /= 2 {
		f := r.filling(s, limit)
		f.strict = strict
		raw, err := r.custom.render(f)
		if err != nil {
			return Message{}, fmt.Errorf("CARD_TEMPLATE %w", err)
		}
		if len(raw) > r.most && limit > 0 {
			continue
		}
		if !r.hasKeyword(raw) {
			return Message{}, errors.New("CARD_TEMPLATE lacks FEISHU_KEYWORD: write {{.Keyword}} into a text")
		}
		return r.checked(Message{MsgType: "interactive", Payload: raw}, nil)
	}
}

func (r *Renderer) hasKeyword(payload []byte) bool {
	raw, err := encode(r.keyword)
	return err == nil && bytes.Contains(payload, raw[1:len(raw)-1])
}

// Forms are the schemas to try for a message, the richest first.
func (r *Renderer) Forms() []Schema {
	var out []Schema
	if r.custom != nil {
		out = append(out, Custom)
	}
	for i := range r.forms {
		out = append(out, Native(i))
	}
	if len(r.forms) > 0 {
		return out
	}
	for s, ok := r.schema, true; ok; s, ok = s.Simpler() {
		out = append(out, s)
	}
	return out
}

// tryCustom renders examples, so that a mistake is seen at start and not with
// the first trouble.
func (r *Renderer) tryCustom() error {
	if r.custom == nil {
		return nil
	}
	at := time.Date(2026, 11, 24, 2, 14, 0, 0, time.UTC)
	a := alert.Alert{
		Cluster: "pi", Namespace: "shop", Kind: "Pod", Name: "web-0", Type: "Warning", Reason: "BackOff", Component: "kubelet",
		Node: "pi-1", Message: "Back-off restarting failed container", Count: 3, First: at, Last: at.Add(time.Hour),
	}
	g := alert.NewGroup(a)
	g.Add(a, a.Count)
	bare := alert.Group{Newest: alert.Alert{Kind: "Node", Reason: "NodeReady", Type: "Normal"}, State: alert.Recovered}
	for _, s := range []Story{{Group: g, Route: alert.DefaultRoute, SentAt: at.Add(3 * time.Hour)}, {Group: bare}} {
		if _, err := r.single(s, true); err != nil {
			return err
		}
	}
	return nil
}

// filling is what a story fills the gaps with; every value is cleaned.
func (r *Renderer) filling(s Story, limit int) filling {
	g, a, v := s.Group, s.Group.Newest, r.story(s, limit)
	f := filling{data: map[string]any{
		"What": r.say(a), "Where": r.placeOf(g), "Cluster": cmpLine(a.Cluster, r.cluster),
		"Namespace": line(a.Namespace, maxField), "Kind": line(a.Kind, maxField), "Name": line(a.Name, maxName),
		"Folded": line(nameOf(g), maxName), "Node": line(a.Node, maxName), "Reason": line(a.Reason, maxField),
		"Type": line(a.Type, maxField), "Component": line(a.Component, maxField),
		"Message": joinLines(append([]string{v.Message}, r.related(s.Related, s.Route)...)...), "Hint": v.Hint, "Command": v.Command,
		"Count": g.Total, "New": g.Undelivered(s.Route), "Times": r.occurrences(g, s.Route, s.SentAt),
		"First": r.stamp(g.First, s.SentAt, seconds), "Last": r.stamp(g.Last, s.SentAt, seconds),
		"Sent": r.stamp(s.SentAt, time.Time{}, seconds), "Late": r.delivery(g.Last, s.SentAt),
		"Severity": severityNow(g).String(), "Color": v.Color, "Mark": v.Mark, "Recovered": g.State == alert.Recovered,
		"Objects": objectList(g), "MoreObjects": g.MoreObjects, "Notices": v.Notices,
		"Title": r.title, "ID": g.ShortID(s.Route), "Keyword": r.keyword, "Runbook": "", "Dashboard": "",
	}}
	for _, l := range v.Links {
		key := "Runbook"
		if l.Text == r.words.dashboard {
			key = "Dashboard"
		}
		f.data[key] = l.URL
		if u, err := url.Parse(l.URL); err == nil {
			f.hosts = append(f.hosts, u.Host)
		}
	}
	return f
}

func cmpLine(s, otherwise string) string {
	if s = line(s, maxField); s == "" {
		return otherwise
	}
	return s
}

// objectList has the latest first, as on other cards.
func objectList(g alert.Group) []any {
	var out []any
	for _, o := range slices.Backward(g.Objects) {
		out = append(out, map[string]any{"Name": line(o.Name, maxName), "Count": o.Count})
	}
	return out
}

func (c *custom) render(f filling) ([]byte, error) {
	var b bytes.Buffer
	if _, err := c.root.write(&b, f); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (o *object) write(b *bytes.Buffer, f filling) (bool, error) {
	filled := true
	b.WriteByte('{')
	for i, key := range o.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		raw, err := encode(key)
		if err != nil {
			return false, err
		}
		b.Write(raw)
		b.WriteByte(':')
		ok, err := o.values[i].write(b, f)
		if err != nil {
			return false, err
		}
		filled = filled && ok
	}
	b.WriteByte('}')
	return filled, nil
}

// write leaves out the elements that have nothing to say; a list of which
// nothing is left has nothing to say itself.
func (a array) write(b *bytes.Buffer, f filling) (bool, error) {
	kept := 0
	b.WriteByte('[')
	for _, v := range a {
		mark := b.Len()
		if kept > 0 {
			b.WriteByte(',')
		}
		filled, err := v.write(b, f)
		if err != nil {
			return false, err
		}
		if !filled {
			b.Truncate(mark)
			continue
		}
		kept++
	}
	b.WriteByte(']')
	return kept > 0 || len(a) == 0, nil
}

func (l literal) write(b *bytes.Buffer, _ filling) (bool, error) {
	b.Write(l)
	return true, nil
}

func (g *gapped) write(b *bytes.Buffer, f filling) (bool, error) {
	s, err := g.Execute(f.data, func(written, value string) (string, error) {
		if g.use != asAddress {
			return value, nil
		}
		return g.address(written, value, f)
	})
	if err == nil {
		s, err = g.finish(strings.TrimSpace(s), f)
	}
	switch {
	case err != nil && g.use == asAddress && !f.strict:
		s = ""
	case err != nil:
		return false, positioned{g.line, err}
	}
	raw, err := encode(s)
	b.Write(raw)
	return s != "", err
}

// address lets RUNBOOK_URL and DASHBOARD_URL begin an address as they are.
func (g *gapped) address(written, value string, f filling) (string, error) {
	if written != "" {
		return escapeURL(written, value)
	}
	if value == "" || value == f.data["Runbook"] || value == f.data["Dashboard"] {
		return value, nil
	}
	return "", errors.New("must begin with https:// and a host, or with {{.Runbook}} or {{.Dashboard}}")
}

// finish checks what came out.
func (g *gapped) finish(s string, f filling) (string, error) {
	switch {
	case s == "":
		return "", nil
	case g.use == asWord && !word.MatchString(s):
		return "", errors.New("must become a word such as red")
	case g.use == asAddress && g.host != "":
		return s, checkURL(s, g.host)
	case g.use == asAddress:
		u, err := url.Parse(s)
		if err != nil || !slices.Contains(f.hosts, u.Host) {
			return "", errors.New("leads elsewhere than RUNBOOK_URL and DASHBOARD_URL")
		}
		return s, checkURL(s, u.Host)
	}
	return harmless(s), nil
}

// String is the severity in one word.
func (s Severity) String() string {
	switch s {
	case Critical:
		return "critical"
	case Info:
		return "info"
	}
	return "warning"
}
