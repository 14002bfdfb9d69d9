package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"tracktrove.dev/gateway/internal/web"
)

const checkDeadline = 5 * time.Second

// check is for containers, which have no other program to ask with: whether a server (`grpc://HOST:PORT`) or a gateway
// (`http://HOST:PORT/readyz`) is healthy.
func check(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, checkDeadline)
	defer cancel()
	target, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("--check: %w", err)
	}
	switch target.Scheme {
	case "grpc":
		conn, err := web.Dial([]string{target.Host}, "")
		if err != nil {
			return fmt.Errorf("--check: %w", err)
		}
		defer conn.Close()
		return web.CheckHealth(ctx, conn)
	case "http":
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", address, answer.Status)
		}
		return nil
	default:
		return fmt.Errorf("--check %s is neither grpc:// nor http://", address)
	}
}
