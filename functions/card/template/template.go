// Package template runs Go templates over plain values: strings, whole
// numbers, booleans, lists and maps of these. The grammar is text/template's
// own; methods and function values are refused, because they need reflection
// over methods, for which a program must keep every method of every type (six
// megabytes here).
//
// Begin with Parse; Execute says where each value is escaped.
package template

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"
)

// Template is safe for concurrent use.
type Template struct {
	root  *parse.Tree
	trees map[string]*parse.Tree
}

// Error says what is wrong with a template, and where: Column is 0 when only
// the line is known.
type Error struct {
	Line, Column int
	Reason       string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

const name = "t"

// located matches what text/template/parse and ErrorContext put before a
// reason.
var located = regexp.MustCompile(`^(?:template: )?t:(\d+)(?::(\d+))?(?:: )?`)

// Parse reads a template. known are the names that a field may have; it
// refuses others now, where a branch that is hardly ever taken would hide them.
func Parse(text string, known []string) (*Template, error) {
	trees, err := parse.Parse(name, text, "", "", builtins())
	if err != nil {
		return nil, locate(err.Error())
	}
	t := &Template{root: trees[name], trees: trees}
	if t.root == nil { // nothing but definitions, or nothing at all
		t.root = &parse.Tree{Root: &parse.ListNode{}}
	}
	for _, tree := range trees {
		if err := check(tree, tree.Root, known); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func locate(text string) *Error {
	e := &Error{Line: 1, Reason: text}
	if m := located.FindStringSubmatch(text); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
		e.Column, _ = strconv.Atoi(m[2]) // from 0, and absent in the parser's own
		e.Reason = text[len(m[0]):]
	}
	return e
}

func at(tree *parse.Tree, n parse.Node, reason string) *Error {
	where, _ := tree.ErrorContext(n)
	e := locate(where)
	return &Error{Line: e.Line, Column: e.Column + 1, Reason: reason}
}

// Static says whether the template is text alone, and which.
func (t *Template) Static() (string, bool) {
	var b strings.Builder
	for _, n := range t.root.Root.Nodes {
		text, ok := n.(*parse.TextNode)
		if !ok {
			return b.String(), false
		}
		b.Write(text.Text)
	}
	return b.String(), true
}

// check walks a tree for unknown fields and for what is not run here.
func check(tree *parse.Tree, n parse.Node, known []string) error {
	switch n := n.(type) {
	case *parse.FieldNode:
		return checkNames(tree, n, n.Ident, known)
	case *parse.VariableNode:
		return checkNames(tree, n, n.Ident[1:], known)
	case *parse.ChainNode:
		return errors.Join(check(tree, n.Node, known), checkNames(tree, n, n.Field, known))
	case *parse.IdentifierNode:
		if n.Ident == "call" {
			return at(tree, n, `function "call" is not to be had`)
		}
	}
	for _, kid := range kids(n) {
		if err := check(tree, kid, known); err != nil {
			return err
		}
	}
	return nil
}

func checkNames(tree *parse.Tree, n parse.Node, names, known []string) error {
	for _, name := range names {
		if !slices.Contains(known, name) {
			return at(tree, n, unknownField(name, known))
		}
	}
	return nil
}

func unknownField(name string, known []string) string {
	known = slices.Sorted(slices.Values(known))
	return fmt.Sprintf("there is no .%s, but .%s", name, strings.Join(known, ", ."))
}

// kids are the nodes below n. Typed nils are left out.
func kids(n parse.Node) []parse.Node {
	var out []parse.Node
	pipe := func(p *parse.PipeNode) {
		if p != nil {
			out = append(out, p)
		}
	}
	branch := func(b *parse.BranchNode) {
		pipe(b.Pipe)
		out = append(out, b.List)
		if b.ElseList != nil {
			out = append(out, b.ElseList)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		out = append(out, n.Nodes...)
	case *parse.ActionNode:
		pipe(n.Pipe)
	case *parse.TemplateNode:
		pipe(n.Pipe)
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			out = append(out, c)
		}
	case *parse.CommandNode:
		out = append(out, n.Args...)
	}
	return out
}

// builtins names the functions for the parser, which only asks whether they
// are there.
func builtins() map[string]any {
	out := map[string]any{"and": true, "or": true}
	for name := range maps.Keys(functions) {
		out[name] = true
	}
	return out
}
