package auditwebhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// retryAfter is measured: with 10 the API server goes on trying for 241 s,
// with 1 for 140 s and without for 90 s.
const retryAfter = "10"

// maxDiscard bounds what is read of a body that is too large. A sender that is
// cut off while it writes sees no answer and tries again.
const maxDiscard = 64 << 20

// Handler serves POST / and POST /clusters/<name>, and /healthz, /readyz,
// /status and /metrics.
func (w *Webhook) Handler() http.Handler {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = w.httpError
	e.POST("/", w.receive, w.authenticate)
	e.POST("/clusters/:name", w.receive, w.authenticate)
	alive := func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }
	e.GET("/healthz", alive)
	e.GET("/readyz", alive) // the input is the listener, and it has just answered
	e.GET("/status", func(c echo.Context) error { return c.JSONPretty(http.StatusOK, w.report(), "  ") })
	e.GET("/metrics", func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderContentType, "text/plain; version=0.0.4; charset=utf-8")
		w.writeMetrics(c.Response())
		return nil
	})
	return e
}

// receive answers 200 for what is settled, be it delivered, of no interest or
// beyond reading: the API server repeats whatever gets another answer, five
// times and more, and then drops it as if it had never been. Only who posts
// something else than audit entries, or to a wrong path, gets a 4xx.
func (w *Webhook) receive(c echo.Context) error {
	cluster := w.cfg.Cluster
	if c.Path() != "/" {
		cluster = c.Param("name")
	}
	if err := checkCluster(cluster); err != nil {
		return echo.NewHTTPError(http.StatusBadRequest, "path: "+err.Error())
	}
	if enc := c.Request().Header.Get(echo.HeaderContentEncoding); enc != "" && enc != "identity" {
		return echo.NewHTTPError(http.StatusUnsupportedMediaType, "header Content-Encoding: must not be set")
	}
	size := c.Request().ContentLength
	if size < 0 || size > w.cfg.MaxBodyBytes {
		size = w.cfg.MaxBodyBytes
	}
	if !w.room.enter(size) {
		w.fullLog.Do(func() { w.log.Warn("too many requests at once: answering 503", "limit", maxOpen) })
		return w.notNow(c, errors.New("too many requests at once"))
	}
	defer w.room.leave(size)
	return w.take(c, cluster)
}

func (w *Webhook) take(c echo.Context, cluster string) error {
	p, err := w.read(c.Request(), cluster)
	switch {
	case errors.Is(err, errNotAudit):
		return echo.NewHTTPError(http.StatusBadRequest, err.Error())
	case err != nil:
		return echo.NewHTTPError(http.StatusBadRequest, "read body: it ended early")
	}
	if len(p.events) > 0 {
		// What the API server has sent is carried through, also when it does
		// not wait for the answer.
		ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(c.Request().Context()), answerTime,
			fmt.Errorf("no answer from the sink within %s", answerTime))
		defer cancel()
		if err := w.lane.deliver(ctx, p.events); err != nil {
			w.put.add(p.events)
			return w.notNow(c, err)
		}
		w.put.settle(p.events)
	}
	w.settled(p)
	return c.JSON(http.StatusOK, map[string]any{"entries": p.entries, "events": len(p.events), "dropped": p.dropped})
}

// settled counts a request once, when it will not come again.
func (w *Webhook) settled(p parcel) {
	w.count.took(p.entries, len(p.events))
	for _, reason := range slices.Sorted(maps.Keys(p.dropped)) {
		w.count.drop(reason, p.dropped[reason])
	}
	if p.why != nil {
		w.dropLog.Do(func() { w.log.Warn("audit entries dropped", "dropped", p.dropped, "first", p.why.Error()) })
	}
}

// read reads and decodes the body. One that is too large is read to its end
// and dropped: it would be as large the next time.
func (w *Webhook) read(r *http.Request, cluster string) (parcel, error) {
	var buf bytes.Buffer
	if r.ContentLength > 0 && r.ContentLength <= w.cfg.MaxBodyBytes {
		buf.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(r.Body, w.cfg.MaxBodyBytes+1))
	if err != nil {
		return parcel{}, err
	}
	if n <= w.cfg.MaxBodyBytes {
		return decode(cluster, buf.Bytes())
	}
	buf = bytes.Buffer{}
	if _, err := io.CopyN(io.Discard, r.Body, maxDiscard); err != nil && !errors.Is(err, io.EOF) {
		return parcel{}, err
	}
	var p parcel
	p.drop(dropTooLarge, fmt.Errorf("body is over %d bytes (AUDIT_MAX_BODY_BYTES)", w.cfg.MaxBodyBytes))
	return p, nil
}

func (w *Webhook) notNow(c echo.Context, err error) error {
	c.Response().Header().Set(echo.HeaderRetryAfter, retryAfter)
	w.count.answered(http.StatusServiceUnavailable)
	return c.JSON(http.StatusServiceUnavailable, map[string]any{"error": err.Error()})
}

// httpError answers with the message alone; an error's own text may tell more
// than a stranger should know.
func (w *Webhook) httpError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status, message := http.StatusInternalServerError, "internal error"
	var he *echo.HTTPError
	if errors.As(err, &he) {
		status, message = he.Code, fmt.Sprint(he.Message)
	}
	w.count.answered(status)
	if status != http.StatusUnauthorized && c.Request().Method == http.MethodPost {
		w.denyLog.Do(func() {
			w.log.Warn("request refused", "status", status, "error", message, "path", strings.ToValidUTF8(c.Request().URL.Path, "?"))
		})
	}
	if c.Request().Method == http.MethodHead {
		_ = c.NoContent(status)
		return
	}
	_ = c.JSON(status, map[string]any{"error": message})
}
