package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strconv"
	"strings"

	bolt "go.etcd.io/bbolt"

	"github.com/edgebell/edgebell/functions/alert"
)

// The seen table recognises what was counted already. Its key is the Event's
// cluster, namespace and name; its row keeps the last four uids with the
// highest count of each. client-go's recorder goes on under the same name with
// a new uid and a continued count when its Event expired in the API server
// (tools/record: patch, 404, create), which must not be counted from zero.

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

func groupNS(a alert.Alert) nsKey { return nsKeyOf(a.Cluster, a.EventNamespace) }

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
	ns := groupNS(a)
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
	n := uint32(min(count, 1<<32-1))
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

func (r *seenRow) encode() []byte {
	b := make([]byte, 4, 12+12*len(r.uids))
	b = binary.BigEndian.AppendUint32(b, r.expires)
	b = binary.BigEndian.AppendUint32(b, r.highest)
	for _, u := range r.uids {
		b = append(b, u.uid[:]...)
		b = binary.BigEndian.AppendUint32(b, u.count)
	}
	binary.BigEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
	return b
}

var errSeenRow = errors.New("row of seen has a wrong length")

func decodeSeen(b []byte) (seenRow, error) {
	if len(b) < 12 || (len(b)-12)%12 != 0 {
		return seenRow{}, errSeenRow
	}
	if binary.BigEndian.Uint32(b) != crc32.Checksum(b[4:], castagnoli) {
		return seenRow{}, errCRC
	}
	r := seenRow{expires: binary.BigEndian.Uint32(b[4:]), highest: binary.BigEndian.Uint32(b[8:])}
	for b = b[12:]; len(b) > 0; b = b[12:] {
		r.uids = append(r.uids, seenUID{[8]byte(b[:8]), binary.BigEndian.Uint32(b[8:])})
	}
	return r, nil
}

// seconds is a ledger time as seen rows keep it.
func (t Time) seconds() uint32 { return uint32(t / 1e9) }

// takeSeen counts what a adds. Room for a new row is made by forgetting an
// old one.
func (t *transaction) takeSeen(a alert.Alert) (int64, error) {
	b := t.tx.Bucket(bucketSeen)
	key := seenKey(a)
	var row seenRow
	if have := b.Get(key); have != nil {
		var err error
		if row, err = decodeSeen(have); err != nil {
			return 0, err
		}
	} else if err := t.makeRoom(b); err != nil {
		return 0, err
	}
	fresh := row.uids == nil
	if !fresh && row.expires <= t.now.seconds() {
		row = seenRow{} // expired, only not yet swept
	}
	added := row.take(a.EventUID, a.Count)
	if added == 0 {
		return 0, nil
	}
	row.expires = t.now.After(2*t.l.cfg.EventTTL).seconds() + 1
	if fresh {
		t.countSeen(nsOf(key), 1)
	}
	return added, b.Put(key, row.encode())
}

// makeRoom forgets one row when the table is full: of the namespace that holds
// the most, the row that would expire first among a few.
func (t *transaction) makeRoom(b *bolt.Bucket) error {
	if !t.tight && t.l.seenTotal+t.seenTotal < t.l.limits.seen {
		return nil
	}
	victim, expires := firstToExpire(b, t.largestNamespace(), 16)
	if victim == nil {
		return nil
	}
	if expires > t.now.seconds() {
		t.counts.PossibleDuplicates++
	}
	t.countSeen(nsOf(victim), -1)
	return b.Delete(victim)
}

func (t *transaction) countSeen(ns nsKey, n int) {
	t.seen[ns] += n
	t.seenTotal += n
}

func (t *transaction) largestNamespace() (largest nsKey) {
	most := 0
	for ns, n := range t.l.seen {
		if n += t.seen[ns]; n > most {
			largest, most = ns, n
		}
	}
	for ns, n := range t.seen {
		if n += t.l.seen[ns]; n > most {
			largest, most = ns, n
		}
	}
	return largest
}

// firstToExpire looks at n rows of a namespace, from its first.
func firstToExpire(b *bolt.Bucket, ns nsKey, n int) (key []byte, expires uint32) {
	c := b.Cursor()
	for k, v := c.Seek(ns[:]); k != nil && nsOf(k) == ns && n > 0; k, v = c.Next() {
		n--
		row, err := decodeSeen(v)
		if err != nil {
			return append([]byte(nil), k...), 0
		}
		if key == nil || row.expires < expires {
			key, expires = append([]byte(nil), k...), row.expires
		}
	}
	return key, expires
}
