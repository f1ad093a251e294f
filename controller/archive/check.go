package archive

// CheckOptions say what to check.
type CheckOptions struct {
	MediaDir string
}

// Finding is one.
type Finding struct{}

// Check checks.
func Check(o CheckOptions) ([]Finding, error) { return nil, nil }
