// The server's process: options, logging and signals; App does the rest.
#include <pthread.h>
#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <iostream>

#include "api/server.h"
#include "app/app.h"
#include "config/options.h"

namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

// Standard output carries the one ready line and nothing else.
void SetUpLogging(const std::string& level) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("tracktrove"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  spdlog::set_level(spdlog::level::from_str(level));
}

// Blocked before any thread starts, so that only WaitForSignal sees them.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);  // a peer that went away is an error of its call, not of the process
  return signals;
}

}  // namespace

int main(int argc, char** argv) {
  tracktrove::config::Parsed parsed = tracktrove::config::ParseCommandLine(argc, argv);
  if (parsed.exit) {
    (parsed.exit_code == 0 ? std::cout : std::cerr) << parsed.text;
    return parsed.exit_code;
  }
  tracktrove::config::Options& options = parsed.options;
  if (const absl::Status status = Complete(options); !status.ok()) {
    std::cerr << "tracktrove-server: " << status.message() << "\n";
    return kExitUsage;
  }
  SetUpLogging(options.log_level);
  const sigset_t signals = BlockStopSignals();
  tracktrove::api::EnableReflectionAndHealth();

  auto app = tracktrove::app::App::Start(options);
  if (!app.ok()) {
    std::cerr << "tracktrove-server: " << app.status().message() << "\n";
    return kExitFailed;
  }
  std::cout << "tracktrove-server ready: grpc " << options.listen << ":" << (*app)->port() << std::endl;

  int signal_number = 0;
  sigwait(&signals, &signal_number);
  spdlog::info("stopping on signal {}", signal_number);
  (*app)->Stop();
  return 0;
}
