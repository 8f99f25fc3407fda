package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/edgebell/edgebell/functions/alert"
)

// The seen table recognises what was counted already. Its key is the Event's
// cluster, namespace and name; its row keeps the last four uids with the
// highest count of each. client-go's recorder goes on under the same name with
// a new uid and a continued count when its Event expired in the API server
// (tools/record: patch, 404, create), which must not be counted from zero.
//
// A row is kept for EVENT_TTL twice: nothing older is sent again. After that it
// stays while there is room, since a recorder remembers for longer: what
// happens every night would be counted 1, 2, 3.

// maxUIDs is how many uids a row keeps.
const maxUIDs = 4

// nsKey begins every key of one cluster's namespace, so that its rows lie
// together: a flood pays with its own rows, and a storm changes few pages.
type nsKey [4]byte

func hash(parts ...string) [32]byte { return sha256.Sum256([]byte(strings.Join(parts, "\x00"))) }

func nsKeyOf(cluster, namespace string) nsKey {
	h := hash(cluster, namespace)
	return nsKey(h[:4])
}

// groupNS is whose room a's group takes: its writer's, whatever object it names.
// It follows from the fingerprint.
func groupNS(a alert.Alert) nsKey { return nsKeyOf(a.Cluster, a.Writer()) }

func nsOf(key []byte) nsKey {
	var n nsKey
	copy(n[:], key)
	return n
}

// seenKey is the namespace (4 bytes), the begin of the object's name (4), the
// time that recorders write into an Event's name (4, in steps of 4 s), and the
// whole name (8). The three before the last only put neighbours together: a
// storm appends to few pages instead of touching many.
func seenKey(a alert.Alert) []byte {
	ns := nsKeyOf(a.Cluster, a.EventNamespace)
	object, stamp := a.EventName, uint64(0)
	if i := strings.LastIndexByte(a.EventName, '.'); i > 0 {
		object = a.EventName[:i]
		stamp, _ = strconv.ParseUint(a.EventName[i+1:], 16, 64)
	}
	object, _, _ = strings.Cut(object, "-")
	story, whole := hash(object), hash(a.Cluster, a.EventNamespace, a.EventName)
	key := make([]byte, 0, 20)
	key = append(key, ns[:]...)
	key = append(key, story[:4]...)
	key = binary.BigEndian.AppendUint32(key, uint32(stamp>>32))
	return append(key, whole[:8]...)
}

type seenUID struct {
	uid   [8]byte
	count uint32
}

type seenRow struct {
	expires uint32 // ledger clock in seconds
	highest uint32
	uids    []seenUID // oldest first
}

// take counts what a report of the Event adds and remembers it.
func (r *seenRow) take(uid string, count int64) (added int64) {
	n := uint32(min(max(count, 1), math.MaxUint32))
	h := hash(uid)
	id := [8]byte(h[:8])
	for i := range r.uids {
		if r.uids[i].uid != id {
			continue
		}
		if n <= r.uids[i].count {
			return 0
		}
		added = int64(n - r.uids[i].count)
		r.uids[i].count = n
		r.highest = max(r.highest, n)
		return added
	}
	added = int64(n)
	if n > r.highest {
		added = int64(n - r.highest)
	}
	r.highest = max(r.highest, n)
	if len(r.uids) == maxUIDs {
		r.uids = r.uids[1:]
	}
	r.uids = append(r.uids, seenUID{id, n})
	return added
}

func (r *seenRow) encode(key []byte) []byte {
	b := make([]byte, 4, 12+12*len(r.uids))
	b = binary.BigEndian.AppendUint32(b, r.expires)
	b = binary.BigEndian.AppendUint32(b, r.highest)
	for _, u := range r.uids {
		b = append(b, u.uid[:]...)
		b = binary.BigEndian.AppendUint32(b, u.count)
	}
	binary.BigEndian.PutUint32(b, checksum(key, b[4:]))
	return b
}

var errSeenRow = errors.New("row of seen has a wrong length")

func decodeSeen(key, b []byte) (seenRow, error) {
	if len(b) < 12 || (len(b)-12)%12 != 0 {
		return seenRow{}, errSeenRow
	}
	if binary.BigEndian.Uint32(b) != checksum(key, b[4:]) {
		return seenRow{}, errRow
	}
	r := seenRow{expires: binary.BigEndian.Uint32(b[4:]), highest: binary.BigEndian.Uint32(b[8:])}
	for b = b[12:]; len(b) > 0; b = b[12:] {
		r.uids = append(r.uids, seenUID{[8]byte(b[:8]), binary.BigEndian.Uint32(b[8:])})
	}
	return r, nil
}

// takeSeen counts what a adds. Room for a new row is made by forgetting an
// old one.
func (t *transaction) takeSeen(a alert.Alert) (int64, error) {
	b := t.tx.Bucket(bucketSeen)
	key := seenKey(a)
	lives := t.now.After(2*t.l.cfg.EventTTL).seconds() + 1
	var row seenRow
	have := b.Get(key)
	if have != nil {
		var err error
		if row, err = decodeSeen(key, have); err != nil {
			t.l.log.Error("a row of seen is damaged and begins anew", "error", err)
			t.state.counts.PossibleDuplicates++
			row = seenRow{}
		}
	} else if err := t.makeRoom(b); err != nil {
		return 0, err
	}
	added := row.take(a.EventUID, a.Count)
	// What is sent again still lives in the API server. Its row lives on, but
	// not at a write for every copy.
	if added == 0 && row.expires > t.now.After(t.l.cfg.EventTTL).seconds() {
		return 0, nil
	}
	row.expires = lives
	if have == nil {
		t.more.addSeen(nsOf(key), 1)
		t.spend(seenBytes)
	}
	t.changed = true
	return added, b.Put(key, row.encode(key))
}
