#include "quarry/net/network_json.hpp"

namespace quarry {

Json to_json(const NetworkStats& network) {
  Json hosts = Json::array();
  for (const HostStats& host : network.hosts) {
    hosts.push_back({{"host", host.host},
                     {"requests", host.requests},
                     {"answers", host.answers},
                     {"bytes", host.bytes},
                     {"cached", host.cached},
                     {"connections", host.connections},
                     {"reused", host.reused},
                     {"retries", host.retries},
                     {"hedges", host.hedges},
                     {"throttled", host.throttled},
                     {"failed", host.failed},
                     {"p50", host.p50},
                     {"p99", host.p99}});
  }
  return hosts;
}

}  // namespace quarry
