package codec

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Query reads a request's query as strictly as JSON reads a body. The runtime ignores a parameter that there is not, so that a
// misspelt filter would let everything through.
type Query struct {
	runtime.DefaultQueryParser
}

// Parse sets the fields of message that the query names; those in pathFields are in the path already.
func (q *Query) Parse(message proto.Message, query url.Values, pathFields *utilities.DoubleArray) error {
	for parameter := range query {
		field, _, _ := strings.Cut(parameter, "[") // labels[app]
		path, there := fieldPath(message.ProtoReflect().Descriptor(), field)
		if !there {
			return fmt.Errorf("the query: there is no parameter %q", parameter)
		}
		if pathFields.HasCommonPrefix(path) {
			return fmt.Errorf("the query: %q is in the path already", parameter)
		}
	}
	return q.DefaultQueryParser.Parse(message, query, pathFields)
}

// fieldPath finds the field that a parameter such as `policy.holdTtl` means, by either form of its names.
func fieldPath(message protoreflect.MessageDescriptor, parameter string) (path []string, there bool) {
	for name := range strings.SplitSeq(parameter, ".") {
		if message == nil {
			return nil, false
		}
		field := message.Fields().ByJSONName(name)
		if field == nil {
			field = message.Fields().ByName(protoreflect.Name(name))
		}
		if field == nil {
			return nil, false
		}
		path = append(path, string(field.Name()))
		message = field.Message()
	}
	return path, true
}
