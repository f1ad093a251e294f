package relay

import "net"

// narrow keeps little in the kernel of what ffmpeg has not taken: it waits in the camera.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetWriteBuffer(pieceSize)
	}
	return c, err
}
