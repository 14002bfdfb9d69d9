package web_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// frameClient is a WebSocket client that costs next to nothing: a thousand of them share the machine with the gateway that
// they are to measure.
type frameClient struct {
	net.Conn
	in    *bufio.Reader
	frame []byte
}

const (
	opcodeText = 0x1
	opcodePing = 0x9
	opcodePong = 0xa
)

func dialFrames(ctx context.Context, address string) (*frameClient, error) {
	to, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", to.Host)
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline)
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", to.RequestURI(), to.Host)
	if err != nil {
		return nil, err
	}
	c := &frameClient{Conn: conn, in: bufio.NewReader(conn)}
	answer, err := http.ReadResponse(c.in, nil)
	if err == nil && answer.StatusCode != http.StatusSwitchingProtocols {
		err = fmt.Errorf("no WebSocket but %s", answer.Status)
	}
	return c, err
}

// next reads the next text; it is good until the one after it.
func (c *frameClient) next() ([]byte, error) {
	for {
		opcode, err := c.read()
		switch {
		case err != nil:
			return nil, err
		case opcode == opcodeText:
			return c.frame, nil
		case opcode != opcodePing:
			return nil, fmt.Errorf("a frame of type %d says %q", opcode, c.frame)
		}
		// Masked, as a client's frames must be; with zeros.
		pong := append([]byte{0x80 | opcodePong, 0x80 | byte(len(c.frame)), 0, 0, 0, 0}, c.frame...)
		if _, err := c.Write(pong); err != nil {
			return nil, err
		}
	}
}

func (c *frameClient) read() (opcode byte, err error) {
	var header [2]byte
	if _, err := io.ReadFull(c.in, header[:]); err != nil {
		return 0, err
	}
	length := int(header[1])
	if header[0]&0x80 == 0 || length > 126 {
		return 0, fmt.Errorf("a frame begins with %v", header)
	}
	if length == 126 {
		var extended [2]byte
		if _, err := io.ReadFull(c.in, extended[:]); err != nil {
			return 0, err
		}
		length = int(binary.BigEndian.Uint16(extended[:]))
	}
	if cap(c.frame) < length {
		c.frame = make([]byte, length)
	}
	c.frame = c.frame[:length]
	_, err = io.ReadFull(c.in, c.frame)
	return header[0] & 0xf, err
}
