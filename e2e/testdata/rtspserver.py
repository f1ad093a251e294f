"""An RTSP server that is not ours (GStreamer's): rtspserver.py NAME=FILE ...

Each file, MP4 or Matroska, is served once from its beginning to whoever
connects. NAME ends with the codecs to serve: front-h264-aac. The port that was
free is printed, then the server runs until it is killed. With USER_NAME and PASSWORD
in the environment it wants them.
"""
import os
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

VIDEO = {"h264": "rtph264pay", "h265": "rtph265pay", "jpeg": "rtpjpegpay", "mpeg4": "rtpmp4vpay"}
AUDIO = {"aac": "rtpmp4gpay", "alaw": "rtppcmapay", "opus": "rtpopuspay"}


def launch(name, path):
    """The pipeline for NAME."""
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
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(os.environ["USER_NAME"], os.environ["PASSWORD"]), token)
    server.set_auth(auth)
for argument in sys.argv[1:]:
    name, path = argument.split("=", 1)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(launch(name, path))
    if "USER_NAME" in os.environ:
        factory.set_permissions(permissions)
    server.get_mount_points().add_factory("/" + name, factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
