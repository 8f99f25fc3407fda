package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

// passing are the faults after which the function tries again soon.
func passing() []feishutest.Fault {
	return []feishutest.Fault{
		feishutest.AcceptThenReset(), feishutest.AcceptThenHang(200 * time.Millisecond), feishutest.ResetBeforeRead(),
		feishutest.SlowResponse(150), feishutest.TruncateBody(3), feishutest.HTTP502HTML(), feishutest.CaptivePortal(),
		feishutest.Empty200(), feishutest.JSONWithoutCode(), feishutest.StatusCodeOnlySuccess(), feishutest.GzipResponse(),
		feishutest.Code(11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]", 200),
		feishutest.Code(9499, "too many request", 400), feishutest.Code(9499, "Bad Request", 400),
		feishutest.Code(11246, "ErrCode: 11310; ErrMsg: unsupported type of block; ErrorValue: x; ", 200),
		feishutest.Code(19002, "params error, msg_type need", 200), feishutest.Code(1500, "internal error", 200),
		feishutest.Status(503), feishutest.Status(429, "Retry-After", "1"), feishutest.Status(408),
	}
}

// lasting are the faults after which the function waits half a minute.
func lasting() []feishutest.Fault {
	return []feishutest.Fault{
		feishutest.Code(19007, "Bot Not Enabled", 200), feishutest.Code(19001, "param invalid: incoming webhook access token invalid", 200),
		feishutest.Code(19022, "Ip Not Allowed", 200), feishutest.Code(424242, "what nobody has seen yet", 200), feishutest.Status(404),
		feishutest.Status(418),
	}
}

const faultWorlds = 6

// botFaults gives half of all requests a fault, of every kind.
func botFaults(r *run) error {
	return r.worlds(faultWorlds, func(s *scene, rounds int) error {
		s.bot.ScriptRandom(rounds, 0.5, passing()...)
		return s.underFaults(rounds)
	}, "REPEAT_INTERVAL=300ms")
}

// botRefuses gives each scene one of the faults that last, so that all of them
// are waited for side by side.
func botRefuses(r *run) error {
	kinds := lasting()
	var next sync.Mutex
	return r.worlds(min(r.rounds, len(kinds)), func(s *scene, rounds int) error {
		next.Lock()
		fault := kinds[0]
		kinds = kinds[1:]
		next.Unlock()
		s.bot.Script(feishutest.NoFault(), fault)
		return s.underFaults(2)
	}, "REPEAT_INTERVAL=300ms")
}

// underFaults sends until the bot's script has been used up.
func (s *scene) underFaults(rounds int) error {
	ctx := s.run.ctx
	if err := s.up(ctx); err != nil {
		return err
	}
	sender := newSender(s)
	sender.gap = 200 * time.Millisecond
	end := sender.begin(ctx)
	err := eventually(ctx, 10*time.Minute, "the bot's faults are used up", func() error {
		if left := s.bot.State().FaultsLeft; left > 0 {
			return fmt.Errorf("%d are left", left)
		}
		return nil
	})
	if ending := end(); err == nil {
		err = ending
	}
	if err != nil {
		return err
	}
	return s.conclude(sender.account(), rounds)
}

// outage takes the link away while ten thousand occurrences of three hours come
// in nine stories, and wants one card for them all.
func outage(r *run) error {
	s, err := r.scene("GROUP_WAIT=1s", "REPEAT_INTERVAL=1h")
	if err != nil {
		return err
	}
	return s.during(func() error {
		s.bot.Outage(true)
		sender := newSender(s)
		if err := sender.hours(s, 3*time.Hour, 10_000); err != nil {
			return err
		}
		if got := sender.account().total(); got != 10_000 {
			return fmt.Errorf("made %d occurrences, want 10000", got)
		}
		// Not before the function has found out, again and again.
		err := eventually(r.ctx, readyPatience, "the function finds the link down", func() error {
			st, err := s.status(r.ctx)
			if err == nil && st.Link.State != "down" {
				err = fmt.Errorf("link is %s", st.Link.State)
			}
			return err
		})
		if err != nil {
			return err
		}
		pause(r.ctx, 5*time.Second)
		s.bot.Outage(false)
		if err := s.conclude(sender.account(), 1); err != nil {
			return err
		}
		return s.wantDigest("9 groups of alerts, 10000 occurrences", "offline")
	})
}

// hours posts n occurrences that happened evenly over so long until now.
func (s *sender) hours(of *scene, long time.Duration, n int64) error {
	const events = 54 // the others of the n are more of them
	began := time.Now().Add(-long)
	var batch []*corev1.Event
	for sent := int64(0); sent < n; sent = sum(s.events.made).total() {
		s.events.latest = began.Add(time.Duration(float64(long) * float64(sent) / float64(n)))
		if len(s.events.made) < events {
			batch = append(batch, s.events.fresh())
		} else {
			batch = append(batch, s.events.again())
		}
		last := batch[len(batch)-1]
		if over := sum(s.events.made).total() - n; over > 0 {
			last.Count -= int32(over)
		} else if len(batch) < 10 && over < 0 {
			continue
		}
		if err := s.post(of.run.ctx, batch); err != nil {
			return err
		}
		batch = nil
	}
	return nil
}

// wantDigest wants one card, with words.
func (s *scene) wantDigest(words ...string) error {
	messages := s.bot.Messages()
	if len(messages) != 1 {
		return fmt.Errorf("%d cards, want one digest", len(messages))
	}
	text := messages[0].Plain()
	for _, w := range words {
		if !strings.Contains(text, w) {
			return fmt.Errorf("the digest lacks %q:\n%s", w, text)
		}
	}
	s.run.note("the digest is %q, %d bytes", messages[0].Title, len(messages[0].Raw))
	return nil
}

// stormFile is what two controllers and a quota wrote in an hour and a half.
const stormFile = "adapters/kubeevent/testdata/quota-storm.json"

// storm replays a recorded storm through the real source and wants at most
// three cards.
func storm(r *run) error {
	s, st, src, err := r.sourceScene("GROUP_WAIT=5s", "REPEAT_INTERVAL=1h")
	if err != nil {
		return err
	}
	defer st.srv.Close()
	defer src.kill()
	events, err := recorded(stormFile)
	if err != nil {
		return err
	}
	return s.during(func() error {
		half := len(events) / 2
		st.api.Add(events[:half]...)
		if err := src.up(r.ctx); err != nil {
			return err
		}
		for _, ev := range events[half:] {
			st.api.Add(ev)
			pause(r.ctx, 40*time.Millisecond)
		}
		s.fold = true
		v, err := s.settle(r.ctx, st.account())
		if err != nil {
			return err
		}
		if v.cards > 3 {
			v.breaks("%d cards for the storm, want at most three", v.cards)
		}
		r.add(1, v)
		r.note("%d Events in %d cards", len(events), v.cards)
		return nil
	})
}

func recorded(file string) ([]*corev1.Event, error) {
	raw, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		return nil, fmt.Errorf("read recorded Events: %w (run at the root of the repository)", err)
	}
	var list corev1.EventList
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("read recorded Events: %s: %w", file, err)
	}
	var out []*corev1.Event
	for i := range list.Items {
		ev := &list.Items[i]
		ev.UID, ev.ResourceVersion = "", ""
		out = append(out, ev)
	}
	return out, nil
}
