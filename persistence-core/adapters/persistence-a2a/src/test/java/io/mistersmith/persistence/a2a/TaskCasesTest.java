package io.mistersmith.persistence.a2a;

import io.mistersmith.persistence.testkit.SharedStores;
import org.junit.jupiter.api.AfterEach;

/** {@link TaskCases} in memory. */
class TaskCasesTest extends TaskCases {

  private final SharedStores stores = SharedStores.inMemory();

  @AfterEach
  void close() {
    stores.close();
  }

  @Override
  SharedStores stores() {
    return stores;
  }
}
