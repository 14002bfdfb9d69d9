//go:build e2e

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// everything is TrackTrove with services of its own, as script/server runs it.
type everything struct {
	*exec.Cmd
	t         *testing.T
	folder    string
	errors    bytes.Buffer
	web       string
	addresses []string // of all parts
}

func startEverything(t *testing.T, folder string) *everything {
	t.Helper()
	e := &everything{t: t, folder: folder}
	e.Cmd = exec.CommandContext(t.Context(), "../../../script/server", "--with-services", "--replicas", "2",
		"--data-dir", folder, "--grpc-port", "0", "--http-port", "0")
	e.Stderr = &e.errors
	e.WaitDelay = time.Minute
	output, err := e.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(output).ReadString('\n')
	ready := regexp.MustCompile(`ready: grpc (\S+) (\S+), web http://(\S+),`).FindStringSubmatch(line)
	if ready == nil {
		t.Fatalf("it says %q and ends by %v: %s", line, e.Wait(), &e.errors)
	}
	e.web = ready[3]
	e.addresses = append(ready[1:], "127.0.0.1:"+e.read("postgres/port"), "127.0.0.1:"+e.read("redis/port"))
	return e
}

// read answers the first line of a file of the services.
func (e *everything) read(file string) string {
	e.t.Helper()
	text, err := os.ReadFile(filepath.Join(e.folder, "services", file))
	if err != nil {
		e.t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}

// child finds a process that the script has started, by a part of its command line.
func (e *everything) child(line string) int {
	e.t.Helper()
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", e.Process.Pid))
	if err != nil {
		e.t.Fatal(err)
	}
	for child := range strings.FieldsSeq(string(children)) {
		if command, _ := os.ReadFile("/proc/" + child + "/cmdline"); strings.Contains(string(command), line) {
			pid, _ := strconv.Atoi(child)
			return pid
		}
	}
	e.t.Fatalf("%s does not run", line)
	return 0
}

func (e *everything) expectEnd(status int, says string) {
	e.t.Helper()
	_ = e.Wait()
	if code := e.ProcessState.ExitCode(); code != status || !strings.Contains(e.errors.String(), says) {
		e.t.Errorf("it ended with %d, not %d, and says %s", code, status, &e.errors)
	}
	for _, address := range e.addresses {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			e.t.Errorf("something still listens at %s of %v", address, e.addresses)
		}
	}
}

func servicesFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	t.Cleanup(func() {
		if output, err := exec.Command("../../../script/services", "remove", folder+"/services").CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, output)
		}
	})
	return folder
}

func TestEverythingEndsInOrderAndKeepsItsData(t *testing.T) {
	folder := servicesFolder(t)
	e := startEverything(t, folder)
	answer, err := http.Post("http://"+e.web+"/v1/sandboxes", "application/json", strings.NewReader(`{"sandboxId": "kept"}`))
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(err, answer)
	}
	_ = e.Process.Signal(syscall.SIGINT)
	e.expectEnd(0, "shutting down")
	e = startEverything(t, folder)
	answer, err = http.Get("http://" + e.web + "/v1/sandboxes/kept")
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Error(err, answer)
	}
	_ = e.Process.Signal(syscall.SIGTERM)
	e.expectEnd(0, "shutting down")
}

func TestWithPlainOptionsItSaysOneReadyLineAndEndsInOrder(t *testing.T) {
	script := exec.CommandContext(t.Context(), "../../../script/server", "--data-dir", t.TempDir(), "--grpc-port", "0", "--http-port", "0")
	script.Stderr = os.Stderr
	script.WaitDelay = time.Minute
	pipe, err := script.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := script.Start(); err != nil {
		t.Fatal(err)
	}
	output := bufio.NewReader(pipe)
	line, _ := output.ReadString('\n')
	ready := regexp.MustCompile(`^TrackTrove is ready: grpc 127\.0\.0\.1:\d+, web (http://127\.0\.0\.1:\d+), data in /`).FindStringSubmatch(line)
	if ready == nil {
		t.Fatalf("it says %q and ends by %v", line, script.Wait())
	}
	answer, err := http.Get(ready[1] + "/v1/sandboxes/default")
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Error(err, answer)
	}
	_ = script.Process.Signal(syscall.SIGTERM)
	if rest, err := io.ReadAll(output); err != nil || len(rest) > 0 {
		t.Errorf("it goes on to say %q, %v", rest, err)
	}
	if err := script.Wait(); err != nil {
		t.Error("it did not end in order: ", err)
	}
}

func TestAPartThatCrashesEndsTheOthers(t *testing.T) {
	folder := servicesFolder(t)
	for _, part := range []struct {
		says string
		pid  func(*everything) int
	}{
		{"tracktrove-server-1 ended", func(e *everything) int { return e.child("tracktrove-server") }},
		{"tracktrove-gateway ended", func(e *everything) int { return e.child("tracktrove-gateway") }},
		{"Redis ended", func(e *everything) int { return number(t, e.read("redis/pid")) }},
		{"PostgreSQL ended", func(e *everything) int { return number(t, e.read("postgres/data/postmaster.pid")) }},
	} {
		e := startEverything(t, folder)
		if err := syscall.Kill(part.pid(e), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		e.expectEnd(1, part.says)
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
