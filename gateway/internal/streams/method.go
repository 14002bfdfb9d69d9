package streams

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"tracktrove.dev/gateway/internal/codec"
	"tracktrove.dev/gateway/internal/failure"
)

// method is an rpc that answers a stream, each message of which holds one of several events.
type method struct {
	path              string // as gRPC names it
	request, response protoreflect.MessageType
	event             protoreflect.OneofDescriptor
	// Where a stream can be taken up again: each event has a `sequence`, and the next request says the last one. None: the
	// stream is the answer to one call.
	resumeAfter protoreflect.FieldDescriptor
}

// event is one message of a stream, as it is sent on.
type event struct {
	sequence  int64 // or none
	heartbeat bool
	line      []byte // `{"result":{…}}`
	frame     []byte // the line as a WebSocket frame: made once, and not for each client again
}

const none = -1

// streaming answers false for rpcs that answer no such stream.
func streaming(descriptor protoreflect.MethodDescriptor) (*method, bool) {
	if !descriptor.IsStreamingServer() || descriptor.IsStreamingClient() || descriptor.Output().Oneofs().Len() != 1 {
		return nil, false
	}
	request, err := protoregistry.GlobalTypes.FindMessageByName(descriptor.Input().FullName())
	if err != nil {
		return nil, false
	}
	response, err := protoregistry.GlobalTypes.FindMessageByName(descriptor.Output().FullName())
	if err != nil {
		return nil, false
	}
	return &method{
		path:        fmt.Sprintf("/%s/%s", descriptor.Parent().FullName(), descriptor.Name()),
		request:     request,
		response:    response,
		event:       descriptor.Output().Oneofs().Get(0),
		resumeAfter: descriptor.Input().Fields().ByName("resume_after"),
	}, true
}

var (
	query codec.Query
	body  codec.JSON
)

// decode reads a request from the path and the query or the body; a reconnecting EventSource's `Last-Event-ID` goes
// before the `resume_after` that it began with.
func (m *method) decode(r *http.Request, path map[string]string) (protoreflect.Message, error) {
	request := m.request.New()
	inPath := [][]string{}
	for name := range path {
		inPath = append(inPath, []string{name})
	}
	if r.Method == http.MethodPost {
		if err := body.NewDecoder(r.Body).Decode(request.Interface()); err != nil && !errors.Is(err, io.EOF) {
			return nil, failure.New(codes.InvalidArgument, "BAD_REQUEST", "%v", err)
		}
	}
	if err := query.Parse(request.Interface(), r.URL.Query(), utilities.NewDoubleArray(inPath)); err != nil {
		return nil, failure.New(codes.InvalidArgument, "BAD_REQUEST", "%v", err)
	}
	for name, value := range path {
		if err := runtime.PopulateFieldFromPath(request.Interface(), name, value); err != nil {
			return nil, failure.New(codes.InvalidArgument, "BAD_REQUEST", "%v", err)
		}
	}
	// A line, an event or a frame is one event, whatever the server could put into one message.
	if many := request.Descriptor().Fields().ByName("max_changes"); many != nil {
		request.Clear(many)
	}
	if last := r.Header.Get("Last-Event-ID"); last != "" && m.resumeAfter != nil {
		sequence, err := strconv.ParseInt(last, 10, 64)
		if err != nil {
			return nil, failure.New(codes.InvalidArgument, "BAD_REQUEST", "Last-Event-ID: %q is no sequence", last)
		}
		m.setCursor(request, sequence)
	}
	return request, nil
}

func (m *method) setCursor(request protoreflect.Message, sequence int64) {
	if m.resumeAfter == nil {
		return
	}
	request.Set(m.resumeAfter, protoreflect.ValueOfInt64(sequence))
}

// key is the same for requests that differ in nothing but where they start.
func (m *method) key(request protoreflect.Message) (string, error) {
	anywhere := proto.Clone(request.Interface()).ProtoReflect()
	anywhere.Clear(m.resumeAfter)
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(anywhere.Interface())
	return m.path + "?" + string(bytes), err
}

// receive waits for the stream's next event. Messages without one that is known here (the server may be newer) are none.
func (m *method) receive(stream grpc.ClientStream) (event, error) {
	for {
		message := m.response.New()
		if err := stream.RecvMsg(message.Interface()); err != nil {
			return event{}, err
		}
		if which := message.WhichOneof(m.event); which != nil {
			return m.newEvent(message, which)
		}
	}
}

func (m *method) newEvent(message protoreflect.Message, which protoreflect.FieldDescriptor) (event, error) {
	buffer := append(make([]byte, longestFrameHeader, typicalFrame), `{"result":`...)
	buffer, err := codec.Append(buffer, message.Interface())
	if err != nil {
		return event{}, fmt.Errorf("a message cannot be written as JSON: %w", err)
	}
	buffer = append(buffer, '}')
	e := event{
		sequence:  none,
		heartbeat: which.Name() == "heartbeat",
		line:      buffer[longestFrameHeader:],
		frame:     textFrame(buffer),
	}
	if m.resumeAfter != nil {
		content := message.Get(which).Message()
		e.sequence = content.Get(content.Descriptor().Fields().ByName("sequence")).Int()
	}
	return e, nil
}
