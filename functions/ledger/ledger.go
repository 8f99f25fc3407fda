// Package ledger keeps the stories (groups of Alerts) on disk until every
// route has told them. It counts each occurrence once, however often and in
// whatever order an Event is sent, and answers only after the commit is on
// disk. It refuses nothing for lack of room: at its bounds stories coalesce,
// and what is lost is counted. It never sends anything, and no route waits for
// another.
//
// Begin with Open; Take takes Reports, Due gives what a route tells, Delivered
// marks, Wake wakes.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/edgebell/edgebell/functions/alert"
)

// fileName is the ledger's file within Config.Dir.
const fileName = "ledger.db"

// Ledger is safe for concurrent use.
type Ledger struct {
	cfg    Config
	routes []string
	log    *slog.Logger
	wall   func() time.Time
	check  func(path string) error
	mended *Gap          // told once the ledger is open
	noSync bool          // tests show by it what a lost sync does
	tune   func(*limits) // tests meet bounds sooner by it

	lock    *os.File // held on Config.Dir
	db      *bolt.DB
	size    int64 // of the file
	limits  limits
	clock   clock
	readers atomic.Int32 // open read transactions

	requests chan *request
	stopping chan struct{}
	done     chan struct{} // closed when the writer has ended
	stopOnce sync.Once
	closeErr error
	wake     map[string]chan struct{} // per route

	// The writer's own.
	have    census
	objects objectIndex
	swept   []byte // where the next sweep of bucketSeen begins
	hand    []byte // where the next eviction from bucketSeen begins
	suspect bool   // the last commit failed half-way
	heals   goodNews

	mu    sync.Mutex // guards what follows; only the writer changes it
	index map[alert.Fingerprint]entry
	state state
	rows  int   // of bucketSeen
	ioErr error // why the last commit failed; nil when it went well
	// stranded are the groups that no configured route told when the file was read.
	stranded []alert.Fingerprint
	next     []next    // by the number of the route; who asks changes it, too
	sent     sentIndex // when the file was opened
}

// Option changes how a Ledger is opened.
type Option func(*Ledger)

// WithLogger sets the logger; the default is slog's.
func WithLogger(log *slog.Logger) Option { return func(l *Ledger) { l.log = log } }

// WithRoutes names the routes that groups are delivered on.
func WithRoutes(routes ...string) Option { return func(l *Ledger) { l.routes = routes } }

// WithWallClock sets the wall clock, which is only ever shown.
func WithWallClock(now func() time.Time) Option { return func(l *Ledger) { l.wall = now } }

// WithCheck sets how an existing file is checked before it is used. The default
// is Check, in this process; a damaged file may end the process that reads it,
// so commands run Check in a child. An error that is ErrUnchecked says nothing
// about the file: Open fails and leaves it where it is.
func WithCheck(check func(path string) error) Option { return func(l *Ledger) { l.check = check } }

