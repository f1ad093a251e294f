// Package ways holds requests that would make more of the Docker Engine's socket than a
// controller may. They are for the tests of the proxy before it: with an Engine in memory,
// and with a real one.
package ways

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Place is where they are tried.
type Place struct {
	Project string
	// Wish is a recorder's container that may be made, in JSON without blanks, and Camera
	// its camera.
	Wish   []byte
	Camera string
	// Containers by their ids: one of the stack's recorders, and one of somebody else.
	Recorder, Foreign string
	// Networks by their names: one of the controller's, and one of somebody else.
	Network, ForeignNetwork string
	// ForeignVolume is one that the controller does not have.
	ForeignVolume string
}

// Request differs in one thing from what a controller may ask for.
type Request struct {
	Way, Method, Target string
	Body                string // JSON, "" for none
}

// Refused are the statuses by which a proxy refuses. An Engine has others, too: a name that
// is taken, for instance, is no refusal of what came with it.
var Refused = []int{http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge}

// Create is the request that has a container made.
func (p Place) Create(way, body string) Request {
	return Request{way, "POST", "/v1.41/containers/create?name=" + p.Project + "-recorder-" + p.Camera, body}
}

// with is the wish with one field set to something else.
func (p Place) with(way, path string, value any) Request {
	return p.Create(way, Set(p.Wish, path, value))
}

// plus is the wish with something added to a list.
func (p Place) plus(way, path string, value any) Request {
	return p.Create(way, Add(p.Wish, path, value))
}

// replaced is the wish with a piece of its text changed.
func (p Place) replaced(way, old, now string) Request {
	return p.Create(way, replaced(string(p.Wish), old, now))
}

func replaced(text, old, now string) string {
	if !strings.Contains(text, old) {
		panic(fmt.Sprintf("no %s in %s", old, text))
	}
	return strings.Replace(text, old, now, 1)
}

type (
	object = map[string]any
	list   = []any
)

var (
	root      = list{"/:/host"}
	ownDevice = object{"Type": "volume", "Source": "made-by-nobody", "Target": "/host",
		"VolumeOptions": object{"DriverConfig": object{"Name": "local", "Options": object{"type": "none", "o": "bind", "device": "/"}}}}
)

const allowAll = `seccomp={"defaultAction":"SCMP_ACT_ALLOW"}`

// Shown went through a proxy that looked at JSON by patterns.
func Shown(p Place) []Request {
	container := "/v1.41/containers/" + p.Foreign
	powerless := Set(p.Wish, "User", "0:0")
	return []Request{
		{"rights at the start, in an old version", "POST", "/v1.23/containers/" + p.Recorder + "/start", `{"Binds":["/:/host"],"Privileged":true}`},
		p.Create("a folder of the host behind 64 kB of blanks", replaced(replaced(string(p.Wish), `"Binds":null,`, ``), `"Init":true`, `"Init":true,`+strings.Repeat(" ", 64<<10)+`"Binds":["/:/host"]`)),
		p.plus("a folder of the host as a volume's driver, without a blank", "HostConfig.Mounts", ownDevice),
		p.with("a folder of the host by a letter that Go folds", "HostConfig.Bindſ", root),
		p.replaced("a field that is there twice", `"CapDrop":["ALL"]`, `"CapDrop":["ALL"],"CapDrop":[]`),
		p.with("capabilities as a string", "HostConfig.CapAdd", "SYS_ADMIN"),
		p.plus("a profile in the request that permits every call", "HostConfig.SecurityOpt", allowAll),
		p.with("the host's network", "HostConfig.NetworkMode", "host"),
		p.Create("root, who may write below /proc", Set(Set(powerless, "HostConfig.ReadonlyPaths", list{}), "HostConfig.MaskedPaths", list{})),
		p.with("made in somebody else's network", "HostConfig.NetworkMode", p.ForeignNetwork),
		{"connected to somebody else's network", "POST", "/v1.41/networks/" + p.ForeignNetwork + "/connect", connection(p.Recorder)},
		p.with("kernel settings", "HostConfig.Sysctls", object{"net.ipv4.ip_forward": "1"}),
		p.with("a port of the host", "HostConfig.PortBindings", object{"8080/tcp": list{object{"HostIp": "0.0.0.0", "HostPort": "80"}}}),
		{"somebody else's container seen", "GET", container + "/json", ""},
		{"somebody else's container drawn into our network", "POST", "/v1.41/networks/" + p.Network + "/connect", connection(p.Foreign)},
		{"somebody else's container started", "POST", container + "/start", ""},
		{"somebody else's container stopped", "POST", container + "/stop", ""},
		{"somebody else's container removed", "DELETE", container + "?force=1", ""},
	}
}

