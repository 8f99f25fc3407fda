package robot

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/robot/robottest"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

// bare is a channel of nothing but a Client.
type bare struct {
	*Client
	url string
}

func (c bare) Render(int, notify.Outgoing) ([]notify.Part, error) {
	return []notify.Part{{Payload: []byte("{}")}}, nil
}

func (c bare) Send(ctx context.Context, p notify.Part) (notify.Receipt, error) {
	receipt, _, err := c.Post(ctx, c.url, p.Payload)
	if err != nil {
		return receipt, err
	}
	return receipt, nil
}

// TestAnswers: what is not the robot's plain success is never delivered.
func TestAnswers(t *testing.T) {
	b := robottest.New(robottest.Options{
		Check: func(webhooktest.Request) (robottest.Message, *robottest.Answer) { return robottest.Message{}, nil },
		Path:  "/send?key=0123456789",
	})
	defer b.Close()
	codes := Table{{Code: 7, Msg: "slow", Outcome: notify.Retry, After: time.Minute, Mean: "wait"}, {Code: 7, Outcome: notify.MessageRefused, Mean: "no"}}
	c := bare{New(codes, webhook.Options{}, "0123456789"), b.Address()}
	said := func(status int, body string) webhooktest.Fault { return webhooktest.Status(status, body) }
	webhooktest.Outcomes(t, b.Server, c, []string{"0123456789"}, slices.Concat(webhooktest.Transport, []webhooktest.Case{
		{Name: "success", Fault: webhooktest.Well(), Delivered: true},
		{Name: "narrow line of a code", Fault: robottest.Code(7, "too SLOW"), Want: notify.Retry, After: time.Minute, Says: "errcode 7 (wait): too SLOW"},
		{Name: "wide line of a code", Fault: robottest.Code(7, "x"), Want: notify.MessageRefused},
		{Name: "unknown code", Fault: robottest.Code(8, "x"), Want: notify.Unknown},
		{Name: "secret in the answer", Fault: robottest.Code(8, "no key 0123456789"), Want: notify.Unknown, Says: "no key ***"},
		{Name: "unknown code of a gateway", Fault: said(503, `{"errcode":8}`), Want: notify.Retry},
		{Name: "success of a gateway", Fault: said(502, `{"errcode":0}`), Want: notify.Ambiguous},
		{Name: "empty", Fault: said(200, ""), Want: notify.Ambiguous},
		{Name: "empty object", Fault: said(200, "{}"), Want: notify.Ambiguous},
		{Name: "array", Fault: said(200, "[0]"), Want: notify.Ambiguous},
		{Name: "null", Fault: said(200, "null"), Want: notify.Ambiguous},
		{Name: "another key's case", Fault: said(200, `{"ErrCode":0}`), Want: notify.Ambiguous},
		{Name: "code as text", Fault: said(200, `{"errcode":"0"}`), Want: notify.Ambiguous},
		{Name: "code with a fraction", Fault: said(200, `{"errcode":0.1}`), Want: notify.Ambiguous},
		{Name: "web page", Fault: webhooktest.Portal(), Want: notify.Retry, Says: "captive portal"},
		{Name: "throttled by a gateway", Fault: webhooktest.TooMany(90*time.Second, ""), Want: notify.Retry, After: 90 * time.Second},
		{Name: "gone", Fault: said(404, "nothing here"), Want: notify.ChannelRefused},
		{Name: "a proxy's 400", Fault: said(400, "<html>Bad Request</html>"), Want: notify.Unknown, Says: "HTTP 400"},
		{Name: "too large for a gateway", Fault: said(413, ""), Want: notify.MessageRefused},
	})...)
}
