#include <iostream>

#include <quarry/quarry.hpp>
#include <quarry/version.hpp>

int main() {
  quarry::RandomStream stream(7);
  const double drawn = stream.uniform();
  std::cout << "quarry " << QUARRY_VERSION << ": " << drawn << '\n';
  return drawn >= 0.0 && drawn < 1.0 ? 0 : 1;
}
