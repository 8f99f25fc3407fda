package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"

	bolt "go.etcd.io/bbolt"
)

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
	keyOffline = []byte("offline")
)

// version is the schema of the file. What came with routes, mutes and minimum
// counts are fields of their own in a row's JSON and change no meaning of the
// others, so the version stays: the program before them reads the file, drops
// what it does not know where it writes, tells the default route as ever, and
// tells what too little came of once it comes again. Whatever changes a meaning
// raises the version, which an older program refuses in words.
const version = 1

// readVersion is 0 when there is none.
func readVersion(tx *bolt.Tx) uint64 {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return 0
	}
	raw := meta.Get(keyVersion)
	if len(raw) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(raw)
}

var errNoVersion = errors.New("the file is not a ledger: it names no version")

func checkVersion(tx *bolt.Tx) error {
	switch v := readVersion(tx); {
	case v == 0:
		return errNoVersion
	case v > version:
		return fmt.Errorf("%s has version %d, this program knows up to %d: run the newer program again, or set another DATA_DIR", fileName, v, version)
	}
	return nil
}

// state is what the ledger keeps besides its rows.
type state struct {
	counts  Counts
	notice  Notices
	offline map[string]Offline // per route
}

func (s state) clone() state {
	return state{counts: s.counts.clone(), notice: s.notice.clone(), offline: maps.Clone(s.offline)}
}

func (s *state) fields() map[string]any {
	return map[string]any{string(keyCounts): &s.counts, string(keyNotices): &s.notice, string(keyOffline): &s.offline}
}

func readState(meta *bolt.Bucket) (s state, err error) {
	for key, v := range s.fields() {
		if err := decodeRow([]byte(key), meta.Get([]byte(key)), v); err != nil {
			return s, fmt.Errorf("read %s: %w", key, err)
		}
	}
	return s, nil
}

// write puts what is not on disk as it is.
func (s *state) write(meta *bolt.Bucket) error {
	for key, v := range s.fields() {
		raw, err := encodeRow([]byte(key), v)
		if err != nil {
			return err
		}
		if bytes.Equal(raw, meta.Get([]byte(key))) {
			continue
		}
		if err := meta.Put([]byte(key), raw); err != nil {
			return err
		}
	}
	return nil
}
