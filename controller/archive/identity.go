package archive

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"lookback/controller/spool"
)

// An archive's identity is 64 random bits, as 16 hexadecimal digits. It is in
// state.json, and the empty file id-<identity> in the camera's folder says so to
// nginx. The addresses of media have it, so that no cache has other bytes under
// them. An archive that begins anew, was copied or was set back has another one.

const (
	markPrefix     = "id-"
	identityDigits = 16
)

func newIdentity() string {
	var bits [identityDigits / 2]byte
	rand.Read(bits[:]) // never fails
	return hex.EncodeToString(bits[:])
}

func isIdentity(s string) bool {
	return len(s) == identityDigits && strings.Trim(s, "0123456789abcdef") == ""
}

func markPath(root, identity string) string { return filepath.Join(root, markPrefix+identity) }

// Marked reports whether a camera's folder has the marker of an identity. It is for
// who answers for an archive that is not loaded.
func Marked(mediaDir, camera, identity string) bool {
	if !isIdentity(identity) {
		return false
	}
	f, err := OpenServed(mediaDir, filepath.Join(camera, markPrefix+identity))
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// marks are the identities of which a folder has a marker, or what is named as one.
func (d disk) marks(root string) (identities []string, err error) {
	entries, err := d.readDir(root)
	for _, e := range entries {
		if identity, ok := strings.CutPrefix(e.Name(), markPrefix); ok && isIdentity(identity) {
			identities = append(identities, identity)
		}
	}
	return identities, err
}

// mark makes the marker of an identity the only one. One that is there is renamed, so
// that at no instant there are two. What is no file is put aside.
func (d disk) mark(root, identity string) error {
	there, err := d.marks(root)
	if err != nil {
		return err
	}
	own := markPath(root, identity)
	var errs []error
	for _, other := range there {
		if other == identity {
			continue
		}
		path := markPath(root, other)
		if slices.Contains(there, identity) || d.rename(path, own) != nil {
			errs = append(errs, d.remove(path))
			continue
		}
		there = append(there, identity)
	}
	if !slices.Contains(there, identity) {
		errs = append(errs, d.create(own))
	} else if isOdd(own) {
		_, err := d.putAside(own)
		if err == nil {
			err = d.create(own)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// unmark removes the markers of an archive of which no media is left.
func (c *Archive) unmark() error {
	there, err := c.disk.marks(c.root)
	for _, identity := range there {
		err = errors.Join(err, c.disk.remove(markPath(c.root, identity)))
	}
	return err
}

// identify decides at the start whether the archive is still the one that its
// identity is of. Only a witness proves that, which no copy and no backup takes along.
// It comes when the next MSN is known, and before state.json is written.
func (c *Archive) identify() {
	if c.Witness == "" {
		return
	}
	said, err := c.witness.recall()
	if err == nil {
		err = said.proves(c.state, c.used())
	}
	if err == nil {
		c.complain(cantMark, c.disk.mark(c.root, c.state.Identity))
		return
	}
	identity := newIdentity()
	if c.state.Identity != "" {
		c.Log.Info("the archive gets another identity: nothing proves that it is the one that recorded last", "camera", c.Camera, "why", err)
	}
	// First, so that a crash from here on makes another one.
	c.complain(cantWitness, c.witness.bear(testimony{identity, bootID(), c.state.Reserved, c.next()}))
	c.complain(cantMark, c.disk.mark(c.root, identity))
	c.renew(identity)
}

// What is complained of. Without a marker the controller answers for nginx, and
// without a witness each start makes another identity.
const (
	cantMark    = "can't write the archive's marker"
	cantWitness = "can't write the witness of the archive's identity"
)

// renew enters another identity. The next segment begins another promise, so that
// players take another playlist.
func (c *Archive) renew(identity string) {
	c.state.Identity, c.stale = identity, true
	c.state.Least = c.promiseNow()
	if len(c.promises) > 0 {
		c.state.Least = max(c.state.Least, c.newest().Number+1)
	}
}

// promiseNow is the number that a promise has which begins with an identity: the
// seconds since 1970. So it is above those of an archive that was deleted, which
// players may still follow.
func (c *Archive) promiseNow() uint64 {
	if c.number != nil {
		return c.number()
	}
	return uint64(max(time.Now().Unix(), 0))
}

// remark looks whether the marker is the only one, and makes another identity where
// somebody removed it. It may run beside Follow. "": the identity is as before.
func (c *Archive) remark(identity string) (other string, err error) {
	there, err := c.disk.marks(c.root)
	if err != nil || slices.Equal(there, []string{identity}) && !isOdd(markPath(c.root, identity)) {
		return "", err
	}
	if slices.Contains(there, identity) {
		return "", c.disk.mark(c.root, identity)
	}
	other = newIdentity()
	if err := c.disk.mark(c.root, other); err != nil {
		return "", err
	}
	return other, c.witness.rename(other)
}

// formerLasts is for how long a former identity is answered to once the first promise
// of the present one has begun: longer than the playlists of those before it.
const formerLasts = 15 * time.Minute

// forgetFormer lets go of the former identity when nobody can follow it any more.
func (c *Archive) forgetFormer(now time.Time) {
	switch {
	case c.former == "" || len(c.promises) > 0 && c.newest().Number < c.state.Least:
	case c.formerEnds.IsZero():
		c.formerEnds = now.Add(formerLasts)
	case now.After(c.formerEnds):
		c.former = ""
		c.publish()
	}
}

// remarking is remark as a job.
func (c *Archive) remarking() job {
	before, other := c.state.Identity, ""
	do := func() (err error) {
		if before != "" {
			other, err = c.remark(before)
		}
		return err
	}
	return job{cantMark, do, func(error) {
		if other == "" {
			return
		}
		c.Log.Warn("somebody removed the archive's marker; it gets another identity", "camera", c.Camera)
		c.former, c.formerEnds = before, time.Time{}
		c.renew(other)
		c.publish()
	}}
}

// follow enters what a recorder promised with the segment that gets an MSN, under a
// number that is one of this identity's.
func (c *Archive) follow(msn uint64, promised spool.Promised) (now []Promise, changed bool) {
	all, changed := Follow(c.promises, c.retained.deleted, msn, promised)
	n := len(all)
	p := all[n-1]
	if p.Number >= c.state.Least {
		return all, changed
	}
	p.Number = c.state.Least
	if p.FirstMSN >= msn { // nothing was made under it
		return append(all[:n-1:n-1], p), true
	}
	p.FirstMSN, p.Window = msn, p.Constants
	if oldest := c.retained.deleted; oldest < msn {
		p.Window = widen(p.Window, widest(all, oldest, msn))
	}
	return append(all[:n:n], p), true
}

// create makes an empty file that is not there.
func (d disk) create(path string) error {
	if err := d.step("create", path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}
