package ledger

import (
	"encoding/binary"
	"slices"

	"github.com/edgebell/edgebell/functions/alert"
)

// objectIndex finds the groups of an object by objectKey.
type objectIndex map[uint64][]alert.Fingerprint

func (x objectIndex) add(key uint64, fp alert.Fingerprint) {
	if key != 0 {
		x[key] = append(x[key], fp)
	}
}

// forgetObject takes a group that goes out of the index.
func (l *Ledger) forgetObject(fp alert.Fingerprint) {
	key := l.index[fp].object
	rest := slices.DeleteFunc(l.objects[key], func(other alert.Fingerprint) bool { return other == fp })
	if l.objects[key] = rest; len(rest) == 0 {
		delete(l.objects, key)
	}
}

// objectKey finds the groups of an object, whatever their reason.
func objectKey(a alert.Alert, folded string) uint64 {
	h := hash("object", a.Cluster, a.Namespace, a.Kind, folded)
	return binary.BigEndian.Uint64(h[:])
}

// nodeKey finds what is on a node; 0 when none is named.
func nodeKey(a alert.Alert) uint64 {
	if a.Node == "" {
		return 0
	}
	h := hash("node", a.Cluster, a.Node)
	return binary.BigEndian.Uint64(h[:])
}
