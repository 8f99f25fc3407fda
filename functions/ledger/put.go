package ledger

import (
	"encoding/binary"
	"maps"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/edgebell/edgebell/functions/alert"
)

// census counts the rows and whose they are.
type census struct {
	groups, overflows int
	bytes             int // of the rows of both
	perNS             map[nsKey]int
	seen              map[nsKey]int
	seenTotal         int
}

func newCensus() census { return census{perNS: map[nsKey]int{}, seen: map[nsKey]int{}} }

// addGroup counts n groups like e; -1 takes one away.
func (c *census) addGroup(e entry, n int) {
	c.bytes += n * e.size
	if e.overflow {
		c.overflows += n
		return
	}
	c.groups += n
	addTo(c.perNS, e.namespace, n)
}

func (c *census) addSeen(ns nsKey, n int) {
	c.seenTotal += n
	addTo(c.seen, ns, n)
}

func addTo(m map[nsKey]int, ns nsKey, n int) {
	if m[ns] += n; m[ns] == 0 {
		delete(m, ns)
	}
}

// add takes in what a transaction changed.
func (c *census) add(d census) {
	c.groups, c.overflows, c.bytes, c.seenTotal = c.groups+d.groups, c.overflows+d.overflows, c.bytes+d.bytes, c.seenTotal+d.seenTotal
	for ns, n := range d.perNS {
		addTo(c.perNS, ns, n)
	}
	for ns, n := range d.seen {
		addTo(c.seen, ns, n)
	}
}

// transaction is one commit under way. Nothing of it is seen by others before
// the commit is on disk.
type transaction struct {
	l   *Ledger
	tx  *bolt.Tx
	now Time

	rows  map[alert.Fingerprint]*groupRow // read or changed
	dirty map[alert.Fingerprint]bool
	gone  map[alert.Fingerprint]bool
	more  census // as against l.have
	// objects finds the rows that this transaction adds.
	objects map[uint64][]alert.Fingerprint
	state   state

	budget    int  // bytes that new rows may take
	tight     bool // there is no room for new rows
	forgotten int  // seen rows that made room beforehand
	hand      []byte
	searched  bool // see largestNamespace
	fullest   nsKey
	fullestIn int
	changed   bool
}

// begin starts a transaction. Pages that an open reader may still need are not
// free.
func (l *Ledger) begin(tx *bolt.Tx, reading, tight bool) *transaction {
	// Most rows of seen are appended to their story's.
	tx.Bucket(bucketSeen).FillPercent = 0.8
	budget := (l.freePages(tx, reading) - l.limits.marks) * pageSize
	return &transaction{
		l: l, tx: tx, now: l.Now(), budget: budget, tight: tight || budget <= 0,
		rows: map[alert.Fingerprint]*groupRow{}, dirty: map[alert.Fingerprint]bool{}, gone: map[alert.Fingerprint]bool{},
		objects: map[uint64][]alert.Fingerprint{},
		more:    newCensus(), state: l.state.clone(), hand: l.hand,
	}
}

// spend takes bytes from what new rows may take.
func (t *transaction) spend(bytes int) {
	t.budget -= bytes
	t.tight = t.tight || t.budget <= 0
}

// adopt makes a committed transaction visible.
func (l *Ledger) adopt(t *transaction) {
	l.have.add(t.more)
	l.hand = t.hand
	l.mu.Lock()
	defer l.mu.Unlock()
	for fp := range t.gone {
		l.forgetObject(fp)
		delete(l.index, fp)
		for i := range l.next {
			l.next[i].gone(fp)
		}
	}
	for fp := range t.dirty {
		_, known := l.index[fp]
		e := t.rows[fp].entry(l.routes)
		if l.index[fp] = e; !known {
			l.objects.add(e.object, fp)
		}
		for i := range l.next {
			l.next[i].changed(fp, e.dueOn(i))
		}
	}
	l.state, l.rows, l.ioErr = t.state, l.have.seenTotal, nil
	l.signal()
}

func (t *transaction) put(r Report) error {
	r.Alert.Count = max(r.Alert.Count, 1)
	added, err := t.takeSeen(r.Alert)
	if err != nil || added == 0 {
		return err
	}
	row, err := t.place(r.Alert)
	if err != nil {
		return err
	}
	if row.lapsed(t.now) {
		t.state.counts.BelowMin += row.untold()
		row.beginAnew(r.Alert)
		row.Group.Began = t.l.wall().UnixMilli()
	}
	row.count(t.now, r, added, t.l)
	t.healed(row, r.Alert)
	t.dirty[row.Group.Fingerprint] = true
	t.state.counts.Occurrences += added
	t.firstOfOutage(row, r.Alert)
	t.changed = true
	return nil
}

// storable is a time that JSON can write, or none.
func storable(at time.Time) time.Time {
	at = at.UTC().Round(0)
	if at.Year() < 1 || at.Year() > 9999 {
		return time.Time{}
	}
	return at
}

// row reads a group's row; nil when there is none. One that has rotted on the
// disk is counted as lost and begins anew: an error would keep its story out
// for good.
func (t *transaction) row(fp alert.Fingerprint) (*groupRow, error) {
	if row := t.rows[fp]; row != nil {
		return row, nil
	}
	raw := t.tx.Bucket(bucketGroups).Get(fp[:])
	if raw == nil {
		return nil, nil
	}
	row, err := decodeGroup(fp[:], raw)
	if err != nil {
		t.l.log.Error("a story in the ledger is damaged and counted as lost", "error", err)
		t.drop(DroppedDamaged, 1)
		return nil, t.remove(fp)
	}
	t.rows[fp] = row
	return row, nil
}

func (t *transaction) add(a alert.Alert, overflow bool) *groupRow {
	ns := groupNS(a)
	row := &groupRow{Group: alert.NewGroup(a), Namespace: binary.BigEndian.Uint32(ns[:])}
	row.Group.Overflow, row.Group.Began = overflow, t.l.wall().UnixMilli()
	t.rows[row.Group.Fingerprint] = row
	if !overflow {
		key := objectKey(a, row.Group.Folded)
		t.objects[key] = append(t.objects[key], row.Group.Fingerprint)
	}
	t.more.addGroup(row.entry(nil), 1)
	t.spend(3 * pageSize)
	return row
}

// remove takes a row away that is on disk.
func (t *transaction) remove(fp alert.Fingerprint) error {
	if e, ok := t.l.index[fp]; ok && !t.gone[fp] {
		t.more.addGroup(e, -1)
	}
	t.gone[fp], t.changed = true, true
	delete(t.rows, fp)
	delete(t.dirty, fp)
	return t.tx.Bucket(bucketGroups).Delete(fp[:])
}

// flush writes what changed, and the clock with it.
func (t *transaction) flush() error {
	groups := t.tx.Bucket(bucketGroups)
	for fp := range maps.Keys(t.dirty) {
		row := t.rows[fp]
		bound := maxRow
		if t.tight || t.l.have.bytes+t.more.bytes > t.l.limits.groupBytes {
			bound = max(row.size, leanRow)
		}
		raw, err := encodeBounded(row, bound)
		if err != nil {
			return err
		}
		t.more.bytes += len(raw) - row.size
		row.size = len(raw)
		if err := groups.Put(fp[:], raw); err != nil {
			return err
		}
	}
	meta := t.tx.Bucket(bucketMeta)
	if err := t.state.write(meta); err != nil {
		return err
	}
	return meta.Put(keyClock, t.now.bytes())
}