func connection(id string) string {
	return fmt.Sprintf(`{"Container":%q,"EndpointConfig":{}}`, id)
}

// More are those of somebody who goes on: every other field of a container, and every
// other call.
func More(p Place) []Request {
	return slices.Concat(rights(p), folders(p), programs(p), names(p), calls(p), paths(p))
}

// rights of the container.
func rights(p Place) []Request {
	fields := []struct {
		path  string
		value any
	}{
		{"Privileged", true}, {"PublishAllPorts", true}, {"CapAdd", list{"SYS_ADMIN"}}, {"CapDrop", nil}, {"CapDrop", list{}}, {"ReadonlyRootfs", false},
		{"MaskedPaths", list{}}, {"ReadonlyPaths", list{}}, {"SecurityOpt", nil}, {"SecurityOpt", list{"no-new-privileges:false"}},
		{"PidMode", "host"}, {"IpcMode", "host"}, {"UTSMode", "host"}, {"CgroupnsMode", "host"}, {"UsernsMode", "host"}, {"PidMode", "container:" + p.Foreign},
		{"NetworkMode", "container:" + p.Foreign}, {"NetworkMode", "bridge"}, {"NetworkMode", "none"}, {"Cgroup", "container:" + p.Foreign}, {"CgroupParent", "/"},
		{"Runtime", "io.containerd.runc.v1.linux"}, {"GroupAdd", list{"0"}}, {"OomScoreAdj", -1000}, {"OomKillDisable", true}, {"Init", false}, {"AutoRemove", true},
		{"RestartPolicy", object{"Name": "always", "MaximumRetryCount": 0}}, {"Sysctls", object{"kernel.msgmax": "1"}}, {"Annotations", object{"a": "b"}},
		{"StorageOpt", object{"size": "1T"}}, {"ShmSize", 1 << 40}, {"Isolation", "hyperv"}, {"ConsoleSize", list{80, 25}},
		{"Devices", list{object{"PathOnHost": "/dev/sda", "PathInContainer": "/dev/sda", "CgroupPermissions": "rwm"}}},
		{"Devices", list{object{"PathOnHost": "/dev/video/../sda", "PathInContainer": "/dev/sda", "CgroupPermissions": "rwm"}}},
		{"DeviceCgroupRules", list{"a *:* rwm"}}, {"DeviceRequests", list{object{"Driver": "nvidia", "Count": -1, "DeviceIDs": nil, "Capabilities": list{list{"gpu"}}, "Options": nil}}},
		{"Ulimits", list{object{"Name": "core", "Hard": -1, "Soft": -1}}}, {"BlkioWeight", 1000}, {"CpuShares", 1024}, {"CpusetCpus", "0"}, {"CpuRealtimeRuntime", 1},
		{"MemorySwap", -1}, {"Memory", -1}, {"NanoCpus", -1}, {"PidsLimit", -1}, {"KernelMemory", 1 << 20}, {"MemorySwappiness", 100},
		{"ExtraHosts", list{"registry:192.0.2.1"}}, {"Dns", list{"192.0.2.1"}}, {"DnsOptions", list{"ndots:9"}}, {"DnsSearch", list{"example.net"}},
		{"LogConfig", object{"Type": "syslog", "Config": object{"syslog-address": "udp://192.0.2.1:514"}}}, {"ContainerIDFile", "/etc/cron.d/x"},
		{"Links", list{p.Foreign + ":db"}}, {"VolumesFrom", list{p.Foreign}}, {"VolumeDriver", "local"}, {"Binds", root}, {"Tmpfs", object{"/etc": "exec,suid"}},
	}
	var all []Request
	for _, f := range fields {
		all = append(all, p.with(fmt.Sprintf("HostConfig.%s = %v", f.path, f.value), "HostConfig."+f.path, f.value))
	}
	for _, o := range []string{"seccomp=unconfined", "apparmor=unconfined", "label=disable", "systempaths=unconfined", "seccomp:unconfined", "no-new-privileges=false"} {
		all = append(all, p.plus("SecurityOpt with "+o, "HostConfig.SecurityOpt", o))
	}
	return append(all, p.plus("a group more", "HostConfig.GroupAdd", "0"), p.with("another user", "User", "0"),
		p.with("where it is in a network", "NetworkingConfig", object{"EndpointsConfig": object{p.ForeignNetwork: object{}}}))
}

