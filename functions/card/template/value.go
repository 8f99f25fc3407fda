package template

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"text/template/parse"
)

// command is one step of a pipeline; last is what came out of the step before.
func (r *run) command(dot any, cmd *parse.CommandNode, last []any) (any, error) {
	first := cmd.Args[0]
	if id, ok := first.(*parse.IdentifierNode); ok {
		return r.function(dot, id, cmd.Args[1:], last)
	}
	if len(cmd.Args) > 1 || len(last) > 0 {
		return nil, r.fail(first, "%s is not a function and takes no arguments", first)
	}
	return r.value(dot, first)
}

func (r *run) value(dot any, n parse.Node) (any, error) {
	switch n := n.(type) {
	case *parse.DotNode:
		return dot, nil
	case *parse.FieldNode:
		return r.fields(n, dot, n.Ident)
	case *parse.VariableNode:
		for i := range slices.Backward(r.vars) {
			if r.vars[i].name == n.Ident[0] {
				return r.fields(n, r.vars[i].value, n.Ident[1:])
			}
		}
	case *parse.ChainNode:
		v, err := r.value(dot, n.Node)
		if err != nil {
			return nil, err
		}
		return r.fields(n, v, n.Field)
	case *parse.PipeNode:
		return r.pipe(dot, n)
	case *parse.IdentifierNode:
		return r.function(dot, n, nil, nil)
	case *parse.StringNode:
		return n.Text, nil
	case *parse.BoolNode:
		return n.True, nil
	case *parse.NumberNode:
		switch {
		case n.IsInt:
			return n.Int64, nil
		case n.IsFloat:
			return n.Float64, nil
		}
	}
	return nil, r.fail(n, "%s is not a value", n)
}

func (r *run) fields(n parse.Node, v any, names []string) (any, error) {
	for _, name := range names {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, r.fail(n, "%s has no .%s", kind(v), name)
		}
		if v, ok = m[name]; !ok {
			return nil, r.fail(n, "%s", unknownField(name, slices.Collect(maps.Keys(m))))
		}
	}
	return v, nil
}

// function calls a function; and and or stop at the first that decides.
func (r *run) function(dot any, id *parse.IdentifierNode, nodes []parse.Node, last []any) (any, error) {
	var args []any
	short := id.Ident == "and" || id.Ident == "or"
	for _, n := range nodes {
		v, err := r.value(dot, n)
		if err != nil {
			return nil, err
		}
		if short && truth(v) == (id.Ident == "or") {
			return v, nil
		}
		args = append(args, v)
	}
	args = append(args, last...)
	if short {
		if len(args) == 0 {
			return nil, r.fail(id, "function %q needs an argument", id.Ident)
		}
		return args[len(args)-1], nil
	}
	v, err := functions[id.Ident](args)
	if err != nil {
		return nil, r.fail(id, "function %q: %v", id.Ident, err)
	}
	return v, nil
}

// truth is what if asks: nothing empty and not zero.
func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case int64:
		return v != 0
	case float64:
		return v != 0
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

func toString(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return fmt.Sprint(v)
}

func kind(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case bool:
		return "truth value"
	case string:
		return "text"
	case int64, float64:
		return "number"
	case []any:
		return "list"
	}
	return "record"
}
