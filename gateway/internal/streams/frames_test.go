package streams

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

func TestFramesOfEveryLengthArriveWhole(t *testing.T) {
	lengths := []int{0, 1, 125, 126, 127, 1<<16 - 1, 1 << 16, 1<<16 + 1, 3}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &webSocket{w: w, r: r, leave: func() {}, cutting: t.Context()}
		if err := s.open(); err != nil {
			t.Error(err)
			return
		}
		events := []event{}
		for _, length := range lengths {
			buffer := append(make([]byte, longestFrameHeader), bytes.Repeat([]byte("x"), length)...)
			events = append(events, event{frame: textFrame(buffer)})
		}
		if err := s.send(events); err != nil {
			t.Error(err)
		}
		s.end(7, nil)
		if err := s.send(events); err == nil {
			t.Error("something was sent after the end")
		}
	}))
	defer server.Close()
	conn, _, err := websocket.Dial(t.Context(), strings.Replace(server.URL, "http", "ws", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	for _, length := range lengths {
		kind, frame, err := conn.Read(t.Context())
		if err != nil || kind != websocket.MessageText || len(frame) != length || strings.Trim(string(frame), "x") != "" {
			t.Fatalf("instead of %d came %d bytes, %v, %v", length, len(frame), kind, err)
		}
	}
	if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Error(err)
	}
}