// folders and volumes.
func folders(p Place) []Request {
	var all []Request
	for way, m := range map[string]object{
		"/":                     {"Type": "bind", "Source": "/", "Target": "/host"},
		"the Engine's socket":   {"Type": "bind", "Source": "/var/run/docker.sock", "Target": "/var/run/docker.sock", "BindOptions": object{"Propagation": "rprivate"}},
		"the proxy's socket":    {"Type": "volume", "Source": p.Project + "_engine", "Target": "/run/engine", "VolumeOptions": object{"NoCopy": true}},
		"nginx's socket":        {"Type": "volume", "Source": p.Project + "_run", "Target": "/run/lookback", "VolumeOptions": object{"NoCopy": true}},
		"somebody else's":       {"Type": "volume", "Source": p.ForeignVolume, "Target": "/x", "VolumeOptions": object{"NoCopy": true}},
		"a new one":             {"Type": "volume", "Source": "", "Target": "/x", "VolumeOptions": object{"NoCopy": true}},
		"one in memory":         {"Type": "tmpfs", "Target": "/etc"},
		"an image":              {"Type": "image", "Source": "debian", "Target": "/x"},
		"a cluster's":           {"Type": "cluster", "Source": "x", "Target": "/x"},
		"a pipe":                {"Type": "npipe", "Source": `\\.\pipe\docker_engine`, "Target": "/x"},
		"a folder that is made": {"Type": "bind", "Source": "/srv/new", "Target": "/x", "BindOptions": object{"CreateMountpoint": true}},
	} {
		all = append(all, p.plus("mounted: "+way, "HostConfig.Mounts", m))
	}
	return all
}

// programs are what runs in it.
func programs(p Place) []Request {
	all := []Request{p.plus("an argument more", "Cmd", "--help"), p.plus("a line for drivers that the controller does not have", "Env", "LIBVA_DRIVERS_PATH=/var/lib/lookback")}
	for _, v := range []string{"LD_PRELOAD=/var/lib/lookback/x.so", "PATH=/var/lib/lookback", "MEDIA_DIR=/", "TZ=/var/lib/lookback/zone", "GODEBUG=x", "CAMERAS=", "http_proxy=http://192.0.2.1"} {
		all = append(all, p.plus("a variable "+v, "Env", v))
	}
	fields := []struct {
		path  string
		value any
	}{
		{"Cmd", list{"sh", "-c", "id"}}, {"Cmd", list{"record", "--help"}}, {"Cmd", list{"serve"}}, {"Cmd", list{"record", "../x"}}, {"Cmd", nil}, {"Cmd", "record"},
		{"Entrypoint", list{"/bin/sh"}}, {"Entrypoint", list{}}, {"Image", "debian:bookworm-slim"}, {"Image", "sha256:" + strings.Repeat("0", 64)}, {"Image", "lookback-controller"}, {"Shell", list{"sh"}},
		{"Healthcheck", object{"Test": list{"CMD-SHELL", "id"}, "Interval": 1000000000}}, {"Healthcheck", object{"Test": list{"CMD", "id"}}}, {"WorkingDir", "/var/lib/lookback"}, {"StopSignal", "SIGKILL"}, {"StopTimeout", 0}, {"StopTimeout", nil},
		{"Hostname", "x"}, {"Domainname", "x"}, {"Tty", true}, {"OpenStdin", true}, {"AttachStdin", true}, {"StdinOnce", true}, {"Volumes", object{"/x": object{}}},
		{"ExposedPorts", object{"80/tcp": object{}}}, {"NetworkDisabled", true}, {"MacAddress", "02:42:ac:11:00:02"}, {"OnBuild", list{"RUN id"}}, {"ArgsEscaped", true},
		{"User", ""}, {"user", "0"}, {"Privileged", true}, {"HostConfig", nil}, {"hostconfig", object{"Privileged": true}},
	}
	for _, f := range fields {
		all = append(all, p.with(fmt.Sprintf("%s = %v", f.path, f.value), f.path, f.value))
	}
	return append(all, p.Create("no JSON", "x"), p.Create("null", "null"), p.Create("a list", "[]"), p.Create("two values", string(p.Wish)+string(p.Wish)), p.Create("something behind it", string(p.Wish)+"x"))
}

