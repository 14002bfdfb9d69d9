package codec

import "google.golang.org/protobuf/reflect/protoreflect"

// explicit is a message that also shows its zero numbers, false booleans and empty lists, because there a zero
// says something: `"minorUnits": "0"`, `"final": false`, `"transactions": []`. Empty strings, unspecified enums
// and unset messages say nothing and stay out.
type explicit struct {
	protoreflect.Message
}

func (m explicit) ProtoReflect() protoreflect.Message   { return m }
func (m explicit) Interface() protoreflect.ProtoMessage { return m }
func (m explicit) Range(visit func(protoreflect.FieldDescriptor, protoreflect.Value) bool) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if !m.Has(field) && !zeroSpeaks(field) {
			continue
		}
		if !visit(field, explicitValue(field, m.Get(field))) {
			return
		}
	}
}

func zeroSpeaks(field protoreflect.FieldDescriptor) bool {
	if field.HasPresence() || field.IsMap() {
		return false
	}
	switch field.Kind() {
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.EnumKind:
		return field.IsList()
	}
	return true
}

func explicitValue(field protoreflect.FieldDescriptor, value protoreflect.Value) protoreflect.Value {
	switch {
	case field.Message() == nil || field.IsMap():
		return value
	case field.IsList():
		return protoreflect.ValueOfList(explicitList{value.List()})
	default:
		return protoreflect.ValueOfMessage(explicit{value.Message()})
	}
}

type explicitList struct {
	protoreflect.List
}

func (l explicitList) Get(i int) protoreflect.Value {
	return protoreflect.ValueOfMessage(explicit{l.List.Get(i).Message()})
}
