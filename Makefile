# Lookback. `make` lists what there is; the work is in scripts/.

.DEFAULT_GOAL := help
.PHONY: help run build test bench chaos soak archive fmt lint clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: ## run everything on this machine without Docker: http://127.0.0.1:8080
	@scripts/run

build: ## build bin/controller and the page's libraries
	@scripts/build

test: ## install what is missing and run every test (STAGES="go nginx" for some)
	@scripts/test $(STAGES)

bench: ## measure latency and cost against plain ffmpeg HLS (ARGS=-help)
	@scripts/measure bench $(ARGS)

chaos: ## break it again and again and compare what is left (ARGS=-help)
	@scripts/chaos $(ARGS)

soak: ## the same for hours, and what memory and descriptors do meanwhile (DURATION=1h)
	@scripts/soak $(DURATION)

archive: ## fabricate a week of history in var/fabricated
	go run ./controller/fabricate/cmd -dir var/fabricated -length 7d

fmt: ## format the Go code
	gofmt -w .

lint: ## the tests' first stage: formatting, go vet, staticcheck, tsc, eslint, shellcheck
	@scripts/test lint

clean: ## remove what was built, not what was recorded
	rm -rf bin viewer/vendor viewer/node_modules bench/out
