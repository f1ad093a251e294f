"""An RTSP server that is not ours (GStreamer's): rtspserver.py NAME=FILE ...

Each file, MP4 or Matroska, is served once from its beginning to whoever
connects. NAME ends with the codecs to serve: front-h264-aac. Instead of a file,
udp:PORT is H.264 in RTP that arrives there, live, the same for all. The port
that was free is printed, then the server runs until it is killed. With
USER_NAME and PASSWORD in the environment it wants them, with DIGEST by that way.
"""
import os
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

VIDEO = {"h264": "rtph264pay", "h265": "rtph265pay", "jpeg": "rtpjpegpay", "mpeg4": "rtpmp4vpay", "vp8": "rtpvp8pay", "vp9": "rtpvp9pay"}
AUDIO = {"aac": "rtpmp4gpay", "alaw": "rtppcmapay", "opus": "rtpopuspay"}


def launch(name, path):
    """The pipeline for NAME."""
    if path.startswith("udp:"):
        return (
            f"( udpsrc address=127.0.0.1 port={path[4:]} buffer-size=4000000"
            " caps=application/x-rtp,media=video,clock-rate=90000,encoding-name=H264"
            " ! rtph264depay ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
        )
    demuxer = "matroskademux" if path.endswith(".mkv") else "qtdemux"
    text = f"( filesrc location={path} ! {demuxer} name=d "
    codecs = [w for w in name.split("-") if w in VIDEO or w in AUDIO]
    for n, codec in enumerate(codecs):
        pad = "video_0" if codec in VIDEO else "audio_0"
        text += f"d.{pad} ! queue ! {VIDEO.get(codec) or AUDIO[codec]} name=pay{n} pt={96 + n} "
    return text + ")"


Gst.init(None)
server = GstRtspServer.RTSPServer(service="0", address="127.0.0.1")
permissions = GstRtspServer.RTSPPermissions()
permissions.add_permission_for_role("user", "media.factory.access", True)
permissions.add_permission_for_role("user", "media.factory.construct", True)
if "USER_NAME" in os.environ:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    if "DIGEST" in os.environ:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(os.environ["USER_NAME"], os.environ["PASSWORD"], token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(os.environ["USER_NAME"], os.environ["PASSWORD"]), token)
    server.set_auth(auth)
for argument in sys.argv[1:]:
    name, path = argument.split("=", 1)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(launch(name, path))
    factory.set_shared(path.startswith("udp:"))
    if "USER_NAME" in os.environ:
        factory.set_permissions(permissions)
    server.get_mount_points().add_factory("/" + name, factory)
server.attach(None)
port = server.get_bound_port()
for name, path in (argument.split("=", 1) for argument in sys.argv[1:]):
    if path.startswith("udp:"):
        # Made before anybody asks, it stays, as a camera does between two
        # readers. To be ready takes the main loop and the first picture.
        url = GstRtsp.RTSPUrl.parse(f"rtsp://127.0.0.1:{port}/{name}")[1]
        media = server.get_mount_points().match(url.abspath)[0].construct(url)
        threading.Thread(target=media.prepare, args=(None,), daemon=True).start()
print(port, flush=True)
GLib.MainLoop().run()
