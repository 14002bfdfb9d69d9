#include "tests/support/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace tracktrove::testing {
namespace {

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> WithOwn(const Environment& environment) {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!environment.contains(text.substr(0, text.find('=')))) all.push_back(text);
  }
  for (const auto& [name, value] : environment) all.push_back(name + "=" + value);
  return all;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& line, const Environment& environment) {
  int output[2];
  if (::pipe2(output, O_CLOEXEC) != 0) std::abort();
  std::vector<std::string> words = line;
  std::vector<std::string> variables = WithOwn(environment);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  if (::posix_spawnp(&pid_, words[0].c_str(), &actions, nullptr, Pointers(words).data(),
                     Pointers(variables).data()) != 0) {
    pid_ = -1;
  }
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(output[1]);
  output_ = ::fdopen(output[0], "r");
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    Signal(SIGKILL);
    Wait();
  }
  std::fclose(output_);
}

std::optional<std::string> ChildProcess::ReadLine() {
  char* text = nullptr;
  size_t capacity = 0;
  const ssize_t length = ::getline(&text, &capacity, output_);
  std::optional<std::string> line;
  if (length > 0) line.emplace(text, text[length - 1] == '\n' ? length - 1 : length);
  std::free(text);
  return line;
}

std::string ChildProcess::ReadAll() {
  std::string all;
  while (const std::optional<std::string> line = ReadLine()) all += *line + "\n";
  return all;
}

// To kill, -1 means every process there is.
void ChildProcess::Signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

int ChildProcess::Wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int64_t ChildProcess::StatusBytes(const std::string& field) const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return std::atoll(line.c_str() + field.size()) * 1024;
  }
  return 0;
}

}  // namespace tracktrove::testing