// names and labels.
func names(p Place) []Request {
	create := func(way, query string) Request {
		return Request{way, "POST", "/v1.41/containers/create" + query, string(p.Wish)}
	}
	own := "?name=" + p.Project + "-recorder-" + p.Camera
	return []Request{
		create("no name", ""), create("another name", "?name=x"), create("the name of another camera", "?name="+p.Project+"-recorder-other"), create("two names", own+"&name=x"),
		create("another stack's name", "?name=x-recorder-"+p.Camera), create("a platform", own+"&platform=linux/386"),
		p.with("the controller's labels", "Labels", object{"com.docker.compose.project": p.Project, "com.docker.compose.service": "controller", "com.docker.compose.oneoff": "False"}),
		p.with("a label more", "Labels.com.docker.compose.oneoff", "False"), p.with("another stack's label", "Labels", object{"lookback.project": "other", "lookback.camera": p.Camera}),
		p.with("no labels", "Labels", nil), p.replaced("a label that is none", `"lookback.format":"`, `"lookback.format":"x`),
		p.Create("a camera that is none", strings.ReplaceAll(string(p.Wish), `"`+p.Camera+`"`, `"--help"`)),
	}
}

// calls are all others of the Engine that would be of use.
func calls(p Place) []Request {
	var all []Request
	add := func(method, path, body string) {
		all = append(all, Request{method + " " + path + " " + body, method, "/v1.41" + strings.ReplaceAll(path, "ID", p.Recorder), body})
	}
	for _, path := range []string{"/info", "/version", "/system/df", "/images/json", "/images/debian/json", "/volumes", "/networks", "/swarm", "/nodes", "/services", "/tasks", "/secrets", "/configs", "/plugins",
		"/containers/ID/logs?stdout=1", "/containers/ID/top", "/containers/ID/changes", "/containers/ID/export", "/containers/ID/archive?path=/", "/containers/ID/stats", "/containers/ID/attach/ws",
		"/containers/ID/json?size=1", "/containers/json?all=1&size=1", "/containers/json?limit=1", "/containers/json?all=true", "/containers/json?all=1&all=1",
		`/containers/json?filters={"label":{"com.docker.compose.project":true}}`, `/containers/json?filters={"label":["lookback.project=` + p.Project + `"]}`,
		`/events?filters={"type":{"image":true}}`, "/events?until=1", "/events?since=yesterday", "/images/get?names=debian", "/exec/" + p.Recorder + "/json", "/distribution/debian/json"} {
		add("GET", path, "")
	}
	for _, path := range []string{"/containers/ID/exec", "/containers/ID/update", "/containers/ID/attach?stream=1", "/build", "/session", "/grpc", "/networks/create", "/networks/" + p.Network + "/disconnect", "/volumes/create",
		"/auth", "/commit?container=" + p.Recorder, "/swarm/init", "/services/create", "/secrets/create", "/plugins/pull?remote=x", "/exec/" + p.Recorder + "/start"} {
		add("POST", path, "{}")
	}
	for _, path := range []string{"/containers/ID/rename?name=x", "/containers/ID/kill", "/containers/ID/restart", "/containers/ID/pause", "/containers/ID/unpause", "/containers/ID/wait", "/containers/ID/resize?h=1&w=1",
		"/containers/prune", "/images/create?fromImage=debian", "/images/load", "/images/debian/tag?repo=lookback-controller", "/images/prune", "/volumes/prune", "/networks/prune", "/build/prune",
		"/containers/ID/start?checkpoint=x", "/containers/ID/start?detachKeys=x", "/containers/ID/stop?t=0", "/containers/ID/stop?signal=STOP", "/containers/ID/json", "/containers/json", "/_ping"} {
		add("POST", path, "")
	}
	for _, path := range []string{"/containers/ID?v=1", "/containers/ID?link=1", "/containers/ID?force=true", "/containers/ID?force=1&v=1", "/images/lookback-controller", "/volumes/" + p.Project + "_media", "/networks/" + p.Network} {
		add("DELETE", path, "")
	}
	add("PUT", "/containers/ID/archive?path=/", "{}")
	add("HEAD", "/containers/ID/archive?path=/", "")
	add("PATCH", "/containers/ID", "{}")
	for _, path := range []string{"/containers/ID/start", "/containers/ID/stop"} { // in a version of today
		add("POST", path, "{}")
		add("POST", path, `{"Binds":["/:/host"]}`)
	}
	connect := "/networks/" + p.Network + "/connect"
	add("POST", connect, `{"Container":"`+p.Recorder+`","EndpointConfig":{"Aliases":["database"]}}`)
	add("POST", connect, `{"Container":"`+p.Recorder+`","EndpointConfig":{"IPAMConfig":{"IPv4Address":"192.0.2.1"}}}`)
	add("POST", connect, `{"Container":"`+p.Recorder+`","container":"`+p.Foreign+`","EndpointConfig":{}}`)
	add("POST", connect, `{"Container":"`+p.Recorder+`","Container":"`+p.Foreign+`","EndpointConfig":{}}`)
	add("POST", connect, `{"Container":"`+p.Recorder[:12]+`","EndpointConfig":{}}`)
	add("POST", connect, `{"Container":"`+p.Recorder+`"}`)
	add("POST", connect, "")
	return all
}

