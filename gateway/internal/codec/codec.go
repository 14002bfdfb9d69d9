// Package codec says how messages look as JSON: lowerCamel names, enums as names, 64-bit integers as strings.
// What is unset is left out, except where a zero means something (see explicit). Requests are read strictly.
package codec

import (
	"fmt"
	"io"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// JSON is the gateway's runtime.Marshaler.
type JSON struct {
	runtime.JSONPb
}

// maxNesting bounds the nesting of messages in a request; a level of a DTO is one of them here. The server's own
// protobuf counts three a level and refuses, before any handler runs and with an error that names nothing, what is
// deeper than 100.
const maxNesting = 32

var (
	// Our messages have no required fields to look for.
	writing = protojson.MarshalOptions{AllowPartial: true}
	reading = protojson.UnmarshalOptions{RecursionLimit: maxNesting}
)

// Append appends message as JSON to buffer.
func Append(buffer []byte, message proto.Message) ([]byte, error) {
	return writing.MarshalAppend(buffer, explicit{message.ProtoReflect(), true})
}

// Marshal writes messages by Append, and everything else as the gateway's runtime does.
func (j *JSON) Marshal(v any) ([]byte, error) {
	if message, ok := v.(proto.Message); ok {
		return Append(nil, message)
	}
	return j.JSONPb.Marshal(v)
}

// NewDecoder reads one message: nothing unknown, nothing twice and nothing after it.
func (j *JSON) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		body, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if len(body) == 0 {
			return io.EOF // what the runtime takes as "no body"
		}
		message, ok := v.(proto.Message)
		if !ok {
			return j.JSONPb.Unmarshal(body, v)
		}
		if err := reading.Unmarshal(body, message); err != nil {
			// The library's own prefix says "proto:" and a space that changes from build to build.
			text := strings.TrimLeft(strings.TrimPrefix(err.Error(), "proto:"), " \u00a0")
			return fmt.Errorf("the body: %s", text)
		}
		return nil
	})
}
