// Command tracktrove-gateway serves TrackTrove to the web: JSON, live streams, Swagger UI and a live page. It is
// configuration of a gRPC server's HTTP side and holds no state and no business rule.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/net/netutil"
	"tracktrove.dev/gateway/internal/edge"
	"tracktrove.dev/gateway/internal/web"
)

type options struct {
	Server          []string `default:"127.0.0.1:50051" placeholder:"HOST:PORT" help:"A server's gRPC address; default ${default}. Repeatable, or several with commas between: replicas that share a database. Calls take turns among the healthy ones."`
	ServerTokenFile string   `type:"existingfile" help:"File with the bearer token that the servers ask for."`
	Listen          string   `default:"127.0.0.1" placeholder:"ADDRESS" help:"Address to listen at; default ${default}; any but a loopback one needs --auth-token-file."`
	HTTPPort        int      `name:"http-port" default:"8080" help:"Port to listen at; 0 takes a free one."`
	AuthTokenFile   string   `type:"existingfile" help:"File with the bearer token to ask of every request, at least 16 characters."`
	AllowedHost     []string `placeholder:"NAME" help:"Host name, besides the loopback ones, that requests may be for. Repeatable."`
	AllowedOrigin   []string `placeholder:"ORIGIN" help:"Origin of pages that may send requests, for example https://pay.example. Repeatable."`
	CORSOrigin      []string `name:"cors-origin" placeholder:"ORIGIN" help:"Origin of pages that may also read the answers (CORS). Repeatable."`
	Check           string   `placeholder:"URL" env:"-" help:"Serve nothing, but say by the exit status whether what is at grpc://HOST:PORT or http://HOST:PORT/readyz is healthy."`
}

const (
	headerDeadline = 5 * time.Second
	idleDeadline   = 2 * time.Minute
	// The edge refuses smaller ones already, in JSON.
	maxHeaderBytes = 64 << 10
	// Some fewer than the streams that a server lets one connection have.
	maxConnections = 4000
	bodyDeadline   = 10 * time.Second
	shutdownGrace  = 10 * time.Second
	// As a server wants of its own.
	minTokenBytes = 16
)

func main() {
	var o options
	kong.Parse(&o, kong.Name("tracktrove-gateway"), kong.DefaultEnvars("TRACKTROVE_GATEWAY"),
		kong.Description("JSON, live streams and an API page for the web, before one or more tracktrove-servers."))
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintf(os.Stderr, "tracktrove-gateway: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.Check != "" {
		return check(ctx, o.Check)
	}
	// As a server takes it: an address of IPv6 with or without brackets.
	o.Listen = strings.TrimSuffix(strings.TrimPrefix(o.Listen, "["), "]")
	token, err := readToken("--auth-token-file", o.AuthTokenFile)
	if err != nil {
		return err
	}
	if token == "" && !edge.Loopback(o.Listen) {
		return fmt.Errorf("--listen %s: an address that others can reach needs --auth-token-file", o.Listen)
	}
	serverToken, err := readToken("--server-token-file", o.ServerTokenFile)
	if err != nil {
		return err
	}
	conn, err := web.Dial(o.Server, serverToken)
	if err != nil {
		return fmt.Errorf("--server: %w", err)
	}
	defer conn.Close()
	gateway, err := web.New(conn, edge.Options{
		Token: token, Hosts: append(o.AllowedHost, o.Listen), Origins: o.AllowedOrigin, CORSOrigins: o.CORSOrigin,
		BodyDeadline: bodyDeadline,
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(o.Listen, strconv.Itoa(o.HTTPPort)))
	if err != nil {
		return err
	}
	fmt.Printf("tracktrove-gateway ready: http %s\n", listener.Addr())
	return serve(ctx, netutil.LimitListener(listener, maxConnections), gateway, shutdownGrace)
}

// serve answers until ctx is done; then streams are told where to go on, and calls under way may end. Who has not taken
// the end of theirs within the grace is cut off.
func serve(ctx context.Context, listener net.Listener, gateway *web.Gateway, grace time.Duration) error {
	server := &http.Server{
		Handler: gateway, ReadHeaderTimeout: headerDeadline, IdleTimeout: idleDeadline, MaxHeaderBytes: maxHeaderBytes,
	}
	server.RegisterOnShutdown(gateway.Streams.Stop)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		<-ctx.Done()
		slog.Info("shutting down")
		bounded, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		if err := server.Shutdown(bounded); err != nil {
			slog.Warn("cutting off clients that do not end", "after", grace)
			_ = server.Close()
		}
		gateway.Streams.Wait(bounded)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-ended
	return nil
}

func readToken(option, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", option, err)
	}
	token := strings.TrimSpace(string(text))
	if len(token) < minTokenBytes {
		return "", fmt.Errorf("%s: %s must hold at least %d characters", option, file, minTokenBytes)
	}
	return token, nil
}
