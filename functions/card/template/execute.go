package template

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template/parse"
)

// Bounds of one execution. A template is its operator's own; these only keep a
// mistake from taking the process with it.
const (
	maxOutput = 64 << 10
	maxDepth  = 50
	maxSteps  = 100_000
)

// Escape makes a value harmless where it is going to stand, after what is
// written already.
type Escape func(written, value string) (string, error)

// Execute runs the template over data. Only what actions print is escaped.
func (t *Template) Execute(data map[string]any, escape Escape) (string, error) {
	r := &run{t: t, tree: t.root, escape: escape, vars: []variable{{"$", data}}}
	err := r.walk(data, t.root.Root)
	if err != nil && !errors.Is(err, errBreak) && !errors.Is(err, errContinue) {
		return "", err
	}
	return r.out.String(), nil
}

type variable struct {
	name  string
	value any
}

type run struct {
	t      *Template
	tree   *parse.Tree
	escape Escape
	out    strings.Builder
	vars   []variable
	depth  int
	steps  int
}

var (
	errBreak    = errors.New("break")
	errContinue = errors.New("continue")
)

func (r *run) fail(n parse.Node, format string, args ...any) error {
	return at(r.tree, n, fmt.Sprintf(format, args...))
}

func (r *run) walk(dot any, n parse.Node) error {
	if r.steps++; r.steps > maxSteps {
		return r.fail(n, "takes too long")
	}
	switch n := n.(type) {
	case *parse.ListNode:
		return r.list(dot, n)
	case *parse.TextNode:
		r.out.Write(n.Text)
	case *parse.ActionNode:
		return r.action(dot, n)
	case *parse.IfNode:
		return r.branch(dot, &n.BranchNode, false)
	case *parse.WithNode:
		return r.branch(dot, &n.BranchNode, true)
	case *parse.RangeNode:
		return r.each(dot, n)
	case *parse.TemplateNode:
		return r.call(dot, n)
	case *parse.BreakNode:
		return errBreak
	case *parse.ContinueNode:
		return errContinue
	}
	return nil
}

func (r *run) list(dot any, n *parse.ListNode) error {
	if n == nil {
		return nil
	}
	for _, kid := range n.Nodes {
		if err := r.walk(dot, kid); err != nil {
			return err
		}
	}
	if r.out.Len() > maxOutput {
		return r.fail(n, "makes more than %d bytes", maxOutput)
	}
	return nil
}

func (r *run) action(dot any, n *parse.ActionNode) error {
	v, err := r.pipe(dot, n.Pipe)
	if err != nil || len(n.Pipe.Decl) > 0 {
		return err
	}
	s, err := r.escape(r.out.String(), toString(v))
	if err != nil {
		return r.fail(n, "%v", err)
	}
	r.out.WriteString(s)
	return nil
}

// branch is if and with.
func (r *run) branch(dot any, n *parse.BranchNode, with bool) error {
	defer r.restore(len(r.vars))
	v, err := r.pipe(dot, n.Pipe)
	if err != nil {
		return err
	}
	switch {
	case !truth(v):
		return r.list(dot, n.ElseList)
	case with:
		return r.list(v, n.List)
	}
	return r.list(dot, n.List)
}

func (r *run) restore(n int) { r.vars = r.vars[:n] }

func (r *run) each(dot any, n *parse.RangeNode) error {
	mark := len(r.vars)
	defer r.restore(mark)
	v, err := r.pipe(dot, &parse.PipeNode{NodeType: parse.NodePipe, Pos: n.Pipe.Pos, Cmds: n.Pipe.Cmds})
	if err != nil {
		return err
	}
	items, ok := v.([]any)
	if !ok && v != nil {
		return r.fail(n, "range is over a %s: must be over a list", kind(v))
	}
	if len(items) == 0 {
		return r.list(dot, n.ElseList)
	}
	for i, item := range items {
		r.restore(mark)
		switch decl := n.Pipe.Decl; len(decl) {
		case 1:
			r.vars = append(r.vars, variable{decl[0].Ident[0], item})
		case 2:
			r.vars = append(r.vars, variable{decl[0].Ident[0], int64(i)}, variable{decl[1].Ident[0], item})
		}
		err := r.list(item, n.List)
		switch {
		case errors.Is(err, errBreak):
			return nil
		case err != nil && !errors.Is(err, errContinue):
			return err
		}
	}
	return nil
}

// call is {{template "name" value}}.
func (r *run) call(dot any, n *parse.TemplateNode) error {
	tree := r.t.trees[n.Name]
	if tree == nil {
		return r.fail(n, "template %q is not defined", n.Name)
	}
	if r.depth++; r.depth > maxDepth {
		return r.fail(n, "templates call each other too deep")
	}
	var v any
	if n.Pipe != nil {
		var err error
		if v, err = r.pipe(dot, n.Pipe); err != nil {
			return err
		}
	}
	outer, vars := r.tree, r.vars
	r.tree, r.vars = tree, []variable{{"$", v}}
	err := r.walk(v, tree.Root)
	r.tree, r.vars = outer, vars
	r.depth--
	return err
}

func (r *run) pipe(dot any, p *parse.PipeNode) (v any, err error) {
	for i, cmd := range p.Cmds {
		var last []any
		if i > 0 {
			last = []any{v}
		}
		if v, err = r.command(dot, cmd, last); err != nil {
			return nil, err
		}
	}
	for _, decl := range p.Decl {
		if p.IsAssign {
			r.assign(decl.Ident[0], v)
		} else {
			r.vars = append(r.vars, variable{decl.Ident[0], v})
		}
	}
	return v, nil
}

func (r *run) assign(name string, v any) {
	for i := range slices.Backward(r.vars) {
		if r.vars[i].name == name {
			r.vars[i].value = v
			return
		}
	}
}
