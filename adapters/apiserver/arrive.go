package apiserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/cloudevents/sdk-go/v2/event"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/edgebell/edgebell/adapters/kubeevent/core"
)

// arrival is one message of a watch: an event to send on, a position that was
// reached, or both; or the watch's end, with err if not as usual.
type arrival struct {
	event    *event.Event
	position uint64
	done     bool
	err      error
}

// read hands on what a watch says until it ends.
func (st *stream) read(from *frames, to chan<- arrival, quit <-chan struct{}) {
	var change core.Change
	for {
		a := arrival{done: true}
		if err := from.next(&change); err != nil {
			a.err = unusual(err)
		} else {
			a = st.arrived(&change)
		}
		select {
		case to <- a:
		case <-quit:
			return
		}
		if a.done {
			return
		}
	}
}

// unusual is nil for the ways in which a watch ends that say nothing: it was
// stopped, by either side, or the connection broke.
func unusual(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, context.Canceled) || utilnet.IsProbableEOF(err) || utilnet.IsTimeout(err) {
		return nil
	}
	return fmt.Errorf("watch Events: %w", err)
}

func (st *stream) arrived(change *core.Change) arrival {
	var a arrival
	if change.Type == core.Error {
		a.done, a.err = true, apierrors.FromObject(&change.Status)
		if isGone(a.err) {
			a.err = fmt.Errorf("%w: %w", errGone, a.err)
		}
		return a
	}
	ev := &change.Event
	if rv, err := strconv.ParseUint(ev.ResourceVersion, 10, 64); err == nil {
		a.position = rv
	}
	if change.Type == core.Added || change.Type == core.Modified {
		if ce, ok := st.convert(ev); ok {
			a.event = &ce
		}
	}
	return a
}
