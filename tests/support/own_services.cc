#include "tests/support/own_services.h"

#include <fstream>
#include <stdexcept>
#include <utility>

#include "tests/support/child_process.h"

namespace tracktrove::testing {

OwnService::OwnService(std::string name) : name_(std::move(name)) {
  Start();
  std::ifstream file(folder_.path() + "/" + name_ + "/url");
  std::getline(file, url_);
}

OwnService::~OwnService() { ChildProcess({TRACKTROVE_SERVICES_SCRIPT, "remove", folder_.path()}).Wait(); }

void OwnService::Run(const std::string& verb) {
  if (ChildProcess({TRACKTROVE_SERVICES_SCRIPT, verb, folder_.path(), name_}).Wait() != 0)
    throw std::runtime_error("script/services could not " + verb + " " + name_);
}

}  // namespace tracktrove::testing
