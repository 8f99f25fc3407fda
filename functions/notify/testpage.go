package notify

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// testTime is how long a test message may wait for its turn and its answer.
const testTime = 50 * time.Second

// sendTest is POST /test: it sends one test message on each route, or on
// ?route=NAME alone, and answers what came of it. One at a time: each costs a
// message.
func (f *Function) sendTest(c echo.Context) error {
	if err := http.NewCrossOriginProtection().Check(c.Request()); err != nil {
		return echo.NewHTTPError(http.StatusForbidden, "request comes from another site's page")
	}
	routes, err := f.tested(c.QueryParam("route"))
	if err != nil {
		return err
	}
	if !f.testing.TryLock() {
		c.Response().Header().Set(echo.HeaderRetryAfter, retryAfter)
		return echo.NewHTTPError(http.StatusTooManyRequests, "another test message is on its way: try again when it has been answered")
	}
	defer f.testing.Unlock()
	ctx, cancel := context.WithTimeout(c.Request().Context(), testTime)
	defer cancel()
	all := f.testAll(ctx, routes)
	status := http.StatusOK
	if !all.OK {
		status = http.StatusBadGateway
	}
	if !strings.Contains(c.Request().Header.Get(echo.HeaderAccept), echo.MIMEApplicationJSON) {
		return c.String(status, all.String()+"\n")
	}
	if len(routes) == 1 {
		return c.JSONPretty(status, all.Routes[0], "  ")
	}
	return c.JSONPretty(status, all, "  ")
}

// tested are the routes that a request names.
func (f *Function) tested(name string) ([]*deliverer, error) {
	if name == "" {
		return f.out, nil
	}
	var names []string
	for _, d := range f.out {
		if d.Name == name {
			return []*deliverer{d}, nil
		}
		names = append(names, d.Name)
	}
	return nil, echo.NewHTTPError(http.StatusNotFound, "route: there is none of this name, only "+strings.Join(names, ", "))
}

// Diagnoses are those of several routes.
type Diagnoses struct {
	OK     bool        `json:"ok"` // all of them are
	Routes []Diagnosis `json:"routes"`
}

// String is the diagnoses for a terminal.
func (d Diagnoses) String() string {
	lines := make([]string, len(d.Routes))
	for i, r := range d.Routes {
		lines[i] = r.String()
	}
	return strings.Join(lines, "\n")
}

// testAll tests the routes at the same time: one that is slow holds up no
// other.
func (f *Function) testAll(ctx context.Context, routes []*deliverer) Diagnoses {
	all := Diagnoses{OK: true, Routes: make([]Diagnosis, len(routes))}
	var each sync.WaitGroup
	for i, r := range routes {
		each.Go(func() {
			d := f.test(ctx, r)
			d.Route = f.labelled(r.Name)
			f.log.Info("test message", "route", r.Name, "ok", d.OK, "diagnosis", d.Kind, "code", d.Code, "error", d.Error, "bytes", d.Bytes, "ms", d.MS)
			all.Routes[i] = d
		})
	}
	each.Wait()
	for _, d := range all.Routes {
		all.OK = all.OK && d.OK
	}
	return all
}

// test asks the way out, so that the test keeps its pace.
func (f *Function) test(ctx context.Context, r *deliverer) Diagnosis {
	answer := make(chan Diagnosis, 1)
	select {
	case r.tests <- answer:
	case <-ctx.Done():
		t := f.tester(r)
		return t.diagnose(0, ctx.Err())
	}
	select {
	case d := <-answer:
		return d
	case <-ctx.Done():
		t := f.tester(r)
		return t.diagnose(0, ctx.Err())
	}
}
