package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/cloudevents/sdk-go/v2/binding/spec"
	"github.com/cloudevents/sdk-go/v2/event"
)

// refusal is an answer to a request that is wrong: it will be as wrong next
// time, so the sender must not repeat it.
type refusal struct {
	status int
	// index of the bad event of a batch; -1 when the request is not a batch or
	// is bad as a whole.
	index int
	err   error
}

func (r *refusal) Error() string {
	if r.index >= 0 {
		return fmt.Sprintf("event %d of the batch: %v", r.index, r.err)
	}
	return r.err.Error()
}

func (r *refusal) Unwrap() error { return r.err }

func badRequest(index int, err error) *refusal { return &refusal{http.StatusBadRequest, index, err} }

// decodeRequest reads the CloudEvents of a request in structured, binary or
// batch mode and validates each. A batch is all or nothing. Its errors are of
// type *refusal.
func decodeRequest(r *http.Request, body []byte) ([]event.Event, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && r.Header.Get("Content-Type") != "" {
		return nil, &refusal{http.StatusUnsupportedMediaType, -1, fmt.Errorf("header Content-Type %q: %w", r.Header.Get("Content-Type"), err)}
	}
	switch {
	case media == event.ApplicationCloudEventsBatchJSON:
		return decodeBatch(body)
	case media == event.ApplicationCloudEventsJSON:
		ce, err := decodeStructured(body)
		if err != nil {
			return nil, badRequest(-1, err)
		}
		return []event.Event{ce}, nil
	case strings.HasPrefix(media, "application/cloudevents"):
		return nil, &refusal{http.StatusUnsupportedMediaType, -1, fmt.Errorf("header Content-Type %q: must be %s, %s, or application/json with ce-* headers", media, event.ApplicationCloudEventsJSON, event.ApplicationCloudEventsBatchJSON)}
	case r.Header.Get("Ce-Specversion") == "":
		return nil, &refusal{http.StatusUnsupportedMediaType, -1, fmt.Errorf("not a CloudEvent: send Content-Type %s or %s, or ce-specversion, ce-id, ce-type and ce-source headers", event.ApplicationCloudEventsJSON, event.ApplicationCloudEventsBatchJSON)}
	}
	ce, err := decodeBinary(r.Header, body)
	if err != nil {
		return nil, badRequest(-1, fmt.Errorf("read binary-mode CloudEvent: %w", err))
	}
	if err := validate(ce); err != nil {
		return nil, badRequest(-1, err)
	}
	return []event.Event{*ce}, nil
}

// versions reads attributes from headers.
var versions = spec.WithPrefix("ce-")

// decodeBinary reads attributes from headers, and takes the body for the data.
// The SDK's own reader comes with its client and a logger: half a megabyte.
func decodeBinary(h http.Header, body []byte) (*event.Event, error) {
	version := versions.Version(h.Get("Ce-Specversion"))
	if version == nil {
		return nil, fmt.Errorf("header ce-specversion %q: must be 1.0", h.Get("Ce-Specversion"))
	}
	ce := &event.Event{Context: version.NewContext(), DataEncoded: body}
	for name, values := range h {
		extension, prefixed := strings.CutPrefix(name, "Ce-")
		var err error
		switch attr := version.Attribute(name); {
		case !prefixed:
			continue
		case attr != nil:
			err = attr.Set(ce.Context, values[0])
		default:
			err = ce.Context.SetExtension(strings.ToLower(extension), values[0])
		}
		if err != nil {
			return nil, fmt.Errorf("header %s: %w", strings.ToLower(name), err)
		}
	}
	if media := h.Get("Content-Type"); media != "" {
		if err := ce.Context.SetDataContentType(media); err != nil {
			return nil, fmt.Errorf("header Content-Type: %w", err)
		}
	}
	return ce, nil
}

func decodeStructured(body []byte) (event.Event, error) {
	if !json.Valid(body) {
		var ce event.Event // for the reason and where it is
		return ce, fmt.Errorf("read CloudEvent: %w", json.Unmarshal(body, &ce))
	}
	return decodeValid(body)
}

// decodeValid reads what is known to be JSON, which the SDK's reader alone does
// not check.
func decodeValid(body []byte) (event.Event, error) {
	var ce event.Event
	if err := ce.UnmarshalJSON(body); err != nil {
		return ce, fmt.Errorf("read CloudEvent: %s", strings.TrimSpace(err.Error())) // the SDK ends some with a line feed
	}
	return ce, validate(&ce)
}

func decodeBatch(body []byte) ([]event.Event, error) {
	if !isArray(body) || !json.Valid(body) {
		raw, err := []json.RawMessage(nil), errors.New("it is null")
		if why := json.Unmarshal(body, &raw); why != nil { // the reason and where it is
			err = why
		}
		return nil, badRequest(-1, fmt.Errorf("read batch: %w; must be a JSON array of CloudEvents", err))
	}
	var events []event.Event
	for one := range elements(body) {
		ce, err := decodeValid(one)
		if err != nil {
			return nil, badRequest(len(events), err)
		}
		events = append(events, ce)
	}
	return events, nil
}

// validate says in one line, and always in the same order, which attributes
// are wrong.
func validate(ce *event.Event) error {
	err := ce.Validate()
	if err == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	slices.Sort(lines)
	return fmt.Errorf("CloudEvent is not valid: %s", strings.Join(lines, "; "))
}

// readBody reads at most limit bytes; what is beyond smallBody takes room, which
// leave gives back.
func readBody(r *http.Request, limit int64, rooms *bodies) (body []byte, leave func(), err error) {
	tooLarge := &refusal{http.StatusRequestEntityTooLarge, -1, fmt.Errorf("body is over %d bytes (MAX_BODY_BYTES): send fewer events at once", limit)}
	if r.ContentLength > limit {
		return nil, func() {}, tooLarge
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return nil, func() {}, &refusal{http.StatusUnsupportedMediaType, -1, fmt.Errorf("header Content-Encoding %q: must not be set", enc)}
	}
	var buf bytes.Buffer
	if r.ContentLength > 0 { // not more than came: who says much has not sent it
		buf.Grow(int(min(r.ContentLength, 16<<10)) + bytes.MinRead)
	}
	var held int64
	leave = func() { rooms.leave(held) }
	for more := int64(smallBody); err == nil; more = bodyStep {
		_, err = io.CopyN(&buf, r.Body, min(more, limit+1-int64(buf.Len())))
		switch n := int64(buf.Len()); {
		case errors.Is(err, io.EOF) && n == 0:
			return nil, leave, badRequest(-1, errors.New("body is empty: must be a CloudEvent or a batch of them"))
		case err == nil && n > limit:
			return nil, leave, tooLarge
		case err == nil && !rooms.enter(bodyStep):
			return nil, leave, errCrowded
		case err == nil:
			held += bodyStep
		case !errors.Is(err, io.EOF):
			return nil, leave, fmt.Errorf("read body: %w", err)
		}
	}
	return buf.Bytes(), leave, nil
}
