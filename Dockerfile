# syntax=docker/dockerfile:1

# What ours are made of. Releases name the same by digest: scripts/base-images.
ARG GO_IMAGE=golang:1.26-bookworm
ARG DEBIAN_IMAGE=debian:bookworm-slim
ARG NODE_IMAGE=node:22-bookworm-slim
ARG NGINX_IMAGE=nginxinc/nginx-unprivileged:stable-bookworm

# --- the Go binary ----------------------------------------------------------
FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS build
ARG TARGETOS TARGETARCH
WORKDIR /src
COPY go.mod go.sum VERSION ./
COPY scripts/version ./scripts/
COPY controller ./controller
# The repository tells the version (scripts/version). The pattern is for a folder
# that has none, where a plain name would be an error.
COPY .gi[t] ./.git/
# No "go mod download" first: it would fetch what only the tests need. The
# modules stay in the cache mount.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags="-s -w -X main.release=$(scripts/version)" -o /out/controller ./controller

# --- controller, and the demo camera ----------------------------------------
FROM ${DEBIAN_IMAGE} AS controller
# HARDWARE=vaapi adds what libva needs of Intel's and AMD's graphics chips, 30 MB
# (docker-compose.vaapi.yml asks for it).
ARG HARDWARE
RUN case "$HARDWARE-$(dpkg --print-architecture)" in \
      vaapi-amd64) drivers="mesa-va-drivers intel-media-va-driver i965-va-driver" ;; \
      vaapi-*) drivers=mesa-va-drivers ;; \
      -*) drivers= ;; \
      *) echo "HARDWARE=$HARDWARE: accepted is vaapi, or nothing" >&2; exit 2 ;; \
    esac \
 && apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates ffmpeg $drivers \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 lookback \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin lookback \
 # An empty named volume takes over the owner of the folder it is mounted on.
 # No other image has this folder, or the owner would depend on who comes first.
 && install -d -o lookback -g lookback /var/lib/lookback
COPY --from=build /out/controller /usr/local/bin/controller
USER 10001:10001
ENTRYPOINT ["controller"]
CMD ["serve"]

# --- the page, with hls.js as the lock file has it --------------------------
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS viewer
WORKDIR /viewer
COPY viewer/package.json viewer/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY viewer ./
RUN npm run vendor

# --- the page as nginx serves it: its files under a hash of all of them ------
FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS page
WORKDIR /src
COPY go.mod go.sum ./
COPY controller/viewer ./controller/viewer
COPY --from=viewer /viewer /viewer
RUN --mount=type=cache,target=/root/.cache/go-build \
    go run ./controller/viewer/cmd -from /viewer -to /page

# --- nginx ------------------------------------------------------------------
FROM ${NGINX_IMAGE} AS nginx
# The image fills in /etc/nginx/templates when it starts; of the environment
# only names that begin with LOOKBACK_ are replaced.
ENV NGINX_ENTRYPOINT_QUIET_LOGS=1 \
    NGINX_ENVSUBST_FILTER=^LOOKBACK_ \
    LOOKBACK_LISTEN=8080 \
    LOOKBACK_CONTROLLER=unix:/run/lookback/controller.sock \
    LOOKBACK_MEDIA=/var/lib/lookback \
    LOOKBACK_PARTS=/run/lookback-parts \
    LOOKBACK_VIEWER=/usr/share/lookback \
    LOOKBACK_HOSTS= \
    LOOKBACK_CORS_ORIGINS=
RUN rm /etc/nginx/conf.d/default.conf
# Owned by nginx, so that it can read them whatever the clone's umask was.
COPY --chown=101:0 nginx /etc/nginx
COPY --chown=101:0 --from=page /page /usr/share/lookback
