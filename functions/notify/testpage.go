package notify

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// testTime is how long a test message may wait for its turn and its answer.
const testTime = 50 * time.Second

// sendTest is POST /test: it sends one test message and answers what came of
// it. One at a time: each costs a message.
func (f *Function) sendTest(c echo.Context) error {
	if err := http.NewCrossOriginProtection().Check(c.Request()); err != nil {
		return echo.NewHTTPError(http.StatusForbidden, "request comes from another site's page")
	}
	if !f.testing.TryLock() {
		c.Response().Header().Set(echo.HeaderRetryAfter, retryAfter)
		return echo.NewHTTPError(http.StatusTooManyRequests, "another test message is on its way: try again when it has been answered")
	}
	defer f.testing.Unlock()
	ctx, cancel := context.WithTimeout(c.Request().Context(), testTime)
	defer cancel()
	d := f.test(ctx)
	f.log.Info("test message", "ok", d.OK, "diagnosis", d.Kind, "code", d.Code, "error", d.Error, "bytes", d.Bytes, "ms", d.MS)
	status := http.StatusOK
	if !d.OK {
		status = http.StatusBadGateway
	}
	if strings.Contains(c.Request().Header.Get(echo.HeaderAccept), echo.MIMEApplicationJSON) {
		return c.JSONPretty(status, d, "  ")
	}
	return c.String(status, d.String()+"\n")
}

// test asks the way out, so that the test keeps its pace.
func (f *Function) test(ctx context.Context) Diagnosis {
	answer := make(chan Diagnosis, 1)
	select {
	case f.out.tests <- answer:
	case <-ctx.Done():
		t := f.tester()
		return t.diagnose(0, ctx.Err())
	}
	select {
	case d := <-answer:
		return d
	case <-ctx.Done():
		t := f.tester()
		return t.diagnose(0, ctx.Err())
	}
}
