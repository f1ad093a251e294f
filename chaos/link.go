package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"time"
)

// link is a network namespace with two cables: one for the pictures, which
// suffers, and one for us, which doesn't.
type link struct {
	name          string
	data, control string // addresses within the namespace
	netem         bool   // this kernel can delay and lose packets by sch_netem
	cannot        []string
}

// newLink makes the namespace, or says why it can't.
func newLink() (l *link, err error) {
	id := os.Getpid() % 10_000
	l = &link{name: fmt.Sprintf("chaos%d", id)}
	defer func() {
		if err != nil {
			l.close()
			l = nil
		}
	}()
	if err = run("ip", "netns", "add", l.name); err != nil {
		return l, err
	}
	// 198.18.0.0/15 is for benchmarks of networks (RFC 2544).
	if l.data, err = l.cable("data", fmt.Sprintf("chd%d", id), fmt.Sprintf("198.18.%d.", id%256)); err != nil {
		return l, err
	}
	if l.control, err = l.cable("control", fmt.Sprintf("chc%d", id), fmt.Sprintf("198.19.%d.", id%256)); err != nil {
		return l, err
	}
	if e := l.tc("add", "netem", "delay", "1ms"); e == nil {
		l.netem = true
		err = l.tc("del")
	} else {
		l.cannot = append(l.cannot, fmt.Sprintf("network delay: this kernel has no sch_netem (%v); "+
			"a narrow link (sch_tbf), lost packets (iptables) and a cut cable are used instead", e))
	}
	return l, err
}

// cable connects the namespace; inside, the interface is called name.
func (l *link) cable(name, outside, subnet string) (address string, err error) {
	address = subnet + "2"
	for _, c := range [][]string{
		{"link", "add", outside, "type", "veth", "peer", "name", name, "netns", l.name},
		{"addr", "add", subnet + "1/30", "dev", outside},
		{"link", "set", outside, "up"},
		{"-n", l.name, "addr", "add", address + "/30", "dev", name},
		{"-n", l.name, "link", "set", name, "up"},
	} {
		if err := run("ip", c...); err != nil {
			return "", err
		}
	}
	return address, nil
}

// close removes the namespace, and with it the cables.
func (l *link) close() {
	if l != nil {
		run("ip", "netns", "del", l.name)
	}
}

func (l *link) kinds() []Kind {
	if l == nil {
		return nil
	}
	kinds := []Kind{
		l.kind("network cut", 2, 12*time.Second, func(*rand.Rand) []string { return []string{"ip", "link", "set", "data", "down"} },
			[]string{"ip", "link", "set", "data", "up"}),
		l.kind("network narrow", 1, 10*time.Second, func(dice *rand.Rand) []string {
			rate := []string{"500kbit", "2mbit", "4mbit"}[dice.IntN(3)]
			return []string{"tc", "qdisc", "add", "dev", "data", "root", "tbf", "rate", rate, "burst", "32kbit", "latency", "200ms"}
		}, []string{"tc", "qdisc", "del", "dev", "data", "root"}),
		l.kind("network loses packets", 1, 10*time.Second, func(dice *rand.Rand) []string {
			share := []string{"0.02", "0.1", "0.3"}[dice.IntN(3)]
			return strings.Fields("iptables -I OUTPUT -o data -m statistic --mode random --probability " + share + " -j DROP")
		}, []string{"iptables", "-F", "OUTPUT"}),
	}
	if l.netem {
		kinds = append(kinds, l.kind("network delays", 1, 10*time.Second, func(dice *rand.Rand) []string {
			delay := []string{"50ms", "200ms", "800ms"}[dice.IntN(3)]
			return strings.Fields("tc qdisc add dev data root netem delay " + delay + " 30ms loss 1%")
		}, []string{"tc", "qdisc", "del", "dev", "data", "root"}))
	}
	return kinds
}

// kind is a fault that one command inside of the namespace begins and another ends.
func (l *link) kind(name string, weight int, longest time.Duration, begin func(*rand.Rand) []string, end []string) Kind {
	inside := func(c []string) error { return run("ip", append([]string{"netns", "exec", l.name}, c...)...) }
	return Kind{Name: name, Weight: weight, Shortest: time.Second, Longest: longest,
		Strike: func(ctx context.Context, lasts time.Duration, dice *rand.Rand) (time.Time, error) {
			if err := inside(begin(dice)); err != nil {
				return time.Time{}, err
			}
			err := wait(ctx, lasts)
			if e := inside(end); err == nil {
				err = e
			}
			return time.Now(), err
		}}
}

// tc adds or deletes the queueing discipline of the pictures' cable.
func (l *link) tc(what string, kind ...string) error {
	return run("ip", append([]string{"netns", "exec", l.name, "tc", "qdisc", what, "dev", "data", "root"}, kind...)...)
}

// run runs a command and says what it said when it failed.
func run(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
