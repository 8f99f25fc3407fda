package auditpolicy

import (
	"bytes"
	"fmt"
	"regexp"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"sigs.k8s.io/yaml"
)

const (
	begin = "# BEGIN edgebell: put here by audit-webhook merge-policy"
	end   = "# END edgebell"
)

func marshalRule(rule auditv1.PolicyRule) ([]byte, error) {
	raw, err := yaml.Marshal([]auditv1.PolicyRule{rule})
	if err != nil {
		return nil, fmt.Errorf("write rule: %w", err)
	}
	return raw, nil
}

var (
	rulesKey  = regexp.MustCompile(`(?m)^rules:[ \t]*(#.*)?\n`)
	firstDash = regexp.MustCompile(`^([ \t]*#.*\n|[ \t]*\n)*( *)- `)
	block     = regexp.MustCompile(`(?m)^ *` + regexp.QuoteMeta(begin) + `\n(?:.*\n)*? *` + regexp.QuoteMeta(end) + `\n`)
)

// insert puts the rule's lines behind "rules:", as deep as the first rule
// stands. It returns nil where the file is not written so.
func insert(raw, rule []byte) []byte {
	key := rulesKey.FindIndex(raw)
	if key == nil {
		return nil
	}
	rest := raw[key[1]:]
	dash := firstDash.FindSubmatch(rest)
	if dash == nil {
		return nil
	}
	var out bytes.Buffer
	out.Write(raw[:key[1]])
	indent := dash[2]
	line := func(s []byte) { out.Write(indent); out.Write(s) }
	line([]byte(begin + "\n"))
	for l := range bytes.Lines(rule) {
		line(l)
	}
	line([]byte(end + "\n"))
	out.Write(rest)
	return out.Bytes()
}

// remove cuts out what insert has put in; nil if it is not there.
func remove(raw []byte) []byte {
	at := block.FindIndex(raw)
	if at == nil {
		return nil
	}
	return append(bytes.Clone(raw[:at[0]]), raw[at[1]:]...)
}
