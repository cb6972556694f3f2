#include "output/signals.hpp"

#include <csignal>
#include <cstdio>
#include <pthread.h>
#include <thread>

namespace quarry::cli {
namespace {

[[noreturn]] void watch(sigset_t signals, std::stop_source stop) {
  int signal = 0;
  sigwait(&signals, &signal);
  std::fputs(
      "\nstopping: what is on its way is finished first "
      "(once more to give up at once)\n",
      stderr);
  stop.request_stop();
  sigwait(&signals, &signal);
  std::signal(signal, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  std::raise(signal);
  std::_Exit(128 + signal);
}

}  // namespace

std::stop_token stop_on_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::stop_source stop;
  std::thread(watch, signals, stop).detach();
  return stop.get_token();
}

}  // namespace quarry::cli
