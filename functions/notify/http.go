package notify

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/edgebell/edgebell/adapters/token"
)

// retryAfter is what a sender is asked to wait, in seconds, when the ledger
// cannot be written.
const retryAfter = "5"

// Handler serves the function: CloudEvents at POST /, and /healthz, /readyz,
// /status and /metrics.
func (f *Function) Handler() http.Handler {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = f.httpError
	e.POST("/", f.receive, f.authenticate)
	if f.cfg.Page == pageOn {
		e.GET("/", f.page, f.authenticatePage)
	} else {
		e.GET("/", echo.NotFoundHandler)
	}
	e.POST("/test", f.sendTest, f.authenticate)
	e.GET("/healthz", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	e.GET("/readyz", f.readyz)
	e.GET("/status", func(c echo.Context) error { return c.JSONPretty(http.StatusOK, f.Status(), "  ") })
	e.GET("/metrics", func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderContentType, "text/plain; version=0.0.4; charset=utf-8")
		f.writeMetrics(c.Response())
		return nil
	})
	return e
}

// authenticate lets in who brings SINK_TOKEN.
func (f *Function) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	good := token.Accept(f.cfg.SinkToken)
	if good.Empty() {
		return next
	}
	return func(c echo.Context) error {
		scheme, shown, _ := strings.Cut(c.Request().Header.Get(echo.HeaderAuthorization), " ")
		if !strings.EqualFold(scheme, "Bearer") || !good.Has(shown) {
			c.Response().Header().Set(echo.HeaderWWWAuthenticate, "Bearer")
			return echo.NewHTTPError(http.StatusUnauthorized, "header Authorization: must be Bearer and the value of SINK_TOKEN")
		}
		return next(c)
	}
}

// take reads a request and hands over what it brings.
func (f *Function) take(r *http.Request) error {
	body, leave, err := readBody(r, f.cfg.MaxBodyBytes, f.bodies)
	defer leave()
	if err != nil {
		return err
	}
	events, err := decodeRequest(r, body)
	if err != nil {
		return err
	}
	return f.Handle(r.Context(), events)
}

func (f *Function) receive(c echo.Context) error {
	err := f.take(c.Request())
	var refused *refusal
	switch {
	case err == nil:
		f.intake.ended(f.log)
		return c.NoContent(http.StatusNoContent)
	case errors.As(err, &refused):
		f.metrics.refused.Inc()
		f.log.Warn("event refused", "status", refused.status, "error", refused.Error(), "remote", c.Request().RemoteAddr)
		answer := map[string]any{"error": refused.Error()}
		if refused.index >= 0 {
			answer["index"] = refused.index
		}
		return c.JSON(refused.status, answer)
	case !errors.Is(err, context.Canceled): // that is no outage: the sender has gone
		f.intake.failed(f.log, err)
	}
	// One that has gone may still read: who closes only its sending half looks
	// the same from here. No answer would be a 200.
	c.Response().Header().Set(echo.HeaderRetryAfter, retryAfter)
	return c.JSON(http.StatusServiceUnavailable, map[string]any{"error": "the event cannot be kept now: " + err.Error()})
}

// readyz says whether events can be taken. The far side has no part in it: a
// red answer would cut the way in.
func (f *Function) readyz(c echo.Context) error {
	if err := f.ledger.Writable(); err != nil {
		return c.String(http.StatusServiceUnavailable, "ledger cannot be written: "+err.Error()+"\n")
	}
	return c.String(http.StatusOK, "ok: ledger can be written\n")
}

// httpError answers in the function's own form.
func (f *Function) httpError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status, message := http.StatusInternalServerError, "internal error"
	var he *echo.HTTPError
	if errors.As(err, &he) {
		status = he.Code
		if m, ok := he.Message.(string); ok {
			message = m
		}
	}
	if c.Request().Method == http.MethodHead {
		_ = c.NoContent(status)
		return
	}
	_ = c.JSON(status, map[string]any{"error": message})
}
