package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// process is one life of a program.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended and all its output is read
	err  error         // how it ended; read it after done

	mu   sync.Mutex
	said []byte
	line func(string)
	out  func(string)
}

// keepSaid bounds what is remembered of a program's output.
const keepSaid = 32 << 10

// spawn starts a program of the run's own copies. line gets what it writes to
// standard error, out what it writes to standard output; both may be nil.
func (r *run) spawn(name string, env, args []string, line, out func(string)) (*process, error) {
	p := &process{name: name, done: make(chan struct{}), line: line, out: out}
	p.cmd = exec.Command(filepath.Join(r.bin, name), args...)
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	var read sync.WaitGroup
	read.Go(func() { p.read(stderr, p.line) })
	read.Go(func() { p.read(stdout, p.out) })
	go func() {
		read.Wait()
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

func (p *process) read(from io.Reader, each func(string)) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.mu.Lock()
		p.said = append(append(p.said, lines.Bytes()...), '\n')
		if over := len(p.said) - keepSaid; over > 0 {
			p.said = append([]byte(nil), p.said[over:]...)
		}
		p.mu.Unlock()
		if each != nil {
			each(lines.Text())
		}
	}
	_, _ = io.Copy(io.Discard, from) // a line too long must not stop the program
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.said)
}

// kill ends the process as a power cut does and waits for the corpse.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // an error says that it has ended
	<-p.done
}

const stopPatience = 15 * time.Second

// stop asks the process to end.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // an error says that it has ended
	select {
	case <-p.done:
		return nil
	case <-time.After(stopPatience):
		p.kill()
		return fmt.Errorf("%s did not end within %s of SIGTERM", p.name, stopPatience)
	}
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

var errEnded = errors.New("ended by itself")

// answers waits until a page of the process answers 200.
func (p *process) answers(ctx context.Context, url string) error {
	return eventually(ctx, readyPatience, p.name+" answers", func() error {
		if p.ended() {
			return final(fmt.Errorf("%s %w: %v; it said: %s", p.name, errEnded, p.err, tail(p.output(), 600)))
		}
		return get(ctx, url)
	})
}

// readyPatience is long: the machine may be busy with other things.
const readyPatience = time.Minute

var pages = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func get(ctx context.Context, url string) error {
	_, err := fetch(ctx, url)
	return err
}

func fetch(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := pages.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, tail(string(body), 200))
	}
	return body, err
}

func tail(s string, n int) string { return s[max(len(s)-n, 0):] }
