package io.mistersmith.example;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;

/** Runs the work over stores in memory, with faults around them. */
public final class Main {
  public static void main(String[] args) throws Exception {
    ManualClock clock = ManualClock.create();
    InMemoryStores stores = new InMemoryStores(clock);
    try (Persistence persistence =
        Persistence.open(
            PersistenceConfig.inMemory().clock(clock).build(),
            new FaultyStores(stores, new Faults(1)))) {
      Work.run(persistence);
    }
  }
}
