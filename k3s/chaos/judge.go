package main

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/k3s/process"
)

// verdict is what became of what was handed over.
type verdict struct {
	in, told, ledger int64 // occurrences: handed over; as the cards say; as /status says
	cards            int
	repeated         int // cards that told again what one before had told
	excused          int // of these, those whose answer was lost
	lost             int64
	dropped          int64 // occurrences that the function says it dropped
	notices          []string
	lacks            []string // what was lost
	broken           []string
}

func (v *verdict) breaks(format string, args ...any) {
	v.broken = append(v.broken, fmt.Sprintf(format, args...))
}

// said says whether a card had this word about Edgebell itself.
func (v *verdict) said(words string) bool {
	return slices.ContainsFunc(v.notices, func(n string) bool { return strings.Contains(n, words) })
}

// settle waits until the cards tell want, and judges what they told.
func (s *scene) settle(ctx context.Context, want account) (verdict, error) {
	waited := eventually(ctx, settlePatience, "everything is told", func() error { return s.settled(ctx, want) })
	st, err := s.status(ctx)
	if err != nil {
		return verdict{}, fmt.Errorf("read /status: %w", err)
	}
	v := s.judge(want)
	v.ledger = st.Ledger.Occurrences
	for _, n := range st.Ledger.Dropped {
		v.dropped += n
	}
	if waited != nil {
		v.breaks("%v", waited)
	}
	if v.ledger != v.in {
		v.breaks("the ledger counted %d occurrences of %d", v.ledger, v.in)
	}
	// What was dropped is a loss that was counted; a card must have said so.
	if v.lost > v.dropped || (v.dropped > 0 && !v.said("not kept: ")) {
		v.broken = append(v.broken, v.lacks...)
		v.breaks("%d occurrences lost, %d counted as dropped", v.lost, v.dropped)
	}
	return v, nil
}

func (s *scene) settled(ctx context.Context, want account) error {
	st, err := s.status(ctx)
	switch {
	case err != nil:
		return err
	case st.Ledger.Occurrences < want.total() && s.taken:
		return process.Final(fmt.Errorf("%d of %d occurrences that were answered 2xx are in the ledger", st.Ledger.Occurrences, want.total()))
	case st.Ledger.Occurrences < want.total():
		return fmt.Errorf("%d of %d occurrences are in the ledger", st.Ledger.Occurrences, want.total())
	case st.Backlog.Groups > 0 || st.Backlog.NoticeWaits:
		return fmt.Errorf("%d groups wait to be told; link %s %s", st.Backlog.Groups, st.Link.State, st.Link.LastError)
	}
	return nil
}

// judge reads every card from the first to the last.
func (s *scene) judge(want account) verdict {
	v := verdict{in: want.total()}
	messages, answers := s.bot.Messages(), s.bot.Answers()
	v.cards = len(messages) - s.judgeFrom
	got := account{}
	told := map[telling]int{} // story and what it had told before -> card
	for n, m := range messages {
		if n < s.judgeFrom {
			continue
		}
		if len(m.Mentions) > 0 || len(m.Links) > 0 {
			v.breaks("card %d has live mentions %v or links %v", m.N, m.Mentions, m.Links)
		}
		r, err := read(m)
		if err != nil {
			v.breaks("%v", err)
			continue
		}
		v.notices = append(v.notices, r.notices...)
		first := -1
		for _, t := range r.tellings {
			if t.total < got[t.story] {
				v.breaks("card %d tells %d of %s after %d", m.N, t.total, t.story, got[t.story])
			}
			got[t.story] = t.total
			key := telling{story: t.story, before: t.before}
			if before, ok := told[key]; ok {
				first = before
			}
			told[key] = n
		}
		if first < 0 {
			continue
		}
		v.repeated++
		if why := s.unanswered(messages[first].N, first, answersOf(answers, messages[first].N)); why != "" {
			v.breaks("card %d repeats card %d, %s", m.N, messages[first].N, why)
		} else {
			v.excused++
		}
	}
	if s.fold {
		want, got = want.folded(), got.folded()
	}
	v.compare(want, got)
	return v
}

// toldUpTo adds up what the first n cards told.
func (s *scene) toldUpTo(n int) int64 {
	got := account{}
	for _, m := range s.bot.Messages()[:n] {
		if r, err := read(m); err == nil { // judge has said so, or will
			for _, t := range r.tellings {
				got[t.story] = t.total
			}
		}
	}
	return got.total()
}

// compare is the heart of it: each story's total is what was handed over.
func (v *verdict) compare(want, got account) {
	for _, st := range stories(want, got) {
		v.told += got[st]
		switch lack := want[st] - got[st]; {
		case lack > 0:
			v.lost += lack
			v.lacks = append(v.lacks, fmt.Sprintf("%s: %d told of %d", st, got[st], want[st]))
		case lack < 0:
			v.breaks("%s: %d told, which is %d too many", st, got[st], -lack)
		}
	}
}

func stories(accounts ...account) []story {
	var out []story
	for _, a := range accounts {
		for s := range a {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}

// answersOf is how the bot answered the request that made message n.
func answersOf(answers []feishutest.Answer, n int) string {
	for _, a := range answers {
		if a.Accepted == n {
			return a.Check
		}
	}
	return ""
}

// lostAnswers are the faults under which a message stands in the group and its
// sender cannot know.
var lostAnswers = []string{"accept_then_reset", "accept_then_hang", "truncate_body"}

// unanswered says why the function must have known that the message (number n,
// at index i) was delivered; empty when its answer or its mark was lost.
func (s *scene) unanswered(n, i int, check string) string {
	for _, fault := range lostAnswers {
		if strings.HasSuffix(check, fault) {
			return ""
		}
	}
	for number, l := range s.lives {
		if i < l.from || (l.to >= 0 && i >= l.to) {
			continue
		}
		if l.to < 0 {
			return fmt.Sprintf("though it was answered and the function lives (life %d)", number+1)
		}
		l.mu.Lock()
		marked := l.marked
		l.mu.Unlock()
		if nth := i - l.from; nth < marked {
			return fmt.Sprintf("though it was marked as delivered (card %d of %d marked in life %d)", nth+1, marked, number+1)
		}
		return ""
	}
	return fmt.Sprintf("though no function lived that could have sent card %d", n)
}
