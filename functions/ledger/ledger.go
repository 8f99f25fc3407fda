// Package ledger keeps the stories (groups of Alerts) on disk until every
// route has told them. It counts each occurrence once, however often and in
// whatever order an Event is sent, and answers only after the commit is on
// disk. It refuses nothing for lack of room: at its bounds stories coalesce,
// and what is lost is counted. It never sends anything.
//
// Begin with Open; Put takes Alerts, Due gives what to tell, Delivered marks.
package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/edgebell/edgebell/functions/alert"
)

// Config is the ledger's part of the environment.
type Config struct {
	// Dir holds the ledger's one file.
	Dir string `env:"DATA_DIR, default=/var/lib/edgebell"`
	// MaxBytes is the size of that file, allocated at first start.
	MaxBytes int64 `env:"DATA_MAX_BYTES, default=16777216"`
	// EventTTL is the API server's --event-ttl; what was seen is remembered
	// twice as long.
	EventTTL time.Duration `env:"EVENT_TTL, default=1h"`
	// GroupWait is how long the first card of a story waits for more of it.
	GroupWait time.Duration `env:"GROUP_WAIT, default=5s"`
	// RepeatInterval is the least time between two cards of one story.
	RepeatInterval time.Duration `env:"REPEAT_INTERVAL, default=1h"`
}

// minBytes leaves room for a few stories and their marks.
const minBytes = 1 << 20

// Validate names every variable that is wrong and what would be right.
func (c *Config) Validate() error {
	var errs []error
	if c.Dir == "" {
		errs = append(errs, errors.New("DATA_DIR is empty: must be a writable directory"))
	}
	if c.MaxBytes < minBytes || c.MaxBytes > 1<<30 {
		errs = append(errs, fmt.Errorf("DATA_MAX_BYTES %d: must be %d (1 MiB) to %d (1 GiB) bytes", c.MaxBytes, minBytes, 1<<30))
	}
	if c.EventTTL < time.Minute {
		errs = append(errs, fmt.Errorf("EVENT_TTL %s: must be at least 1m; it is the API server's --event-ttl", c.EventTTL))
	}
	if c.GroupWait < 0 || c.GroupWait > time.Hour {
		errs = append(errs, fmt.Errorf("GROUP_WAIT %s: must be 0s to 1h", c.GroupWait))
	}
	if c.RepeatInterval < 0 {
		errs = append(errs, fmt.Errorf("REPEAT_INTERVAL %s: must not be negative", c.RepeatInterval))
	}
	return errors.Join(errs...)
}

// The buckets.
var (
	bucketMeta    = []byte("meta")
	bucketGroups  = []byte("groups")
	bucketSeen    = []byte("seen")
	bucketSources = []byte("sources")
	buckets       = [][]byte{bucketMeta, bucketGroups, bucketSeen, bucketSources}
)

// The keys of bucketMeta.
var (
	keyVersion = []byte("version")
	keyClock   = []byte("clock")
	keyCounts  = []byte("counts")
	keyNotices = []byte("notices")
)

// version is the schema of the file; see Open.
const version = 1

// fileName is the ledger's file within Config.Dir.
const fileName = "ledger.db"

