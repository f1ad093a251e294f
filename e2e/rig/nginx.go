package rig

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Nginx says where the configuration of the image is to work instead.
type Nginx struct {
	Root       string // of the source tree: nginx/ and the Dockerfile, which has the defaults
	Etc        string // becomes /etc/nginx
	Tmp        string // becomes /tmp
	Listen     string // host:port
	Controller string // address of the controller, unix:/path
	Media      string // stands for the media volume
	Viewer     string // stands for the page's folder
	Parts      string // stands for the volume with the newest parts; "": there is none
	Hosts      string // the setting HOSTS, as the user wrote it
	CORS       string // CORS_ORIGINS
}

var (
	variable = regexp.MustCompile(`\$\{(LOOKBACK_\w+)\}`)
	setting  = regexp.MustCompile(`\b(LOOKBACK_\w+)=(\S*)`)
)

// Render does what the image does when it is built and when it starts: nginx/
// becomes /etc/nginx, templates/ becomes conf.d/ with LOOKBACK_ filled in.
func (n Nginx) Render() error {
	values, err := n.values()
	if err != nil {
		return err
	}
	source := filepath.Join(n.Root, "nginx")
	err = filepath.WalkDir(source, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return n.renderFile(source, path, values)
	})
	if err != nil {
		return err
	}
	types, err := os.ReadFile("/etc/nginx/mime.types")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(n.Etc, "mime.types"), types)
}

// values are those that the image sets, but for our own places.
func (n Nginx) values() (map[string]string, error) {
	dockerfile, err := os.ReadFile(filepath.Join(n.Root, "Dockerfile"))
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, found := range setting.FindAllSubmatch(dockerfile, -1) {
		values[string(found[1])] = string(found[2])
	}
	values["LOOKBACK_LISTEN"], values["LOOKBACK_CONTROLLER"] = n.Listen, n.Controller
	values["LOOKBACK_MEDIA"], values["LOOKBACK_VIEWER"] = n.Media, n.Viewer
	if n.Parts != "" {
		values["LOOKBACK_PARTS"] = n.Parts
	}
	values["LOOKBACK_HOSTS"], values["LOOKBACK_CORS_ORIGINS"] = n.Hosts, n.CORS
	return values, nil
}

func (n Nginx) renderFile(source, path string, values map[string]string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	out, err := filepath.Rel(source, path)
	if err != nil {
		return err
	}
	text = bytes.ReplaceAll(text, []byte(" /tmp/"), []byte(" "+n.Tmp+"/"))
	text = bytes.ReplaceAll(text, []byte("/etc/nginx/"), []byte(n.Etc+"/"))
	if name, isTemplate := strings.CutSuffix(out, ".template"); isTemplate {
		out = "conf.d/" + strings.TrimPrefix(name, "templates/")
		if text, err = fill(text, values); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return writeFile(filepath.Join(n.Etc, out), text)
}

func fill(template []byte, values map[string]string) (text []byte, err error) {
	text = variable.ReplaceAllFunc(template, func(found []byte) []byte {
		value, known := values[string(found[2:len(found)-1])]
		if !known {
			err = fmt.Errorf("%s is not set by the image", found)
		}
		return []byte(value)
	})
	return text, err
}

// NginxProcess is nginx with the configuration in etc, to be started.
func NginxProcess(etc string) (*Process, error) {
	path, err := command("nginx")
	if err != nil {
		return nil, err
	}
	directives := "daemon off;"
	if os.Getuid() == 0 {
		directives += " user root;" // folders of a test are for their owner alone
	}
	return &Process{
		Name: "nginx", Path: path, Env: plainEnv(),
		Args: []string{"-e", "stderr", "-p", etc, "-c", filepath.Join(etc, "nginx.conf"), "-g", directives},
	}, nil
}

func writeFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}
