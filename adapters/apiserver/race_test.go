//go:build race

package apiserver_test

// many is fewer under the race detector, which makes this ten times slower.
const many = 5_000
