//go:build race

package apiserver_test

// many is fewer under the race detector, which makes this ten times slower.
const many = 10_000
