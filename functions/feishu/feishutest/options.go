package feishutest

import "time"

// DefaultToken is the webhook token when Options names none.
const DefaultToken = "00000000-1111-4222-8333-444444444444"

// Off switches a limit off where 0 means its default.
const Off = -1

// LimitAnswer says how the bot's own rate limit answers; both have been seen.
type LimitAnswer string

// The answers of the rate limit. The zero value is Limit11232.
const (
	Limit11232 LimitAnswer = "11232"
	Limit9499  LimitAnswer = "9499"
	LimitMixed LimitAnswer = "mixed"
)

// SuccessShape is one of the bodies that all mean success.
type SuccessShape int

// The shapes of success. The zero value is ShapeBoth.
const (
	ShapeBoth           SuccessShape = iota // code and StatusCode
	ShapeStatusCodeOnly                     // no code
	ShapeCodeOnly                           // no StatusCode
)

// SizeAnswer says how an oversized body is refused.
type SizeAnswer string

// The answers to an oversized body. The zero value is SizeBadRequest.
const (
	SizeBadRequest SizeAnswer = "9499"
	SizeExceeded   SizeAnswer = "19036"
)

// Options is the bot's settings. The zero value is a strict bot without a
// signature check.
type Options struct {
	Token    string
	Secret   string
	Keywords []string
	// IPAllow takes IPv4 addresses, "a.b.c.*" and CIDR. The header X-Fake-IP
	// stands for the remote address.
	IPAllow     []string
	Disabled    bool
	ForbidAtAll bool
	// RejectQuery answers 19001 to an address with a query.
	RejectQuery bool

	MaxBody    int // 20480
	SizeAnswer SizeAnswer

	PerSecond   int // 5
	PerMinute   int // 100
	LimitAnswer LimitAnswer
	// GatewayPerMinute adds the gateway's limiter (429, 99991400); 0 is off.
	GatewayPerMinute int
	// HourMarkWindow and HourMarkChance refuse with 11232 around :00 and :30.
	HourMarkWindow time.Duration
	HourMarkChance float64

	Success SuccessShape
	// MalformedAs200 answers a malformed body with HTTP 200 instead of 400.
	MalformedAs200 bool
	// NoDate leaves the Date header out.
	NoDate bool
	// LegacyTags refuses unknown HTML-like tags in 1.0 cards; without it they
	// silently disappear, as they do today.
	LegacyTags bool

	DLPWords  []string
	UserIDs   []string // that <at id> may name, beside "all"
	ImageKeys []string
	// Templates maps a published template's id to whether this bot may use it.
	Templates map[string]bool

	// CertNotBefore and CertNotAfter bound the certificate of StartTLS; zero is
	// a certificate valid today. CertHosts adds names and addresses to it.
	CertNotBefore, CertNotAfter time.Time
	CertHosts                   []string

	// CloseAfter closes a connection after so many requests, without a word.
	CloseAfter int
	// Bandwidth limits each connection in bytes a second and direction.
	Bandwidth int
	// Keep is how many messages are remembered; 10000.
	Keep int
	// Seed makes the random choices repeatable.
	Seed uint64
}

func (o Options) withDefaults() Options {
	if o.Token == "" {
		o.Token = DefaultToken
	}
	setDefault(&o.MaxBody, 20<<10)
	setDefault(&o.PerSecond, 5)
	setDefault(&o.PerMinute, 100)
	setDefault(&o.Keep, 10000)
	if o.LimitAnswer == "" {
		o.LimitAnswer = Limit11232
	}
	if o.SizeAnswer == "" {
		o.SizeAnswer = SizeBadRequest
	}
	return o
}

func setDefault(n *int, value int) {
	if *n == 0 {
		*n = value
	}
}
