package camera

import (
	"errors"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
)

// Reason says why there is no picture.
type Reason struct {
	Code   string // stable, for machines
	Link   Link   // what of a camera's health fails by it
	Title  string // a sentence for people
	Advice string // what to look at
}

// Error makes a Reason an error.
func (r Reason) Error() string { return r.Title }

// Link is the code of a link in the chain of a camera's health.
type Link string

// Links that a recorder's reason may fail.
const (
	OfRecorder  Link = "recorder"
	OfSource    Link = "source"
	OfFFmpeg    Link = "ffmpeg"
	OfFragments Link = "fragments"
	OfSegments  Link = "segments"
)

// Codes of all reasons.
const (
	DNS               = "dns"
	ConnectionRefused = "connection-refused"
	Unreachable       = "unreachable"
	Timeout           = "timeout"
	Unauthorized      = "unauthorized"
	Forbidden         = "forbidden"
	NotFound          = "not-found"
	HTTPError         = "http-error"
	NoPublisher       = "no-publisher"
	TLS               = "tls"
	NotAStream        = "not-a-stream"
	NoVideo           = "no-video"
	StreamEnded       = "stream-ended"
	InvalidData       = "invalid-data"
	Stalled           = "stalled"
	UnsupportedCodec  = "unsupported-codec"
	RateChanged       = "rate-changed"
	KeyFramesTooFar   = "key-frames-too-far" // said by recorders of earlier versions
	TooMuchMemory     = "too-much-memory"
	TooLarge          = "too-large"
	TooManyTracks     = "too-many-tracks"
	NoPicture         = "no-picture-found"
	NoKeyFrame        = "no-key-frame"
	FFmpegMissing     = "ffmpeg-missing"
	FFmpegFailed      = "ffmpeg-failed"
	Killed            = "killed"
	AnotherRecorder   = "another-recorder"
	DiskFull          = "disk-full"
	DiskError         = "disk-error"
	DiskSlow          = "disk-slow"
	ClockJump         = "clock-jump"
	Resumed           = "resumed"
	Overload          = "overload"
	LoadEased         = "load-eased"
	FFmpegCrashed     = "ffmpeg-crashed"
	FFmpegStuck       = "ffmpeg-stuck"
	TimestampJump     = "timestamp-jump"
	Stopped           = "stopped"
	PictureTooLarge   = "picture-too-large"
	CannotCopy        = "cannot-copy"
	StreamChanged     = "stream-changed"
	PlanChanged       = "plan-changed"
	CopyAgain         = "copy-again"
	NoDevice          = "no-device"
	NoFile            = "no-file"
	DeviceBusy        = "device-busy"
)

