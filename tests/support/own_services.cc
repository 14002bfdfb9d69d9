#include "tests/support/own_services.h"

#include <fstream>
#include <stdexcept>
#include <utility>

#include "tests/support/child_process.h"

namespace tracktrove::testing {

OwnService::OwnService(std::string name, std::vector<std::string> settings)
    : name_(std::move(name)), settings_(std::move(settings)) {
  Start();
  std::ifstream file(folder_.path() + "/" + name_ + "/url");
  std::getline(file, url_);
}

OwnService::~OwnService() { ChildProcess({TRACKTROVE_SERVICES_SCRIPT, "remove", folder_.path()}).Wait(); }

void OwnService::Run(const std::string& verb, const std::vector<std::string>& settings) {
  std::vector<std::string> line = {TRACKTROVE_SERVICES_SCRIPT, verb, folder_.path(), name_};
  line.insert(line.end(), settings.begin(), settings.end());
  if (ChildProcess(line).Wait() != 0)
    throw std::runtime_error("script/services could not " + verb + " " + name_);
}

}  // namespace tracktrove::testing
