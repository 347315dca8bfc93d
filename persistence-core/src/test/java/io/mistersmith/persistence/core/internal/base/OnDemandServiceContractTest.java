package io.mistersmith.persistence.core.internal.base;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

/** A service that is woken by each of its turns. */
class OnDemandServiceContractTest extends ServiceContract {

  @Override
  Background service(String name, Background.Work turn) {
    AtomicReference<PeriodicService> self = new AtomicReference<>();
    PeriodicService service =
        services.onDemand(
            name,
            "nothing is done",
            () -> {
              Objects.requireNonNull(self.get()).wake();
              turn.run();
            });
    self.set(service);
    return service;
  }
}