var reasons = table(
	Reason{DNS, OfSource, "The camera's host name is not known", "Is the name spelled right, and does this machine's DNS know it? An address in numbers always works."},
	Reason{ConnectionRefused, OfSource, "The camera refuses the connection", "Is it switched on, and is the port right?"},
	Reason{Unreachable, OfSource, "The network does not reach the camera", "Is it on the same network, and is its address right?"},
	Reason{Timeout, OfSource, "The camera does not answer in time", "Is it switched on, and can this machine reach its network?"},
	Reason{Unauthorized, OfSource, "The camera wants a user name and a password", "Put them into the address: http://user:password@host/… (special characters as %XX)."},
	Reason{Forbidden, OfSource, "The camera forbids this address", "May this user see the stream? Some cameras also limit the number of viewers."},
	Reason{NotFound, OfSource, "The camera knows no such address", "Is the path right? The maker's manual names it."},
	Reason{HTTPError, OfSource, "The camera answers with an error", "Try the address in a browser. Some cameras answer so when too many watch; restarting the camera may help."},
	Reason{NoPublisher, OfSource, "The server has no stream at this address now", "Is the camera or program that sends it running? Application and stream name have to be the same at both ends."},
	Reason{TLS, OfSource, "The encrypted connection to the camera fails", "Try http:// instead of https:// if the network is trusted."},
	Reason{NotAStream, OfSource, "The address gives something that is not a video stream", "It may be a web page: the address of the stream itself is needed."},
	Reason{NoVideo, OfSource, "The stream has no picture", "Is it an audio stream, or is the video switched off in the camera?"},
	Reason{StreamEnded, OfSource, "The camera ended the stream", "It may be restarting, or the address gives a single picture instead of a stream."},
	Reason{InvalidData, OfSegments, "The stream is broken", "Is the network lossy? Restarting the camera may help."},
	Reason{Stalled, OfFragments, "The camera sends no more pictures", "Is the network overloaded? Restarting the camera may help."},
	Reason{UnsupportedCodec, OfSource, "This kind of stream is not supported", "Set the camera to H.264, or to MJPEG."},
	Reason{PictureTooLarge, OfSource, "The picture is too large", "At most 8192x4608 pixels are taken. Set the camera to a smaller picture."},
	Reason{TooMuchMemory, OfSource, "What the camera sends takes more memory than one camera may have", "Reading it has been ended, and other cameras go on. Another stream of the camera, with fewer tracks or a smaller picture, may help."},
	Reason{TooLarge, OfSource, "What the camera sends before its first picture is too large", "At most 128 MB are read. Another stream of the camera may help."},
	Reason{TooManyTracks, OfSource, "The camera's stream has too many tracks", "At most 64 are read. Another stream of the camera, with fewer, may help."},
	Reason{NoPicture, OfSource, "The camera sends something, and no picture comes of it", "A key frame every 1 or 2 s, set in the camera, is best. Another stream of the camera may help."},
	Reason{NoKeyFrame, OfSource, "A key frame is waited for", "Recording can't begin with any other picture. A key frame every 1 or 2 s, set in the camera, is best."},
	Reason{CannotCopy, OfSource, "Browsers can't play the camera's video as it is, and encoding is ruled out by ENCODER=copy", "Set the camera to H.264, or ENCODER to auto."},
	Reason{StreamChanged, OfSegments, "The camera's picture has another size or format now", "Nothing to do: recording goes on with what it sends now."},
	Reason{PlanChanged, OfSegments, "The camera can't be copied as it was before", "Nothing to do: recording goes on in another way. A fixed frame rate and a key frame every 1 or 2 s in the camera are best."},
	Reason{CopyAgain, OfSegments, "The camera may be copied again", "Nothing to do: its frame rate, which has changed often, is looked at anew. A fixed frame rate in the camera is best."},
	Reason{NoDevice, OfSource, "There is no such device", "Is the camera plugged in, and is the device given to the container (docker-compose.v4l2.yml)?"},
	Reason{NoFile, OfSource, "There is no such file, or it may not be read", "The path is one inside the controller's container: is the folder mounted there?"},
	Reason{DeviceBusy, OfSource, "The device is used by another program", "Only one program at a time can use it: close the other one."},
	Reason{RateChanged, OfSegments, "The camera's frame rate has changed", "Nothing to do: recording goes on at the new rate."},
	Reason{KeyFramesTooFar, OfSegments, "The camera's key frames have moved too far apart", "Nothing to do: recording goes on in another way. A fixed key-frame interval of 1 or 2 s in the camera is best."},
	Reason{FFmpegMissing, OfFFmpeg, "ffmpeg is not installed", "Install ffmpeg, or use the container image."},
	Reason{FFmpegFailed, OfFFmpeg, "ffmpeg failed", "Its last lines are in the log."},
	Reason{Killed, OfFFmpeg, "ffmpeg was killed", "Is the machine short of memory?"},
	Reason{AnotherRecorder, OfFFmpeg, "Another recorder of this camera still runs", "It ends within seconds of being told. If it stays: a recorder's container that was left behind is removed by \"controller recorders remove\" (README, \"The Docker runner\")."},
	Reason{DiskFull, OfSegments, "The disk is full", "Make room, or set WINDOW or WINDOW_BYTES lower."},
	Reason{DiskError, OfSegments, "The media directory cannot be written", "Look at the disk and at the folder's owner."},
	Reason{DiskSlow, OfSegments, "The disk does not answer in time", "Is it failing, asleep, or busy with something else?"},
	Reason{FFmpegCrashed, OfFFmpeg, "ffmpeg crashed", "Its last lines are in the log. If it happens again, another stream of the camera may help."},
	Reason{FFmpegStuck, OfFFmpeg, "ffmpeg takes no more pictures", "Nothing to do: it is started anew. If it happens again, this machine may have too much to do, or its hardware encoder hangs."},
	Reason{Overload, OfSegments, "This machine can't keep up with the camera", "Set the camera to a smaller picture or a lower frame rate, or give this machine less to do. Until then fewer frames are recorded."},
	Reason{LoadEased, OfSegments, "This machine has time again", "Nothing to do: recording goes on with more frames."},
	Reason{Resumed, OfSegments, "This machine was asleep", "Nothing to do: recording goes on. To record always, switch its suspend mode off."},
	Reason{ClockJump, OfSegments, "This machine's clock was changed", "Nothing to do: recording goes on with the new time."},
	Reason{TimestampJump, OfSegments, "The camera's time stamps jumped", "Nothing to do: recording goes on behind a gap."},
	Reason{Stopped, OfRecorder, "Recording was stopped", ""},
)

func table(all ...Reason) map[string]Reason {
	m := make(map[string]Reason, len(all))
	for _, r := range all {
		m[r.Code] = r
	}
	return m
}

