package config

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"

	"lookback/controller/camera"
)

// cameraKeys are what a camera's own settings are called: in its variables
// behind CAM_<NAME>_, in its line of CAMERAS_FILE alone. They are in the order
// of the fields of cameraSettings.
var cameraKeys = variables("", &cameraSettings{})

// inherit is what a camera starts from before its own settings are read.
func (s *settings) inherit(name string) cameraSettings {
	return cameraSettings{
		Window: s.Window, WindowBytes: s.WindowBytes, Segment: s.Segment, Part: s.Part,
		Encoder: s.Encoder, Title: title(name), PictureChecks: s.PictureChecks,
		CPUs: s.RecorderCPUs, Memory: s.RecorderMem,
	}
}

// set decodes the value into the field that the key names.
func (o *cameraSettings) set(key, value string) error {
	field := reflect.ValueOf(o).Elem().Field(slices.Index(cameraKeys, key))
	return field.Addr().Interface().(envconfig.Decoder).Decode(value)
}

// words reads what the camera's line says, as far as it can be read.
func (o *cameraSettings) words(e entry) []*Error {
	var errs []*Error
	for _, w := range e.words {
		if w.value == "" {
			continue // as an empty variable
		}
		if err := o.set(w.key, w.value); err != nil {
			errs = append(errs, e.wrong(w.key+"="+shown(w.key, w.value), err.Error()))
		}
	}
	return errs
}

// variables reads what the environment says of the camera.
func (o *cameraSettings) variables(env environment, name string) []*Error {
	var errs []*Error
	for _, key := range cameraKeys {
		variable := prefix(name) + "_" + key
		value, ok := env[variable]
		if !ok {
			continue
		}
		if err := o.set(key, value); err != nil {
			errs = append(errs, &Error{Setting: variable, Value: shown(key, value), Accepted: err.Error()})
		}
	}
	return errs
}

// shown is a value as a mistake may repeat it.
func shown(key, value string) string {
	if key == headersKey {
		return shownHeaders(value)
	}
	return RedactURL(value)
}

// wrong is a mistake in the camera's line of the file.
func (e entry) wrong(value, accepted string) *Error {
	return &Error{Setting: "CAMERAS_FILE", Line: e.line, Value: value, Accepted: accepted}
}

// says reports whether the camera's line has a value for one of the keys.
func (e entry) says(keys ...string) bool {
	return slices.ContainsFunc(e.words, func(w word) bool { return w.value != "" && slices.Contains(keys, w.key) })
}

// camera is what the settings come to.
func (o *cameraSettings) camera(e entry) Camera {
	return Camera{
		Name:        e.name,
		Title:       string(o.Title),
		TimeZone:    string(o.TimeZone),
		URL:         e.url,
		Headers:     o.Headers.Secret,
		Window:      time.Duration(o.Window),
		WindowBytes: int64(o.WindowBytes),
		Request:     o.request(),
		CPUs:        float64(o.CPUs),
		Memory:      int64(o.Memory),
	}
}

// conflicts are the mistakes that lie between two settings, of which one is the
// camera's own: what is wrong with the global ones has been said. Where the
// camera's line has one of the two it is blamed.
func (o *cameraSettings) conflicts(s *settings, env environment, e entry) []*Error {
	errs := o.proxied(env, e)
	if o.Part == s.Part && o.Segment == s.Segment {
		return errs
	}
	err := partTooLong(prefix(e.name)+"_PART", o.Part, o.Segment)
	if err == nil {
		return errs
	}
	if e.says("PART", "SEGMENT") {
		err = e.wrong("PART="+err.Value, err.Accepted)
	}
	return append(errs, err)
}

// proxied are settings that can't be kept while ffmpeg reads the camera through a proxy.
// Going on without them would send what is secret to who was not to have it.
func (o *cameraSettings) proxied(env environment, e entry) (errs []*Error) {
	if kind, _ := camera.KindOf(e.url.Reveal()); kind != camera.HTTP || env["http_proxy"] == "" {
		return nil
	}
	refuse := func(key, value, accepted string) {
		if variable := prefix(e.name) + "_" + key; env[variable] != "" {
			errs = append(errs, &Error{Setting: variable, Value: value, Accepted: accepted})
		} else {
			errs = append(errs, e.wrong(key+"="+value, accepted))
		}
	}
	if o.Headers.Set() {
		refuse(headersKey, o.Headers.String(), "nothing while http_proxy is set: ffmpeg then reads the camera, which would show them to everyone in its arguments")
	}
	if o.TLS != "" && secure(e) {
		refuse(tlsKey, string(o.TLS), "nothing while http_proxy is set: ffmpeg then reads the camera, and checks no certificate")
	}
	return errs
}

// secure reports whether the camera's address is one with a certificate.
func secure(e entry) bool {
	scheme, _, _ := strings.Cut(e.url.Reveal(), "://")
	return slices.Contains([]string{"https", "rtsps"}, strings.ToLower(scheme))
}

// note tells of the camera's line without showing any of it.
func (e entry) note(text string) *Error { return e.wrong("", text) }
