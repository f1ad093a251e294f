package relay

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
)

// names makes names of addresses and addresses of names. The same address has the
// same name: ffmpeg takes a key or an init section of another name for another.
type names struct {
	sealed cipher.AEAD
	key    []byte // of the nonces
}

func newNames() names {
	var keys [64]byte
	rand.Read(keys[:])
	block, err := aes.NewCipher(keys[:32])
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	sealed, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return names{sealed, keys[32:]}
}

// file is what each name is followed by, with the ending of the address's own
// file, by which ffmpeg tells some formats.
const file = "camera"

// ending is a harmless one.
var ending = regexp.MustCompile(`\.[A-Za-z0-9]{1,5}$`)

// path is name/camera.m3u8 of an address.
func (n names) path(address string) string {
	mac := hmac.New(sha256.New, n.key)
	mac.Write([]byte(address))
	nonce := mac.Sum(nil)[:n.sealed.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(n.sealed.Seal(nonce, nonce, []byte(address), nil)) + "/" + file + endingOf(address)
}

func endingOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	_, path, _ := strings.Cut(rest, "/")
	path, _, _ = strings.Cut(path, "?")
	return ending.FindString(path)
}

// resolve is the address of a path. Where that has another file than the address's
// own, beside is it.
func (n names) resolve(path string) (address, beside string, ok bool) {
	name, rest, _ := strings.Cut(path, "/")
	sealed, err := base64.RawURLEncoding.DecodeString(name)
	if size := n.sealed.NonceSize(); err == nil && len(sealed) > size {
		plain, err := n.sealed.Open(nil, sealed[:size], sealed[size:], nil)
		if err != nil {
			return "", "", false
		}
		address = string(plain)
		if rest == file+endingOf(address) {
			rest = ""
		}
		return address, rest, !strings.Contains(rest, "://") && !strings.HasPrefix(rest, "/")
	}
	return "", "", false
}
