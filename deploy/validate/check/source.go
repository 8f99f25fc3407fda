package check

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// source is one package of the repository.
type source struct {
	dir     string
	imports map[string]string // by the name in the code
	files   []*ast.File
	structs map[string]map[string]string // by type: variables with their defaults
}

// typeName is a type of a package of ours.
type typeName struct{ dir, name string }

func parse(root, dir string) (*source, error) {
	names, err := goFiles(path.Join(root, dir))
	if err != nil {
		return nil, err
	}
	s := &source{dir: dir, imports: map[string]string{}, structs: map[string]map[string]string{}}
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		s.files = append(s.files, f)
		for _, i := range f.Imports {
			at, _ := strconv.Unquote(i.Path.Value)
			as := path.Base(at)
			if i.Name != nil {
				as = i.Name.Name
			}
			s.imports[as] = at
		}
		s.readStructs(f)
	}
	return s, nil
}

// readStructs keeps the tags by the type at the top in which they stand; those
// outside of any type are under the empty name.
func (s *source) readStructs(f *ast.File) {
	for _, d := range f.Decls {
		specs := []ast.Node{d}
		if g, ok := d.(*ast.GenDecl); ok {
			specs = nil
			for _, spec := range g.Specs {
				specs = append(specs, spec)
			}
		}
		for _, spec := range specs {
			name := ""
			if t, ok := spec.(*ast.TypeSpec); ok {
				name = t.Name.Name
			}
			ast.Inspect(spec, func(n ast.Node) bool {
				if field, ok := n.(*ast.Field); ok && field.Tag != nil {
					s.addTag(name, field.Tag.Value)
				}
				return true
			})
		}
	}
}

func (s *source) addTag(typ, literal string) {
	raw, err := strconv.Unquote(literal)
	if err != nil {
		return
	}
	name, rest, _ := strings.Cut(reflect.StructTag(raw).Get("env"), ",")
	if name == "" {
		return
	}
	if s.structs[typ] == nil {
		s.structs[typ] = map[string]string{}
	}
	_, s.structs[typ][name], _ = strings.Cut(rest, "default=")
}

func (s *source) addTags(to map[string]string) {
	for _, variables := range s.structs {
		maps.Copy(to, variables)
	}
}

// take removes a struct and gives its variables.
func (s *source) take(typ string) []string {
	names := slices.Collect(maps.Keys(s.structs[typ]))
	delete(s.structs, typ)
	return names
}

// kinds are the configs in the map of that name: a struct of the package's own
// in new(T); else, in of(f), the first parameter of f, which is a function of
// its own or the New of another package, and that takes its Config.
func (s *source) kinds() ([]typeName, error) {
	var found []typeName
	ast.Inspect(s.value("kinds"), func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return true
		}
		switch arg := call.Args[0].(type) {
		case *ast.SelectorExpr:
			found = append(found, s.foreign(arg, "Config"))
		case *ast.Ident:
			if f := s.function(arg.Name); f != nil {
				if t, ok := f.Type.Params.List[0].Type.(*ast.SelectorExpr); ok {
					found = append(found, s.foreign(t, t.Sel.Name))
				}
			} else {
				found = append(found, typeName{s.dir, arg.Name})
			}
		}
		return true
	})
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: no map kinds with configs", s.dir)
	}
	return found, nil
}

func (s *source) foreign(sel *ast.SelectorExpr, typ string) typeName {
	x, _ := sel.X.(*ast.Ident)
	if x == nil {
		return typeName{}
	}
	return typeName{strings.TrimPrefix(s.imports[x.Name], module), typ}
}

// value is what a variable of the package begins with.
func (s *source) value(name string) ast.Node {
	for _, f := range s.files {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				if len(v.Values) == 1 && v.Names[0].Name == name {
					return v.Values[0]
				}
			}
		}
	}
	return &ast.BadExpr{}
}

func (s *source) function(name string) *ast.FuncDecl {
	for _, f := range s.files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == name {
				return fn
			}
		}
	}
	return nil
}

// secretNames are the variables that may stand in files: whole names, and last
// words of those of channels.
type secretNames struct{ whole, last []string }

func (n secretNames) has(name string) bool {
	if slices.Contains(n.whole, name) {
		return true
	}
	ofChannel := strings.HasPrefix(name, "CHANNEL_") || strings.HasPrefix(name, "ROUTE_")
	return ofChannel && slices.Contains(n.last, name[strings.LastIndexByte(name, '_')+1:])
}

// secretNames reads them from the function isSecret: whole names stand in its
// case, last words in its list.
func (s *source) secretNames() (names secretNames, err error) {
	missing := errors.New(secretFolder + ": no func isSecret with a case of names and a list of last words")
	if s == nil || s.function("isSecret") == nil {
		return names, missing
	}
	ast.Inspect(s.function("isSecret"), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CaseClause:
			names.whole = append(names.whole, literals(n.List)...)
		case *ast.CompositeLit:
			names.last = append(names.last, literals(n.Elts)...)
		}
		return true
	})
	if len(names.whole) == 0 || len(names.last) == 0 {
		return names, missing
	}
	return names, nil
}

func literals(list []ast.Expr) []string {
	var all []string
	for _, e := range list {
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if text, err := strconv.Unquote(l.Value); err == nil {
				all = append(all, text)
			}
		}
	}
	return all
}
