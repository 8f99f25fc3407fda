package feishuapp

import (
	"sync"
	"time"
)

const month = 30 * 24 * time.Hour

// quota is a bucket of calls that fills evenly over a month and holds three
// days' worth. It starts with one day's, so that a process that restarts often
// does not begin a month anew each time. Edits leave the last third alone.
type quota struct {
	every time.Duration // for one call
	most  float64

	mu   sync.Mutex
	left float64
	at   time.Time
}

func newQuota(perMonth int, now time.Time) *quota {
	day := float64(perMonth) / 30
	return &quota{every: month / time.Duration(perMonth), most: 3 * day, left: day, at: now}
}

func (q *quota) fill(now time.Time) {
	if past := now.Sub(q.at); past > 0 {
		q.left = min(q.most, q.left+float64(past)/float64(q.every))
	}
	q.at = now
}

// take counts one call, allowed or not.
func (q *quota) take(now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fill(now)
	q.left--
}

// editsIn is how long until an edit keeps within the quota.
func (q *quota) editsIn(now time.Time) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fill(now)
	lack := q.most/9 + 1 - q.left // a third of a day's calls is kept for what is new
	if lack <= 0 {
		return 0
	}
	return time.Duration(lack * float64(q.every))
}
