package notify

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/edgebell/edgebell/adapters/token"
	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/ledger"
)

//go:embed page.css
var pageCSS string

// pagePolicy lets the page load nothing at all: no script, no image, no font,
// and of styles its own sheet alone.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// Bounds of the page: it may be read over the metered link, too.
const (
	shownGroups   = 50
	shownPreviews = 20
	pageRefresh   = "30"
)

// page is GET /: what is going on now, for people. It only reads.
func (f *Function) page(c echo.Context) error {
	h := c.Response().Header()
	for k, v := range map[string]string{
		"Content-Security-Policy": pagePolicy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
	} {
		h.Set(k, v)
	}
	groups, err := f.ledger.Groups()
	if err != nil {
		return err
	}
	p := f.newPage(groups, c.QueryParam("refresh") != "0")
	return c.HTMLBlob(http.StatusOK, []byte(p.render()))
}

// authenticatePage takes what POST / takes, and for browsers the token as the
// password of any user.
func (f *Function) authenticatePage(next echo.HandlerFunc) echo.HandlerFunc {
	good := token.Accept(f.cfg.SinkToken)
	if good.Empty() {
		return next
	}
	bearer := f.authenticate(next)
	return func(c echo.Context) error {
		_, password, basic := c.Request().BasicAuth()
		if basic && good.Has(password) {
			return next(c)
		}
		if scheme, _, _ := strings.Cut(c.Request().Header.Get(echo.HeaderAuthorization), " "); strings.EqualFold(scheme, "Bearer") {
			return bearer(c)
		}
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Basic realm="edgebell", charset="UTF-8"`)
		return echo.NewHTTPError(http.StatusUnauthorized, "header Authorization: must be Basic with the value of SINK_TOKEN as password, or Bearer with it")
	}
}

// pageView is what the page shows.
type pageView struct {
	w        pageWords
	zone     *time.Location
	now      time.Time
	refresh  bool
	language string
	oldest   time.Duration // due
	status   Status
	routes   []RouteStatus
	next     time.Time // when a group is due next
	use      card.Usage
	notices  string
	groups   []pageGroup
	older    int
}

// pageGroup is a line of the page.
type pageGroup struct {
	alert.Group
	waiting int64 // occurrences not delivered
	preview string
	what    string
	color   string
}

func (f *Function) newPage(groups []alert.Group, refresh bool) *pageView {
	now, _ := f.usage.now()
	use, _ := f.usage.read()
	p := &pageView{
		w: pageWordsOf(f.cfg.Card.Language), zone: f.usage.zone, now: now, refresh: refresh,
		status: f.Status(), routes: f.routeStatuses(), use: use, language: f.cfg.Card.Language,
	}
	slices.SortFunc(p.status.Sources, func(a, b SourceStatus) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Origin, b.Origin))
	})
	slices.SortFunc(groups, func(a, b alert.Group) int {
		return cmp.Or(notAfter(b.Last, now).Compare(notAfter(a.Last, now)), cmp.Compare(a.Fingerprint.String(), b.Fingerprint.String()))
	})
	for i, g := range groups[:min(len(groups), shownGroups)] {
		p.groups = append(p.groups, f.pageGroup(g, now, i < shownPreviews))
	}
	p.older = len(groups) - len(p.groups)
	if at, ok := f.nextDue(); ok {
		until := at.Sub(f.ledger.Now())
		p.next, p.oldest = now.Add(max(until, 0)), max(-until, 0)
	}
	if n := f.ledger.Notices(); !n.Empty() {
		p.notices = f.preview(Outgoing{Notices: n, SentAt: now}).text
	}
	return p
}

// nextDue is when a group is or was due first on any route.
func (f *Function) nextDue() (first ledger.Time, ok bool) {
	for _, d := range f.out {
		if at, due := f.ledger.NextDue(d.Name); due && (!ok || at < first) {
			first, ok = at, true
		}
	}
	return first, ok
}

// pageGroup renders the group as its next card would be, so that the page
// shows what Feishu does.
func (f *Function) pageGroup(g alert.Group, now time.Time, preview bool) pageGroup {
	out := pageGroup{Group: g}
	route := f.out[0].Name
	for i, name := range g.Routes {
		if n := g.Undelivered(name); i == 0 || n > out.waiting {
			out.waiting, route = max(n, 0), name
		}
	}
	shown := f.preview(Outgoing{Groups: []alert.Group{g}, Route: route, SentAt: cmp.Or(g.Last, now)})
	out.what, out.color = shown.title, shown.color
	if preview {
		out.preview = shown.html
	}
	return out
}

// notAfter is t, or now where t claims to be later: whoever writes times of the
// future shall not stand before all others.
func notAfter(t, now time.Time) time.Time {
	if t.After(now) {
		return now
	}
	return t
}
