package ledger

import (
	"strings"

	"github.com/edgebell/edgebell/functions/alert"
)

// Bounds of a group's row in bytes. A row in a full ledger keeps what it has
// but grows no further than leanRow, so that many stories outlive long ones.
const (
	maxRow  = 8 << 10
	leanRow = 1 << 10
)

// encodeBounded encodes a row of at most bound bytes, or as near as its names
// allow, but never over maxRow: what it loses first is the objects listed
// longest, then the message's end, then the messages to change in place: a new
// one can be sent.
func encodeBounded(row *groupRow, bound int) ([]byte, error) {
	for step := 0; ; step++ {
		raw, err := encodeRow(row.Group.Fingerprint[:], row)
		if err != nil || len(raw) <= bound {
			return raw, err
		}
		if shrink(&row.Group, len(raw)-bound, step) || row.forgetRefs() {
			continue
		}
		if len(raw) <= maxRow || !clean(&row.Group) {
			return raw, nil
		}
	}
}

// leastObjects stay when others make room.
const leastObjects = 3

// shrink takes about excess bytes out of g; false when there is no more to
// take.
func shrink(g *alert.Group, excess, step int) bool {
	gone := 0
	for len(g.Objects) > leastObjects && gone < excess {
		gone += len(g.Objects[0].Name) + 50
		g.MoreObjects += 1
		g.Objects = g.Objects[1:]
	}
	if gone > 0 {
		return true
	}
	const leastMessage = 200
	if n := len(g.Newest.Message); n > leastMessage {
		// What JSON escapes takes more than it gives: after a few steps
		// guess no longer.
		keep := max(n-excess, n/2, leastMessage)
		if step > 8 {
			keep = leastMessage
		}
		g.Newest.Message = strings.ToValidUTF8(g.Newest.Message[:keep], "")
		return len(g.Newest.Message) < n
	}
	return false
}

// clean takes control characters, which JSON writes six times as long, out of
// fields that never hold any but by forgery; false when there are none.
func clean(g *alert.Group) bool {
	dirty := false
	fix := func(s *string) {
		t := strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f || r == '"' || r == '\\' || r == '\u2028' || r == '\u2029' {
				return '?'
			}
			return r
		}, *s)
		dirty = dirty || t != *s
		*s = t
	}
	a := &g.Newest
	for _, s := range []*string{&a.Cluster, &a.Namespace, &a.Kind, &a.Name, &a.Type, &a.Reason, &a.Component,
		&a.Node, &a.Message, &a.EventNamespace, &a.EventName, &a.EventUID, &g.Folded} {
		fix(s)
	}
	for i := range g.Objects {
		fix(&g.Objects[i].Name)
	}
	return dirty
}
