// Package programs holds the tests that run the real programs as processes:
// that no secret leaves them, that a changed secret is taken up, and that a
// ledger passes from one version to the next. It holds nothing else.
package programs
