package ledger

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/edgebell/edgebell/functions/alert"
)

// A stored row is: one byte of row version, the CRC-32C of the rest, JSON.
const rowVersion = 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errCRC says that a row is not what was written.
var errCRC = errors.New("checksum does not fit: the row is damaged")

func encodeRow(v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode row: %w", err)
	}
	out := make([]byte, 5, 5+len(body))
	out[0] = rowVersion
	binary.BigEndian.PutUint32(out[1:], crc32.Checksum(body, castagnoli))
	return append(out, body...), nil
}

// decodeRow reads a row into v; a row that is not there leaves v as it is.
func decodeRow(b []byte, v any) error {
	switch {
	case b == nil:
		return nil
	case len(b) < 5:
		return errCRC
	case b[0] != rowVersion:
		return fmt.Errorf("row version %d: this program knows %d", b[0], rowVersion)
	case binary.BigEndian.Uint32(b[1:]) != crc32.Checksum(b[5:], castagnoli):
		return errCRC
	}
	return json.Unmarshal(b[5:], v)
}

// groupRow is a group as it is stored.
type groupRow struct {
	Group alert.Group `json:"g"`
	// Born and Touched are when the row began and last gained an occurrence.
	Born    Time `json:"b"`
	Touched Time `json:"t"`
	// Routes holds how each route stands.
	Routes map[string]routeRow `json:"r,omitempty"`
}

// routeRow is how a group stands on one route.
type routeRow struct {
	// Due is when to tell it; 0 when there is nothing to tell.
	Due Time `json:"d,omitempty"`
	// Sent is when it was last told; Told says that it was.
	Sent Time `json:"s,omitempty"`
	Told bool `json:"k,omitempty"`
}

// entry is what the index holds of a group: enough to know what is due and
// what can go without reading the disk.
type entry struct {
	due       map[string]Time // only routes with something due
	touched   Time
	namespace nsKey
	overflow  bool
}

func (r *groupRow) entry() entry {
	e := entry{touched: r.Touched, namespace: groupNS(r.Group.Newest), overflow: r.Group.Overflow}
	for route, s := range r.Routes {
		if s.Due != 0 {
			if e.due == nil {
				e.due = make(map[string]Time, 1)
			}
			e.due[route] = s.Due
		}
	}
	return e
}

// schedule sets when each route tells the row's news: at first after wait, then
// no sooner than repeat after the last card.
func (r *groupRow) schedule(now Time, routes []string, cfg Config) {
	if r.Routes == nil {
		r.Routes = make(map[string]routeRow, len(routes))
	}
	for _, route := range routes {
		s := r.Routes[route]
		if s.Due != 0 || r.Group.Undelivered(route) <= 0 {
			continue
		}
		s.Due = max(now.After(cfg.GroupWait), 1)
		if s.Told {
			s.Due = max(s.Due, s.Sent.After(cfg.RepeatInterval))
		}
		r.Routes[route] = s
	}
}
