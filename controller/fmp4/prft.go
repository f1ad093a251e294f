package fmp4

import (
	"encoding/binary"
	"time"
)

// PRFTSize is the size of the box that [AppendPRFT] writes, in bytes.
const PRFTSize = 32

// ntpEpoch is 1900-01-01 00:00:00Z in Unix seconds, negated. NTP seconds have
// 32 bits and begin again in 2036; as in RFC 4330 section 3, those with the
// highest bit unset count from then on.
const ntpEpoch = 2_208_988_800

// AppendPRFT appends a producer reference time box (ISO/IEC 14496-12 8.16.5,
// version 1, flags 0: the time at which the encoder took the picture in) to
// dst: at wall clock t, between 1968 and 2104, the track was at mediaTime
// ticks.
func AppendPRFT(dst []byte, track uint32, t time.Time, mediaTime uint64) []byte {
	dst = binary.BigEndian.AppendUint32(dst, PRFTSize)
	dst = append(dst, "prft\x01\x00\x00\x00"...)
	dst = binary.BigEndian.AppendUint32(dst, track)
	dst = binary.BigEndian.AppendUint64(dst, toNTP(t))
	return binary.BigEndian.AppendUint64(dst, mediaTime)
}

func parsePRFT(b box) (t time.Time, mediaTime uint64, err error) {
	version, _, rest, err := b.full(16)
	switch {
	case err != nil:
		return t, 0, err
	case version == 0:
		mediaTime = uint64(binary.BigEndian.Uint32(rest[12:]))
	case version == 1 && len(rest) >= 20:
		mediaTime = binary.BigEndian.Uint64(rest[12:])
	default:
		return t, 0, b.errorf("unknown version or too short")
	}
	return fromNTP(binary.BigEndian.Uint64(rest[4:])), mediaTime, nil
}

// toNTP is t as 32.32 fixed point seconds, rounded to the nearest 2⁻³² s, which
// is finer than a nanosecond.
func toNTP(t time.Time) uint64 {
	seconds := uint64(t.Unix()+ntpEpoch) << 32
	return seconds | (uint64(t.Nanosecond())<<32+5e8)/1e9
}

func fromNTP(ntp uint64) time.Time {
	seconds := int64(ntp >> 32)
	if seconds < 1<<31 {
		seconds += 1 << 32
	}
	return time.Unix(seconds-ntpEpoch, int64((ntp&0xffffffff*1e9+1<<31)>>32)).UTC()
}
