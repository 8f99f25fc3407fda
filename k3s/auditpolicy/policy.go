// Package auditpolicy puts a rule in front of an audit policy that is already
// there, and takes it out again. It keeps the rest of the file as it is, with
// its comments, and refuses whatever it does not understand to the last field:
// an API server does not start with a bad policy.
//
// Begin with Merge.
package auditpolicy

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"

	"k8s.io/apiserver/pkg/apis/audit"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/apiserver/pkg/apis/audit/validation"
	"sigs.k8s.io/yaml"
)

var separator = regexp.MustCompile(`(?m)^(---|\.\.\.)([ \t].*)?\r?$`)

// Parse reads a policy as strictly as an API server could: unknown or repeated
// fields, several documents and everything that its own validation refuses are
// errors.
func Parse(raw []byte) (*auditv1.Policy, error) {
	if seps := separator.FindAllIndex(raw, -1); len(seps) > 1 || len(seps) == 1 && hasContent(raw[:seps[0][0]]) {
		return nil, errors.New("has several YAML documents: must be one")
	}
	p := new(auditv1.Policy)
	if err := yaml.UnmarshalStrict(raw, p); err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	if p.APIVersion != "audit.k8s.io/v1" || p.Kind != "Policy" {
		return nil, fmt.Errorf("is %q of %q: must be Policy of audit.k8s.io/v1", p.Kind, p.APIVersion)
	}
	if len(p.Rules) == 0 {
		return nil, errors.New("has no rules: an API server does not start with such a policy")
	}
	internal := new(audit.Policy)
	if err := auditv1.Convert_v1_Policy_To_audit_Policy(p, internal, nil); err != nil {
		return nil, fmt.Errorf("convert: %w", err)
	}
	if errs := validation.ValidatePolicy(internal); len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	return p, nil
}

// hasContent says whether there is more than comments and blank lines.
func hasContent(raw []byte) bool {
	for line := range bytes.Lines(raw) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return true
		}
	}
	return false
}

// Rule is the first rule of a policy, the one to merge.
func Rule(raw []byte) (auditv1.PolicyRule, error) {
	p, err := Parse(raw)
	if err != nil {
		return auditv1.PolicyRule{}, err
	}
	return p.Rules[0], nil
}

// Merge puts the rule in front of the policy's own, in the place of one that an
// earlier Merge has put there. A policy that begins with it comes back as it is.
func Merge(raw []byte, rule auditv1.PolicyRule) ([]byte, error) {
	before, err := Parse(raw)
	if err != nil {
		return nil, err
	}
	if remove(raw) != nil && !same(before.Rules[0], rule) {
		if raw, err = Unmerge(raw, rule); err != nil {
			return nil, err
		}
		if before, err = Parse(raw); err != nil {
			return nil, err
		}
	}
	if slices.Contains(before.OmitStages, auditv1.StageResponseComplete) {
		return nil, errors.New("omitStages holds ResponseComplete: no rule could tell of a write then")
	}
	if same(before.Rules[0], rule) {
		return raw, nil
	}
	after := before.DeepCopy()
	after.Rules = slices.Insert(after.Rules, 0, rule)
	block, err := marshalRule(rule)
	if err != nil {
		return nil, err
	}
	return agree(after, insert(raw, block))
}

// Unmerge takes the rule out again. A policy that does not begin with it comes
// back as it is.
func Unmerge(raw []byte, rule auditv1.PolicyRule) ([]byte, error) {
	before, err := Parse(raw)
	if err != nil {
		return nil, err
	}
	cut := remove(raw)
	if cut == nil && !same(before.Rules[0], rule) {
		return raw, nil
	}
	if len(before.Rules) == 1 {
		return nil, errors.New("has no other rule: an API server does not start with an empty policy")
	}
	after := before.DeepCopy()
	after.Rules = after.Rules[1:]
	return agree(after, cut)
}

// agree returns text, the file with one block changed, if it says exactly what
// is wanted; otherwise the file is written in a style that this package cannot
// edit, and comes out anew.
func agree(want *auditv1.Policy, text []byte) ([]byte, error) {
	if text != nil {
		if got, err := Parse(text); err == nil && reflect.DeepEqual(got, want) {
			return text, nil
		}
	}
	text, err := yaml.Marshal(want)
	if err != nil {
		return nil, fmt.Errorf("write policy: %w", err)
	}
	got, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("check the new policy: %w", err)
	}
	if !reflect.DeepEqual(got, want) {
		return nil, errors.New("the new policy does not say what it should: it has something that cannot be kept")
	}
	return text, nil
}

func same(a, b auditv1.PolicyRule) bool { return reflect.DeepEqual(a, b) }
