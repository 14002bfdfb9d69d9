package web_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"
	"tracktrove.dev/gateway/internal/edge"
	"tracktrove.dev/gateway/internal/fakeserver"
)

const watch = "/v1/sandboxes/default/transactions:watch"

func TestAStreamHasEveryChangeOnceAndInOrder(t *testing.T) {
	eachWay(t, func(t *testing.T, open way) {
		server := fakeserver.Start(t)
		_, url := start(t, server.Address, edge.Options{})
		server.Append(20)
		s := mustOpen(t, open, soon(t), url+watch, 0)
		mustFollow(t, s, 0, 20)
		for i := range int64(20) {
			server.Append(1)
			mustFollow(t, s, 20+i, 21+i)
		}
	})
}

func TestAStreamBeginsWhereItWasOpened(t *testing.T) {
	eachWay(t, func(t *testing.T, open way) {
		server := fakeserver.Start(t)
		_, url := start(t, server.Address, edge.Options{})
		server.Append(5)
		s := mustOpen(t, open, soon(t), url+watch, -1)
		// Whatever happens after the answer is in the stream, also if the server is gone before it says a word.
		server.Stop()
		server.Append(3)
		server.Resume()
		mustFollow(t, s, 5, 8)
	})
}

func TestAStreamGoesOnOverAServerThatRestartsOrCutsIt(t *testing.T) {
	eachWay(t, func(t *testing.T, open way) {
		server := fakeserver.Start(t)
		_, url := start(t, server.Address, edge.Options{})
		s := mustOpen(t, open, soon(t), url+watch, 0)
		for i := int64(0); i < 20; i += 10 {
			server.Append(3)
			mustFollow(t, s, i, i+3)
			server.Stop()
			server.Append(3)
			server.Resume()
			mustFollow(t, s, i+3, i+6)
			server.Cut()
			server.Append(4)
			mustFollow(t, s, i+6, i+10)
		}
	})
}

func TestAClientGoesOnAfterTheLastSequenceItHasSeen(t *testing.T) {
	eachWay(t, func(t *testing.T, open way) {
		server := fakeserver.Start(t)
		_, url := start(t, server.Address, edge.Options{})
		server.Append(30)
		for after := int64(0); after < 30; after += 10 {
			s := mustOpen(t, open, soon(t), url+watch, after)
			mustFollow(t, s, after, after+10)
			s.close()
		}
	})
}

func TestAnEventSourceGoesOnAfterItsLastEventAndNotWhereItBegan(t *testing.T) {
	server := fakeserver.Start(t)
	_, url := start(t, server.Address, edge.Options{})
	server.Append(10)
	mustFollow(t, mustOpen(t, openEvents, soon(t), url+watch+"?resume_after=2", 7), 7, 10)
}

func TestAStreamThatIsRefusedIsAnOrdinaryError(t *testing.T) {
	server := fakeserver.Start(t)
	_, url := start(t, server.Address, edge.Options{})
	for name, expected := range map[string]struct {
		path       string
		httpStatus int
		after      int64
	}{
		"unknown sandbox": {"/v1/sandboxes/nowhere/transactions:watch", http.StatusNotFound, -1},
		"beyond the head": {watch, http.StatusBadRequest, 1000},
	} {
		for wayName, open := range ways {
			_, response, err := open(soon(t), url+expected.path, expected.after)
			if err == nil || response == nil || response.StatusCode != expected.httpStatus ||
				response.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s by %s: %v, %v", name, wayName, err, response)
			}
		}
	}
	server.Stop()
	for wayName, open := range ways {
		if _, response, err := open(soon(t), url+watch, 0); err == nil || response.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("without a server by %s: %v, %v", wayName, err, response)
		}
	}
}

func TestAPageOfAnotherOriginOpensNoWebSocket(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{})
	_, response, err := websocket.Dial(soon(t), strings.Replace(url, "http", "ws", 1)+watch,
		&websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://evil.example"}}})
	if err == nil || response.StatusCode != http.StatusForbidden {
		t.Error(err, response)
	}
}

func TestAHandshakeThatIsNoneIsAnOrdinaryError(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{})
	upgrade := headers{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
	call(t, "GET", url+watch, "", upgrade).expectRefusal(t, http.StatusBadRequest, "NO_WEBSOCKET")
	delete(upgrade, "Connection")
	call(t, "GET", url+watch, "", upgrade).expectRefusal(t, http.StatusUpgradeRequired, "NO_WEBSOCKET")
}

