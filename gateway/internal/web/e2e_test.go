//go:build e2e || browser

package web_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"tracktrove.dev/gateway/internal/edge"
	"tracktrove.dev/gateway/internal/fakeserver"
)

// realServer is the server that is being built, with a data folder and a port of its own.
type realServer struct {
	t           *testing.T
	folder      string
	address     string
	environment []string
	process     *exec.Cmd
}

func startServer(t *testing.T, environment ...string) *realServer {
	t.Helper()
	s := &realServer{t: t, folder: t.TempDir(), address: fakeserver.FreeAddress(t), environment: environment}
	s.resume()
	t.Cleanup(func() { s.stop(os.Interrupt) })
	return s
}

// resume starts the server, again at its port if it has run before.
func (s *realServer) resume() {
	s.t.Helper()
	binary := os.Getenv("TRACKTROVE_SERVER_BIN")
	if binary == "" {
		s.t.Fatal("TRACKTROVE_SERVER_BIN does not say where the server is")
	}
	_, port, _ := net.SplitHostPort(s.address)
	s.process = exec.Command(binary, "--data-dir", s.folder, "--grpc-port", port)
	s.process.Env = append(os.Environ(), s.environment...)
	s.process.Stderr = os.Stderr
	output, err := s.process.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { _ = s.process.Process.Kill() })
	defer late.Stop()
	line, _ := bufio.NewReader(output).ReadString('\n')
	_, address, found := strings.Cut(strings.TrimSpace(line), "ready: grpc ")
	if !found {
		s.t.Fatalf("the server is not ready but says %q and ended: %v", line, s.process.Wait())
	}
	s.address = address
}

func (s *realServer) stop(signal os.Signal) {
	_ = s.process.Process.Signal(signal)
	late := time.AfterFunc(patience, func() { _ = s.process.Process.Kill() })
	defer late.Stop()
	_ = s.process.Wait()
}

// lab is a sandbox of the real server with a clock of its own, where flows run at once.
type lab struct {
	*testing.T
	server   *realServer
	url, api string
}

func startLab(t *testing.T) lab {
	t.Helper()
	return makeLab(t, startServer(t))
}

// makeLab makes the sandbox of servers that share their data; the lab's own is the first.
func makeLab(t *testing.T, servers ...*realServer) lab {
	t.Helper()
	addresses := []string{}
	for _, server := range servers {
		addresses = append(addresses, server.address)
	}
	_, url := start(t, strings.Join(addresses, ","), edge.Options{})
	call(t, "POST", url+"/v1/sandboxes",
		`{"sandboxId": "lab", "clockMode": "MANUAL", "startTime": "2026-01-02T09:00:00Z", "pace": "INSTANT", "seed": "42"}`,
		nil).expectOK(t)
	return lab{t, servers[0], url, url + "/v1/sandboxes/lab"}
}

// restart ends the server by a signal and waits until the gateway has found the next one.
func (l lab) restart(signal os.Signal) {
	l.Helper()
	l.server.stop(signal)
	l.server.resume()
	for ctx := soon(l); call(l, "GET", l.url+"/readyz", "", nil).httpStatus != http.StatusOK; {
		if ctx.Err() != nil {
			l.Fatal("the gateway does not find the server again")
		}
	}
}

const tip = `"kind": "TIP", "amount": {"currencyCode": "INR", "minorUnits": "2550"}, "payer": "asha", "payee": "ravi"`

// initiate starts a tip, with more fields if need be, and answers its path.
func (l lab) initiate(fields string) string {
	l.Helper()
	got := call(l, "POST", l.api+"/transactions:initiate", "{"+tip+fields+"}", nil)
	got.expectOK(l)
	return fmt.Sprintf("%s/transactions/%s", l.api, got.body["id"])
}

// dispute opens a dispute about a tip, and answers its path.
func (l lab) dispute() string {
	l.Helper()
	got := call(l, "POST", l.initiate("")+":openDispute", `{"reason": "OTHER"}`, nil)
	got.expectOK(l)
	return fmt.Sprintf("%s/disputes/%s", l.api, got.body["id"])
}

// rule makes risk scores fail, and answers the rule's path.
func (l lab) rule() string {
	l.Helper()
	call(l, "POST", l.api+"/faultRules", `{"faultRuleId": "flaky-risk", "rule": {"fault": {"kind": "STEP_ERROR"},`+
		`"match": {"step": "score-risk"}}}`, nil).expectOK(l)
	return l.api + "/faultRules/flaky-risk"
}

// expect makes a call that succeeds, and compares a field of its answer; dots go further in.
func (l lab) expect(method, url, body, field, expected string) answer {
	l.Helper()
	got := call(l, method, url, body, nil)
	got.expectOK(l)
	var value any = got.body
	for _, name := range strings.Split(field, ".") {
		switch in := value.(type) {
		case map[string]any:
			value = in[name]
		case []any:
			if len(in) == 0 {
				l.Fatalf("%s has an empty list before %s: %s", url, name, got.text)
			}
			value = in[0].(map[string]any)[name]
		}
	}
	if fmt.Sprint(value) != expected {
		l.Errorf("%s: %s is %v, not %s: %s", url, field, value, expected, got.text)
	}
	return got
}
