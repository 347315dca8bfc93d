package io.mistersmith.persistence.core.internal.base;

import java.time.Duration;

class PeriodicServiceContractTest extends ServiceContract {

  @Override
  Background service(String name, Background.Work turn) {
    return services.every(Duration.ofMillis(2), name, "nothing is done", turn);
  }
}