func TestEachEventIsAMessageOfItsOwnWhateverIsAskedFor(t *testing.T) {
	eachWay(t, func(t *testing.T, open way) {
		server := fakeserver.Start(t)
		_, url := start(t, server.Address, edge.Options{})
		s := mustOpen(t, open, soon(t), url+watch+"?max_changes=9", -1)
		server.Append(5)
		mustFollow(t, s, 0, 5)
	})
}

func TestAStreamThatCannotGoOnSaysWhyAndWhere(t *testing.T) {
	eachWay(t, func(t *testing.T, open way) {
		server := fakeserver.Start(t)
		_, url := start(t, server.Address, edge.Options{})
		s := mustOpen(t, open, soon(t), url+watch, 0)
		server.Append(5)
		mustFollow(t, s, 0, 5)
		server.Stop()
		server.Append(5)
		server.Forget(8)
		server.Resume()
		expectEnd(t, s, websocket.StatusPolicyViolation, "OUT_OF_RANGE", "CURSOR_OUT_OF_RANGE", "5")
	})
}

func TestAGatewayThatStopsTellsItsStreamsWhereToGoOn(t *testing.T) {
	eachWay(t, func(t *testing.T, open way) {
		server := fakeserver.Start(t)
		gateway, url := start(t, server.Address, edge.Options{})
		s := mustOpen(t, open, soon(t), url+watch, 0)
		server.Append(5)
		mustFollow(t, s, 0, 5)
		gateway.Streams.Stop()
		expectEnd(t, s, websocket.StatusTryAgainLater, "UNAVAILABLE", "GATEWAY_SHUTTING_DOWN", "5")
	})
}

// expectEnd reads a stream's last words.
func expectEnd(t *testing.T, s stream, closeCode websocket.StatusCode, code, reason, resumeAfter string) {
	t.Helper()
	m, err := s.next()
	for err == nil && m.Error == nil {
		m, err = s.next()
	}
	if err != nil {
		t.Fatal(err)
	}
	info := m.Error["details"].([]any)[0].(map[string]any)
	metadata := info["metadata"].(map[string]any)
	if info["reason"] != reason || metadata["resume_after"] != resumeAfter {
		t.Errorf("the last line is %v", m.Error)
	}
	_, err = s.next()
	closed := websocket.CloseError{}
	switch s.(type) {
	case *frameStream:
		if !errors.As(err, &closed) || closed.Code != closeCode || closed.Reason != code+" resume_after="+resumeAfter {
			t.Errorf("closed by %v", err)
		}
	default:
		if !errors.Is(err, io.EOF) {
			t.Errorf("ended by %v", err)
		}
	}
}

func TestClientsThatAskForTheSameShareOneStreamOfTheServer(t *testing.T) {
	server := fakeserver.Start(t)
	_, url := start(t, server.Address, edge.Options{})
	streams := []stream{}
	for range 7 {
		for _, open := range ways {
			streams = append(streams, mustOpen(t, open, soon(t), url+watch, 0))
		}
	}
	server.Append(1)
	everyone(t, streams, 0, 1)
	if err := server.AwaitWatchers(soon(t), 1); err != nil {
		t.Fatal("the clients do not share: ", err)
	}
	server.Append(500)
	everyone(t, streams, 1, 501)
	server.Stop()
	server.Append(100)
	server.Resume()
	everyone(t, streams, 501, 601)
	// One who comes later, with a past of its own, shares it as soon as it has caught up.
	late := mustOpen(t, openLines, soon(t), url+watch, 100)
	mustFollow(t, late, 100, 601)
	if err := server.AwaitWatchers(soon(t), 1); err != nil {
		t.Fatal("the late one does not share: ", err)
	}
	for _, s := range append(streams, late) {
		s.close()
	}
	if err := server.AwaitWatchers(soon(t), 0); err != nil {
		t.Fatal("nobody is left, but a stream is: ", err)
	}
}

func everyone(t *testing.T, streams []stream, after, to int64) {
	t.Helper()
	var group errgroup.Group
	for _, s := range streams {
		group.Go(func() error { return follow(s, after, to) })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}
