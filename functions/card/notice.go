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
	// Gaps are times of which nothing may be known, oldest first; MoreGaps
	// counts those that are not listed.
	Gaps     []Gap
	MoreGaps int64
	// Budget, when set, says what DATA_BUDGET_PER_DAY holds back.
	Budget *Budget
}

// Gap is a time in which events may have been missed. Why is one of the keys
// of causes or any short text.
type Gap struct {
	From, To time.Time
	Why      string
}

// Empty says whether there is nothing to tell.
func (n Notices) Empty() bool {
	return len(n.Dropped) == 0 && len(n.Gaps) == 0 && n.MoreGaps == 0 && n.Budget == nil
}

const (
	shownDrops = 10
	shownGaps  = 8
)

// causes puts the ledger's keys of gaps and drops in words. A key without
// words stands for itself.
var causes = map[string][2]string{
	"source_down":    {"事件源停机太久", "the event source was down for too long"},
	"audit_lost":     {"审计入口不可达太久", "the audit entry was out of reach for too long"},
	"ledger_damaged": {"存储文件损坏，已另存", "the data file was damaged and moved aside"},
	"no_room":        {"告警太多，存储已满", "too many alerts, the data file is full"},
	"damaged":        {"存储损坏", "damaged in the data file"},
	"parked":         {"机器人不接受卡片", "the bot refused the card"},
	"refused":        {"事件被拒收", "the event was refused"},
	"other":          {"其他原因", "other reasons"},
}

func (r *Renderer) cause(key string) string {
	if c, ok := causes[key]; ok {
		return r.words.pick(c[0], c[1])
	}
	return line(key, maxField)
}

// notices is a line for each thing to tell.
func (r *Renderer) notices(n Notices, ref time.Time) string {
	lines := append(r.drops(n.Dropped), r.gaps(n, ref)...)
	return joinLines(append(lines, r.budget(n.Budget)...)...)
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
		lines = append(lines, "⚠ "+fmt.Sprintf(r.words.dropped, dropped[key], r.cause(key)))
	}
	return lines
}

func (r *Renderer) gaps(n Notices, ref time.Time) []string {
	var lines []string
	shown := min(len(n.Gaps), shownGaps)
	for _, g := range n.Gaps[:shown] {
		lines = append(lines, "⚠ "+fmt.Sprintf(r.words.gap,
			r.stamp(g.From, ref, minutes), r.until(g.From, g.To, ref), r.cause(g.Why)))
	}
	if more := n.MoreGaps + int64(len(n.Gaps)-shown); more > 0 {
		lines = append(lines, "⚠ "+fmt.Sprintf(r.words.moreGaps, more))
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
	return r.squeeze(schema, View{
		Color:    color.template,
		Mark:     color.mark,
		Title:    w.notice,
		Topic:    TopicNotice,
		ID:       hex.EncodeToString(sum[:4]),
		Subtitle: r.subtitle(""),
		Summary:  joinDots(w.notice, first),
		Headline: told,
		Footer:   r.footer(hex.EncodeToString(sum[:4]), w.notice),
	}, true)
}
