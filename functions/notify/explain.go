package notify

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// Explain says what would become of each Event in raw, were it to arrive at
// now: which clause decides, which routes take it, which story it belongs to,
// and when what is told. raw is JSON: an Event or a List of them as kubectl
// gives it, a CloudEvent, a batch of them, or several of these one after the
// other. The routes need no Channel, and the clock is taken for right. An error
// names what is wrong with the input; what could be explained stands before it.
func Explain(cfg Config, routes []Route, raw []byte, now time.Time) (string, error) {
	alerts, err := readAlerts(raw, cfg.Cluster)
	parts := make([]string, len(alerts))
	for i, a := range alerts {
		e := explained{cfg: &cfg, routes: routes, a: graded(a), now: now}
		parts[i] = e.String()
	}
	return strings.Join(parts, "\n"), err
}

// explained is one Alert and what would become of it.
type explained struct {
	cfg    *Config
	routes []Route
	a      alert.Alert
	now    time.Time
}

func (e explained) String() string {
	a := e.a
	name := plain(a.Name)
	if a.Namespace != "" {
		name = plain(a.Namespace) + "/" + name
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s, %s %s, severity %s, count %d\n", plain(a.Type), plain(a.Reason), plain(a.Kind), name, a.Severity, a.Count)
	v := e.cfg.conditions.Judge(a, e.now, true)
	lines := e.cfg.conditions.Explain(a, e.now, true)
	if v.Rings {
		lines = append(lines, e.routeLines()...)
		lines = append(lines, e.story(), e.timing(v))
	}
	lines = append(lines, e.goodNews()...)
	for _, l := range lines {
		b.WriteString("  " + l + "\n")
	}
	return b.String()
}

// routeLines say of each route whether it takes the Alert, up to the last that
// is asked.
func (e explained) routeLines() []string {
	taken := takers(e.routes, e.a)
	var lines []string
	for _, r := range e.routes {
		name := fmt.Sprintf("route %s (%s): ", r.Name, r.Kind)
		takes := slices.Contains(taken, r.Name)
		switch {
		case r.Name != alert.DefaultRoute:
			name += r.Prefix + "MATCH: " + r.Match.Explain(e.a)
		case len(e.routes) == 1:
			name += "takes it, as the only one"
		case takes:
			name += "takes it, as no other has"
		default:
			name += "does not take it, for another has"
		}
		if takes && r.Continue {
			name += "; goes on to the next"
		}
		if lines = append(lines, name); takes && !r.Continue {
			break
		}
	}
	return lines
}

func (e explained) story() string {
	folded := e.a.FoldedName()
	says := fmt.Sprintf("story %s: all of %s %s, %s %s", e.a.Fingerprint(), plain(e.a.Kind), plain(folded), plain(e.a.Type), plain(e.a.Reason))
	if e.a.Namespace != "" {
		says += " in " + plain(e.a.Namespace)
	}
	return says
}

// timing says when the story is told, if this is its first Event.
func (e explained) timing(v alert.Verdict) string {
	says := fmt.Sprintf("first told %s later (GROUP_WAIT)", alert.Brief(e.cfg.Ledger.GroupWait))
	if v.MutedFor > 0 {
		says = "first told when the window of MUTE ends"
	}
	if v.Min.N > 0 {
		says += fmt.Sprintf(", once it happened %s", v.Min)
	}
	variable := "REPEAT_INTERVAL"
	if e.cfg.repeat(e.a.Severity) != 0 {
		variable += "_" + strings.ToUpper(e.a.Severity)
	}
	return fmt.Sprintf("%s; if it goes on, again every %s at most (%s)", says, alert.Brief(e.cfg.repeatOf(e.a.Severity)), variable)
}

// goodNews say what the Alert ends.
func (e explained) goodNews() []string {
	heals := e.a.Heals()
	if len(heals) == 0 {
		return nil
	}
	if e.cfg.Recovery == recoveryOff {
		return []string{"good news, but RECOVERY is off"}
	}
	var of []string
	for _, reason := range slices.Sorted(maps.Keys(heals)) {
		of = append(of, fmt.Sprintf("%s after %s", reason, alert.Brief(heals[reason])))
	}
	return []string{"good news: ends the object's trouble if it then stays quiet: " + strings.Join(of, ", ")}
}

// plain is text from outside as it may stand on a terminal.
func plain(s string) string {
	for _, r := range s {
		if r <= ' ' || r > '~' || r == '"' {
			return strconv.Quote(s)
		}
	}
	if s == "" {
		return `""`
	}
	return s
}
