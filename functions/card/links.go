package card

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card/template"
)

// Link is a button of a card: one of the operator's own addresses and the word
// that stands for it. What the cluster says only fills its gaps, escaped.
type Link struct {
	Text, URL string
	// Dashboard says that it is DASHBOARD_URL, not RUNBOOK_URL.
	Dashboard bool
}

// maxURL bounds an address; a longer one is left out.
const maxURL = 1000

// linkFields are the gaps that an address may have.
var linkFields = []string{"Cluster", "Namespace", "Kind", "Name", "Folded", "Node", "Reason", "Type", "Component", "FirstMs", "LastMs"}

// linkTemplate is an https address with gaps.
type linkTemplate struct {
	*template.Template
	host string
}

// parseLink reads an address such as
// https://grafana.example/d/k8s?var-namespace={{.Namespace}}. Empty is none.
func parseLink(raw string) (*linkTemplate, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return nil, nil
	}
	t, err := template.Parse(raw, linkFields)
	if err != nil {
		return nil, placed(err)
	}
	fixed, _ := t.Static()
	host, err := fixedHost(fixed)
	if err != nil {
		return nil, err
	}
	l := &linkTemplate{t, host}
	for _, a := range []alert.Alert{{}, {Cluster: "c", Namespace: "n", Kind: "Pod", Name: "p", Node: "h", Reason: "r", Type: "Warning", Component: "kubelet"}} {
		if _, err := l.expand(alert.Group{Newest: a, Folded: a.Name}); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// placed says at which character of an address its template is wrong.
func placed(err error) error {
	var e *template.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Column == 0 {
		return errors.New(e.Reason)
	}
	return fmt.Errorf("character %d: %s", e.Column, e.Reason)
}

// fixedHost wants scheme and host before the first gap, so that nothing from
// the cluster decides where a link leads.
func fixedHost(fixed string) (string, error) {
	rest, ok := strings.CutPrefix(fixed, "https://")
	if !ok {
		return "", errors.New("must begin with https:// and a host")
	}
	host, _, ok := strings.Cut(rest, "/")
	if !ok {
		return "", errors.New("must have a / behind its host: the host must not come from an event")
	}
	u, err := url.Parse("https://" + host + "/")
	if err != nil || u.Hostname() == "" || u.User != nil {
		return "", fmt.Errorf("host %q: must be a host name, without user and password", line(host, maxField))
	}
	return u.Host, nil
}

// expand fills the gaps for a group.
func (l *linkTemplate) expand(g alert.Group) (string, error) {
	out, err := l.Execute(linkData(g), escapeURL)
	if err != nil {
		return "", placed(err)
	}
	return out, checkURL(out, l.host)
}

func linkData(g alert.Group) map[string]any {
	a := g.Newest
	return map[string]any{
		"Cluster": a.Cluster, "Namespace": a.Namespace, "Kind": a.Kind, "Name": a.Name, "Folded": nameOf(g),
		"Node": a.Node, "Reason": a.Reason, "Type": a.Type, "Component": a.Component,
		"FirstMs": millis(g.First), "LastMs": millis(g.Last),
	}
}

// millis is a time as dashboards take it; empty when unknown.
func millis(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

// escapeURL escapes for a path, or for a query once that has begun.
func escapeURL(written, value string) (string, error) {
	value = line(value, maxName)
	if strings.ContainsAny(written, "?#") {
		return url.QueryEscape(value), nil
	}
	return url.PathEscape(value), nil
}

// checkURL refuses what a client would read as another address.
func checkURL(s, host string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return errors.New("does not become an address")
	case u.Scheme != "https" || u.Host != host || u.User != nil:
		return fmt.Errorf("becomes an address elsewhere than on %s", host)
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"<>\^`+"`{|}", r) }):
		return errors.New("must be written in ASCII, with spaces and the like escaped")
	case slices.ContainsFunc(strings.Split(u.Path, "/"), func(seg string) bool { return seg == "." || seg == ".." }):
		return errors.New("must not hold . or .. as a part of its path")
	case len(s) > maxURL:
		return fmt.Errorf("becomes %d bytes long: must be at most %d", len(s), maxURL)
	}
	return nil
}

// links are the buttons of a story. One whose gaps an Event has filled badly
// is left out.
func (r *Renderer) links(g alert.Group) []Link {
	if g.Newest.Kind == overflow {
		return nil
	}
	var out []Link
	for _, l := range []struct {
		text string
		to   *linkTemplate
	}{{r.words.runbook, r.runbook}, {r.words.dashboard, r.dashboard}} {
		if l.to == nil {
			continue
		}
		if u, err := l.to.expand(g); err == nil {
			out = append(out, Link{l.text, u, l.to == r.dashboard})
		}
	}
	return out
}
