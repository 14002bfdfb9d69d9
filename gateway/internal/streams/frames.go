package streams

import (
	"bufio"
	"encoding/binary"
	"math"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	longestFrameHeader = 10
	typicalFrame       = 512
	writeDeadline      = 30 * time.Second
	// Frames that go to the socket in one write.
	gatherBytes = 64 << 10

	finalText   = 0x81 // a text frame that is a whole message
	opcodeMask  = 0x0f
	opcodeClose = 0x08
)

// textFrame puts the header of an unmasked text frame before the text in buffer, which begins after room for the longest
// one (RFC 6455, 5.2).
func textFrame(buffer []byte) []byte {
	length := len(buffer) - longestFrameHeader
	start := 0
	switch {
	case length < 126:
		start = longestFrameHeader - 2
		buffer[start+1] = byte(length)
	case length <= math.MaxUint16:
		start = longestFrameHeader - 4
		buffer[start+1] = 126
		binary.BigEndian.PutUint16(buffer[start+2:], uint16(length))
	default:
		buffer[1] = 127
		binary.BigEndian.PutUint64(buffer[2:], uint64(length))
	}
	buffer[start] = finalText
	return buffer[start:]
}

// frameConn is the connection below a WebSocket. Events bypass the WebSocket: their frames are ready, and a client that is
// behind gets as many in one write as there are. The WebSocket itself only writes whole control frames meanwhile,
// so that the two cannot cut into each other. Every write has a deadline.
type frameConn struct {
	net.Conn
	mu     sync.Mutex
	buffer []byte
	closed bool // a close frame was sent: nothing may come after it
}

func (c *frameConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = c.closed || len(p) > 0 && p[0]&opcodeMask == opcodeClose
	return len(p), c.write(p)
}

func (c *frameConn) send(events []event) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(events) > 0 {
		if c.closed {
			return net.ErrClosed
		}
		c.buffer = c.buffer[:0]
		for len(events) > 0 && len(c.buffer) < gatherBytes {
			c.buffer = append(c.buffer, events[0].frame...)
			events = events[1:]
		}
		if err := c.write(c.buffer); err != nil {
			return err
		}
	}
	return nil
}

func (c *frameConn) write(p []byte) error {
	if err := c.SetWriteDeadline(time.Now().Add(writeDeadline)); err != nil {
		return err
	}
	_, err := c.Conn.Write(p)
	return err
}

// frameHijacker puts a frameConn below a WebSocket, and keeps a refused handshake's answer, which is no JSON, from the
// client.
type frameHijacker struct {
	http.ResponseWriter
	conn    *frameConn
	refused int // the HTTP status of such an answer
}

func (h *frameHijacker) WriteHeader(httpStatus int) {
	if httpStatus != http.StatusSwitchingProtocols {
		h.refused = httpStatus
		return
	}
	h.ResponseWriter.WriteHeader(httpStatus)
}

func (h *frameHijacker) Write(p []byte) (int, error) { return len(p), nil }

func (h *frameHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn = &frameConn{Conn: conn}
	return h.conn, bufio.NewReadWriter(buffered.Reader, bufio.NewWriter(h.conn)), nil
}