// Open opens or makes the ledger in cfg.Dir. A file of a newer version is
// refused; a damaged one is moved aside, kept, and told as a gap.
func Open(cfg Config, opts ...Option) (*Ledger, error) {
	l := &Ledger{
		cfg: cfg, routes: []string{alert.DefaultRoute}, log: slog.Default(), wall: time.Now, check: Check,
		requests: make(chan *request, 256), done: make(chan struct{}), stopping: make(chan struct{}),
	}
	l.cfg.updates = new(updates)
	for _, opt := range opts {
		opt(l)
	}
	l.wake = make(map[string]chan struct{}, len(l.routes))
	for _, route := range l.routes {
		l.wake[route] = make(chan struct{}, 1)
	}
	if err := l.open(); err != nil {
		return nil, fmt.Errorf("open ledger in DATA_DIR %s: %w", cfg.Dir, errors.Join(err, l.closeFiles()))
	}
	go l.write()
	if l.mended != nil {
		if err := l.AddGap(*l.mended); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}

func (l *Ledger) open() (err error) {
	if err := os.MkdirAll(l.cfg.Dir, 0o700); err != nil {
		return err
	}
	if l.lock, err = lockDir(l.cfg.Dir); err != nil {
		return err
	}
	if err := l.prepareFile(); err != nil {
		return err
	}
	l.size = fileSize(l.path())
	l.limits = limitsOf(l.size)
	if l.tune != nil {
		l.tune(&l.limits)
	}
	if l.db, err = openFile(l.path(), l.size, l.noSync); err != nil {
		return err
	}
	return l.load()
}

func (l *Ledger) path() string { return filepath.Join(l.cfg.Dir, fileName) }

// load reads the clock and all that is kept in memory.
func (l *Ledger) load() error {
	err := l.view(func(tx *bolt.Tx) (err error) {
		if err := checkVersion(tx); err != nil {
			return err
		}
		l.clock, err = startClock(tx.Bucket(bucketMeta).Get(keyClock))
		return err
	})
	if err != nil {
		return err
	}
	return l.reload()
}

// reload builds from disk what is kept in memory.
func (l *Ledger) reload() error {
	index, have, objects, sent := map[alert.Fingerprint]entry{}, newCensus(), objectIndex{}, sentIndex{}
	var st state
	var stranded []alert.Fingerprint
	err := l.view(func(tx *bolt.Tx) (err error) {
		if st, err = readState(tx.Bucket(bucketMeta)); err != nil {
			return err
		}
		err = tx.Bucket(bucketGroups).ForEach(func(k, v []byte) error {
			row, err := decodeGroup(k, v)
			if err != nil {
				return err
			}
			e := row.entry(l.routes)
			index[row.Group.Fingerprint] = e
			have.addGroup(e, 1)
			objects.add(e.object, row.Group.Fingerprint)
			sent.add(row, l.clock.base)
			if row.stranded(l.routes) {
				stranded = append(stranded, row.Group.Fingerprint)
			}
			return nil
		})
		if err != nil {
			return err
		}
		return tx.Bucket(bucketSeen).ForEach(func(k, _ []byte) error {
			have.addSeen(nsOf(k), 1)
			return nil
		})
	})
	if err != nil {
		return err
	}
	l.have, l.objects = have, objects
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stranded = stranded; l.sent == nil {
		l.sent = sent
	}
	l.index, l.state, l.rows, l.next = index, st, have.seenTotal, make([]next, len(l.routes))
	return nil
}

// view reads the file as it was last committed.
func (l *Ledger) view(fn func(*bolt.Tx) error) error {
	l.readers.Add(1)
	defer l.readers.Add(-1)
	return l.db.View(fn)
}

// Close ends the writer after what was already put, and closes the file.
func (l *Ledger) Close() error {
	l.stopOnce.Do(func() {
		close(l.stopping)
		<-l.done
		l.closeErr = l.closeFiles()
	})
	<-l.done
	return l.closeErr
}

func (l *Ledger) closeFiles() (err error) {
	if l.db != nil {
		err = l.db.Close()
	}
	if l.lock != nil {
		err = errors.Join(err, l.lock.Close())
	}
	return err
}

// Wake is signalled when there may be something new to tell on a route. Each
// route has one channel for one receiver; a route that is not configured has
// nil, which is never signalled.
func (l *Ledger) Wake(route string) <-chan struct{} { return l.wake[route] }

func (l *Ledger) signal() {
	for _, wake := range l.wake {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// Now reads the ledger's clock.
func (l *Ledger) Now() Time { return l.clock.now() }

// Put counts the alerts as trouble; see Take.
func (l *Ledger) Put(ctx context.Context, alerts []alert.Alert) error {
	reports := make([]Report, len(alerts))
	for i, a := range alerts {
		reports[i] = Trouble(a)
	}
	return l.Take(ctx, reports)
}
