package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/health/grpc_health_v1"
	"tracktrove.dev/gateway/internal/fakeserver"
)

// TestMain lets the test's own binary be the program.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_AS_GATEWAY") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program runs the gateway, killed when it takes too long.
func program(t *testing.T, environment []string, arguments ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	command := exec.CommandContext(ctx, os.Args[0], arguments...)
	command.Env = append(append(os.Environ(), "RUN_AS_GATEWAY=1"), environment...)
	return command
}

// startProgram answers the address at which it is ready.
func startProgram(t *testing.T, gateway *exec.Cmd) (address string) {
	t.Helper()
	output, err := gateway.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := gateway.Start(); err != nil {
		t.Fatal(err)
	}
	ready, err := bufio.NewReader(output).ReadString('\n')
	_, address, found := strings.Cut(strings.TrimSpace(ready), "tracktrove-gateway ready: http ")
	if err != nil || !found {
		t.Fatalf("%q, %v", ready, err)
	}
	return address
}

func TestItSaysWhereItIsReadyTakesOptionsByEnvironmentAndEndsStreamsInOrder(t *testing.T) {
	server := fakeserver.Start(t)
	server.Append(3)
	gateway := program(t, []string{"TRACKTROVE_GATEWAY_SERVER=" + server.Address}, "--http-port", "0")
	address := startProgram(t, gateway)
	stream, err := http.Get("http://" + address + "/v1/sandboxes/default/transactions:watch?resume_after=0")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	lines := bufio.NewReader(stream.Body)
	for range 4 { // a heartbeat and three changes
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if err := gateway.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(lines)
	if err != nil || !strings.Contains(string(rest), "GATEWAY_SHUTTING_DOWN") || !strings.Contains(string(rest), `"3"`) {
		t.Errorf("the stream ended by %v with %s", err, rest)
	}
	if err := gateway.Wait(); err != nil {
		t.Error("it did not end in order: ", err)
	}
}

func TestItTakesSeveralServersAndSaysWhichAddressIsNone(t *testing.T) {
	away := fakeserver.FreeAddress(t)
	server := fakeserver.Start(t)
	for _, arguments := range [][]string{
		{"--server", away + "," + server.Address}, {"--server", away, "--server", server.Address},
	} {
		gateway := program(t, nil, append(arguments, "--http-port", "0")...)
		address := startProgram(t, gateway)
		if response, err := http.Get("http://" + address + "/readyz"); err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("%v: %v, %v", arguments, response, err)
		}
		_ = gateway.Process.Signal(syscall.SIGTERM)
		_ = gateway.Wait()
	}
	output, err := program(t, nil, "--server", "here:1,there").CombinedOutput()
	if err == nil || !strings.Contains(string(output), `--server: "there" is not HOST:PORT`) {
		t.Errorf("%v, %s", err, output)
	}
}

func TestItTellsContainersWhetherAServerOrAGatewayIsHealthy(t *testing.T) {
	server := fakeserver.Start(t)
	gateway := startProgram(t, program(t, nil, "--server", server.Address, "--http-port", "0"))
	expect := func(healthy bool, addresses ...string) {
		t.Helper()
		for _, address := range addresses {
			if output, err := program(t, nil, "--check", address).CombinedOutput(); (err == nil) != healthy {
				t.Errorf("%s: %v, %s", address, err, output)
			}
		}
	}
	grpc, http := "grpc://"+server.Address, "http://"+gateway+"/readyz"
	expect(true, grpc, http)
	server.Health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	expect(false, grpc, http)
	server.Stop()
	expect(false, grpc, http, "http://"+gateway+"/nothing", "ftp://"+gateway, "grpc://nothing", "://")
	expect(true, "http://"+gateway+"/healthz")
}

func TestAnAddressThatOthersCanReachNeedsAToken(t *testing.T) {
	for _, address := range []string{"0.0.0.0", "::", "example.com", "127.evil.example", "localhost.evil"} {
		output, err := program(t, nil, "--listen", address, "--http-port", "0").CombinedOutput()
		if err == nil || !strings.Contains(string(output), "needs --auth-token-file") {
			t.Errorf("%v: %v, %s", address, err, output)
		}
	}
}

func TestATokenThatAServerWouldRefuseIsRefusedHereToo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	for _, token := range []string{"\n", "0123456789abcde\n", "       short      \n"} {
		if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, option := range []string{"--auth-token-file", "--server-token-file"} {
			output, err := program(t, nil, option, file, "--http-port", "0").CombinedOutput()
			if err == nil || !strings.Contains(string(output), option+": "+file+" must hold at least 16 characters") {
				t.Errorf("%s with %q: %v, %s", option, token, err, output)
			}
		}
	}
	if err := os.WriteFile(file, []byte(" 0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	gateway := program(t, nil, "--auth-token-file", file, "--listen", "0.0.0.0", "--http-port", "0")
	startProgram(t, gateway)
	_ = gateway.Process.Signal(syscall.SIGTERM)
	if err := gateway.Wait(); err != nil {
		t.Error(err)
	}
}
