// Messages written as text.
#ifndef TRACKTROVE_TESTS_SDK_MESSAGE_H_
#define TRACKTROVE_TESTS_SDK_MESSAGE_H_

#include <gtest/gtest.h>

#include <string>

#include "google/protobuf/text_format.h"

namespace tracktrove::cli {

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

}  // namespace tracktrove::cli

#endif  // TRACKTROVE_TESTS_SDK_MESSAGE_H_
