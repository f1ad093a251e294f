package main

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var (
	edits    = flag.Int("edits", 10, "how often the list of cameras is changed")
	editSeed = flag.Uint64("edit-seed", 7, "the same seed makes the same edits")
)

// edit changes a list of cameras as somebody does who can't make up his mind:
// cameras come, go, come back and change; the list is broken now and then. It
// tells what it did.
func edit(dice *rand.Rand, list map[string]string) (what string) {
	name := fmt.Sprint("camera-", dice.IntN(4))
	size := []string{"320x180", "160x90", "256x144"}[dice.IntN(3)]
	_, there := list[name]
	switch kind := dice.IntN(10); {
	case kind == 0:
		list["broken"] = "no camera's line"
		return "broken"
	case !there:
		list[name] = "test:" + size + "@5"
		return name + " comes"
	case kind < 4:
		delete(list, name)
		return name + " goes"
	case kind < 7:
		list[name] = "test:" + size + "@5"
		return name + " sends " + size
	default:
		list[name] = strings.Fields(list[name])[0] + fmt.Sprintf(" TITLE=number-%d WINDOW=%dm", dice.IntN(100), 2+dice.IntN(9))
		return name + " is called otherwise"
	}
}

// TestRandomEdits: whatever becomes of the others, the camera that stays loses no
// frame, and of those that went what was recorded is whole.
func TestRandomEdits(t *testing.T) {
	h := newHouse(t)
	dice := rand.New(rand.NewPCG(*editSeed, 12))
	list := map[string]string{}
	write := func() {
		lines := []string{"steady=test:320x180@10"}
		for _, name := range slices.Sorted(maps.Keys(list)) {
			lines = append(lines, strings.TrimPrefix(name+"="+list[name], "broken="))
		}
		h.write(lines...)
	}
	write()
	h.serve("CAMERAS_FILE=" + h.list)
	h.untilLive("steady")
	read := func() int {
		return strings.Count(h.log.String(), "the list of cameras was read anew") + strings.Count(h.log.String(), "the list of cameras has a mistake")
	}
	before := ""
	for i := range *edits {
		what, n := edit(dice, list), read()
		write()
		if text := fmt.Sprint(list); text != before { // else nobody notices, rightly
			h.until(fmt.Sprintf("edit %d is read: %s", i, what), func() bool { return read() > n })
			before = text
		}
		delete(list, "broken")
		if dice.IntN(4) == 0 { // time to record something
			h.untilLive(slices.Collect(maps.Keys(list))...)
		}
	}
	list["camera-0"] = "test:320x180@5"
	list["last"] = "test:160x90@5"
	write()
	h.untilLive("steady", "camera-0", "last")
	h.stop()
	if f := framesOf(t, h.media, "steady"); f.runs != 1 || len(f.holes) > 0 || f.count < 10**edits/4 {
		t.Errorf("the camera that stayed has %d runs, %d frames, holes at %v", f.runs, f.count, f.holes)
	} else {
		t.Logf("%d edits, seed %d: the camera that stayed has %d frames in one run without a hole", *edits, *editSeed, f.count)
	}
	sound(t, h.media)
}
