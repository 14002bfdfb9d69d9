package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"tracktrove.dev/gateway/internal/edge"
	"tracktrove.dev/gateway/internal/fakeserver"
	"tracktrove.dev/gateway/internal/web"
)

// pipes is a listener whose connections have no buffers: a client that does not read blocks what is written to it.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
	once        sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.connections:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (*pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(t *testing.T) net.Conn {
	client, server := net.Pipe()
	p.connections <- server
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestAShutdownWaitsNoLongerThanItsGraceForAClientThatDoesNotTakeTheEnd(t *testing.T) {
	const (
		watch   = "GET /v1/sandboxes/default/transactions:watch?resume_after=0 HTTP/1.1\r\nHost: localhost\r\n"
		upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
		grace   = 50 * time.Millisecond
		bound   = 4 * time.Second // below the deadlines of single writes and of a WebSocket's close
	)
	for name, client := range map[string]struct {
		headers string
		reads   bool // everything, but it answers nothing
	}{
		"lines that nobody reads":                {},
		"Server-Sent Events that nobody reads":   {headers: "Accept: text/event-stream\r\n"},
		"a WebSocket that nobody reads":          {headers: upgrade},
		"a WebSocket whose close nobody answers": {headers: upgrade, reads: true},
	} {
		t.Run(name, func(t *testing.T) {
			server := fakeserver.Start(t)
			server.Append(100)
			conn, err := web.Dial([]string{server.Address}, "")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			gateway, err := web.New(conn, edge.Options{BodyDeadline: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			listener := &pipes{connections: make(chan net.Conn), closed: make(chan struct{})}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			ended := make(chan error, 1)
			go func() { ended <- serve(ctx, listener, gateway, grace) }()

			there := listener.dial(t)
			if _, err := io.WriteString(there, watch+client.headers+"\r\n"); err != nil {
				t.Fatal(err)
			}
			answer := bufio.NewReader(there)
			if line, err := answer.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 ") {
				t.Fatal(line, err)
			}
			if client.reads {
				go func() { _, _ = io.Copy(io.Discard, answer) }()
			}
			stop()
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(bound):
				t.Error("it still waits")
			}
		})
	}
}
