// Command chaos breaks a running Lookback again and again, watches it come
// back in real pages, and compares what the camera sent with what the archive
// plays back.
//
//	go run ./chaos -seed 7 -faults 50                 # processes of this machine
//	go run ./chaos -stack compose -faults 50          # docker-compose.yml
//	go run ./chaos -stack docker -faults 50           # the same with the Docker runner
//	go run ./chaos -duration 2h -faults 0 -rest 20s   # a soak: as many as fit
//
// plan -> strike -> pages recover -> … -> checks -> report
//
//	plan.go       seed -> faults with their lengths; pure
//	system.go     what can be done to a system; host.go, compose.go, docker.go: three of them
//	disk.go, link.go, clock.go   a small disk, a network, the machine's clock
//	pages.go      what pages show, read from the picture's block code
//	witness.go    what the camera sent
//	archivist.go  every archived file, hashed as soon as it is there
//	lists.go      successive playlists against RFC 8216bis
//	film.go       the archive's pictures, decoded
//	files.go, gaps.go, slope.go   the checks; pure
//	report.go     the table, the promises, bench/out/chaos.json
package main
