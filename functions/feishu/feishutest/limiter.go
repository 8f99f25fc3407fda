package feishutest

import "time"

// limiter is a sliding window over what was accepted.
type limiter struct{ at []time.Time }

// wait is how long until one more fits under limit within span; 0 is now.
func (l *limiter) wait(now time.Time, limit int, span time.Duration) time.Duration {
	if limit < 0 || len(l.at) < limit {
		return 0
	}
	if limit == 0 {
		return span
	}
	return max(0, span-now.Sub(l.at[len(l.at)-limit]))
}

func (l *limiter) add(now time.Time) {
	const longest = time.Minute
	for len(l.at) > 0 && now.Sub(l.at[0]) >= longest {
		l.at = l.at[1:]
	}
	l.at = append(l.at, now)
}
