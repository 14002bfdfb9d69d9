package codec

import "google.golang.org/protobuf/reflect/protoreflect"

// explicit is a message that also shows its zero numbers and false booleans, and an answer's own empty lists,
// because there a zero says something: `"minorUnits": "0"`, `"final": false`, `"transactions": []`. Empty strings,
// unspecified enums and unset messages say nothing and stay out, and so do lists further in: a record's `diff` is
// only there where it was asked for.
type explicit struct {
	protoreflect.Message
	answer bool
}

func (m explicit) ProtoReflect() protoreflect.Message   { return m }
func (m explicit) Interface() protoreflect.ProtoMessage { return m }
func (m explicit) Range(visit func(protoreflect.FieldDescriptor, protoreflect.Value) bool) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if !m.Has(field) && !m.zeroSpeaks(field) {
			continue
		}
		if !visit(field, explicitValue(field, m.Get(field))) {
			return
		}
	}
}

func (m explicit) zeroSpeaks(field protoreflect.FieldDescriptor) bool {
	switch {
	case field.HasPresence() || field.IsMap():
		return false
	case field.IsList():
		return m.answer
	}
	switch field.Kind() {
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.EnumKind:
		return false
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
		return protoreflect.ValueOfMessage(explicit{Message: value.Message()})
	}
}

type explicitList struct {
	protoreflect.List
}

func (l explicitList) Get(i int) protoreflect.Value {
	return protoreflect.ValueOfMessage(explicit{Message: l.List.Get(i).Message()})
}
