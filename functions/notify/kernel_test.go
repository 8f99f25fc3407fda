package notify

import (
	"testing"
	"time"
)

func TestOrKernelTime(t *testing.T) {
	good, early, far := released.Add(time.Hour), time.Unix(300, 0), released.Add(72*time.Hour)
	for _, tc := range []struct {
		name            string
		farSure, kernel bool
		wall            time.Time
		want            time.Time
		sure            bool
	}{
		{"the far side knows", true, true, good, far, true},
		{"the kernel vouches", false, true, good, good, true},
		{"nobody vouches", false, false, good, far, false},
		{"the kernel vouches for what cannot be", false, true, early, far, false},
	} {
		now := orTime(func() (time.Time, bool) { return far, tc.farSure }, func() time.Time { return tc.wall }, func() bool { return tc.kernel })
		if at, sure := now(); !at.Equal(tc.want) || sure != tc.sure {
			t.Errorf("%s: %s, sure %v, want %s, %v", tc.name, at, sure, tc.want, tc.sure)
		}
	}
	kernelSure() // whatever it says here
}
