package io.mistersmith.persistence.core.internal.base;

class LoopServiceContractTest extends ServiceContract {

  @Override
  Background service(String name, Background.Work turn) {
    return services.loop(name, "nothing is done", turn);
  }
}
