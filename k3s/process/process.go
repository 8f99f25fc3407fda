// Package process runs programs as children, for tests, demonstrations and
// measurements: it starts them, keeps what they say, waits until they are
// ready, reads what the kernel knows of them and ends them. A child does not
// outlive its parent. Nothing that is shipped imports it.
//
// Begin with Start.
package process

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// Process is one life of a program.
type Process struct {
	PID
	Name    string
	Cmd     *exec.Cmd
	Started time.Time
	Done    chan struct{} // closed when it has ended and all its output is read
	Err     error         // how it ended, as exec.Cmd.Wait says it; read it after Done

	line func(string)

	mu   sync.Mutex
	said []byte
	part []byte        // of a line whose end has not come
	more chan struct{} // closed and replaced when it has said something
}

// keep is how much of a program's output is remembered, in bytes.
const keep = 16 << 20

// Start starts cmd, whose path, arguments, environment and input are the
// caller's. line, unless nil, gets each line of both outputs, one after
// another. The child is in a process group of its own, so that a Ctrl-C for the
// parent leaves it to the parent to end it; when the parent ends it gets
// SIGTERM, or cmd.SysProcAttr.Pdeathsig.
func Start(cmd *exec.Cmd, line func(string)) (*Process, error) {
	p := &Process{Name: filepath.Base(cmd.Path), Cmd: cmd, Done: make(chan struct{}), line: line, more: make(chan struct{})}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if cmd.SysProcAttr.Pdeathsig == 0 {
		cmd.SysProcAttr.Pdeathsig = syscall.SIGTERM
	}
	cmd.Stdout, cmd.Stderr = (*output)(p), (*output)(p)
	p.Started = time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Name, err)
	}
	p.PID = PID(cmd.Process.Pid)
	go func() {
		p.Err = cmd.Wait()
		if len(p.part) > 0 && line != nil {
			line(string(p.part))
		}
		close(p.Done)
	}()
	return p, nil
}

// Kill ends the program as a power cut does and waits for the corpse.
func (p *Process) Kill() {
	_ = p.Cmd.Process.Kill() // an error says that it has ended
	<-p.Done
}

// Stop asks the program to end with SIGTERM, waits, and kills it when it takes
// too long: that is an error.
func (p *Process) Stop(within time.Duration) error {
	_ = p.Signal(syscall.SIGTERM) // an error says that it has ended
	select {
	case <-p.Done:
		return nil
	case <-time.After(within):
		p.Kill()
		return fmt.Errorf("%s did not end within %s of SIGTERM", p.Name, within)
	}
}

// Signal sends a signal, and never to another process that has got the number.
func (p *Process) Signal(s syscall.Signal) error { return p.Cmd.Process.Signal(s) }

// Alive is nil while the program runs, and then says how it ended.
func (p *Process) Alive() error {
	select {
	case <-p.Done:
		return fmt.Errorf("%s ended by itself: %v; it said: %s", p.Name, p.Err, Tail(p.Output(), 2000))
	default:
		return nil
	}
}

// readyPatience is long: the machine may be busy with other things.
const readyPatience = time.Minute

// Ready waits until GET url answers 200; see Get for client.
func (p *Process) Ready(ctx context.Context, client *http.Client, url string) error {
	return Eventually(ctx, 10*time.Millisecond, readyPatience, p.Name+" is ready", func() error {
		if err := p.Alive(); err != nil {
			return Final(err)
		}
		_, err := Get(ctx, client, url)
		return err
	})
}

// Says waits until the output, of both kinds, has the nth match of a pattern
// and returns that match as FindStringSubmatch does. A pattern that ends with
// \n matches whole lines only.
func (p *Process) Says(ctx context.Context, pattern *regexp.Regexp, n int) ([]string, error) {
	for {
		ended := p.Alive() // asked first: then what is read next is all
		said, more := p.soFar()
		if found := pattern.FindAllStringSubmatch(said, n); len(found) == n {
			return found[n-1], nil
		}
		if ended != nil {
			return nil, fmt.Errorf("%d times %q: %w", n, pattern, ended)
		}
		select {
		case <-more:
		case <-p.Done:
		case <-ctx.Done():
			return nil, fmt.Errorf("%s does not say %q %d times: %w; it said: %s", p.Name, pattern, n, ctx.Err(), Tail(said, 2000))
		}
	}
}

// Output is what the program has said so far, of both outputs; of very much,
// the end.
func (p *Process) Output() string {
	said, _ := p.soFar()
	return said
}

func (p *Process) soFar() (string, chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.said), p.more
}

// Tail is the end of a text, of at most n bytes.
func Tail(s string, n int) string { return s[max(len(s)-n, 0):] }

// output takes what a program says.
type output Process

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	o.said = append(o.said, b...)
	if len(o.said) > 2*keep {
		o.said = append([]byte(nil), o.said[len(o.said)-keep:]...)
	}
	close(o.more)
	o.more = make(chan struct{})
	o.mu.Unlock()
	if o.line == nil {
		return len(b), nil
	}
	o.part = append(o.part, b...) // no lock: exec.Cmd has one goroutine for both outputs
	for {
		line, rest, whole := bytes.Cut(o.part, []byte("\n"))
		if !whole {
			return len(b), nil
		}
		o.line(string(line))
		o.part = rest
	}
}
