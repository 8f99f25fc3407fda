package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/sethvargo/go-envconfig"
)

// configError ends the process with exitConfig and one line per variable.
type configError struct{ error }

// Config reads cfg, a pointer to a struct, from the environment. A variable
// that is set but empty counts as unset; a secret may stand in the file that
// <name>_FILE names. The error has one line for each variable that is wrong.
func Config(ctx context.Context, cfg interface{ Validate() error }) error {
	process.again = func(ctx context.Context) error {
		fresh := reflect.New(reflect.TypeOf(cfg).Elem()).Interface()
		return configure(ctx, fresh.(interface{ Validate() error }), process)
	}
	process.near = near(cfg, os.Environ())
	err := configure(ctx, cfg, process)
	if err == nil {
		return nil
	}
	for _, line := range process.near {
		err = errors.Join(err, errors.New(line))
	}
	return configError{err}
}

// Under reads cfg, a pointer to a struct, from the variables that begin with
// prefix, as Config does but without validating it. It is for the Validate of
// what Config reads.
func Under(ctx context.Context, prefix string, cfg any) error {
	return errors.Join(read(ctx, cfg, prefix, process)...)
}

func configure(ctx context.Context, cfg interface{ Validate() error }, from *secrets) error {
	from.forget()
	errs := append(read(ctx, cfg, "", from), from.blame(cfg.Validate()))
	if err := errors.Join(errs...); err != nil {
		return configError{err}
	}
	return nil
}

// read fills in cfg; it goes on past what cannot be read, to find what else is
// wrong.
func read(ctx context.Context, cfg any, prefix string, from envconfig.Lookuper) (errs []error) {
	env := environment{envconfig.PrefixLookuper(prefix, from), map[string]bool{}}
	for {
		err := envconfig.ProcessWith(ctx, &envconfig.Config{Target: cfg, Lookuper: env})
		if err == nil {
			return errs
		}
		name, want := variable(cfg, err)
		if name == "" || env.wrong[name] {
			return append(errs, err) // not one variable's fault
		}
		env.wrong[name] = true // as if it were unset
		value, _ := env.Lookuper.Lookup(name)
		errs = append(errs, fmt.Errorf("%s%s %q: must be %s", prefix, name, value, want))
	}
}

// environment makes an empty variable look unset: go-envconfig applies neither
// default nor required to one that is set but empty.
type environment struct {
	envconfig.Lookuper
	wrong map[string]bool
}

// Lookup implements envconfig.Lookuper.
func (e environment) Lookup(key string) (string, bool) {
	v, ok := e.Lookuper.Lookup(key)
	return v, ok && strings.TrimSpace(v) != "" && !e.wrong[key]
}

// variable finds the variable that go-envconfig could not read: its errors
// begin with the names of the fields on the way, and not with the variable's.
func variable(cfg any, err error) (name, want string) {
	t := reflect.TypeOf(cfg).Elem()
	for part := range strings.SplitSeq(err.Error(), ": ") {
		if t.Kind() != reflect.Struct {
			break
		}
		f, ok := t.FieldByName(part)
		if !ok {
			break
		}
		t = f.Type
		if tag := f.Tag.Get("env"); tag != "" {
			name, _, _ = strings.Cut(tag, ",")
			return name, describe(t)
		}
	}
	return "", ""
}

func describe(t reflect.Type) string {
	if t == reflect.TypeFor[time.Duration]() {
		return "a duration such as 5s, 10m or 1h"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "a whole number without a unit"
	case reflect.Float64:
		return "a number"
	}
	return "a value that can be read as " + t.String()
}