// Ledger is safe for concurrent use.
type Ledger struct {
	cfg    Config
	routes []string
	log    *slog.Logger
	wall   func() time.Time
	check  func(path string) error
	db     *bolt.DB
	limits limits
	clock  clock

	requests chan *request
	done     chan struct{} // closed when the writer has ended
	stopping chan struct{}
	stopOnce sync.Once
	wake     chan struct{}

	mu    sync.Mutex // guards what follows
	index map[alert.Fingerprint]entry
	seen  map[nsKey]int // rows of bucketSeen per namespace; the writer's own
	// seenTotal is the sum of seen.
	seenTotal int
	swept     []byte // where the next sweep of bucketSeen begins
	counts    Counts
	notice    Notices
	ioErr     error // last write error; nil when the last write went well
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
// is Check, in this process; cmd/notify runs it in a process of its own.
func WithCheck(check func(path string) error) Option { return func(l *Ledger) { l.check = check } }

// Open opens or makes the ledger in cfg.Dir. A file of a newer version is
// refused; a damaged one is moved aside, kept, and told as a gap.
func Open(cfg Config, opts ...Option) (*Ledger, error) {
	l := &Ledger{
		cfg: cfg, routes: []string{alert.DefaultRoute}, log: slog.Default(), wall: time.Now, check: Check,
		limits:   limitsOf(cfg.MaxBytes),
		requests: make(chan *request, 256), done: make(chan struct{}), stopping: make(chan struct{}),
		wake:  make(chan struct{}, 1),
		index: map[alert.Fingerprint]entry{}, seen: map[nsKey]int{},
	}
	for _, opt := range opts {
		opt(l)
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make DATA_DIR: %w", err)
	}
	damage, err := l.inspect()
	if err != nil {
		return nil, err
	}
	if err := l.openFile(); err != nil {
		return nil, err
	}
	if err := l.load(); err != nil {
		_ = l.db.Close()
		return nil, err
	}
	go l.write()
	if damage != nil {
		if err := l.AddGap(*damage); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}

func (l *Ledger) path() string { return filepath.Join(l.cfg.Dir, fileName) }

// openFile allocates the file whole and opens it. The file never grows
// afterwards: a full disk is found here, at the start, and not in the middle
// of a night.
func (l *Ledger) openFile() error {
	if err := allocate(l.path(), l.cfg.MaxBytes); err != nil {
		return fmt.Errorf("allocate %d bytes for the ledger in DATA_DIR %s: %w", l.cfg.MaxBytes, l.cfg.Dir, err)
	}
	db, err := bolt.Open(l.path(), 0o600, &bolt.Options{
		Timeout:  3 * time.Second,
		PageSize: pageSize,
		MaxSize:  int(max(l.cfg.MaxBytes, fileSize(l.path()))),
		// The free list is found again at the next start; written with every
		// commit it would be the largest part of it.
		NoFreelistSync: true,
		FreelistType:   bolt.FreelistMapType,
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("open ledger in DATA_DIR %s: another process holds its lock; only one notify may use it", l.cfg.Dir)
	case err != nil:
		return fmt.Errorf("open ledger in DATA_DIR %s: %w", l.cfg.Dir, err)
	}
	db.AllocSize = pageSize
	l.db = db
	return nil
}

// load makes the buckets, checks the version and builds the index.
func (l *Ledger) load() error {
	err := l.db.Update(func(tx *bolt.Tx) error {
		for _, name := range buckets {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		if have := meta.Get(keyVersion); have == nil {
			return meta.Put(keyVersion, binary.BigEndian.AppendUint64(nil, version))
		} else if v := binary.BigEndian.Uint64(have); v > version {
			return fmt.Errorf("the file has version %d, this program knows up to %d: run the newer program again, or set another DATA_DIR", v, version)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("open ledger in DATA_DIR %s: %w", l.cfg.Dir, err)
	}
	return l.db.View(func(tx *bolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		l.clock = startClock(meta.Get(keyClock))
		if err := decodeRow(meta.Get(keyCounts), &l.counts); err != nil {
			return fmt.Errorf("read counters: %w", err)
		}
		if err := decodeRow(meta.Get(keyNotices), &l.notice); err != nil {
			return fmt.Errorf("read notices: %w", err)
		}
		if err := l.indexGroups(tx); err != nil {
			return err
		}
		return tx.Bucket(bucketSeen).ForEach(func(k, _ []byte) error {
			l.seen[nsOf(k)]++
			l.seenTotal++
			return nil
		})
	})
}

// Close ends the writer after what was already put, and closes the file.
func (l *Ledger) Close() error {
	l.stopOnce.Do(func() { close(l.stopping) })
	<-l.done
	return l.db.Close()
}

// Wake is signalled when a group may have become due.
func (l *Ledger) Wake() <-chan struct{} { return l.wake }

func (l *Ledger) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// RepeatInterval is the configured one.
func (l *Ledger) RepeatInterval() time.Duration { return l.cfg.RepeatInterval }
