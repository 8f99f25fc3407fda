package notify

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/edgebell/edgebell/functions/card"
)

// Kinds of channel that this package has itself.
const (
	ChannelFeishu = "feishu"
	ChannelLog    = "log"
)

// logChannel prints each card as one JSON line. It is for trying things out,
// and for those who collect logs.
type logChannel struct {
	cards *card.Renderer
	mu    sync.Mutex
	w     io.Writer
}

// NewLog makes the Channel that prints.
func NewLog(cards *card.Renderer, w io.Writer) Channel { return &logChannel{cards: cards, w: w} }

func (c *logChannel) Render(level int, o Outgoing) ([]Part, error) {
	return RenderCards(c.cards, level, o)
}

func (c *logChannel) Send(_ context.Context, p Part) (Receipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	started := time.Now()
	n, err := c.w.Write(append([]byte(p.Payload), '\n'))
	if err != nil {
		return Receipt{}, &SendError{Outcome: Retry, Err: err}
	}
	return Receipt{BytesOut: int64(n), Took: time.Since(started)}, nil
}
