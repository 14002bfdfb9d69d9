package streams

import (
	"fmt"
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

// method is an rpc whose stream can be taken up again: its request has a `resume_after`, and each of its
// messages holds one of several events, all of which have a `sequence`.
type method struct {
	path              string // as gRPC names it
	request, response protoreflect.MessageType
	resumeAfter       protoreflect.FieldDescriptor
	event             protoreflect.OneofDescriptor
}

// event is one message of a stream, as it is sent on.
type event struct {
	sequence  int64
	heartbeat bool
	line      []byte // `{"result":{…}}`
	frame     []byte // the line as a WebSocket frame: made once, and not for each client again
}

// resumable answers false for rpcs that are not such a stream.
func resumable(descriptor protoreflect.MethodDescriptor) (*method, bool) {
	resumeAfter := descriptor.Input().Fields().ByName("resume_after")
	if !descriptor.IsStreamingServer() || resumeAfter == nil || descriptor.Output().Oneofs().Len() != 1 {
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
		resumeAfter: resumeAfter,
		event:       descriptor.Output().Oneofs().Get(0),
	}, true
}

var query codec.Query

// decode reads a request from the path and the query; a reconnecting EventSource's `Last-Event-ID` goes before
// the `resume_after` that it began with.
func (m *method) decode(r *http.Request, path map[string]string) (protoreflect.Message, error) {
	request := m.request.New()
	inPath := [][]string{}
	for name := range path {
		inPath = append(inPath, []string{name})
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
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		sequence, err := strconv.ParseInt(last, 10, 64)
		if err != nil {
			return nil, failure.New(codes.InvalidArgument, "BAD_REQUEST", "Last-Event-ID: %q is no sequence", last)
		}
		m.setCursor(request, sequence)
	}
	return request, nil
}

func (m *method) setCursor(request protoreflect.Message, sequence int64) {
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
			return newEvent(message, which)
		}
	}
}

func newEvent(message protoreflect.Message, which protoreflect.FieldDescriptor) (event, error) {
	buffer := append(make([]byte, longestFrameHeader, typicalFrame), `{"result":`...)
	buffer, err := codec.Append(buffer, message.Interface())
	if err != nil {
		return event{}, fmt.Errorf("a message cannot be written as JSON: %w", err)
	}
	buffer = append(buffer, '}')
	content := message.Get(which).Message()
	return event{
		sequence:  content.Get(content.Descriptor().Fields().ByName("sequence")).Int(),
		heartbeat: which.Name() == "heartbeat",
		line:      buffer[longestFrameHeader:],
		frame:     textFrame(buffer),
	}, nil
}
