package ledger

import (
	"bytes"
	"context"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/edgebell/edgebell/functions/alert"
)

const (
	// seenBytes is what a row of bucketSeen takes of its page, about.
	seenBytes = 128
	// look is how many rows are compared to find one to forget.
	look = 16
	// forgetRun is how many neighbours are forgotten at once where pages are
	// short: a page is given back only when it is empty.
	forgetRun = 32
	rescueRun = 8 * forgetRun
)

// makeRoom forgets a row when the table is full: of the namespace that holds
// the most, the one that would expire first among a few.
func (t *transaction) makeRoom(b *bolt.Bucket) error {
	switch {
	case t.forgotten > 0:
		t.forgotten--
		return nil
	case t.tight:
		n, err := t.forgetSeen(b, forgetRun, forgetRun)
		t.forgotten = max(n-1, 0)
		return err
	case t.l.have.seenTotal+t.more.seenTotal < t.l.limits.seen:
		return nil
	}
	_, err := t.forgetSeen(b, look, 1)
	return err
}

// rescue makes room where not even one change finds any.
func (t *transaction) rescue() error {
	if _, err := t.forgetSeen(t.tx.Bucket(bucketSeen), rescueRun, rescueRun); err != nil {
		return err
	}
	return t.forgetQuiet(nil)
}

// forgetSeen looks at some rows of the largest namespace, going round it from
// one call to the next, and forgets those that would expire first.
func (t *transaction) forgetSeen(b *bolt.Bucket, look, forget int) (forgotten int, err error) {
	keys, expires := t.candidates(b, look)
	if forget == 1 && len(keys) > 1 {
		first := 0
		for i := range keys {
			if expires[i] < expires[first] {
				first = i
			}
		}
		keys, expires = keys[first:first+1], expires[first:first+1]
	}
	for i, key := range keys {
		if expires[i] > t.now.seconds() {
			t.state.counts.PossibleDuplicates++
		}
		t.more.addSeen(nsOf(key), -1)
		t.changed = true
		if err := b.Delete(key); err != nil {
			return i, err
		}
	}
	return len(keys), nil
}

// candidates are the next n rows of the largest namespace, or of the table
// when none is large; fewer at the end.
func (t *transaction) candidates(b *bolt.Bucket, n int) (keys [][]byte, expires []uint32) {
	ns, large := t.largestNamespace()
	begin := ns[:]
	if !large {
		begin = nil
	}
	c := b.Cursor()
	k, v := c.Seek(t.hand)
	if k == nil || !bytes.HasPrefix(k, begin) {
		k, v = c.Seek(begin)
	}
	for ; k != nil && bytes.HasPrefix(k, begin) && n > 0; k, v = c.Next() {
		n--
		row, err := decodeSeen(k, v)
		if err != nil {
			row.expires = 0
		}
		keys, expires = append(keys, bytes.Clone(k)), append(expires, row.expires)
	}
	t.hand = nil
	if k != nil {
		t.hand = bytes.Clone(k)
	}
	return keys, expires
}

// largestNamespace goes through all of them only when the last answer has
// shrunk. Where all are small it says so: there is nobody to pay for a flood.
func (t *transaction) largestNamespace() (ns nsKey, large bool) {
	const small = 2 * forgetRun
	count := func(ns nsKey) int { return t.l.have.seen[ns] + t.more.seen[ns] }
	if t.searched && (t.fullestIn < small || count(t.fullest) > max(t.fullestIn-look, small/2)) {
		return t.fullest, t.fullestIn >= small
	}
	t.searched, t.fullestIn = true, 0
	for _, m := range []map[nsKey]int{t.l.have.seen, t.more.seen} {
		for ns := range m {
			n := count(ns)
			if n > t.fullestIn || n == t.fullestIn && bytes.Compare(ns[:], t.fullest[:]) < 0 {
				t.fullest, t.fullestIn = ns, n
			}
		}
	}
	return t.fullest, t.fullestIn >= small
}

// sweep forgets what has expired: rows of seen where they begin to need the
// room, and groups.
func (l *Ledger) sweep() {
	l.heals.age(l.Now())
	var expired [][]byte
	if l.have.seenTotal >= l.limits.seen/2 {
		expired, l.swept = l.expiredSeen()
	}
	const rowsPerCommit = 1024
	for len(expired) > 0 {
		n := min(len(expired), rowsPerCommit)
		keys := expired[:n]
		expired = expired[n:]
		l.sweepPart(&request{
			ctx: context.Background(), parts: n, done: make(chan error, 1),
			apply: func(t *transaction, from, to int) error { return t.forgetExpired(keys[from:to]) },
		})
	}
	if len(l.old()) > 0 {
		l.sweepPart(change(context.Background(), (*transaction).forgetOld))
	}
}

func (l *Ledger) sweepPart(r *request) {
	r.done = make(chan error, 1)
	l.commit([]part{whole(r)})
	if err := <-r.done; err != nil {
		l.log.Warn("expired rows stay in the ledger", "error", err)
	}
}

// sweepRows bounds how many rows one sweep reads of the seen table.
const sweepRows = 8192

// expiredSeen reads on from where the last sweep ended.
func (l *Ledger) expiredSeen() (expired [][]byte, next []byte) {
	now := l.Now().seconds()
	_ = l.view(func(tx *bolt.Tx) error {
		c, n := tx.Bucket(bucketSeen).Cursor(), 0
		for k, v := c.Seek(l.swept); k != nil; k, v = c.Next() {
			if n++; n > sweepRows {
				next = bytes.Clone(k)
				return nil
			}
			if row, err := decodeSeen(k, v); err != nil || row.expires <= now {
				expired = append(expired, bytes.Clone(k))
			}
		}
		return nil
	})
	return expired, next
}

// forgetExpired looks again: a row may have been met since.
func (t *transaction) forgetExpired(keys [][]byte) error {
	b := t.tx.Bucket(bucketSeen)
	for _, key := range keys {
		raw := b.Get(key)
		if raw == nil {
			continue
		}
		if row, err := decodeSeen(key, raw); err == nil && row.expires > t.now.seconds() {
			continue
		}
		t.more.addSeen(nsOf(key), -1)
		t.changed = true
		if err := b.Delete(key); err != nil {
			return err
		}
	}
	return nil
}

const (
	sweepEvery = time.Minute
	// keepQuiet is how long a group with nothing to tell is remembered at
	// least: a story that goes on within it is the same story.
	keepQuiet = 24 * time.Hour
	// keepOpen is how long one is whose end is still to be told. That a node does
	// not answer is said once, and a site may be without power for weeks.
	keepOpen = 60 * 24 * time.Hour
)

// keep is how long a group with nothing to tell counts as the same story.
func (l *Ledger) keep(e entry) time.Duration {
	return max(keepQuiet, 2*l.cfg.EventTTL, 2*l.cfg.RepeatInterval, 2*e.repeat)
}

// old are the groups with nothing to tell that have been quiet for long, and
// those that did not happen often enough within their time.
func (l *Ledger) old() (keys []alert.Fingerprint) {
	now := l.Now()
	for fp, e := range l.index {
		if len(e.due) > 0 {
			continue
		}
		keep := l.keep(e)
		if e.open {
			keep = max(keep, keepOpen)
		}
		if e.ends != 0 && e.ends <= now || e.ends == 0 && now.Sub(e.touched) > keep {
			keys = append(keys, fp)
		}
	}
	return keys
}

func (t *transaction) forgetOld() error {
	for _, fp := range t.l.old() {
		if err := t.forget(fp); err != nil {
			return err
		}
	}
	return nil
}