// For is the reason for a camera with this address: a password that is there
// was refused, one that is not is wanted.
func (r Reason) For(address string) Reason {
	u, err := url.Parse(address)
	if r.Code == Unauthorized && err == nil && u.User != nil {
		r.Title, r.Advice = "The camera refuses the password", "Are user name and password right? In the address, special characters are written as %XX."
	}
	return r
}

// maxQuoted is how much of a tool's line a title quotes, bytes.
const maxQuoted = 200

// Quoting is the reason with a tool's last words in its title, where it would say
// nothing but that the tool has failed. The lines have no credentials any more.
func (r Reason) Quoting(said []string) Reason {
	if r.Code != FFmpegFailed && r.Code != FFmpegCrashed {
		return r
	}
	if len(said) == 0 {
		r.Title += " and said nothing"
		r.Advice = "If it happens again, another stream of the camera may help."
		return r
	}
	last := said[len(said)-1]
	if len(last) > maxQuoted {
		last = strings.ToValidUTF8(last[:maxQuoted], "") + "…"
	}
	r.Title += ": " + last
	return r
}

// ReasonFor gives the reason of a code. One that is not known, as a recorder of
// another version may say, gets a bare one, by which ffmpeg has ended.
func ReasonFor(code string) Reason {
	if r, ok := reasons[code]; ok {
		return r
	}
	return Reason{Code: code, Link: OfFFmpeg, Title: code}
}

// patterns are what ffmpeg and ffprobe say, most telling first. They are
// matched against all lines before the next pattern is tried.
var patterns = []struct {
	code string
	re   *regexp.Regexp
}{
	{TooMuchMemory, regexp.MustCompile(`Cannot allocate memory|(?i)malloc of size \d+ failed|out of memory`)},
	{PictureTooLarge, regexp.MustCompile(`exceeds specified max pixel count|Picture size (\d{5,}x\d+|\d+x\d{5,}) is invalid`)},
	{DNS, regexp.MustCompile(`(?i)failed to resolve hostname|name or service not known|temporary failure in name resolution`)},
	{Unauthorized, regexp.MustCompile(`401 Unauthorized|HTTP error 401`)},
	{Forbidden, regexp.MustCompile(`403 Forbidden|HTTP error 403`)},
	{NotFound, regexp.MustCompile(`404 Not Found|HTTP error 404`)},
	{HTTPError, regexp.MustCompile(`HTTP error \d+|Server returned [45]|returned 5XX|returned 4XX`)},
	{Timeout, regexp.MustCompile(`Connection to srt://\S+ failed`)}, // it says no more
	{NoDevice, regexp.MustCompile(`Cannot open video device .*No such (file|device)|/dev/video\S*: No such device`)},
	{DeviceBusy, regexp.MustCompile(`Device or resource busy`)},
	{NoFile, regexp.MustCompile(`file:\S*: (No such file or directory|Permission denied)`)},
	// An RTMP server says so, waits in silence, or closes the connection.
	{NoPublisher, regexp.MustCompile(`StreamNotFound|Server error: No such stream|Impossible to open 'rtmps?://.*\n.*Input/output error`)},
	{ConnectionRefused, regexp.MustCompile(`Connection refused`)},
	{Unreachable, regexp.MustCompile(`No route to host|Network is unreachable|Host is down`)},
	{TLS, regexp.MustCompile(`(?i)\[tls @|ssl|gnutls|certificate`)},
	{Timeout, regexp.MustCompile(`(?i)(connection|operation) timed out`)},
	{UnsupportedCodec, regexp.MustCompile(`(?i)could not find tag for codec|codec not currently supported|unsupported codec|Unknown encoder`)},
	{TooManyTracks, regexp.MustCompile(`Number of streams exceeds max_streams`)},
	{NoVideo, regexp.MustCompile(`(?i)does not contain any stream|matches no streams`)},
	{NotAStream, regexp.MustCompile(`Invalid data found when processing input\s*$`)},
	{StreamEnded, regexp.MustCompile(`(?i)end of file|connection reset by peer|stream ends prematurely|Output file is empty|broken pipe`)},
}

// Classify makes a reason of what ffmpeg or ffprobe said last and how it
// ended. A nil error means that it ended by itself with status 0.
func Classify(stderr []string, err error) Reason {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, syscall.ENOENT) {
		return reasons[FFmpegMissing]
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			switch ws.Signal() {
			case syscall.SIGKILL, syscall.SIGTERM, syscall.SIGHUP:
				return reasons[Killed]
			case syscall.SIGSEGV, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGILL, syscall.SIGFPE:
				return reasons[FFmpegCrashed]
			}
		}
	}
	all := strings.Join(stderr, "\n")
	for _, p := range patterns {
		if p.re.MatchString(all) {
			return reasons[p.code]
		}
	}
	if err == nil {
		return reasons[StreamEnded]
	}
	return reasons[FFmpegFailed]
}
