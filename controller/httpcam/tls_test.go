package httpcam

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
)

// certificate vouches for itself, for 127.0.0.1.
func certificate(t *testing.T, old bool) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	var der []byte
	c := tls.Certificate{}
	var err error
	if old {
		var key *rsa.PrivateKey
		if key, err = rsa.GenerateKey(rand.Reader, 1024); err != nil {
			t.Fatal(err)
		}
		der, err = x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		c.PrivateKey = key
	} else {
		key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		der, err = x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		c.PrivateKey = key
	}
	if err != nil {
		t.Fatal(err)
	}
	c.Certificate = [][]byte{der}
	leaf, _ := x509.ParseCertificate(der)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return c, pool
}

func serveTLS(t *testing.T, config *tls.Config, visit func(*server, *conn, int)) *server {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, l, "https", visit)
}

// TestOldTLS: cameras speak what was usual when they were built.
func TestOldTLS(t *testing.T) {
	modern, _ := certificate(t, false)
	old, _ := certificate(t, true)
	for name, config := range map[string]*tls.Config{
		"TLS 1.3, vouched for by nobody": {Certificates: []tls.Certificate{modern}},
		"TLS 1.2":                        {Certificates: []tls.Certificate{old}, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}},
		"TLS 1.1":                        {Certificates: []tls.Certificate{old}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
		"TLS 1.0, 3DES":                  {Certificates: []tls.Certificate{old}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}},
		"TLS 1.0, RC4":                   {Certificates: []tls.Certificate{old}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_RSA_WITH_RC4_128_SHA}},
	} {
		s := serveTLS(t, config, answer(multipart, part, one))
		got, err := record(t, Source{URL: s.url}, 1)
		if err != errEnough || s.visitors() != 1 {
			t.Errorf("%s: %v, %d connections", name, err, s.visitors())
			continue
		}
		equal(t, got, pictures[0])
	}
}

// TestTLSStumbles: a camera that hangs up at what it does not know is greeted
// in older words, on another connection.
func TestTLSStumbles(t *testing.T) {
	c, _ := certificate(t, false)
	s := serve(t, func(s *server, k *conn, n int) {
		if n < 2 {
			k.r.ReadByte()
			return
		}
		var hello *tls.ClientHelloInfo
		secured := tls.Server(&conn{Conn: peeked{k}, r: k.r, s: s}, &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS10,
			GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) { hello = h; return nil, nil }})
		if err := secured.Handshake(); err != nil {
			t.Error(err)
			return
		}
		if v := hello.SupportedVersions[0]; v != tls.VersionTLS10 {
			t.Errorf("version %x", v)
		}
		secured.Read(make([]byte, 4096))
		secured.Write([]byte(multipart + part + one))
		secured.Close()
	})
	got, _ := record(t, Source{URL: strings.Replace(s.url, "http", "https", 1)}, 1)
	equal(t, got, pictures[0])
}

// peeked reads a connection through its reader.
type peeked struct{ *conn }

func (p peeked) Read(b []byte) (int, error) { return p.conn.r.Read(b) }

func TestVerifiedTLS(t *testing.T) {
	c, pool := certificate(t, false)
	s := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{c}}, answer(multipart, part, one))
	if _, err := record(t, Source{URL: s.url, VerifyTLS: true}, 1); code(err) != camera.TLS {
		t.Error(err)
	}
	if _, err := record(t, Source{URL: s.url, VerifyTLS: true, roots: pool}, 1); err != errEnough {
		t.Error(err)
	}
	other := strings.Replace(s.url, "127.0.0.1", "localhost", 1)
	if _, err := record(t, Source{URL: other, VerifyTLS: true, roots: pool}, 1); code(err) != camera.TLS {
		t.Error(err)
	}
}

func TestNoTLS(t *testing.T) {
	s := serve(t, answer("HTTP/1.1 400 Bad Request\r\n\r\n"))
	if _, err := record(t, Source{URL: strings.Replace(s.url, "http", "https", 1)}, 1); code(err) != camera.TLS {
		t.Error(err)
	}
}

// TestRedirectToPlain: from https to http on the same host neither the password
// nor a header goes, only what Digest makes of it.
func TestRedirectToPlain(t *testing.T) {
	c, _ := certificate(t, false)
	for offer, want := range map[string]string{`Basic realm="cam"`: camera.Unauthorized, `Digest realm="cam", nonce="n"`: errEnough.Error()} {
		plain := serve(t, func(_ *server, k *conn, _ int) {
			for r := k.request(); r != nil; r = k.request() {
				if right(r, "", "cam", "n", "") {
					k.say(multipart, part, one)
					return
				}
				k.say(refusal(offer))
			}
		})
		s := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{c}}, answer(moved(302, plain.url+"/", "Set-Cookie: id=1; Secure\r\n")))
		_, err := record(t, Source{URL: withSecret(s.url), Headers: []Header{{"X-Key", "hush"}}}, 1)
		if code(err) != want {
			t.Errorf("%s: %v", offer, err)
		}
		for _, r := range plain.asked() {
			if strings.Contains(r, "hush") || strings.Contains(r, "Basic") || strings.Contains(r, "id=1") {
				t.Error(r)
			}
		}
	}
}
