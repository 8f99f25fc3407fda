package ledger

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"os"
)

// bbolt's meta pages, as internal/common/meta.go lays them out: a page header
// of 16 bytes, then magic, version, page size, flags (4 bytes each), root and
// its sequence, free list, high water mark, transaction and checksum (8 each).
const (
	metaBegin    = 16
	metaMagicAt  = metaBegin
	metaTxAt     = metaBegin + 48
	metaSumAt    = metaBegin + 56
	metaMagic    = 0xED0CDAED
	metaPageFlag = 0x04
)

func metaSum(page []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(page[metaBegin:metaSumAt])
	return h.Sum64()
}

func metaValid(page []byte, id uint64) bool {
	return binary.NativeEndian.Uint32(page[metaMagicAt:]) == metaMagic &&
		binary.NativeEndian.Uint64(page[metaSumAt:]) == metaSum(page) &&
		binary.NativeEndian.Uint64(page) == id && binary.NativeEndian.Uint16(page[8:]) == metaPageFlag
}

// mendMeta writes one of the two meta pages anew when the other alone is sound.
// bbolt itself goes on with the other, but its check does not. A power cut may
// tear the one that was being written, of which nothing was answered yet; a
// failing card may take one that was answered. Nobody can tell them apart, so
// what was mended is told as a gap.
func mendMeta(f *os.File) (mended bool, err error) {
	var pages [2][]byte
	var valid [2]bool
	for i := range pages {
		pages[i] = make([]byte, pageSize)
		if _, err := f.ReadAt(pages[i], int64(i)*pageSize); err != nil {
			return false, err
		}
		valid[i] = metaValid(pages[i], uint64(i))
	}
	if valid[0] == valid[1] {
		return false, nil
	}
	good := 0
	if valid[1] {
		good = 1
	}
	bad := 1 - good
	page := append([]byte(nil), pages[good]...)
	tx := binary.NativeEndian.Uint64(page[metaTxAt:])
	if tx == 0 {
		return false, errors.New("the first meta page is the only one")
	}
	binary.NativeEndian.PutUint64(page, uint64(bad))
	binary.NativeEndian.PutUint64(page[metaTxAt:], tx-1)
	binary.NativeEndian.PutUint64(page[metaSumAt:], metaSum(page))
	if _, err := f.WriteAt(page, int64(bad)*pageSize); err != nil {
		return false, err
	}
	return true, f.Sync()
}
