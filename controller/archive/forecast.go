package archive

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
)

// Forecast is how much history fits, going by the recent past.
type Forecast struct {
	BytesPerHour int64         // 0 while unknown
	Fits         time.Duration // of media; 0 while unknown
	Bound        string        // the setting that bounds it: WINDOW, WINDOW_BYTES or DISK_RESERVE
}

// String is the forecast in a sentence: "1.9 GB an hour; at this rate 61 h fit";
// empty while unknown.
func (f Forecast) String() string {
	if f.BytesPerHour == 0 {
		return ""
	}
	return fmt.Sprintf("%s an hour; at this rate %s fit (%s)", humanize.Bytes(uint64(f.BytesPerHour)), fits(f.Fits), f.Bound)
}

// fits tells a length of history roughly, as people do.
func fits(d time.Duration) string {
	switch hours := d.Hours(); {
	case hours < 3:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case hours < 100:
		return fmt.Sprintf("%.0f h", hours)
	default:
		return fmt.Sprintf("%.0f days", hours/24)
	}
}

// Forecast says how much history this camera's window will hold if it and all
// that share its disk go on as in the last hour. What others put on the disk is
// not foreseen.
func (c *Archive) Forecast() Forecast {
	rate := c.rate.Load()
	if rate == 0 {
		return Forecast{}
	}
	terms := c.agreed.Load()
	f := Forecast{rate, terms.Window, "WINDOW"}
	f.bound("WINDOW_BYTES", terms.WindowBytes, rate)
	if r, kept := c.Reserve, c.Reserve.kept(); kept > 0 {
		if free, err := r.free(r.dir); err == nil {
			room, all := free-kept, int64(0)
			for _, other := range r.all() {
				room += other.Bytes()
				all += other.hourly()
			}
			f.bound("DISK_RESERVE", max(room, 1), all)
		}
	}
	return f
}

// bound applies a limit in bytes, 0 for none.
func (f *Forecast) bound(setting string, bytes, rate int64) {
	if bytes <= 0 || rate <= 0 {
		return
	}
	hours := float64(bytes) / float64(rate)
	if hours < f.Fits.Hours() {
		f.Fits, f.Bound = time.Duration(hours*float64(time.Hour)), setting
	}
}

// recentRate is how many bytes an hour of media took over the last hour of it;
// 0 when there is less than half a minute.
func recentRate(s *Snapshot) int64 {
	var bytes, length int64
	for i := len(s.Segments) - 1; i >= 0 && length < hourLength; i-- {
		if seg := s.Segments[i]; seg.Flags&Gap == 0 {
			bytes += int64(seg.Size)
			length += int64(seg.Duration)
		}
	}
	if length < 30_000_000 {
		return 0
	}
	return int64(float64(bytes) * float64(hourLength) / float64(length))
}

// measure looks at how much comes. Nothing does to a camera that has ended.
func (c *Archive) measure() {
	if !c.Ended {
		c.rate.Store(recentRate(c.Snapshot()))
	}
}

// logForecast logs the forecast as soon as there is one.
func (c *Archive) logForecast() bool {
	f := c.Forecast()
	if f.BytesPerHour == 0 {
		return false
	}
	c.Log.Info("this much history fits at this rate", "camera", c.Camera, "an_hour", humanize.Bytes(uint64(f.BytesPerHour)),
		"fits", f.Fits.Round(time.Minute), "because_of", f.Bound)
	return true
}

// shortLooks is after how many looks in a row that is told: archives of others, which can
// give more, may be loaded meanwhile.
const shortLooks = 3

// warnShort says, once until it is over, that so many bytes are missing to the reserve
// when all cameras, ended ones too, have given up what they can.
func (c *Archive) warnShort(bytes int64) {
	if bytes <= 0 || c.Ended {
		c.short = 0
		return
	}
	if c.short++; c.short == shortLooks {
		c.Log.Warn("less is free on the disk than DISK_RESERVE: no history will be kept but the last half minute", "camera", c.Camera,
			"missing", humanize.Bytes(uint64(bytes)), "reserve", humanize.Bytes(uint64(c.Reserve.kept())),
			"advice", "make space on the disk of MEDIA_DIR, or set DISK_RESERVE lower")
	}
}