// paths are calls that are permitted, written in another way.
func paths(p Place) []Request {
	var all []Request
	for _, target := range []string{"/v1.23/containers/json", "/v1.24/containers/json", "/v1.39/containers/json", "/v9.99/containers/json", "/v1.99/containers/json", "/v1.410/containers/json", "/v1/containers/json", "/containers/json",
		"//v1.41/containers/json", "/v1.41//containers/json", "/v1.41/containers//json", "/v1.41/containers/json/", "/v1.41/./containers/json", "/v1.41/x/../containers/json", "/V1.41/containers/json", "/v1.41/Containers/json",
		"/v1.41/containers%2fjson", "/v1.41/%63ontainers/json", "/v1.41/containers/json%00", "/v1.41/containers/json;x", "/v1.41/containers/json?all=1;x", "/v1.41/containers/json?all=%31%zz", "/v1.41/containers/json?%61ll=2",
		"/_ping?x=1", "/v1.41/_ping", "//_ping", "/_ping/", "/", "/v1.41/containers/" + p.Recorder[:12] + "/json", "/v1.41/containers/" + strings.ToUpper(p.Recorder[:63]) + "A/json",
		"/v1.41/containers/" + p.Project + "-recorder-" + p.Camera + "/json", "/v1.41/containers/" + p.Recorder + "/../" + p.Foreign + "/json", "/v1.41/containers/" + p.Recorder + "%2f..%2f" + p.Foreign + "/json"} {
		all = append(all, Request{"GET " + target, "GET", target, ""})
	}
	return append(all, Request{"a method in small letters", "post", "/v1.41/containers/" + p.Recorder + "/stop", ""},
		Request{"a body where none belongs", "GET", "/v1.41/containers/json", "{}"}, Request{"a body where none belongs, removing", "DELETE", "/v1.41/containers/" + p.Recorder, "{}"},
		Request{"an old version that makes", "POST", "/v1.23/containers/create?name=" + p.Project + "-recorder-" + p.Camera, string(p.Wish)},
		p.Create("a body larger than any", `{"Image":"`+strings.Repeat("x", 1<<20)+`"}`))
}

// Set is JSON with one value changed, that of a path like "HostConfig.Binds".
func Set[T string | []byte](text T, path string, value any) string {
	all := parsed([]byte(text))
	at, _ := all.(object)
	names := strings.Split(path, ".")
	if names[0] == "Labels" { // their names have dots
		names = strings.SplitN(path, ".", 2)
	}
	for _, n := range names[:len(names)-1] {
		at = at[n].(object)
	}
	at[names[len(names)-1]] = value
	return written(all)
}

// Add is JSON with something more at the end of a list in it.
func Add[T string | []byte](text T, path string, value any) string {
	at := parsed([]byte(text))
	for n := range strings.SplitSeq(path, ".") {
		at = at.(object)[n]
	}
	before, _ := at.(list)
	return Set(text, path, append(slices.Clone(before), value))
}

func parsed(text []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic(err)
	}
	return v
}

func written(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}
