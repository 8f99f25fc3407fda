//go:build e2e

package k3s_test

func init() { changing = append(changing, "mkdir", "cp", "cat") }
