package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// message is one event of a stream, by whichever way it came.
type message struct {
	Result struct {
		Change, Record, Heartbeat *struct {
			Sequence int64 `json:",string"`
		}
	}
	Error map[string]any
}

// stream is a client's side of one. next answers io.EOF at its end.
type stream interface {
	next() (message, error)
	close()
}

// way opens a stream at a path, after a sequence or, if that is negative, from now on.
type way func(ctx context.Context, url string, after int64) (stream, *http.Response, error)

var ways = map[string]way{"NDJSON": openLines, "SSE": openEvents, "WebSocket": openWebSocket}

func query(url string, after int64) string {
	if after < 0 {
		return url
	}
	return fmt.Sprintf("%s?resume_after=%d", url, after)
}

func get(ctx context.Context, url string, extra headers) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	for name, value := range extra {
		request.Header.Set(name, value)
	}
	return http.DefaultClient.Do(request)
}

type lineStream struct {
	body  io.ReadCloser
	lines *bufio.Scanner
}

func newLineStream(response *http.Response, contentType string) (*lineStream, error) {
	if got := response.Header.Get("Content-Type"); got != contentType {
		return nil, fmt.Errorf("%s as %s", response.Status, got)
	}
	return &lineStream{response.Body, bufio.NewScanner(response.Body)}, nil
}

func openLines(ctx context.Context, url string, after int64) (stream, *http.Response, error) {
	response, err := get(ctx, query(url, after), nil)
	if err != nil {
		return nil, response, err
	}
	s, err := newLineStream(response, "application/x-ndjson")
	return s, response, err
}

func (s *lineStream) next() (message, error) {
	if !s.lines.Scan() {
		return message{}, errors.Join(s.lines.Err(), io.EOF)
	}
	return parse(s.lines.Bytes())
}

func (s *lineStream) close() { s.body.Close() }

type eventStream struct {
	*lineStream
	lastID int64
	event  string
}

// openEvents resumes as a browser does.
func openEvents(ctx context.Context, url string, after int64) (stream, *http.Response, error) {
	extra := headers{"Accept": "text/event-stream"}
	if after >= 0 {
		extra["Last-Event-ID"] = strconv.FormatInt(after, 10)
	}
	response, err := get(ctx, url, extra)
	if err != nil {
		return nil, response, err
	}
	s, err := newLineStream(response, "text/event-stream")
	return &eventStream{lineStream: s}, response, err
}

func (s *eventStream) next() (message, error) {
	s.event = "message"
	for s.lines.Scan() {
		name, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch name {
		case "id":
			s.lastID, _ = strconv.ParseInt(value, 10, 64)
		case "event":
			s.event = value
		case "data":
			if s.event == "end" {
				return message{}, io.EOF
			}
			m, err := parse([]byte(value))
			if (m.Result.Heartbeat != nil) != (s.event == "heartbeat") || (m.Error != nil) != (s.event == "failure") {
				return m, fmt.Errorf("a %s event has %s", s.event, value)
			}
			if m.Error == nil && s.lastID != m.sequence() {
				return m, fmt.Errorf("id %d is not %d", s.lastID, m.sequence())
			}
			return m, err
		}
	}
	return message{}, errors.Join(s.lines.Err(), io.EOF)
}

type frameStream struct {
	ctx  context.Context
	conn *websocket.Conn
}

func openWebSocket(ctx context.Context, url string, after int64) (stream, *http.Response, error) {
	conn, response, err := websocket.Dial(ctx, strings.Replace(query(url, after), "http", "ws", 1), nil)
	if err != nil {
		return nil, response, err
	}
	conn.SetReadLimit(1 << 20)
	return &frameStream{ctx, conn}, response, nil
}

func (s *frameStream) next() (message, error) {
	_, frame, err := s.conn.Read(s.ctx)
	if websocket.CloseStatus(err) == websocket.StatusNormalClosure {
		return message{}, io.EOF
	}
	if err != nil {
		return message{}, err
	}
	return parse(frame)
}

func (s *frameStream) close() { _ = s.conn.Close(websocket.StatusNormalClosure, "") }

func parse(line []byte) (m message, err error) {
	if err := json.Unmarshal(line, &m); err != nil {
		return m, fmt.Errorf("%s: %w", line, err)
	}
	return m, nil
}

func (m message) sequence() int64 {
	if m.Result.Heartbeat != nil {
		return m.Result.Heartbeat.Sequence
	}
	if m.Result.Record != nil {
		return m.Result.Record.Sequence
	}
	return m.Result.Change.Sequence
}

// follow reads on until the change or record `to`, each once and in order after `after`.
func follow(s stream, after, to int64) error {
	for after < to {
		m, err := s.next()
		if err != nil {
			return fmt.Errorf("after %d: %w", after, err)
		}
		if m.Result.Heartbeat != nil {
			continue
		}
		if m.Error != nil || m.sequence() != after+1 {
			return fmt.Errorf("after %d came %+v", after, m)
		}
		after++
	}
	return nil
}

// eachWay runs a test for every way.
func eachWay(t *testing.T, test func(t *testing.T, open way)) {
	for name, open := range ways {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

func mustOpen(t testing.TB, open way, ctx context.Context, url string, after int64) stream {
	t.Helper()
	s, _, err := open(ctx, url, after)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

func mustFollow(t testing.TB, s stream, after, to int64) {
	t.Helper()
	if err := follow(s, after, to); err != nil {
		t.Fatal(err)
	}
}
