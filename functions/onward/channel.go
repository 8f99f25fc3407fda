package onward

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/wire"
)

// The bodies that are sent, as the Part's MsgType.
const (
	typeBatch  = event.ApplicationCloudEventsBatchJSON
	typeSingle = event.ApplicationCloudEventsJSON
)

// maxBatchBytes is far below what a function of ours takes.
const maxBatchBytes = 256 << 10

// defaultCluster is what CLUSTER_NAME is by default.
const defaultCluster = "kubernetes"

type channel struct {
	*webhook.Poster
	cfg     Config
	cluster string
	single  atomic.Bool // the sink has refused a batch
}

var _ notify.Unfolded = (*channel)(nil)

// Unfolded: whoever reads the CloudEvents folds them by their own lights.
func (c *channel) Unfolded() {}

// New makes the Channel of one sink. The config must be valid.
func New(cfg Config, o webhook.Options) (notify.Channel, error) {
	if err := cfg.Validate(""); err != nil {
		return nil, err
	}
	cfg.URL, cfg.Token = strings.TrimSpace(cfg.URL), strings.TrimSpace(cfg.Token)
	c := &channel{Poster: webhook.NewPoster(o, append(webhook.SecretsOf(cfg.URL), cfg.Token)...), cfg: cfg, cluster: cmp.Or(o.Cluster, defaultCluster)}
	c.single.Store(cfg.Batch == 1)
	return c, nil
}

// Render makes one batch of what is to be told, and on level 1 one event after
// another, for sinks that take no batches.
func (c *channel) Render(level int, o notify.Outgoing) ([]notify.Part, error) {
	if level > 1 {
		return nil, notify.ErrNoSimpler
	}
	stories, err := c.stories(o)
	if err != nil {
		return nil, err
	}
	if level == 1 || len(stories) == 1 || c.single.Load() {
		return singles(stories), nil
	}
	return batches(stories, cmp.Or(c.cfg.Batch, defaultBatch))
}

// told is one CloudEvent and which of the Outgoing's groups it tells; -1 for
// one that tells none.
type told struct {
	raw   json.RawMessage
	group int
}

func singles(stories []told) []notify.Part {
	parts := make([]notify.Part, len(stories))
	for i, s := range stories {
		parts[i] = notify.Part{MsgType: typeSingle, Payload: s.raw, Groups: groupsOf(stories[i : i+1])}
	}
	return parts
}

func batches(stories []told, most int) ([]notify.Part, error) {
	var parts []notify.Part
	for len(stories) > 0 {
		n, size := 0, 0
		for n < len(stories) && n < most && (n == 0 || size+len(stories[n].raw) <= maxBatchBytes) {
			size += len(stories[n].raw)
			n++
		}
		raws := make([]json.RawMessage, n)
		for i, s := range stories[:n] {
			raws[i] = s.raw
		}
		payload, err := webhook.EncodeJSON(raws)
		if err != nil {
			return nil, err
		}
		parts = append(parts, notify.Part{MsgType: typeBatch, Payload: payload, Groups: groupsOf(stories[:n])})
		stories = stories[n:]
	}
	return parts, nil
}

func groupsOf(stories []told) []int {
	out := []int{}
	for _, s := range stories {
		if s.group >= 0 {
			out = append(out, s.group)
		}
	}
	return out
}

// Send counts every 2xx as delivered, but for a web page: within the local
// network the address may be plain http, and a portal's page is no sink's. What a sink refuses for good is refused
// message by message; see webhook.ByStatus for the rest.
func (c *channel) Send(ctx context.Context, p notify.Part) (notify.Receipt, error) {
	h := http.Header{"Content-Type": {p.MsgType + "; charset=utf-8"}}
	if c.cfg.Token != "" {
		h.Set("Authorization", "Bearer "+c.cfg.Token)
	}
	answer, receipt, broken := c.Post(ctx, wire.Request{URL: c.cfg.URL, Header: h, Body: p.Payload})
	switch {
	case broken != nil:
		return receipt, broken
	case answer.Status >= 200 && answer.Status < 300 && webhook.IsPage(answer):
		return receipt, c.Fail(answer, notify.Retry, "answer is a web page, not a sink's (a captive portal?)")
	case answer.Status >= 200 && answer.Status < 300:
		return receipt, nil
	}
	if fail := c.FailByStatus(answer); fail.Outcome != notify.MessageRefused || p.MsgType != typeBatch {
		return receipt, fail
	}
	c.single.Store(true) // not to ask again with every digest
	return receipt, c.FailByStatus(answer)
}

func encode(ce event.Event) (json.RawMessage, error) {
	if err := ce.Validate(); err != nil {
		return nil, fmt.Errorf("make CloudEvent: %w", err)
	}
	raw, err := json.Marshal(ce)
	if err != nil {
		return nil, fmt.Errorf("encode CloudEvent: %w", err)
	}
	return raw, nil
}
