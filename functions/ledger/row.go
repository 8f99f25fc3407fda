package ledger

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// A stored row is: one byte of row version, the CRC-32C of key and body, the
// body. A row that stands under the wrong key is found, too.
const rowVersion = 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errRow says that a row is not what was written.
var errRow = errors.New("checksum does not fit: the row is damaged")

func checksum(key, body []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, body)
}

func seal(key, body []byte) []byte {
	out := make([]byte, 5, 5+len(body))
	out[0] = rowVersion
	binary.BigEndian.PutUint32(out[1:], checksum(key, body))
	return append(out, body...)
}

func unseal(key, raw []byte) ([]byte, error) {
	switch {
	case len(raw) < 5:
		return nil, errRow
	case raw[0] != rowVersion:
		return nil, fmt.Errorf("row version %d: this program knows %d", raw[0], rowVersion)
	case binary.BigEndian.Uint32(raw[1:]) != checksum(key, raw[5:]):
		return nil, errRow
	}
	return raw[5:], nil
}

func encodeRow(key []byte, v any) ([]byte, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // three times the bytes for nothing
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode row: %w", err)
	}
	return seal(key, bytes.TrimSuffix(body.Bytes(), []byte("\n"))), nil
}

// decodeRow reads a row into v; a row that is not there leaves v as it is.
func decodeRow(key, raw []byte, v any) error {
	if raw == nil {
		return nil
	}
	body, err := unseal(key, raw)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, v)
}

// groupRow is a group as it is stored.
type groupRow struct {
	Group alert.Group `json:"g"`
	// Touched is when the row last gained an occurrence.
	Touched Time `json:"t"`
	// Namespace is whose room the row takes.
	Namespace uint32 `json:"n"`
	// HealAt is when the group is over unless trouble comes again; 0 unless
	// all its objects are well. Hold is the longest time to wait of the good
	// news so far. Flaps says that it was over lately and was not.
	HealAt Time `json:"h,omitempty"`
	Hold   Time `json:"w,omitempty"`
	Flaps  bool `json:"f,omitempty"`
	// Repeat is the group's own least time between two cards; 0 when it has
	// none.
	Repeat time.Duration `json:"e,omitempty"`
	// Below is set while the group is not to be told at all, as it did not happen
	// often enough.
	Below *window `json:"b,omitempty"`
	// Routes holds how each route stands.
	Routes map[string]routeRow `json:"r,omitempty"`

	size int // as it is on disk; 0 when it is not
}

func decodeGroup(key, raw []byte) (*groupRow, error) {
	row := &groupRow{size: len(raw)}
	if err := decodeRow(key, raw, row); err != nil {
		return nil, fmt.Errorf("read group %x: %w", key, err)
	}
	if copy(row.Group.Fingerprint[:], key) != len(row.Group.Fingerprint) || len(key) != len(row.Group.Fingerprint) {
		return nil, fmt.Errorf("read group %x: %w", key, errRow)
	}
	return row, nil
}

// entry is what the index holds of a group: enough to know what is due and
// what can go without reading the disk.
type entry struct {
	due       []Time // by the number of the route, 0 when not due; nil when due on none
	touched   Time
	ends      Time          // see window.ends; 0 when nothing holds the group back
	repeat    time.Duration // the group's own
	namespace nsKey
	overflow  bool
	size      int

	object uint64 // see objectKey; 0 for an overflow row
	node   uint64 // see nodeKey
	marked bool   // there are good news of an object
	down   bool   // tells of a node that is not ready
	open   bool   // a node's trouble that was told, and its end not yet
}

// dueOn is when the group is due on a route by its number; 0 when it is not.
func (e *entry) dueOn(route int) Time {
	if route < 0 || route >= len(e.due) {
		return 0
	}
	return e.due[route]
}

// entry leaves out routes that are no longer configured, which nobody empties.
func (r *groupRow) entry(routes []string) entry {
	g := &r.Group
	e := entry{
		touched: r.Touched, overflow: g.Overflow, size: r.size, repeat: r.Repeat,
		node: nodeKey(g.Newest), marked: r.Hold != 0, down: g.Newest.NodeDown() && !g.Overflow,
	}
	if r.Below != nil {
		e.ends = r.Below.ends()
	}
	if !g.Overflow {
		e.object = objectKey(g.Newest, g.Folded)
	}
	binary.BigEndian.PutUint32(e.namespace[:], r.Namespace)
	for i, route := range routes {
		s := r.Routes[route]
		e.open = e.open || s.Told && !s.Well && !s.Mute && g.Newest.Kind == "Node"
		if at := r.dueAt(route); at != 0 {
			if e.due == nil {
				e.due = make([]Time, len(routes))
			}
			e.due[i] = at
		}
	}
	return e
}
