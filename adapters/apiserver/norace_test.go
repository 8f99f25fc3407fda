//go:build !race

package apiserver_test

// many Events are in a cluster in trouble.
const many = 50_000
