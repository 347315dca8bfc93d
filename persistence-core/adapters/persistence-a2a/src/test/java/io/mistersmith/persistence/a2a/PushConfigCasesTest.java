package io.mistersmith.persistence.a2a;

import io.mistersmith.persistence.testkit.SharedStores;
import org.junit.jupiter.api.AfterEach;

/** {@link PushConfigCases} in memory. */
class PushConfigCasesTest extends PushConfigCases {

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
