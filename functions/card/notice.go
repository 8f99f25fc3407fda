package card

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Notices are what Edgebell has to say about itself: nothing is lost without
// being said.
type Notices struct {
	// Dropped counts, per reason, the occurrences that were not kept.
	Dropped map[string]int64
	// Gaps are times of which nothing may be known.
	Gaps []Gap
}

// Gap is a time in which events may have been missed. Why is one of the keys
// below or any short text.
type Gap struct {
	From, To time.Time
	Why      string
}

// Causes of gaps.
const (
	GapSource = "source" // the source was down for longer than Events are kept
	GapLedger = "ledger" // the ledger's file was damaged and moved aside
	GapClock  = "clock"
)

// Empty says whether there is nothing to tell.
func (n Notices) Empty() bool { return len(n.Dropped) == 0 && len(n.Gaps) == 0 }

const (
	shownDrops = 10
	shownGaps  = 5

	possibleDuplicate = "possible_duplicate"
)

// causes puts the keys of drops and gaps in words. A key without words stands
// for itself.
var causes = map[string][2]string{
	GapSource:   {"事件源停机太久", "the event source was down for too long"},
	GapLedger:   {"存储文件损坏，已另存", "the data file was damaged and moved aside"},
	GapClock:    {"时钟有误", "the clock was wrong"},
	"cap":       {"告警太多", "too many alerts"},
	"full":      {"存储已满", "the data file is full"},
	"parked":    {"机器人不接受卡片", "the bot refused the card"},
	"refused":   {"被拒收", "refused"},
	"too_large": {"事件太大", "the event is too large"},
	"malformed": {"格式有误", "malformed"},
	"expired":   {"已过期", "expired"},
	"damaged":   {"存储损坏", "damaged in the data file"},
}

func (r *Renderer) cause(key string) string {
	if c, ok := causes[key]; ok {
		return r.words.pick(c[0], c[1])
	}
	return line(key, maxField)
}

// notices is a line for each thing to tell.
func (r *Renderer) notices(n Notices, ref time.Time) string {
	lines := append(r.drops(n.Dropped), r.gaps(n.Gaps, ref)...)
	return joinLines(lines...)
}

func (r *Renderer) drops(dropped map[string]int64) []string {
	var lines []string
	keys := slices.Sorted(maps.Keys(dropped))
	for i, key := range keys {
		if i == shownDrops {
			var rest int64
			for _, key := range keys[i:] {
				rest += dropped[key]
			}
			return append(lines, "⚠ "+fmt.Sprintf(r.words.dropped, rest, "…"))
		}
		if key == possibleDuplicate { // kept, perhaps twice
			lines = append(lines, "⚠ "+fmt.Sprintf(r.words.twice, dropped[key]))
			continue
		}
		lines = append(lines, "⚠ "+fmt.Sprintf(r.words.dropped, dropped[key], r.cause(key)))
	}
	return lines
}

func (r *Renderer) gaps(gaps []Gap, ref time.Time) []string {
	var lines []string
	for i, g := range gaps {
		if i == shownGaps {
			return append(lines, "⚠ "+fmt.Sprintf(r.words.moreGaps, len(gaps)-i,
				r.stamp(gaps[i].From, ref, minutes), r.stamp(gaps[len(gaps)-1].To, ref, minutes)))
		}
		lines = append(lines, "⚠ "+fmt.Sprintf(r.words.gap,
			r.stamp(g.From, ref, minutes), r.until(g.From, g.To, ref), r.cause(g.Why)))
	}
	return lines
}

// Notice renders a message of its own, for when there is no story to tell the
// notices with. Times stand with their dates.
func (r *Renderer) Notice(schema Schema, n Notices) (Message, error) {
	w := r.words
	told := r.notices(n, time.Time{})
	first, _, _ := strings.Cut(told, "\n")
	sum := sha256.Sum256([]byte(told))
	color := severityColor(Warning)
	return checked(r.marshal(schema, view{
		color:    color.template,
		mark:     color.mark,
		title:    w.notice,
		subtitle: r.subtitle(""),
		summary:  joinDots(w.notice, first),
		headline: told,
		footer:   r.footer(hex.EncodeToString(sum[:4]), w.notice),
	}))
}
