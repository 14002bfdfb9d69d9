package streams

import (
	"fmt"
	"net/http"

	"tracktrove.dev/gateway/internal/failure"
)

// lines is NDJSON: one event a line, and the reason as the last one where a stream is cut.
type lines struct {
	w          http.ResponseWriter
	controller *http.ResponseController
	buffer     []byte
}

func newLines(w http.ResponseWriter) *lines {
	return &lines{w: w, controller: http.NewResponseController(w)}
}

func (l *lines) open() error { return l.begin("application/x-ndjson") }

func (l *lines) begin(contentType string) error {
	l.w.Header().Set("Content-Type", contentType)
	l.w.Header().Set("Cache-Control", "no-store")
	l.w.WriteHeader(http.StatusOK)
	return nil
}

func (l *lines) send(events []event) error {
	l.buffer = l.buffer[:0]
	for _, e := range events {
		l.buffer = append(append(l.buffer, e.line...), '\n')
	}
	return l.flush()
}

func (l *lines) flush() error {
	if _, err := l.w.Write(l.buffer); err != nil {
		return err
	}
	return l.controller.Flush()
}

// empty is, for an EventSource, the one answer after which it does not come back.
func (l *lines) empty(int64) { l.w.WriteHeader(http.StatusNoContent) }

func (l *lines) end(sequence int64, reason error) {
	if reason != nil {
		l.buffer = append(errorLine(sequence, reason), '\n')
		_ = l.flush()
	}
}

func errorLine(sequence int64, reason error) []byte {
	if sequence != none {
		reason = failure.Resumable(reason, sequence)
	}
	return fmt.Appendf(nil, `{"error":%s}`, failure.JSON(reason))
}

// eventStream is Server-Sent Events: the same lines as data, with the sequence as id. A page's `onmessage` gets
// the results; heartbeats, which only move the id, and the end, for a reason or because it is over, have event names of their
// own. An EventSource comes back by itself unless the page closes it at `end`.
type eventStream struct {
	*lines
}

func (s *eventStream) open() error {
	if err := s.begin("text/event-stream"); err != nil {
		return err
	}
	s.buffer = append(s.buffer[:0], "retry: 1000\n\n"...)
	return s.flush()
}

func (s *eventStream) send(events []event) error {
	s.buffer = s.buffer[:0]
	for _, e := range events {
		if e.heartbeat {
			s.buffer = append(s.buffer, "event: heartbeat\n"...)
		}
		if e.sequence != none {
			s.buffer = fmt.Appendf(s.buffer, "id: %d\n", e.sequence)
		}
		s.buffer = fmt.Appendf(s.buffer, "data: %s\n\n", e.line)
	}
	return s.flush()
}

func (s *eventStream) end(sequence int64, reason error) {
	s.buffer = append(s.buffer[:0], "event: end\ndata: {}\n\n"...)
	if reason != nil {
		s.buffer = fmt.Appendf(s.buffer[:0], "event: failure\ndata: %s\n\n", errorLine(sequence, reason))
	}
	_ = s.flush()
}
