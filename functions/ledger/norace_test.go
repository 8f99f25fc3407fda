//go:build !race

package ledger

const raceFactor = 1
