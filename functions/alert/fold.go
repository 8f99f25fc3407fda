package alert

import (
	"math"
	"strings"
	"time"
)

// FoldMark stands at the end of a folded name for what was dropped. Kubernetes
// allows no such character in the name of a Pod, ReplicaSet or Job, so a
// folded name is never the name of another object.
const FoldMark = "*"

const (
	// safe is the alphabet of k8s.io/apimachinery/pkg/util/rand.
	safe = "bcdfghjklmnpqrstvwxz2456789"
	// hashDigits are the digits 0 to 9 as rand.SafeEncodeString writes them: a
	// pod-template-hash is a decimal uint32 in this disguise.
	hashDigits = "456789bcdf"

	suffixLen    = 5  // random characters that generateName adds
	generatedLen = 63 // generateName cuts its prefix so that no name is longer
	minHashLen   = 6  // 5 digits or fewer: one hash in 40,000
	maxHashLen   = 10
	maxIndexLen  = 5 // an indexed Job of more than 100,000 Pods is not met
	minuteLen    = 8 // Unix minutes have eight digits from 1989 to 2160

	// A failed Job of a monthly CronJob stays until the next one.
	minutesBefore = 31 * 24 * 60
	// A stamp later than the event shows a clock that was set in between.
	minutesAfter = 24 * 60
	// minute2015 is the first minute of 2015. No CronJob is older, an event
	// time before it comes from a clock that was never set, and dates written
	// as yyyymmdd all lie before it.
	minute2015 = 23_667_840
)

// FoldedName is the name with what controllers generate folded away. A static
// Pod carries the name of its node and keeps it, even where that looks
// generated.
func (a Alert) FoldedName() string {
	if a.Kind == "Pod" && a.Node != "" && strings.HasSuffix(a.Name, "-"+strings.ToLower(a.Node)) {
		return a.Name
	}
	return Fold(a.Kind, a.Name, a.Last)
}

// Fold drops from a name what controllers generate, so that all objects of one
// workload tell one story. It knows kind and name alone and therefore asks for
// exact lengths and alphabets:
//
//	Pod         <deployment>-<hash>-<5 safe>       <deployment>-*
//	Pod         <owner>-<5 safe>                   <owner>-*     DaemonSet, Job, bare ReplicaSet
//	Pod         <job>-<index>-<5 safe>             <job>-*       indexed Job
//	Pod         <cronjob>-<minute>-<5 safe>        <cronjob>-*   also with an index
//	ReplicaSet  <deployment>-<hash>                <deployment>-*
//	Job         <cronjob>-<minute>                 <cronjob>-*
//
// A minute folds only from 31 days before to one day after near; where near is
// before 2015 (a clock that was never set, or no time at all) any minute since
// 2015 does. Everything else stays: StatefulSet ordinals, hand-given names,
// Jobs named by generateName, and every other kind.
//
// Two workloads can still look like one. Of 582,004 package names with a
// hyphen (npm, PyPI) 0.13 % end in what could be a Pod's suffix (mssql, httpd,
// pgsql) and 0.002 % in what could be a hash; a merge needs two such names
// with the same stem, kind and namespace. In generated clusters where such
// names are fifteen times as frequent, 0.6 % of the workloads share a story
// with another one; nine tenths of these are Jobs or DaemonSets that somebody
// numbered (train-1, train-2), the price of folding indexed Jobs.
// TestFalseMerges holds the rate and names the shapes that always merge.
func Fold(kind, name string, near time.Time) string {
	switch kind {
	case "Pod":
		return foldPod(name, near)
	case "ReplicaSet":
		if deployment, hash, ok := cutLast(name); ok && isHash(hash) {
			return deployment + "-" + FoldMark
		}
	case "Job":
		if cronJob, minute, ok := cutLast(name); ok && isMinute(minute, near) {
			return cronJob + "-" + FoldMark
		}
	}
	return name
}

func foldPod(name string, near time.Time) string {
	if len(name) == generatedLen {
		if prefix := name[:generatedLen-suffixLen]; isSuffix(name[len(prefix):]) && !strings.HasSuffix(prefix, "-") {
			return foldCutPrefix(prefix, near)
		}
	}
	owner, suffix, ok := cutLast(name)
	if !ok || !isSuffix(suffix) {
		return name
	}
	if deployment, hash, ok := cutLast(owner); ok && isHash(hash) {
		return deployment + "-" + FoldMark
	}
	if job, index, ok := cutLast(owner); ok && isIndex(index) {
		owner = job
	}
	if cronJob, minute, ok := cutLast(owner); ok && isMinute(minute, near) {
		owner = cronJob
	}
	return owner + "-" + FoldMark
}

// foldCutPrefix folds a generateName that was too long: the cut has taken the
// hyphen and perhaps a part of the hash or minute before it.
func foldCutPrefix(prefix string, near time.Time) string {
	owner, tail, ok := cutLast(prefix)
	if ok && (onlyOf(tail, hashDigits) && len(tail) <= maxHashLen || isMinutePart(tail, near)) {
		return owner + "-" + FoldMark
	}
	return prefix + FoldMark
}

// cutLast splits a name at its last hyphen; neither part may be empty.
func cutLast(name string) (stem, tail string, ok bool) {
	i := strings.LastIndexByte(name, '-')
	if i <= 0 || i == len(name)-1 {
		return name, "", false
	}
	return name[:i], name[i+1:], true
}

func isSuffix(s string) bool { return len(s) == suffixLen && onlyOf(s, safe) }

// isHash says whether s is a uint32 in hashDigits.
func isHash(s string) bool {
	if len(s) < minHashLen || len(s) > maxHashLen || !onlyOf(s, hashDigits) || s[0] == hashDigits[0] {
		return false
	}
	var n uint64
	for i := range len(s) {
		n = n*10 + uint64(strings.IndexByte(hashDigits, s[i]))
	}
	return n <= math.MaxUint32
}

// isIndex says whether s is a completion index: decimal, without leading zeros.
func isIndex(s string) bool {
	return len(s) <= maxIndexLen && onlyOf(s, "0123456789") && (len(s) == 1 || s[0] != '0')
}

func isMinute(s string, near time.Time) bool {
	return len(s) == minuteLen && isMinutePart(s, near)
}

// isMinutePart says whether a minute that begins with the digits s lies near.
func isMinutePart(s string, near time.Time) bool {
	if s == "" || len(s) > minuteLen || !onlyOf(s, "0123456789") || s[0] == '0' {
		return false
	}
	var low, high int64
	for i := range minuteLen {
		low, high = low*10, high*10+9
		if i < len(s) {
			digit := int64(s[i] - '0')
			low, high = low+digit, high-9+digit
		}
	}
	now := near.Unix() / 60
	if now < minute2015 {
		return high >= minute2015
	}
	return high >= now-minutesBefore && low <= now+minutesAfter
}

func onlyOf(s, alphabet string) bool {
	for i := range len(s) {
		if strings.IndexByte(alphabet, s[i]) < 0 {
			return false
		}
	}
	return s != ""
}
